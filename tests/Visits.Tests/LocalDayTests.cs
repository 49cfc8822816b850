using System.Net;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Tests;

/// <summary>Days are those of the district's clocks, in a district where it is another day than by UTC.</summary>
[Trait("Rule", "ALL-3")]
public sealed class LocalDayTests(VisitsSystem system) : IAsyncLifetime
{
    // Of UTC's day the first hours are the day before in the one zone, the last ones the next day in the other.
    private readonly string zone = Http.Now.TimeOfDay < new TimeSpan(10, 30, 0) ? "Pacific/Pago_Pago" : "Pacific/Kiritimati";
    private District district = null!;
    private HttpClient teacher = null!;

    private SchoolOfTest School => district.One;

    private DateOnly Today => LocalTime.Day(Http.Now, zone);

    private DateOnly Began => Today.AddDays(-60);

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(School.A));
        await system.As(district.Admin()).PutJsonAsync(
            $"/api/visits/policies/{district.Id}", new VisitPolicy { TimeZone = zone }, 0).ShouldSucceedAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "VIS-6")]
    public async Task A_calendar_feed_ends_with_the_last_day_of_the_post()
    {
        var (ended, lasts) = (await FeedAsync(School.A), await FeedAsync(School.B));
        await system.PublishAsync(new RosterChanged(
            district.Id, School.Id, 2, Http.Now, [], [], [Post(School.A, Today.AddDays(-1)), Post(School.B, Today)]));
        (await Eventually.GetAsync(() => StatusOfAsync(ended), status => status == HttpStatusCode.NotFound))
            .ShouldBe(HttpStatusCode.NotFound);
        (await StatusOfAsync(lasts)).ShouldBe(HttpStatusCode.OK);

        RosterPost Post(ClassOfTest @class, DateOnly until) =>
            new(@class.Teacher, @class.Teacher, null, StaffRole.Teacher, null, Began, until);
    }

    [Fact]
    [Trait("Rule", "VIS-22")]
    public async Task What_is_special_about_visits_is_said_until_the_last_day_on_roll()
    {
        await system.PublishAsync(new RosterChanged(
            district.Id, School.Id, 2, Http.Now, [], [Enrolment(1, Today.AddDays(-1)), Enrolment(2, Today)], []));
        (await Eventually.GetAsync(() => SettingAsync(1), status => status == HttpStatusCode.NotFound))
            .ShouldBe(HttpStatusCode.NotFound);
        (await SettingAsync(2)).ShouldBe(HttpStatusCode.OK);

        RosterEnrolment Enrolment(int student, DateOnly until) =>
            new(School.A.Enrolments[student], School.A.Students[student], School.A.Id, "07", Began, until);

        async Task<HttpStatusCode> SettingAsync(int student) =>
            (await teacher.TryGetAsync($"/api/visits/settings/{School.A.Students[student]}")).StatusCode;
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task The_work_list_of_a_term_is_settled_thirty_days_after_its_end()
    {
        var (settled, open) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var (end, next) = (Today.AddDays(-31), Today.AddDays(-30));
        await system.PublishAsync(
            Term(district.Term, next.AddDays(1), Today.AddDays(80), version: 2),
            Term(settled, end.AddDays(-10), end), Term(open, next, next));
        (await Eventually.GetAsync(() => ListedAsync(next), terms => terms.Contains(open))).ShouldContain(open);
        (await ListedAsync(end)).ShouldNotContain(settled);

        TermChanged Term(Guid id, DateOnly from, DateOnly until, long version = 1) =>
            new(district.Id, id, version, Http.Now, "Term", from, until, 5, null);

        async Task<Guid[]> ListedAsync(DateOnly on) =>
        [
            .. (await teacher.GetAsync<Page<WorkItem>>($"/api/visits/work?all=true&on={on:yyyy-MM-dd}")).Items
                .Select(work => work.TermId),
        ];
    }

    private async Task<string> FeedAsync(ClassOfTest @class) => (await (await system.As(district.Teacher(@class)).PostJsonAsync(
        $"/api/visits/schools/{School.Id}/calendar-feed", null)).ReadAsync<FeedLink>()).Url.AbsolutePath;

    private async Task<HttpStatusCode> StatusOfAsync(string path) => (await system.AsNobody().TryGetAsync(path)).StatusCode;
}
