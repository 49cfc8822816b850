using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Needs;

/// <summary>Why a student draws attention (ARC-5).</summary>
public enum AttentionCause
{
    /// <summary>成绩波动: between two exams of a kind.</summary>
    ScoreChange,

    /// <summary>连续未交作业.</summary>
    MissedHomework,

    /// <summary>近期家庭变故: noted by staff or a guardian.</summary>
    FamilyChange,

    /// <summary>教师观察.</summary>
    Observation,
}

/// <summary>How far it has come.</summary>
public enum AttentionState
{
    /// <summary>It waits for the homeroom teacher.</summary>
    Open,

    /// <summary>It makes a priority student (重点关注学生).</summary>
    Confirmed,

    /// <summary>It was nothing; the same data do not raise it again, unless they were corrected in between.</summary>
    Dismissed,

    /// <summary>It was confirmed, and is over.</summary>
    Ended,

    /// <summary>The data were corrected before anybody decided, and nothing of it holds any more. Should the data say it again, it is
    /// raised anew.</summary>
    Withdrawn,
}

/// <summary>
/// That a student draws attention (ARC-5): raised by the system, confirmed or dismissed by the homeroom teacher. At most one is open for
/// a student and cause; more of the same goes into it.
/// </summary>
public sealed class Attention
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>It; in the order of time.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>Why.</summary>
    public AttentionCause Cause { get; init; }

    /// <summary>
    /// What was computed from which data, never a score: <c>monthly/数学/2026-10-20/2026-11-20</c>, or <c>数学/2026-11-16/2026-11-18</c>.
    /// Empty for notes.
    /// </summary>
    public string[] Evidence { get; init; } = [];

    /// <summary>What of the evidence the data, as they were corrected since, no longer bear out.</summary>
    public string[] Outdated { get; init; } = [];

    /// <summary>When that changed last; of a withdrawn one when it was withdrawn.</summary>
    public DateTimeOffset? OutdatedAt { get; init; }

    /// <summary>How far it has come.</summary>
    public AttentionState State { get; private set; }

    /// <summary>When it was raised.</summary>
    public DateTimeOffset RaisedAt { get; init; }

    /// <summary>When it was confirmed or dismissed.</summary>
    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>Who did.</summary>
    public Guid? DecidedBy { get; private set; }

    /// <summary>The last day as a priority student, of a confirmed one: the end of the term, or earlier when it ended.</summary>
    public DateOnly? PriorityUntil { get; private set; }

    /// <summary>Why it was dismissed, sealed.</summary>
    public byte[]? Reason { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>Makes the student a priority student.</summary>
    public Failure? Confirm(Guid by, DateOnly until, DateTimeOffset now)
    {
        if (Decide(AttentionState.Confirmed, by, now) is { } refused)
            return refused;
        PriorityUntil = until;
        return null;
    }

    /// <summary>Says that it was nothing.</summary>
    public Failure? Dismiss(Guid by, byte[] reason, DateTimeOffset now)
    {
        if (Decide(AttentionState.Dismissed, by, now) is { } refused)
            return refused;
        Reason = reason;
        return null;
    }

    /// <summary>Says that it is over before the term is.</summary>
    /// <param name="yesterday">The last day as a priority student.</param>
    public Failure? End(DateOnly yesterday)
    {
        if (State != AttentionState.Confirmed)
            return NeedFailures.AttentionDecided;
        (State, PriorityUntil) = (AttentionState.Ended, yesterday);
        Version++;
        return null;
    }

    private Failure? Decide(AttentionState state, Guid by, DateTimeOffset now)
    {
        if (State != AttentionState.Open)
            return NeedFailures.AttentionDecided;
        (State, DecidedBy, DecidedAt) = (state, by, now);
        Version++;
        return null;
    }

    internal static readonly SealedColumn SealedReason = new("archives.attention", "reason", "id");

    internal static Place ReasonOf(Guid attention) => SealedReason.Of(attention);
}

/// <summary>What somebody noticed.</summary>
public sealed class AttentionNote
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The note.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>What it belongs to.</summary>
    public Guid AttentionId { get; init; }

    /// <summary>In which role it was written.</summary>
    public Role Role { get; init; }

    /// <summary>The staff member or guardian.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>What it says, sealed.</summary>
    public required byte[] Text { get; init; }

    internal static readonly SealedColumn SealedText = new("archives.attention_note", "text", "id");

    internal static Place TextOf(Guid note) => SealedText.Of(note);
}
