using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Sensitive;

/// <summary>What a sensitive item is about (ARC-7).</summary>
public enum SensitiveKind
{
    /// <summary>经济状况.</summary>
    EconomicCircumstances,

    /// <summary>病史.</summary>
    MedicalHistory,

    /// <summary>心理测评: the raw data for the counselor, the advice for the homeroom teacher.</summary>
    PsychologicalAssessment,

    /// <summary>监护与抚养.</summary>
    Custody,

    /// <summary>残疾.</summary>
    Disability,

    /// <summary>暴力与侵害: a protected case; guardians do not learn that it exists.</summary>
    Violence,
}

/// <summary>
/// A sensitive item of a student's archive, 内部资料 (ARC-7). What it says is ciphertext under the student's key; that it exists is not
/// secret within the school.
/// </summary>
public sealed class SensitiveItem
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The item.</summary>
    public Guid Id { get; init; }

    /// <summary>The school that holds it: another one learns of it only by a handover.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>What it is about.</summary>
    public SensitiveKind Kind { get; init; }

    /// <summary>The staff member who wrote it; <see langword="null"/> when the account has none.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>What it says, sealed.</summary>
    public required byte[] Content { get; init; }

    /// <summary>What to do about it, for those who need not know why; sealed, and <see langword="null"/> without one.</summary>
    public byte[]? Advice { get; init; }

    internal static readonly SealedColumn SealedContent = new("archives.sensitive_item", "content", "id");

    internal static readonly SealedColumn SealedAdvice = new("archives.sensitive_item", "advice", "id");

    internal static Place ContentOf(Guid item) => SealedContent.Of(item);

    internal static Place AdviceOf(Guid item) => SealedAdvice.Of(item);

    // What the log of reads says about it.
    internal Confidential AsConfidential() => new(DistrictId, Id, SchoolId, StudentId, Kind);
}
