using System.Net;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Records;

namespace HomeSchool.Visits.Tests;

public sealed class ScheduleVisitTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "VIS-6")]
    public async Task An_appointment_is_made_announced_and_read_back()
    {
        var request = Request(1) with { Topics = ["上课走神", "with, semicolon;"], JointVisitorIds = [district.One.Colleague] };
        using var created = await teacher.TryScheduleAsync(request);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Headers.ETag!.Tag.ShouldBe("\"1\"");
        var visit = await teacher.GetAsync<VisitDetails>(created.Headers.Location!.ToString());
        visit.Visit.State.ShouldBe(VisitState.Scheduled);
        visit.Visit.StartsAt.ShouldBe(request.StartsAt);
        visit.Visit.Minutes.ShouldBe(30);
        visit.Visit.TermId.ShouldBe(district.Term);
        visit.Visit.TeacherId.ShouldBe(district.One.A.Teacher);
        visit.Visit.JointVisitorIds.ShouldBe([district.One.Colleague]);
        visit.Visit.Students.ShouldBe([new StudentView(district.One.A.Students[1], district.One.A.Id)]);
        visit.Topics.ShouldBe(request.Topics);

        var (name, payload) = (await system.EventsOfAsync(visit.Visit.Id)).ShouldHaveSingleItem();
        name.ShouldBe("visits.visit-scheduled");
        payload.ShouldNotContain("走神");
        payload.ShouldContain(district.One.A.Students[1].ToString());
        (await system.AuditOfAsync(visit.Visit.Id)).ShouldBe([("ScheduleVisit", "")]);
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public async Task Three_days_notice_are_asked_for_in_both_languages_and_emergencies_are_exempt()
    {
        var soon = Request(1) with { StartsAt = Http.Now.AddDays(2.99) };
        var chinese = await (await teacher.TryScheduleAsync(soon)).ProblemAsync();
        (chinese.Status, chinese.Code).ShouldBe((422, "visits.notice-too-short"));
        chinese.Title.ShouldContain("至少提前 3 天");
        var english = await (await teacher.TryScheduleAsync(soon, language: "en")).ProblemAsync();
        english.Title.ShouldContain("3 days' notice");
        english.Title.ShouldContain(LocalTime.Text(Http.Now.AddDays(3), "Asia/Shanghai")[..10]);

        await teacher.TryScheduleAsync(soon with { Kind = VisitKind.Emergency }).ShouldSucceedAsync();
    }

    [Fact]
    [Trait("Rule", "VIS-4")]
    public async Task Outside_the_preferred_hours_there_is_a_warning_in_the_callers_language_not_a_refusal()
    {
        var within = await teacher.ScheduleAsync(Request(1));
        within.Warnings.ShouldBeEmpty();
        var noon = Request(2) with { StartsAt = Http.Evening(hour: 12), Minutes = 60 };
        var outside = await (await teacher.TryScheduleAsync(noon, language: "en")).ReadAsync<Appointment>();
        outside.Warnings.Select(w => w.Code).ShouldBe(["visits.outside-window", "visits.unusual-length"]);
        outside.Warnings[0].Message.ShouldContain("19:00–21:00");
    }

    [Fact]
    [Trait("Rule", "VIS-4")]
    public async Task The_third_visit_of_an_evening_and_the_seventh_of_a_week_are_warned_of()
    {
        for (var i = 1; i <= 2; i++)
            (await ScheduleAsync(i, Http.Evening(minute: 40 * (i - 1)))).Warnings.ShouldBeEmpty();
        (await ScheduleAsync(3, Http.Evening(hour: 20, minute: 20))).Warnings.ShouldContain(w => w.Code == "visits.full-day");

        var monday = Http.Evening(days: 8);
        while (monday.DayOfWeek != DayOfWeek.Monday)
            monday = monday.AddDays(1);
        for (var i = 0; i < 6; i++)
            (await ScheduleAsync(4 + i, monday.AddDays(i).AddHours(i == 5 ? -10 : 0))).Warnings.ShouldBeEmpty();
        (await ScheduleAsync(10, monday.AddDays(6).AddHours(-10))).Warnings.Select(w => w.Code).ShouldBe(["visits.full-week"]);

        Task<Appointment> ScheduleAsync(int student, DateTimeOffset at) =>
            teacher.ScheduleAsync(Request(student) with { StartsAt = at });
    }

    [Fact]
    public async Task Siblings_share_a_visit_and_strangers_do_not()
    {
        var (a, b) = (district.One.A.Students, district.One.B.Students);
        var siblings = await teacher.ScheduleAsync(Request(0) with { StudentIds = [a[0], b[0]] });
        (await teacher.GetAsync<VisitDetails>($"/api/visits/{siblings.Id}")).Visit.Students.Count.ShouldBe(2);
        (await teacher.TryScheduleAsync(Request(1) with { StudentIds = [a[1], a[2]] }).MistakesAsync())
            .ShouldBe([("studentIds", "visits.not-one-family")]);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Students_of_another_class_or_school_are_not_found()
    {
        await Refused(district.One.B.Students[1]);
        await Refused(district.Two.A.Students[1]);
        await Refused(Guid.CreateVersion7());
        // A sibling at another school is another school's business.
        await teacher.TryScheduleAsync(Request(0) with { StudentIds = [district.One.A.Students[0], district.Two.A.Students[0]] })
            .ShouldBeUnknownAsync();

        Task Refused(Guid student) => teacher.TryScheduleAsync(Request(1) with { StudentIds = [student] })
            .ShouldBeUnknownAsync();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Only_homeroom_teachers_and_the_schools_admin_schedule()
    {
        foreach (var role in new[] { Role.VicePrincipal, Role.MoralEducationOfficer, Role.Counselor })
            await system.As(district.AtSchool(role, district.One)).TryScheduleAsync(Request(1)).ShouldBeForbiddenAsync();
        await system.As(district.SubjectTeacher(district.One.A)).TryScheduleAsync(Request(1)).ShouldBeForbiddenAsync();
        await system.As(district.Guardian(district.One.A)).TryScheduleAsync(Request(1)).ShouldBeForbiddenAsync();
        await system.As(district.Admin()).TryScheduleAsync(Request(1)).ShouldBeForbiddenAsync();
        await system.AsNobody().TryScheduleAsync(Request(1)).ShouldBeRefusedAsync(401, "access.sign-in-needed");

        var admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        (await (await admin.TryScheduleAsync(Request(1))).ProblemAsync()).Errors!.Single().Code.ShouldBe("visits.teacher-needed");
        await admin.TryScheduleAsync(Request(1) with { TeacherId = district.One.A.Teacher }).ShouldSucceedAsync();
    }

    [Fact]
    public async Task Visitors_are_staff_of_the_school()
    {
        var strangers = Request(1) with
        {
            TeacherId = Guid.CreateVersion7(),
            JointVisitorIds = [district.One.Colleague, district.Two.Colleague],
        };
        (await teacher.TryScheduleAsync(strangers).MistakesAsync())
            .ShouldBe([("teacherId", "visits.not-staff"), ("jointVisitorIds[1]", "visits.not-staff")]);
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public async Task All_mistakes_are_said_at_once_with_their_fields_in_both_languages()
    {
        var wrong = Request(1) with
        {
            StudentIds = [],
            Minutes = 4,
            StartsAt = DateTimeOffset.MaxValue,
            Topics = ["", new string('长', 201), "zero\0byte"],
        };
        var english = await (await teacher.TryScheduleAsync(wrong, language: "en")).ProblemAsync();
        english.Errors!.Select(e => (e.Field, e.Code)).ShouldBe(
        [
            ("studentIds", "request.list"), ("minutes", "request.range"), ("startsAt", "request.time"),
            ("topics[0]", "request.text"), ("topics[1]", "request.text"), ("topics[2]", "request.text"),
        ]);
        english.Errors![1].Message.ShouldBe("Must be between 5 and 240.");
        var chinese = await (await teacher.TryScheduleAsync(wrong)).ProblemAsync();
        chinese.Errors![1].Message.ShouldBe("应在 5 到 240 之间。");
    }

    [Theory]
    [InlineData("""{"studentIds":null,"mode":"video","startsAt":"2026-09-01T19:00:00+08:00"}""")]
    [InlineData("""{"studentIds":["x"],"mode":"video","startsAt":"2026-09-01T19:00:00+08:00"}""")]
    [InlineData("""{"studentIds":[],"mode":"telepathy","startsAt":"2026-09-01T19:00:00+08:00"}""")]
    [InlineData("""{"studentIds":[],"mode":1,"startsAt":"2026-09-01T19:00:00+08:00"}""")]
    [InlineData("""{"studentIds":[],"mode":"video","startsAt":"soon"}""")]
    [InlineData("""{"studentIds":[],"mode":"video","startsAt":"0001-01-01T00:00:00+14:00"}""")]
    [InlineData("""{"studentIds":[],"mode":"video","startsAt":"2026-09-01T19:00:00+08:00","topics":[null]}""")]
    [InlineData("""{"studentIds":[],"mode":"video","startsAt":"2026-09-01T19:00:00+08:00","topics":["\ud800"]}""")]
    [InlineData("{}")]
    [InlineData("[")]
    [InlineData("")]
    public async Task What_no_client_should_send_is_the_clients_mistake(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await teacher.PostAsync(new Uri("/api/visits", UriKind.Relative), content);
        ((int)answer.StatusCode).ShouldBeInRange(400, 499, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_same_key_makes_one_appointment()
    {
        var (request, key) = (Request(1), Guid.CreateVersion7().ToString());
        var first = await (await teacher.TryScheduleAsync(request, key: key)).ReadAsync<Appointment>();
        using var second = await teacher.TryScheduleAsync(request, key: key);
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await second.Content.ReadAsStringAsync()).ShouldContain(first.Id.ToString());
        await teacher.TryScheduleAsync(request with { Minutes = 40 }, key: key)
            .ShouldBeRefusedAsync(422, "request.idempotency-key-reused");
        (await teacher.GetAsync<Page<VisitView>>("/api/visits")).Items.Count.ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public async Task Moving_needs_the_version_that_was_read_and_books_the_new_time_instead()
    {
        var visit = await ScheduleAsync(Request(1));
        var move = new MoveRequest(Http.Evening(days: 9));
        await teacher.OnAsync(visit.Id, "move", move).ShouldBeRefusedAsync(428, "request.if-match-needed");
        await teacher.OnAsync(visit.Id, "move", move, version: 9).ShouldBeOutdatedAsync();
        await teacher.OnAsync(visit.Id, "move", new MoveRequest(Http.Now.AddDays(1)), version: 1)
            .ShouldBeRefusedAsync(422, "visits.notice-too-short");
        await teacher.OnAsync(visit.Id, "move", move, version: 1).ShouldSucceedAsync();

        await ScheduleAsync(Request(2)); // the old time is free
        await teacher.TryScheduleAsync(Request(3) with { StartsAt = move.StartsAt })
            .ShouldBeRefusedAsync(409, "visits.double-booked");
        (await system.EventsOfAsync(visit.Id)).Select(e => e.Name).ShouldBe(["visits.visit-scheduled", "visits.visit-scheduled"]);

        // Half an hour later it would overlap itself: its own time does not count.
        await teacher.OnAsync(visit.Id, "move", new MoveRequest(move.StartsAt.AddMinutes(10)), version: 2).ShouldSucceedAsync();
    }

    [Fact]
    public async Task Of_two_moves_at_one_time_one_wins()
    {
        var visit = await ScheduleAsync(Request(1));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            teacher.OnAsync(visit.Id, "move", new MoveRequest(Http.Evening(days: 9, minute: i)), version: 1)));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK || a.StatusCode == HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    public async Task Calling_off_frees_everybody_and_is_announced()
    {
        var visit = await ScheduleAsync(Request(1));
        await teacher.OnAsync(visit.Id, "cancel", version: 1).ShouldSucceedAsync();
        await ScheduleAsync(Request(1));
        var cancelled = (await system.EventsOfAsync(visit.Id))[^1];
        cancelled.Name.ShouldBe("visits.visit-cancelled");
        cancelled.Payload.ShouldContain("\"declined\":false");
        await teacher.OnAsync(visit.Id, "cancel", version: 2).ShouldBeRefusedAsync(409, "visits.not-open");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Nobody_else_moves_or_cancels_a_visit_or_sees_that_it_exists()
    {
        var visit = await ScheduleAsync(Request(1));
        var (admin, classmates) = (district.AtSchool(Role.SchoolAdmin, district.Two), district.Teacher(district.One.B));
        foreach (var stranger in new[] { classmates, district.Teacher(district.Two.A), admin })
        {
            var client = system.As(stranger);
            await client.OnAsync(visit.Id, "move", new MoveRequest(Http.Evening(days: 9)), version: 1).ShouldBeUnknownAsync();
            await client.OnAsync(visit.Id, "cancel", version: 1).ShouldBeUnknownAsync();
            await client.TryGetAsync($"/api/visits/{visit.Id}").ShouldBeUnknownAsync();
        }
    }

    [Fact]
    public async Task Without_a_term_no_visit_can_count_so_none_is_made()
    {
        var termless = new District();
        await system.PublishAsync([.. termless.Roster().Where(e => e is not TermChanged)]);
        var request = new VisitRequest([termless.One.A.Students[1]], VisitMode.Video, Http.Evening());
        using var client = system.As(termless.Teacher(termless.One.A));
        (await Testing.Eventually.GetAsync(
            async () => (await (await client.TryScheduleAsync(request)).ProblemAsync()).Code, code => code == "visits.no-term"))
            .ShouldBe("visits.no-term");
    }

    [Fact]
    public async Task A_student_without_guardians_is_a_family_alone()
    {
        var (student, today) = (Guid.CreateVersion7(), DateOnly.FromDateTime(Http.Now.UtcDateTime));
        await system.PublishAsync(new RosterChanged(
            district.Id, district.One.Id, 2, Http.Now, [],
            [new RosterEnrolment(Guid.CreateVersion7(), student, district.One.A.Id, null, today, null)], []));
        var request = Request(1) with { StudentIds = [student], Kind = VisitKind.Emergency, StartsAt = Http.Now };
        using var created = await Testing.Eventually.GetAsync(
            () => teacher.TryScheduleAsync(request), answer => answer.IsSuccessStatusCode);
        var visit = await created.ReadAsync<Appointment>();
        var record = new RecordRequest("a", "b", GuardianFeedback.Neutral);
        await teacher.OnAsync(visit.Id, "complete", record, version: 1).ShouldSucceedAsync();
        (await system.EventsOfAsync(visit.Id))[^1].Payload.ShouldContain($"\"familyId\":\"{student}\"");
    }

    [Fact]
    public async Task The_newest_roster_counts_whatever_comes_late_or_twice()
    {
        var today = DateOnly.FromDateTime(Http.Now.UtcDateTime);
        var a = district.One.A;
        var left = new RosterChanged(
            district.Id, district.One.Id, 7, Http.Now, [],
            [new RosterEnrolment(a.Enrolments[5], a.Students[5], a.Id, "07", today.AddDays(-60), today)], []);
        await system.PublishAsync(left);
        var tooSoon = Request(5) with { StartsAt = Http.Now.AddDays(2) };
        await Testing.Eventually.GetAsync(
            async () => (await (await teacher.TryScheduleAsync(tooSoon)).ProblemAsync()).Code,
            code => code == "request.not-found");
        await system.PublishAsync([.. district.Roster(version: 3), left]);
        await system.CreateDistrictAsync(); // what was published before it has been applied
        await teacher.TryScheduleAsync(Request(5)).ShouldBeUnknownAsync();
    }

    private VisitRequest Request(int student) => new([district.One.A.Students[student]], VisitMode.Video, Http.Evening());

    private Task<Appointment> ScheduleAsync(VisitRequest request) => teacher.ScheduleAsync(request);
}
