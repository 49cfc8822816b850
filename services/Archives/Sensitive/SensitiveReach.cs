using HomeSchool.Archives.Passing;
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
        return enrolments.OnRoll(caller, permission, today);
    }

    /// <summary>The same among a student's enrolments, the latest first.</summary>
    public static Enrolment? OnRoll(this IEnumerable<Enrolment> enrolments, Caller caller, Permission permission, DateOnly today) =>
        enrolments.FirstOrDefault(e => e.StartsOn <= today && (e.EndsOn is null || e.EndsOn >= today)
            && caller.With(permission).Any(grant => Reaches(grant, e)));

    /// <summary>Whether a role reaches a student where he is enrolled.</summary>
    public static bool Reaches(Grant grant, Enrolment enrolment) =>
        grant.DistrictId == enrolment.DistrictId
        && (grant.SchoolId is null || grant.SchoolId == enrolment.SchoolId)
        && (grant.ClassId is null || grant.StudentId is not null || grant.ClassId == enrolment.ClassId)
        && (grant.StudentId is null || grant.StudentId == enrolment.StudentId);

    /// <summary>By what rights the caller reads the items of a student where he is enrolled.</summary>
    public static async Task<SensitiveRights> SensitiveRightsAsync(
        this ArchivesDb db, Caller caller, Enrolment at, DateOnly today, CancellationToken cancel)
    {
        var grants = caller.With(Permission.SensitiveRead).Where(grant => Reaches(grant, at)).ToArray();
        var staff = grants.Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        var policy = (await db.SensitivePolicyAsync(at.DistrictId, cancel))?.Settings ?? new SensitiveSettings();
        var accesses = await db.Set<SensitiveAccess>().AsNoTracking()
            .Where(access => access.SchoolId == at.SchoolId && access.StudentId == at.StudentId
                && staff.Contains(access.StaffId) && access.State == AccessState.Granted)
            .ToListAsync(cancel);
        var handovers = await db.Set<Handover>().AsNoTracking()
            .Where(handover => handover.DistrictId == at.DistrictId && handover.StudentId == at.StudentId
                && handover.SchoolId == at.SchoolId && staff.Contains(handover.ToStaffId) && handover.AcceptedAt == null)
            .ToListAsync(cancel);
        return new SensitiveRights(grants, policy, accesses, handovers, today);
    }
}

/// <summary>By what rights a caller reads a student's sensitive items: roles, policy, granted access, and handovers still open.</summary>
internal sealed record SensitiveRights(
    IReadOnlyList<Grant> Grants, SensitiveSettings Policy, IReadOnlyList<SensitiveAccess> Accesses, IReadOnlyList<Handover> Open,
    DateOnly Today)
{
    /// <summary>How much of an item the caller sees, in which role and by what right: the most that policy and access give.</summary>
    public (Sees Sees, Grant? As, ReadBasis Basis) SeesOf(SensitiveKind kind, DateTimeOffset writtenAt)
    {
        var best = (Sees: Sees.Nothing, As: (Grant?)null, Basis: ReadBasis.Policy);
        foreach (var grant in Grants)
        {
            var byRole = IsHandedOver(grant, writtenAt) ? Policy.Of(grant.Role, kind) : Sees.Nothing;
            if (byRole > best.Sees)
                best = (byRole, grant, ReadBasis.Policy);
            if (best.Sees < Sees.Content && Accesses.Any(access => access.StaffId == grant.PersonId && access.Opens(kind, Today)))
                best = (Sees.Content, grant, ReadBasis.Grant);
        }

        return best;
    }

    // What was written before a homeroom teacher's first day is not the teacher's before it is accepted (ARC-14).
    private bool IsHandedOver(Grant grant, DateTimeOffset writtenAt) =>
        grant.Role != Role.HomeroomTeacher
        || !Open.Any(handover => handover.ToStaffId == grant.PersonId && LocalDay.Of(writtenAt) < handover.StartsOn);
}
