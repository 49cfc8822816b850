using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Family;

/// <summary>How a guardian is related to the child, in detail.</summary>
public enum Kinship
{
    /// <summary>母亲.</summary>
    Mother,

    /// <summary>父亲.</summary>
    Father,

    /// <summary>祖母、外祖母.</summary>
    Grandmother,

    /// <summary>祖父、外祖父.</summary>
    Grandfather,

    /// <summary>继父母.</summary>
    StepParent,

    /// <summary>养父母.</summary>
    AdoptiveParent,

    /// <summary>成年兄姐.</summary>
    Sibling,

    /// <summary>其他亲属.</summary>
    OtherRelative,

    /// <summary>机构（福利院、居委会等）.</summary>
    Institution,

    /// <summary>其他.</summary>
    Other,
}

/// <summary>What a guardian needs so as to take part (VIS-22).</summary>
public enum Accommodation
{
    /// <summary>听障：以文字沟通.</summary>
    TextInsteadOfVoice,

    /// <summary>手语.</summary>
    SignLanguage,

    /// <summary>大字材料.</summary>
    LargePrint,

    /// <summary>无障碍通行.</summary>
    StepFreeAccess,
}

/// <summary>
/// What is recorded about a guardian of a child beyond the roster (ARC-13): one row a guardian and child, so that the schools of
/// siblings stay apart. It begins to exist with the first change.
/// </summary>
public sealed class GuardianDetail
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The relation in detail; <see langword="null"/> while only the roster's is known.</summary>
    public Kinship? Kinship { get; set; }

    /// <summary><see cref="LegalStatus.Guardian"/> for whom the roster calls a caregiver, but is a legal guardian; otherwise
    /// <see langword="null"/>.</summary>
    public LegalStatus? LegalStatus { get; set; }

    /// <summary>1 is called first; <see langword="null"/> for the roster's order.</summary>
    public int? ContactOrder { get; set; }

    /// <summary>The preferred language (BCP 47); <see langword="null"/> for the school's.</summary>
    public string? Language { get; set; }

    /// <summary>Whether talks need an interpreter.</summary>
    public bool NeedsInterpreter { get; set; }

    /// <summary>How the guardian is reached.</summary>
    public GuardianChannel Channel { get; set; }

    /// <summary>What the guardian needs.</summary>
    public Accommodation[] Accommodations { get; set; } = [];

    /// <summary>What a caregiver may do by entrustment (委托照护); <see langword="null"/> while none is recorded.</summary>
    public GuardianRight[]? EntrustedRights { get; set; }

    /// <summary>The entrustment's first day.</summary>
    public DateOnly? EntrustedFrom { get; set; }

    /// <summary>The entrustment's last day.</summary>
    public DateOnly? EntrustedUntil { get; set; }

    /// <summary>When it was changed last.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Grows by one with every change of it or of the guardian's rights.</summary>
    public long Version { get; set; }
}

/// <summary>The kind of document that restricts a guardian; nothing else can (ARC-13).</summary>
public enum CourtDocumentKind
{
    /// <summary>法院判决、裁定或调解书.</summary>
    CourtDecision,

    /// <summary>人身安全保护令.</summary>
    ProtectionOrder,

    /// <summary>撤销监护人资格的判决.</summary>
    GuardianshipRevoked,

    /// <summary>公安机关的文书.</summary>
    PoliceDocument,
}

/// <summary>That a court's or the police's document takes rights from a guardian of a child, from its first day to its last
/// (ARC-13).</summary>
public sealed class GuardianRestriction
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The restriction.</summary>
    public Guid Id { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>What kind of document.</summary>
    public CourtDocumentKind Kind { get; init; }

    /// <summary>The document's number, sealed.</summary>
    public required byte[] Number { get; init; }

    /// <summary>What the guardian may not do.</summary>
    public required GuardianRight[] Withheld { get; init; }

    /// <summary>The first day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>The last day; <see langword="null"/> until further notice.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>When it was recorded.</summary>
    public DateTimeOffset RecordedAt { get; init; }

    /// <summary>When it was lifted; <see langword="null"/> while it was not.</summary>
    public DateTimeOffset? LiftedAt { get; set; }

    /// <summary>Whether it holds on a day.</summary>
    public bool HoldsOn(DateOnly day) => LiftedAt is null && StartsOn <= day && (EndsOn is null || EndsOn >= day);

    internal static readonly SealedColumn SealedNumber = new("archives.guardian_restriction", "number", "id");
}

/// <summary>A day on which rights change, or students pass to another teacher or school, by themselves: an id and a day, so that work of
/// every night finds its districts.</summary>
public sealed class RightsTurn
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The day.</summary>
    public DateOnly TurnsOn { get; init; }
}
