using HomeSchool.Contracts.Archives;

namespace HomeSchool.Messages.Roster;

/// <summary>A school of the archives.</summary>
public sealed class School
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A class of the archives.</summary>
public sealed class SchoolClass
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The grade as the school's system writes it; <see langword="null"/> when it does not say.</summary>
    public string? Grade { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A student's time in a class of a school, as the archives say.</summary>
public sealed class Enrolment
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The enrolment.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The class; <see langword="null"/> for a student without one.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade; <see langword="null"/> when the roster does not say.</summary>
    public string? Grade { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; before <see cref="StartsOn"/> when it never came about.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A staff member's time at a school, as the archives say.</summary>
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

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; before <see cref="StartsOn"/> when it never came about.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>That somebody is a guardian of a student, as the archives say.</summary>
public sealed class Guardianship
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The day from which it no longer holds.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>What a guardian may be told about a student, and how, as the archives say (ARC-13); without a row, all and by
/// app.</summary>
public sealed class GuardianRights
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Whether the guardian sees what is kept of the child, and answers about it: nobody else gets a message.</summary>
    public bool MaySee { get; init; }

    /// <summary>Whether the guardian is invited to visits of the child's family.</summary>
    public bool MayBeVisited { get; init; }

    /// <summary>How the guardian is reached; without the app, nothing counts against the family.</summary>
    public GuardianChannel Channel { get; init; }

    /// <summary>The version that said so.</summary>
    public long Version { get; init; }
}
