using HomeSchool.Contracts.Visits;
using HomeSchool.Visits.Roster;

namespace HomeSchool.Visits.Planning;

/// <summary>A student to be planned for.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class.</param>
/// <param name="Guardians">The guardians, by whom siblings are known.</param>
/// <param name="Cadence">How often to visit; <see langword="null"/> for once a term.</param>
/// <param name="VisitedOn">The days in this term of visits that were held or are agreed.</param>
/// <param name="LastTeacher">Who visited last, also in earlier terms.</param>
internal sealed record PlanStudent(
    Guid StudentId, Guid ClassId, IReadOnlyList<Guid> Guardians, Cadence? Cadence, IReadOnlyList<DateOnly> VisitedOn,
    Guid? LastTeacher);

/// <summary>A visit that a term's plan should have.</summary>
/// <param name="Students">Whom it is about; several when siblings share it.</param>
/// <param name="First">Those of them who have no visit in this term yet.</param>
/// <param name="From">The first day.</param>
/// <param name="Until">The last day.</param>
/// <param name="Mode">How.</param>
/// <param name="Priority">Whether it is about a priority student (ARC-5).</param>
internal sealed record WantedVisit(
    IReadOnlyList<PlanStudent> Students, IReadOnlyList<PlanStudent> First, DateOnly From, DateOnly Until, VisitMode Mode,
    bool Priority);

/// <summary>Which visits a term should have, by each student's cadence (VIS-2, VIS-3).</summary>
internal static class WantedVisits
{
    // Between two visits of one student lie as many days at least, or a quarter of the time from one to the next.
    private const int RestDays = 7;

    // Siblings share a visit when both may have it for so long.
    private const int CommonDays = 14;

    /// <summary>The visits of one family.</summary>
    /// <param name="family">Its students.</param>
    /// <param name="term">The term.</param>
    /// <param name="firstDay">The first day on which visits may be.</param>
    /// <param name="everybodyBy">The day by which everybody is to be visited.</param>
    /// <param name="wish">What the plan was asked for.</param>
    public static List<WantedVisit> Of(
        IReadOnlyList<PlanStudent> family, Term term, DateOnly firstDay, DateOnly everybodyBy, PlanWish wish)
    {
        var each = family.Select(student => Of(student, term, firstDay, everybodyBy, wish).ToList()).OrderByDescending(visits => visits.Count);
        var wanted = new List<WantedVisit>();
        foreach (var visit in each.SelectMany(visits => visits))
        {
            var shared = wish.SiblingsTogether ? wanted.FindIndex(other => CanShare(other, visit)) : -1;
            if (shared < 0)
                wanted.Add(visit);
            else
                wanted[shared] = Share(wanted[shared], visit);
        }

        return wanted;
    }

    // The term falls into as many equal parts as the cadence asks for visits, each with a rest at its end. A part in which the
    // student is visited already needs none; who is not visited at all yet needs one in what is left of the term.
    private static IEnumerable<WantedVisit> Of(
        PlanStudent student, Term term, DateOnly firstDay, DateOnly everybodyBy, PlanWish wish)
    {
        var days = term.EndsOn.DayNumber - term.StartsOn.DayNumber + 1;
        var cadence = student.Cadence;
        var every = Math.Min(cadence?.VisitEveryDays ?? int.MaxValue, cadence?.DeepContactEveryDays ?? int.MaxValue);
        var parts = Math.Max(cadence?.ContactsPerTerm ?? 1, (int)Math.Ceiling(days / (double)every));
        parts = Math.Clamp(parts, 1, Math.Max(1, days / RestDays));
        var rest = parts == 1 ? 0 : Math.Min(RestDays, days / parts / 4);
        var priority = cadence?.PriorityUntil >= firstDay;
        var first = student.VisitedOn.Count == 0;
        for (var part = 0; part < parts; part++)
        {
            var from = term.StartsOn.AddDays(days * part / parts);
            var until = term.StartsOn.AddDays((days * (part + 1) / parts) - 1 - rest);
            var due = until >= firstDay && (part == 0 || !(cadence?.HoldsUntil < from));
            if (!due || student.VisitedOn.Any(day => day >= from && day <= until.AddDays(rest)))
                continue;
            var mode = ModeOf(cadence, first, priority, wish);
            from = Later(from, firstDay);
            if (first && everybodyBy >= from)
                until = Earlier(until, everybodyBy);
            yield return new WantedVisit([student], first ? [student] : [], from, until, mode, priority);
            first = false;
        }

        if (first)
        {
            var mode = ModeOf(cadence, true, priority, wish);
            var until = everybodyBy >= firstDay ? Earlier(term.EndsOn, everybodyBy) : term.EndsOn; // late is better than never
            yield return new WantedVisit([student], [student], firstDay, until, mode, priority);
        }
    }

    // In person where the first contact must be; by video where the home is to be seen; later deep contacts by voice.
    private static VisitMode ModeOf(Cadence? cadence, bool first, bool priority, PlanWish wish) => cadence switch
    {
        { MeetFirst: true } when first => VisitMode.InPerson,
        { VisitEveryDays: null } when !first && !priority => VisitMode.Voice,
        _ when priority && wish.Mode == VisitMode.Voice => VisitMode.Video,
        _ => wish.Mode,
    };

    private static bool CanShare(WantedVisit one, WantedVisit other) =>
        !one.Students.Any(student => student.StudentId == other.Students[0].StudentId)
        && Later(one.From, other.From).AddDays(Math.Min(CommonDays, Math.Min(Length(one), Length(other))))
            <= Earlier(one.Until, other.Until).AddDays(1)
        && other.Students[0].Guardians.Any(guardian => one.Students.All(student => student.Guardians.Contains(guardian)));

    private static WantedVisit Share(WantedVisit one, WantedVisit other) => new(
        [.. one.Students, .. other.Students], [.. one.First, .. other.First],
        Later(one.From, other.From), Earlier(one.Until, other.Until),
        one.Mode == VisitMode.InPerson || other.Mode == VisitMode.InPerson ? VisitMode.InPerson
            : one.Mode == VisitMode.Voice ? other.Mode : one.Mode,
        one.Priority || other.Priority);

    private static int Length(WantedVisit visit) => visit.Until.DayNumber - visit.From.DayNumber + 1;

    private static DateOnly Later(DateOnly a, DateOnly b) => a > b ? a : b;

    private static DateOnly Earlier(DateOnly a, DateOnly b) => a < b ? a : b;
}
