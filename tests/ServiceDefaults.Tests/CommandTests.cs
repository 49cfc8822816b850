using System.Net;
using System.Net.Http.Json;
using System.Text;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>What every command keeps: all or nothing, once, audited, with a clear answer.</summary>
public sealed class CommandTests(ProbeFixture probe) : IClassFixture<ProbeFixture>
{
    private static readonly Uri Facts = new("/api/probe/facts", UriKind.Relative);

    private readonly Guid district = Guid.CreateVersion7();
    private readonly Guid school = Guid.CreateVersion7();

    private HttpClient Operator => probe.Client(TestIdentity.DistrictAdmin(district));

    [Fact]
    public async Task A_command_commits_its_row_its_event_and_its_audit_together()
    {
        var fact = new Fact(Guid.CreateVersion7(), district, school);
        using var answer = await Operator.PostAsJsonAsync(Facts, fact);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);

        (await ListedAsync()).ShouldBe([fact]);
        (await Eventually.GetAsync(() => LoggedAsync(fact.Id), logged => logged == 1)).ShouldBe(1);
        (await probe.ScalarAsync<string>(
            "SELECT action || ' ' || permission || ' ' || subject_kind FROM platform.audit WHERE subject_id = $1", fact.Id))
            .ShouldBe("StateFact OperateMessaging fact");
    }

    [Fact]
    public async Task The_correlation_id_of_the_answer_is_in_the_audit_and_goes_on_with_the_event()
    {
        var fact = new Fact(Guid.CreateVersion7(), district, school);
        using var answer = await Operator.PostAsJsonAsync(Facts, fact);
        var correlation = answer.Headers.GetValues("X-Correlation-Id").Single();
        await Eventually.GetAsync(() => LoggedAsync(fact.Id), logged => logged == 1);
        (await probe.ScalarAsync<string>("SELECT traceparent FROM platform.event_log WHERE aggregate_id = $1", fact.Id))
            .ShouldContain(correlation);
        (await probe.ScalarAsync<string>("SELECT correlation_id FROM platform.audit WHERE subject_id = $1", fact.Id)).ShouldBe(correlation);
    }

    [Fact]
    public async Task A_refused_command_changes_nothing()
    {
        var fact = new Fact(Guid.CreateVersion7(), district, Guid.Empty);
        using var answer = await Operator.PostAsJsonAsync(Facts, fact);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        (await ListedAsync()).ShouldBeEmpty();
        (await probe.ScalarAsync<long>("SELECT count(*) FROM platform.audit WHERE subject_id = $1", fact.Id)).ShouldBe(0);
        (await probe.ScalarAsync<long>("SELECT count(*) FROM platform.outbox WHERE aggregate_id = $1", fact.Id)).ShouldBe(0);
    }

    [Theory]
    [InlineData(null, "请填写学校。")]
    [InlineData("en-GB,en;q=0.9", "Name the school.")]
    [InlineData("zh-CN,zh;q=0.9,en;q=0.8", "请填写学校。")]
    [InlineData("fr", "请填写学校。")]
    [Trait("Rule", "ALL-3")]
    public async Task A_mistake_is_named_with_its_field_in_the_callers_language(string? languages, string text)
    {
        using var request = Post(new Fact(Guid.CreateVersion7(), district, Guid.Empty));
        if (languages is not null)
            request.Headers.Add("Accept-Language", languages);
        using var answer = await Operator.SendAsync(request);

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!;
        problem.Code.ShouldBe("request.invalid");
        problem.Errors!.ShouldHaveSingleItem().ShouldBe(new ProblemField("schoolId", "probe.school-needed", text));
        problem.CorrelationId.ShouldBe(answer.Headers.GetValues("X-Correlation-Id").Single());
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("{", "$")]
    [InlineData("[]", "$")]
    [InlineData("null", "$")]
    [InlineData("{}", "$")]
    [InlineData("""{"id":"x","districtId":"x","schoolId":"x"}""", "$.id")]
    [InlineData("""{"id":"019c0000-0000-7000-8000-000000000000","districtId":7,"schoolId":null}""", "$.districtId")]
    public async Task A_body_of_the_wrong_shape_is_the_clients_mistake_and_says_where(string body, string where)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Operator.PostAsync(Facts, content);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!;
        problem.Code.ShouldBe("request.unreadable");
        if (where != "$")
            problem.Title.ShouldContain(where);
    }

    [Fact]
    public async Task What_the_database_refuses_is_answered_with_the_services_own_failure()
    {
        var fact = new Fact(Guid.CreateVersion7(), district, school);
        (await Operator.PostAsJsonAsync(Facts, fact)).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var again = await Operator.PostAsJsonAsync(Facts, fact);
        again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await again.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe("probe.stated-already");
        (await LoggedOrWaitingAsync(fact.Id)).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_answers_the_same_and_acts_once()
    {
        var fact = new Fact(Guid.CreateVersion7(), district, school);
        var client = Operator;
        using var first = await client.SendAsync(Post(fact, "key-1"));
        using var second = await client.SendAsync(Post(fact, "key-1"));
        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
        second.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        (await second.Content.ReadFromJsonAsync<Dictionary<string, Guid>>())!["id"].ShouldBe(fact.Id);
        (await LoggedOrWaitingAsync(fact.Id)).ShouldBe(1);
        (await probe.ScalarAsync<long>("SELECT count(*) FROM platform.audit WHERE subject_id = $1", fact.Id)).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_a_mistake()
    {
        var client = Operator;
        (await client.SendAsync(Post(new Fact(Guid.CreateVersion7(), district, school), "key-2"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var other = await client.SendAsync(Post(new Fact(Guid.CreateVersion7(), district, school), "key-2"));
        other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await ListedAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_of_another_client_is_another_key()
    {
        (await Operator.SendAsync(Post(new Fact(Guid.CreateVersion7(), district, school), "key-3"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Operator.SendAsync(Post(new Fact(Guid.CreateVersion7(), district, school), "key-3"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await ListedAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Twenty_requests_with_one_key_at_once_act_once_and_all_are_answered_alike()
    {
        var fact = new Fact(Guid.CreateVersion7(), district, school);
        var client = Operator;
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.SendAsync(Post(fact, "key-4"))));
        answers.Select(answer => answer.StatusCode).ShouldAllBe(status => status == HttpStatusCode.Created);
        (await LoggedOrWaitingAsync(fact.Id)).ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_request_does_not_use_up_its_key()
    {
        var client = Operator;
        (await client.SendAsync(Post(new Fact(Guid.CreateVersion7(), district, Guid.Empty), "key-5"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.SendAsync(Post(new Fact(Guid.CreateVersion7(), district, school), "key-5"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("ключ")]
    public async Task A_malformed_key_is_a_mistake(string key)
    {
        using var request = Post(new Fact(Guid.CreateVersion7(), district, school));
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var answer = await Operator.SendAsync(request);
        (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe("request.idempotency-key-invalid");
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task An_audit_row_carries_a_mac_that_no_changed_row_has_and_the_service_cannot_change_it()
    {
        var fact = new Fact(Guid.CreateVersion7(), district, school);
        await Operator.PostAsJsonAsync(Facts, fact);

        await using var scope = probe.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Tenancy.CurrentTenancy>().Scope = Tenancy.TenantScope.Of([district]);
        var db = scope.ServiceProvider.GetRequiredService<ProbeDb>();
        var entry = await db.Set<AuditEntry>().AsNoTracking().SingleAsync(row => row.SubjectId == fact.Id);
        var key = scope.ServiceProvider.GetRequiredService<AuditKey>();
        key.Verify(entry).ShouldBeTrue();

        (await Should.ThrowAsync<Npgsql.PostgresException>(
            () => db.Database.ExecuteSqlAsync($"UPDATE platform.audit SET action = 'nothing' WHERE subject_id = {fact.Id}")))
            .SqlState.ShouldBe(Npgsql.PostgresErrorCodes.InsufficientPrivilege);
        (await Should.ThrowAsync<Npgsql.PostgresException>(
            () => db.Database.ExecuteSqlAsync($"DELETE FROM platform.audit WHERE subject_id = {fact.Id}")))
            .SqlState.ShouldBe(Npgsql.PostgresErrorCodes.InsufficientPrivilege);

        // Somebody else at the database can; the MAC tells.
        await probe.ScalarAsync<string>("UPDATE platform.audit SET action = 'nothing' WHERE subject_id = $1 RETURNING action", fact.Id);
        key.Verify(await db.Set<AuditEntry>().AsNoTracking().SingleAsync(row => row.SubjectId == fact.Id)).ShouldBeFalse();
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repetition()
    {
        var client = Operator;
        var facts = Enumerable.Range(0, 7).Select(_ => new Fact(Guid.CreateVersion7(), district, school)).ToArray();
        foreach (var fact in facts)
            await client.PostAsJsonAsync(Facts, fact);

        var seen = new List<Fact>();
        string? next = null;
        do
        {
            var page = (await client.GetFromJsonAsync<Page<Fact>>(new Uri($"/api/probe/facts?size=3&after={next}", UriKind.Relative)))!;
            page.Items.Count.ShouldBeLessThanOrEqualTo(3);
            seen.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);
        seen.ShouldBe(facts.OrderBy(fact => fact.Id));
    }

    [Theory]
    [InlineData("!!!")]
    [InlineData("eyJhIjoxfQ")]
    public async Task A_cursor_that_nobody_gave_out_is_refused(string cursor)
    {
        using var answer = await Operator.GetAsync(new Uri($"/api/probe/facts?after={cursor}", UriKind.Relative));
        (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe("request.cursor-invalid");
    }

    private static HttpRequestMessage Post(Fact fact, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Facts) { Content = JsonContent.Create(fact) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return request;
    }

    private async Task<IReadOnlyList<Fact>> ListedAsync() => (await Operator.GetFromJsonAsync<Page<Fact>>(Facts))!.Items;

    private Task<long> LoggedAsync(Guid id) =>
        probe.ScalarAsync<long>("SELECT count(*) FROM platform.event_log WHERE aggregate_id = $1", id);

    private Task<long> LoggedOrWaitingAsync(Guid id) => probe.ScalarAsync<long>(
        "SELECT (SELECT count(*) FROM platform.event_log WHERE aggregate_id = $1) + (SELECT count(*) FROM platform.outbox WHERE aggregate_id = $1)", id);
}
