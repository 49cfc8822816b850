using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using NpgsqlTypes;

namespace HomeSchool.Visits.Planning;

/// <summary>What a calendar file says.</summary>
/// <param name="Events">Events without mistakes, each counted once however often it repeats.</param>
/// <param name="Times">Times at which the person is busy, from last week to 400 days ahead.</param>
/// <param name="From">Begin of the first.</param>
/// <param name="Until">End of the last.</param>
/// <param name="Stored">Whether they are stored: not on a dry run, and not while there are mistakes.</param>
/// <param name="Mistakes">The mistakes, by line and property; at most 200.</param>
public sealed record BusyCalendarImport(
    int Events, int Times, DateTimeOffset? From, DateTimeOffset? Until, bool Stored, IReadOnlyList<LineMistake> Mistakes);

/// <summary>A calendar that was uploaded.</summary>
/// <param name="StaffId">Whose.</param>
/// <param name="Name">What the person calls it.</param>
/// <param name="UploadedAt">When it was uploaded.</param>
/// <param name="Times">Busy times, in order; those that overlap are one.</param>
public sealed record BusyCalendarView(Guid StaffId, string Name, DateTimeOffset UploadedAt, IReadOnlyList<BusySpan> Times);

/// <summary>
/// Timetables and absences as calendars (VIS-23): what a teacher's own calendar or the school's timetable exports as
/// <c>.ics</c>. An
/// upload replaces the calendar of that name and nothing else.
/// </summary>
internal static class ImportBusyCalendar
{
    private const int LongestName = 40;
    private const int DaysBefore = 7;
    private const int DaysAhead = 400;

    public static void MapBusyCalendars(this IEndpointRouteBuilder api)
    {
        const string one = "/schools/{school:guid}/staff/{staff:guid}/busy-calendars/{name}";
        api.MapPut(one, ImportAsync).Accepts<string>("text/calendar", "application/octet-stream")
            .Command(Permission.VisitPlan).WithName("ImportBusyCalendar");
        api.MapDelete(one, DeleteAsync).Command(Permission.VisitPlan).WithName("DeleteBusyCalendar");
        api.MapGet("/schools/{school:guid}/staff/{staff:guid}/busy-calendars", ListAsync)
            .Query(Permission.VisitPlan).WithName("ListBusyCalendars");
    }

    private static async Task<Results<Ok<BusyCalendarImport>, Problem>> ImportAsync(
        Guid school, Guid staff, string name, bool? dryRun, VisitsDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var called = mistakes.Text("name", name, LongestName);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (PlanReach.Of(current.Caller, school) is not { } reach || !reach.May(staff)
            || !await db.Set<Post>().AnyAsync(post => post.SchoolId == school && post.StaffId == staff, cancel))
        {
            return (Problem)Failures.NotFound;
        }

        if (await ImportBusyHours.TextAsync(http.Request, cancel) is not { } text)
            return (Problem)Failures.TooLarge;
        var now = clock.GetUtcNow();
        var policies = await db.Policies.AsNoTracking()
            .Where(p => p.NodeId == school || p.NodeId == reach.DistrictId).ToListAsync(cancel);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(Policy.InForce(reach.DistrictId, school, policies).TimeZone);
        var (events, times, wrong) = BusyCalendarFile.Read(
            text, zone, new BusySpan(now.AddDays(-DaysBefore), now.AddDays(DaysAhead)));

        var stored = wrong.Count == 0 && dryRun != true;
        if (stored)
        {
            var calendar = await reach.Calendars(db).SingleOrDefaultAsync(c => c.StaffId == staff && c.Name == called, cancel);
            calendar ??= db.Add(new BusyCalendar
            {
                SchoolId = school,
                StaffId = staff,
                Name = called,
                DistrictId = reach.DistrictId,
            }).Entity;
            calendar.UploadedAt = now;
            calendar.Times = [.. times.Select(time =>
                new NpgsqlRange<DateTime>(time.From.UtcDateTime, true, time.Until.UtcDateTime, false))];
            audit.About("busy-calendar", staff, reach.DistrictId, school);
        }

        var chinese = Language.IsChinese(http);
        return TypedResults.Ok(new BusyCalendarImport(
            events, times.Count, times.Count == 0 ? null : times[0].From,
            times.Count == 0 ? null : times.Max(time => time.Until), stored,
            [.. wrong.Take(ImportBusyHours.MostMistakes).Select(m => new LineMistake(m.Field, m.Code, chinese ? m.Zh : m.En))]));
    }

    // Not paged: a person has few.
    private static async Task<Results<Ok<IReadOnlyList<BusyCalendarView>>, Problem>> ListAsync(
        Guid school, Guid staff, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (PlanReach.Of(current.Caller, school) is not { } reach || !reach.May(staff))
            return (Problem)Failures.NotFound;
        var calendars = await reach.Calendars(db).AsNoTracking().Where(c => c.StaffId == staff).OrderBy(c => c.Name)
            .ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<BusyCalendarView>>([.. calendars.Select(c => new BusyCalendarView(
            c.StaffId, c.Name, c.UploadedAt, [.. c.Spans()]))]);
    }

    private static async Task<Results<NoContent, Problem>> DeleteAsync(
        Guid school, Guid staff, string name, VisitsDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (PlanReach.Of(current.Caller, school) is not { } reach
            || await reach.Calendars(db).SingleOrDefaultAsync(c => c.StaffId == staff && c.Name == name, cancel)
                is not { } calendar)
        {
            return (Problem)Failures.NotFound;
        }

        db.Remove(calendar);
        audit.About("busy-calendar", staff, calendar.DistrictId, school);
        return TypedResults.NoContent();
    }
}
