using System.Text;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>A court's or the police's document that restricts a guardian.</summary>
/// <param name="Kind">What kind of document.</param>
/// <param name="Number">The document's number (案号、文书编号), 1–100 characters.</param>
/// <param name="Withheld">What the guardian may not do, each once.</param>
/// <param name="StartsOn">The first day; it may be over.</param>
/// <param name="EndsOn">The last day; without it until further notice.</param>
public sealed record RestrictionRequest(
    CourtDocumentKind Kind, string Number, IReadOnlyList<GuardianRight> Withheld, DateOnly StartsOn, DateOnly? EndsOn = null);

/// <summary>A restriction as those see it who record them.</summary>
/// <param name="Id">The restriction.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="Kind">What kind of document.</param>
/// <param name="Number">Its number; <see langword="null"/> when the student's key is destroyed.</param>
/// <param name="Withheld">What the guardian may not do.</param>
/// <param name="StartsOn">The first day.</param>
/// <param name="EndsOn">The last day; <see langword="null"/> until further notice.</param>
/// <param name="RecordedAt">When it was recorded.</param>
/// <param name="LiftedAt">When it was lifted.</param>
public sealed record RestrictionBody(
    Guid Id, Guid GuardianId, CourtDocumentKind Kind, string? Number, IReadOnlyList<GuardianRight> Withheld, DateOnly StartsOn,
    DateOnly? EndsOn, DateTimeOffset RecordedAt, DateTimeOffset? LiftedAt);

/// <summary>Records documents that restrict a guardian (ARC-13): in force at once, or from the day that they say.</summary>
internal static class RestrictGuardian
{
    private const int LongestNumber = 100;
    private const int FarthestYears = 20;

    public static void MapRestrictions(this IEndpointRouteBuilder api)
    {
        api.MapPost(
                "/districts/{districtId:guid}/students/{studentId:guid}/guardians/{guardianId:guid}/restrictions", RecordAsync)
            .WithName("RestrictGuardian")
            .WithSummary("Records a court's or the police's document; what it withholds is gone at once, or from its first day.")
            .Command(Permission.CourtDocumentWrite);
        api.MapPost("/districts/{districtId:guid}/guardian-restrictions/{id:guid}/lift", LiftAsync)
            .WithName("LiftGuardianRestriction")
            .WithSummary("Lifts a restriction; the guardian's rights are back at once.")
            .Command(Permission.CourtDocumentWrite);
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/guardian-restrictions", ListAsync)
            .WithName("ListGuardianRestrictions")
            .WithSummary("The documents about a child's guardians, with their numbers, the newest first.")
            .Command(Permission.CourtDocumentWrite).Sensitive(); // for its audit row: custody is sensitive
    }

    private static async Task<Results<Created<Made>, Problem>> RecordAsync(
        Guid districtId, Guid studentId, Guid guardianId, RestrictionRequest request, ArchivesDb db, KeyVault vault,
        CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var (now, today) = (clock.GetUtcNow(), LocalDay.Today(clock));
        var mistakes = new Mistakes();
        var number = mistakes.Text("number", request.Number, LongestNumber);
        if (request.Withheld.Count == 0 || request.Withheld.Distinct().Count() != request.Withheld.Count)
            mistakes.Add(Failures.List.At("withheld", 1, Enum.GetValues<GuardianRight>().Length));
        var (first, last) = (today.AddYears(-FarthestYears), today.AddYears(FarthestYears));
        if (request.StartsOn < first || request.StartsOn > last || request.EndsOn > last || request.EndsOn < request.StartsOn)
            mistakes.Add(FamilyFailures.Days.At("endsOn", first, last));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindOnRollAsync(current.Caller, Permission.CourtDocumentWrite, districtId, studentId, today, cancel) is not { } at
            || (await db.StandingsAsync(districtId, [studentId], cancel))
                .FirstOrDefault(found => found.Guardianship.GuardianId == guardianId) is not { } standing)
        {
            return (Problem)Failures.NotFound;
        }

        var id = Guid.CreateVersion7(now);
        var sealedNumber = await vault.SealAsync(
            new Subject(districtId, at.SchoolId, studentId), GuardianRestriction.SealedNumber.Of(id), Encoding.UTF8.GetBytes(number), cancel);
        if (sealedNumber is null)
            return (Problem)Failures.Erased;
        var restriction = db.Add(new GuardianRestriction
        {
            DistrictId = districtId,
            Id = id,
            StudentId = studentId,
            GuardianId = guardianId,
            Kind = request.Kind,
            Number = sealedNumber,
            Withheld = [.. request.Withheld],
            StartsOn = request.StartsOn,
            EndsOn = request.EndsOn,
            RecordedAt = now,
        }).Entity;
        var detail = await db.DetailAsync(standing.Guardianship, cancel);
        await db.AnnounceAsync(
            standing with { Detail = detail, Restrictions = [.. standing.Restrictions, restriction] }, detail, now, cancel);
        audit.About("guardian-restriction", id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<NoContent, Problem>> LiftAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var (now, today) = (clock.GetUtcNow(), LocalDay.Today(clock));
        var restriction = await db.Set<GuardianRestriction>()
            .SingleOrDefaultAsync(found => found.DistrictId == districtId && found.Id == id, cancel);
        if (restriction is null || await db.FindOnRollAsync(
                current.Caller, Permission.CourtDocumentWrite, districtId, restriction.StudentId, today, cancel) is not { } at)
        {
            return (Problem)Failures.NotFound;
        }

        if (restriction.LiftedAt is not null)
            return (Problem)FamilyFailures.Lifted;
        restriction.LiftedAt = now;
        audit.About("guardian-restriction", id, districtId, at.SchoolId);
        // Without a guardianship any more there is nobody to give anything back to.
        if ((await db.StandingsAsync(districtId, [restriction.StudentId], cancel))
            .FirstOrDefault(found => found.Guardianship.GuardianId == restriction.GuardianId) is { } standing)
        {
            var detail = await db.DetailAsync(standing.Guardianship, cancel);
            await db.AnnounceAsync(
                standing with { Detail = detail, Restrictions = [.. standing.Restrictions.Where(other => other.Id != id)] },
                detail, now, cancel);
        }

        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<IReadOnlyList<RestrictionBody>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (await db.FindOnRollAsync(
                current.Caller, Permission.CourtDocumentWrite, districtId, studentId, LocalDay.Today(clock), cancel) is not { } at)
        {
            return (Problem)Failures.NotFound;
        }

        var restrictions = await db.Set<GuardianRestriction>().AsNoTracking()
            .Where(r => r.DistrictId == districtId && r.StudentId == studentId).OrderByDescending(r => r.Id).ToListAsync(cancel);
        var bodies = new List<RestrictionBody>(restrictions.Count);
        foreach (var found in restrictions)
        {
            var number = await vault.OpenTextAsync(districtId, GuardianRestriction.SealedNumber.Of(found.Id), found.Number, cancel);
            bodies.Add(new RestrictionBody(
                found.Id, found.GuardianId, found.Kind, number, found.Withheld, found.StartsOn, found.EndsOn, found.RecordedAt,
                found.LiftedAt));
        }

        audit.About("student", studentId, districtId, at.SchoolId);
        return TypedResults.Ok<IReadOnlyList<RestrictionBody>>(bodies);
    }
}
