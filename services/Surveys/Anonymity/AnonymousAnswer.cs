using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Surveys.Anonymity;

/// <summary>
/// An anonymous answer that waits for others of its class (SUR-4): ciphertext under its batch's key, which is not in the database.
/// It was written together with the spending of its invitation, so row versions and the write-ahead log pair the two; what it says
/// they do not.
/// </summary>
public sealed class StagedAnswer
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Random.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The batch, whose key opens it.</summary>
    public Guid BatchId { get; init; }

    /// <summary>As <see cref="BatchKeys.Seal"/> wrote it: of one length in a round.</summary>
    public byte[] Content { get; init; } = [];
}

/// <summary>
/// An anonymous answer after mixing: it came with at least four others in random order, has a random id, and nothing of when or whose.
/// </summary>
public sealed class AnonymousAnswer
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Random.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The round.</summary>
    public Guid RoundId { get; init; }

    /// <summary>The class; all zeros for what was left of several classes at close.</summary>
    public Guid ClassId { get; init; }

    /// <summary>Whether results show it; not when fewer than five were left at close.</summary>
    public bool Shown { get; init; }

    /// <summary>What was answered, by the question's id, as JSON; sealed under a key of the round.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>The column of the answers.</summary>
    internal static readonly SealedColumn SealedContent = new("surveys.anonymous_answer", "content", "id");
}

/// <summary>Ids that tell no order: UUIDs of version 7 would say when an answer was given.</summary>
internal static class RandomId
{
    public static Guid Next() => new(RandomNumberGenerator.GetBytes(16));
}
