using System.Net;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Policies;

namespace HomeSchool.Visits.Tests;

/// <summary>Calendars answer invitations, subscribe to feeds; families are reminded (VIS-6).</summary>
[Trait("Rule", "VIS-6")]
[Collection("Replicas that work ahead of time")]
public sealed class CalendarExchangeTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;
    private HttpClient guardian = null!;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
        guardian = system.As(district.Guardian(district.One.A));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Another_program_reads_the_invitation_and_its_reply_confirms_or_declines()
    {
        var first = await ScheduleAsync(0);
        var invitation = await InvitationAsync(first.Id);
        var read = await CalendarObjects.ReadAsync(invitation);
        read.Method.ShouldBe("REQUEST");
        read.Events.ShouldHaveSingleItem().ShouldBe(new ReadEvent(
            $"{first.Id}@homeschool", 0, first.StartsAt, first.StartsAt.AddMinutes(30), "TENTATIVE", "家访（视频）"));

        var accepted = await CalendarObjects.AnswerAsync(invitation, "accept");
        await ReplyAsync(guardian, first.Id, accepted).ShouldSucceedAsync();
        (await StateAsync(first.Id)).ShouldBe(VisitState.Confirmed);

        var link = (await teacher.GetAsync<HandedLink>($"/api/visits/{first.Id}/answer-link")).Url.AbsolutePath;
        await SendAsync(system.AsNobody(), link + "/reply", await CalendarObjects.AnswerAsync(invitation, "decline"))
            .ShouldSucceedAsync();
        var details = await teacher.GetAsync<VisitDetails>($"/api/visits/{first.Id}");
        details.Visit.State.ShouldBe(VisitState.Declined);
        details.Answers!.Select(answer => (answer.Kind, answer.Reason))
            .ShouldBe([(AnswerKind.Confirm, "那天, 出差;\n改天"), (AnswerKind.Decline, "那天, 出差;\n改天")]);
        (await CalendarObjects.ReadAsync(await InvitationAsync(first.Id))).Method.ShouldBe("CANCEL");
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public async Task A_counter_proposes_the_time_on_the_clocks_of_its_zone()
    {
        var visit = await ScheduleAsync(0);
        var invitation = await InvitationAsync(visit.Id);
        var day = DateOnly.FromDateTime(Http.Evening(9).DateTime);
        var counter = await CalendarObjects.AnswerAsync(invitation, "counter", $"{day:yyyy-MM-dd}T13:30:00", "Europe/Berlin");
        await ReplyAsync(guardian, visit.Id, counter).ShouldSucceedAsync();
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var begin = day.ToDateTime(new TimeOnly(13, 30));
        (await teacher.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Visit.ProposedStartsAt
            .ShouldBe(new DateTimeOffset(begin, berlin.GetUtcOffset(begin)));
    }

    [Theory]
    [InlineData("20261025T013000Z", null, "2026-10-25T01:30:00Z")]
    [InlineData("20260329T013000", "Europe/Berlin", "2026-03-29T00:30:00Z")]
    [InlineData("20260329T033000", "Europe/Berlin", "2026-03-29T01:30:00Z")]
    [InlineData("20260329T023000", "Europe/Berlin", null)] // the clocks skip it
    [InlineData("20260901T190000", null, "2026-09-01T11:00:00Z")] // floating: the district's clocks
    [InlineData("20260901T190000", "Mars/Olympus", null)]
    [InlineData("20260901", null, null)]
    [Trait("Rule", "ALL-3")]
    public void Times_are_read_with_daylight_saving(string value, string? zone, string? expected)
    {
        var property = zone is null ? "DTSTART" : $"DTSTART;TZID=\"{zone}\"";
        ICalendarReader.Read($"{property}:{value}\r\n").Single().Instant("Asia/Shanghai")
            .ShouldBe(expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_reply_to_an_earlier_time_or_another_visit_or_without_sense_changes_nothing()
    {
        var (visit, other) = (await ScheduleAsync(0), await ScheduleAsync(1, hour: 20));
        var invitation = await InvitationAsync(visit.Id);
        await teacher.OnAsync(visit.Id, "move", new MoveRequest(Http.Evening(days: 9)), version: 1).ShouldSucceedAsync();
        await ReplyAsync(guardian, visit.Id, Reply(visit.Id, 0, "ACCEPTED")).ShouldBeOutdatedAsync();
        await ReplyAsync(guardian, visit.Id, Reply(other.Id, 1, "ACCEPTED")).ShouldBeRefusedAsync(422, "visits.other-invitation");
        foreach (var nonsense in new[]
        {
            Reply(visit.Id, 1, "TENTATIVE"), invitation.Replace("SEQUENCE:0", "SEQUENCE:1", StringComparison.Ordinal),
            Reply(visit.Id, 1, "ACCEPTED") + new string('x', 70_000),
        })
        {
            await ReplyAsync(guardian, visit.Id, nonsense).ShouldBeRefusedAsync(422, "visits.reply-unclear");
        }

        await ReplyAsync(guardian, visit.Id, "").ShouldBeRefusedAsync(422, "visits.other-invitation");
        await ReplyAsync(system.As(district.Guardian(district.One.A, 1)), visit.Id, Reply(visit.Id, 1, "ACCEPTED"))
            .ShouldBeUnknownAsync();
        (await StateAsync(visit.Id)).ShouldBe(VisitState.Scheduled);
        await ReplyAsync(guardian, visit.Id, Reply(visit.Id, 1, "ACCEPTED")).ShouldSucceedAsync();
    }

    [Fact]
    public async Task A_teachers_calendar_subscribes_to_own_and_joint_visits_and_to_nothing_else()
    {
        var own = await ScheduleAsync(0);
        using var colleague = system.As(district.Teacher(district.One.B));
        var joint = await colleague.ScheduleAsync(new VisitRequest(
            [district.One.B.Students[1]], VisitMode.InPerson, Http.Evening(hour: 20), JointVisitorIds: [district.One.A.Teacher],
            Topics: ["机密"]));
        await colleague.ScheduleAsync(new VisitRequest([district.One.B.Students[2]], VisitMode.Video, Http.Evening(hour: 9)));
        await teacher.OnAsync(own.Id, "cancel", version: 1).ShouldSucceedAsync();

        var path = await FeedAsync();
        var text = await TextAsync(path);
        var feed = await CalendarObjects.ReadAsync(text);
        feed.Method.ShouldBe("PUBLISH");
        feed.Events.Select(e => (e.Uid, e.Sequence, e.Status)).ShouldBe(
            [($"{own.Id}@homeschool", 1, "CANCELLED"), ($"{joint.Id}@homeschool", 0, "TENTATIVE")]);
        text.ShouldNotContain("机密");
        text.ShouldNotContain(district.One.B.Students[1].ToString());

        // Unchanged, it is not sent again.
        using var first = await system.AsNobody().GetAsync(new Uri(path, UriKind.Relative));
        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        (await system.AsNobody().SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_feed_ends_with_the_next_link_when_its_owner_says_so_and_with_the_post()
    {
        var old = await FeedAsync();
        var path = await FeedAsync();
        await system.AsNobody().TryGetAsync(old).ShouldBeUnknownAsync();
        await system.AsNobody().TryGetAsync(path + "x").ShouldBeUnknownAsync();
        await TextAsync(path);
        await teacher.SendJsonAsync(HttpMethod.Delete, $"/api/visits/schools/{district.One.Id}/calendar-feed", null)
            .ShouldSucceedAsync();
        await system.AsNobody().TryGetAsync(path).ShouldBeUnknownAsync();
        await guardian.PostJsonAsync($"/api/visits/schools/{district.One.Id}/calendar-feed", null).ShouldBeForbiddenAsync();
        await teacher.PostJsonAsync($"/api/visits/schools/{district.Two.Id}/calendar-feed", null).ShouldBeUnknownAsync();

        path = await FeedAsync();
        var yesterday = DateOnly.FromDateTime(Http.Now.UtcDateTime).AddDays(-1);
        var post = new RosterPost(
            district.One.A.Teacher, district.One.A.Teacher, null, StaffRole.Teacher, null, yesterday.AddDays(-60), yesterday);
        await system.PublishAsync(new RosterChanged(district.Id, district.One.Id, 2, Http.Now, [], [], [post]));
        (await Eventually.GetAsync(
            async () => (await system.AsNobody().TryGetAsync(path)).StatusCode, code => code == HttpStatusCode.NotFound))
            .ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_family_is_reminded_once_however_many_replicas_run_and_not_of_what_was_called_off()
    {
        var (visit, off) = (await ScheduleAsync(0), await ScheduleAsync(1, hour: 20));
        await teacher.OnAsync(off.Id, "cancel", version: 1).ShouldSucceedAsync();
        (await system.RemindersOfAsync(visit.Id)).ShouldBeEmpty();
        var soon = visit.StartsAt - Http.Now - TimeSpan.FromHours(20);
        using var one = system.WorkingIn(soon);
        using var two = system.WorkingIn(soon);
        await Eventually.GetAsync(() => system.RemindersOfAsync(visit.Id), reminders => reminders.Count > 0);
        var last = await ScheduleAsync(2, hour: 8); // reminded of last: the others are through by then
        await Eventually.GetAsync(() => system.RemindersOfAsync(last.Id), reminders => reminders.Count > 0);
        (await system.RemindersOfAsync(visit.Id)).ShouldHaveSingleItem().ShouldNotContain("作业");
        (await system.RemindersOfAsync(off.Id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_school_may_remind_nobody()
    {
        using var admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        await admin.PutJsonAsync(
            $"/api/visits/policies/{district.One.Id}", new VisitPolicy { ReminderHours = 0 }, 0).ShouldSucceedAsync();
        var never = await ScheduleAsync(0);
        using var colleague = system.As(district.Teacher(district.Two.A));
        var other = await colleague.ScheduleAsync(
            new VisitRequest([district.Two.A.Students[1]], VisitMode.Video, Http.Evening(), Topics: ["作业"]));
        using var ahead = system.WorkingIn(other.StartsAt - Http.Now - TimeSpan.FromHours(1));
        await Eventually.GetAsync(() => system.RemindersOfAsync(other.Id), reminders => reminders.Count > 0);
        (await system.RemindersOfAsync(never.Id)).ShouldBeEmpty();
    }

    private static string Reply(Guid visit, int sequence, string answer) =>
        $"""
        BEGIN:VCALENDAR
        METHOD:REPLY
        BEGIN:VEVENT
        UID:{visit}@homeschool
        SEQUENCE:{sequence}
        ATTENDEE;PARTSTAT={answer}:urn:uuid:{visit}
        END:VEVENT
        END:VCALENDAR

        """;

    private static Task<HttpResponseMessage> ReplyAsync(HttpClient client, Guid visit, string calendar) =>
        SendAsync(client, $"/api/visits/{visit}/reply", calendar);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string calendar)
    {
        using var content = new StringContent(calendar, Encoding.UTF8, "text/calendar");
        return await client.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    private Task<Appointment> ScheduleAsync(int student, int hour = 19) => teacher.ScheduleAsync(new VisitRequest(
        [district.One.A.Students[student]], VisitMode.Video, Http.Evening(hour: hour), Topics: ["作业"]));

    private async Task<VisitState> StateAsync(Guid visit) =>
        (await teacher.GetAsync<VisitDetails>($"/api/visits/{visit}")).Visit.State;

    private async Task<string> InvitationAsync(Guid visit)
    {
        using var answer = await guardian.TryGetAsync($"/api/visits/{visit}/invitation.ics");
        return await answer.Content.ReadAsStringAsync();
    }

    private async Task<string> FeedAsync() => (await (await teacher.PostJsonAsync(
        $"/api/visits/schools/{district.One.Id}/calendar-feed", null)).ReadAsync<FeedLink>()).Url.AbsolutePath;

    private async Task<string> TextAsync(string path)
    {
        using var answer = await system.AsNobody().TryGetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync();
    }
}
