using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Appointments;

/// <summary>What a family says to an appointment (VIS-6).</summary>
public enum AnswerKind
{
    /// <summary>Agrees.</summary>
    Confirm,

    /// <summary>Proposes another time.</summary>
    Propose,

    /// <summary>Declines.</summary>
    Decline,
}

/// <summary>An answer as it was given; all of them are kept, also those that a later one overtook (VIS-6).</summary>
public sealed class VisitAnswer
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The answer; ordered by time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What was said.</summary>
    public AnswerKind Kind { get; init; }

    /// <summary>The appointment that was answered.</summary>
    public DateTimeOffset AppointedAt { get; init; }

    /// <summary>The time that was proposed instead.</summary>
    public DateTimeOffset? ProposedStartsAt { get; init; }

    /// <summary>Why, in the guardian's words; sealed.</summary>
    public byte[]? Reason { get; init; }

    /// <summary>The account, or the link, that it came by.</summary>
    public string AnsweredBy { get; init; } = "";

    /// <summary>When.</summary>
    public DateTimeOffset AnsweredAt { get; init; }

    /// <summary>The column of the reason.</summary>
    internal static readonly SealedColumn SealedReason = new("visits.visit_answer", "reason", "id");

    /// <summary>Where an answer's reason stands.</summary>
    internal static Place ReasonOf(Guid answer) => SealedReason.Of(answer);
}
