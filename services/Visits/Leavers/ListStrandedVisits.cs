using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Leavers;

/// <summary>A visit whose students have left the school.</summary>
/// <param name="Visit">The visit.</param>
/// <param name="NoticedAt">Since when it is known.</param>
/// <param name="EndsAt">When it is called off by itself; <see langword="null"/> for an emergency's visit, which people decide,
/// and for
/// one that is called off.</param>
/// <param name="EndedAt">When it was called off by itself.</param>
public sealed record StrandedVisitView(
    VisitView Visit, DateTimeOffset NoticedAt, DateTimeOffset? EndsAt, DateTimeOffset? EndedAt);

/// <summary>Visits whose students have left the school, and those that were called off for it in the last 30 days (ARC-15,
/// VIS-20).</summary>
internal static class ListStrandedVisits
{
    private const int MostListed = 500;
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    public static void MapListStrandedVisits(this IEndpointRouteBuilder api) =>
        api.MapGet("/schools/{school:guid}/stranded-visits", ListAsync).Query(Permission.VisitRead)
            .WithName("ListStrandedVisits");

    // Not paged: a school has few, but for the day on which it is dissolved.
    private static async Task<Results<Ok<IReadOnlyList<StrandedVisitView>>, Problem>> ListAsync(
        Guid school, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.VisitRead).Any(grant => grant.SchoolId is null || grant.SchoolId == school))
            return (Problem)Failures.NotFound;
        var since = clock.GetUtcNow() - Remembered;
        var rows = await db.VisibleTo(current.Caller, Permission.VisitRead).AsNoTracking()
            .Where(visit => visit.SchoolId == school)
            .Join(
                db.Set<StrandedVisit>().Where(s => s.EndedAt == null || s.EndedAt > since),
                visit => new { visit.SchoolId, VisitId = visit.Id }, s => new { s.SchoolId, s.VisitId },
                (visit, s) => new { Visit = visit, Stranded = s })
            .OrderBy(row => row.Visit.StartsAt).ThenBy(row => row.Visit.Id).Take(MostListed).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<StrandedVisitView>>([.. rows.Select(row => new StrandedVisitView(
            VisitView.Of(row.Visit), row.Stranded.NoticedAt,
            row.Stranded.EndedAt is null && row.Visit.Kind != VisitKind.Emergency
                ? row.Stranded.NoticedAt + EndStrandedVisits.Grace : null,
            row.Stranded.EndedAt))]);
    }
}
