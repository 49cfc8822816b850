using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>What a file of timetables and absences says.</summary>
/// <param name="Lines">Lines without mistakes.</param>
/// <param name="Staff">The staff members that they are about.</param>
/// <param name="Stored">Whether they are stored: not on a dry run, and not while there are mistakes.</param>
/// <param name="Mistakes">The mistakes, by line and column; at most 200.</param>
public sealed record BusyHoursImport(int Lines, int Staff, bool Stored, IReadOnlyList<LineMistake> Mistakes);

/// <summary>A mistake in a file.</summary>
/// <param name="Where">Line and column, or line and property.</param>
/// <param name="Code">Stable.</param>
/// <param name="Message">What is wrong and how to mend it.</param>
public sealed record LineMistake(string Where, string Code, string Message);

/// <summary>Hours at which a staff member cannot visit.</summary>
/// <param name="StaffId">The staff member.</param>
/// <param name="Weekday">Of a timetable; <see langword="null"/> for an absence.</param>
/// <param name="From">From this hour.</param>
/// <param name="To">Until this hour.</param>
/// <param name="StartsOn">The first day.</param>
/// <param name="EndsOn">The last day.</param>
/// <param name="Id">The row.</param>
public sealed record BusyHoursView(
    Guid StaffId, DayOfWeek? Weekday, TimeOnly From, TimeOnly To, DateOnly StartsOn, DateOnly EndsOn, Guid Id);

/// <summary>
/// Timetables and absences (VIS-23): a file replaces all that is known of the staff members it names. Teachers bring in their
/// own, schools everybody's.
/// </summary>
internal static class ImportBusyHours
{
    private const int MostBytes = 2 * 1024 * 1024;

    /// <summary>Mistakes of a file that are told.</summary>
    internal const int MostMistakes = 200;

    public static void MapBusyHours(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{school:guid}/busy-hours", ImportAsync).Accepts<string>("text/csv", "application/octet-stream")
            .Command(Permission.VisitPlan).WithName("ImportBusyHours");
        api.MapGet("/schools/{school:guid}/busy-hours", ListAsync).Query(Permission.VisitPlan).WithName("ListBusyHours");
        api.MapDelete("/schools/{school:guid}/busy-hours/{id:guid}", DeleteAsync)
            .Command(Permission.VisitPlan).WithName("DeleteBusyHours");
    }

    private static async Task<Results<Ok<BusyHoursImport>, Problem>> ImportAsync(
        Guid school, bool? dryRun, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (PlanReach.Of(current.Caller, school) is not { } reach)
            return (Problem)Failures.NotFound;
        if (await TextAsync(http.Request, cancel) is not { } text)
            return (Problem)Failures.TooLarge;
        var (lines, mistakes) = BusyHoursFile.Read(text);
        Guid[] named = [.. lines.Select(line => line.StaffId).Distinct()];
        var known = (await db.Set<Post>().Where(p => p.SchoolId == school && named.Contains(p.StaffId)).Select(p => p.StaffId)
            .ToListAsync(cancel)).Where(reach.May).ToHashSet();
        FieldMistake[] all =
        [
            .. mistakes,
            .. named.Where(staff => !known.Contains(staff)).Select(staff => VisitsFailures.NotStaff.At($"staffId {staff}")),
        ];

        var stored = all.Length == 0 && dryRun != true;
        if (stored)
        {
            await db.Set<BusyHours>().Where(h => h.SchoolId == school && named.Contains(h.StaffId)).ExecuteDeleteAsync(cancel);
            db.AddRange(lines.Select(line => new BusyHours
            {
                SchoolId = school,
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                DistrictId = reach.DistrictId,
                StaffId = line.StaffId,
                Weekday = line.Weekday,
                FromTime = line.From,
                ToTime = line.To,
                StartsOn = line.StartsOn,
                EndsOn = line.EndsOn,
            }));
            audit.About("busy-hours", school, reach.DistrictId, school);
        }

        var chinese = Language.IsChinese(http);
        return TypedResults.Ok(new BusyHoursImport(
            lines.Count, named.Length, stored,
            [.. all.Take(MostMistakes).Select(m => new LineMistake(m.Field, m.Code, chinese ? m.Zh : m.En))]));
    }

    private static async Task<Results<Ok<Page<BusyHoursView>>, Problem>> ListAsync(
        Guid school, Guid? staffId, int? size, string? after, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (PlanReach.Of(current.Caller, school) is not { } reach)
            return (Problem)Failures.NotFound;
        var hours = reach.Hours(db).AsNoTracking();
        if (staffId is not null)
            hours = hours.Where(h => h.StaffId == staffId);
        if (last is not null)
            hours = hours.Where(h => h.Id > last.Id);
        var most = Cursor.Size(size);
        var rows = await hours.OrderBy(h => h.Id).Take(most + 1)
            .Select(h => new BusyHoursView(h.StaffId, h.Weekday, h.FromTime, h.ToTime, h.StartsOn, h.EndsOn, h.Id)).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, most, row => new Last(row.Id)));
    }

    private static async Task<Results<NoContent, Problem>> DeleteAsync(
        Guid school, Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (PlanReach.Of(current.Caller, school) is not { } reach
            || await reach.Hours(db).SingleOrDefaultAsync(h => h.Id == id, cancel) is not { } hours)
        {
            return (Problem)Failures.NotFound;
        }

        db.Remove(hours);
        audit.About("busy-hours", id, hours.DistrictId, school);
        return TypedResults.NoContent();
    }

    /// <summary>The text of an uploaded file; <see langword="null"/> when it is larger than 2 MiB.</summary>
    internal static async Task<string?> TextAsync(HttpRequest request, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancel)) > 0;)
        {
            if (body.Length + read > MostBytes)
                return null;
            body.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }

    private sealed record Last(Guid Id);
}
