namespace HomeSchool.Visits.Planning;

/// <summary>
/// What a term's plan is made of, in small integers: slots, teachers, families and classes are known by their place in these
/// lists. <see cref="PlanSolver"/> answers it.
/// </summary>
/// <param name="Calendar">The term's slots.</param>
/// <param name="Limits">How much a teacher may be asked.</param>
/// <param name="Teachers">Who visits.</param>
/// <param name="Families">Who is visited.</param>
/// <param name="Demands">The visits that are wanted.</param>
/// <param name="OpeningTargets">For each class, how many of its students are still to be visited in the opening weeks
/// (VIS-2).</param>
/// <param name="Seed">Decides between what is equally good: the same problem and seed give the same plan.</param>
public sealed record PlanProblem(
    PlanCalendar Calendar, PlanLimits Limits, IReadOnlyList<PlanTeacher> Teachers, IReadOnlyList<PlanFamily> Families,
    IReadOnlyList<PlanDemand> Demands, IReadOnlyList<int> OpeningTargets, int Seed);

/// <summary>
/// The times at which visits may begin: days without school holidays, each with some slots that do not overlap, in the order of
/// time.
/// </summary>
/// <param name="DayOfSlot">The day of each slot; never falling.</param>
/// <param name="Preferred">Whether each slot lies in the preferred hours (VIS-4).</param>
/// <param name="WeekOfDay">The week of each day, Monday to Sunday, in which a teacher's visits are counted; never
/// falling.</param>
/// <param name="TeachingWeekOfDay">The teaching week of each day, from 1; never falling.</param>
/// <param name="OpeningEnd">The first slot after the opening weeks (VIS-2); 0 when they are over.</param>
/// <param name="ClosingStart">The first slot of the closing weeks, which are kept for what comes late.</param>
public sealed record PlanCalendar(
    int[] DayOfSlot, bool[] Preferred, int[] WeekOfDay, int[] TeachingWeekOfDay, int OpeningEnd, int ClosingStart)
{
    /// <summary>How many slots there are.</summary>
    public int Slots => DayOfSlot.Length;

    /// <summary>How many days there are.</summary>
    public int Days => WeekOfDay.Length;

    /// <summary>How many weeks there are.</summary>
    public int Weeks => WeekOfDay.Length == 0 ? 0 : WeekOfDay[^1] + 1;
}

/// <summary>How many visits a proposal asks of one teacher at most (VIS-4).</summary>
/// <param name="PerDay">On one day.</param>
/// <param name="PerWeek">From Monday to Sunday.</param>
public sealed record PlanLimits(int PerDay, int PerWeek);

/// <summary>A teacher.</summary>
/// <param name="Free">When nothing else is on: no lesson, no absence, no agreed visit.</param>
/// <param name="AgreedDays">The days of visits that are agreed already and count for the limits; a day with two stands
/// twice.</param>
public sealed record PlanTeacher(SlotSet Free, IReadOnlyList<int> AgreedDays);

/// <summary>A family.</summary>
/// <param name="Free">When it has not said that it is unavailable, and is not visited already.</param>
/// <param name="Preferred">When it would rather be visited; <see langword="null"/> when it has not said.</param>
public sealed record PlanFamily(SlotSet Free, SlotSet? Preferred);

/// <summary>A visit that is wanted.</summary>
/// <param name="Family">The family.</param>
/// <param name="Teachers">Who can make it: one, or the homeroom teachers of siblings who share it.</param>
/// <param name="First">The first slot at which it may be.</param>
/// <param name="End">The slot before which it must be.</param>
public sealed record PlanDemand(int Family, IReadOnlyList<int> Teachers, int First, int End)
{
    /// <summary>Whether a priority student is visited (ARC-5).</summary>
    public bool Priority { get; init; }

    /// <summary>
    /// For each student who is not visited yet in this term, the class; so a first visit has some, and a later one of the cadence
    /// none.
    /// </summary>
    public IReadOnlyList<int> FirstVisitOf { get; init; } = [];

    /// <summary>Who visited last time; -1 when nobody of <see cref="Teachers"/> did.</summary>
    public int LastTeacher { get; init; } = -1;

    /// <summary>Where an earlier proposal has it: it stays there unless something weightier moves it.</summary>
    public PlannedVisit? Kept { get; init; }
}

/// <summary>A visit as it is proposed.</summary>
/// <param name="Demand">Which one.</param>
/// <param name="Teacher">Who visits.</param>
/// <param name="Slot">When.</param>
public sealed record PlannedVisit(int Demand, int Teacher, int Slot);

/// <summary>The answer to a problem.</summary>
/// <param name="Visits">The visits, in the order of the demands.</param>
/// <param name="Unmet">What could not be had, and why.</param>
/// <param name="OpeningShort">For each class, how many students its target for the opening weeks is missed by.</param>
/// <param name="Cost">What the plan costs in the weights of <see cref="PlanWeights"/>; less is better.</param>
public sealed record PlanProposal(
    IReadOnlyList<PlannedVisit> Visits, IReadOnlyList<UnmetDemand> Unmet, IReadOnlyList<int> OpeningShort, long Cost);

/// <summary>A demand that the plan does not meet, or meets too late.</summary>
/// <param name="Demand">Which one.</param>
/// <param name="What">What is missed.</param>
/// <param name="Why">Why.</param>
public sealed record UnmetDemand(int Demand, UnmetGoal What, UnmetReason Why);

/// <summary>What a plan misses for a demand.</summary>
public enum UnmetGoal
{
    /// <summary>There is no visit.</summary>
    Visit,

    /// <summary>A priority student is visited, but after the opening weeks (VIS-2).</summary>
    Opening,
}

/// <summary>Why it is missed; the first that is true.</summary>
public enum UnmetReason
{
    /// <summary>No teacher is known who could visit.</summary>
    NoTeacher,

    /// <summary>No day is left, after notice (VIS-6), holidays and the end of its time.</summary>
    NoDayLeft,

    /// <summary>The family is at no time available.</summary>
    FamilyUnavailable,

    /// <summary>The teacher is at no time available: timetable, absence, agreed visits.</summary>
    TeacherUnavailable,

    /// <summary>Both are available, never together.</summary>
    NoCommonTime,

    /// <summary>The times they have in common are taken by visits that could not be moved, or exceed the teacher's
    /// limits.</summary>
    TeacherFull,

    /// <summary>The family is visited by somebody else at the times that are left.</summary>
    FamilyVisitedThen,
}
