using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Programme;
using HomeSchool.Visits.Roster;

namespace HomeSchool.Visits.Planning;

/// <summary>All that a term's plan is made from; read by <see cref="PlanFacts"/>.</summary>
/// <param name="Term">The term.</param>
/// <param name="Policy">The policy in force.</param>
/// <param name="Opening">The programme's first quota (VIS-2, VIS-19).</param>
/// <param name="EverybodyBy">The day of its last one: everybody has been visited by then.</param>
/// <param name="Grid">The times that are left.</param>
/// <param name="Students">Whom to plan for.</param>
/// <param name="Teachers">Each class's homeroom teachers.</param>
/// <param name="Hours">Timetables and absences.</param>
/// <param name="Stated">What families have said, by student.</param>
/// <param name="WeekendsOnly">Students who are at home on days without school only (VIS-22).</param>
/// <param name="Taken">Agreed visits, and those of the plan that a person has set, by everybody whom they take.</param>
internal sealed record TermFacts(
    Term Term, VisitPolicy Policy, Quota Opening, DateOnly EverybodyBy, TermGrid Grid, IReadOnlyList<PlanStudent> Students,
    ILookup<Guid, Post> Teachers, ILookup<Guid, BusyHours> Hours, IReadOnlyDictionary<Guid, StatedHours> Stated,
    IReadOnlySet<Guid> WeekendsOnly, ILookup<Guid, TakenTime> Taken);

/// <summary>A time at which somebody is taken.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End.</param>
/// <param name="Visits">Whether the person visits, and it counts for the teacher's limits.</param>
internal sealed record TakenTime(DateTimeOffset From, DateTimeOffset To, bool Visits);

/// <summary>A visit as it is proposed, or why it is not.</summary>
/// <param name="Wanted">What is wanted.</param>
/// <param name="TeacherId">Who visits.</param>
/// <param name="StartsAt">When.</param>
/// <param name="Reason">Why there is none, or why a priority student waits.</param>
internal sealed record ProposedVisit(WantedVisit Wanted, Guid? TeacherId, DateTimeOffset? StartsAt, UnmetReason? Reason);

/// <summary>Makes a problem of integers from what is known of a term, and visits from its solution (VIS-5).</summary>
internal static class TermPlan
{
    /// <summary>Proposes a plan.</summary>
    /// <param name="facts">All there is to know.</param>
    /// <param name="wish">What is asked for.</param>
    /// <param name="earlier">The visits of an earlier proposal, to be kept where that is possible.</param>
    public static (IReadOnlyList<ProposedVisit> Visits, IReadOnlyList<ClassShortfall> OpeningShort) Propose(
        TermFacts facts, PlanWish wish, IReadOnlyList<PlanItem> earlier)
    {
        var families = Families(facts.Students);
        (int Family, WantedVisit Visit)[] wanted = [.. families.SelectMany((family, index) =>
            WantedVisits.Of(family, facts.Term, facts.Grid.FirstDay, facts.EverybodyBy, wish).Select(visit => (index, visit)))];
        Guid[] teachers = [.. facts.Teachers.SelectMany(posts => posts).Select(post => post.StaffId).Distinct().Order()];
        Guid[] classes = [.. facts.Students.Select(student => student.ClassId).Distinct().Order()];
        var kept = new EarlierVisits(earlier);
        var problem = new PlanProblem(
            facts.Grid.Calendar, new PlanLimits(facts.Policy.MostPerDay, facts.Policy.MostPerWeek),
            [.. teachers.Select(teacher => TeacherOf(teacher, facts))], [.. families.Select(family => FamilyOf(family, facts))],
            [.. wanted.Select(w => DemandOf(w.Family, w.Visit, facts, teachers, classes, kept))],
            [.. classes.Select(@class => OpeningTarget(@class, facts))], wish.Seed);

        var proposal = PlanSolver.Solve(problem);
        var placed = proposal.Visits.ToDictionary(visit => visit.Demand);
        var unmet = proposal.Unmet.ToDictionary(unmet => unmet.Demand, UnmetReason? (unmet) => unmet.Why);
        return (
            [.. wanted.Select((w, i) => placed.TryGetValue(i, out var visit)
                ? new ProposedVisit(w.Visit, teachers[visit.Teacher], facts.Grid.StartOf(visit.Slot), unmet.GetValueOrDefault(i))
                : new ProposedVisit(w.Visit, null, null, unmet[i]))],
            [.. classes.Zip(proposal.OpeningShort, (id, students) => new ClassShortfall(id, students)).Where(c => c.Students > 0)]);
    }

    // Students with a guardian in common, directly or by others; in the order of their ids, so that the same roster is the same
    // problem.
    private static List<PlanStudent[]> Families(IReadOnlyList<PlanStudent> students)
    {
        var families = new List<List<PlanStudent>>();
        var byGuardian = new Dictionary<Guid, List<PlanStudent>>();
        foreach (var student in students.OrderBy(student => student.StudentId))
        {
            var family = new List<PlanStudent> { student };
            foreach (var guardian in student.Guardians)
            {
                if (!byGuardian.TryGetValue(guardian, out var other) || family.Contains(other[0]))
                    continue;
                family.AddRange(other);
                families.Remove(other);
            }

            foreach (var guardian in family.SelectMany(member => member.Guardians))
                byGuardian[guardian] = family;
            families.Add(family);
        }

        return [.. families.Select(family => family.OrderBy(member => member.StudentId).ToArray())];
    }

    private static PlanTeacher TeacherOf(Guid teacher, TermFacts facts)
    {
        var grid = facts.Grid;
        var free = SlotSet.None(grid.Calendar.Slots);
        foreach (var post in facts.Teachers.SelectMany(posts => posts).Where(post => post.StaffId == teacher))
        {
            var end = post.EndsOn is { } last ? grid.From(last.AddDays(1)) : grid.Calendar.Slots;
            for (var slot = grid.From(post.StartsOn); slot < end; slot++)
                free.Add(slot);
        }

        foreach (var hours in facts.Hours[teacher])
        {
            foreach (var slot in grid.At(day => hours.HoldOn(day, grid.School), hours.FromTime, hours.ToTime))
                free.Remove(slot);
        }

        var taken = facts.Taken[teacher].ToArray();
        foreach (var time in taken)
            grid.Take(free, time.From, time.To);
        return new PlanTeacher(free, [.. grid.Days(taken.Where(time => time.Visits).Select(time => time.From))]);
    }

    private static PlanFamily FamilyOf(PlanStudent[] family, TermFacts facts)
    {
        var grid = facts.Grid;
        var free = SlotSet.All(grid.Calendar.Slots);
        SlotSet? preferred = null;
        foreach (var stated in family.Select(student => facts.Stated.GetValueOrDefault(student.StudentId)).OfType<StatedHours>())
        {
            foreach (var hours in stated.Unavailable)
                Each(hours, free.Remove);
            foreach (var span in stated.Away)
            {
                for (var slot = grid.From(span.From); slot < grid.From(span.Until.AddDays(1)); slot++)
                    free.Remove(slot);
            }

            if (stated.Preferred.Count > 0)
                preferred ??= SlotSet.None(grid.Calendar.Slots);
            foreach (var hours in stated.Preferred)
                Each(hours, preferred!.Add);
        }

        if (family.Any(student => facts.WeekendsOnly.Contains(student.StudentId)))
        {
            foreach (var slot in grid.At(grid.School.IsSchoolDay, TimeOnly.MinValue, TimeOnly.MaxValue))
                free.Remove(slot);
        }

        foreach (var person in family.SelectMany(student => student.Guardians.Append(student.StudentId)).Distinct())
        {
            foreach (var time in facts.Taken[person])
                grid.Take(free, time.From, time.To);
        }

        return new PlanFamily(free, preferred);

        void Each(WeeklyHours hours, Action<int> act)
        {
            foreach (var slot in grid.At(day => day.DayOfWeek == hours.Day, hours.From, hours.To))
                act(slot);
        }
    }

    private static PlanDemand DemandOf(
        int family, WantedVisit visit, TermFacts facts, Guid[] teachers, Guid[] classes, EarlierVisits earlier)
    {
        int[] able = [.. visit.Students.SelectMany(student => facts.Teachers[student.ClassId])
            .Select(post => Array.BinarySearch(teachers, post.StaffId)).Distinct()];
        var demand = new PlanDemand(family, able, facts.Grid.From(visit.From), facts.Grid.From(visit.Until.AddDays(1)))
        {
            Priority = visit.Priority,
            FirstVisitOf = [.. visit.First.Select(student => Array.BinarySearch(classes, student.ClassId))],
            LastTeacher = visit.Students.Select(student => student.LastTeacher).OfType<Guid>()
                .Select(teacher => Array.BinarySearch(teachers, teacher)).Where(able.Contains).DefaultIfEmpty(-1).First(),
        };
        return demand with { Kept = earlier.Take(visit, At, before => IsPossible(demand, before)) };

        PlannedVisit At(PlanItem item) =>
            new(0, Array.BinarySearch(teachers, item.TeacherId!.Value), facts.Grid.SlotAt(item.StartsAt!.Value));
    }

    private static bool IsPossible(PlanDemand demand, PlannedVisit visit) =>
        visit.Slot >= demand.First && visit.Slot < demand.End && demand.Teachers.Contains(visit.Teacher);

    private static int OpeningTarget(Guid @class, TermFacts facts)
    {
        var students = facts.Students.Where(student => student.ClassId == @class).ToArray();
        var opening = facts.Term.StartsOn.AddDays(7 * facts.Opening.Week);
        var visited = students.Count(student => student.VisitedOn.Any(day => day < opening));
        return ((students.Length * facts.Opening.SharePercent) + 99) / 100 - visited;
    }

    /// <summary>The visits of an earlier proposal, each kept once.</summary>
    private sealed class EarlierVisits(IReadOnlyList<PlanItem> items)
    {
        private readonly Dictionary<Guid, List<PlanItem>> left = items
            .Where(item => item is { State: PlanItemState.Proposed, StartsAt: not null, TeacherId: not null })
            .OrderBy(item => item.StartsAt).GroupBy(item => item.StudentIds.Min())
            .ToDictionary(group => group.Key, group => group.ToList());

        public PlannedVisit? Take(WantedVisit visit, Func<PlanItem, PlannedVisit> at, Predicate<PlannedVisit> isPossible)
        {
            Guid[] students = [.. visit.Students.Select(student => student.StudentId).Order()];
            if (!left.TryGetValue(students[0], out var items))
                return null;
            var index = items.FindIndex(item => item.StudentIds.Order().SequenceEqual(students) && isPossible(at(item)));
            if (index < 0)
                return null;
            var found = at(items[index]);
            items.RemoveAt(index);
            return found;
        }
    }
}
