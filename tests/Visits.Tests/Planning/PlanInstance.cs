namespace HomeSchool.Visits.Planning;

/// <summary>
/// Made-up schools for tests and benchmark, as schools are: 40 students a class, a sixth of the families with two children,
/// teachers with evenings of their own and absences, families with shifts, a week of holidays, priority students and cadences.
/// The same seed gives the same school.
/// </summary>
public static class PlanInstance
{
    private const int DaysOfTerm = 140;
    private const int ClassSize = 40;
    private const int NoticeDays = 3;
    private const int HolidaysFrom = 28;
    private const int HolidaysUntil = 35;

    /// <summary>A school for a whole term.</summary>
    /// <param name="students">A multiple of 40; each 40 have a homeroom teacher.</param>
    /// <param name="seed">Which school.</param>
    /// <param name="perWeek">Visits of a teacher in a week at most; few make it tight.</param>
    public static PlanProblem School(int students, int seed, int perWeek = 6)
    {
        var random = new Random(seed);
        var calendar = Calendar(DaysOfTerm);
        var teachers = Enumerable.Range(0, students / ClassSize).Select(_ => Teacher(calendar, random)).ToArray();
        var (families, demands) = (new List<PlanFamily>(), new List<PlanDemand>());
        for (var student = 0; student < students; student++)
        {
            var @class = student / ClassSize;
            if (student % 12 == 11)
                continue; // the sibling of one before
            int[] classes = student % 12 == 5 ? [@class, random.Next(teachers.Length)] : [@class];
            families.Add(Family(calendar, random));
            demands.AddRange(Demands(calendar, random, families.Count - 1, classes));
        }

        var targets = Enumerable.Repeat(12, teachers.Length).ToArray();
        return new PlanProblem(calendar, new PlanLimits(2, perWeek), teachers, families, demands, targets, seed);
    }

    /// <summary>A term of so many days from a Monday on: three slots in the preferred hours of each day, two or three
    /// outside.</summary>
    public static PlanCalendar Calendar(int days)
    {
        var (dayOfSlot, preferred, week, teachingWeek) = (new List<int>(), new List<bool>(), new List<int>(), new List<int>());
        var (opening, closing) = (0, 0);
        for (var date = NoticeDays; date < days; date++)
        {
            if (date is >= HolidaysFrom and < HolidaysUntil)
                continue;
            bool[] slots = date % 7 >= 5 ? [true, true, true, false, false, false] : [false, false, true, true, true];
            dayOfSlot.AddRange(slots.Select(_ => week.Count));
            preferred.AddRange(slots);
            week.Add(date / 7);
            teachingWeek.Add(date / 7 + 1);
            opening = date < 28 ? dayOfSlot.Count : opening;
            closing = date < days - 28 ? dayOfSlot.Count : closing;
        }

        return new PlanCalendar([.. dayOfSlot], [.. preferred], [.. week], [.. teachingWeek], opening, closing);
    }

    /// <summary>
    /// A small problem of any kind: short weeks, narrow limits, agreed visits beyond them, families with several children, nobody
    /// who could visit, no time at all.
    /// </summary>
    /// <param name="seed">Which one.</param>
    /// <param name="sharing">Whether a family may have several demands.</param>
    /// <param name="opening">Whether there are opening weeks.</param>
    public static PlanProblem Any(int seed, bool sharing, bool opening)
    {
        var random = new Random(seed);
        var (days, slotsADay) = (random.Next(1, 6), random.Next(1, 4));
        var slots = days * slotsADay;
        var calendar = new PlanCalendar(
            [.. Enumerable.Range(0, slots).Select(slot => slot / slotsADay)],
            [.. Enumerable.Range(0, slots).Select(_ => random.Next(2) == 0)],
            [.. Enumerable.Range(0, days).Select(day => day / 2)], [.. Enumerable.Range(0, days).Select(day => day / 2 + 1)],
            opening ? random.Next(slots + 1) : 0, random.Next(slots + 1));
        PlanTeacher[] teachers = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
            new PlanTeacher(Some(), [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(days))]))];
        var demands = random.Next(1, 5);
        var families = Enumerable.Range(0, sharing ? random.Next(1, demands + 1) : demands)
            .Select(_ => new PlanFamily(Some(), random.Next(2) == 0 ? null : Some())).ToArray();
        return new PlanProblem(
            calendar, new PlanLimits(random.Next(1, 3), random.Next(1, 4)), teachers, families,
            [.. Enumerable.Range(0, demands).Select(demand => Demand(sharing ? random.Next(families.Length) : demand))],
            [.. teachers.Select(_ => random.Next(3))], random.Next());

        SlotSet Some()
        {
            var (some, density) = (SlotSet.None(slots), random.Next(5));
            for (var slot = 0; slot < slots; slot++)
            {
                if (random.Next(4) < density)
                    some.Add(slot);
            }

            return some;
        }

        PlanDemand Demand(int family)
        {
            int[] able = [.. Enumerable.Range(0, teachers.Length).Where(_ => random.Next(3) > 0)];
            var first = random.Next(2) == 0 ? 0 : random.Next(slots);
            return new PlanDemand(family, able, first, random.Next(2) == 0 ? slots : random.Next(slots + 1))
            {
                Priority = random.Next(3) == 0,
                FirstVisitOf = able.Length > 0 && random.Next(2) == 0 ? [able[0]] : [],
                LastTeacher = able.Length > 0 && random.Next(2) == 0 ? able[^1] : -1,
                Kept = able.Length > 0 && random.Next(3) == 0 ? new PlannedVisit(0, able[0], random.Next(slots)) : null,
            };
        }
    }

    // Lessons leave the late afternoon free on two days, an evening a week belongs to the family, one in three is away for a
    // week.
    private static PlanTeacher Teacher(PlanCalendar calendar, Random random)
    {
        var free = SlotSet.All(calendar.Slots);
        var (evening, awayFrom, away) = (random.Next(5), random.Next(20), random.Next(3) == 0);
        for (var slot = 0; slot < calendar.Slots; slot++)
        {
            var day = calendar.DayOfSlot[slot];
            var lesson = !calendar.Preferred[slot] && (day * 7 + evening) % 5 >= 2;
            if (lesson || day % 5 == evening || (away && calendar.WeekOfDay[day] == awayFrom) || random.Next(20) == 0)
                free.Remove(slot);
        }

        return new PlanTeacher(free, []);
    }

    // Most are away an evening or two a week; one in seven works shifts and has one slot in eight; some have said when they like
    // it best.
    private static PlanFamily Family(PlanCalendar calendar, Random random)
    {
        var free = SlotSet.All(calendar.Slots);
        var shifts = random.Next(7) == 0;
        var (one, two) = (random.Next(7), random.Next(7));
        for (var slot = 0; slot < calendar.Slots; slot++)
        {
            var weekday = calendar.DayOfSlot[slot] % 7;
            if (weekday == one || weekday == two || (shifts ? random.Next(8) != 0 : random.Next(5) == 0))
                free.Remove(slot);
        }

        SlotSet? preferred = null;
        if (random.Next(4) == 0)
        {
            preferred = SlotSet.None(calendar.Slots);
            for (var slot = 0; slot < calendar.Slots; slot++)
            {
                if (calendar.DayOfSlot[slot] % 7 == (one + 1) % 7)
                    preferred.Add(slot);
            }
        }

        return new PlanFamily(free, preferred);
    }

    // One visit in the term; monthly for one in six; two in the term for one in ten.
    private static IEnumerable<PlanDemand> Demands(PlanCalendar calendar, Random random, int family, int[] classes)
    {
        var kind = random.Next(30);
        var visits = kind switch { < 5 => 5, < 8 => 2, _ => 1 };
        var priority = kind < 3;
        int[] teachers = [.. classes.Distinct()];
        var lastTeacher = random.Next(2) == 0 ? teachers[0] : -1;
        for (var visit = 0; visit < visits; visit++)
        {
            var (first, end) = (calendar.Slots * visit / visits, calendar.Slots * (visit + 1) / visits);
            yield return new PlanDemand(family, visit == 0 ? teachers : [teachers[0]], first, end - (visits > 1 ? 30 : 0))
            {
                Priority = priority,
                FirstVisitOf = visit == 0 ? classes : [],
                LastTeacher = lastTeacher,
            };
        }
    }
}
