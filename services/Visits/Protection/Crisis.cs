namespace HomeSchool.Visits.Protection;

/// <summary>
/// A risk of self-harm or suicide (VIS-18): who is called, and what is done. It has no field for words, so no diagnosis can stand
/// here.
/// </summary>
public sealed class Crisis
{
    private Crisis()
    {
    }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; private init; }

    /// <summary>The crisis, and its alarm.</summary>
    public Guid Id { get; private init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; private init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; private init; }

    /// <summary>The student's class then.</summary>
    public Guid? ClassId { get; private init; }

    /// <summary>When it was raised.</summary>
    public DateTimeOffset RaisedAt { get; private init; }

    /// <summary>By whom; <see langword="null"/> when the account is no staff member's.</summary>
    public Guid? RaisedBy { get; private init; }

    /// <summary>When somebody took it on.</summary>
    public DateTimeOffset? AcknowledgedAt { get; private set; }

    /// <summary>Who.</summary>
    public Guid? AcknowledgedBy { get; private set; }

    /// <summary>What is to be done, as the policy says when it is raised.</summary>
    public CrisisStep[] Checklist { get; private set; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Raises it.</summary>
    internal static Crisis Raise(Emergencies.ChildOnRoll child, DateTimeOffset now) => new()
    {
        SchoolId = child.SchoolId,
        Id = Guid.CreateVersion7(now),
        DistrictId = child.DistrictId,
        StudentId = child.StudentId,
        ClassId = child.ClassId,
        RaisedAt = now,
        RaisedBy = child.By,
        Checklist = [.. child.Policy.Protection.CrisisChecklist.Select(todo => new CrisisStep(todo.Code, todo.Zh, todo.En))],
        Version = 1,
    };

    /// <summary>Somebody takes it on; the first one counts.</summary>
    public void Acknowledge(Guid? by, DateTimeOffset now)
    {
        if (AcknowledgedAt is not null)
            return;
        (AcknowledgedAt, AcknowledgedBy) = (now, by);
        Version++;
    }

    /// <summary>Something is done; the first tick counts.</summary>
    /// <returns>Whether there is such a thing to do.</returns>
    public bool Tick(string code, Guid? by, DateTimeOffset now)
    {
        var at = Array.FindIndex(Checklist, step => step.Code == code);
        if (at < 0)
            return false;
        if (Checklist[at].DoneAt is null)
        {
            Checklist = [.. Checklist[..at], Checklist[at] with { DoneAt = now, DoneBy = by }, .. Checklist[(at + 1)..]];
            Version++;
        }

        return true;
    }
}

/// <summary>A line of the checklist.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Zh">In Chinese.</param>
/// <param name="En">In English.</param>
/// <param name="DoneAt">When it was ticked.</param>
/// <param name="DoneBy">By whom.</param>
public sealed record CrisisStep(string Code, string Zh, string En, DateTimeOffset? DoneAt = null, Guid? DoneBy = null);
