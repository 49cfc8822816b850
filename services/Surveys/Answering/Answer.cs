using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Surveys.Answering;

/// <summary>A named or confidential answer (SUR-4): only the officer sees whose it is; all others see results of five or more.</summary>
public sealed class Answer
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The invitation that it answers: one answer for each, whatever is sent at the same time (SUR-3).</summary>
    public Guid InvitationId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What was answered, by the question's id, as JSON; sealed.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>When it was given or last changed.</summary>
    public DateTimeOffset AnsweredAt { get; init; }

    /// <summary>1 for the first; of two changes at the same time one is refused.</summary>
    public long Version { get; init; }

    /// <summary>The step of its cell with which results show it; until the cell has come so far, they show <see cref="Earlier"/>.</summary>
    public int Step { get; init; }

    /// <summary>What was answered before it was changed, while results show that still; sealed.</summary>
    public byte[]? Earlier { get; init; }

    /// <summary>The column of the answers.</summary>
    internal static readonly SealedColumn SealedContent = new("surveys.answer", "content", "invitation_id");

    /// <summary>The column of what was answered before.</summary>
    internal static readonly SealedColumn SealedEarlier = new("surveys.answer", "earlier", "invitation_id");
}
