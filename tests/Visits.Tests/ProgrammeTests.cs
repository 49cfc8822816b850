using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Programme;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Tests;

/// <summary>The school's visit programme.</summary>
[Trait("Rule", "VIS-19")]
public sealed class ProgrammeTests(VisitsSystem system) : IAsyncLifetime
{
    private readonly DateOnly start = DateOnly.FromDateTime(Http.Now.UtcDateTime).AddDays(-60);
    private District district = null!;
    private HttpClient officer = null!;
    private string path = "";

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
        path = $"/api/visits/programmes/{district.One.Id}/{district.Term}";
        await system.PublishAsync(new RosterChanged(
            district.Id, district.One.Id, 2, Http.Now, [new(district.One.A.Id, "七年级(1)班", "07", null)], [], []));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "VIS-2")]
    public async Task Until_one_is_published_the_policy_says_30_percent_by_week_4_and_everybody_by_the_last()
    {
        using var response = await officer.TryGetAsync(path);
        response.Headers.ETag!.Tag.ShouldBe("\"0\"");
        (await officer.GetAsync<ProgrammeBody>(path)).Content.Quotas.ShouldBe([new Quota(4, 30), new Quota(20, 100)]);
        await officer.TryGetAsync(path + "/sheet").ShouldBeUnknownAsync();
    }

    [Fact]
    public async Task What_the_officer_publishes_holds_for_the_classes_and_for_what_is_due()
    {
        await officer.PutJsonAsync(path, Content(), 0).ShouldSucceedAsync();
        using var teacher = system.As(district.Teacher(district.One.A));
        var inherited = await Eventually.GetAsync(
            async () => await teacher.TryGetAsync($"/api/visits/classes/{district.One.A.Id}/programme") is { IsSuccessStatusCode: true } found
                ? await found.ReadAsync<ProgrammeBody>() : null,
            programme => programme is not null);
        (inherited!.Version, inherited.Content.Themes[0]).ShouldBe((1, "阅读习惯"));
        await system.As(district.Teacher(district.One.B)).TryGetAsync($"/api/visits/classes/{district.One.A.Id}/programme").ShouldBeUnknownAsync();

        var due = await Eventually.GetAsync(
            async () => (await teacher.GetAsync<Page<WorkItem>>("/api/visits/work?all=true")).Items,
            items => items.Count == 12 && items.All(item => item.DueOn == start.AddDays(125)));
        due.ShouldAllBe(item => item.DueOn == start.AddDays(125), "everybody by week 18");
    }

    [Fact]
    public async Task Versions_stay_to_be_read_and_printed_with_room_for_signature_and_seal()
    {
        await officer.PutJsonAsync(path, Content(), 0).ShouldSucceedAsync();
        await officer.PutJsonAsync(path, Content(), 0).ShouldBeOutdatedAsync();
        await officer.PutJsonAsync(path, Content() with { Title = "修订 <稿>" }, 1).ShouldSucceedAsync();
        (await officer.GetAsync<ProgrammeBody>(path)).Content.Title.ShouldBe("修订 <稿>");
        (await officer.GetAsync<ProgrammeBody>(path + "?version=1")).Content.Title.ShouldBe("家访工作方案");
        await officer.TryGetAsync(path + "?version=3").ShouldBeUnknownAsync();
        using var sheet = await officer.SendJsonAsync(HttpMethod.Get, path + "/sheet", null, language: "zh");
        var page = await sheet.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        foreach (var text in new[] { "修订 &lt;稿&gt;", "size: A4", "盖章", "第 18 周末前完成 100%", $"{district.Term:D}", "<dd>2 (" })
            page.ShouldContain(text);
    }

    [Fact]
    public async Task Quotas_grow_to_everybody_within_the_term_and_phases_lie_in_it()
    {
        await officer.PutJsonAsync(path, Content() with { Title = " " }, 0).ShouldBeRefusedAsync(400, "request.invalid");
        foreach (var wrong in new Quota[][] { [new(4, 30)], [new(4, 50), new(8, 40), new(9, 100)], [new(8, 30), new(8, 100)], [new(21, 100)], [new(0, 100)] })
            (await officer.PutJsonAsync(path, Content() with { Quotas = wrong }, 0).MistakesAsync()).ShouldBe([("quotas", "visits.quotas")]);
        var early = Content() with { Phases = [new ProgrammePhase("初", start.AddDays(-1), start)] };
        (await officer.PutJsonAsync(path, early, 0).MistakesAsync()).ShouldBe([("phases[0].to", "visits.phase")]);
        foreach (var other in new[] { district.Teacher(district.One.A), district.AtSchool(Role.SchoolAdmin, district.One), district.Admin() })
            await system.As(other).PutJsonAsync(path, Content(), 0).ShouldBeForbiddenAsync();
        await system.As(district.AtSchool(Role.MoralEducationOfficer, district.Two)).PutJsonAsync(path, Content(), 0).ShouldBeUnknownAsync();
    }

    private ProgrammeContent Content() => new(
        "家访工作方案", [new Quota(5, 40), new Quota(18, 100)], ["阅读习惯"], [new ProgrammePhase("学期初", start, start.AddDays(27))], ["作息"]);
}
