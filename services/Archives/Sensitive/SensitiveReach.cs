using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>Who reaches a student's sensitive items, and how much of them he sees (ARC-7).</summary>
internal static class SensitiveReach
{
    /// <summary>
    /// Today's enrolment of a student whom the caller's roles reach; <see langword="null"/> when there is none, or none that is the
    /// caller's to see. In one school, if one is given.
    /// </summary>
    public static async Task<Enrolment?> FindOnRollAsync(
        this ArchivesDb db, Caller caller, Permission permission, Guid district, Guid student, DateOnly today,
        CancellationToken cancel, Guid? school = null)
    {
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.DistrictId == district && e.StudentId == student && (school == null || e.SchoolId == school)
                && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today))
            .OrderByDescending(e => e.StartsOn).ToListAsync(cancel);
        return enrolments.Find(enrolment => caller.With(permission).Any(grant => Reaches(grant, enrolment)));
    }

    /// <summary>Whether a role reaches a student where he is enrolled.</summary>
    public static bool Reaches(Grant grant, Enrolment enrolment) =>
        grant.DistrictId == enrolment.DistrictId
        && (grant.SchoolId is null || grant.SchoolId == enrolment.SchoolId)
        && (grant.ClassId is null || grant.StudentId is not null || grant.ClassId == enrolment.ClassId)
        && (grant.StudentId is null || grant.StudentId == enrolment.StudentId);

    /// <summary>How much of an item the caller sees, in which role and by what right: the most that policy and access give.</summary>
    public static (Sees Sees, Grant? As, ReadBasis Basis) SeesOf(
        this Caller caller, SensitiveKind kind, Enrolment enrolment, SensitiveSettings policy,
        IReadOnlyCollection<SensitiveAccess> accesses, DateOnly today)
    {
        var best = (Sees: Sees.Nothing, As: (Grant?)null, Basis: ReadBasis.Policy);
        foreach (var grant in caller.With(Permission.SensitiveRead).Where(grant => Reaches(grant, enrolment)))
        {
            var byRole = policy.Of(grant.Role, kind);
            if (byRole > best.Sees)
                best = (byRole, grant, ReadBasis.Policy);
            if (best.Sees < Sees.Content && accesses.Any(access => access.StaffId == grant.PersonId && access.Opens(kind, today)))
                best = (Sees.Content, grant, ReadBasis.Grant);
        }

        return best;
    }

    /// <summary>What was granted to the caller about a student at a school.</summary>
    public static Task<List<SensitiveAccess>> AccessesOfAsync(
        this ArchivesDb db, Caller caller, Enrolment enrolment, CancellationToken cancel)
    {
        var staff = caller.With(Permission.SensitiveRead).Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        return db.Set<SensitiveAccess>().AsNoTracking()
            .Where(access => access.SchoolId == enrolment.SchoolId && access.StudentId == enrolment.StudentId
                && staff.Contains(access.StaffId) && access.State == AccessState.Granted)
            .ToListAsync(cancel);
    }
}
