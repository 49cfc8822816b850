using HomeSchool.Contracts;
using HomeSchool.Testing;
using HomeSchool.Visits.Emergencies;
using HomeSchool.Visits.Protection;

namespace HomeSchool.Visits.Tests;

/// <summary>
/// A crisis calls until somebody answers. Each test has a service of its own, since replicas are ahead of time.
/// </summary>
[Trait("Rule", "VIS-18")]
public sealed class CrisisTests : IAsyncLifetime
{
    private const string Crises = "/api/visits/crises";

    private readonly VisitsSystem system = new();
    private District district = null!;

    private Guid Student => district.One.A.Students[2];

    public async ValueTask InitializeAsync()
    {
        await system.InitializeAsync();
        district = await system.CreateDistrictAsync();
    }

    public ValueTask DisposeAsync() => system.DisposeAsync();

    [Fact]
    public async Task One_tap_calls_three_people_again_and_again_until_one_answers()
    {
        var reporter = system.As(district.SubjectTeacher(district.One.B));
        var receipt = await (await reporter.PostJsonAsync(Crises, new CrisisRequest(Student))).ReadAsync<CrisisReceipt>();
        receipt.DoNow.Select(todo => todo.Code).ShouldBe(["not-alone", "guardian-told", "referral", "return-plan"]);
        HttpClient[] called =
        [
            system.As(district.AtSchool(Role.Counselor, district.One)), system.As(district.AtSchool(Role.VicePrincipal, district.One)),
            system.As(district.Teacher(district.One.A)),
        ];
        foreach (var client in called)
            (await AlertsAsync(client)).Single().ShouldSatisfyAllConditions(a => a.Id.ShouldBe(receipt.Id), a => a.Kind.ShouldBe(AlarmKind.Crisis));
        HttpClient[] others =
        [
            reporter, system.As(district.Teacher(district.One.B)), system.As(district.AtSchool(Role.Counselor, district.Two)),
            system.As(district.AtSchool(Role.MoralEducationOfficer, district.One)), system.As(district.Admin()),
        ];
        foreach (var client in others)
            (await AlertsAsync(client)).ShouldBeEmpty();

        system.AsIn(TimeSpan.FromMinutes(6)).Dispose();
        (await Eventually.GetAsync(() => AlertsAsync(called[0]), found => found[0].Calls == 2))[0].Calls.ShouldBe(2);
        (await system.EventsOfAsync(receipt.Id)).ShouldSatisfyAllConditions(
            events => events.Select(e => e.Name).ShouldBe(["visits.alert-due", "visits.alert-due"]),
            events => string.Concat(events.Select(e => e.Payload)).ShouldNotContain(Student.ToString()));

        await called[2].PostJsonAsync($"{Crises}/{receipt.Id}/acknowledge", new { }).ShouldSucceedAsync();
        foreach (var client in called)
            (await AlertsAsync(client)).ShouldBeEmpty();
        (await system.CountAsync("SELECT count(*) FROM alarm_step WHERE alarm_id = $1 AND done_at IS NULL", receipt.Id)).ShouldBe(0);
    }

    [Fact]
    public async Task Unanswered_it_calls_the_leads_as_well()
    {
        var admin = system.As(district.Admin());
        await admin.PutJsonAsync(
            $"/api/visits/protection-leads/{district.One.Id}", new ProtectionLeadsBody([district.One.Colleague])).ShouldSucceedAsync();
        await admin.PutJsonAsync(
            $"/api/visits/policies/{district.Id}", new { emergencies = new { crisisCallsBeforeLeads = 1 } }, 0).ShouldSucceedAsync();
        var lead = system.As(district.Teacher(district.One.B) with { PersonId = district.One.Colleague });
        var id = await RaiseAsync();
        (await AlertsAsync(lead)).ShouldBeEmpty();
        system.AsIn(TimeSpan.FromMinutes(6)).Dispose();
        (await Eventually.GetAsync(() => AlertsAsync(lead), found => found.Count == 1)).Single().Id.ShouldBe(id);
        (await lead.GetAsync<List<CrisisView>>(Crises + "/of-leads")).Single().Id.ShouldBe(id);
    }

    [Fact]
    public async Task Its_checklist_is_ticked_by_somebody_at_some_time_and_it_has_no_room_for_a_diagnosis()
    {
        await system.As(district.Admin()).PutJsonAsync(
            $"/api/visits/policies/{district.Id}",
            new { protection = new { crisisChecklist = new[] { new { code = "stay", zh = "陪伴", en = "Stay" } } } }, 0).ShouldSucceedAsync();
        var id = await RaiseAsync();
        var teacher = district.Teacher(district.One.A);
        var client = system.As(teacher);
        await client.PostJsonAsync($"{Crises}/{id}/ticks", new CrisisTick("diagnosis")).ShouldBeRefusedAsync(400, "request.invalid");
        await client.PostJsonAsync($"{Crises}/{id}/ticks", new CrisisTick("stay")).ShouldSucceedAsync();
        var step = (await client.GetAsync<CrisisView>($"{Crises}/{id}")).Checklist.Single();
        (step.Code, step.DoneBy).ShouldBe(("stay", teacher.PersonId));
        step.DoneAt.ShouldNotBeNull();
        (await system.AuditOfAsync(id)).Select(row => row.Action).ShouldBe(["RaiseCrisis", "TickCrisis", "ReadCrisis"]);
        (await system.CountAsync(
            """
            SELECT count(*) FROM information_schema.columns
            WHERE table_name = 'crisis' AND data_type IN ('text', 'bytea', 'character varying') AND $1 IS NOT NULL
            """, id)).ShouldBe(0);
    }

    [Fact]
    public async Task Only_the_three_and_the_leads_see_it()
    {
        var id = await RaiseAsync();
        (await system.As(district.AtSchool(Role.Counselor, district.One)).GetAsync<List<CrisisView>>(Crises)).Single().Id.ShouldBe(id);
        foreach (var grant in new[]
        {
            district.AtSchool(Role.MoralEducationOfficer, district.One), district.AtSchool(Role.SchoolAdmin, district.One),
            district.SubjectTeacher(district.One.A), district.Admin(), district.Guardian(district.One.A),
        })
        {
            await system.As(grant).TryGetAsync($"{Crises}/{id}").ShouldBeForbiddenAsync();
        }

        foreach (var grant in new[]
        {
            district.Teacher(district.One.B), district.AtSchool(Role.Counselor, district.Two), district.AtSchool(Role.VicePrincipal, district.Two),
        })
        {
            await system.As(grant).TryGetAsync($"{Crises}/{id}").ShouldBeUnknownAsync();
            await system.As(grant).PostJsonAsync($"{Crises}/{id}/acknowledge", new { }).ShouldBeUnknownAsync();
        }

        (await system.As(district.AtSchool(Role.MoralEducationOfficer, district.One)).GetAsync<List<CrisisView>>(Crises + "/of-leads"))
            .ShouldBeEmpty();
    }

    private static async Task<List<AlertView>> AlertsAsync(HttpClient client) => await client.GetAsync<List<AlertView>>("/api/visits/alerts");

    private async Task<Guid> RaiseAsync() => (await (await system.As(district.Teacher(district.One.B)).PostJsonAsync(
        Crises, new CrisisRequest(Student))).ReadAsync<CrisisReceipt>()).Id;
}
