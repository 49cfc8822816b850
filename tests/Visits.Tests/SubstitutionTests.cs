using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Substitutions;

namespace HomeSchool.Visits.Tests;

/// <summary>Visits and follow-ups change hands (VIS-20).</summary>
[Trait("Rule", "VIS-20")]
[Collection("Replicas that work ahead of time")]
public sealed class SubstitutionTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private ClassOfTest @class = null!;
    private HttpClient teacher = null!;
    private HttpClient admin = null!;
    private DateOnly today;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        @class = district.One.A;
        teacher = system.As(district.Teacher(@class));
        admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        today = LocalTime.Day(Http.Now, "Asia/Shanghai");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Open_visits_of_the_days_and_open_follow_ups_change_hands_in_one_act()
    {
        var before = await ScheduleAsync(1, Http.Evening());
        var within = await ScheduleAsync(2, Http.Evening(20));
        var clash = await ScheduleAsync(3, Http.Evening(20, hour: 20));
        using var other = system.As(district.Teacher(district.One.B));
        await other.ScheduleAsync(new VisitRequest(
            [district.One.B.Students[1]], VisitMode.Video, Http.Evening(20, hour: 20), JointVisitorIds: [district.One.Colleague]));
        var followUp = await LeaveAsync(today.AddDays(25));

        var made = await ArrangeAsync(LocalTime.Day(Http.Evening(20), "Asia/Shanghai"));
        made.VisitIds.ShouldBe([within.Id]);
        made.DoubleBookedIds.ShouldBe([clash.Id]);
        made.FollowUpIds.ShouldBe([followUp]);
        (await TeacherOfAsync(within.Id)).ShouldBe(district.One.Colleague);
        (await TeacherOfAsync(before.Id)).ShouldBe(@class.Teacher);
        (await TeacherOfAsync(clash.Id)).ShouldBe(@class.Teacher, "nothing stays without an owner");
        (await OwnerOfAsync(followUp)).ShouldBe(district.One.Colleague);

        // The absent one is free at that time now, and the substitute is not.
        await ScheduleAsync(4, Http.Evening(20));
        await other.TryScheduleAsync(new VisitRequest(
            [district.One.B.Students[2]], VisitMode.Video, Http.Evening(20), JointVisitorIds: [district.One.Colleague]))
            .ShouldBeRefusedAsync(409, "visits.double-booked");
        (await admin.GetAsync<List<SubstitutionView>>($"/api/visits/schools/{district.One.Id}/substitutions"))
            .ShouldHaveSingleItem().Id.ShouldBe(made.Id);
    }

    [Fact]
    public async Task What_is_still_open_returns_after_the_last_day_and_history_names_who_did_it()
    {
        var (open, closed) = (await LeaveAsync(today.AddDays(1)), await LeaveAsync(today.AddDays(1)));
        (await ArrangeAsync(today)).FollowUpIds.ShouldBe([open, closed], ignoreOrder: true);
        using var substitute = system.As(new Grant(
            Role.HomeroomTeacher, district.One.Colleague, district.Id, district.One.Id, @class.Id, null));
        await substitute.PostJsonAsync($"/api/visits/follow-ups/{closed}/close", new OutcomeRequest("已说清"), 2).ShouldSucceedAsync();
        using var ahead = system.WorkingIn(TimeSpan.FromDays(43));
        (await Eventually.GetAsync(() => OwnerOfAsync(open), owner => owner == @class.Teacher)).ShouldBe(@class.Teacher);
        var done = await teacher.GetAsync<FollowUpView>($"/api/visits/follow-ups/{closed}");
        (done.Facts.OwnerId, done.ClosedBy).ShouldBe((district.One.Colleague, district.One.Colleague));
    }

    [Fact]
    public async Task What_is_due_before_the_first_day_stays()
    {
        var (before, within) = (await LeaveAsync(today.AddDays(1)), await LeaveAsync(today.AddDays(25)));
        (await ArrangeAsync(today.AddDays(20))).FollowUpIds.ShouldBe([within]);
        (await OwnerOfAsync(before)).ShouldBe(@class.Teacher);
    }

    [Fact]
    [Trait("Rule", "VIS-4")]
    public async Task A_substitute_who_is_taken_at_another_school_keeps_only_that_one_visit_from_changing_hands()
    {
        var (clash, free) = (await ScheduleAsync(1, Http.Evening(20)), await ScheduleAsync(2, Http.Evening(20, hour: 20)));
        var colleague = district.One.Colleague;
        await system.PublishAsync(new RosterChanged(district.Id, district.Two.Id, 2, Http.Now, [], [],
            [new RosterPost(Guid.CreateVersion7(), colleague, null, StaffRole.Teacher, null, today.AddDays(-60), null)]));
        using var there = system.As(district.Teacher(district.Two.A));
        var request = new VisitRequest([district.Two.A.Students[1]], VisitMode.Video, Http.Evening(20), JointVisitorIds: [colleague]);
        (await Eventually.GetAsync(
            async () => (int)(await there.TryScheduleAsync(request)).StatusCode, status => status == 201)).ShouldBe(201);

        var made = await ArrangeAsync(today);
        (made.VisitIds, made.DoubleBookedIds).ShouldSatisfyAllConditions(
            all => all.VisitIds.ShouldBe([free.Id]), all => all.DoubleBookedIds.ShouldBe([clash.Id]));
        (await TeacherOfAsync(free.Id)).ShouldBe(colleague);
    }

    [Fact]
    public async Task Nobody_is_substituted_by_a_stranger_by_oneself_or_yesterday()
    {
        var path = $"/api/visits/schools/{district.One.Id}/substitutions";
        var (away, colleague) = (@class.Teacher, district.One.Colleague);
        (await admin.PostJsonAsync(path, new SubstitutionRequest(away, Guid.CreateVersion7(), today)).MistakesAsync())
            .ShouldBe([("substituteId", "visits.not-staff")]);
        (await admin.PostJsonAsync(path, new SubstitutionRequest(away, away, today)).MistakesAsync())
            .ShouldBe([("substituteId", "visits.not-staff")]);
        (await admin.PostJsonAsync(path, new SubstitutionRequest(away, colleague, today.AddDays(-1), today.AddDays(-2))).MistakesAsync())
            .ShouldBe([("startsOn", "visits.substitution-days"), ("endsOn", "visits.substitution-days")]);
        (await admin.PostJsonAsync(path, new SubstitutionRequest(away, colleague, DateOnly.MaxValue)).MistakesAsync())
            .ShouldBe([("startsOn", "visits.substitution-days")]);
        await teacher.PostJsonAsync(path, new SubstitutionRequest(away, colleague, today)).ShouldBeForbiddenAsync();
        await system.As(district.AtSchool(Role.SchoolAdmin, district.Two))
            .PostJsonAsync(path, new SubstitutionRequest(away, colleague, today)).ShouldBeUnknownAsync();
    }

    private async Task<SubstitutionMade> ArrangeAsync(DateOnly from) => await (await admin.PostJsonAsync(
        $"/api/visits/schools/{district.One.Id}/substitutions",
        new SubstitutionRequest(@class.Teacher, district.One.Colleague, from, today.AddDays(40)))).ReadAsync<SubstitutionMade>();

    private Task<Appointment> ScheduleAsync(int student, DateTimeOffset at) =>
        teacher.ScheduleAsync(new VisitRequest([@class.Students[student]], VisitMode.Video, at));

    private async Task<Guid> LeaveAsync(DateOnly dueOn)
    {
        var contact = new ContactRequest([@class.Students[1]], ContactChannel.Phone, "聊了作业");
        var entry = await (await teacher.PostJsonAsync("/api/visits/ledger", contact)).ReadAsync<WrittenEntry>();
        var left = new FollowUpsRequest([new NewFollowUp("再打电话", DueOn: dueOn)]);
        return (await (await teacher.PostJsonAsync($"/api/visits/ledger/{entry.Id}/follow-ups", left)).ReadAsync<WrittenEntries>()).Ids[0];
    }

    private async Task<Guid> TeacherOfAsync(Guid visit) =>
        (await teacher.GetAsync<VisitDetails>($"/api/visits/{visit}")).Visit.TeacherId;

    private async Task<Guid> OwnerOfAsync(Guid followUp) =>
        (await teacher.GetAsync<FollowUpView>($"/api/visits/follow-ups/{followUp}")).Facts.OwnerId;
}
