using HomeSchool.Contracts.Archives;

namespace HomeSchool.Visits.Roster;

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

    /// <summary>Its numbered teaching weeks; the first begins with the term.</summary>
    public int TeachingWeeks { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }

    /// <summary>The teaching week of a day, from 1; <see langword="null"/> outside of the term's weeks.</summary>
    public int? WeekOf(DateOnly day)
    {
        var week = (day.DayNumber - StartsOn.DayNumber) / 7 + 1;
        return day >= StartsOn && day <= EndsOn && week <= TeachingWeeks ? week : null;
    }

    /// <summary>
    /// The terms that count, in order. No two of them share a day: a roster may have one term twice, or terms that overlap, and then
    /// the one that began first counts.
    /// </summary>
    /// <param name="terms">Those of one district.</param>
    public static IEnumerable<Term> Counting(IEnumerable<Term> terms)
    {
        var taken = DateOnly.MinValue;
        foreach (var term in terms.Where(term => term.WithdrawnOn is null && term.StartsOn <= term.EndsOn)
            .OrderBy(term => term.StartsOn).ThenBy(term => term.Id))
        {
            if (term.StartsOn <= taken)
                continue;
            taken = term.EndsOn;
            yield return term;
        }
    }

    /// <summary>
    /// The term that a day counts in: the one under way; in the holidays the next one, which summer's visits to newcomers
    /// prepare; after the last known one, that.
    /// </summary>
    public static Term? Of(DateOnly day, IEnumerable<Term> terms) =>
        Counting(terms)
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

    /// <summary>The grade; <see langword="null"/> when the roster does not say.</summary>
    public string? Grade { get; init; }

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

    /// <summary>The class; <see langword="null"/> for a post at the whole school.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>As what.</summary>
    public StaffRole Role { get; init; }

    /// <summary>Of a subject teacher.</summary>
    public string? Subject { get; init; }

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

    /// <summary>The legal status.</summary>
    public LegalStatus Status { get; init; }

    /// <summary>1 is called first.</summary>
    public int ContactOrder { get; init; }

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
    public string Title { get; init; } = "";

    /// <summary>The grade as the school's system writes it; <see langword="null"/> when it does not say.</summary>
    public string? Grade { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>
/// How often a student's family is to be contacted (VIS-3), as the archives say: intervals, no tier. Without a row, or after
/// <see cref="HoldsUntil"/>, that of all others: once a term.
/// </summary>
public sealed class Cadence
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The school that said so.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Deep contacts in a term at least.</summary>
    public int ContactsPerTerm { get; init; }

    /// <summary>Days between feedbacks at most.</summary>
    public int? FeedbackEveryDays { get; init; }

    /// <summary>Days between summaries at most.</summary>
    public int? SummaryEveryDays { get; init; }

    /// <summary>Days between visits at most.</summary>
    public int? VisitEveryDays { get; init; }

    /// <summary>Days between visits or deep contacts in any other way at most.</summary>
    public int? DeepContactEveryDays { get; init; }

    /// <summary>Whether the first contact is a visit or a meeting at school.</summary>
    public bool MeetFirst { get; init; }

    /// <summary>Its last day; <see langword="null"/> when it does not end by itself.</summary>
    public DateOnly? HoldsUntil { get; init; }

    /// <summary>The last day as a priority student (ARC-5); <see langword="null"/> for others.</summary>
    public DateOnly? PriorityUntil { get; init; }

    /// <summary>The version that said so; the highest counts.</summary>
    public long Version { get; init; }
}
