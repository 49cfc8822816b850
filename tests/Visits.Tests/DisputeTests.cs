using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Ledger;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-15")]
public sealed class DisputeTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;
    private HttpClient officer = null!;

    private ClassOfTest Class => district.One.A;

    private static DateOnly Today => LocalTime.Day(Http.Now, "Asia/Shanghai");

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(Class));
        officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_dispute_has_start_cause_parties_and_a_resolution_and_is_announced_without_texts()
    {
        var id = await RecordAsync(teacher, new DisputeRequest(
            Class.Students[1], DisputeCategory.Learning, "作业太多", Today.AddDays(-3), [Class.Teacher], [Class.Guardians[1]]));
        await officer.PostJsonAsync($"/api/visits/disputes/{id}/resolve", new ResolutionRequest("x", Today.AddDays(-4)), 1)
            .ShouldBeRefusedAsync(400, "request.invalid");
        await officer.PostJsonAsync($"/api/visits/disputes/{id}/resolve", new ResolutionRequest("减量并道歉"), 1).ShouldSucceedAsync();
        await teacher.PostJsonAsync($"/api/visits/disputes/{id}/resolve", new ResolutionRequest("x"), 1).ShouldBeOutdatedAsync();
        await teacher.PostJsonAsync($"/api/visits/disputes/{id}/resolve", new ResolutionRequest("x"), 2)
            .ShouldBeRefusedAsync(409, "visits.already-closed");

        var view = await teacher.GetAsync<DisputeView>($"/api/visits/disputes/{id}");
        (view.Cause, view.Resolution, view.Facts.ResolvedOn, view.Facts.TermId).ShouldBe(("作业太多", "减量并道歉", Today, district.Term));
        view.Facts.GuardianIds.ShouldBe([Class.Guardians[1]]);
        var told = await system.EventsOfAsync(id);
        told.Select(e => e.Name).ShouldBe(["visits.dispute-changed", "visits.dispute-changed"]);
        string.Concat(told.Select(e => e.Payload)).ShouldSatisfyAllConditions(
            all => all.ShouldNotContain("作业"), all => all.ShouldNotContain(Class.Students[1].ToString()),
            all => all.ShouldContain("\"category\":\"learning\""));
        (await officer.GetAsync<Page<DisputeRow>>($"/api/visits/disputes?classId={Class.Id}")).Items.Single().Id.ShouldBe(id);
        (await system.As(district.Teacher(district.One.B)).GetAsync<Page<DisputeRow>>("/api/visits/disputes")).Items.ShouldBeEmpty();
        await system.As(district.Teacher(district.One.B)).TryGetAsync($"/api/visits/disputes/{id}").ShouldBeUnknownAsync();
    }

    [Fact]
    public async Task Rates_count_for_each_hundred_on_roll_and_compare_terms_with_the_goal()
    {
        var earlier = Guid.CreateVersion7();
        await system.PublishAsync(
            new TermChanged(district.Id, earlier, 2, Http.Now, "Earlier", Today.AddDays(-200), Today.AddDays(-55), 20, null),
            new TermChanged(district.Id, district.Term, 2, Http.Now, "Term", Today.AddDays(-54), Today.AddDays(80), 19, null));
        await Eventually.GetAsync(
            () => officer.GetAsync<DisputeRatesView>(Path(district.One.Id)), rates => rates.Terms.Count == 2);
        // Two in the earlier term, one in this.
        foreach (var (student, days) in new[] { (1, 58), (2, 59), (3, 1) })
            await RecordAsync(teacher, new DisputeRequest(Class.Students[student], DisputeCategory.Peers, "x", Today.AddDays(-days)));

        var school = await officer.GetAsync<DisputeRatesView>(Path(district.One.Id));
        school.Terms.Select(t => (t.Disputes, t.Students, t.PerHundred, t.ChangePercent, t.GoalReached)).ShouldBe(
            [(2, 24, 8.33m, null, null), (1, 24, 4.17m, -50m, true)]);
        var @class = await teacher.GetAsync<DisputeRatesView>(Path(district.One.Id, Class.Id));
        @class.Terms[0].PerHundred.ShouldBe(16.67m);
        var whole = await system.As(district.Admin()).GetAsync<DisputeRatesView>("/api/visits/disputes/rates");
        whole.Terms.Select(t => (t.Disputes, t.Students)).ShouldBe([(2, 48), (1, 48)]);
        (await system.As(district.Admin()).GetAsync<DisputeRatesView>(Path(district.Two.Id))).Terms[1].Disputes.ShouldBe(0);
        await teacher.TryGetAsync(Path(district.One.Id)).ShouldBeUnknownAsync();
        await teacher.TryGetAsync(Path(district.One.Id, district.One.B.Id)).ShouldBeUnknownAsync();
        await officer.TryGetAsync(Path(district.Two.Id)).ShouldBeUnknownAsync();
        (await officer.TryGetAsync("/api/visits/disputes/rates").MistakesAsync()).ShouldBe([("schoolId", "visits.school-needed")]);
    }

    private static string Path(Guid school, Guid? @class = null) =>
        $"/api/visits/disputes/rates?schoolId={school}{(@class is null ? "" : $"&classId={@class}")}";

    private static async Task<Guid> RecordAsync(HttpClient client, DisputeRequest request) =>
        (await (await client.PostJsonAsync("/api/visits/disputes", request)).ReadAsync<WrittenEntry>()).Id;
}
