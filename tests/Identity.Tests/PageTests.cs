using System.Net;
using System.Text.RegularExpressions;
using HomeSchool.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.Identity.Tests;

/// <summary>The service's own pages, as a browser without scripts uses them.</summary>
public sealed partial class PageTests(IdentityFixture fixture)
{
    private const string SessionCookie = "__Host-homeschool-session";

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Somebody_enrols_an_app_signs_out_and_signs_in_with_it_by_forms_alone()
    {
        var person = await JoinAsync();
        using var browser = await SignedInAsync(person.Name);
        var begun = await PageAsync(browser.PostFormAsync("/account/second-factor", ("password", IdentitySystem.Password)));
        begun.ShouldContain("<svg");
        var app = new App(Code().Match(begun).Value.Replace(" ", "", StringComparison.Ordinal));

        var wrong = await PageAsync(
            browser.PostFormAsync("/account/second-factor/confirm", ("code", app.Wrong())), HttpStatusCode.UnprocessableEntity);
        wrong.ShouldContain("<svg"); // the same secret, for another try
        Code().Match(wrong).Value.Replace(" ", "", StringComparison.Ordinal).ShouldBe(app.Secret);
        var confirmed = await PageAsync(browser.PostFormAsync("/account/second-factor/confirm", ("code", app.First)));
        var recoveryCodes = Code().Matches(confirmed).Select(match => match.Value).ToArray();
        recoveryCodes.Length.ShouldBe(SecondFactor.RecoveryCodeCount);

        await LeadsToAsync(browser.PostFormAsync("/account/sign-out"), "/account/sign-in?done=signed-out");
        await LeadsToAsync(GetAsync(browser, "/account"), "/account/sign-in");
        await LeadsToAsync(GetAsync(browser, "/account/code"), "/account/sign-in");
        await LeadsToAsync(SignInAsync(browser, person.Name), "/account/code");
        await LeadsToAsync(GetAsync(browser, "/account"), "/account/sign-in"); // the password alone opens nothing
        (await PageAsync(GetAsync(browser, "/account/code"))).ShouldContain("one-time-code");
        await PageAsync(browser.PostFormAsync("/account/code", ("code", app.Wrong())), HttpStatusCode.Unauthorized);
        await LeadsToAsync(browser.PostFormAsync("/account/code", ("code", app.Next())), "/account");
        (await PageAsync(GetAsync(browser, "/account"))).ShouldContain(person.Name);

        await LeadsToAsync(browser.PostFormAsync("/account/sign-out"), "/account/sign-in?done=signed-out");
        await LeadsToAsync(SignInAsync(browser, person.Name), "/account/code");
        await LeadsToAsync(browser.PostFormAsync("/account/code", ("code", recoveryCodes[0])), "/account");
        await LeadsToAsync(
            browser.PostFormAsync(
                "/account/second-factor/end", ("password", IdentitySystem.Password), ("code", recoveryCodes[1])),
            "/account?done=second-factor-off");
        await fixture.SignInAsync(person.Name);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task No_page_tells_whether_a_user_name_exists()
    {
        var person = await JoinAsync();
        var enrolled = await JoinAsync();
        using (var browser = await SignedInAsync(enrolled.Name))
        {
            var begun = await PageAsync(browser.PostFormAsync("/account/second-factor", ("password", IdentitySystem.Password)));
            var app = new App(Code().Match(begun).Value.Replace(" ", "", StringComparison.Ordinal));
            await PageAsync(browser.PostFormAsync("/account/second-factor/confirm", ("code", app.First)));
        }

        var unknown = await RefusalAsync(IdentitySystem.NewName(), "not the password");
        (await RefusalAsync(person.Name, "not the password")).ShouldBe(unknown);
        (await RefusalAsync(enrolled.Name, "not the password")).ShouldBe(unknown);
        for (var i = 0; i < Account.MostFailures; i++)
            await RefusalAsync(person.Name, "not the password");
        (await RefusalAsync(person.Name, IdentitySystem.Password)).ShouldBe(unknown);

        async Task<string> RefusalAsync(string name, string password)
        {
            using var browser = fixture.Replica.Browser();
            using var answer = await SignInAsync(browser, name, password);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
            return (await answer.Content.ReadAsStringAsync()).Replace(name, "", StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "http://homeschool.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", null)]
    [Trait("Rule", "ALL-1")]
    public async Task No_form_is_taken_that_another_site_sent(string header, string? value)
    {
        using var browser = await SignedInAsync((await JoinAsync()).Name);
        browser.DefaultRequestHeaders.Remove("Sec-Fetch-Site");
        browser.DefaultRequestHeaders.Add(header, value);
        var forms = fixture.Replica.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName
                .EndsWith("OnPage", StringComparison.Ordinal) == true)
            .ToArray();
        forms.Length.ShouldBe(16);
        foreach (var form in forms)
        {
            var path = form.RoutePattern.RawText!.Replace("{id:guid}", $"{Guid.CreateVersion7()}", StringComparison.Ordinal);
            using var answer = await browser.PostFormAsync(
                path, ("token", "1"), ("code", "1"), ("userName", "a"), ("password", "b"), ("language", "Zh"));
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }

        await PageAsync(GetAsync(browser, "/account")); // still signed in, and links from elsewhere are no forms
    }

    [Fact]
    public async Task A_browser_that_tells_its_origin_only_is_believed()
    {
        using var browser = fixture.Replica.Browser();
        browser.DefaultRequestHeaders.Remove("Sec-Fetch-Site");
        browser.DefaultRequestHeaders.Add("Origin", "https://homeschool.example");
        await LeadsToAsync(SignInAsync(browser, (await JoinAsync()).Name), "/account");
    }

    [Fact]
    public async Task The_session_is_a_cookie_of_this_host_alone_and_stands_in_no_page()
    {
        var person = await JoinAsync();
        using var browser = fixture.Replica.Browser();
        using var answer = await browser.PostFormAsync(
            "/account/sign-in?returnUrl=https://evil.example", ("userName", person.Name), ("password", IdentitySystem.Password),
            ("returnUrl", "//evil.example"));
        answer.Headers.Location!.ToString().ShouldBe("/account");
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith(SessionCookie, StringComparison.Ordinal));
        var parts = cookie.Split("; ");
        parts[1..].Order(StringComparer.Ordinal).ShouldBe(["httponly", "path=/", "samesite=strict", "secure"]);
        var token = parts[0][(SessionCookie.Length + 1)..];

        foreach (var path in new[] { "/account", "/account/password", "/account/second-factor", "/account/invitations" })
        {
            using var page = await GetAsync(browser, path);
            page.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            page.Headers.CacheControl!.NoStore.ShouldBeTrue();
            page.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
            var policy = page.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("frame-ancestors 'none'");
            policy.ShouldContain("form-action 'self'");
            policy.ShouldNotContain("unsafe-inline");
            var html = await page.Content.ReadAsStringAsync();
            html.ShouldNotContain(token);
            html.ShouldNotContain("<script");
            html.ShouldNotContain(" style=");
        }

        // For programs it is worth nothing, nor is theirs for pages.
        using (var refresh = await browser.PostAsync("/api/identity/refresh", new Refresh(token)))
            (await refresh.CodeAsync()).ShouldBe("identity.session-over");
        using var other = fixture.Replica.Browser();
        other.DefaultRequestHeaders.Add("Cookie", $"{SessionCookie}={person.Tokens.RefreshToken}");
        await LeadsToAsync(GetAsync(other, "/account"), "/account/sign-in");
        using var me = await browser.GetAsync(new Uri("/api/identity/me", UriKind.Relative));
        me.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Who_is_not_signed_in_is_sent_to_the_sign_in_by_every_page()
    {
        using var browser = fixture.Replica.Browser();
        browser.DefaultRequestHeaders.Add("Cookie", SessionCookie + "=nonsense");
        foreach (var page in new[] { "/account", "/account/password", "/account/second-factor", "/account/invitations" })
            await LeadsToAsync(GetAsync(browser, page), "/account/sign-in");
        foreach (var form in new[]
        {
            "/account/sign-out", "/account/roles", "/account/password", "/account/second-factor",
            "/account/second-factor/confirm", "/account/second-factor/end", "/account/second-factor/recovery-codes",
            "/account/sessions/end-others",
            $"/account/sessions/{Guid.CreateVersion7()}/end", $"/account/invitations/{Guid.CreateVersion7()}/withdraw",
        })
        {
            await LeadsToAsync(browser.PostFormAsync(form, ("code", "1")), "/account/sign-in");
        }
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_session_on_the_pages_ends_after_an_hour_unused_and_after_twelve_in_any_case()
    {
        var name = (await JoinAsync()).Name;
        var replica = fixture.System.Start();
        using var browser = await SignedInAsync(name, replica);
        for (var i = 0; i < 12; i++)
        {
            await PageAsync(GetAsync(browser, "/account"));
            replica.Clock.Advance(TimeSpan.FromMinutes(59));
        }

        await PageAsync(GetAsync(browser, "/account"));
        replica.Clock.Advance(TimeSpan.FromMinutes(12));
        await LeadsToAsync(GetAsync(browser, "/account"), "/account/sign-in");

        using var idle = await SignedInAsync(name, replica);
        replica.Clock.Advance(TimeSpan.FromHours(1));
        await LeadsToAsync(GetAsync(idle, "/account"), "/account/sign-in");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task My_account_lists_where_one_is_signed_in_and_ends_it()
    {
        var person = await JoinAsync();
        using var browser = await SignedInAsync(person.Name);
        using var second = await SignedInAsync(person.Name);
        second.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0");
        var sessions = EndForm().Matches(await PageAsync(GetAsync(browser, "/account"))).Select(m => m.Value).ToArray();
        sessions.Length.ShouldBe(2); // the app's and the second browser's; the own one has no button
        foreach (var end in sessions)
            await LeadsToAsync(browser.PostFormAsync(end), "/account?done=session");
        await LeadsToAsync(GetAsync(second, "/account"), "/account/sign-in");

        using var third = await SignedInAsync(person.Name);
        await LeadsToAsync(browser.PostFormAsync("/account/sessions/end-others"), "/account?done=sessions");
        await LeadsToAsync(GetAsync(third, "/account"), "/account/sign-in");
        var another = (await (await JoinAsync()).Client.GetAsync<List<MySession>>("/api/identity/me/sessions"))[0];
        await PageAsync(browser.PostFormAsync($"/account/sessions/{another.Id}/end"), HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_password_is_changed_by_a_form_and_other_sessions_end()
    {
        var person = await JoinAsync();
        using var browser = await SignedInAsync(person.Name);
        using var other = await SignedInAsync(person.Name);
        await PageAsync(ChangeAsync("not the password", "a wholly different phrase"), HttpStatusCode.UnprocessableEntity);
        var guessable = await PageAsync(ChangeAsync(IdentitySystem.Password, "password12"), HttpStatusCode.BadRequest);
        guessable.ShouldContain("href=\"#newPassword\"");
        guessable.ShouldContain("aria-describedby=\"newPassword-hint newPassword-mistake\"\naria-invalid=\"true\"");
        await LeadsToAsync(ChangeAsync(IdentitySystem.Password, "a wholly different phrase"), "/account?done=password");
        await LeadsToAsync(GetAsync(other, "/account"), "/account/sign-in");
        await PageAsync(GetAsync(browser, "/account?done=password"));
        await LeadsToAsync(SignInAsync(other, person.Name, "a wholly different phrase"), "/account");

        Task<HttpResponseMessage> ChangeAsync(string current, string next) =>
            browser.PostFormAsync("/account/password", ("currentPassword", current), ("newPassword", next));
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Invitations_are_listed_and_withdrawn_by_who_may_invite()
    {
        var roster = await fixture.RosterAsync();
        var teacher = await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher));
        var counselor = await fixture.JoinAsync(roster.A.Invite(Role.Counselor));
        var own = await fixture.Admin.InviteAsync(roster.A.Invite(Role.Guardian));
        var otherClass = await fixture.Admin.InviteAsync(roster.A.InviteOther());
        using var browser = await SignedInAsync(teacher.Name);
        var list = await PageAsync(GetAsync(browser, "/account/invitations"));
        list.ShouldContain(own.Id.ToString());
        list.ShouldNotContain(otherClass.Id.ToString());
        await PageAsync(browser.PostFormAsync($"/account/invitations/{otherClass.Id}/withdraw"), HttpStatusCode.NotFound);
        await LeadsToAsync(
            browser.PostFormAsync($"/account/invitations/{own.Id}/withdraw"), "/account/invitations?done=withdrawn");
        (await PageAsync(GetAsync(browser, "/account/invitations?done=withdrawn"))).ShouldNotContain(own.Id.ToString());

        using var mayNot = await SignedInAsync(counselor.Name);
        (await PageAsync(GetAsync(mayNot, "/account"))).ShouldNotContain("/account/invitations");
        await PageAsync(GetAsync(mayNot, "/account/invitations"), HttpStatusCode.Forbidden);
        await PageAsync(
            mayNot.PostFormAsync($"/account/invitations/{otherClass.Id}/withdraw"), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_further_invitation_is_accepted_on_the_account_page()
    {
        var roster = await fixture.RosterAsync();
        var person = await fixture.JoinAsync(roster.A.Invite(Role.Guardian));
        var invited = await fixture.Admin.InviteAsync(roster.B.Invite(Role.Guardian));
        using var browser = await SignedInAsync(person.Name);
        await PageAsync(browser.PostFormAsync("/account/roles", ("code", "nonsense")), HttpStatusCode.NotFound);
        await LeadsToAsync(browser.PostFormAsync("/account/roles", ("code", invited.Code)), "/account?done=role");
        (await fixture.SignInAsync(person.Name)).ShouldNotBeNull();
        (await (await fixture.SignInAsync(person.Name)).MeAsync()).Roles.Count.ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public async Task Pages_are_in_the_browsers_language_or_in_the_one_that_was_chosen()
    {
        using var browser = fixture.Replica.Browser();
        browser.DefaultRequestHeaders.Add("Accept-Language", "en-GB,en;q=0.9,zh;q=0.1");
        (await PageAsync(GetAsync(browser, "/account/sign-in"))).ShouldContain("<html lang=\"en\">");
        (await PageAsync(GetAsync(browser, "/account/sign-in?lang=zh"))).ShouldContain("<html lang=\"zh-CN\">");
        (await PageAsync(GetAsync(browser, "/account/sign-in"))).ShouldContain("<html lang=\"zh-CN\">");
        (await PageAsync(GetAsync(browser, "/account/sign-in?lang=fr"))).ShouldContain("<html lang=\"en\">");
        (await PageAsync(SignInAsync(browser, "nobody", "no password"), HttpStatusCode.Unauthorized)).ShouldContain("用户名或密码不正确");
    }

    [Fact]
    public async Task Nothing_that_a_form_can_send_is_answered_with_5xx_or_shown_as_it_is()
    {
        using var browser = await SignedInAsync((await JoinAsync()).Name);
        string[] values = ["", "\0", "<script>alert(1)</script>\"'", new('x', 5000), "\ufdfa\ufdfa\ufdfa\ufdfa", "123456"];
        foreach (var path in new[]
        {
            "/account/sign-in", "/account/code", "/account/roles", "/account/password", "/account/second-factor",
            "/account/second-factor/confirm", "/account/second-factor/end", "/account/second-factor/recovery-codes",
        })
        {
            foreach (var value in values)
            {
                using var answer = await browser.PostFormAsync(
                    path, ("userName", value), ("password", value), ("code", value), ("currentPassword", value),
                    ("newPassword", value));
                ((int)answer.StatusCode).ShouldBeInRange(400, 499, path);
                (await answer.Content.ReadAsStringAsync()).ShouldNotContain("<script");
            }

            using var none = await browser.PostFormAsync(path);
            ((int)none.StatusCode).ShouldBeInRange(400, 499, path);
        }

        foreach (var query in new[] { "after=nonsense", "done=%00", "lang=%00", "after=bnVsbA" })
        {
            using var answer = await GetAsync(browser, "/account/invitations?" + query);
            ((int)answer.StatusCode).ShouldBeInRange(200, 499, query);
        }
    }

    private Task<Person> JoinAsync() => fixture.JoinAsync(new Invite(Role.DistrictAdmin));

    private async Task<HttpClient> SignedInAsync(string userName, Replica? replica = null)
    {
        var browser = (replica ?? fixture.Replica).Browser();
        await LeadsToAsync(SignInAsync(browser, userName), "/account");
        return browser;
    }

    private static Task<HttpResponseMessage> SignInAsync(
        HttpClient browser, string userName, string password = IdentitySystem.Password) =>
        browser.PostFormAsync("/account/sign-in", ("userName", userName), ("password", password));

    private static Task<HttpResponseMessage> GetAsync(HttpClient browser, string path) =>
        browser.GetAsync(new Uri(path, UriKind.Relative));

    private static async Task<string> PageAsync(Task<HttpResponseMessage> asked, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await asked;
        var html = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(expected, html);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        return html;
    }

    private static async Task LeadsToAsync(Task<HttpResponseMessage> asked, string path)
    {
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        answer.Headers.Location!.ToString().ShouldBe(path);
    }

    [GeneratedRegex("(?<=<code>)[^<]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex("/account/sessions/[0-9a-f-]{36}/end", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EndForm();
}
