using System.Net;
using HomeSchool.Contracts.Visits;
using HomeSchool.Visits.Appointments;

namespace HomeSchool.Visits.Tests;

/// <summary>VIS-4: no teacher and no family is ever booked twice at one time; the database guarantees it.</summary>
[Trait("Rule", "VIS-4")]
public sealed class DoubleBookingTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;

    public async ValueTask InitializeAsync() => district = await system.CreateDistrictAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_hundred_attempts_at_one_teacher_for_different_families_leave_one_visit()
    {
        var teacher = system.As(district.Teacher(district.One.A));
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            // Each overlaps each other one, none begins at the same minute as its neighbour.
            teacher.TryScheduleAsync(Request(district.One.A, 1 + (i % 11), minute: i % 20))));
        ShouldHaveOneWinner(answers);
        (await BusyAsync(district.One.A.Teacher)).ShouldBe(1);
    }

    [Fact]
    public async Task Two_hundred_attempts_at_one_family_from_two_schools_leave_one_visit()
    {
        var one = system.As(district.Teacher(district.One.A));
        var two = system.As(district.Teacher(district.Two.A));
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => i % 2 == 0
            ? one.TryScheduleAsync(Request(district.One.A, 0, minute: i % 20))
            : two.TryScheduleAsync(Request(district.Two.A, 0, minute: i % 20))));
        ShouldHaveOneWinner(answers);
        (await BusyAsync(district.Parent)).ShouldBe(1);
    }

    [Fact]
    public async Task Moves_into_each_others_times_leave_nobody_booked_twice()
    {
        var teacher = system.As(district.Teacher(district.One.A));
        var visits = new List<Appointment>();
        for (var i = 0; i < 8; i++)
            visits.Add(await teacher.ScheduleAsync(Request(district.One.A, 1 + i, hour: 8 + i)));
        var answers = await Task.WhenAll(visits.Select((visit, i) =>
            teacher.OnAsync(visit.Id, "move", new MoveRequest(visits[(i + 1) % 8].StartsAt.AddMinutes(5)), version: 1)));
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK || a.StatusCode == HttpStatusCode.Conflict);
        (await OverlapsAsync()).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_refusal_says_who_is_booked_and_nothing_of_the_other_schools_visit()
    {
        var two = system.As(district.Teacher(district.Two.A));
        var other = await two.ScheduleAsync(Request(district.Two.A, 0));

        var one = system.As(district.Teacher(district.One.A));
        var family = await (await one.TryScheduleAsync(Request(district.One.A, 0, minute: 10), language: "en")).ProblemAsync();
        (family.Status, family.Code).ShouldBe((409, "visits.double-booked"));
        family.Title.ShouldBe("The family is already booked at that time; choose another.");
        family.ToString().ShouldNotContain(other.Id.ToString());

        await one.TryScheduleAsync(Request(district.One.A, 1)).ShouldSucceedAsync();
        var staff = await (await one.TryScheduleAsync(Request(district.One.A, 2, minute: 10))).ProblemAsync();
        staff.Title.ShouldContain("家访教师已有其他安排");
    }

    [Fact]
    public async Task A_joint_visitor_is_booked_too()
    {
        var one = system.As(district.Teacher(district.One.A));
        var two = system.As(district.Teacher(district.One.B));
        var joint = new[] { district.One.Colleague };
        await one.TryScheduleAsync(Request(district.One.A, 1) with { JointVisitorIds = joint }).ShouldSucceedAsync();
        await two.TryScheduleAsync(Request(district.One.B, 1) with { JointVisitorIds = joint })
            .ShouldBeRefusedAsync(409, "visits.double-booked");
        await two.TryScheduleAsync(Request(district.One.B, 1)).ShouldSucceedAsync();
    }

    [Fact]
    public async Task One_visit_may_begin_when_the_other_ends()
    {
        var teacher = system.As(district.Teacher(district.One.A));
        await teacher.TryScheduleAsync(Request(district.One.A, 1)).ShouldSucceedAsync();
        await teacher.TryScheduleAsync(Request(district.One.A, 2, minute: 29)).ShouldBeRefusedAsync(409, "visits.double-booked");
        await teacher.TryScheduleAsync(Request(district.One.A, 2, minute: 30)).ShouldSucceedAsync();
    }

    private static VisitRequest Request(ClassOfTest @class, int student, int hour = 19, int minute = 0) =>
        new([@class.Students[student]], VisitMode.Video, Http.Evening(5, hour, minute));

    private static void ShouldHaveOneWinner(HttpResponseMessage[] answers)
    {
        answers.Count(a => a.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        answers.Where(a => a.StatusCode != HttpStatusCode.Created).ShouldAllBe(a => a.StatusCode == HttpStatusCode.Conflict);
    }

    private Task<long> BusyAsync(Guid person) => system.CountAsync("SELECT count(*) FROM busy WHERE person_id = $1", person);

    private Task<long> OverlapsAsync() => system.CountAsync(
        """
        SELECT count(*) FROM busy a JOIN busy b ON a.person_id = b.person_id AND a.visit_id < b.visit_id
            AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
        WHERE a.district_id = $1
        """, district.Id);
}
