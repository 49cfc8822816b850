using System.Text;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Rights;

/// <summary>What is said to be wrong.</summary>
public enum CorrectedField
{
    /// <summary>姓名.</summary>
    Name,

    /// <summary>出生日期.</summary>
    BirthDate,

    /// <summary>性别.</summary>
    Sex,

    /// <summary>学籍：学校、年级、班级.</summary>
    Enrolment,

    /// <summary>监护人及其联系方式.</summary>
    Guardian,

    /// <summary>家访记录.</summary>
    VisitRecord,

    /// <summary>其他.</summary>
    Other,
}

/// <summary>Where it is corrected: where it is kept.</summary>
public enum CorrectedIn
{
    /// <summary>
    /// In the system that exports the roster: an import would bring the mistake back otherwise. The next one brings the correction.
    /// </summary>
    Roster,

    /// <summary>In the record of the visit.</summary>
    Visits,

    /// <summary>In the archive, by the school.</summary>
    Archive,
}

/// <summary>How far a correction has come.</summary>
public enum CorrectionState
{
    /// <summary>The school has to decide.</summary>
    Asked,

    /// <summary>The school has corrected it, where it is kept.</summary>
    Corrected,

    /// <summary>Refused, with a reason.</summary>
    Refused,
}

/// <summary>Why a correction is refused, in writing (条例 34).</summary>
public enum CorrectionRefusal
{
    /// <summary>Nothing shows that it is wrong.</summary>
    NotProven,

    /// <summary>It was checked and is right.</summary>
    IsRight,

    /// <summary>It is kept elsewhere, such as the national register; ask there.</summary>
    KeptElsewhere,
}

/// <summary>A guardian's request to correct or complete what is held of a child (PIPL 46).</summary>
public sealed class CorrectionRequest
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The request.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian who asks.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>What is wrong.</summary>
    public CorrectedField Field { get; init; }

    /// <summary>What it should be, and why; sealed.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>When it was asked.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The last day for it.</summary>
    public DateOnly DueOn { get; init; }

    /// <summary>How far it has come.</summary>
    public CorrectionState State { get; private set; }

    /// <summary>Why it was refused.</summary>
    public CorrectionRefusal? Refusal { get; private set; }

    /// <summary>When it was decided.</summary>
    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>The account that decided.</summary>
    public Guid? DecidedBy { get; private set; }

    /// <summary>Grows by one with the decision.</summary>
    public long Version { get; private set; } = 1;

    internal static readonly SealedColumn SealedContent = new("archives.correction_request", "content", "id");

    /// <summary>Where it is corrected. Family and needs of care are in no field: guardians change those themselves.</summary>
    public CorrectedIn CorrectedIn => Field switch
    {
        CorrectedField.Name or CorrectedField.BirthDate or CorrectedField.Sex or CorrectedField.Enrolment or CorrectedField.Guardian =>
            CorrectedIn.Roster,
        CorrectedField.VisitRecord => CorrectedIn.Visits,
        CorrectedField.Other => CorrectedIn.Archive,
    };

    /// <summary>Says that it is corrected, or why not.</summary>
    public Failure? Decide(CorrectionRefusal? refusal, Guid? account, DateTimeOffset now)
    {
        if (State != CorrectionState.Asked)
            return RightsFailures.Decided;
        State = refusal is null ? CorrectionState.Corrected : CorrectionState.Refused;
        (Refusal, DecidedBy, DecidedAt) = (refusal, account, now);
        Version++;
        return null;
    }
}

/// <summary>A correction that is asked for.</summary>
/// <param name="Field">What is wrong.</param>
/// <param name="Text">What it should be, and why, 1–2,000 characters.</param>
/// <param name="GuardianId">On paper: which guardian asks.</param>
public sealed record CorrectionAsk(CorrectedField Field, string Text, Guid? GuardianId = null);

/// <summary>What was decided.</summary>
/// <param name="Corrected">Whether it is corrected.</param>
/// <param name="Reason">Why not.</param>
public sealed record CorrectionDecision(bool Corrected, CorrectionRefusal? Reason = null);

/// <summary>A correction as it stands.</summary>
/// <param name="Id">The request.</param>
/// <param name="StudentId">The child.</param>
/// <param name="Field">What is wrong.</param>
/// <param name="Text">What it should be.</param>
/// <param name="AskedAt">When.</param>
/// <param name="DueOn">The last day for it.</param>
/// <param name="State">How far it has come.</param>
/// <param name="Refusal">Why it was refused.</param>
/// <param name="DecidedAt">When it was decided.</param>
/// <param name="CorrectedIn">Where it is corrected.</param>
public sealed record CorrectionBody(
    Guid Id, Guid StudentId, CorrectedField Field, string? Text, DateTimeOffset AskedAt, DateOnly DueOn, CorrectionState State,
    CorrectionRefusal? Refusal, DateTimeOffset? DecidedAt, CorrectedIn CorrectedIn);

/// <summary>What is left to do.</summary>
/// <param name="CorrectedIn">Where it is corrected; <see langword="null"/> when it was refused.</param>
/// <param name="Next">The same in words.</param>
public sealed record CorrectionOutcome(CorrectedIn? CorrectedIn, string? Next);

/// <summary>Corrections: asked for by a guardian, done or refused by the school (ARC-10).</summary>
internal static class Corrections
{
    private const int LongestText = 2_000;

    public static void MapCorrections(this IEndpointRouteBuilder api)
    {
        var district = api.MapGroup("/districts/{districtId:guid}");
        district.MapPost("/students/{studentId:guid}/corrections", AskAsync).WithName("AskForCorrection")
            .WithSummary("Says what is wrong about the child, and how it should be.").Command(Permission.PersonalDataAsk);
        district.MapGet("/students/{studentId:guid}/corrections", ListOwnAsync).WithName("ListChildsCorrections")
            .WithSummary("The corrections asked for about a child; a guardian's own.").Query(Permission.PersonalDataAsk).Sensitive();
        district.MapGet("/corrections", ListAsync).WithName("ListCorrections")
            .WithSummary("Corrections to decide, the oldest first.").Query(Permission.PersonalDataDecide).Sensitive();
        district.MapPost("/corrections/{id:guid}/decision", DecideAsync).WithName("DecideCorrection")
            .WithSummary("Says that it is corrected, or why not; answers where it has to be.").Command(Permission.PersonalDataDecide);
    }

    private static async Task<Results<Created<Made>, Problem>> AskAsync(
        Guid districtId, Guid studentId, CorrectionAsk ask, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", ask.Text, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.ReachAsync(caller, Permission.PersonalDataAsk, districtId, studentId, LocalDay.Of(now), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var own = caller.With(Permission.PersonalDataAsk).FirstOrDefault(grant => grant.StudentId == studentId)?.PersonId;
        if ((own ?? ask.GuardianId) is not { } guardian || !await db.IsGuardianAsync(at, guardian, cancel))
            return (Problem)RightsFailures.GuardianOnly;
        var id = Guid.CreateVersion7(now);
        var place = CorrectionRequest.SealedContent.Of(id);
        if (await vault.SealAsync(
            new Subject(districtId, at.SchoolId, studentId), place, Encoding.UTF8.GetBytes(text), cancel) is not { } content)
        {
            return (Problem)Failures.Erased;
        }

        var settings = await db.PersonalDataSettingsAsync(districtId, cancel);
        db.Add(new CorrectionRequest
        {
            DistrictId = districtId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = studentId,
            GuardianId = guardian,
            Field = ask.Field,
            Content = content,
            AskedAt = now,
            DueOn = LocalDay.Of(now).AddDays(settings.DeadlineDays),
        });
        audit.About("correction", id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<Ok<Page<CorrectionBody>>, Problem>> ListOwnAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.ReachAsync(caller, Permission.PersonalDataAsk, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        // A guardian sees the own ones: how the other one writes is the other one's.
        var reaching = caller.With(Permission.PersonalDataAsk).Where(grant => SensitiveReach.Reaches(grant, at)).ToArray();
        var all = Array.Exists(reaching, grant => grant.StudentId is null);
        var guardians = reaching.Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        var rows = db.Set<CorrectionRequest>().AsNoTracking()
            .Where(c => c.DistrictId == districtId && c.StudentId == studentId && (all || guardians.Contains(c.GuardianId))
                && (last == null || c.Id > last));
        return TypedResults.Ok(await PageAsync(rows, Cursor.Size(size), vault, cancel));
    }

    private static async Task<Results<Ok<Page<CorrectionBody>>, Problem>> ListAsync(
        Guid districtId, string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.PersonalDataDecide).Where(grant => grant.DistrictId == districtId).ToArray();
        if (grants.Length == 0)
            return (Problem)Failures.NotFound;
        var whole = Array.Exists(grants, grant => grant.SchoolId is null);
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var rows = db.Set<CorrectionRequest>().AsNoTracking()
            .Where(c => c.DistrictId == districtId && (whole || schools.Contains(c.SchoolId)) && c.State == CorrectionState.Asked
                && (last == null || c.Id > last));
        return TypedResults.Ok(await PageAsync(rows, Cursor.Size(size), vault, cancel));
    }

    private static async Task<Results<Ok<CorrectionOutcome>, Problem>> DecideAsync(
        Guid districtId, Guid id, CorrectionDecision decision, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var request = await db.Set<CorrectionRequest>().SingleOrDefaultAsync(c => c.DistrictId == districtId && c.Id == id, cancel);
        if (request is null || !current.Caller.With(Permission.PersonalDataDecide).Any(
            grant => grant.DistrictId == districtId && (grant.SchoolId is null || grant.SchoolId == request.SchoolId)))
        {
            return (Problem)Failures.NotFound;
        }

        if (decision.Corrected == decision.Reason is not null)
            return Problem.Of([RightsFailures.ReasonNeeded.At("reason")]);
        if (request.Decide(decision.Reason, current.Caller.AccountId, clock.GetUtcNow()) is { } decided)
            return (Problem)decided;
        audit.About("correction", id, districtId, request.SchoolId, decision.Reason?.ToString());
        return TypedResults.Ok(decision.Corrected
            ? new CorrectionOutcome(request.CorrectedIn, RightsTexts.Next(request.CorrectedIn, Language.IsChinese(http)))
            : new CorrectionOutcome(null, null));
    }

    private static async Task<Page<CorrectionBody>> PageAsync(
        IQueryable<CorrectionRequest> requests, int take, KeyVault vault, CancellationToken cancel)
    {
        var rows = await requests.OrderBy(c => c.Id).Take(take + 1).ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(row => row.Content), cancel);
        var bodies = new List<CorrectionBody>(rows.Count);
        foreach (var row in rows)
        {
            var text = await vault.OpenTextAsync(row.DistrictId, CorrectionRequest.SealedContent.Of(row.Id), row.Content, cancel);
            bodies.Add(new CorrectionBody(
                row.Id, row.StudentId, row.Field, text, row.AskedAt, row.DueOn, row.State, row.Refusal, row.DecidedAt,
                row.CorrectedIn));
        }

        return Page.From(bodies, take, body => body.Id);
    }
}
