using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>Calls a visit off; everybody is free again.</summary>
internal static class CancelVisit
{
    public static void MapCancelVisit(this IEndpointRouteBuilder api) =>
        api.MapPost("/{id:guid}/cancel", CancelAsync).Command(Permission.VisitSchedule).WithName("CancelVisit");

    private static async Task<Results<NoContent, Problem>> CancelAsync(
        Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitSchedule, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, visit.Version) is { } stale)
            return (Problem)stale;
        if (visit.Cancel(clock.GetUtcNow()) is { } refused)
            return refused;

        await db.Busy.Where(busy => busy.VisitId == id).ExecuteDeleteAsync(cancel);
        db.Publish(visit.ToCancelled());
        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, visit.Version);
        return TypedResults.NoContent();
    }
}
