using HomeSchool.Archives.Sensitive;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Attachments;

/// <summary>What an attachment is to the archive.</summary>
public enum AttachmentKind
{
    /// <summary>A photo.</summary>
    Photo,

    /// <summary>学生照片: the photo by which the student is known. Ask whether the guardian consents before showing it.</summary>
    Portrait,

    /// <summary>A document: pdf, docx or xlsx.</summary>
    Document,

    /// <summary>A note or certificate on paper, scanned or photographed.</summary>
    Scan,
}

/// <summary>
/// A file of a student's archive (ARC-1). The row says that it exists; title and content are ciphertext under the student's key, the content
/// in the store of files under the same id. Labelled 内部资料, it is read like a sensitive item (ARC-7).
/// </summary>
public sealed class Attachment
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The attachment, and its file.</summary>
    public Guid Id { get; init; }

    /// <summary>The school that holds it: another one learns of it only by a handover.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>What it is to the archive.</summary>
    public AttachmentKind Kind { get; init; }

    /// <summary>What its file is.</summary>
    public FileType Type { get; init; }

    /// <summary>Its file's length in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Its name for people, sealed.</summary>
    public required byte[] Title { get; init; }

    /// <summary>What it is about, if it is labelled 内部资料.</summary>
    public SensitiveKind? SensitiveKind { get; init; }

    /// <summary>Whether the student's guardians see it; never what is labelled 内部资料.</summary>
    public bool ForFamily { get; init; }

    /// <summary>The account that added it.</summary>
    public Guid AccountId { get; init; }

    /// <summary>The staff member or guardian who added it; <see langword="null"/> when the account has none.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>Whether a guardian sent it.</summary>
    public bool FromFamily { get; init; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>When it was deleted; its file is then removed from the store.</summary>
    public DateTimeOffset? DeletedAt { get; private set; }

    /// <summary>The account that deleted it.</summary>
    public Guid? DeletedBy { get; private set; }

    /// <summary>Grows by one when it is deleted.</summary>
    public long Version { get; private set; } = 1;

    internal static readonly SealedColumn SealedTitle = new("archives.attachment", "title", "id");

    internal static readonly SealedColumn SealedContent = new("archives.attachment", "content", "id");

    /// <summary>The types of files that a kind may be.</summary>
    public static IReadOnlyList<FileType> TypesOf(AttachmentKind kind) => kind switch
    {
        AttachmentKind.Photo or AttachmentKind.Portrait => FileTypes.Images,
        AttachmentKind.Document => [FileType.Pdf, FileType.Docx, FileType.Xlsx],
        AttachmentKind.Scan => [.. FileTypes.Images, FileType.Pdf],
    };

    /// <summary>Deletes it.</summary>
    public void Delete(Guid account, DateTimeOffset now)
    {
        (DeletedAt, DeletedBy) = (now, account);
        Version++;
    }

    // What the log of reads says about it; null when it is not labelled.
    internal Confidential? AsConfidential() =>
        SensitiveKind is { } kind ? new Confidential(DistrictId, Id, SchoolId, StudentId, kind) : null;
}
