using HomeSchool.Contracts;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Roster;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>A child of the class and the guardian that the caller is to it.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The caller.</param>
internal sealed record OwnChild(Guid StudentId, Guid GuardianId);

/// <summary>A class as the caller stands to it: as its staff, or with children in it today.</summary>
/// <param name="Class">The class.</param>
/// <param name="Policy">The district's choices.</param>
/// <param name="Today">The day on the district's calendar.</param>
/// <param name="IsStaff">Whether the caller has the permission there as staff.</param>
/// <param name="StaffId">Who the caller is as staff; <see langword="null"/> for who is in no roster.</param>
/// <param name="Children">The own children on the class's roll today whom the caller may see (ARC-13).</param>
internal sealed record GroupPlace(
    SchoolClass Class, MessagePolicy Policy, DateOnly Today, bool IsStaff, Guid? StaffId, IReadOnlyList<OwnChild> Children)
{
    /// <summary>Finds the class.</summary>
    /// <returns><see langword="null"/> when there is none, or the caller has no business there.</returns>
    public static async Task<GroupPlace?> FindAsync(
        MessagesDb db, Guid school, Guid ofClass, CurrentCaller current, Permission permission, DateTimeOffset now,
        CancellationToken cancel)
    {
        var row = await db.Set<SchoolClass>().AsNoTracking().Where(c => c.SchoolId == school && c.ClassId == ofClass)
            .Select(c => new { Class = c, Policy = db.Policies.FirstOrDefault(p => p.DistrictId == c.DistrictId) })
            .SingleOrDefaultAsync(cancel);
        if (row is null)
            return null;
        var policy = row.Policy?.Settings ?? new MessagePolicy();
        var today = policy.Day(now);
        var isStaff = MessagesReach.Of(current, permission).Covers(row.Class.DistrictId, school, ofClass);
        var staff = isStaff
            ? current.Caller.With(permission).Where(grant => grant.StudentId is null
                && (grant.SchoolId is null || grant.SchoolId == school) && (grant.ClassId is null || grant.ClassId == ofClass))
                .Select(grant => grant.PersonId).FirstOrDefault(person => person is not null)
            : null;
        var own = current.Caller.With(permission).Where(grant => grant is { StudentId: not null, PersonId: not null })
            .Select(grant => new OwnChild(grant.StudentId!.Value, grant.PersonId!.Value)).Distinct().ToArray();
        if (!isStaff && own.Length == 0)
            return null;
        var children = own.Length == 0 ? [] : await OnRollAsync(db, school, ofClass, today, own, cancel);
        return isStaff || children.Count > 0 ? new GroupPlace(row.Class, policy, today, isStaff, staff, children) : null;
    }

    /// <summary>Which of these children are on the class's roll today.</summary>
    public static async Task<HashSet<Guid>> OnRollAsync(
        MessagesDb db, Guid school, Guid ofClass, DateOnly today, CancellationToken cancel) =>
        [.. await db.Set<Enrolment>().AsNoTracking().Where(e => e.SchoolId == school && e.ClassId == ofClass
            && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)).Select(e => e.StudentId).ToListAsync(cancel)];

    private static async Task<IReadOnlyList<OwnChild>> OnRollAsync(
        MessagesDb db, Guid school, Guid ofClass, DateOnly today, OwnChild[] own, CancellationToken cancel)
    {
        var students = own.Select(child => child.StudentId).ToArray();
        var guardians = own.Select(child => child.GuardianId).ToArray();
        // A guardianship that was withdrawn ends here before the token does.
        var seen = await db.Set<Guardianship>().AsNoTracking()
            .Where(g => students.Contains(g.StudentId) && guardians.Contains(g.GuardianId)
                && (g.WithdrawnOn == null || g.WithdrawnOn > today)
                && !db.Set<GuardianRights>().Any(r => r.StudentId == g.StudentId && r.GuardianId == g.GuardianId && !r.MaySee)
                && db.Set<Enrolment>().Any(e => e.SchoolId == school && e.ClassId == ofClass && e.StudentId == g.StudentId
                    && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)))
            .Select(g => new OwnChild(g.StudentId, g.GuardianId)).ToListAsync(cancel);
        return [.. own.Where(seen.Contains)];
    }
}
