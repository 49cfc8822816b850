using System.Net;
using HomeSchool.Contracts;

namespace HomeSchool.Identity.Tests;

public sealed class FirstAdminTests : IAsyncLifetime
{
    private IdentitySystem system = null!;

    public async ValueTask InitializeAsync() => system = await IdentitySystem.PrepareAsync();

    public ValueTask DisposeAsync() => system.DisposeAsync();

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_link_makes_the_first_administrator_and_then_never_another()
    {
        var replica = system.Start();
        using var client = replica.Client();
        var token = await system.FirstAdminTokenAsync();

        // All at once: one of them is first.
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => client.PostAsync(
            "/api/identity/first-admin", new CreateFirstAdmin(token, $"admin{i}@school.example", IdentitySystem.Password))));
        var won = answers.Where(answer => answer.StatusCode == HttpStatusCode.Created).ShouldHaveSingleItem();
        foreach (var lost in answers.Except([won]))
        {
            lost.StatusCode.ShouldBe(HttpStatusCode.Gone);
            (await lost.CodeAsync()).ShouldBe("identity.link-void");
        }

        var created = await won.ReadAsync<FirstAdminCreated>(HttpStatusCode.Created);
        var admin = await Person.SignInAsync(replica, $"admin{Array.IndexOf(answers, won)}@school.example");
        var me = await admin.MeAsync();
        me.Id.ShouldBe(created.Id);
        me.Roles.ShouldHaveSingleItem().ShouldBe(
            new MyRole(Role.DistrictAdmin, "区县管理员", null, created.DistrictId, null, null, null));
        (await system.QueryAsync("SELECT count(*) FROM account")).ShouldBe(["1"]);
        (await system.PrintFirstAdminLinkAsync()).ShouldBe((0, ""));
    }

    [Fact]
    public async Task A_newer_link_takes_the_place_of_an_older_one()
    {
        using var client = system.Start().Client();
        var older = await system.FirstAdminTokenAsync();
        var newer = await system.FirstAdminTokenAsync();
        (await CreateAsync(client, older)).ShouldBe(HttpStatusCode.Gone);
        (await CreateAsync(client, newer)).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_link_is_good_for_a_day()
    {
        var replica = system.Start();
        using var client = replica.Client();
        var token = await system.FirstAdminTokenAsync();
        replica.Clock.Advance(TimeSpan.FromHours(24));
        (await CreateAsync(client, token)).ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public async Task The_link_opens_a_page_in_both_languages_that_needs_no_script()
    {
        var replica = system.Start();
        using var client = replica.Browser();
        client.DefaultRequestHeaders.Add("Accept-Language", "zh-CN");
        var token = await system.FirstAdminTokenAsync();
        using (var page = await client.GetAsync(new Uri($"/api/identity/first-admin?token={token}", UriKind.Relative)))
        {
            page.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
            page.Headers.CacheControl!.NoStore.ShouldBeTrue();
            page.Headers.GetValues("Referrer-Policy").ShouldBe(["same-origin"]);
            var html = await page.Content.ReadAsStringAsync();
            html.ShouldContain($"name=\"token\" value=\"{token}\"");
            html.ShouldContain("创建首位管理员");
            html.ShouldContain($"/api/identity/first-admin?token={token}&amp;lang=en");
            html.ShouldNotContain("<script");
        }

        using (var english = replica.Browser())
        using (var page = await english.GetAsync(new Uri($"/api/identity/first-admin?token={token}&lang=en", UriKind.Relative)))
            (await page.Content.ReadAsStringAsync()).ShouldContain("Create the first administrator");

        using (var refused = await PostAsync("short"))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            var html = await refused.Content.ReadAsStringAsync();
            html.ShouldContain("密码长度应为 10–128 个字符。");
            html.ShouldContain("name=\"userName\" value=\"first&quot;&lt;@school.example\"");
            html.ShouldNotContain("value=\"short\"");
        }

        using (var done = await PostAsync(IdentitySystem.Password))
        {
            done.StatusCode.ShouldBe(HttpStatusCode.Created);
            (await done.Content.ReadAsStringAsync()).ShouldContain("账号已创建");
        }

        using (var again = await PostAsync(IdentitySystem.Password))
        {
            again.StatusCode.ShouldBe(HttpStatusCode.Gone);
            (await again.Content.ReadAsStringAsync()).ShouldContain("链接无效");
        }

        (await (await Person.SignInAsync(replica, "first\"<@school.example")).MeAsync()).Roles.ShouldHaveSingleItem();

        Task<HttpResponseMessage> PostAsync(string password) => client.PostAsync(
            new Uri("/api/identity/first-admin", UriKind.Relative),
            new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["token"] = token,
                ["userName"] = "first\"<@school.example",
                ["password"] = password,
                ["language"] = "Zh",
            }));
    }

    [Fact]
    public async Task Nothing_that_is_secret_stands_in_the_database_or_on_the_console()
    {
        await using var process = await system.StartProcessAsync();
        var token = await system.FirstAdminTokenAsync();
        var replica = system.Start();
        using var client = replica.Client();
        using (var answer = await process.Client.PostAsync(
            "/api/identity/first-admin", new CreateFirstAdmin(token, "13800138000", IdentitySystem.Password)))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        var admin = await Person.SignInAsync(replica, "13800138000");
        var invited = await admin.InviteAsync(new Invite(Role.DistrictAdmin));
        (string Path, object Body)[] requests =
        [
            ("/api/identity/sign-in", new SignIn("13800138000", IdentitySystem.Password)),
            ("/api/identity/sign-in", new SignIn("13800138000", "not the password")),
            ("/api/identity/sign-in", new SignIn("13900139000", "not the password")),
            ("/api/identity/refresh", new Refresh(admin.Tokens.RefreshToken)),
            ("/api/identity/invitations/accept", new AcceptInvitation(invited.Code, "13800138000", IdentitySystem.Password)),
            ("/api/identity/invitations/accept", new AcceptInvitation("no such code", "13700137000", IdentitySystem.Password)),
        ];
        foreach (var (path, body) in requests)
            (await process.Client.PostAsync(path, body)).Dispose();
        foreach (var path in new[] { $"first-admin?token={token}", $"invitations/accept?code={invited.Code}" })
            (await process.Client.GetAsync(new Uri("/api/identity/" + path, UriKind.Relative))).Dispose();

        string[] secrets =
        [
            token, IdentitySystem.Password, admin.Tokens.RefreshToken, admin.Tokens.AccessToken, invited.Code,
            invited.Code.Replace("-", "", StringComparison.Ordinal),
        ];
        var tables = await system.QueryAsync(
            "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname IN ('public', 'platform')");
        var dump = string.Join('\n', await Task.WhenAll(tables.Select(async table =>
            string.Join('\n', await system.QueryAsync($"SELECT row_to_json(t)::text FROM {table} t")))));
        dump.ShouldContain("13800138000"); // it is a dump
        foreach (var secret in secrets)
        {
            dump.ShouldNotContain(secret);
            dump.ShouldNotContain(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(secret)), Case.Insensitive);
            process.Output.ShouldNotContain(secret);
        }

        // The first bytes of every unencrypted P-256 key (RFC 5915).
        (await system.QueryAsync("SELECT private_key::text FROM signing_key")).ShouldAllBe(
            key => !key.Contains("30770201010420", StringComparison.Ordinal));
        process.Output.ShouldContain("Now listening");
        foreach (var name in new[] { "13800138000", "13900139000", "13700137000" })
            process.Output.ShouldNotContain(name);
    }

    private static async Task<HttpStatusCode> CreateAsync(HttpClient client, string token)
    {
        using var answer = await client.PostAsync(
            "/api/identity/first-admin", new CreateFirstAdmin(token, IdentitySystem.NewName(), IdentitySystem.Password));
        return answer.StatusCode;
    }
}
