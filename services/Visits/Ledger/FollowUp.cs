using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Ledger;

/// <summary>Where a follow-up stands, as of today.</summary>
public enum FollowUpState
{
    /// <summary>待办.</summary>
    Open,

    /// <summary>逾期: its day has gone by.</summary>
    Overdue,

    /// <summary>办结: it has its outcome.</summary>
    Closed,
}

/// <summary>
/// How often the follow-ups of a contact have changed, which orders what is announced of them: follow-ups go with an erasure, and
/// their number with them. Who changes them holds this row.
/// </summary>
public sealed class FollowUpLoop
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The ledger's entry; of a visit, the visit.</summary>
    public Guid EntryId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; init; }
}

/// <summary>Something that was left to do after a contact (VIS-11).</summary>
public sealed class FollowUp
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The follow-up.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The ledger's entry that it follows; of a visit, the visit.</summary>
    public Guid EntryId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The student's class at the time of the contact.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The staff member who does it.</summary>
    public Guid OwnerId { get; private set; }

    /// <summary>The last day for it; no holiday (VIS-21).</summary>
    public DateOnly DueOn { get; init; }

    /// <summary>What is to be done; sealed.</summary>
    public required byte[] Text { get; init; }

    /// <summary>What came of it, once it is closed; sealed.</summary>
    public byte[]? Outcome { get; private set; }

    /// <summary>Who asked for it; <see langword="null"/> when the account is no staff member's.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was closed.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>Who closed it.</summary>
    public Guid? ClosedBy { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>The column of the text.</summary>
    internal static readonly SealedColumn SealedText = new("visits.follow_up", "text", "id");

    /// <summary>The column of the outcome.</summary>
    internal static readonly SealedColumn SealedOutcome = new("visits.follow_up", "outcome", "id");

    internal FollowUp OwnedBy(Guid owner)
    {
        OwnerId = owner;
        return this;
    }

    /// <summary>Gives it to somebody else.</summary>
    /// <returns>Whether it was still open.</returns>
    internal bool Reassign(Guid owner)
    {
        if (ClosedAt is not null)
            return false;
        OwnerId = owner;
        Version++;
        return true;
    }

    /// <summary>Closes it with its outcome.</summary>
    /// <returns>Whether it was still open.</returns>
    internal bool Close(byte[] outcome, Guid? by, DateTimeOffset now)
    {
        if (ClosedAt is not null)
            return false;
        (Outcome, ClosedBy, ClosedAt) = (outcome, by, now);
        Version++;
        return true;
    }

    /// <summary>Where it stands on a day.</summary>
    internal FollowUpState StateOn(DateOnly today) =>
        ClosedAt is not null ? FollowUpState.Closed : DueOn < today ? FollowUpState.Overdue : FollowUpState.Open;
}
