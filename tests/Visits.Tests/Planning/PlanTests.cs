using System.Net.Http.Headers;
using System.Text;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Planning;
using HomeSchool.Visits.Programme;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Tests.Planning;

public sealed class PlanTests(VisitsSystem system) : IAsyncLifetime
{
    private static readonly StatedHours Nothing = new([], [], []);

    private District district = null!;
    private HttpClient teacher = null!;

    private string School => $"/api/visits/schools/{district.One.Id}";

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
    [Trait("Rule", "VIS-2")]
    [Trait("Rule", "VIS-5")]
    public async Task One_call_proposes_a_classs_visits_and_one_publishes_them()
    {
        var plan = await ProposeAsync();
        plan.Counts.ShouldBe(new PlanCounts(12, 0, 0, 0));
        var items = await ItemsAsync(plan);
        items.SelectMany(item => item.StudentIds).Order().ShouldBe(district.One.A.Students.Order());
        items.ShouldAllBe(item => item.TeacherId == district.One.A.Teacher && item.StartsAt > Http.Now.AddDays(4));

        var published = await (await teacher.PostJsonAsync($"{School}/plans/{plan.Id}/publish", new { })).ReadAsync<PlanView>();
        published.Counts.ShouldBe(new PlanCounts(0, 0, 12, 0));
        var visits = (await teacher.GetAsync<Page<VisitView>>($"/api/visits?classId={district.One.A.Id}")).Items;
        visits.Select(visit => visit.StartsAt).ShouldBe(items.Select(item => item.StartsAt!.Value).Order());
        (await system.EventsOfAsync(visits[0].Id)).Select(e => e.Name).ShouldBe(["visits.visit-scheduled"]);

        await teacher.PostJsonAsync($"{School}/plans/{plan.Id}/publish", new { })
            .ShouldBeRefusedAsync(409, "visits.plan-published");
        (await ProposeAsync()).Counts!.Planned.ShouldBe(0); // all are agreed
    }

    [Fact]
    [Trait("Rule", "VIS-4")]
    [Trait("Rule", "VIS-5")]
    public async Task Who_was_booked_meanwhile_is_refused_and_the_others_are_published()
    {
        var plan = await ProposeAsync();
        var items = await ItemsAsync(plan);
        await teacher.ScheduleAsync(new VisitRequest(
            [district.One.B.Students[0], district.One.A.Students[0]], VisitMode.Video, items[3].StartsAt!.Value));

        var published = await (await teacher.PostJsonAsync($"{School}/plans/{plan.Id}/publish", new { })).ReadAsync<PlanView>();
        // The sibling's own visit stands; only the teacher's time is taken.
        published.Counts.ShouldBe(new PlanCounts(0, 0, 11, 1));
        var refused = (await ItemsAsync(plan)).Single(item => item.State == PlanItemState.Refused);
        (refused.Id, refused.Refusal, refused.VisitId).ShouldBe((items[3].Id, "visits.double-booked", null));
    }

    [Fact]
    [Trait("Rule", "VIS-5")]
    public async Task What_a_person_has_set_stays_through_another_proposal_and_the_rest_does_not_move()
    {
        var plan = await ProposeAsync();
        var items = await ItemsAsync(plan);
        var noon = Http.Evening(days: 9, hour: 12, minute: 10);
        await teacher.PutJsonAsync(Item(items[5].Id), new PlanItemChange(noon)).ShouldSucceedAsync();
        (await teacher.DeleteAsync(new Uri(Item(items[7].Id), UriKind.Relative))).EnsureSuccessStatusCode();

        var again = await (await teacher.PostJsonAsync($"{School}/plans/{plan.Id}/replan", new { })).ReadAsync<PlanView>();
        again.Counts!.Planned.ShouldBe(12);
        var after = await ItemsAsync(plan);
        after.Single(item => item.State == PlanItemState.Set).StartsAt.ShouldBe(noon);
        var others = items.Where(item => item != items[5] && item != items[7])
            .Select(item => (item.StudentIds[0], item.StartsAt));
        others.Except(after.Select(item => (item.StudentIds[0], item.StartsAt))).ShouldBeEmpty();

        await teacher.PutJsonAsync(Item(after.First(item => item.State == PlanItemState.Proposed).Id), new PlanItemChange(noon))
            .ShouldBeRefusedAsync(409, "visits.double-booked");

        string Item(Guid id) => $"{School}/plans/{plan.Id}/items/{id}";
    }

    [Fact]
    [Trait("Rule", "VIS-5")]
    public async Task A_familys_times_are_kept_and_one_without_any_is_named_with_the_reason()
    {
        var (away, early) = (district.One.A.Students[1], district.One.A.Students[2]);
        using var guardian = system.As(district.Guardian(district.One.A));
        await guardian.PutJsonAsync(Times(away), Nothing, 0).ShouldBeUnknownAsync(); // another's child
        await guardian.PutJsonAsync(Times(district.One.A.Students[0]), Nothing, 0).ShouldSucceedAsync();
        await guardian.PutJsonAsync(Times(district.One.A.Students[0]), Nothing, 0).ShouldBeOutdatedAsync();

        var today = DateOnly.FromDateTime(Http.Now.UtcDateTime);
        await teacher.PutJsonAsync(Times(away), Nothing with { Away = [new(today, today.AddDays(300))] }, 0).ShouldSucceedAsync();
        WeeklyHours[] late = [.. Enum.GetValues<DayOfWeek>().Select(day => new WeeklyHours(day, new(18, 0), new(23, 0)))];
        await teacher.PutJsonAsync(Times(early), Nothing with { Unavailable = late }, 0).ShouldSucceedAsync();

        var plan = await ProposeAsync();
        plan.Counts.ShouldBe(new PlanCounts(11, 1, 0, 0));
        var items = await ItemsAsync(plan);
        var afternoon = items.Single(item => item.StudentIds.Contains(early)).StartsAt!.Value.ToOffset(TimeSpan.FromHours(8));
        afternoon.Hour.ShouldBeLessThan(18);
        var unmet = items.Single(item => item.State == PlanItemState.Unmet);
        (unmet.StudentIds[0], unmet.Reason).ShouldBe((away, UnmetReason.FamilyUnavailable));
        unmet.ReasonText!.ShouldContain("家长");
        using var english = await teacher.SendJsonAsync(
            HttpMethod.Get, $"{School}/plans/{plan.Id}/items?unmet=true", null, language: "en");
        (await english.ReadAsync<Page<PlanItemView>>()).Items.ShouldHaveSingleItem().ReasonText!.ShouldContain("family");

        string Times(Guid student) => $"{School}/students/{student}/family-times";
    }

    [Fact]
    [Trait("Rule", "VIS-23")]
    public async Task Timetables_and_absences_come_by_file_and_the_plan_keeps_them()
    {
        var (today, staff) = (DateOnly.FromDateTime(Http.Now.UtcDateTime), district.One.A.Teacher);
        const string Header = "staffId,weekday,from,to,firstDay,lastDay\n";
        var wrong = await ImportAsync(
            $"{Header}{staff},周八,18:00,21:00,{today:yyyy-MM-dd},{today:yyyy-MM-dd}\n{staff},,9,,x,\n", false);
        wrong.Stored.ShouldBeFalse();
        wrong.Mistakes.Select(m => m.Where).ShouldBe(
            ["line 2, weekday", "line 3, from", "line 3, firstDay", "line 3, lastDay"]);
        (await ImportAsync($"{Header}{Guid.CreateVersion7()},,,,{today:yyyy-MM-dd},{today:yyyy-MM-dd}\n", false)).Mistakes
            .ShouldHaveSingleItem().Code.ShouldBe("visits.not-staff");

        var file = $"{Header}{staff},周二,00:00,23:59,{today:yyyy-MM-dd},{today.AddDays(200):yyyy-MM-dd}\n"
            + $"{staff},,,,{today:yyyy-MM-dd},{today.AddDays(21):yyyy-MM-dd}\n";
        var dry = await ImportAsync(file, true);
        (dry.Lines, dry.Stored).ShouldBe((2, false));
        (await HoursAsync()).ShouldBeEmpty();
        (await ImportAsync(file, false)).Stored.ShouldBeTrue();
        (await ImportAsync(file, false)).Stored.ShouldBeTrue();
        (await HoursAsync()).Count.ShouldBe(2); // what was there is replaced

        var items = await ItemsAsync(await ProposeAsync());
        items.ShouldAllBe(item => item.StartsAt > Http.Now.AddDays(21));
        items.Select(item => Local(item).DayOfWeek).ShouldNotContain(DayOfWeek.Tuesday);
        var absence = new Uri($"{School}/busy-hours/{(await HoursAsync()).Single(hours => hours.Weekday is null).Id}", UriKind.Relative);
        (await teacher.DeleteAsync(absence)).EnsureSuccessStatusCode();
        (await ItemsAsync(await ProposeAsync())).Min(item => item.StartsAt)!.Value.ShouldBeLessThan(Http.Now.AddDays(21));

        static DateTimeOffset Local(PlanItemView item) => item.StartsAt!.Value.ToOffset(TimeSpan.FromHours(8));

        async Task<IReadOnlyList<BusyHoursView>> HoursAsync() =>
            (await teacher.GetAsync<Page<BusyHoursView>>($"{School}/busy-hours?staffId={staff}")).Items;
    }

    [Fact]
    [Trait("Rule", "VIS-19")]
    public async Task A_plan_goes_by_the_schools_programme()
    {
        using var officer = system.As(district.AtSchool(Contracts.Role.MoralEducationOfficer, district.One));
        // The term began 60 days ago.
        var content = new ProgrammeContent("方案", [new Quota(10, 50), new Quota(12, 100)], [], [], []);
        await officer.PutJsonAsync($"/api/visits/programmes/{district.One.Id}/{district.Term}", content, 0).ShouldSucceedAsync();
        var items = await ItemsAsync(await ProposeAsync());
        items.Count(item => item.StartsAt is not null).ShouldBe(12);
        items.ShouldAllBe(item => item.StartsAt < Http.Now.AddDays((12 * 7) - 60 + 1));
    }

    [Fact]
    [Trait("Rule", "VIS-22")]
    public async Task Boarders_are_visited_on_days_without_school()
    {
        var boarder = district.One.A.Students[4];
        await teacher.PutJsonAsync($"/api/visits/settings/{boarder}", new VisitSettingBody(WeekendsOnly: true), 0).ShouldSucceedAsync();
        var items = await ItemsAsync(await ProposeAsync());
        items.Single(item => item.StudentIds.Contains(boarder)).StartsAt!.Value.ToOffset(TimeSpan.FromHours(8)).DayOfWeek
            .ShouldBeOneOf(DayOfWeek.Saturday, DayOfWeek.Sunday);
        // The others' days are drawn: of eleven families one at least is visited on a school day, whatever the draw.
        items.ShouldContain(item => item.StartsAt!.Value.ToOffset(TimeSpan.FromHours(8)).DayOfWeek != DayOfWeek.Saturday
            && item.StartsAt.Value.ToOffset(TimeSpan.FromHours(8)).DayOfWeek != DayOfWeek.Sunday);
    }

    [Fact]
    [Trait("Rule", "VIS-5")]
    public async Task Who_has_left_since_the_proposal_is_not_visited_and_nobody_visits_outside_of_the_term_or_after_the_own_post()
    {
        var plan = await ProposeAsync();
        var items = await ItemsAsync(plan);
        var path = $"{School}/plans/{plan.Id}/items/{items[0].Id}";
        (await teacher.PutJsonAsync(path, new PlanItemChange(Http.Evening(120))).MistakesAsync())
            .ShouldBe([("startsAt", "visits.plan-outside-term")]);

        var student = district.One.A.Students[7];
        var today = DateOnly.FromDateTime(Http.Now.UtcDateTime);
        var gone = new RosterEnrolment(
            district.One.A.Enrolments[7], student, district.One.A.Id, "07", today.AddDays(-60), today.AddDays(-1));
        await system.PublishAsync(new RosterChanged(district.Id, district.One.Id, 2, Http.Now, [], [gone], []));
        await Eventually.GetAsync(async () => (await ProposeAsync()).Counts!.Planned, planned => planned == 11);
        var published = await (await teacher.PostJsonAsync($"{School}/plans/{plan.Id}/publish", new { })).ReadAsync<PlanView>();
        published.Counts.ShouldBe(new PlanCounts(0, 0, 11, 1));
        (await ItemsAsync(plan)).Single(item => item.StudentIds.Contains(student)).Refusal.ShouldBe("visits.plan-not-on-roll");
        await teacher.PutJsonAsync(path, new PlanItemChange(Http.Evening(20))).ShouldBeRefusedAsync(409, "visits.plan-published");
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    [Trait("Rule", "ARC-15")]
    public async Task Who_was_visited_at_another_school_in_this_term_is_not_planned_again()
    {
        var (student, there) = (district.One.A.Students[8], district.Two.B);
        var today = DateOnly.FromDateTime(Http.Now.UtcDateTime);
        var visit = await teacher.ScheduleAsync(
            new VisitRequest([student], VisitMode.Video, Http.Now.AddHours(-2), VisitKind.Emergency));
        await teacher.OnAsync(visit.Id, "complete", new RecordRequest("聊了", "约定", GuardianFeedback.Satisfied), version: 1)
            .ShouldSucceedAsync();
        await system.PublishAsync(
            new RosterChanged(district.Id, district.One.Id, 2, Http.Now, [],
                [new RosterEnrolment(
                    district.One.A.Enrolments[8], student, district.One.A.Id, "07", today.AddDays(-60), today.AddDays(-1))], []),
            new RosterChanged(district.Id, district.Two.Id, 2, Http.Now, [],
                [new RosterEnrolment(Guid.CreateVersion7(), student, there.Id, "07", today, null)], []));
        using var next = system.As(district.Teacher(there));
        await Eventually.GetAsync(
            async () => (await next.GetAsync<Page<WorkItem>>("/api/visits/work?all=true&kind=visit")).Items,
            work => work.Any(item => item.StudentId == student && item.Done == 1));

        var plans = $"/api/visits/schools/{district.Two.Id}/plans";
        var plan = await (await next.PostJsonAsync(plans, new PlanRequest(ClassId: there.Id))).ReadAsync<PlanView>();
        plan.Counts.ShouldBe(new PlanCounts(12, 0, 0, 0));
        (await next.GetAsync<Page<PlanItemView>>($"{plans}/{plan.Id}/items")).Items
            .ShouldAllBe(item => !item.StudentIds.Contains(student));
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Whom_a_document_keeps_from_being_visited_neither_sees_nor_says_when_the_family_is_at_home()
    {
        var child = district.One.A.Students[0];
        var path = $"{School}/students/{child}/family-times";
        using var parent = system.As(district.Guardian(district.One.A));
        await parent.TryGetAsync(path).ShouldSucceedAsync();
        await system.PublishAsync(new GuardianRightsChanged(
            district.Id, Guid.CreateVersion7(), 1, Http.Now, child, district.Parent, [GuardianRight.See], default));
        (await Eventually.GetAsync(async () => (int)(await parent.TryGetAsync(path)).StatusCode, status => status == 404)).ShouldBe(404);
        await parent.PutJsonAsync(path, Nothing, 0).ShouldBeUnknownAsync();
        await teacher.TryGetAsync(path).ShouldSucceedAsync();
    }

    [Fact]
    [Trait("Rule", "VIS-2")]
    [Trait("Rule", "ALL-1")]
    public async Task A_class_is_planned_by_its_teacher_a_school_by_its_officer_and_nobody_elses_plan_is_found()
    {
        var plan = await ProposeAsync();
        using var other = system.As(district.Teacher(district.One.B));
        await other.TryGetAsync($"{School}/plans/{plan.Id}").ShouldBeUnknownAsync();
        await other.PostJsonAsync($"{School}/plans", new PlanRequest(ClassId: district.One.A.Id)).ShouldBeUnknownAsync();
        (await other.GetAsync<Page<PlanView>>($"{School}/plans")).Items.ShouldBeEmpty();
        await teacher.PostJsonAsync($"{School}/plans", new PlanRequest()).ShouldBeUnknownAsync();
        using var elsewhere = system.As(district.AtSchool(Contracts.Role.MoralEducationOfficer, district.Two));
        await elsewhere.PostJsonAsync($"{School}/plans/{plan.Id}/publish", new { }).ShouldBeUnknownAsync();
        using var subject = system.As(district.SubjectTeacher(district.One.A));
        await subject.PostJsonAsync($"{School}/plans", new PlanRequest(ClassId: district.One.A.Id)).ShouldBeForbiddenAsync();

        using var officer = system.As(district.AtSchool(Contracts.Role.MoralEducationOfficer, district.One));
        (await officer.GetAsync<Page<PlanView>>($"{School}/plans")).Items.ShouldHaveSingleItem().Id.ShouldBe(plan.Id);
        var whole = await (await officer.PostJsonAsync($"{School}/plans", new PlanRequest(Grade: "07"))).ReadAsync<PlanView>();
        // The siblings of both classes share a visit; the roster names no homeroom teacher.
        whole.Counts.ShouldBe(new PlanCounts(0, 23, 0, 0));
        var items = (await officer.GetAsync<Page<PlanItemView>>($"{School}/plans/{whole.Id}/items")).Items;
        items.ShouldAllBe(item => item.Reason == UnmetReason.NoTeacher);
        items.Count(item => item.StudentIds.Count == 2).ShouldBe(1);
    }

    private async Task<PlanView> ProposeAsync() =>
        await (await teacher.PostJsonAsync($"{School}/plans", new PlanRequest(ClassId: district.One.A.Id))).ReadAsync<PlanView>();

    private async Task<IReadOnlyList<PlanItemView>> ItemsAsync(PlanView plan) =>
        (await teacher.GetAsync<Page<PlanItemView>>($"{School}/plans/{plan.Id}/items")).Items;

    private async Task<BusyHoursImport> ImportAsync(string csv, bool dryRun)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(csv));
        content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        var path = new Uri($"{School}/busy-hours?dryRun={(dryRun ? "true" : "false")}", UriKind.Relative);
        return await (await teacher.PostAsync(path, content)).ReadAsync<BusyHoursImport>();
    }
}
