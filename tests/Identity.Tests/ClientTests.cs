using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Identity.Clients;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HomeSchool.Identity.Tests;

/// <summary>Programs that sign in by themselves: RFC 6749 §4.4.</summary>
public sealed class ClientTests(IdentityFixture fixture)
{
    private static readonly CreateClient Dashboard = new("大屏 1", [Permission.FeedRead, Permission.CoverageRead]);

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_machine_gets_a_token_that_allows_its_scopes_and_no_more()
    {
        var made = await CreateAsync(fixture.Admin, Dashboard);
        var answer = await TokenAsync(made);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        answer.Body.EnumerateObject().Select(member => member.Name)
            .ShouldBe(["access_token", "token_type", "expires_in", "scope"], ignoreOrder: true);
        answer.Text("token_type").ShouldBe("Bearer");
        answer.Text("scope").ShouldBe("coverageRead feedRead");
        answer.Body.GetProperty("expires_in").GetInt32().ShouldBe((int)Tokens.Lifetime.TotalSeconds);

        var caller = CallerOf(answer);
        (caller.AccountId, caller.ClientId, caller.Name).ShouldBe((null, made.Id, $"client:{made.Id:N}"));
        Enum.GetValues<Permission>().Where(permission => caller.With(permission).Any())
            .ShouldBe([Permission.CoverageRead, Permission.FeedRead]);
        caller.ScopeOf(Permission.FeedRead).Districts.ShouldBe([fixture.District]);

        using var client = fixture.Replica.Client(answer.Text("access_token"));
        (await RefusalAsync(client, "/api/identity/me")).ShouldBe("access.sign-in-needed");
        (await RefusalAsync(client, "/api/identity/me/sessions")).ShouldBe("access.sign-in-needed");
        (await RefusalAsync(client, "/api/identity/clients")).ShouldBe("access.forbidden");
        (await RefusalAsync(client, "/api/identity/invitations")).ShouldBe("access.forbidden");
    }

    [Fact]
    public async Task A_token_may_be_narrower_than_its_client_and_never_wider()
    {
        var made = await CreateAsync(fixture.Admin, Dashboard);
        var narrow = await TokenAsync(made, "feedRead");
        narrow.Text("scope").ShouldBe("feedRead");
        CallerOf(narrow).With(Permission.CoverageRead).ShouldBeEmpty();
        foreach (var scope in new[] { "feedRead rosterRead", "auditRead", "FeedRead", "nothing", "\"" })
        {
            var wide = await TokenAsync(made, scope);
            (wide.Status, wide.Text("error")).ShouldBe((HttpStatusCode.BadRequest, "invalid_scope"));
        }
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task An_administrator_makes_clients_for_the_own_place_only()
    {
        var roster = await fixture.RosterAsync();
        var (school, other) = (await JoinAsync(roster.A), await JoinAsync(roster.B));
        var teacher = await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher));

        var made = await CreateAsync(school, Dashboard with { SchoolId = roster.A.Id });
        var grant = CallerOf(await TokenAsync(made)).Grants.ShouldHaveSingleItem();
        grant.ShouldBe(new Grant(Role.MachineClient, null, fixture.District, roster.A.Id, null, null));

        (await TryCreateAsync(school, Dashboard)).ShouldBe("access.forbidden");
        (await TryCreateAsync(school, Dashboard with { SchoolId = roster.B.Id })).ShouldBe("identity.school-unknown");
        (await TryCreateAsync(fixture.Admin, Dashboard with { SchoolId = Guid.CreateVersion7() }))
            .ShouldBe("identity.school-unknown");
        (await TryCreateAsync(teacher, Dashboard with { SchoolId = roster.A.Id })).ShouldBe("access.forbidden");

        (await ListAsync(school)).Select(client => client.Id).ShouldBe([made.Id]);
        (await ListAsync(other)).ShouldBeEmpty();
        (await ListAsync(fixture.Admin)).ShouldContain(client => client.Id == made.Id);
        (await WithdrawAsync(other, made.Id)).ShouldBe(HttpStatusCode.NotFound);
        using var renewed = await other.Client.PostAsync($"/api/identity/clients/{made.Id}/secret", new { });
        renewed.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await WithdrawAsync(school, made.Id)).ShouldBe(HttpStatusCode.NoContent);
        (await WithdrawAsync(school, made.Id)).ShouldBe(HttpStatusCode.NotFound);
        (await ListAsync(school)).ShouldHaveSingleItem().WithdrawnAt.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("", "feedRead", 1)]
    [InlineData("大屏", "", 1)]
    [InlineData("大屏", "archiveRead", 1)]
    [InlineData("大屏", "feedRead visitRecordRead", 1)]
    [InlineData("大屏", "feedRead", -1)]
    public async Task What_a_client_may_be_is_checked(string name, string scopes, int days)
    {
        var request = new CreateClient(
            name, [.. scopes.Split(' ').Select(Scopes.Parse).OfType<Permission>()],
            ExpiresAt: TimeProvider.System.GetUtcNow().AddDays(days));
        (await TryCreateAsync(fixture.Admin, request)).ShouldBe("request.invalid");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_client_that_is_withdrawn_or_renewed_is_void_everywhere_within_two_seconds()
    {
        var (first, second) = (await CreateAsync(fixture.Admin, Dashboard), await CreateAsync(fixture.Admin, Dashboard));
        var elsewhere = fixture.System.Start();
        using var one = elsewhere.Client((await TokenAsync(first)).Text("access_token"));
        using var two = elsewhere.Client((await TokenAsync(second)).Text("access_token"));
        (await RefusalAsync(one, "/api/identity/me")).ShouldBe("access.sign-in-needed");

        using var answer = await fixture.Admin.Client.PostAsync($"/api/identity/clients/{first.Id}/secret", new { });
        var renewed = await answer.ReadAsync<ClientSecret>(HttpStatusCode.OK);
        (await WithdrawAsync(fixture.Admin, second.Id)).ShouldBe(HttpStatusCode.NoContent);

        foreach (var client in new[] { one, two })
        {
            (await Eventually.GetAsync(
                () => RefusalAsync(client, "/api/identity/me"), code => code == "access.revoked", seconds: 2))
                .ShouldBe("access.revoked");
        }

        (await TokenAsync(first)).Text("error").ShouldBe("invalid_client");
        (await TokenAsync(second)).Text("error").ShouldBe("invalid_client");
        using var again = elsewhere.Client((await TokenAsync(renewed)).Text("access_token"));
        (await RefusalAsync(again, "/api/identity/me")).ShouldBe("access.sign-in-needed");
    }

    [Fact]
    public async Task A_client_ends_when_it_was_said_to_and_its_last_token_with_it()
    {
        var replica = fixture.System.Start();
        var end = TimeProvider.System.GetUtcNow().AddMinutes(20);
        var made = await CreateAsync(fixture.Admin, Dashboard with { ExpiresAt = end });
        replica.Clock.Advance(TimeSpan.FromMinutes(10));
        (await TokenAsync(made, replica: replica)).Body.GetProperty("expires_in").GetInt32().ShouldBeInRange(550, 600);
        replica.Clock.Advance(TimeSpan.FromMinutes(11));
        (await TokenAsync(made, replica: replica)).Text("error").ShouldBe("invalid_client");
    }

    [Fact]
    public async Task Unknown_wrong_withdrawn_and_locked_get_one_and_the_same_answer()
    {
        var made = await CreateAsync(fixture.Admin, Dashboard);
        var withdrawn = await CreateAsync(fixture.Admin, Dashboard);
        await WithdrawAsync(fixture.Admin, withdrawn.Id);
        var wrong = await TokenAsync(made with { Secret = "wrong" });
        (wrong.Status, wrong.Challenge, wrong.Text("error"))
            .ShouldBe((HttpStatusCode.Unauthorized, "Basic realm=\"homeschool\"", "invalid_client"));
        for (var i = 1; i < Account.MostFailures; i++)
            await TokenAsync(made with { Secret = "wrong" });

        var unknown = new ClientSecret(Guid.CreateVersion7(), made.Secret);
        foreach (var refused in new[] { unknown, withdrawn, made, made with { Secret = "" } })
        {
            var answer = await TokenAsync(refused);
            (answer.Status, answer.Challenge, answer.Body.ToString())
                .ShouldBe((wrong.Status, wrong.Challenge, wrong.Body.ToString()));
        }

        var later = fixture.System.Start();
        later.Clock.Advance(Account.LockTime);
        (await TokenAsync(made, replica: later)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Many_workers_of_one_client_may_ask_at_the_same_time()
    {
        var made = await CreateAsync(fixture.Admin, Dashboard);
        var answers = await Task.WhenAll(Enumerable.Range(0, 3 * Account.MostFailures).Select(_ => TokenAsync(made)));
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("grant_type=password", "unsupported_grant_type")]
    [InlineData("grant_type=refresh_token", "unsupported_grant_type")]
    [InlineData("", "invalid_request")]
    [InlineData("grant_type=", "invalid_request")]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_secret=twice", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_id=another", "invalid_request")]
    public async Task A_bad_request_is_told_as_the_rfc_says(string form, string error)
    {
        var made = await CreateAsync(fixture.Admin, Dashboard);
        var answer = await SendAsync(fixture.Replica, form, Basic(made));
        (answer.Status, answer.Text("error")).ShouldBe((HttpStatusCode.BadRequest, error));
        // %x20-21 / %x23-5B / %x5D-7E
        answer.Text("error_description").ShouldAllBe(c => c >= ' ' && c <= '~' && c != '"' && c != '\\');
        answer.Text("title").ShouldContain("。");
    }

    [Fact]
    public async Task Credentials_may_be_in_the_form_and_a_scope_without_a_value_is_none()
    {
        var made = await CreateAsync(fixture.Admin, Dashboard);
        var answer = await SendAsync(
            fixture.Replica, $"grant_type=client_credentials&client_id={made.Id}&client_secret={made.Secret}&scope=", null);
        answer.Text("scope").ShouldBe("coverageRead feedRead");
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task The_audit_tells_who_made_a_client_and_that_a_machine_got_tokens()
    {
        var made = await CreateAsync(fixture.Admin, Dashboard);
        await TokenAsync(made);
        await TokenAsync(made with { Secret = "wrong" });
        await WithdrawAsync(fixture.Admin, made.Id);
        var admin = (await fixture.Admin.MeAsync()).Id;
        var rows = await fixture.System.QueryAsync(
            $"""
            SELECT action || ' ' || actor FROM platform.audit
            WHERE subject_kind = 'client' AND subject_id = '{made.Id}' AND district_id = '{fixture.District}' ORDER BY at
            """);
        rows.ShouldBe(
        [
            $"CreateClient account:{admin:N}", $"IssueClientToken client:{made.Id:N}", $"ClientTokenRefused client:{made.Id:N}",
            $"WithdrawClient account:{admin:N}",
        ]);
        (await fixture.System.QueryAsync($"SELECT row_to_json(c)::text FROM client c WHERE id = '{made.Id}'"))[0]
            .ShouldNotContain(made.Secret);
    }

    private static Caller CallerOf(Answer answer) => Caller.Of(new ClaimsPrincipal(
        new ClaimsIdentity(new JsonWebToken(answer.Text("access_token")).Claims, "test")));

    private static async Task<string> RefusalAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        return await answer.CodeAsync();
    }

    private static async Task<ClientSecret> CreateAsync(Person by, CreateClient request)
    {
        using var answer = await by.Client.PostAsync("/api/identity/clients", request);
        return await answer.ReadAsync<ClientSecret>(HttpStatusCode.Created);
    }

    private static async Task<string> TryCreateAsync(Person by, CreateClient request)
    {
        using var answer = await by.Client.PostAsync("/api/identity/clients", request);
        return await answer.CodeAsync();
    }

    private static async Task<IReadOnlyList<ClientState>> ListAsync(Person by) =>
        (await by.Client.GetAsync<Page<ClientState>>("/api/identity/clients?size=500")).Items;

    private static async Task<HttpStatusCode> WithdrawAsync(Person by, Guid id)
    {
        using var answer = await by.Client.DeleteAsync(new Uri($"/api/identity/clients/{id}", UriKind.Relative));
        return answer.StatusCode;
    }

    private Task<Answer> TokenAsync(ClientSecret client, string? scope = null, Replica? replica = null) => SendAsync(
        replica ?? fixture.Replica,
        "grant_type=client_credentials" + (scope is null ? "" : "&scope=" + Uri.EscapeDataString(scope)), Basic(client));

    private static AuthenticationHeaderValue Basic(ClientSecret client) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{client.Id}:{client.Secret}")));

    private static async Task<Answer> SendAsync(Replica replica, string form, AuthenticationHeaderValue? authorization)
    {
        using var client = replica.Client();
        client.DefaultRequestHeaders.Authorization = authorization;
        using var answer = await client.PostAsync(
            new Uri("/api/identity/oauth/token", UriKind.Relative),
            new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded"));
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return new Answer(answer.StatusCode, answer.Headers.WwwAuthenticate.ToString(), body.RootElement.Clone());
    }

    private Task<Person> JoinAsync(TestSchool school) => fixture.JoinAsync(school.Invite(Role.SchoolAdmin));

    private sealed record Answer(HttpStatusCode Status, string Challenge, JsonElement Body)
    {
        public string Text(string member) => Body.GetProperty(member).GetString()!;
    }
}
