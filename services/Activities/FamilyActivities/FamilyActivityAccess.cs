using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>
/// Whose activities a caller reaches (ALL-1): those of a school as a whole, or of a class; and whoever has a class or a child
/// at a school, those for the whole school.
/// </summary>
internal static class FamilyActivityAccess
{
    /// <summary>The activities that the caller sees.</summary>
    public static IQueryable<FamilyActivity> Seen(this IQueryable<FamilyActivity> activities, Reach reach)
    {
        var (districts, schools, classes) = (reach.Districts, reach.Schools, reach.SeenClasses);
        Guid[] within = [.. reach.StaffSchools, .. reach.Children.Select(child => child.SchoolId)];
        return activities.Where(a => districts.Contains(a.DistrictId) || schools.Contains(a.SchoolId)
            || (a.ClassId == null ? within.Contains(a.SchoolId) : classes.Contains(a.ClassId.Value)));
    }

    /// <summary>An activity of the caller's, to be changed.</summary>
    public static async Task<FamilyActivity?> FindManagedAsync(
        this ActivitiesDb db, CurrentCaller current, Guid id, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        return await db.LockAsync(id, cancel) is { } found && reach.Covers(found.DistrictId, found.SchoolId, found.ClassId)
            ? found : null;
    }

    /// <summary>An activity, and the caller's child for whom it is.</summary>
    public static async Task<(FamilyActivity Activity, OwnChild Child)?> FindForAsync(
        this ActivitiesDb db, CurrentCaller current, Guid id, Guid student, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        var found = await db.Set<FamilyActivity>().SingleOrDefaultAsync(a => a.Id == id, cancel);
        return found is not null
            && Array.Find(reach.Children, child => child.StudentId == student && found.IsFor(child)) is { } own
                ? (found, own) : null;
    }

    /// <summary>
    /// An activity that nobody else changes or signs up for until the transaction ends: so seats are never overbooked.
    /// </summary>
    public static Task<FamilyActivity?> LockAsync(this ActivitiesDb db, Guid id, CancellationToken cancel) => db
        .Set<FamilyActivity>().FromSql($"SELECT * FROM family_activity WHERE id = {id} FOR UPDATE").SingleOrDefaultAsync(cancel);
}
