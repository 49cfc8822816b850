using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Roster;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// Which visits a caller's roles reach (ALL-1): a district's, a school's, those of students of a class, those of one's own child,
/// unless a document keeps the guardian from being visited (ARC-13). What they do not reach is not found.
/// </summary>
internal static class VisitAccess
{
    private static readonly VisitState[] ToBeDone =
        [VisitState.Scheduled, VisitState.Confirmed, VisitState.Proposed, VisitState.Started];

    // What every change begins with: compiled once, since reading the question's shape anew took longer than answering it.
    private static readonly Func<VisitsDb, Guid[], Guid, CancellationToken, Task<Visit?>> OfSchools = EF.CompileAsyncQuery(
        (VisitsDb db, Guid[] schools, Guid id, CancellationToken cancel) =>
            db.Visits.SingleOrDefault(visit => schools.Contains(visit.SchoolId) && visit.Id == id));

    /// <summary>The visits that the caller has the permission for: the query's own filter, before the database's.</summary>
    public static IQueryable<Visit> VisibleTo(this VisitsDb db, Caller caller, Permission permission)
    {
        var grants = caller.With(permission).ToArray();
        var districts = grants.Where(g => g is { SchoolId: null, StudentId: null }).Select(g => g.DistrictId).ToArray();
        var schools = grants.Select(g => g.SchoolId).OfType<Guid>().Distinct().ToArray();
        var whole = grants.Where(g => g is { ClassId: null, StudentId: null }).Select(g => g.SchoolId).OfType<Guid>().ToArray();
        var classes = grants.Where(g => g.StudentId is null).Select(g => g.ClassId).OfType<Guid>().ToArray();
        var children = grants.Select(g => g.StudentId).OfType<Guid>().ToArray();
        var guardians = grants.Where(g => g.StudentId is not null).Select(g => g.PersonId).OfType<Guid>().ToArray();

        // Three shapes of one question, each for the index that answers it: the schools of a district, then their visits; the
        // students of a class or a guardian, then their visits; and both in one for those who have roles of both kinds.
        if (schools.Length == 0)
            return db.Visits.Where(v => db.Schools.Any(s => districts.Contains(s.DistrictId) && s.SchoolId == v.SchoolId));
        if (districts.Length == 0 && whole.Length == 0)
        {
            return db.Visits.Where(visit => schools.Contains(visit.SchoolId) && visit.Students.Any(s =>
                schools.Contains(EF.Property<Guid>(s, nameof(Visit.SchoolId)))
                && (classes.Contains(s.ClassId!.Value) || (children.Contains(s.StudentId) && !db.Set<GuardianRights>().Any(r =>
                    r.StudentId == s.StudentId && guardians.Contains(r.GuardianId) && !r.MayBeVisited)))));
        }

        var anyDistrict = districts.Length > 0;
        return db.Visits.Where(visit =>
            (schools.Contains(visit.SchoolId) && (whole.Contains(visit.SchoolId)
                || visit.Students.Any(s => classes.Contains(s.ClassId!.Value)
                    || (children.Contains(s.StudentId) && !db.Set<GuardianRights>().Any(r =>
                        r.StudentId == s.StudentId && guardians.Contains(r.GuardianId) && !r.MayBeVisited)))))
            || (anyDistrict && db.Schools.Any(s => districts.Contains(s.DistrictId) && s.SchoolId == visit.SchoolId)));
    }

    /// <summary>
    /// What the caller does oneself or comes along to (VIS-8): of what is still to be done, also the visits that no role reaches.
    /// </summary>
    public static IQueryable<Visit> OwnOf(this VisitsDb db, Caller caller, Permission permission)
    {
        var grants = caller.With(permission).ToArray();
        var schools = grants.Select(g => g.SchoolId).OfType<Guid>().Distinct().ToArray();
        var own = grants.Where(g => g.StudentId is null).Select(g => g.PersonId).OfType<Guid>().Distinct().ToArray();
        var reached = db.VisibleTo(caller, permission);
        return db.Visits.Where(visit => schools.Contains(visit.SchoolId)
            && (own.Contains(visit.TeacherId) || visit.JointVisitorIds.Any(joint => own.Contains(joint)))
            && (ToBeDone.Contains(visit.State) || reached.Any(v => v.SchoolId == visit.SchoolId && v.Id == visit.Id)));
    }

    /// <summary>One of them, to be changed or read.</summary>
    public static async Task<Visit?> FindAsync(
        this VisitsDb db, Caller caller, Permission permission, Guid id, CancellationToken cancel)
    {
        var grants = caller.With(permission).ToArray();
        var ofOwn = permission is Permission.VisitRead or Permission.VisitNoteWrite;
        if (Array.Exists(grants, grant => grant.SchoolId is null || grant.StudentId is not null))
        {
            return await db.VisibleTo(caller, permission).SingleOrDefaultAsync(visit => visit.Id == id, cancel)
                ?? (ofOwn ? await db.OwnOf(caller, permission).SingleOrDefaultAsync(visit => visit.Id == id, cancel) : null);
        }

        // Staff of schools and classes, whose reach the visit itself shows.
        Guid[] schools = [.. grants.Select(grant => grant.SchoolId!.Value).Distinct()];
        var visit = await OfSchools(db, schools, id, cancel);
        return visit is not null && Array.Exists(grants, grant => grant.SchoolId == visit.SchoolId
            && (grant.ClassId is null || visit.Students.Any(student => student.ClassId == grant.ClassId)
                || (ofOwn && ToBeDone.Contains(visit.State) && grant.PersonId is { } own && visit.VisitorIds.Contains(own))))
            ? visit : null;
    }

    /// <summary>
    /// Whether the caller may see what a visit is about and how the family answered: who schedules it, holds it, answers it or
    /// reads its record. Others see the appointment only.
    /// </summary>
    public static bool SeesContentOf(this Caller caller, Visit visit) =>
        caller.SeesAsStaff(visit)
        || caller.With(Permission.VisitAnswer).Any(grant => grant.SchoolId == visit.SchoolId && grant.StudentId is { } child
            && visit.Students.Any(student => student.StudentId == child));

    /// <summary>Whether the caller sees it as staff, not as a guardian.</summary>
    public static bool SeesAsStaff(this Caller caller, Visit visit) =>
        caller.Grants.Any(grant => grant.PersonId is { } person && visit.VisitorIds.Contains(person))
        || new[] { Permission.VisitSchedule, Permission.VisitAnswer, Permission.VisitRecordRead }
            .SelectMany(caller.With)
            .Any(grant => grant.SchoolId == visit.SchoolId && grant switch
            {
                { StudentId: not null } => false,
                { ClassId: { } @class } => visit.Students.Any(student => student.ClassId == @class),
                _ => true,
            });
}
