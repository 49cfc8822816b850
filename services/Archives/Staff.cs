using HomeSchool.Contracts.Archives;

namespace HomeSchool.Archives;

/// <summary>A member of the staff of one or several schools.</summary>
public sealed class Staff
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member.</summary>
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

/// <summary>What a staff member is at a school or of a class, from when to when. It allows nothing by itself: Identity does.</summary>
public sealed class StaffPost
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The class; <see langword="null"/> for a post at the whole school.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>As what.</summary>
    public StaffRole Role { get; init; }

    /// <summary>Of a subject teacher.</summary>
    public string? Subject { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; <see langword="null"/> while it is open. The day before <see cref="StartsOn"/> when it never came about.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>What the exporting system says beyond OneRoster's columns, JSON; <see langword="null"/> for nothing.</summary>
    public string? Metadata { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}
