using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>Which emergencies a caller's roles reach: a school's, or those of a class.</summary>
internal static class EmergencyAccess
{
    /// <summary>The schools as a whole, and the classes, that the caller has a permission for.</summary>
    public static (Guid[] Schools, Guid[] Classes) ReachOf(this Caller caller, Permission permission)
    {
        var grants = caller.With(permission).ToArray();
        return (
            [.. grants.Where(grant => grant.ClassId is null).Select(grant => grant.SchoolId).OfType<Guid>()],
            [.. grants.Select(grant => grant.ClassId).OfType<Guid>()]);
    }

    /// <summary>Those that the caller handles.</summary>
    public static IQueryable<Emergency> EmergenciesOf(this VisitsDb db, Caller caller)
    {
        var (schools, classes) = caller.ReachOf(Permission.EmergencyHandle);
        return db.Set<Emergency>().Where(e => schools.Contains(e.SchoolId) || classes.Contains(e.ClassId!.Value));
    }

    /// <summary>
    /// Those that the caller was called to by name, being on duty on a day without school (VIS-21), until they are closed:
    /// whatever the
    /// role, since those who handle emergencies may be away.
    /// </summary>
    public static IQueryable<Emergency> EmergenciesOnDutyOf(this VisitsDb db, Caller caller)
    {
        var grants = caller.With(Permission.ConcernReport).ToArray();
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var persons = grants.Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        return db.Set<Emergency>().Where(e => schools.Contains(e.SchoolId) && e.State != EmergencyState.Closed
            && db.Set<AlarmStep>().Any(step => step.SchoolId == e.SchoolId && step.AlarmId == e.Id && step.DoneAt != null
                && step.StaffIds.Any(called => persons.Contains(called))));
    }

    /// <summary>Their alarm, with its calls.</summary>
    public static Task<Alarm> AlarmOfAsync(this VisitsDb db, Guid school, Guid id, CancellationToken cancel) =>
        db.Set<Alarm>().Include(alarm => alarm.Steps).SingleAsync(alarm => alarm.SchoolId == school && alarm.Id == id, cancel);
}
