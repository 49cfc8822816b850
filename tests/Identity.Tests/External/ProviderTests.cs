using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Identity.External;
using HomeSchool.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HomeSchool.Identity.Tests.External;

/// <summary>Sign-in by an OpenID Connect provider that others wrote.</summary>
[Collection(nameof(ProviderFixture))]
public sealed class ProviderTests(ProviderFixture fixture)
{
    [Fact]
    public async Task The_providers_are_listed_in_the_callers_language()
    {
        using var client = fixture.Replica.Client();
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        var providers = await client.GetAsync<SignInProvider[]>("/api/identity/external");
        providers.Single(provider => provider.Key == "node").Name.ShouldBe("District sign-in");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Who_links_once_signs_in_there_from_then_on_with_the_roles_that_he_has_here()
    {
        using var browser = Browse();
        var code = await browser.CodeAsync("node", NewSubject());

        // Nobody is taken for anybody by a name.
        using (var unlinked = await browser.SignInAsync(code))
            (await unlinked.CodeAsync()).ShouldBe("identity.provider-not-linked");

        var teacher = await fixture.JoinAsync((await fixture.RosterAsync()).A.Invite(Role.HomeroomTeacher));
        (await ProviderFixture.LinkAsync(teacher, browser, code, "not the password")).ShouldBe("identity.password-wrong");
        (await ProviderFixture.LinkAsync(teacher, browser, code)).ShouldBe("");
        using (var used = await browser.SignInAsync(code))
            (await used.CodeAsync()).ShouldBe("identity.sign-in-code-void");

        // The browser has a session there: it comes back without a form.
        var again = await browser.CodeAsync("node", "nobody is asked");
        using var answer = await browser.SignInAsync(again);
        var tokens = await answer.ReadAsync<SignedIn>(HttpStatusCode.OK);
        using var client = fixture.Replica.Client(tokens.AccessToken);
        var me = await client.GetAsync<Me>("/api/identity/me");
        (me.UserName, me.Roles.Single().Role).ShouldBe((teacher.Name, Role.HomeroomTeacher));
        (await client.GetAsync<MyProvider[]>("/api/identity/me/providers")).ShouldHaveSingleItem().Provider.ShouldBe("node");

        using var refreshed = await client.PostAsync("/api/identity/refresh", new Refresh(tokens.RefreshToken));
        await refreshed.ReadAsync<SignedIn>(HttpStatusCode.OK);
        using var replayed = await browser.SignInAsync(again);
        (await replayed.CodeAsync()).ShouldBe("identity.sign-in-code-void");
        (await fixture.System.QueryAsync(
            $"""
            SELECT action FROM platform.audit
            WHERE actor = 'account:{me.Id:N}' AND action SIMILAR TO '%(Provider|Externally)%' ORDER BY at
            """)).ShouldBe(["LinkProviderRefused", "LinkProvider", "SignInExternally"]);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task An_invitation_can_be_accepted_without_ever_having_a_password()
    {
        using var browser = Browse();
        var code = await browser.CodeAsync("node", NewSubject());
        var invited = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        var name = IdentitySystem.NewName();
        (await AcceptAsync(browser, invited.Code, code, "a")).ShouldBe("request.invalid");
        (await AcceptAsync(browser, "0000-0000-0000-0000", code, name)).ShouldBe("identity.code-unknown");
        (await AcceptAsync(browser, invited.Code, code + "x", name)).ShouldBe("identity.sign-in-code-void");
        (await AcceptAsync(browser, invited.Code, code, fixture.Admin.Name)).ShouldBe("identity.user-name-taken");
        (await AcceptAsync(browser, invited.Code, code, name)).ShouldBe("");
        var second = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        (await AcceptAsync(browser, second.Code, code, IdentitySystem.NewName())).ShouldBe("identity.provider-identity-taken");

        using var answer = await browser.SignInAsync(code);
        using var client = fixture.Replica.Client((await answer.ReadAsync<SignedIn>(HttpStatusCode.OK)).AccessToken);
        (await client.GetAsync<Me>("/api/identity/me")).UserName.ShouldBe(name);

        foreach (var password in new[] { "", "anything" })
        {
            using var signIn = await client.PostAsync("/api/identity/sign-in", new SignIn(name, password));
            (await signIn.CodeAsync()).ShouldBe("identity.sign-in-refused");
        }

        var link = (await client.GetAsync<MyProvider[]>("/api/identity/me/providers")).ShouldHaveSingleItem();
        using var unlinked = await client.DeleteAsync(new Uri($"/api/identity/me/providers/{link.Id}", UriKind.Relative));
        (await unlinked.CodeAsync()).ShouldBe("identity.last-way-in");
    }

    [Fact]
    public async Task Only_the_browser_that_began_comes_back_and_only_once_and_with_what_it_was_given()
    {
        using var browser = Browse();
        using var other = Browse();
        var callback = await browser.VisitAsync(await browser.StartAsync("node"), NewSubject());
        var query = QueryHelpers.ParseQuery(callback.Query);
        query["iss"].ToString().ShouldBe(fixture.Node.Issuer);

        (await RefusedAsync(other, callback.PathAndQuery)).ShouldBe(IdentityFailures.ProviderAnswerUnexpected.Zh);
        await other.StartAsync("node");
        (await RefusedAsync(other, callback.PathAndQuery)).ShouldBe(IdentityFailures.ProviderAnswerUnexpected.Zh);

        // A code of another browser with one's own state: it was issued for another PKCE challenge.
        var mine = QueryHelpers.ParseQuery((await other.StartAsync("node")).Query)["state"].ToString();
        var mixed = $"{callback.AbsolutePath}?code={query["code"]}&state={mine}&iss={Uri.EscapeDataString(fixture.Node.Issuer)}";
        (await RefusedAsync(other, mixed)).ShouldBe(IdentityFailures.ProviderRefused.Zh);

        await browser.ComeBackAsync(callback);
        (await RefusedAsync(browser, callback.PathAndQuery)).ShouldBe(IdentityFailures.ProviderAnswerUnexpected.Zh);
    }

    [Theory]
    [InlineData("state", "x")]
    [InlineData("state", "")]
    [InlineData("iss", "https://evil.example")]
    [InlineData("iss", null)]
    [InlineData("code", "x")]
    [InlineData("code", null)]
    public async Task An_answer_that_was_changed_on_the_way_is_refused(string what, string? value)
    {
        using var browser = Browse();
        var callback = await browser.VisitAsync(await browser.StartAsync("node"), NewSubject());
        var query = QueryHelpers.ParseQuery(callback.Query)
            .ToDictionary(p => p.Key, p => (string?)p.Value, StringComparer.Ordinal);
        query[what] = value;
        var changed = QueryHelpers.AddQueryString(callback.AbsolutePath, query.Where(p => p.Value is not null));
        await RefusedAsync(browser, changed);
        (await RefusedAsync(browser, callback.PathAndQuery)).ShouldBe(IdentityFailures.ProviderAnswerUnexpected.Zh);
    }

    [Fact]
    public async Task A_code_is_good_for_the_client_that_began_only_and_for_ten_minutes()
    {
        using var browser = Browse();
        using var other = Browse();
        var subject = NewSubject();
        var person = await fixture.JoinAsync(new Invite(Role.DistrictAdmin));
        (await ProviderFixture.LinkAsync(person, browser, await browser.CodeAsync("node", subject))).ShouldBe("");

        var code = await browser.CodeAsync("node", subject);
        using (var stolen = await other.SignInAsync(code))
            (await stolen.CodeAsync()).ShouldBe("identity.sign-in-code-void");
        var later = fixture.System.Start();
        later.Clock.Advance(ExternalSignIn.Lifetime);
        using (var client = later.Client())
        {
            using var late = await client.PostAsync(
                "/api/identity/external/sign-in", new SignInExternally(code, browser.Verifier));
            (await late.CodeAsync()).ShouldBe("identity.sign-in-code-void");
        }

        using var intime = await browser.SignInAsync(code);
        await intime.ReadAsync<SignedIn>(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_gives_up_there_is_told_so_and_finds_back()
    {
        using var browser = Browse();
        var callback = await browser.VisitAsync(await browser.StartAsync("node"), null);
        callback.Query.ShouldContain("error=access_denied", Case.Sensitive);
        using var answer = await browser.OpenAsync(callback.PathAndQuery);
        var page = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain(IdentityFailures.ProviderRefused.En);
        page.ShouldContain("""<a href="/console/signed-in?from=school">""");
        answer.Headers.GetValues("Set-Cookie").Single().ShouldContain("expires=Thu, 01 Jan 1970");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Signing_out_there_ends_the_session_here_within_two_seconds_everywhere()
    {
        using var browser = Browse();
        using var desk = Browse();
        var subject = NewSubject();
        var person = await fixture.JoinAsync(new Invite(Role.DistrictAdmin));
        (await ProviderFixture.LinkAsync(person, browser, await browser.CodeAsync("node", subject))).ShouldBe("");
        var here = await SignInAsync(browser, subject);
        var there = await SignInAsync(desk, subject);
        var sid = new JsonWebToken(here.AccessToken).GetPayloadValue<string>("sid");
        var waiting = await browser.CodeAsync("node", subject);

        await browser.SignOutAtAsync(fixture.Node.Issuer);

        using var client = fixture.Replica.Client(here.AccessToken);
        (await Eventually.GetAsync(() => RefusalAsync(client), code => code.Length > 0, seconds: 2)).ShouldBe("access.revoked");
        using var nobody = fixture.Replica.Client();
        using var refreshed = await nobody.PostAsync("/api/identity/refresh", new Refresh(here.RefreshToken));
        (await refreshed.CodeAsync()).ShouldBe("identity.session-over");
        using var late = await browser.SignInAsync(waiting);
        (await late.CodeAsync()).ShouldBe("identity.sign-in-code-void");

        // Another session there, and the one with the password, go on.
        using var other = fixture.Replica.Client(there.AccessToken);
        (await RefusalAsync(other)).ShouldBe("");
        (await RefusalAsync(person.Client)).ShouldBe("");
        (await fixture.System.QueryAsync(
            $"""
            SELECT actor FROM platform.audit
            WHERE action = 'LogOutByProvider' AND subject_id = '{sid}' AND district_id = '{fixture.District}'
            """)).ShouldBe(["provider:node"]);
    }

    [Fact]
    public async Task Undoing_the_link_ends_what_was_begun_with_it()
    {
        using var browser = Browse();
        var subject = NewSubject();
        var person = await fixture.JoinAsync(new Invite(Role.DistrictAdmin));
        var stranger = await fixture.JoinAsync(new Invite(Role.DistrictAdmin));
        (await ProviderFixture.LinkAsync(person, browser, await browser.CodeAsync("node", subject))).ShouldBe("");
        (await ProviderFixture.LinkAsync(person, browser, await browser.CodeAsync("node", subject))).ShouldBe("", "again");
        (await ProviderFixture.LinkAsync(stranger, browser, await browser.CodeAsync("node", subject)))
            .ShouldBe("identity.provider-identity-taken");
        var tokens = await SignInAsync(browser, subject);
        var link = (await person.Client.GetAsync<MyProvider[]>("/api/identity/me/providers")).ShouldHaveSingleItem();
        var path = new Uri($"/api/identity/me/providers/{link.Id}", UriKind.Relative);
        using (var foreign = await stranger.Client.DeleteAsync(path))
            foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using (var undone = await person.Client.DeleteAsync(path))
            undone.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        using var client = fixture.Replica.Client(tokens.AccessToken);
        (await Eventually.GetAsync(() => RefusalAsync(client), code => code.Length > 0, seconds: 2)).ShouldBe("access.revoked");
        using var answer = await browser.SignInAsync(await browser.CodeAsync("node", subject));
        (await answer.CodeAsync()).ShouldBe("identity.provider-not-linked");
    }

    private static string NewSubject() => $"person-{Guid.CreateVersion7():N}";

    private static async Task<SignedIn> SignInAsync(Browser browser, string subject)
    {
        using var answer = await browser.SignInAsync(await browser.CodeAsync("node", subject));
        return await answer.ReadAsync<SignedIn>(HttpStatusCode.OK);
    }

    private static async Task<string> AcceptAsync(Browser browser, string invitation, string code, string userName)
    {
        using var answer = await browser.AcceptAsync(new AcceptExternally(invitation, code, browser.Verifier, userName));
        return answer.StatusCode == HttpStatusCode.Created ? "" : await answer.CodeAsync();
    }

    // The code of the refusal; empty when the token is good.
    private static async Task<string> RefusalAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(new Uri("/api/identity/me", UriKind.Relative));
        return answer.IsSuccessStatusCode ? "" : await answer.CodeAsync();
    }

    // What the page says.
    private static async Task<string> RefusedAsync(Browser browser, string path)
    {
        using var answer = await browser.OpenAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        return (await answer.Content.ReadAsStringAsync()).Split("<p role=\"alert\">")[1].Split("<br>")[0];
    }

    private Browser Browse()
    {
        Assert.SkipWhen(fixture.Node.Missing is not null, fixture.Node.Missing ?? "");
        return new Browser(fixture.Replica);
    }
}
