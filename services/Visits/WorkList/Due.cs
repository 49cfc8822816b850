using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.WorkList;

/// <summary>What a family is asked to be contacted for (VIS-3).</summary>
public enum WorkKind
{
    /// <summary>家访: once a term at least (VIS-1), or every so many days.</summary>
    Visit,

    /// <summary>深度沟通.</summary>
    DeepContact,

    /// <summary>反馈: any contact.</summary>
    Feedback,

    /// <summary>小结, e.g. a week's.</summary>
    Summary,
}

/// <summary>
/// What is to be done for a student, of one kind, during a stretch of days in which one class, one cadence and one term hold. So a term
/// that begins, a cadence that lapses and a student who leaves need no work at night: of a student and a kind at most one row
/// holds on a day, and overdue is what is due before that day.
/// </summary>
public sealed record Due
{
    /// <summary>The day of what need not be done any more in this stretch.</summary>
    public static readonly DateOnly Never = DateOnly.MaxValue;

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school that the student is on roll of.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class there; <see langword="null"/> without one.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade there; <see langword="null"/> when the roster does not say.</summary>
    public string? Grade { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The term; each begins anew.</summary>
    public Guid TermId { get; init; }

    /// <summary>What.</summary>
    public WorkKind Kind { get; init; }

    /// <summary>First day of the stretch.</summary>
    public DateOnly FromOn { get; init; }

    /// <summary>Last day of the stretch.</summary>
    public DateOnly UntilOn { get; init; }

    /// <summary>The day on which it is due; <see cref="Never"/> when nothing more is asked for.</summary>
    public DateOnly DueOn { get; init; }

    /// <summary>The last day in the term on which it was done; <see langword="null"/> while it was not.</summary>
    public DateOnly? DoneOn { get; init; }

    /// <summary>How often it was done in the term.</summary>
    public int Done { get; init; }

    /// <summary>Days between two of them at most; <see langword="null"/> when it is a number a term.</summary>
    public int? EveryDays { get; init; }

    /// <summary>Whether it must be a visit or a meeting at school, since there was none yet.</summary>
    public bool MeetFirst { get; init; }

    /// <summary>Whether the student is a priority student then (ARC-5).</summary>
    public bool Priority { get; init; }
}

/// <summary>A step in the history of a student's cadence: from the day it was said until the next one, or until it lapses.</summary>
public sealed class CadenceStep
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The version that said so; later ones are higher.</summary>
    public long Version { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school that said so.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset SaidAt { get; init; }

    /// <summary>Deep contacts in a term at least.</summary>
    public int ContactsPerTerm { get; init; }

    /// <summary>Days between feedbacks at most.</summary>
    public int? FeedbackEveryDays { get; init; }

    /// <summary>Days between summaries at most.</summary>
    public int? SummaryEveryDays { get; init; }

    /// <summary>Days between visits at most.</summary>
    public int? VisitEveryDays { get; init; }

    /// <summary>Days between deep contacts at most.</summary>
    public int? DeepContactEveryDays { get; init; }

    /// <summary>Whether the first contact is a visit or a meeting at school.</summary>
    public bool MeetFirst { get; init; }

    /// <summary>Its last day; <see langword="null"/> when it does not end by itself.</summary>
    public DateOnly? HoldsUntil { get; init; }

    /// <summary>The last day as a priority student; <see langword="null"/> for others.</summary>
    public DateOnly? PriorityUntil { get; init; }
}

/// <summary>
/// That the work list must be computed anew: of a student, of all students of a school, or of a district. Rows are only added, in the
/// transaction of what changed, so that nobody waits for it and no change is missed; <see cref="KeepWorkList"/> takes them.
/// </summary>
public sealed class WorkMark
{
    /// <summary>In the order of adding.</summary>
    public long Position { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school, when it is about all of its students.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The student; <see langword="null"/> for all.</summary>
    public Guid? StudentId { get; init; }
}

/// <summary>What counts for what, and when things are due; a part of the visits' policy.</summary>
public sealed record WorkListPolicy
{
    /// <summary>The least minutes of a deep contact (深度沟通) that is more than text, 1–240; in the ledger as well
    /// (VIS-12).</summary>
    public int DeepContactMinutes { get; init; } = 20;

    /// <summary>Whether a deep contact by voice or video counts where a visit every so many days is asked for. The visit that every
    /// student has once a term is a visit all the same (VIS-1).</summary>
    public bool DeepContactCountsAsVisit { get; init; } = true;

    /// <summary>Days until the visit to who becomes a priority student after the opening weeks, 1–60 (VIS-9's special nodes).</summary>
    public int PriorityDays { get; init; } = 7;

    /// <summary>The last of the opening weeks, by which priority students are visited, 1–53 (VIS-2).</summary>
    public int OpeningWeeks { get; init; } = 4;

    /// <summary>The share of a class that is visited by then, in percent, 0–100 (VIS-2).</summary>
    public int OpeningSharePercent { get; init; } = 30;

    /// <summary>Counts that tell of fewer students who need support are hidden from those who may not know, 1–50.</summary>
    public int SmallestShown { get; init; } = 5;

    /// <summary>So many records of one author within <see cref="ManyWithinMinutes"/> are unusual, 2–100 (INS-5).</summary>
    public int ManyRecords { get; init; } = 5;

    /// <summary>Minutes, 1–240.</summary>
    public int ManyWithinMinutes { get; init; } = 10;

    /// <summary>From this hour to <see cref="EveningTo"/>, records are entered in batches, which is normal (INS-5).</summary>
    public TimeOnly EveningFrom { get; init; } = new(18, 0);

    /// <summary>The end of the evening, on the next day when it is before <see cref="EveningFrom"/>.</summary>
    public TimeOnly EveningTo { get; init; } = new(2, 0);

    internal bool IsEvening(TimeOnly time) => time.IsBetween(EveningFrom, EveningTo);

    internal static void Check(WorkListPolicy policy, Mistakes mistakes)
    {
        mistakes.Range("workList.deepContactMinutes", policy.DeepContactMinutes, 1, 240);
        mistakes.Range("workList.priorityDays", policy.PriorityDays, 1, 60);
        mistakes.Range("workList.openingWeeks", policy.OpeningWeeks, 1, 53);
        mistakes.Range("workList.openingSharePercent", policy.OpeningSharePercent, 0, 100);
        mistakes.Range("workList.smallestShown", policy.SmallestShown, 1, 50);
        mistakes.Range("workList.manyRecords", policy.ManyRecords, 2, 100);
        mistakes.Range("workList.manyWithinMinutes", policy.ManyWithinMinutes, 1, 240);
    }
}
