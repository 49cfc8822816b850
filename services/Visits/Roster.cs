namespace HomeSchool.Visits;

/// <summary>A school of the archives, to tell which district it is in.</summary>
public sealed class School
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

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

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day.</summary>
    public DateOnly EndsOn { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }

    /// <summary>
    /// The term that a day counts in: the one under way; in the holidays the next one, which summer's visits to newcomers
    /// prepare; after the last known one, that.
    /// </summary>
    public static Term? Of(DateOnly day, IEnumerable<Term> terms) =>
        terms.Where(term => term.WithdrawnOn is null)
            .OrderBy(term => term.EndsOn < day)
            .ThenBy(term => Math.Abs(term.EndsOn.DayNumber - day.DayNumber))
            .FirstOrDefault();
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

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; before <see cref="StartsOn"/> when it never came about.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }

    /// <summary>
    /// The enrolment that makes a student one of the school's on a day: the one that holds, or else the next one to begin, since
    /// newcomers are visited before their first day.
    /// </summary>
    public static Enrolment? Of(DateOnly day, IEnumerable<Enrolment> enrolments) =>
        enrolments.Where(enrolment => enrolment.EndsOn is not { } end || end >= day && end >= enrolment.StartsOn)
            .OrderBy(enrolment => enrolment.StartsOn > day)
            .ThenBy(enrolment => Math.Abs(enrolment.StartsOn.DayNumber - day.DayNumber))
            .FirstOrDefault();
}

/// <summary>A staff member's time at a school, as the archives say.</summary>
public sealed class Post
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

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

/// <summary>Whether a guardian may be visited about a student, as the archives say (ARC-13); without a row, yes.</summary>
public sealed class GuardianRights
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Whether the guardian is invited and shown appointments.</summary>
    public bool MayBeVisited { get; init; }

    /// <summary>The version that said so.</summary>
    public long Version { get; init; }
}
