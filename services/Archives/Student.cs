namespace HomeSchool.Archives;

/// <summary>The sex, where a roster says it.</summary>
public enum Sex
{
    /// <summary>女.</summary>
    Female,

    /// <summary>男.</summary>
    Male,
}

/// <summary>A student: the basics of the archive (ARC-1). Who may see it follows from the enrolments.</summary>
public sealed class Student
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student, from enrolment to leaving, in whatever school.</summary>
    public Guid Id { get; init; }

    /// <summary>The id in the system that exports the roster; unique in the district.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>Family name; may be empty when the exporter puts the whole name into <see cref="GivenName"/>.</summary>
    public string FamilyName { get; init; } = "";

    /// <summary>Given name; may be empty when the exporter puts the whole name into <see cref="FamilyName"/>.</summary>
    public string GivenName { get; init; } = "";

    /// <summary>学籍号 or the school's own number.</summary>
    public string? Number { get; init; }

    /// <summary>Date of birth.</summary>
    public DateOnly? BirthDate { get; init; }

    /// <summary>Sex.</summary>
    public Sex? Sex { get; init; }

    /// <summary>The day from which the student is no longer in the roster; <see langword="null"/> while in it.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>What the exporting system says beyond OneRoster's columns, JSON; <see langword="null"/> for nothing.</summary>
    public string? Metadata { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}

/// <summary>
/// A student's time on the roll of one school, in one class and grade (ARC-14, ARC-15). A change of class or grade ends one enrolment
/// and begins another, so that past figures do not change.
/// </summary>
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

    /// <summary>The class; <see langword="null"/> for a student of the school without a class.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade as the school's system writes it, e.g. <c>07</c>.</summary>
    public string? Grade { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; <see langword="null"/> while it is open. The day before <see cref="StartsOn"/> when it never came about.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>What the exporting system says beyond OneRoster's columns, JSON; <see langword="null"/> for nothing.</summary>
    public string? Metadata { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}
