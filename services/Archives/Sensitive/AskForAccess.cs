using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>A wish for access.</summary>
/// <param name="Kinds">Kinds of items, each once.</param>
/// <param name="Purpose">What for, 1–500 characters.</param>
/// <param name="Until">The last day: from today to as far as the policy allows.</param>
public sealed record AccessRequest(IReadOnlyList<SensitiveKind> Kinds, string Purpose, DateOnly Until);

/// <summary>An approver's decision.</summary>
/// <param name="Granted">Yes or no.</param>
/// <param name="Until">An earlier last day than was asked for.</param>
public sealed record AccessDecision(bool Granted, DateOnly? Until = null);

/// <summary>Access to a student's sensitive items.</summary>
/// <param name="Id">The access.</param>
/// <param name="StudentId">The student.</param>
/// <param name="StaffId">Whose access.</param>
/// <param name="Kinds">Kinds of items.</param>
/// <param name="Purpose">What for; <see langword="null"/> when the student's key is destroyed.</param>
/// <param name="Until">The last day.</param>
/// <param name="State">How far it has come.</param>
/// <param name="AskedAt">When it was asked for.</param>
/// <param name="ApproverId">Who decided.</param>
/// <param name="DecidedAt">When it was decided.</param>
public sealed record AccessBody(
    Guid Id, Guid StudentId, Guid StaffId, IReadOnlyList<SensitiveKind> Kinds, string? Purpose, DateOnly Until, AccessState State,
    DateTimeOffset AskedAt, Guid? ApproverId, DateTimeOffset? DecidedAt);

/// <summary>Access for a stated purpose and time, by a named approver (ARC-7): asked for, decided, taken back, listed.</summary>
internal static class AskForAccess
{
    public static void MapSensitiveAccess(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/sensitive-access", AskAsync)
            .WithName("AskForSensitiveAccess")
            .WithSummary("Asks an approver for access to kinds of sensitive items of a student.")
            .Command(Permission.SensitiveRead);
        api.MapPost("/districts/{districtId:guid}/sensitive-access/{id:guid}/decision", DecideAsync)
            .WithName("DecideSensitiveAccess")
            .WithSummary("Grants or refuses access; never one's own.")
            .Command(Permission.SensitiveGrant);
        api.MapPost("/districts/{districtId:guid}/sensitive-access/{id:guid}/withdraw", WithdrawAsync)
            .WithName("WithdrawSensitiveAccess")
            .WithSummary("Takes access back; in force at once.")
            .Command(Permission.SensitiveGrant);
        api.MapGet("/districts/{districtId:guid}/sensitive-access", ListAsync)
            .WithName("ListSensitiveAccess")
            .WithSummary("One's own; for an approver those of the school. The newest first.")
            .Command(Permission.SensitiveRead).Sensitive(); // for its audit row: purposes are sensitive
    }

    private static async Task<Results<Created<Made>, Problem>> AskAsync(
        Guid districtId, Guid studentId, AccessRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        var policy = (await db.SensitivePolicyAsync(districtId, cancel))?.Settings ?? new SensitiveSettings();
        var mistakes = new Mistakes();
        var purpose = mistakes.Text("purpose", request.Purpose, ReadReasons.Longest);
        if (request.Kinds.Count == 0 || request.Kinds.Distinct().Count() != request.Kinds.Count)
            mistakes.Add(Failures.List.At("kinds", 1, Enum.GetValues<SensitiveKind>().Length));
        if (request.Until < today || request.Until > today.AddDays(policy.LongestAccessDays))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At("until", today, today.AddDays(policy.LongestAccessDays)));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindOnRollAsync(caller, Permission.SensitiveRead, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var staff = caller.With(Permission.SensitiveRead).Where(grant => SensitiveReach.Reaches(grant, at))
            .Select(grant => grant.PersonId).FirstOrDefault(person => person is not null);
        if (staff is null)
            return (Problem)ArchivesFailures.NamesNobody;

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var sealedPurpose = await vault.SealAsync(
            new Subject(districtId, at.SchoolId, studentId), SensitiveAccess.PurposeOf(id), Encoding.UTF8.GetBytes(purpose), cancel);
        if (sealedPurpose is null)
            return (Problem)Failures.Erased;
        db.Add(SensitiveAccess.Ask(id, at, staff.Value, [.. request.Kinds], sealedPurpose, request.Until, now));
        audit.About("sensitive-access", id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<NoContent, Problem>> DecideAsync(
        Guid districtId, Guid id, AccessDecision decision, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (today, now) = (LocalDay.Today(clock), clock.GetUtcNow());
        if (await FindAsync(db, districtId, id, cancel) is not { } access)
            return (Problem)Failures.NotFound;
        var approvers = current.Caller.With(Permission.SensitiveGrant).Where(grant => grant.SchoolId == access.SchoolId).ToArray();
        if (approvers.Length == 0)
            return (Problem)Failures.NotFound;
        if (Array.Find(approvers, grant => grant.PersonId is not null)?.PersonId is not { } approver)
            return (Problem)ArchivesFailures.NamesNobody;
        if (decision.Until < today || decision.Until > access.Until)
            return Problem.Of([ArchivesFailures.DayOutOfRange.At("until", today, access.Until)]);
        if (access.Decide(decision.Granted, decision.Until, approver, now) is { } refused)
            return (Problem)refused;
        audit.About("sensitive-access", id, districtId, access.SchoolId, access.State.ToString());
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (await FindAsync(db, districtId, id, cancel) is not { } access
            || !current.Caller.With(Permission.SensitiveGrant).Any(grant => grant.SchoolId == access.SchoolId))
        {
            return (Problem)Failures.NotFound;
        }

        if (access.Withdraw(clock.GetUtcNow()) is { } refused)
            return (Problem)refused;
        audit.About("sensitive-access", id, districtId, access.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<AccessBody>>, Problem>> ListAsync(
        Guid districtId, Choice<AccessState>? state, string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var caller = current.Caller;
        var own = caller.With(Permission.SensitiveRead).Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        var schools = caller.With(Permission.SensitiveGrant).Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var take = Cursor.Size(size);
        var rows = await db.Set<SensitiveAccess>().AsNoTracking()
            .Where(access => access.DistrictId == districtId
                && (own.Contains(access.StaffId) || schools.Contains(access.SchoolId))
                && (state == null || access.State == state.Value.Value) && (last == null || access.Id < last))
            .OrderByDescending(access => access.Id).Take(take + 1).ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(access => access.Purpose), cancel);
        var bodies = new List<AccessBody>(rows.Count);
        foreach (var access in rows)
        {
            var purpose = await vault.OpenTextAsync(districtId, SensitiveAccess.PurposeOf(access.Id), access.Purpose, cancel);
            bodies.Add(new AccessBody(
                access.Id, access.StudentId, access.StaffId, access.Kinds, purpose, access.Until, access.State, access.AskedAt,
                access.ApproverId, access.DecidedAt));
        }

        audit.About("sensitive-access", null, caller.With(Permission.SensitiveRead).First().DistrictId, null);
        return TypedResults.Ok(Page.From(bodies, take, body => body.Id));
    }

    private static Task<SensitiveAccess?> FindAsync(ArchivesDb db, Guid district, Guid id, CancellationToken cancel) =>
        db.Set<SensitiveAccess>().SingleOrDefaultAsync(access => access.DistrictId == district && access.Id == id, cancel);
}
