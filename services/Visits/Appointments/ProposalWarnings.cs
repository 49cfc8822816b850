using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Planning;
using HomeSchool.Visits.Policies;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// Warns whoever visits, before the time that a family proposes is accepted, that somebody who visits has lessons, duty or leave
/// then (VIS-6, VIS-23). Three statements for any number of visits, and none where nothing is proposed.
/// </summary>
internal static class ProposalWarnings
{
    /// <summary>By its id, the warnings of each visit for which another time is proposed and which the caller sees as staff: a
    /// family is not told of a teacher's timetable.</summary>
    public static async Task<IReadOnlyDictionary<Guid, IReadOnlyList<WarningText>>> OfAsync(
        VisitsDb db, Caller caller, IEnumerable<Visit> visits, HttpContext http, CancellationToken cancel)
    {
        var proposed = visits.Where(visit => visit.State == VisitState.Proposed && caller.SeesAsStaff(visit)).ToArray();
        if (proposed.Length == 0)
            return new Dictionary<Guid, IReadOnlyList<WarningText>>();
        var busy = (await UploadedAsync(db, proposed, cancel)).ToHashSet();
        busy.UnionWith(await OfTimetablesAsync(db, proposed, cancel));
        WarningText[] warned = [Warning.VisitorBusy.In(Language.IsChinese(http))];
        return proposed.ToDictionary(
            visit => visit.Id, IReadOnlyList<WarningText> (visit) => busy.Contains(visit.Id) ? warned : []);
    }

    // The database knows whether times meet; it need not send all the lessons of a calendar.
    private static Task<List<Guid>> UploadedAsync(VisitsDb db, Visit[] proposed, CancellationToken cancel)
    {
        var rows = proposed.SelectMany(visit => visit.VisitorIds, (visit, staff) => (Visit: visit, Staff: staff)).ToArray();
        var visits = rows.Select(row => row.Visit.Id).ToArray();
        var schools = rows.Select(row => row.Visit.SchoolId).ToArray();
        var staff = rows.Select(row => row.Staff).ToArray();
        var from = rows.Select(row => row.Visit.ProposedStartsAt!.Value).ToArray();
        var until = rows.Select(row => row.Visit.ProposedStartsAt!.Value.AddMinutes(row.Visit.Minutes)).ToArray();
        return db.Database.SqlQuery<Guid>(
            $"""
            SELECT DISTINCT p.visit_id AS "Value"
            FROM unnest({visits}, {schools}, {staff}, {from}, {until}) AS p (visit_id, school_id, staff_id, from_time, until_time)
            JOIN busy_calendar c ON c.school_id = p.school_id AND c.staff_id = p.staff_id
            WHERE c.times && tstzrange(p.from_time, p.until_time)
            """).ToListAsync(cancel);
    }

    private static async Task<IEnumerable<Guid>> OfTimetablesAsync(VisitsDb db, Visit[] proposed, CancellationToken cancel)
    {
        var local = proposed.ToDictionary(
            visit => visit.Id, visit => LocalTime.At(visit.ProposedStartsAt!.Value, visit.TimeZone).DateTime);
        var (first, last) = (DateOnly.FromDateTime(local.Values.Min()), DateOnly.FromDateTime(local.Values.Max()));
        Guid[] schools = [.. proposed.Select(visit => visit.SchoolId).Distinct()];
        Guid[] staff = [.. proposed.SelectMany(visit => visit.VisitorIds).Distinct()];
        Guid[] nodes = [.. schools, .. proposed.Select(visit => visit.DistrictId).Distinct()];
        var hours = (await db.Set<BusyHours>().AsNoTracking()
            .Where(h => schools.Contains(h.SchoolId) && staff.Contains(h.StaffId) && h.StartsOn <= last && h.EndsOn >= first)
            .ToListAsync(cancel)).ToLookup(h => (h.SchoolId, h.StaffId));
        var calendars = await db.Calendars.AsNoTracking().Where(calendar => nodes.Contains(calendar.NodeId)).ToListAsync(cancel);
        return proposed.Where(visit =>
        {
            var school = CalendarOfNode.InForce(visit.DistrictId, visit.SchoolId, calendars);
            return visit.VisitorIds.SelectMany(staff => hours[(visit.SchoolId, staff)])
                .Any(h => h.Meet(local[visit.Id], visit.Minutes, school));
        }).Select(visit => visit.Id);
    }
}
