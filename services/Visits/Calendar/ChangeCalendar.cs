using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.WorkList;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Calendar;

/// <summary>A calendar as it is entered: all of a node's special days at once.</summary>
/// <param name="Days">Up to 400, each once.</param>
public sealed record CalendarBody(IReadOnlyList<SpecialDay> Days);

/// <summary>Holidays and swapped days (VIS-21), of a district and, where they differ, of one of its schools.</summary>
internal static class ChangeCalendar
{
    private const int MostDays = 400;
    private const int LongestName = 40;

    public static void MapCalendar(this IEndpointRouteBuilder api)
    {
        api.MapGet("/calendars/{node:guid}", ReadAsync).Query(Permission.VisitRead).WithName("ReadSchoolCalendar");
        api.MapPut("/calendars/{node:guid}", ChangeAsync).Command(Permission.PolicyChange).WithName("ChangeSchoolCalendar");
    }

    /// <summary>The days in force at a school or district. The ETag is that of its own calendar, "0" while it has none.</summary>
    private static async Task<Results<Ok<CalendarBody>, Problem>> ReadAsync(
        Guid node, VisitsDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (await ChangePolicy.FindAsync(node, Permission.VisitRead, db, current, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var calendars = await db.Calendars.AsNoTracking()
            .Where(calendar => calendar.NodeId == node || calendar.NodeId == place.DistrictId).ToListAsync(cancel);
        ETag.Set(http, calendars.FirstOrDefault(calendar => calendar.NodeId == node)?.Version ?? 0);
        return TypedResults.Ok(new CalendarBody([.. calendars.OrderBy(calendar => calendar.NodeId == node)
            .SelectMany(calendar => calendar.Days).GroupBy(day => day.Day).Select(group => group.Last()).OrderBy(day => day.Day)]));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid node, CalendarBody body, VisitsDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        if (body.Days.Count > MostDays)
            mistakes.Add(Failures.List.At("days", 0, MostDays));
        foreach (var (day, i) in body.Days.Take(MostDays).Select((day, i) => (day, i)))
        {
            mistakes.OptionalText($"days[{i}].name", day.Name, LongestName);
            if (body.Days.Take(i).Any(earlier => earlier.Day == day.Day))
                mistakes.Add(VisitsFailures.DayTwice.At($"days[{i}].day"));
        }

        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await ChangePolicy.FindAsync(node, Permission.PolicyChange, db, current, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var calendar = await db.Calendars.SingleOrDefaultAsync(calendar => calendar.NodeId == node, cancel);
        if (ETag.Mismatch(http, calendar?.Version ?? 0) is { } stale)
            return (Problem)stale;

        calendar ??= db.Add(
            new CalendarOfNode { NodeId = node, DistrictId = place.DistrictId, SchoolId = place.SchoolId }).Entity;
        calendar.Days = [.. body.Days.OrderBy(day => day.Day)];
        calendar.Version++;
        db.Add(new WorkMark { DistrictId = place.DistrictId, SchoolId = place.SchoolId });
        audit.About("school-calendar", node, place.DistrictId, place.SchoolId);
        ETag.Set(http, calendar.Version);
        return TypedResults.NoContent();
    }
}
