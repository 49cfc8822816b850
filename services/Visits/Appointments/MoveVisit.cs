using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>Where an appointment is moved. The time that the family proposed accepts the proposal.</summary>
/// <param name="StartsAt">When; seconds are cut off.</param>
/// <param name="Minutes">The expected length, 5–240; as before when missing.</param>
/// <param name="Mode">How; as before when missing.</param>
public sealed record MoveRequest(DateTimeOffset StartsAt, int? Minutes = null, VisitMode? Mode = null);

/// <summary>Moves an appointment, or accepts the time that the family proposed (VIS-6).</summary>
internal static class MoveVisit
{
    public static void MapMoveVisit(this IEndpointRouteBuilder api) =>
        api.MapPost("/{id:guid}/move", MoveAsync).Command(Permission.VisitSchedule).WithName("MoveVisit");

    private static async Task<Results<Ok<Appointment>, Problem>> MoveAsync(
        Guid id, MoveRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Range("minutes", request.Minutes, ScheduleVisit.ShortestMinutes, ScheduleVisit.LongestMinutes);
        mistakes.Time("startsAt", request.StartsAt, now);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindAsync(current.Caller, Permission.VisitSchedule, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, visit.Version) is { } stale)
            return (Problem)stale;

        var startsAt = LocalTime.ToMinute(request.StartsAt);
        var students = visit.Students.Select(student => student.StudentId).ToArray();
        var here = new BookingScope([visit.DistrictId], [visit.SchoolId]);
        var facts = await BookingFacts.ReadAsync(db, here, students, [.. visit.VisitorIds], startsAt, moved: id, cancel);
        var policy = facts.PolicyOf(visit.DistrictId, visit.SchoolId);
        if (facts.TermOf(visit.DistrictId, LocalTime.Day(startsAt, policy.TimeZone)) is not { } term)
            return (Problem)VisitsFailures.NoTerm;
        var (mode, minutes) = (request.Mode ?? visit.Mode, request.Minutes ?? visit.Minutes);
        if (visit.Move(term.Id, mode, startsAt, minutes, policy, facts.CalendarOf(visit.DistrictId, visit.SchoolId), now) is { } refused)
            return refused;

        await db.Busy.Where(busy => busy.VisitId == id).ExecuteDeleteAsync(cancel);
        db.AddRange(BusyTime.Of(visit, facts.InvitedOf(students)));
        db.Publish(visit.ToScheduled());
        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, visit.Version);
        return TypedResults.Ok(ScheduleVisit.AppointmentOf(visit, policy, facts, http));
    }
}
