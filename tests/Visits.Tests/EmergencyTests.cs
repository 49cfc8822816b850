using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Emergencies;
using HomeSchool.Visits.Ledger;

namespace HomeSchool.Visits.Tests;

/// <summary>
/// Report, clock, escalation, contact, visit, follow-up. Each test has a service of its own: replicas whose clocks are ahead
/// make the calls of all alarms that they find.
/// </summary>
[Trait("Rule", "VIS-9")]
public sealed class EmergencyTests : IAsyncLifetime
{
    private const string Emergencies = "/api/visits/emergencies";

    private readonly VisitsSystem system = new();
    private District district = null!;
    private HttpClient teacher = null!;

    private Guid Student => district.One.A.Students[1];

    public async ValueTask InitializeAsync()
    {
        await system.InitializeAsync();
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
    }

    public ValueTask DisposeAsync() => system.DisposeAsync();

    [Fact]
    public async Task It_goes_from_report_to_follow_up_and_cannot_be_closed_without_one()
    {
        var reporter = system.As(district.SubjectTeacher(district.One.A));
        var receipt = await (await reporter.PostJsonAsync(
            Emergencies, new EmergencyRequest(Student, EmergencyKind.EmotionalCrisis, "哭了一上午"))).ReadAsync<EmergencyReceipt>();
        var id = receipt.Id!.Value;
        var listed = await ListedAsync(id);
        listed.State.ShouldBe(EmergencyState.Reported);
        listed.MinutesLeft.ShouldNotBeNull().ShouldBeInRange(24 * 60 - 5, 24 * 60);
        (await AlertsAsync(teacher)).Single().Id.ShouldBe(id);

        var details = await teacher.GetAsync<EmergencyDetails>($"{Emergencies}/{id}");
        details.Text.ShouldBe("哭了一上午");
        details.Calls.Single().Roles.ShouldBe(["homeroom-teacher"]);

        var followUp = new EmergencyFollowUp(district.One.Colleague, Today.AddDays(7), "每周谈话一次");
        await On(id, "close", followUp, 1).ShouldBeRefusedAsync(409, "visits.emergency-no-contact");
        await On(id, "visit", new EmergencyVisitRequest(Guid.CreateVersion7()), 1).ShouldBeRefusedAsync(400, "request.invalid");
        await On(id, "contact", new FirstContactRequest(VisitMode.Voice), 1).ShouldSucceedAsync();
        await On(id, "contact", new FirstContactRequest(VisitMode.Voice), 2).ShouldBeRefusedAsync(409, "visits.emergency-contact-logged");
        (await AlertsAsync(teacher)).ShouldBeEmpty();
        await On(id, "close", followUp, 2).ShouldBeRefusedAsync(409, "visits.emergency-no-visit");

        // No notice is needed; a routine visit is none.
        var routine = await teacher.ScheduleAsync(new VisitRequest([Student], VisitMode.Video, Http.Evening()));
        await On(id, "visit", new EmergencyVisitRequest(routine.Id), 2).ShouldBeRefusedAsync(400, "request.invalid");
        var visit = await teacher.ScheduleAsync(
            new VisitRequest([Student], VisitMode.InPerson, Http.Now.AddMinutes(30), VisitKind.Emergency));
        await On(id, "visit", new EmergencyVisitRequest(visit.Id), 2).ShouldSucceedAsync();

        await On(id, "close", followUp with { What = " " }, 3).ShouldBeRefusedAsync(400, "request.invalid");
        await On(id, "close", followUp with { OwnerId = Guid.CreateVersion7() }, 3).ShouldBeRefusedAsync(400, "request.invalid");
        await On(id, "close", followUp with { DueOn = Today.AddDays(-2) }, 3).ShouldBeRefusedAsync(400, "request.invalid");
        await On(id, "close", followUp, 3).ShouldSucceedAsync();
        var closed = await teacher.GetAsync<EmergencyDetails>($"{Emergencies}/{id}");
        closed.Emergency.State.ShouldBe(EmergencyState.Closed);
        // It is a follow-up like any other: of its visit, on somebody's list, and overdue one day.
        var left = await teacher.GetAsync<FollowUpView>($"/api/visits/follow-ups/{closed.Emergency.FollowUpId}");
        (left.Text, left.Facts.OwnerId, left.Facts.EntryId, left.Facts.State)
            .ShouldBe(("每周谈话一次", district.One.Colleague, visit.Id, FollowUpState.Open));
        closed.Emergency.BreachedAt.ShouldBeNull();
    }

    [Fact]
    public async Task Its_clock_escalates_before_the_end_and_a_breach_is_recorded_and_announced_once_by_however_many_replicas()
    {
        var officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
        var principal = system.As(district.AtSchool(Role.VicePrincipal, district.One));
        var id = await ReportAsync(teacher);
        (await AlertsAsync(officer)).ShouldBeEmpty();

        system.AsIn(TimeSpan.FromHours(13)).Dispose();
        (await Eventually.GetAsync(() => AlertsAsync(officer), found => found.Count == 1)).Single().Id.ShouldBe(id);
        (await AlertsAsync(principal)).ShouldBeEmpty();
        (await AlertsAsync(system.As(district.AtSchool(Role.MoralEducationOfficer, district.Two)))).ShouldBeEmpty();
        (await AlertsAsync(system.As(district.Teacher(district.One.B)))).ShouldBeEmpty();

        system.AsIn(TimeSpan.FromHours(19)).Dispose();
        (await Eventually.GetAsync(() => AlertsAsync(principal), found => found.Count == 1)).Single().Calls.ShouldBe(3);
        (await ListedAsync(id)).BreachedAt.ShouldBeNull();

        foreach (var ahead in new[] { 25, 26, 27 })
            system.AsIn(TimeSpan.FromHours(ahead)).Dispose();
        (await Eventually.GetAsync(() => ListedAsync(id), found => found.BreachedAt is not null)).BreachedAt.ShouldNotBeNull();
        // They have had their turns when a later one is through.
        var later = await ReportAsync(teacher);
        (await Eventually.GetAsync(() => ListedAsync(later), found => found.BreachedAt is not null)).BreachedAt.ShouldNotBeNull();
        var events = await system.EventsOfAsync(id);
        events.Count(e => e.Name == "visits.alert-due").ShouldBe(4);
        events.Count(e => e.Name == "visits.emergency-breached").ShouldBe(1);
        string.Concat(events.Select(e => e.Payload)).ShouldNotContain(Student.ToString());

        // The breach stays when the family is reached after all.
        await On(id, "contact", new FirstContactRequest(VisitMode.Voice), 2).ShouldSucceedAsync();
        (await ListedAsync(id)).BreachedAt.ShouldNotBeNull();
    }

    [Fact]
    [Trait("Rule", "VIS-21")]
    public async Task On_holidays_whoever_is_on_duty_is_called_and_the_clock_goes_on()
    {
        var days = Enumerable.Range(-1, 4).Select(i => Today.AddDays(i)).ToArray();
        var admin = system.As(district.Admin());
        await admin.PutJsonAsync(
            $"/api/visits/calendars/{district.One.Id}", new CalendarBody([.. days.Select(day => new SpecialDay(day, DayKind.Holiday))]), 0)
            .ShouldSucceedAsync();
        var roster = new DutyRosterBody([.. days.Select(day => new DutyDay(day, district.One.Colleague))]);
        await admin.PutJsonAsync(
            $"/api/visits/duty-rosters/{district.One.Id}", new DutyRosterBody([new DutyDay(Today, Guid.CreateVersion7())]), 0)
            .ShouldBeRefusedAsync(400, "request.invalid");
        await admin.PutJsonAsync($"/api/visits/duty-rosters/{district.One.Id}", roster, 0).ShouldSucceedAsync();
        (await teacher.GetAsync<DutyRosterBody>($"/api/visits/duty-rosters/{district.One.Id}")).Days.Count.ShouldBe(4);

        var onDuty = system.As(district.Teacher(district.One.B) with { PersonId = district.One.Colleague });
        var id = await ReportAsync(teacher);
        (await ListedAsync(id)).MinutesLeft.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(24 * 60);
        (await AlertsAsync(onDuty)).Single().Id.ShouldBe(id);
        (await AlertsAsync(teacher)).Single().Id.ShouldBe(id, "who may log it is called, too");

        // Whoever is on duty reads it and makes the first contact, without a role that handles emergencies.
        var subject = system.As(district.SubjectTeacher(district.One.B) with { PersonId = district.One.Colleague });
        await system.As(district.SubjectTeacher(district.One.B)).TryGetAsync($"{Emergencies}/on-duty/{id}")
            .ShouldBeUnknownAsync();
        var second = await ReportAsync(teacher);
        (await subject.GetAsync<EmergencyDetails>($"{Emergencies}/on-duty/{second}")).Calls.ShouldNotBeEmpty();
        await subject.PostJsonAsync($"{Emergencies}/on-duty/{second}/contact", new FirstContactRequest(VisitMode.Voice), 1)
            .ShouldSucceedAsync();
        (await ListedAsync(second)).State.ShouldNotBe((await ListedAsync(id)).State);
        (await AlertsAsync(subject)).Single().Id.ShouldBe(id);

        system.AsIn(TimeSpan.FromHours(25)).Dispose();
        (await Eventually.GetAsync(() => ListedAsync(id), found => found.BreachedAt is not null)).BreachedAt.ShouldNotBeNull();
        // The vice principal is called all the same.
        (await AlertsAsync(system.As(district.AtSchool(Role.VicePrincipal, district.One)))).Single().Id.ShouldBe(id);
    }

    [Fact]
    public async Task What_a_killed_replica_leaves_the_next_one_does_once()
    {
        var id = await ReportAsync(teacher);
        await using (var killed = await system.StartProcessAsync())
        {
            await system.CountAsync(
                """
                WITH late AS (UPDATE alarm_step SET due_at = now() - interval '1 minute' WHERE alarm_id = $1 AND done_at IS NULL RETURNING 1)
                SELECT count(*) FROM late
                """, id);
        }

        (await Eventually.GetAsync(
            () => system.CountAsync("SELECT count(*) FROM alarm_step WHERE alarm_id = $1 AND done_at IS NOT NULL", id),
            done => done == 4)).ShouldBe(4);
        var calls = (await system.EventsOfAsync(id)).Where(e => e.Name == "visits.alert-due").ToArray();
        calls.Length.ShouldBe(4);
        calls.Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public async Task Only_whose_class_or_school_it_is_see_it_and_others_reach_no_child()
    {
        var id = await ReportAsync(teacher);
        var otherClass = system.As(district.Teacher(district.One.B));
        await otherClass.PostJsonAsync(Emergencies, new EmergencyRequest(Student, EmergencyKind.Other)).ShouldBeUnknownAsync();
        await otherClass.TryGetAsync($"{Emergencies}/{id}").ShouldBeUnknownAsync();
        (await otherClass.GetAsync<ServiceDefaults.Hosting.Page<EmergencyView>>(Emergencies)).Items.ShouldBeEmpty();
        await system.As(district.AtSchool(Role.VicePrincipal, district.Two)).TryGetAsync($"{Emergencies}/{id}").ShouldBeUnknownAsync();
        await system.As(district.Guardian(district.One.A)).TryGetAsync(Emergencies).ShouldBeForbiddenAsync();
        (await system.As(district.AtSchool(Role.Counselor, district.One))
            .GetAsync<EmergencyDetails>($"{Emergencies}/{id}")).Emergency.Id.ShouldBe(id);
        (await system.AuditOfAsync(id)).Select(row => row.Action).ShouldBe(["ReportEmergency", "ReadEmergency"]);
    }

    [Fact]
    public async Task A_special_node_asks_for_a_visit_within_seven_days_until_one_is_held()
    {
        const string Asked = "/api/visits/priority-visits";
        await teacher.PostJsonAsync(Asked, new PriorityVisitRequest(Student, SpecialNode.EntranceExam)).ShouldSucceedAsync();
        var entry = (await teacher.GetAsync<List<PriorityVisitView>>(Asked)).Single();
        entry.DueOn.ShouldBe(Today.AddDays(7));
        (await system.As(district.Teacher(district.One.B)).GetAsync<List<PriorityVisitView>>(Asked)).ShouldBeEmpty();
        var visit = await teacher.ScheduleAsync(new VisitRequest([Student], VisitMode.Video, Http.Now, VisitKind.Emergency));
        await teacher.OnAsync(
            visit.Id, "complete", new { summary = "谈话", agreed = "陪伴", guardianFeedback = "satisfied", heldAt = Http.Now }, 1)
            .ShouldSucceedAsync();
        (await teacher.GetAsync<List<PriorityVisitView>>(Asked)).ShouldBeEmpty();
    }

    private static DateOnly Today => DateOnly.FromDateTime(Http.Now.ToOffset(TimeSpan.FromHours(8)).DateTime);

    private static async Task<List<AlertView>> AlertsAsync(HttpClient client) => await client.GetAsync<List<AlertView>>("/api/visits/alerts");

    private async Task<Guid> ReportAsync(HttpClient client) => (await (await client.PostJsonAsync(
        Emergencies, new EmergencyRequest(Student, EmergencyKind.GradeDrop))).ReadAsync<EmergencyReceipt>()).Id!.Value;

    private async Task<EmergencyView> ListedAsync(Guid id) =>
        (await teacher.GetAsync<ServiceDefaults.Hosting.Page<EmergencyView>>($"{Emergencies}?classId={district.One.A.Id}"))
            .Items.Single(e => e.Id == id);

    private Task<HttpResponseMessage> On(Guid id, string action, object body, long version) =>
        teacher.PostJsonAsync($"{Emergencies}/{id}/{action}", body, version);
}
