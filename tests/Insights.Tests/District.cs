using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Insights.Tests;

/// <summary>A district of two schools, each with two classes (grades 07 and 08) of five students, and a term that began three weeks ago.</summary>
public sealed class TestDistrict
{
    private const int TeachingWeeks = 20;

    private long roster;

    public TestDistrict()
    {
        Today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);
        Schools = [new TestSchool(), new TestSchool()];
        TermStartsOn = Today.AddDays(-21);
    }

    public Guid Id { get; } = Guid.CreateVersion7();

    public Guid Term { get; } = Guid.CreateVersion7();

    public DateOnly Today { get; }

    public DateOnly TermStartsOn { get; }

    public TestSchool[] Schools { get; }

    public TestSchool School => Schools[0];

    public TestClass Class => School.Classes[0];

    public Grant Admin => TestIdentity.DistrictAdmin(Id);

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public Grant At(TestSchool school, Role role = Role.SchoolAdmin) => new(role, Guid.CreateVersion7(), Id, school.Id, null, null);

    public Grant HomeroomTeacher(TestClass @class) =>
        new(Role.HomeroomTeacher, Guid.CreateVersion7(), Id, SchoolOf(@class).Id, @class.Id, null);

    public Grant Guardian(TestClass @class) =>
        new(Role.Guardian, Guid.CreateVersion7(), Id, SchoolOf(@class).Id, @class.Id, @class.Students[0]);

    /// <summary>The whole roster as one import.</summary>
    public IEnumerable<IEvent> Roster()
    {
        yield return TermOf(Term, TermStartsOn);
        foreach (var school in Schools)
        {
            yield return new SchoolChanged(Id, school.Id, ++roster, Now, $"School {Array.IndexOf(Schools, school)}", null);
            yield return new RosterChanged(
                Id, school.Id, ++roster, Now,
                [.. school.Classes.Select(c => new RosterClass(c.Id, $"Class {c.Grade}", c.Grade, null))],
                [.. school.Classes.SelectMany(c => c.Students.Select((student, i) =>
                    new RosterEnrolment(c.Enrolments[i], student, c.Id, c.Grade, TermStartsOn, null)))],
                []);
        }
    }

    /// <summary>A term of 20 teaching weeks.</summary>
    public TermChanged TermOf(Guid term, DateOnly startsOn) =>
        new(Id, term, ++roster, Now, "Term", startsOn, startsOn.AddDays(7 * TeachingWeeks + 6), TeachingWeeks, null);

    /// <summary>A later import that changes some enrolments of a school.</summary>
    public RosterChanged Enrol(TestSchool school, params RosterEnrolment[] enrolments) =>
        new(Id, school.Id, ++roster, Now, [], enrolments, []);

    public VisitScheduled Scheduled(Guid visit, long version, params Guid[] students) => new(
        Id, SchoolOf(students[0]).Id, visit, version, Now, Term, students, VisitMode.Video, VisitKind.Routine, Now.AddDays(4));

    public VisitCancelled Cancelled(Guid visit, long version, params Guid[] students) =>
        new(Id, SchoolOf(students[0]).Id, visit, version, Now, Term, students, Declined: false);

    public VisitCompleted Completed(
        Guid visit, long version, VisitMode mode, bool effective, params Guid[] students) => new(
        Id, SchoolOf(students[0]).Id, visit, version, Now, Term, students, Guid.CreateVersion7(), mode, VisitKind.Routine, Today, effective);

    /// <summary>An effective visit of one student.</summary>
    public VisitCompleted Completed(Guid student, VisitMode mode = VisitMode.Video) =>
        Completed(Guid.CreateVersion7(), 2, mode, true, student);

    private TestSchool SchoolOf(TestClass @class) => Schools.Single(school => school.Classes.Contains(@class));

    private TestSchool SchoolOf(Guid student) =>
        Schools.FirstOrDefault(school => school.Classes.Any(c => c.Students.Contains(student))) ?? School;
}

/// <summary>A school with a class in grade 07 and one in 08.</summary>
public sealed class TestSchool
{
    public Guid Id { get; } = Guid.CreateVersion7();

    public TestClass[] Classes { get; } = [new("07"), new("08")];
}

/// <summary>A class of five students.</summary>
public sealed class TestClass(string grade)
{
    public Guid Id { get; } = Guid.CreateVersion7();

    public string Grade { get; } = grade;

    public Guid[] Students { get; } = Ids();

    public Guid[] Enrolments { get; } = Ids();

    private static Guid[] Ids() => [.. Enumerable.Range(0, 5).Select(_ => Guid.CreateVersion7())];
}
