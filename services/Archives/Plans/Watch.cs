using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Plans;

/// <summary>How closely a counselor watches a student (ARC-11).</summary>
public enum WatchLevel
{
    /// <summary>一般关注.</summary>
    Notice,

    /// <summary>重点关注.</summary>
    Close,

    /// <summary>危机干预.</summary>
    Crisis,
}

/// <summary>An entry of the counselors' watch list (心理重点关注, ARC-11). Nobody else learns that there is one.</summary>
public sealed class Watch
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The entry.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>How closely.</summary>
    public WatchLevel Level { get; private set; }

    /// <summary>The day of the next review.</summary>
    public DateOnly ReviewOn { get; private set; }

    /// <summary>The counselor who follows it.</summary>
    public Guid OwnerId { get; private set; }

    /// <summary>Since when.</summary>
    public DateTimeOffset BegunAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Why, sealed.</summary>
    public byte[] Why { get; private set; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>A new one.</summary>
    public static Watch Begin(
        Guid id, Enrolment at, WatchLevel level, DateOnly reviewOn, Guid owner, byte[] why, DateTimeOffset now) => new()
        {
            DistrictId = at.DistrictId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = at.StudentId,
            Level = level,
            ReviewOn = reviewOn,
            OwnerId = owner,
            BegunAt = now,
            Why = why,
        };

    /// <summary>What a review found.</summary>
    public Failure? Change(WatchLevel level, DateOnly reviewOn, Guid owner, byte[] why)
    {
        if (EndedAt is not null)
            return PlanFailures.WatchEnded;
        (Level, ReviewOn, OwnerId, Why) = (level, reviewOn, owner, why);
        Version++;
        return null;
    }

    /// <summary>Ends it.</summary>
    public Failure? End(DateTimeOffset now)
    {
        if (EndedAt is not null)
            return PlanFailures.WatchEnded;
        EndedAt = now;
        Version++;
        return null;
    }

    internal static readonly SealedColumn SealedWhy = new("archives.watch", "why", "id");
}

/// <summary>What somebody is asked to do for a student, e.g. to look after him daily. It does not say why (ARC-11).</summary>
public sealed class StudentTask
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The task.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The entry of the watch list that it serves.</summary>
    public Guid WatchId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid AssigneeId { get; init; }

    /// <summary>What to do, sealed.</summary>
    public required byte[] What { get; init; }

    /// <summary>The last day.</summary>
    public DateOnly Until { get; init; }

    /// <summary>When it was done.</summary>
    public DateTimeOffset? DoneAt { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>Says that it is done.</summary>
    public Failure? Do(DateTimeOffset now)
    {
        if (DoneAt is not null)
            return PlanFailures.TaskDone;
        DoneAt = now;
        Version++;
        return null;
    }

    internal static readonly SealedColumn SealedWhat = new("archives.student_task", "what", "id");
}
