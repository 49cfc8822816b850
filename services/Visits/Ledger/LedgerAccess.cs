using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using HomeSchool.Visits.WorkList;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Ledger;

/// <summary>Whom the caller may write about, and where they are.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school that all of them go to.</param>
/// <param name="Policy">The school's policy.</param>
/// <param name="ClassOf">The class of each student.</param>
/// <param name="AuthorId">The caller, there.</param>
internal sealed record LedgerPlace(
    Guid DistrictId, Guid SchoolId, VisitPolicy Policy, IReadOnlyDictionary<Guid, Guid?> ClassOf, Guid? AuthorId);

/// <summary>
/// Whose ledger a caller's roles reach (ALL-1): a school's, a class's; of a guardian, the contacts that he took part in.
/// </summary>
internal static class LedgerAccess
{
    /// <summary>The entries that the caller has the permission for, in all versions.</summary>
    public static IQueryable<LedgerEntry> LedgerVisibleTo(this VisitsDb db, Caller caller, Permission permission)
    {
        var grants = caller.With(permission).ToArray();
        var schools = SchoolsOf(grants);
        var whole = grants.Where(g => g is { ClassId: null, StudentId: null }).Select(g => g.SchoolId).OfType<Guid>().ToArray();
        var classes = grants.Where(g => g.StudentId is null).Select(g => g.ClassId).OfType<Guid>().ToArray();
        var children = grants.Select(g => g.StudentId).OfType<Guid>().ToArray();
        var guardians = grants.Where(g => g.StudentId is not null).Select(g => g.PersonId).OfType<Guid>().ToArray();
        var entries = db.Set<LedgerEntry>().AsNoTracking().Where(e => schools.Contains(e.SchoolId));
        return children.Length == 0
            ? entries.Where(e => whole.Contains(e.SchoolId) || classes.Contains(e.ClassId!.Value))
            : entries.Where(e => whole.Contains(e.SchoolId) || classes.Contains(e.ClassId!.Value)
                || (children.Contains(e.StudentId) && e.GuardianTookPart && !e.Withdrawn
                    && (e.GuardianIds.Length == 0 || e.GuardianIds.Any(g => guardians.Contains(g)))
                    && !db.Set<GuardianRights>().Any(r =>
                        r.StudentId == e.StudentId && guardians.Contains(r.GuardianId) && !r.MayBeVisited)));
    }

    /// <summary>The newest version of each.</summary>
    public static IQueryable<LedgerEntry> Newest(this IQueryable<LedgerEntry> entries, VisitsDb db) => entries.Where(e =>
        !db.Set<LedgerEntry>().Any(n =>
            n.SchoolId == e.SchoolId && n.Id == e.Id && n.StudentId == e.StudentId && n.Version > e.Version));

    /// <summary>Whether a role reaches a student of a class in a school.</summary>
    public static bool Reaches(this Grant grant, Guid school, Guid? @class) =>
        grant.SchoolId == school && grant.StudentId is null && (grant.ClassId is null || grant.ClassId == @class);

    /// <summary>The schools of some grants.</summary>
    public static Guid[] SchoolsOf(IEnumerable<Grant> grants) => [.. grants.Select(g => g.SchoolId).OfType<Guid>().Distinct()];

    /// <summary>The one school of the students, as of today, if the caller reaches all of them.</summary>
    public static async Task<LedgerPlace?> FindPlaceAsync(
        this VisitsDb db, Caller caller, Permission permission, IReadOnlyCollection<Guid> students, DateTimeOffset now,
        CancellationToken cancel)
    {
        var grants = caller.With(permission).ToArray();
        var schools = SchoolsOf(grants);
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => schools.Contains(e.SchoolId) && students.Contains(e.StudentId)).ToListAsync(cancel);
        var nodes = enrolments.SelectMany(e => new[] { e.SchoolId, e.DistrictId }).Distinct().ToArray();
        var policies = await db.Policies.AsNoTracking().Where(p => nodes.Contains(p.NodeId)).ToListAsync(cancel);
        foreach (var school in enrolments.GroupBy(e => (e.DistrictId, e.SchoolId)))
        {
            var policy = Policy.InForce(school.Key.DistrictId, school.Key.SchoolId, policies);
            var day = LocalTime.Day(now, policy.TimeZone);
            var ofStudent = school.ToLookup(e => e.StudentId);
            var found = students.Select(student => Enrolment.Of(day, ofStudent[student])).OfType<Enrolment>().ToArray();
            if (found.Length == students.Count && Array.TrueForAll(found, e => grants.Any(g => g.Reaches(e.SchoolId, e.ClassId))))
            {
                return new LedgerPlace(
                    school.Key.DistrictId, school.Key.SchoolId, policy, found.ToDictionary(e => e.StudentId, e => e.ClassId),
                    grants.FirstOrDefault(g => found.Any(e => g.Reaches(e.SchoolId, e.ClassId)))?.PersonId);
            }
        }

        return null;
    }

    /// <summary>Adds a mistake for each who does not work at the school today.</summary>
    public static async Task CheckStaffAsync(
        this VisitsDb db, string field, Guid school, IReadOnlyCollection<Guid> staff, DateOnly day, Mistakes mistakes,
        CancellationToken cancel)
    {
        if (staff.Count == 0)
            return;
        var known = await db.Set<Post>().Where(p => p.SchoolId == school && staff.Contains(p.StaffId)
            && p.StartsOn <= day && (p.EndsOn == null || p.EndsOn >= day)).Select(p => p.StaffId).ToListAsync(cancel);
        if (staff.Except(known).Any())
            mistakes.Add(VisitsFailures.NotStaff.At(field));
    }

    /// <summary>Adds a mistake for each who is no guardian of the students.</summary>
    public static async Task CheckGuardiansAsync(
        this VisitsDb db, string field, IReadOnlyCollection<Guid> students, IReadOnlyCollection<Guid> guardians,
        Mistakes mistakes, CancellationToken cancel)
    {
        if (guardians.Count == 0)
            return;
        var known = await db.Set<Guardianship>().Where(g => students.Contains(g.StudentId) && guardians.Contains(g.GuardianId)
            && g.WithdrawnOn == null).Select(g => g.GuardianId).ToListAsync(cancel);
        if (guardians.Except(known).Any())
            mistakes.Add(LedgerFailures.NotGuardian.At(field));
    }

    /// <summary>The term that a lesson at home counts in as a visit (VIS-22), after a mistake for each student without such lessons.</summary>
    /// <returns><see langword="null"/> for all other purposes.</returns>
    public static async Task<Guid?> LessonTermAsync(
        this VisitsDb db, ContactPurpose purpose, string field, IReadOnlyCollection<Guid> students, LedgerPlace place,
        DateTimeOffset heldAt, Mistakes mistakes, CancellationToken cancel)
    {
        if (purpose != ContactPurpose.HomeLesson)
            return null;
        if (await db.Set<VisitSetting>().CountAsync(s => students.Contains(s.StudentId) && s.HomeLessonsCount, cancel) < students.Count)
            mistakes.Add(LedgerFailures.NoHomeLessons.At(field));
        return await db.TermAsync(place.DistrictId, LocalTime.Day(heldAt, place.Policy.TimeZone), cancel);
    }

    /// <summary>The term that an entry counts in, when it is a lesson at home.</summary>
    public static async Task<Guid?> TermOfLessonAsync(this VisitsDb db, LedgerEntry entry, CancellationToken cancel) =>
        entry.Purpose == ContactPurpose.HomeLesson ? await db.TermAsync(entry.DistrictId, entry.HeldOn, cancel) : null;

    private static async Task<Guid?> TermAsync(this VisitsDb db, Guid district, DateOnly day, CancellationToken cancel) =>
        Term.Of(day, await db.Set<Term>().AsNoTracking().Where(term => term.DistrictId == district).ToListAsync(cancel))?.Id;
}
