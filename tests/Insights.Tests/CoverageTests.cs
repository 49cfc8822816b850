using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Testing;

namespace HomeSchool.Insights.Tests;

/// <summary>Coverage is counted right, whatever the order in which events come.</summary>
public sealed class CoverageTests(InsightsSystem system)
{
    private readonly TestDistrict district = new();

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task A_visit_counts_in_its_class_grade_school_and_district()
    {
        await system.ApplyAsync([.. district.Roster(), district.Completed(district.Class.Students[0])]);

        using var admin = system.As(district.Admin);
        (await FiguresAsync(admin, NodeKind.Class, district.Class.Id)).ShouldBe((5, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.Class, district.School.Classes[1].Id)).ShouldBe((5, 0, 0, 0));
        (await FiguresAsync(admin, NodeKind.Grade, district.School.Id, "07")).ShouldBe((5, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.Grade, district.School.Id, "08")).ShouldBe((5, 0, 0, 0));
        (await FiguresAsync(admin, NodeKind.School, district.School.Id)).ShouldBe((10, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.School, district.Schools[1].Id)).ShouldBe((10, 0, 0, 0));
        (await FiguresAsync(admin, NodeKind.District, district.Id)).ShouldBe((20, 1, 1, 1));
        (await admin.CoverageAsync(NodeKind.Class, district.Class.Id)).Visited.Any.ShouldBe(new Share(1, 0.2));
    }

    [Fact]
    [Trait("Rule", "INS-5")]
    public async Task Planned_held_and_effective_are_counted_apart()
    {
        var students = district.Class.Students;
        await system.ApplyAsync([
            .. district.Roster(),
            district.Scheduled(Guid.CreateVersion7(), 1, students[0]),
            district.Completed(Guid.CreateVersion7(), 2, VisitMode.Voice, effective: false, students[1]),
            district.Completed(Guid.CreateVersion7(), 2, VisitMode.Voice, effective: true, students[2])]);

        using var teacher = system.As(district.HomeroomTeacher(district.Class));
        (await FiguresAsync(teacher, NodeKind.Class, district.Class.Id)).ShouldBe((5, 3, 2, 1));
    }

    [Fact]
    [Trait("Rule", "VIS-1")]
    public async Task Visits_in_person_online_and_in_any_mode_are_counted_apart()
    {
        var students = district.Class.Students;
        await system.ApplyAsync([
            .. district.Roster(),
            district.Completed(students[0], VisitMode.InPerson), district.Completed(students[0], VisitMode.Video),
            district.Completed(students[1], VisitMode.Voice),
            district.Completed(students[2], VisitMode.AtSchool),
            district.Completed(Guid.CreateVersion7(), 2, VisitMode.InPerson, effective: false, students[3])]);

        using var teacher = system.As(district.HomeroomTeacher(district.Class));
        var coverage = await teacher.CoverageAsync(NodeKind.Class, district.Class.Id);
        coverage.Visited.ShouldBe(new SharesByMode(new Share(4, 0.8), new Share(2, 0.4), new Share(2, 0.4)));
        coverage.Effective.ShouldBe(new SharesByMode(new Share(3, 0.6), new Share(1, 0.2), new Share(2, 0.4)));
    }

    [Fact]
    [Trait("Rule", "VIS-1")]
    [Trait("Rule", "VIS-22")]
    public async Task Text_alone_is_no_visit_unless_it_was_effective()
    {
        var students = district.Class.Students;
        await system.ApplyAsync([
            .. district.Roster(),
            district.Completed(Guid.CreateVersion7(), 2, VisitMode.Text, effective: false, students[0]),
            district.Completed(Guid.CreateVersion7(), 2, VisitMode.Text, effective: true, students[1])]);

        using var teacher = system.As(district.HomeroomTeacher(district.Class));
        (await FiguresAsync(teacher, NodeKind.Class, district.Class.Id)).ShouldBe((5, 2, 1, 1));
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task A_student_counts_once_however_many_visits_and_siblings_count_each()
    {
        var sibling = district.School.Classes[1].Students[0];
        await system.ApplyAsync([
            .. district.Roster(),
            district.Completed(district.Class.Students[0]), district.Completed(district.Class.Students[0]),
            district.Completed(Guid.CreateVersion7(), 2, VisitMode.Video, true, district.Class.Students[0], sibling)]);

        using var admin = system.As(district.Admin);
        (await FiguresAsync(admin, NodeKind.Class, district.Class.Id)).ShouldBe((5, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.Class, district.School.Classes[1].Id)).ShouldBe((5, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.School, district.School.Id)).ShouldBe((10, 2, 2, 2));
    }

    [Fact]
    [Trait("Rule", "INS-5")]
    public async Task A_cancelled_visit_is_no_longer_planned_also_when_its_scheduling_comes_after()
    {
        var (one, two) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var students = district.Class.Students;
        await system.ApplyAsync([.. district.Roster(), district.Scheduled(one, 1, students[0])]);
        using var teacher = system.As(district.HomeroomTeacher(district.Class));
        (await FiguresAsync(teacher, NodeKind.Class, district.Class.Id)).ShouldBe((5, 1, 0, 0));

        await system.ApplyAsync(district.Cancelled(one, 2, students[0]), district.Cancelled(two, 2, students[1]));
        await system.ApplyAsync(district.Scheduled(two, 1, students[1]));
        (await FiguresAsync(teacher, NodeKind.Class, district.Class.Id)).ShouldBe((5, 0, 0, 0));
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task Visits_that_come_before_the_roster_count_as_soon_as_it_does()
    {
        await system.ApplyAsync(district.Completed(district.Class.Students[0]), district.Completed(district.Class.Students[1]));
        // Of the roster, the term comes last.
        foreach (var part in district.Roster().Reverse().ToArray())
            await system.ApplyAsync(part);

        using var admin = system.As(district.Admin);
        (await FiguresAsync(admin, NodeKind.Class, district.Class.Id)).ShouldBe((5, 2, 2, 2));
        (await FiguresAsync(admin, NodeKind.District, district.Id)).ShouldBe((20, 2, 2, 2));
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task A_student_who_changes_class_or_school_takes_the_visits_along_and_one_who_leaves_is_not_on_roll()
    {
        var (from, within, other) = (district.Class, district.School.Classes[1], district.Schools[1].Classes[0]);
        await system.ApplyAsync([
            .. district.Roster(), district.Completed(from.Students[0]), district.Completed(from.Students[1]), district.Completed(from.Students[2])]);
        await system.ApplyAsync(
            district.Enrol(
                district.School, Left(from, 0), New(from.Students[0], within), Left(from, 1), Left(from, 2)),
            district.Enrol(district.Schools[1], New(from.Students[1], other)));

        using var admin = system.As(district.Admin);
        (await FiguresAsync(admin, NodeKind.Class, from.Id)).ShouldBe((2, 0, 0, 0));
        (await FiguresAsync(admin, NodeKind.Class, within.Id)).ShouldBe((6, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.Grade, district.School.Id, "08")).ShouldBe((6, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.School, district.School.Id)).ShouldBe((8, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.School, district.Schools[1].Id)).ShouldBe((11, 1, 1, 1));
        (await FiguresAsync(admin, NodeKind.District, district.Id)).ShouldBe((19, 2, 2, 2));
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task A_student_in_two_classes_at_once_counts_in_the_later_one()
    {
        var other = district.School.Classes[1];
        await system.ApplyAsync([.. district.Roster(), district.Enrol(district.School, New(district.Class.Students[0], other))]);

        using var admin = system.As(district.Admin);
        (await FiguresAsync(admin, NodeKind.Class, district.Class.Id)).ShouldBe((4, 0, 0, 0));
        (await FiguresAsync(admin, NodeKind.Class, other.Id)).ShouldBe((6, 0, 0, 0));
        (await FiguresAsync(admin, NodeKind.School, district.School.Id)).ShouldBe((10, 0, 0, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait("Rule", "INS-1")]
    [Trait("Goal", "R3")]
    public async Task The_same_events_shuffled_and_delivered_three_times_give_the_same_figures(int seed)
    {
        var inOrder = Story(district).ToArray();
        await system.ApplyAsync(inOrder);
        using var admin = system.As(district.Admin);
        var expected = await AllFiguresAsync(admin, district);
        expected.ShouldContain((4, 4, 3, 2));

        // The same story in another district; each message comes twice, and once more as a message of its own.
        var other = new TestDistrict();
        var story = Story(other).ToArray();
        var first = story.Select(happened => Deliveries.MessageOf(happened)).ToArray();
        Envelope[] deliveries = [.. first, .. first, .. story.Select(happened => Deliveries.MessageOf(happened))];
        new Random(seed).Shuffle(deliveries);
        foreach (var part in deliveries.Chunk(7))
            await system.PublishAsync(part);
        await system.AppliedAsync(deliveries);

        using var otherAdmin = system.As(other.Admin);
        (await AllFiguresAsync(otherAdmin, other)).ShouldBe(expected);
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task Two_replicas_and_many_events_of_the_same_students_lose_and_repeat_nothing()
    {
        await using var own = await InsightsSystem.StartAsync();
        own.AddReplica();
        var roster = district.Roster().ToArray();
        var students = district.Schools.SelectMany(s => s.Classes).SelectMany(c => c.Students).ToArray();
        var random = new Random(7);
        var visits = Enumerable.Range(0, 400).Select(_ => Guid.CreateVersion7()).SelectMany(visit =>
        {
            var student = students[random.Next(students.Length)];
            return new IEvent[]
            {
                district.Scheduled(visit, 1, student), district.Cancelled(visit, 2, student), district.Scheduled(visit, 3, student),
                random.Next(2) == 0 ? district.Completed(visit, 4, VisitMode.Video, true, student) : district.Cancelled(visit, 4, student),
            };
        }).ToArray();
        IEvent[] all = [.. roster, .. visits];
        random.Shuffle(all);
        await own.ApplyAsync(all);

        var visited = visits.OfType<VisitCompleted>().Select(visit => visit.StudentIds[0]).Distinct().Count();
        using var admin = own.As(district.Admin);
        (await FiguresAsync(admin, NodeKind.District, district.Id)).ShouldBe((20, visited, visited, visited));
        (await AllFiguresAsync(admin, district)).Take(4).Sum(figures => figures.Visited).ShouldBe(visited);
    }

    private static async Task<(int OnRoll, int Planned, int Visited, int Effective)> FiguresAsync(
        HttpClient client, NodeKind node, Guid id, string? grade = null)
    {
        var coverage = await client.CoverageAsync(node, id, grade);
        return (coverage.OnRoll, coverage.Planned.Students, coverage.Visited.Any.Students, coverage.Effective.Any.Students);
    }

    // The four classes first, then what is above them.
    private static async Task<List<(int OnRoll, int Planned, int Visited, int Effective)>> AllFiguresAsync(
        HttpClient client, TestDistrict district)
    {
        var figures = new List<(int, int, int, int)>();
        foreach (var @class in district.Schools.SelectMany(school => school.Classes))
            figures.Add(await FiguresAsync(client, NodeKind.Class, @class.Id));
        foreach (var school in district.Schools)
        {
            figures.Add(await FiguresAsync(client, NodeKind.School, school.Id));
            figures.Add(await FiguresAsync(client, NodeKind.Grade, school.Id, "07"));
            figures.Add(await FiguresAsync(client, NodeKind.Grade, school.Id, "08"));
        }

        figures.Add(await FiguresAsync(client, NodeKind.District, district.Id));
        return figures;
    }

    // Visits that are planned, moved, cancelled and held, and a student who changes class, another who leaves.
    private static IEnumerable<IEvent> Story(TestDistrict district)
    {
        var (one, two) = (district.Class, district.School.Classes[1]);
        foreach (var part in district.Roster())
            yield return part;
        foreach (var student in one.Students)
        {
            var visit = Guid.CreateVersion7();
            yield return district.Scheduled(visit, 1, student);
            yield return district.Scheduled(visit, 2, student);
            if (student == one.Students[1])
                yield return district.Completed(visit, 3, VisitMode.Video, effective: false, student);
            else if (student != one.Students[2])
                yield return district.Completed(visit, 3, VisitMode.InPerson, effective: true, student);
        }

        var cancelled = Guid.CreateVersion7();
        yield return district.Scheduled(cancelled, 1, two.Students[0]);
        yield return district.Cancelled(cancelled, 2, two.Students[0]);
        yield return district.Enrol(district.School, Left(one, 4), New(district, one.Students[4], two), Left(two, 3));
    }

    private static RosterEnrolment Left(TestClass @class, int student) => new(
        @class.Enrolments[student], @class.Students[student], @class.Id, @class.Grade, new DateOnly(2026, 1, 1), new DateOnly(2026, 1, 2));

    private static RosterEnrolment New(TestDistrict district, Guid student, TestClass @class) =>
        new(Guid.CreateVersion7(), student, @class.Id, @class.Grade, district.Today.AddDays(-1), null);

    private RosterEnrolment New(Guid student, TestClass @class) => New(district, student, @class);
}
