using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities;

/// <summary>A child of a guardian, where it goes to school today.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The guardian; <see langword="null"/> when the account has none.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class; <see langword="null"/> for a child without one.</param>
/// <param name="Grade">The grade; <see langword="null"/> when the roster does not say.</param>
/// <param name="MaySign">Whether the guardian signs for the child (ARC-13).</param>
/// <param name="MayBeInvited">Whether the guardian is invited (ARC-13).</param>
internal sealed record OwnChild(
    Guid StudentId, Guid? GuardianId, Guid DistrictId, Guid SchoolId, Guid? ClassId, string? Grade, bool MaySign,
    bool MayBeInvited);

/// <summary>Where a caller has a permission (ALL-1): districts, schools and classes, and for a guardian the children.</summary>
/// <param name="Districts">Districts as a whole.</param>
/// <param name="Schools">Schools as a whole.</param>
/// <param name="Classes">Classes of staff.</param>
/// <param name="StaffSchools">The schools where the caller is on the staff, be it of a class alone.</param>
/// <param name="Children">Those of the caller's own children about whom the caller may see something.</param>
internal sealed record Reach(Guid[] Districts, Guid[] Schools, Guid[] Classes, Guid[] StaffSchools, OwnChild[] Children)
{
    /// <summary>The classes alone that the caller sees, those of the own children among them.</summary>
    public Guid[] SeenClasses => [.. Classes.Concat(Children.Select(child => child.ClassId).OfType<Guid>())];

    /// <summary>The same, but of the own children those alone for whom the caller is invited (ARC-13).</summary>
    public Guid[] InvitedClasses =>
        [.. Classes.Concat(Children.Where(child => child.MayBeInvited).Select(child => child.ClassId).OfType<Guid>())];

    /// <summary>Whether it has a class as a whole: as staff, not as a family of it; without one, its school.</summary>
    public bool Covers(Guid district, Guid school, Guid? @class) =>
        CoversSchool(district, school) || (@class is { } one && Classes.Contains(one));

    /// <summary>Whether it has a school as a whole.</summary>
    public bool CoversSchool(Guid district, Guid school) => Districts.Contains(district) || Schools.Contains(school);

    /// <summary>Where the caller has a permission; for a guardian, in what classes the children are today.</summary>
    public static async Task<Reach> OfAsync(
        ActivitiesDb db, CurrentCaller current, Permission permission, DateTimeOffset now, CancellationToken cancel)
    {
        var grants = current.Caller.With(permission).ToArray();
        var staff = grants.Where(grant => grant.StudentId is null).ToArray();
        var own = grants.Where(grant => grant.StudentId is not null).ToArray();
        return new Reach(
            [.. staff.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId)],
            [.. staff.Where(grant => grant.ClassId is null).Select(grant => grant.SchoolId).OfType<Guid>()],
            [.. staff.Select(grant => grant.ClassId).OfType<Guid>()],
            [.. staff.Select(grant => grant.SchoolId).OfType<Guid>()],
            own.Length == 0 ? [] : await ChildrenAsync(db, own, now, cancel));
    }

    private static async Task<OwnChild[]> ChildrenAsync(
        ActivitiesDb db, Grant[] own, DateTimeOffset now, CancellationToken cancel)
    {
        var students = own.Select(grant => grant.StudentId!.Value).ToArray();
        var schools = own.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var nodes = schools.Concat(own.Select(grant => grant.DistrictId)).ToArray();
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => students.Contains(e.StudentId) && schools.Contains(e.SchoolId)).ToListAsync(cancel);
        var rights = await db.Set<GuardianRights>().AsNoTracking()
            .Where(r => students.Contains(r.StudentId)).ToListAsync(cancel);
        var policies = await db.Set<Policy>().AsNoTracking().Where(p => nodes.Contains(p.NodeId)).ToListAsync(cancel);
        return
        [
            .. from grant in own
               from enrolment in enrolments
               where enrolment.StudentId == grant.StudentId && enrolment.SchoolId == grant.SchoolId
               let today = LocalTime.Day(now, Policy.InForce(enrolment.DistrictId, enrolment.SchoolId, policies).TimeZone)
               where enrolment.StartsOn <= today && (enrolment.EndsOn ?? today) >= today
               let right = rights.Find(r => r.StudentId == grant.StudentId && r.GuardianId == grant.PersonId)
               where right?.MaySee != false
               select new OwnChild(
                   enrolment.StudentId, grant.PersonId, enrolment.DistrictId, enrolment.SchoolId, enrolment.ClassId,
                   enrolment.Grade, right?.MaySign != false, right?.MayBeInvited != false),
        ];
    }
}

/// <summary>Finds places within somebody's reach.</summary>
internal static class PlacesWithinReach
{
    /// <summary>A school that somebody reaches, if only a class of it.</summary>
    public static Task<School?> SchoolWithinAsync(this ActivitiesDb db, Reach reach, Guid school, CancellationToken cancel) =>
        db.Set<School>().AsNoTracking().SingleOrDefaultAsync(
            s => s.SchoolId == school
                && (reach.StaffSchools.Contains(s.SchoolId) || reach.Districts.Contains(s.DistrictId)), cancel);

    /// <summary>A class that somebody has as a whole: as staff, not as a family of it.</summary>
    public static Task<SchoolClass?> ClassWithinAsync(this ActivitiesDb db, Reach reach, Guid @class, CancellationToken cancel) =>
        db.Set<SchoolClass>().AsNoTracking().SingleOrDefaultAsync(
            c => c.ClassId == @class && c.WithdrawnOn == null
                && (reach.Schools.Contains(c.SchoolId) || reach.Classes.Contains(c.ClassId)), cancel);
}
