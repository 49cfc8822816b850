using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Protection;

/// <summary>What is suspected (VIS-17).</summary>
public enum HarmKind
{
    /// <summary>Not said: harm by the family, of whatever kind.</summary>
    Unsaid,

    /// <summary>虐待.</summary>
    Abuse,

    /// <summary>忽视.</summary>
    Neglect,

    /// <summary>性侵害.</summary>
    SexualHarm,

    /// <summary>严重欺凌.</summary>
    SevereBullying,

    /// <summary>家庭暴力.</summary>
    DomesticViolence,
}

/// <summary>
/// A protected case (VIS-17): where and when it was opened, and the rest as ciphertext, the child included. Its key is its own,
/// wrapped by one that is neither the student's nor the school's ordinary key: erasing the student does not erase it (legal
/// hold).
/// </summary>
public sealed class ProtectedCase
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The case, and its key.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>A <see cref="CaseContent"/> as JSON, sealed.</summary>
    public required byte[] Content { get; init; }

    private static readonly SealedColumn SealedContent = new("visits.protected_case", "content", "id");

    /// <summary>Where the content of a case stands.</summary>
    internal static Place ContentOf(Guid id) => SealedContent.Of(id);

    /// <summary>What seals a case and all that is written about it: the case stands for itself, in place of a student.</summary>
    internal static Subject SubjectOf(Guid district, Guid school, Guid id) => new(district, WrappedBy(school), id);

    /// <summary>
    /// The id of the key that wraps the keys of a school's cases, for <c>rotate-key</c>: made of the school's id.
    /// </summary>
    internal static Guid WrappedBy(Guid school) => new(SHA256.HashData(
        [.. "homeschool/protected-cases"u8, .. school.ToByteArray(bigEndian: true)]).AsSpan(0, 16), bigEndian: true);
}

/// <summary>What a case says.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="Kind">What is suspected.</param>
/// <param name="FamilySuspected">Whether the family may be the source.</param>
/// <param name="Note">In words.</param>
/// <param name="Reporter">The account that opened it.</param>
/// <param name="ReporterId">The staff member.</param>
public sealed record CaseContent(
    Guid StudentId, HarmKind Kind, bool FamilySuspected, string? Note, string Reporter, Guid? ReporterId);

/// <summary>What happens to a case.</summary>
public enum CaseEntryKind
{
    /// <summary>It was opened.</summary>
    Opened,

    /// <summary>Somebody has read it.</summary>
    Read,

    /// <summary>An authority was told.</summary>
    Reported,

    /// <summary>Something was noted.</summary>
    Noted,

    /// <summary>Somebody may read it for a while.</summary>
    Granted,

    /// <summary>Somebody may read it no longer.</summary>
    Revoked,
}

/// <summary>
/// A line of a case's own trail, reads included: the common audit must not show that there is a case. Lines are only ever
/// added; each has the digest of the one before, so that none can be left out or changed.
/// </summary>
public sealed class CaseEntry
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The case.</summary>
    public Guid CaseId { get; init; }

    /// <summary>From 1, without gaps.</summary>
    public int Number { get; init; }

    /// <summary>The line.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>An <see cref="EntryContent"/> as JSON, sealed.</summary>
    public required byte[] Content { get; init; }

    private static readonly SealedColumn SealedContent = new("visits.protected_entry", "content", "id");

    /// <summary>Where the content of a line stands.</summary>
    internal static Place ContentOf(Guid id) => SealedContent.Of(id);
}

/// <summary>What a line says.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="At">When it was written.</param>
/// <param name="By">The account that wrote it.</param>
/// <param name="ById">The staff member.</param>
/// <param name="Previous">SHA-256 of the line before as it is stored; missing in the first.</param>
/// <param name="Authority">Who was told.</param>
/// <param name="ToldAt">When.</param>
/// <param name="Reference">The number that the authority gave.</param>
/// <param name="Text">In words; of a grant, its purpose.</param>
/// <param name="StaffId">Who may read, or may no longer.</param>
/// <param name="Until">Until when.</param>
public sealed record EntryContent(
    CaseEntryKind Kind, DateTimeOffset At, string By, Guid? ById, byte[]? Previous, Authority? Authority = null,
    DateTimeOffset? ToldAt = null, string? Reference = null, string? Text = null, Guid? StaffId = null,
    DateTimeOffset? Until = null);

/// <summary>
/// That somebody may read one case for a while; its purpose is in the trail. Rows are only ever added: the last about a person
/// counts, and
/// one whose time is over when it is written takes back what was granted.
/// </summary>
public sealed class CaseGrant
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The case.</summary>
    public Guid CaseId { get; init; }

    /// <summary>The line of the trail that says so; they are in order.</summary>
    public int Number { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Who.</summary>
    public Guid StaffId { get; init; }

    /// <summary>Until when.</summary>
    public DateTimeOffset Until { get; init; }
}

/// <summary>A named child-protection lead of a school: known to all of its staff.</summary>
public sealed class ProtectionLead
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When named.</summary>
    public DateTimeOffset NamedAt { get; init; }
}
