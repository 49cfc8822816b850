using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Records;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Visits.Appointments;

/// <summary>Begins a visit, when it is prepared (VIS-7): its time is taken from the tap.</summary>
internal static class StartVisit
{
    public static void MapStartVisit(this IEndpointRouteBuilder api) =>
        api.MapPost("/{id:guid}/start", StartAsync).Command(Permission.VisitRecord).WithName("StartVisit");

    private static async Task<Results<NoContent, Problem>> StartAsync(
        Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitRecord, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, visit.Version) is { } stale)
            return (Problem)stale;
        if (visit.Start(clock.GetUtcNow()) is { } refused)
            return refused;
        if ((await RecordFacts.ReadAsync(db, visit, cancel)).OutlineRefusal(visit) is { } unprepared)
            return unprepared;

        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, visit.Version);
        return TypedResults.NoContent();
    }
}
