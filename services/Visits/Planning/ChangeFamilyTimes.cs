using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>When a family can be visited (VIS-5), said by a guardian, or by the teacher on the family's behalf.</summary>
internal static class ChangeFamilyTimes
{
    private const int MostHours = 50;
    private const int MostSpans = 20;

    public static void MapFamilyTimes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/schools/{school:guid}/students/{student:guid}/family-times", ReadAsync)
            .Query(Permission.FamilyTimesChange).WithName("ReadFamilyTimes");
        api.MapPut("/schools/{school:guid}/students/{student:guid}/family-times", ChangeAsync)
            .Command(Permission.FamilyTimesChange).WithName("ChangeFamilyTimes");
    }

    /// <summary>What the family has said. The ETag is "0" while it has said nothing.</summary>
    private static async Task<Results<Ok<StatedHours>, Problem>> ReadAsync(
        Guid school, Guid student, VisitsDb db, CurrentCaller current, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await DistrictAsync(school, student, db, current, clock, cancel) is null)
            return (Problem)Failures.NotFound;
        var times = await db.Set<FamilyTimes>().AsNoTracking()
            .SingleOrDefaultAsync(t => t.SchoolId == school && t.StudentId == student, cancel);
        ETag.Set(http, times?.Version ?? 0);
        return TypedResults.Ok(times?.Hours ?? new StatedHours([], [], []));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid school, Guid student, StatedHours hours, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (Refusal(hours) is { } invalid)
            return invalid;
        if (await DistrictAsync(school, student, db, current, clock, cancel) is not { } district)
            return (Problem)Failures.NotFound;
        var times = await db.Set<FamilyTimes>().SingleOrDefaultAsync(t => t.SchoolId == school && t.StudentId == student, cancel);
        if (ETag.Mismatch(http, times?.Version ?? 0) is { } stale)
            return (Problem)stale;

        times ??= db.Add(new FamilyTimes { SchoolId = school, StudentId = student, DistrictId = district }).Entity;
        times.Hours = hours;
        times.Version++;
        audit.About("family-times", student, district, school);
        ETag.Set(http, times.Version);
        return TypedResults.NoContent();
    }

    private static Problem? Refusal(StatedHours hours)
    {
        var mistakes = new Mistakes();
        foreach (var (field, list) in new[] { ("unavailable", hours.Unavailable), ("preferred", hours.Preferred) })
        {
            if (list.Count > MostHours)
                mistakes.Add(Failures.List.At(field, 0, MostHours));
            foreach (var (entry, i) in list.Take(MostHours).Select((entry, i) => (entry, i)))
            {
                if (entry.To <= entry.From)
                    mistakes.Add(PlanningFailures.Hours.At($"{field}[{i}].to"));
            }
        }

        if (hours.Away.Count > MostSpans)
            mistakes.Add(Failures.List.At("away", 0, MostSpans));
        foreach (var (span, i) in hours.Away.Take(MostSpans).Select((span, i) => (span, i)))
        {
            if (span.Until < span.From || span.Until == DateOnly.MaxValue)
                mistakes.Add(PlanningFailures.Hours.At($"away[{i}].until"));
        }

        return mistakes.Refusal;
    }

    // The district of a student whom the caller's roles reach: of the class as it is, or the own child.
    private static async Task<Guid?> DistrictAsync(
        Guid school, Guid student, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var grants = current.Caller.With(Permission.FamilyTimesChange).Where(grant => grant.SchoolId == school).ToArray();
        if (grants.Length == 0)
            return null;
        var today = await db.TodayAtAsync(grants[0].DistrictId, school, clock.GetUtcNow(), cancel);
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.SchoolId == school && e.StudentId == student).ToListAsync(cancel);
        // Whom a document keeps from being visited neither sees nor says when the family is at home (ARC-13).
        var kept = await db.Set<GuardianRights>().AsNoTracking()
            .Where(r => r.StudentId == student && !r.MayBeVisited).Select(r => r.GuardianId).ToListAsync(cancel);
        return Enrolment.Of(today, enrolments) is { } enrolment && grants.Any(grant =>
            grant.StudentId is { } child ? child == student && !kept.Contains(grant.PersonId ?? Guid.Empty) : grant.ClassId is null || grant.ClassId == enrolment.ClassId)
                ? enrolment.DistrictId
                : null;
    }
}
