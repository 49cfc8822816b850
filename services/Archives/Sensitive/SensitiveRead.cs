using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Sensitive;

/// <summary>Why somebody might read a sensitive item.</summary>
public enum ReadBasis
{
    /// <summary>The policy names the role.</summary>
    Policy,

    /// <summary>An approver granted it.</summary>
    Grant,

    /// <summary>A crisis; reviewed afterwards (ALL-8).</summary>
    Emergency,
}

/// <summary>What somebody read a sensitive item for: one tap, and what a guardian may be told.</summary>
public enum ReadPurpose
{
    /// <summary>日常教育教学支持.</summary>
    Support,

    /// <summary>家访准备.</summary>
    VisitPreparation,

    /// <summary>心理辅导.</summary>
    Counselling,

    /// <summary>健康与安全.</summary>
    HealthAndSafety,

    /// <summary>督导检查.</summary>
    Supervision,

    /// <summary>家庭要求.</summary>
    FamilysRequest,

    /// <summary>危机处置.</summary>
    Crisis,
}

/// <summary>What a review of a read in a crisis found.</summary>
public enum ReviewFinding
{
    /// <summary>It was right to read.</summary>
    Justified,

    /// <summary>It was not.</summary>
    NotJustified,
}

/// <summary>That somebody read a sensitive item: who, when, what, why (ARC-7). It is never changed but for the review.</summary>
public sealed class SensitiveRead
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The read; in the order of time.</summary>
    public Guid Id { get; init; }

    /// <summary>The school that holds the item.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The item or attachment.</summary>
    public Guid ItemId { get; init; }

    /// <summary>Whether it is about a protected case, of which guardians do not learn.</summary>
    public bool Protected { get; private set; }

    /// <summary>The account that read.</summary>
    public Guid AccountId { get; init; }

    /// <summary>The staff member, if the account is one.</summary>
    public Guid? ReaderId { get; init; }

    /// <summary>In which role.</summary>
    public Role Role { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>By what right.</summary>
    public ReadBasis Basis { get; init; }

    /// <summary>What for.</summary>
    public ReadPurpose Purpose { get; init; }

    /// <summary>The reason in words, sealed.</summary>
    public byte[]? Reason { get; init; }

    /// <summary>The day by which somebody else reviews it; <see langword="null"/> but for a crisis.</summary>
    public DateOnly? ReviewDueOn { get; init; }

    /// <summary>When it was reviewed.</summary>
    public DateTimeOffset? ReviewedAt { get; private set; }

    /// <summary>The staff member who reviewed it.</summary>
    public Guid? ReviewerId { get; private set; }

    /// <summary>What the review found.</summary>
    public ReviewFinding? Finding { get; private set; }

    /// <summary>What the review says, sealed.</summary>
    public byte[]? ReviewNote { get; private set; }

    /// <summary>Grows by one with the review.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>A read, now.</summary>
    public static SensitiveRead Of(
        Confidential what, Guid id, Guid account, Guid? reader, Role role, ReadBasis basis, ReadPurpose purpose, byte[]? reason,
        DateOnly? reviewDueOn, DateTimeOffset now) => new()
        {
            DistrictId = what.DistrictId,
            Id = id,
            SchoolId = what.SchoolId,
            StudentId = what.StudentId,
            ItemId = what.Id,
            Protected = what.Kind == SensitiveKind.Violence,
            AccountId = account,
            ReaderId = reader,
            Role = role,
            ReadAt = now,
            Basis = basis,
            Purpose = purpose,
            Reason = reason,
            ReviewDueOn = reviewDueOn,
        };

    /// <summary>Reviews a read in a crisis, once, by somebody else.</summary>
    /// <param name="finding">What was found.</param>
    /// <param name="note">Why, sealed.</param>
    /// <param name="withhold">Whether guardians are not told, because the case is protected.</param>
    /// <param name="account">The reviewer's account.</param>
    /// <param name="reviewer">The reviewer.</param>
    /// <param name="now">When.</param>
    public Failure? Review(
        ReviewFinding finding, byte[] note, bool withhold, Guid account, Guid? reviewer, DateTimeOffset now)
    {
        if (ReviewedAt is not null)
            return ArchivesFailures.Reviewed;
        if (account == AccountId || (reviewer is not null && reviewer == ReaderId))
            return ArchivesFailures.OwnReview;
        (Finding, ReviewNote, ReviewerId, ReviewedAt) = (finding, note, reviewer, now);
        Protected |= withhold;
        Version++;
        return null;
    }

    internal static readonly SealedColumn SealedReason = new("archives.sensitive_read", "reason", "id");

    internal static readonly SealedColumn SealedReviewNote = new("archives.sensitive_read", "review_note", "id");

    internal static Place ReasonOf(Guid read) => SealedReason.Of(read);

    internal static Place ReviewNoteOf(Guid read) => SealedReviewNote.Of(read);
}
