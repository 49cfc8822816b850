using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Archives.Compliance;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Archives.Tests;

/// <summary>Breach notice, yearly audit and impact assessment: started, tracked, documented, exported and kept.</summary>
[Trait("Rule", "ALL-9")]
public sealed class ComplianceTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_breach_is_due_a_day_after_it_was_noticed_and_cannot_be_closed_before_it_says_what_the_law_asks()
    {
        var noticed = Now.AddHours(-20);
        var opened = await OpenAsync(new(CaseKind.Breach, "一台平板遗失", NoticedAt: noticed));
        (opened.DueAt!.Value - noticed.AddHours(24)).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        (opened.Overdue, opened.Missing).ShouldBe((false, 9));
        archives.Clock.DaysAhead = 1;
        (await ReadAsync(opened.Id)).Case.Overdue.ShouldBeTrue();
        archives.Clock.DaysAhead = 0;

        var version = 1L;
        foreach (var part in (await ReadAsync(opened.Id)).Parts.Where(part => !part.MayBeNotNeeded))
            version = await WriteAsync(opened.Id, part.Key, new($"{part.Title} <已填>"), version);
        using (var refused = await CloseAsync(opened.Id, version))
        {
            var problem = await refused.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.case-incomplete");
            problem["errors"]!.AsArray().Select(error => (string?)error!["field"]).ShouldBe(["parts.persons-notice", "parts.lessons"]);
        }

        version = await WriteAsync(opened.Id, "persons-notice", new(NotNeededBecause: "设备已加密，未造成危害"), version);
        version = await WriteAsync(opened.Id, "lessons", new("统一设备管理"), version);
        using (var closed = await CloseAsync(opened.Id, version))
        {
            var row = (await closed.Content.ReadFromJsonAsync<CaseRow>(Json.Options))!;
            row.KeepUntil!.Value.ShouldBe(DateOnly.FromDateTime(Now.ToOffset(TimeSpan.FromHours(8)).DateTime).AddYears(3));
        }

        (await TryWriteAsync(opened.Id, "facts", new("改写"), version + 1)).ShouldBe((HttpStatusCode.Conflict, "archives.case-closed"));
        using (var again = await CloseAsync(opened.Id, version + 1))
            await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.case-closed");
        archives.Clock.DaysAhead = 9;
        (await ReadAsync(opened.Id)).Case.Overdue.ShouldBeFalse();
    }

    [Fact]
    public async Task Its_documents_say_to_each_reader_what_that_reader_is_owed()
    {
        var opened = await OpenAsync(new(CaseKind.Breach, "误发名单", NoticedAt: Now));
        await WriteAsync(opened.Id, "lessons", new("内部整改"), await WriteAsync(opened.Id, "facts", new("<script>邮件</script>误发"), 1));
        var authority = await PrintAsync(opened.Id, "authority", "zh");
        authority.ShouldContain("个人信息安全事件报告");
        authority.ShouldContain("&lt;script&gt;邮件&lt;/script&gt;误发");
        authority.ShouldContain("（尚未填写）");
        authority.ShouldNotContain("内部资料");
        authority.ShouldContain("盖章");
        authority.ShouldContain("草稿");
        authority.ShouldNotContain("内部整改");
        (await PrintAsync(opened.Id, "record", "en")).ShouldSatisfyAllConditions(
            page => page.ShouldContain("内部整改"), page => page.ShouldContain("What happened, and why"), page => page.ShouldContain("lang=\"en\""), page => page.ShouldContain("class=\"watermark\""));
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE subject_id = $1 AND action = 'PrintComplianceDocument'", opened.Id)).ShouldBe(2);
        (await district.Admin.GetAsync(Address($"{opened.Id}/documents/report"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_year_has_one_audit_and_it_is_filed_by_the_end_of_the_next_january()
    {
        var opened = await OpenAsync(new(CaseKind.YearlyAudit, "年度审计", 2025));
        opened.DueAt.ShouldBe(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.FromHours(8)));
        opened.Overdue.ShouldBeTrue();
        (await TryOpenAsync(new(CaseKind.YearlyAudit, "又一次", 2025))).ShouldBe((HttpStatusCode.Conflict, "archives.audit-exists"));
        (await OpenAsync(new(CaseKind.YearlyAudit, "今年", Now.Year))).Overdue.ShouldBeFalse();
        var races = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => TryOpenAsync(new(CaseKind.YearlyAudit, "同时", 2024))));
        races.Count(answer => answer.Status == HttpStatusCode.Created).ShouldBe(1);
        (await new TestDistrict(archives).Admin.PostAsJsonAsync(Address(""), new CaseRequest(CaseKind.YearlyAudit, "别区", 2025), Json.Options))
            .StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_wrong_is_said_and_nothing_is_written()
    {
        foreach (var wrong in new CaseRequest[]
        {
            new(CaseKind.Breach, "没有时间"), new(CaseKind.Breach, "将来", NoticedAt: Now.AddHours(1)), new(CaseKind.YearlyAudit, "哪一年"),
            new(CaseKind.YearlyAudit, "太早", 2023), new(CaseKind.YearlyAudit, "太晚", Now.Year + 1), new(CaseKind.ImpactAssessment, " "),
        })
        {
            (await TryOpenAsync(wrong)).ShouldBe((HttpStatusCode.BadRequest, "request.invalid"), wrong.Title);
        }

        (await ListAsync("")).ShouldBeEmpty();
        var opened = await OpenAsync(new(CaseKind.ImpactAssessment, "上线心理测评"));
        (await TryWriteAsync(opened.Id, "impact", new(NotNeededBecause: "不想写"), 1)).ShouldBe((HttpStatusCode.BadRequest, "request.invalid"));
        (await TryWriteAsync(opened.Id, "impact", new(), 1)).ShouldBe((HttpStatusCode.BadRequest, "request.invalid"));
        (await TryWriteAsync(opened.Id, "nothing", new("内容"), 1)).ShouldBe((HttpStatusCode.NotFound, "request.not-found"));
        (await TryWriteAsync(opened.Id, "impact", new("内容"), 7)).ShouldBe((HttpStatusCode.PreconditionFailed, "request.changed-meanwhile"));
        (await ReadAsync(opened.Id)).Case.Missing.ShouldBe(5);
    }

    [Fact]
    public async Task They_are_listed_and_exported_and_a_school_has_no_part_in_them()
    {
        var audit = await OpenAsync(new(CaseKind.YearlyAudit, "年度审计", 2025));
        var assessment = await OpenAsync(new(CaseKind.ImpactAssessment, "人脸签到"));
        await WriteAsync(assessment.Id, "decision", new("不上线"), 1);
        (await ListAsync("")).ShouldBe([assessment.Id, audit.Id]);
        (await ListAsync("?kind=yearlyAudit&open=true")).ShouldBe([audit.Id]);
        (await ListAsync("?open=false")).ShouldBeEmpty();

        using var export = await district.Admin.GetAsync(Address("export"));
        export.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
        var lines = (await export.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<CaseBody>(line, Json.Options)!).ToArray();
        lines.Select(line => line.Case.Id).ShouldBe([audit.Id, assessment.Id]);
        lines[1].Parts.Single(part => part.Key == "decision").Written!.Text.ShouldBe("不上线");

        using var school = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, Guid.CreateVersion7(), null, null));
        (await school.GetAsync(Address("export"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var stranger = new TestDistrict(archives).Admin;
        foreach (var path in new[] { "", "/export", $"/{audit.Id}", $"/{audit.Id}/documents/report" })
            (await stranger.GetAsync(Address(path.TrimStart('/')))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private Uri Address(string path) => district.Address(path.Length == 0 ? "compliance-cases" : $"compliance-cases/{path}");

    private async Task<CaseRow> OpenAsync(CaseRequest request)
    {
        using var answer = await district.Admin.PostAsJsonAsync(Address(""), request, Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<CaseRow>(Json.Options))!;
    }

    private async Task<(HttpStatusCode Status, string? Code)> TryOpenAsync(CaseRequest request)
    {
        using var answer = await district.Admin.PostAsJsonAsync(Address(""), request, Json.Options);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    private async Task<CaseBody> ReadAsync(Guid id) =>
        (await district.Admin.GetFromJsonAsync<CaseBody>(Address(id.ToString()), Json.Options))!;

    private async Task<IReadOnlyList<Guid>> ListAsync(string query) =>
        [.. (await district.Admin.GetFromJsonAsync<Page<CaseRow>>(district.Address("compliance-cases" + query), Json.Options))!.Items.Select(row => row.Id)];

    private async Task<string> PrintAsync(Guid id, string document, string language)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address($"{id}/documents/{document}"));
        request.Headers.Add("Accept-Language", language);
        using var answer = await district.Admin.SendAsync(request);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        return await answer.Content.ReadAsStringAsync();
    }

    // Returns the version after it.
    private async Task<long> WriteAsync(Guid id, string part, CasePartRequest text, long version)
    {
        (await TryWriteAsync(id, part, text, version)).ShouldBe((HttpStatusCode.NoContent, null));
        return version + 1;
    }

    private async Task<(HttpStatusCode Status, string? Code)> TryWriteAsync(Guid id, string part, CasePartRequest text, long version)
    {
        using var answer = await SendAsync(HttpMethod.Put, $"{id}/parts/{part}", JsonContent.Create(text, options: Json.Options), version);
        return (
            answer.StatusCode,
            answer.IsSuccessStatusCode ? null : (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    private Task<HttpResponseMessage> CloseAsync(Guid id, long version) => SendAsync(HttpMethod.Post, $"{id}/close", null, version);

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, long version)
    {
        var request = new HttpRequestMessage(method, Address(path)) { Content = body, Headers = { { "If-Match", $"\"{version}\"" } } };
        return district.Admin.SendAsync(request);
    }
}
