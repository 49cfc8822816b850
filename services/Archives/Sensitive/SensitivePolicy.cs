using HomeSchool.Contracts;

namespace HomeSchool.Archives.Sensitive;

/// <summary>How much of a sensitive item somebody sees.</summary>
public enum Sees
{
    /// <summary>That it exists.</summary>
    Nothing,

    /// <summary>What to do about it.</summary>
    Advice,

    /// <summary>All of it.</summary>
    Content,
}

/// <summary>One line of a policy: who reads what by the role alone, of the students whom the role reaches.</summary>
/// <param name="Role">The role: one that may read sensitive items at all.</param>
/// <param name="Kind">The kind of item.</param>
/// <param name="Sees">How much; what no line names is <see cref="Sees.Nothing"/>.</param>
public sealed record SensitiveReader(Role Role, SensitiveKind Kind, Sees Sees);

/// <summary>
/// What a district decides about sensitive items. The defaults are those of ARC-7 and ALL-8; a member that is left out has its default.
/// </summary>
public sealed record SensitiveSettings
{
    /// <summary>Who reads what without being granted it.</summary>
    public IReadOnlyList<SensitiveReader> Readers { get; init; } =
    [
        .. Enum.GetValues<SensitiveKind>().Select(kind => new SensitiveReader(Role.Counselor, kind, Sees.Content)),
        .. Enum.GetValues<SensitiveKind>().Select(kind => new SensitiveReader(
            Role.HomeroomTeacher, kind, kind == SensitiveKind.PsychologicalAssessment ? Sees.Advice : Sees.Content)),
    ];

    /// <summary>For how many days access can be granted at most, 1–365.</summary>
    public int LongestAccessDays { get; init; } = 30;

    /// <summary>Within how many days a read in a crisis is reviewed, 1–14.</summary>
    public int ReviewDays { get; init; } = 1;

    /// <summary>Within how many days after its first day a handover should be accepted, 1–60 (ARC-14).</summary>
    public int HandoverDays { get; init; } = 14;

    internal Sees Of(Role role, SensitiveKind kind) =>
        Readers.Where(reader => reader.Role == role && reader.Kind == kind).Select(reader => reader.Sees)
            .DefaultIfEmpty(Sees.Nothing).Max();
}

/// <summary>The policy that a district has set.</summary>
public sealed class SensitivePolicy
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it says; replaced as a whole.</summary>
    public SensitiveSettings Settings { get; set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}
