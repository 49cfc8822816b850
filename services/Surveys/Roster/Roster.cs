namespace HomeSchool.Surveys.Roster;

/// <summary>A school of the archives.</summary>
public sealed class School
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it is called.</summary>
    public string Name { get; init; } = "";

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A term of the archives.</summary>
public sealed class Term
{
    /// <summary>The term.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Last day.</summary>
    public DateOnly EndsOn { get; init; }

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

    /// <summary>E.g. 七年级(3)班.</summary>
    public string Name { get; init; } = "";

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

/// <summary>Whether a guardian may answer about a student, as the archives say (ARC-13); without a row, yes.</summary>
public sealed class GuardianRights
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Whether the guardian sees what is kept of the child, and answers about it.</summary>
    public bool MaySee { get; init; }

    /// <summary>The version that said so.</summary>
    public long Version { get; init; }
}
