using HomeSchool.Contracts.Surveys;

namespace HomeSchool.Surveys.Definitions;

/// <summary>
/// A definition that a school or district works on. A round that is opened with it keeps a copy of this version, which thereby is
/// frozen (SUR-1); the next change makes the next version.
/// </summary>
public sealed class Design
{
    /// <summary>The design.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school whose it is; <see langword="null"/> for the district's.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>What it is about.</summary>
    public SurveyKind Kind { get; init; }

    /// <summary>What it asks.</summary>
    public required Definition Content { get; set; }

    /// <summary>1 at first; grows with every change.</summary>
    public int Version { get; set; } = 1;
}
