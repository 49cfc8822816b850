using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.SpotChecks;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-13")]
public sealed class SpotCheckTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;
    private HttpClient officer = null!;
    private int visits;

    private ClassOfTest Class => district.One.A;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(Class));
        officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Anybody_draws_the_same_from_seed_and_ids()
    {
        // Worked out with Python's hmac and hashlib.
        Guid[] ids = [.. Enumerable.Range(0, 5).Select(i => Guid.Parse($"019aa000-0000-7000-8000-00000000000{i}"))];
        Draw.Take("2026-11-22", ids, 3).ShouldBe([ids[4], ids[1], ids[0]]);
        Draw.Take("2026-11-22", ids.Reverse(), 3).ShouldBe([ids[4], ids[1], ids[0]]);
        Draw.Take("another seed", ids, 5).ShouldNotBe(Draw.Take("2026-11-22", ids, 5));
        Draw.HashOf(ids.Reverse()).ShouldBe("1254ad5006189b12e09c74c40013f7f2a6b7cf8ea88a6b5453c7298080370c94");
    }

    [Theory]
    [InlineData("请打 138 0013 8000 联系", true)]
    [InlineData("身份证 11010519491231002X", true)]
    [InlineData("电话１３８００１３８０００", true)]
    [InlineData("号码幺三八零零幺三八", true)]
    [InlineData("写信到 wang@school.example", true)]
    [InlineData("微信：wang_888", true)]
    [InlineData("某同学每天阅读二十分钟，两周后主动记录了 14 天，2026 年仍在坚持。", false)]
    public void A_text_with_numbers_or_addresses_is_not_anonymous(string text, bool traces) =>
        Anonymity.HasTraces(text).ShouldBe(traces);

    [Fact]
    public async Task A_sample_is_drawn_by_a_published_seed_and_can_be_drawn_again_though_more_records_come()
    {
        var completed = new List<Guid>();
        for (var i = 1; i <= 4; i++)
            completed.Add(await CompleteAsync(i));
        var check = await DrawAsync(new SpotCheckRequest(district.One.Id, 2, Seed: "双色球 2026-130"));
        await CompleteAsync(5);

        check.SeedWasGiven.ShouldBeTrue();
        check.PopulationSize.ShouldBe(4);
        check.Algorithm.ShouldBe(Draw.Algorithm);
        // What was drawn from is stored: not even a visit that is gone changes it.
        await system.CountAsync(
            "WITH gone AS (UPDATE visit SET state = 'Cancelled' WHERE id = $1 RETURNING 1) SELECT count(*) FROM gone",
            completed[0]);
        var population = await officer.GetAsync<Population>($"/api/visits/spot-checks/{check.Id}/population");
        population.VisitIds.ShouldBe(completed, ignoreOrder: true);
        population.Hash.ShouldBe(check.PopulationHash);
        check.Records.Select(r => r.VisitId).ShouldBe(Draw.Take(check.Seed, population.VisitIds, 2));

        using var sheet = await officer.TryGetAsync($"/api/visits/spot-checks/{check.Id}/sheet");
        var page = await sheet.Content.ReadAsStringAsync();
        page.ShouldSatisfyAllConditions(
            p => p.ShouldContain(check.Seed), p => p.ShouldContain(Draw.Algorithm), p => p.ShouldContain(check.PopulationHash),
            p => completed.ShouldAllBe(id => p.Contains(id.ToString(), StringComparison.Ordinal)));

        var random = await DrawAsync(new SpotCheckRequest(district.One.Id, 200, TeacherId: Class.Teacher, TermId: district.Term));
        (random.SeedWasGiven, random.Seed.Length, random.Records.Count).ShouldBe((false, 32, 4));
        (await officer.GetAsync<Page<SpotCheckView>>($"/api/visits/spot-checks?schoolId={district.One.Id}")).Items
            .Select(c => c.Id).ShouldBe([random.Id, check.Id]);
        await officer.PostJsonAsync("/api/visits/spot-checks", new SpotCheckRequest(district.One.Id, 1, ClassId: district.One.B.Id))
            .ShouldBeRefusedAsync(409, "visits.nothing-to-draw");
        await officer.PostJsonAsync("/api/visits/spot-checks", new SpotCheckRequest(district.Two.Id, 1)).ShouldBeUnknownAsync();
        await system.As(district.AtSchool(Role.MoralEducationOfficer, district.Two)).TryGetAsync($"/api/visits/spot-checks/{check.Id}")
            .ShouldBeUnknownAsync();
        await teacher.TryGetAsync($"/api/visits/spot-checks/{check.Id}").ShouldBeForbiddenAsync();
    }

    [Fact]
    public async Task Records_are_graded_by_the_checklist_and_each_teacher_sees_the_own_results()
    {
        var visit = await CompleteAsync(1);
        var check = await DrawAsync(new SpotCheckRequest(district.One.Id, 1));
        var path = $"/api/visits/spot-checks/{check.Id}/records/{visit}";
        (await officer.PutJsonAsync(path, new GradeRequest(1, [5, 5]), 0).MistakesAsync()).ShouldBe([("points", "request.list")]);
        (await officer.PutJsonAsync(path, new GradeRequest(1, [5, 6, 0, 0]), 0).MistakesAsync())
            .ShouldBe([("points[1]", "request.range")]);
        await officer.PutJsonAsync(path, new GradeRequest(1, [5, 4, 5, 0], Comment: "跟进不足"), 0).ShouldSucceedAsync();
        await officer.PutJsonAsync(path, new GradeRequest(1, [5, 5, 5, 5]), 0).ShouldBeOutdatedAsync();

        (await officer.GetAsync<SpotCheckView>($"/api/visits/spot-checks/{check.Id}")).Records.Single().Score.ShouldBe(74m);
        var result = (await teacher.GetAsync<SpotCheckResult[]>("/api/visits/spot-checks/results")).Single();
        (result.Score, result.Comment, result.VisitId).ShouldBe((74m, "跟进不足", visit));
        (await system.As(district.Teacher(district.One.B)).GetAsync<SpotCheckResult[]>("/api/visits/spot-checks/results")).ShouldBeEmpty();

        // The grade is of the version that was read, whatever is corrected since.
        await teacher.PutJsonAsync($"/api/visits/{visit}/record", new RecordTexts("改了", "约定", GuardianFeedback.Satisfied), 1)
            .ShouldSucceedAsync();
        (await officer.GetAsync<SpotCheckView>($"/api/visits/spot-checks/{check.Id}")).Records.Single().RecordVersion.ShouldBe(1);
        result.RecordVersion.ShouldBe(1);
        (await officer.PutJsonAsync(path, new GradeRequest(3, [5, 5, 5, 5]), 1).MistakesAsync())
            .ShouldBe([("recordVersion", "visits.no-such-version")]);
        await officer.PutJsonAsync(path, new GradeRequest(2, [5, 5, 5, 5]), 1).ShouldSucceedAsync();
        (await officer.GetAsync<SpotCheckView>($"/api/visits/spot-checks/{check.Id}")).Records.Single().RecordVersion.ShouldBe(2);

        // What the officer reads is read where everybody reads it, and audited.
        await officer.TryGetAsync($"/api/visits/{visit}/record").ShouldSucceedAsync();
        (await system.AuditOfAsync(visit)).Count(a => a.Action == "ReadVisitRecord").ShouldBe(1);
    }

    [Fact]
    public async Task An_excellent_case_is_shared_without_traces_and_only_after_teacher_and_officer_agreed()
    {
        var visit = await CompleteAsync(1);
        var check = await DrawAsync(new SpotCheckRequest(district.One.Id, 1));
        var record = $"/api/visits/spot-checks/{check.Id}/records/{visit}";
        var text = new CaseText("从沉默到开口", "某同学起初不愿说话，教师从其爱好谈起。");
        await officer.PostJsonAsync($"{record}/case", text).ShouldBeRefusedAsync(409, "visits.not-excellent");
        await officer.PutJsonAsync(record, new GradeRequest(1, [5, 5, 5, 5], Excellent: true), 0).ShouldSucceedAsync();
        (await officer.PostJsonAsync($"{record}/case", text with { Text = "电话 13800138000" }).MistakesAsync())
            .ShouldBe([("text", "visits.not-anonymous")]);
        var id = (await (await officer.PostJsonAsync($"{record}/case", text)).ReadAsync<ProposedCase>()).Id;
        var path = $"/api/visits/spot-checks/cases/{id}";

        await officer.PostJsonAsync($"{path}/share", new ShareRequest(), 1).ShouldBeRefusedAsync(409, "visits.consent-missing");
        await system.As(district.Teacher(district.One.B)).PostJsonAsync($"{path}/consent", null, 1).ShouldBeUnknownAsync();
        (await teacher.GetAsync<CaseView>(path)).Text.ShouldBe(text);
        await teacher.PostJsonAsync($"{path}/consent", null, 1).ShouldSucceedAsync();
        (await SharedAsync(district.One)).ShouldBeEmpty();
        await officer.PostJsonAsync($"{path}/share", new ShareRequest(), 2).ShouldSucceedAsync();
        await officer.PostJsonAsync($"{path}/share", new ShareRequest(true), 3).ShouldBeRefusedAsync(409, "visits.case-decided");
        (await SharedAsync(district.One)).Single().Text.ShouldBe(text.Text);
        (await SharedAsync(district.Two)).ShouldBeEmpty();
        await officer.PostJsonAsync($"{path}/withdraw", null, 3).ShouldSucceedAsync();
        (await SharedAsync(district.One)).ShouldBeEmpty();

        var again = (await (await officer.PostJsonAsync($"{record}/case", text)).ReadAsync<ProposedCase>()).Id;
        await teacher.PostJsonAsync($"/api/visits/spot-checks/cases/{again}/consent", null, 1).ShouldSucceedAsync();
        await officer.PostJsonAsync($"/api/visits/spot-checks/cases/{again}/share", new ShareRequest(true), 2).ShouldSucceedAsync();
        (await SharedAsync(district.Two)).Single().Id.ShouldBe(again);
    }

    private async Task<IReadOnlyList<SharedCaseView>> SharedAsync(SchoolOfTest school) =>
        (await system.As(district.Teacher(school.B)).GetAsync<Page<SharedCaseView>>("/api/visits/spot-checks/cases/shared")).Items;

    private async Task<SpotCheckView> DrawAsync(SpotCheckRequest request) =>
        await (await officer.PostJsonAsync("/api/visits/spot-checks", request)).ReadAsync<SpotCheckView>();

    private async Task<Guid> CompleteAsync(int student)
    {
        var at = Http.Now.AddHours(-2 * ++visits);
        var visit = await teacher.ScheduleAsync(new VisitRequest([Class.Students[student]], VisitMode.Video, at, VisitKind.Emergency));
        await teacher.OnAsync(visit.Id, "complete", new RecordRequest("聊了", "约定", GuardianFeedback.Satisfied), version: 1)
            .ShouldSucceedAsync();
        return visit.Id;
    }
}
