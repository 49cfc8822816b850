using System.Net;
using System.Text.RegularExpressions;
using HomeSchool.Contracts;
using Microsoft.AspNetCore.WebUtilities;

namespace HomeSchool.Identity.Tests.External;

/// <summary>Signing in by a provider on the service's own pages, by links and forms alone.</summary>
[Collection(nameof(ProviderFixture))]
public sealed partial class ProviderPageTests(ProviderFixture fixture)
{
    private const string Session = "__Host-homeschool-session";

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Who_comes_by_a_provider_links_it_with_the_password_once_and_then_signs_in_by_one_button()
    {
        var (person, subject) = (await fixture.JoinAsync(new Invite(Role.DistrictAdmin)), $"somebody {Guid.CreateVersion7()}");
        using var browser = fixture.Replica.Browser();
        var code = await ComeBackAsync(browser, subject);
        using (var unlinked = await browser.PostFormAsync("/account/provider", ("signInCode", code)))
            unlinked.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await PageAsync(browser, "/account", HttpStatusCode.SeeOther)).ShouldBeEmpty(); // nobody is signed in by it

        await LeadsToAsync(
            browser.PostFormAsync("/account/sign-in", ("userName", person.Name), ("password", IdentitySystem.Password)), "/account");
        (await PageAsync(browser, "/account")).ShouldContain("/account/provider/link");
        using (var wrong = await browser.PostFormAsync("/account/provider/link", ("currentPassword", "not the password")))
            wrong.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        await LeadsToAsync(
            browser.PostFormAsync("/account/provider/link", ("currentPassword", IdentitySystem.Password)), "/account?done=provider");
        (await PageAsync(browser, "/account")).ShouldNotContain("/account/provider/link");

        using var later = fixture.Replica.Browser();
        var again = await ComeBackAsync(later, subject);
        await LeadsToAsync(later.PostFormAsync("/account/provider", ("signInCode", again)), "/account");
        (await PageAsync(later, "/account")).ShouldContain(person.Name);
        using var used = await later.PostFormAsync("/account/provider", ("signInCode", again));
        used.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_code_that_another_browser_came_back_with_opens_nothing()
    {
        using var victim = fixture.Replica.Browser();
        var code = await ComeBackAsync(victim, $"somebody {Guid.CreateVersion7()}");
        using var thief = fixture.Replica.Browser();
        (await PageAsync(thief, "/account/provider/good", HttpStatusCode.SeeOther)).ShouldBeEmpty(); // has a verifier of its own
        foreach (var given in new[] { code, "", "0" })
        {
            using var answer = await thief.PostFormAsync("/account/provider", ("signInCode", given));
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            answer.Headers.TryGetValues("Set-Cookie", out var cookies);
            (cookies ?? []).ShouldNotContain(cookie => cookie.StartsWith(Session, StringComparison.Ordinal));
        }

        (await PageAsync(thief, "/account/provider/nobody", HttpStatusCode.NotFound)).ShouldContain("<h1>");
    }

    // From the sign-in page to the provider, and back to the page with one button.
    private async Task<string> ComeBackAsync(HttpClient browser, string subject)
    {
        (await PageAsync(browser, "/account/sign-in")).ShouldContain("/account/provider/good");
        var start = await LeadAsync(browser, "/account/provider/good", HttpStatusCode.SeeOther);
        var asked = QueryHelpers.ParseQuery(new Uri(await LeadAsync(browser, start, HttpStatusCode.Redirect)).Query);
        var token = fixture.Own.Token(new(StringComparer.Ordinal) { ["nonce"] = asked["nonce"].ToString(), ["sub"] = subject });
        var callback = QueryHelpers.AddQueryString("/api/identity/external/good/callback", new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["code"] = fixture.Own.CodeFor(token),
            ["state"] = asked["state"],
        });
        var page = await PageAsync(browser, await LeadAsync(browser, callback, HttpStatusCode.Redirect));
        return Code().Match(page).Value;
    }

    private static async Task<string> LeadAsync(HttpClient browser, string path, HttpStatusCode expected)
    {
        using var answer = await browser.GetAsync(new Uri(path, UriKind.Relative));
        answer.StatusCode.ShouldBe(expected, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.OriginalString;
    }

    private static async Task LeadsToAsync(Task<HttpResponseMessage> asked, string path)
    {
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        answer.Headers.Location!.OriginalString.ShouldBe(path);
    }

    private static async Task<string> PageAsync(HttpClient browser, string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await browser.GetAsync(new Uri(path, UriKind.Relative));
        var html = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(expected, html);
        return html;
    }

    [GeneratedRegex("(?<=name=\"signInCode\" value=\")[^\"]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
