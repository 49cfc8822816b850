using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>What a caller may plan in a school (ALL-1): all of it, or some classes.</summary>
/// <param name="DistrictId">The school's district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="Whole">Whether all of it.</param>
/// <param name="Own">The classes, each with who the caller is there.</param>
internal sealed record PlanReach(Guid DistrictId, Guid SchoolId, bool Whole, IReadOnlyList<(Guid ClassId, Guid? StaffId)> Own)
{
    /// <summary>What the caller reaches in a school; <see langword="null"/> when nothing, and the school is not found.</summary>
    public static PlanReach? Of(Caller caller, Guid school)
    {
        var grants = caller.With(Permission.VisitPlan).Where(grant => grant.SchoolId == school).ToArray();
        return grants.Length == 0 ? null : new PlanReach(
            grants[0].DistrictId, school, grants.Any(grant => grant.ClassId is null),
            [.. grants.Where(grant => grant.ClassId is not null).Select(grant => (grant.ClassId!.Value, grant.PersonId))]);
    }

    /// <summary>Whether a class, a grade or the whole school can be planned.</summary>
    public bool Covers(Guid? @class) => Whole || (@class is { } one && Own.Any(own => own.ClassId == one));

    /// <summary>The plans.</summary>
    public IQueryable<Plan> Plans(VisitsDb db)
    {
        var classes = Own.Select(own => (Guid?)own.ClassId).ToArray();
        return db.Set<Plan>().Where(plan => plan.SchoolId == SchoolId && (Whole || classes.Contains(plan.ClassId)));
    }

    /// <summary>Whether a staff member's hours are the caller's to know: at the whole school everybody's, otherwise the
    /// own.</summary>
    public bool May(Guid staff) => Whole || Own.Any(own => own.StaffId == staff);

    /// <summary>The hours of staff members that are the caller's to know.</summary>
    public IQueryable<BusyHours> Hours(VisitsDb db)
    {
        var self = Own.Select(own => own.StaffId).ToArray();
        return db.Set<BusyHours>().Where(hours => hours.SchoolId == SchoolId && (Whole || self.Contains(hours.StaffId)));
    }

    /// <summary>The uploaded calendars of staff members that are the caller's to know.</summary>
    public IQueryable<BusyCalendar> Calendars(VisitsDb db)
    {
        var self = Own.Select(own => own.StaffId).ToArray();
        return db.Set<BusyCalendar>()
            .Where(calendar => calendar.SchoolId == SchoolId && (Whole || self.Contains(calendar.StaffId)));
    }

    /// <summary>One of the plans, to be changed; <see langword="null"/> when it is not found.</summary>
    public static async Task<Plan?> FindAsync(VisitsDb db, Caller caller, Guid school, Guid plan, CancellationToken cancel) =>
        Of(caller, school) is { } reach ? await reach.Plans(db).SingleOrDefaultAsync(p => p.Id == plan, cancel) : null;
}
