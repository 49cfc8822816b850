using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Plans;

/// <summary>A kind of plan (ARC-6).</summary>
public enum PlanKind
{
    /// <summary>一人一策.</summary>
    Individual,

    /// <summary>小目标提升计划: e.g. reading, one tick a day.</summary>
    SmallGoal,

    /// <summary>行为改进契约: kept rules noted a day, a summary each week.</summary>
    BehaviourContract,
}

/// <summary>How far a plan has come.</summary>
public enum PlanState
{
    /// <summary>Being written; guardians do not see it, nor later if it is given up.</summary>
    Draft,

    /// <summary>It runs.</summary>
    Active,

    /// <summary>Looked at once at least, and runs on.</summary>
    Reviewed,

    /// <summary>It is over.</summary>
    Closed,
}

/// <summary>How the family agreed, or a tick was made: no phone is ever needed.</summary>
public enum PlanForm
{
    /// <summary>Here.</summary>
    Online,

    /// <summary>On paper.</summary>
    Paper,

    /// <summary>By word of mouth.</summary>
    Oral,
}

/// <summary>What became of a plan.</summary>
public enum PlanOutcome
{
    /// <summary>The goals were met.</summary>
    Met,

    /// <summary>Some of them.</summary>
    PartlyMet,

    /// <summary>None.</summary>
    NotMet,

    /// <summary>It was given up: a plan is voluntary.</summary>
    GivenUp,
}

/// <summary>A plan for one student (ARC-6): goals, measures, owner, review date. Its texts are sealed.</summary>
public sealed class Plan
{
    /// <summary>The states in which a plan runs.</summary>
    internal static readonly PlanState[] Running = [PlanState.Active, PlanState.Reviewed];

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The plan.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>What kind.</summary>
    public PlanKind Kind { get; init; }

    /// <summary>How far it has come.</summary>
    public PlanState State { get; private set; }

    /// <summary>The staff member who sees to it.</summary>
    public Guid OwnerId { get; private set; }

    /// <summary>The day of the next review.</summary>
    public DateOnly ReviewOn { get; private set; }

    /// <summary>How the family agreed; <see langword="null"/> before.</summary>
    public PlanForm? AgreedBy { get; private set; }

    /// <summary>The first day of ticks; <see langword="null"/> for one that never began, which guardians never see.</summary>
    public DateOnly? StartsOn { get; private set; }

    /// <summary>What became of it.</summary>
    public PlanOutcome? Outcome { get; private set; }

    /// <summary>The goals, sealed.</summary>
    public required byte[] Goals { get; set; }

    /// <summary>The measures, sealed.</summary>
    public byte[]? Measures { get; set; }

    /// <summary>What the last review or the end found, sealed.</summary>
    public byte[]? Note { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>A new one.</summary>
    public static Plan Draft(
        Guid id, Enrolment at, PlanKind kind, Guid owner, DateOnly reviewOn, byte[] goals, byte[]? measures) => new()
        {
            DistrictId = at.DistrictId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = at.StudentId,
            Kind = kind,
            OwnerId = owner,
            ReviewOn = reviewOn,
            Goals = goals,
            Measures = measures,
        };

    /// <summary>Says it otherwise, until it is closed.</summary>
    public Failure? Change(Guid owner, DateOnly reviewOn, byte[] goals, byte[]? measures)
    {
        if (State == PlanState.Closed)
            return PlanFailures.PlanClosed;
        (OwnerId, ReviewOn, Goals, Measures) = (owner, reviewOn, goals, measures);
        Version++;
        return null;
    }

    /// <summary>Begins, once the family has agreed.</summary>
    public Failure? Begin(PlanForm agreedBy, DateOnly today)
    {
        if (State != PlanState.Draft)
            return PlanFailures.PlanBegun;
        (State, AgreedBy, StartsOn) = (PlanState.Active, agreedBy, today);
        Version++;
        return null;
    }

    /// <summary>Reviews it; it runs on.</summary>
    public Failure? Review(byte[] note, DateOnly reviewOn)
    {
        if (!Running.Contains(State))
            return PlanFailures.PlanDoesNotRun;
        (State, Note, ReviewOn) = (PlanState.Reviewed, note, reviewOn);
        Version++;
        return null;
    }

    /// <summary>Ends it; a draft can only be given up.</summary>
    public Failure? Close(PlanOutcome outcome, byte[]? note)
    {
        if (State == PlanState.Closed)
            return PlanFailures.PlanClosed;
        if (State == PlanState.Draft && outcome != PlanOutcome.GivenUp)
            return PlanFailures.PlanDoesNotRun;
        (State, Outcome, Note) = (PlanState.Closed, outcome, note ?? Note);
        Version++;
        return null;
    }

    internal static readonly SealedColumn SealedGoals = new("archives.plan", "goals", "id");

    internal static readonly SealedColumn SealedMeasures = new("archives.plan", "measures", "id");

    internal static readonly SealedColumn SealedNote = new("archives.plan", "note", "id");
}

/// <summary>Who made a tick.</summary>
public enum MarkSide
{
    /// <summary>The school.</summary>
    School,

    /// <summary>The family.</summary>
    Family,
}

/// <summary>A day's tick of a running plan (ARC-6): how many rules were kept, or that the small goal was done.</summary>
public sealed class PlanMark
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The plan.</summary>
    public Guid PlanId { get; init; }

    /// <summary>The day.</summary>
    public DateOnly Day { get; init; }

    /// <summary>Who made it.</summary>
    public MarkSide Side { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>How many rules were kept, 0 to <see cref="Of"/>.</summary>
    public short Kept { get; init; }

    /// <summary>How many are noted a day at most, by the policy of the day; 1 for a small goal.</summary>
    public short Of { get; init; }

    /// <summary>How it was made.</summary>
    public PlanForm Form { get; init; }

    /// <summary>The staff member or guardian.</summary>
    public Guid? MarkedBy { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset MarkedAt { get; init; }
}
