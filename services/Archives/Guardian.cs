using HomeSchool.Contracts.Archives;

namespace HomeSchool.Archives;

/// <summary>A guardian or caregiver (监护人、委托照护人), of one or several children (ARC-13).</summary>
public sealed class Guardian
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid Id { get; init; }

    /// <summary>The id in the system that exports the roster; unique in the district.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>Family name; may be empty when the exporter puts the whole name into <see cref="GivenName"/>.</summary>
    public string FamilyName { get; init; } = "";

    /// <summary>Given name; may be empty when the exporter puts the whole name into <see cref="FamilyName"/>.</summary>
    public string GivenName { get; init; } = "";

    /// <summary>How to reach them: the mobile number if there is one.</summary>
    public string? Phone { get; init; }

    /// <summary>How to reach them.</summary>
    public string? Email { get; init; }

    /// <summary>The day from which they are no longer in the roster; <see langword="null"/> while in it.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>What the exporting system says beyond OneRoster's columns, JSON; <see langword="null"/> for nothing.</summary>
    public string? Metadata { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}

/// <summary>That a guardian belongs to a student (ARC-13).</summary>
public sealed class Guardianship
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The guardianship.</summary>
    public Guid Id { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>How they are related.</summary>
    public GuardianRelation Relation { get; init; }

    /// <summary>The legal status. A roster sets it once: <see cref="LegalStatus.Caregiver"/> for relatives, else
    /// <see cref="LegalStatus.Guardian"/>; what is recorded later stays.</summary>
    public LegalStatus LegalStatus { get; init; }

    /// <summary>1 is called first.</summary>
    public int ContactOrder { get; init; }

    /// <summary>The day from which it no longer holds; <see langword="null"/> while it does.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}
