namespace HomeSchool.Messages.Delivery;

/// <summary>What is delivered.</summary>
public enum DeliveryKind
{
    /// <summary>That there is something in the inbox; several things are one message.</summary>
    Notice,

    /// <summary>The code that proves an address.</summary>
    Code,

    /// <summary>That a class has a notice, to its group's robot.</summary>
    Robot,
}

/// <summary>How far a delivery is.</summary>
public enum DeliveryState
{
    /// <summary>Not yet looked at: quiet hours and digest are decided, and what goes together is gathered.</summary>
    New,

    /// <summary>To be sent when it is due.</summary>
    Waiting,

    /// <summary>The channel has accepted it.</summary>
    Sent,

    /// <summary>死信: given up, until somebody replays it.</summary>
    Dead,
}

/// <summary>
/// A message that leaves the house for a guardian, or for the group of a class (MSG-5). Its id is told to the channel at every
/// attempt, so that an attempt that was repeated after a kill can be recognised.
/// </summary>
public sealed class OutgoingMessage
{
    /// <summary>The school that tells.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The delivery; grows with time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The guardian; <see langword="null"/> for a robot.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>The robot, or the address that a code is for.</summary>
    public Guid? TargetId { get; init; }

    /// <summary>The guardian's children whom it concerns.</summary>
    public Guid[] StudentIds { get; init; } = [];

    /// <summary>The lines of the inbox that it tells of.</summary>
    public Guid[] NotificationIds { get; init; } = [];

    /// <summary>What it is.</summary>
    public DeliveryKind Kind { get; init; }

    /// <summary>By which channel.</summary>
    public Channel Channel { get; init; }

    /// <summary>How far it is.</summary>
    public DeliveryState State { get; init; }

    /// <summary>Whether it is about safety and waits for nothing.</summary>
    public bool Urgent { get; init; }

    /// <summary>Whether quiet hours or the digest have put it off already.</summary>
    public bool PutOff { get; init; }

    /// <summary>When it is looked at next; while it is being sent, when somebody else may try.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>How often it was tried; also tells a late answer of an earlier attempt from the one that counts.</summary>
    public int Attempts { get; init; }

    /// <summary>Why the last attempt failed: a code, never what the other side said.</summary>
    public string? Reason { get; init; }

    /// <summary>When there was something to tell.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was sent or given up.</summary>
    public DateTimeOffset? DoneAt { get; init; }
}
