using System.Net.Http.Headers;
using System.Text;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Planning;

namespace HomeSchool.Visits.Tests.Planning;

/// <summary>Timetables and absences that come as calendars.</summary>
[Trait("Rule", "VIS-23")]
public sealed class BusyCalendarTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;

    private string Calendars => $"/api/visits/schools/{district.One.Id}/staff/{district.One.A.Teacher}/busy-calendars";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        teacher.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_upload_replaces_the_calendar_of_its_name_and_plans_and_appointments_keep_to_it()
    {
        var evening = Http.Evening(10, hour: 19);
        var lessons = BusyCalendarFileTests.Calendar(BusyCalendarFileTests.Event(
            "lesson", $"DTSTART:{BusyCalendarFileTests.Stamp(evening.UtcDateTime)}Z", "DURATION:PT2H",
            "RRULE:FREQ=DAILY;COUNT=120"));
        var leave = BusyCalendarFileTests.Calendar(BusyCalendarFileTests.Event(
            "leave", $"DTSTART;VALUE=DATE:{evening:yyyyMMdd}", $"DTEND;VALUE=DATE:{evening.AddDays(20):yyyyMMdd}"));
        var dry = await UploadAsync("课表", lessons, dryRun: true);
        (dry.Events, dry.Times, dry.From, dry.Stored).ShouldBe((1, 120, evening, false));
        (await ListAsync()).ShouldBeEmpty();
        (await UploadAsync("课表", lessons)).Stored.ShouldBeTrue();
        (await UploadAsync("请假", leave)).Stored.ShouldBeTrue();
        (await UploadAsync("请假", leave)).Stored.ShouldBeTrue();
        (await ListAsync()).Select(c => (c.Name, c.Times.Count)).ShouldBe([("请假", 1), ("课表", 120)], ignoreOrder: true);

        // In a lesson an appointment is warned of; beside it, it is not.
        (await ScheduleAsync(1, evening.AddDays(21).AddMinutes(90))).ShouldContain("visits.visitor-busy");
        (await ScheduleAsync(2, evening.AddDays(21).AddMinutes(-60))).ShouldNotContain("visits.visitor-busy");
        var noon = await ScheduleAsync(3, evening.AddDays(1).AddHours(-7));
        noon.ShouldContain("visits.visitor-busy", customMessage: "on leave");
        var items = await ItemsAsync();
        items.ShouldAllBe(at => at < evening.AddHours(-19) || at >= evening.AddDays(19));
        items.Where(at => at > evening).ShouldAllBe(at => at.ToOffset(TimeSpan.FromHours(8)).Hour < 19);

        (await teacher.DeleteAsync(new Uri($"{Calendars}/请假", UriKind.Relative))).EnsureSuccessStatusCode();
        (await ListAsync()).ShouldHaveSingleItem();
        (await ItemsAsync()).Any(at => at > evening && at < evening.AddDays(19)).ShouldBeTrue();

        var wrong = await UploadAsync("课表", "BEGIN:VCALENDAR");
        (wrong.Stored, wrong.Mistakes.Single().Code).ShouldBe((false, "visits.busy-no-calendar"));
        (await ListAsync()).ShouldHaveSingleItem().Times.Count.ShouldBe(120);
        using var other = system.As(district.Teacher(district.One.B));
        await other.TryGetAsync(Calendars).ShouldBeUnknownAsync();
        (await PutAsync(other, $"{Calendars}/课表", lessons)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_lesson_of_the_weeks_timetable_is_warned_of_too()
    {
        var evening = Http.Evening(10);
        var day = DateOnly.FromDateTime(evening.Date);
        await ImportAsync($"{district.One.A.Teacher},{evening.DayOfWeek},18:00,19:20,{day:yyyy-MM-dd},{day:yyyy-MM-dd}");
        (await ScheduleAsync(1, evening)).ShouldBe("visits.visitor-busy");
        (await ScheduleAsync(2, evening.AddMinutes(60))).ShouldBeEmpty();
        (await ScheduleAsync(3, evening.AddDays(7))).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public async Task A_time_that_a_family_proposes_in_a_lesson_is_warned_of_before_anybody_accepts_it()
    {
        var evening = Http.Evening(10);
        var day = DateOnly.FromDateTime(evening.Date);
        await ImportAsync($"{district.One.A.Teacher},{evening.DayOfWeek},18:00,19:20,{day:yyyy-MM-dd},{day:yyyy-MM-dd}");
        (await UploadAsync("课表", BusyCalendarFileTests.Calendar(BusyCalendarFileTests.Event(
            "lesson", $"DTSTART:{BusyCalendarFileTests.Stamp(evening.UtcDateTime.AddHours(3))}Z", "DURATION:PT1H"))))
            .Stored.ShouldBeTrue();
        DateTimeOffset[] proposed = [evening, evening.AddHours(3).AddMinutes(50), evening.AddHours(5)];
        for (var child = 1; child <= proposed.Length; child++)
        {
            var visit = await teacher.ScheduleAsync(
                new VisitRequest([district.One.A.Students[child]], VisitMode.Video, evening.AddDays(child).AddHours(-10)));
            using var guardian = Guardian(child);
            await guardian.OnAsync(visit.Id, "answer", new AnswerRequest(AnswerKind.Propose, proposed[child - 1]), version: 1)
                .ShouldSucceedAsync();
            var shown = (await guardian.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Visit;
            (shown.ProposedStartsAt, shown.ProposalWarnings).ShouldBe((proposed[child - 1], null), "the teacher's timetable");
        }

        await ScheduleAsync(4, evening.AddDays(5));
        var listed = (await teacher.GetAsync<Page<VisitView>>("/api/visits")).Items;
        listed.Select(visit => Codes(visit.ProposalWarnings))
            .ShouldBe(["visits.visitor-busy", "visits.visitor-busy", "", "not proposed"]);
        foreach (var visit in listed)
        {
            Codes((await teacher.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Visit.ProposalWarnings)
                .ShouldBe(Codes(visit.ProposalWarnings));
        }

        var paths = new[] { "/api/visits?size=1", "/api/visits?size=3" };
        (await system.StatementsOfAsync(teacher, paths[0])).ShouldBe(await system.StatementsOfAsync(teacher, paths[1]));

        HttpClient Guardian(int child) => system.As(
            district.Guardian(district.One.A, child) with { PersonId = district.One.A.Guardians[child] });

        static string Codes(IReadOnlyList<WarningText>? warnings) =>
            warnings is null ? "not proposed" : string.Join(' ', warnings.Select(warning => warning.Code));
    }

    private async Task ImportAsync(string line)
    {
        using var csv = new ByteArrayContent(Encoding.UTF8.GetBytes($"staffId,weekday,from,to,firstDay,lastDay\n{line}\n"));
        csv.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        (await (await teacher.PostAsync(new Uri($"/api/visits/schools/{district.One.Id}/busy-hours", UriKind.Relative), csv))
            .ReadAsync<BusyHoursImport>()).Stored.ShouldBeTrue();
    }

    // What it is warned of.
    private async Task<string> ScheduleAsync(int student, DateTimeOffset at) => string.Join(' ', (await teacher.ScheduleAsync(
        new VisitRequest([district.One.A.Students[student]], VisitMode.Video, at))).Warnings.Select(warning => warning.Code));

    private Task<List<BusyCalendarView>> ListAsync() => teacher.GetAsync<List<BusyCalendarView>>(Calendars);

    private async Task<DateTimeOffset[]> ItemsAsync()
    {
        var plans = $"/api/visits/schools/{district.One.Id}/plans";
        var plan = await (await teacher.PostJsonAsync(plans, new PlanRequest(ClassId: district.One.A.Id))).ReadAsync<PlanView>();
        var items = (await teacher.GetAsync<Page<PlanItemView>>($"{plans}/{plan.Id}/items")).Items;
        return [.. items.Select(item => item.StartsAt).OfType<DateTimeOffset>()];
    }

    private async Task<BusyCalendarImport> UploadAsync(string name, string calendar, bool dryRun = false) =>
        await (await PutAsync(teacher, $"{Calendars}/{name}?dryRun={(dryRun ? "true" : "false")}", calendar))
            .ReadAsync<BusyCalendarImport>();

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, string path, string calendar)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(calendar));
        content.Headers.ContentType = new MediaTypeHeaderValue("text/calendar");
        return await client.PutAsync(new Uri(path, UriKind.Relative), content);
    }
}
