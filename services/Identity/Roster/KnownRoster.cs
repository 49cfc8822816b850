namespace HomeSchool.Identity.Roster;

/// <summary>A school, as far as Identity must know whom it may invite where.</summary>
public sealed class KnownSchool
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Its district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Not in the roster from that day on.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The roster's version that says so; the highest counts.</summary>
    public long Version { get; init; }
}

/// <summary>A class of a school.</summary>
public sealed class KnownClass
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Not in the roster from that day on.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The roster's version that says so; the highest counts.</summary>
    public long Version { get; init; }
}

/// <summary>A student's time in a school and class.</summary>
public sealed class KnownEnrolment
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The enrolment.</summary>
    public Guid EnrolmentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The class, if any.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; <see langword="null"/> while it is open.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The roster's version that says so; the highest counts.</summary>
    public long Version { get; init; }
}

/// <summary>A staff member's post at a school.</summary>
public sealed class KnownPost
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post.</summary>
    public Guid PostId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

    /// <summary>Last day; <see langword="null"/> while it is open.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The roster's version that says so; the highest counts.</summary>
    public long Version { get; init; }
}

/// <summary>That a guardian belongs to a student.</summary>
public sealed class KnownGuardianship
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>Holds no longer from that day on.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The roster's version that says so; the highest counts.</summary>
    public long Version { get; init; }
}
