using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.WorkList;

/// <summary>
/// Whose work a caller sees. A close cadence tells that there is a reason: who may not know of support needs (ARC-4) sees when visits are
/// due, and nothing else.
/// </summary>
internal static class WorkAccess
{
    /// <summary>The rows that hold on a day and that the caller's roles reach.</summary>
    public static IQueryable<Due> WorkOn(this VisitsDb db, Caller caller, Permission permission, DateOnly day)
    {
        var grants = caller.With(permission).ToArray();
        var districts = grants.Where(g => g.SchoolId is null).Select(g => g.DistrictId).ToArray();
        var schools = WholeSchools(grants);
        var classes = Classes(grants);
        return db.Set<Due>().AsNoTracking().Where(due => due.FromOn <= day && due.UntilOn >= day
            && (districts.Contains(due.DistrictId) || schools.Contains(due.SchoolId) || classes.Contains(due.ClassId!.Value)));
    }

    /// <summary>Of these, what the caller may know of: visits, and all where support needs may be seen.</summary>
    public static IQueryable<Due> KnownTo(this IQueryable<Due> work, Caller caller)
    {
        var grants = caller.With(Permission.NeedRead).ToArray();
        var schools = WholeSchools(grants);
        var classes = Classes(grants);
        return work.Where(due => due.Kind == WorkKind.Visit || schools.Contains(due.SchoolId) || classes.Contains(due.ClassId!.Value));
    }

    /// <summary>Whether the caller may see the support needs of a student of a school and class.</summary>
    public static bool KnowsWhy(this Caller caller, Guid school, Guid? @class) => caller.With(Permission.NeedRead)
        .Any(grant => grant.SchoolId == school && grant.StudentId is null && (grant.ClassId is null || grant.ClassId == @class));

    /// <summary>The policy by which a caller's days are told: that of the first place where the caller may ask.</summary>
    public static async Task<VisitPolicy> PolicyOfAsync(
        this VisitsDb db, Caller caller, Permission permission, Guid? school, CancellationToken cancel)
    {
        var grants = caller.With(permission).ToArray();
        var grant = Array.Find(grants, g => g.SchoolId == school) ?? grants[0];
        var node = school ?? grant.SchoolId ?? grant.DistrictId;
        var policies = await db.Policies.AsNoTracking().Where(p => p.NodeId == node || p.NodeId == grant.DistrictId).ToListAsync(cancel);
        return Policy.InForce(grant.DistrictId, node, policies);
    }

    /// <summary>The Sunday of a day's week: what is due this week is due by then.</summary>
    public static DateOnly SundayOf(DateOnly day) => day.AddDays((7 - (int)day.DayOfWeek) % 7);

    private static Guid[] WholeSchools(Grant[] grants) =>
        [.. grants.Where(g => g is { ClassId: null, StudentId: null }).Select(g => g.SchoolId).OfType<Guid>()];

    private static Guid[] Classes(Grant[] grants) => [.. grants.Where(g => g.StudentId is null).Select(g => g.ClassId).OfType<Guid>()];
}
