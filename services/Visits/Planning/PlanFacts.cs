using HomeSchool.Contracts.Archives;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Programme;
using HomeSchool.Visits.Roster;
using HomeSchool.Visits.WorkList;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>Reads what a plan is made from: a dozen statements, however large the school.</summary>
internal static class PlanFacts
{
    // Between proposal and publication people look at the plan; until then nothing in it becomes too short a notice (VIS-6).
    private static readonly TimeSpan ToLookAtIt = TimeSpan.FromDays(1);

    // The last teacher is remembered for so long, and this week's visits count whatever weekday it is.
    private const int RememberedDays = 400;
    private const int AWeek = 8;

    /// <summary>Reads.</summary>
    /// <param name="db">The database.</param>
    /// <param name="plan">The plan: school, class or grade, term.</param>
    /// <param name="set">The items of the plan that a person has set.</param>
    /// <param name="own">The caller's classes: who is homeroom teacher there, should the roster not say.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns><see langword="null"/> when the term is not known, or nobody is on roll.</returns>
    public static async Task<TermFacts?> ReadAsync(
        VisitsDb db, Plan plan, IReadOnlyList<PlanItem> set, IReadOnlyList<(Guid ClassId, Guid? StaffId)> own, DateTimeOffset now,
        CancellationToken cancel)
    {
        Guid[] nodes = [plan.SchoolId, plan.DistrictId];
        var policies = await db.Policies.AsNoTracking().Where(p => nodes.Contains(p.NodeId)).ToListAsync(cancel);
        var calendars = await db.Calendars.AsNoTracking().Where(c => nodes.Contains(c.NodeId)).ToListAsync(cancel);
        var term = await db.Set<Term>().AsNoTracking().SingleOrDefaultAsync(t => t.Id == plan.TermId, cancel);
        if (term is null)
            return null;
        var policy = Policy.InForce(plan.DistrictId, plan.SchoolId, policies);
        var quotas = (await db.ProgrammeOfAsync(plan.DistrictId, plan.SchoolId, term, cancel)).Content.Quotas;
        var opening = quotas.Count > 1 ? quotas[0] : new Quota(0, 0); // the last one is everybody
        var calendar = CalendarOfNode.InForce(plan.DistrictId, plan.SchoolId, calendars);
        var grid = new TermGrid(term, policy, opening.Week, calendar, policy.EarliestStart(now + ToLookAtIt));

        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.SchoolId == plan.SchoolId && e.ClassId != null && (e.EndsOn == null || e.EndsOn >= grid.FirstDay)
                && (plan.ClassId == null || e.ClassId == plan.ClassId) && (plan.Grade == null || e.Grade == plan.Grade))
            .ToListAsync(cancel);
        var roll = enrolments.GroupBy(e => e.StudentId).Select(group => Enrolment.Of(grid.FirstDay, group)).OfType<Enrolment>().ToArray();
        if (roll.Length == 0)
            return null;

        Guid[] students = [.. roll.Select(e => e.StudentId)];
        Guid[] classes = [.. roll.Select(e => e.ClassId!.Value).Distinct()];
        var guardians = (await db.Set<Guardianship>().AsNoTracking()
            .Where(g => students.Contains(g.StudentId) && g.WithdrawnOn == null)
            .ToListAsync(cancel)).ToLookup(g => g.StudentId, g => g.GuardianId);
        var teachers = await TeachersAsync(db, plan.SchoolId, classes, grid.FirstDay, own, cancel);
        var visits = await VisitsAsync(db, plan.SchoolId, students, now, cancel);
        // What the work list counts, which another school may have done before a transfer (VIS-3).
        var counted = (await db.Set<Due>().AsNoTracking()
            .Where(d => d.SchoolId == plan.SchoolId && d.TermId == plan.TermId && d.Kind == WorkKind.Visit && d.DoneOn != null
                && students.Contains(d.StudentId))
            .Select(d => new { d.StudentId, d.DoneOn }).ToListAsync(cancel)).ToLookup(d => d.StudentId, d => d.DoneOn!.Value);
        var cadences = await db.Set<Cadence>().AsNoTracking().Where(c => students.Contains(c.StudentId))
            .ToDictionaryAsync(c => c.StudentId, cancel);
        var stated = await db.Set<FamilyTimes>().AsNoTracking()
            .Where(t => t.SchoolId == plan.SchoolId && students.Contains(t.StudentId))
            .ToDictionaryAsync(t => t.StudentId, t => t.Hours, cancel);
        var weekendsOnly = (await db.Set<VisitSetting>().AsNoTracking()
            .Where(s => s.WeekendsOnly && students.Contains(s.StudentId)).Select(s => s.StudentId).ToListAsync(cancel)).ToHashSet();
        Guid[] staff = [.. teachers.SelectMany(posts => posts).Select(post => post.StaffId).Distinct()];
        var hours = (await db.Set<BusyHours>().AsNoTracking()
            .Where(h => h.SchoolId == plan.SchoolId && staff.Contains(h.StaffId) && h.EndsOn >= grid.FirstDay)
            .ToListAsync(cancel)).ToLookup(h => h.StaffId);
        var uploaded = await db.Set<BusyCalendar>().AsNoTracking()
            .Where(c => c.SchoolId == plan.SchoolId && staff.Contains(c.StaffId)).ToListAsync(cancel);

        Guid[] persons = [.. staff, .. students, .. guardians.SelectMany(ids => ids).Distinct()];
        var since = now.AddDays(-AWeek);
        var taken = await db.Busy.AsNoTracking().Where(b => persons.Contains(b.PersonId) && b.EndsAt > since).ToListAsync(cancel);
        return new TermFacts(
            term, policy, opening, term.StartsOn.AddDays((7 * quotas[^1].Week) - 1), grid,
            [
                .. roll.Select(e => StudentOf(
                    e, guardians, cadences, visits[e.StudentId], counted[e.StudentId], set, plan.TermId, policy)),
            ],
            teachers, hours, stated, weekendsOnly,
            taken.Select(b => (b.PersonId, Time: new TakenTime(b.StartsAt, b.EndsAt, b.IsStaff)))
                .Concat(uploaded.SelectMany(c => c.Spans(), (c, time) =>
                    (PersonId: c.StaffId, Time: new TakenTime(time.From, time.Until, Visits: false))))
                .Concat(set.SelectMany(item => TakenBy(item, guardians))).ToLookup(row => row.PersonId, row => row.Time));
    }

    private static PlanStudent StudentOf(
        Enrolment enrolment, ILookup<Guid, Guid> guardians, Dictionary<Guid, Cadence> cadences, IEnumerable<PastVisit> visits,
        IEnumerable<DateOnly> counted, IReadOnlyList<PlanItem> set, Guid term, VisitPolicy policy)
    {
        var student = enrolment.StudentId;
        var all = visits.ToArray();
        return new PlanStudent(
            student, enrolment.ClassId!.Value, [.. guardians[student].Order()], cadences.GetValueOrDefault(student),
            [
                .. all.Where(visit => visit.TermId == term).Select(visit => visit.HeldOn ?? DayOf(visit.StartsAt)).Union(counted),
                .. set.Where(item => item.StudentIds.Contains(student)).Select(item => DayOf(item.StartsAt!.Value)),
            ],
            all.Where(visit => visit.HeldOn is not null).MaxBy(visit => visit.HeldOn)?.TeacherId);

        DateOnly DayOf(DateTimeOffset at) => LocalTime.Day(at, policy.TimeZone);
    }

    private static IEnumerable<(Guid PersonId, TakenTime Time)> TakenBy(PlanItem item, ILookup<Guid, Guid> guardians)
    {
        var (from, to) = (item.StartsAt!.Value, item.StartsAt.Value.AddMinutes(item.Minutes));
        yield return (item.TeacherId!.Value, new TakenTime(from, to, Visits: true));
        foreach (var person in item.StudentIds.Concat(item.StudentIds.SelectMany(student => guardians[student])).Distinct())
            yield return (person, new TakenTime(from, to, Visits: false));
    }

    // The homeroom teachers of each class; where there is none, the deputies; where the roster has neither, the caller.
    private static async Task<ILookup<Guid, Post>> TeachersAsync(
        VisitsDb db, Guid school, Guid[] classes, DateOnly day, IReadOnlyList<(Guid ClassId, Guid? StaffId)> own,
        CancellationToken cancel)
    {
        var posts = await db.Set<Post>().AsNoTracking()
            .Where(p => p.SchoolId == school && p.ClassId != null && classes.Contains(p.ClassId.Value)
                && (p.EndsOn == null || p.EndsOn >= day)
                && (p.Role == StaffRole.HomeroomTeacher || p.Role == StaffRole.DeputyHomeroomTeacher))
            .ToListAsync(cancel);
        var callers = own
            .Where(o => o.StaffId is not null && classes.Contains(o.ClassId) && posts.All(p => p.ClassId != o.ClassId))
            .Select(o => new Post
            {
                SchoolId = school,
                StaffId = o.StaffId!.Value,
                ClassId = o.ClassId,
                Role = StaffRole.HomeroomTeacher,
            });
        return posts.Where(post => !(post.EndsOn < post.StartsOn)).Concat(callers).GroupBy(post => post.ClassId!.Value)
            .SelectMany(group => group.Where(post => post.Role == group.Min(p => p.Role)))
            .OrderBy(post => post.StaffId).ToLookup(post => post.ClassId!.Value);
    }

    private static async Task<ILookup<Guid, PastVisit>> VisitsAsync(
        VisitsDb db, Guid school, Guid[] students, DateTimeOffset now, CancellationToken cancel)
    {
        var since = now.AddDays(-RememberedDays);
        var visits = await db.Visits.AsNoTracking()
            .Where(v => v.SchoolId == school && v.StartsAt >= since
                && v.State != VisitState.Declined && v.State != VisitState.Cancelled
                // What was held without the family, or appointed and forgotten, is still to be done (VIS-1).
                && v.Effective != false && (v.HeldOn != null || v.State == VisitState.Started || v.StartsAt >= now))
            .SelectMany(v => v.Students, (v, s) => new { s.StudentId, v.TeacherId, v.TermId, v.StartsAt, v.HeldOn })
            .Where(v => students.Contains(v.StudentId))
            .ToListAsync(cancel);
        return visits.ToLookup(v => v.StudentId, v => new PastVisit(v.TeacherId, v.TermId, v.StartsAt, v.HeldOn));
    }

    private sealed record PastVisit(Guid TeacherId, Guid TermId, DateTimeOffset StartsAt, DateOnly? HeldOn);
}
