using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>A student at a school that the caller's roles reach, with what the school has decided.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class, if there is one.</param>
/// <param name="By">Who the caller is there.</param>
/// <param name="Policy">In force at the school.</param>
/// <param name="Calendar">In force at the school.</param>
/// <param name="Today">The day there.</param>
internal sealed record ChildOnRoll(
    Guid DistrictId, Guid SchoolId, Guid StudentId, Guid? ClassId, Guid? By, VisitPolicy Policy, SchoolCalendar Calendar,
    DateOnly Today)
{
    /// <summary>Finds the student.</summary>
    /// <param name="db">The database.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="permission">For what.</param>
    /// <param name="student">The student.</param>
    /// <param name="anyClass">Whether a role at a class reaches the other classes of its school: whoever sees a child in
    /// danger may say so (VIS-17).</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<ChildOnRoll?> FindAsync(
        VisitsDb db, Caller caller, Permission permission, Guid student, bool anyClass, DateTimeOffset now,
        CancellationToken cancel)
    {
        var grants = caller.With(permission).ToArray();
        var districts = grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId).ToArray();
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.StudentId == student && (schools.Contains(e.SchoolId) || districts.Contains(e.DistrictId)))
            .ToListAsync(cancel);
        Guid[] nodes = [.. enrolments.SelectMany(e => new[] { e.DistrictId, e.SchoolId }).Distinct()];
        var policies = await db.Policies.AsNoTracking().Where(policy => nodes.Contains(policy.NodeId)).ToListAsync(cancel);
        var calendars = await db.Calendars.AsNoTracking().Where(days => nodes.Contains(days.NodeId)).ToListAsync(cancel);
        foreach (var school in enrolments.GroupBy(e => (e.DistrictId, e.SchoolId)))
        {
            var (district, id) = school.Key;
            var policy = Policies.Policy.InForce(district, id, policies);
            var today = LocalTime.Day(now, policy.TimeZone);
            if (Enrolment.Of(today, school) is { } found && Reaching(grants, found, anyClass) is { } grant)
            {
                return new ChildOnRoll(
                    district, id, student, found.ClassId, grant.PersonId, policy,
                    CalendarOfNode.InForce(district, id, calendars), today);
            }
        }

        return null;
    }

    private static Grant? Reaching(Grant[] grants, Enrolment enrolment, bool anyClass) => Array.Find(grants, grant =>
        grant.SchoolId is null
            ? grant.DistrictId == enrolment.DistrictId
            : grant.SchoolId == enrolment.SchoolId && (anyClass || grant.ClassId is null || grant.ClassId == enrolment.ClassId));
}
