using System.Net;
using System.Text;
using System.Text.Json;
using HomeSchool.Identity.External;
using HomeSchool.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity.Tests.External;

/// <summary>Providers, and people between them and us, who say what is not so.</summary>
[Collection(nameof(ProviderFixture))]
public sealed class BadProviderTests(ProviderFixture fixture)
{
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    private OwnProvider Provider => fixture.Own;

    [Fact]
    public async Task A_good_token_of_this_provider_is_taken()
    {
        using var browser = new Browser(fixture.Replica);
        (await SignInAsync(browser, NewSubject())).ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("nonce")]
    [InlineData("no nonce")]
    [InlineData("aud")]
    [InlineData("two aud")]
    [InlineData("azp")]
    [InlineData("iss")]
    [InlineData("expired")]
    [InlineData("no exp")]
    [InlineData("another key")]
    [InlineData("none")]
    [InlineData("hs256")]
    [InlineData("hs256 with the secret")]
    [InlineData("no sub")]
    [InlineData("long sub")]
    [InlineData("garbage")]
    public async Task An_id_token_that_is_not_good_is_refused(string fault)
    {
        using var browser = new Browser(fixture.Replica);
        var subject = fault switch { "no sub" => null, "long sub" => new string('x', 256), _ => NewSubject() };
        (await SignInAsync(browser, subject, fault)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("away")]
    [InlineData("keys")]
    [InlineData("misnamed")]
    [InlineData("moved")]
    [InlineData("huge")]
    public async Task A_provider_that_cannot_be_asked_or_leads_elsewhere_is_away_and_passwords_still_work(string name)
    {
        using var browser = new Browser(fixture.Replica);
        for (var i = 0; i < 2; i++)
        {
            using var answer = await browser.OpenAsync(
                $"/api/identity/external/{name}/start?challenge={Pkce.Challenge(browser.Verifier)}&return=/");
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            var page = await answer.Content.ReadAsStringAsync();
            page.ShouldContain(IdentityFailures.ProviderAway.Zh);
            page.ShouldContain(IdentityFailures.ProviderAway.En);
        }

        using var callback = await browser.OpenAsync($"/api/identity/external/{name}/callback?code=x&state=x");
        callback.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var logout = await LogOutAsync("e30.e30.e30", name);
        logout.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Provider.Asked.Any(path => path == "/keys/jwks").ShouldBeFalse();
        (await fixture.SignInAsync(fixture.Admin.Name)).Tokens.AccessToken.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Only_the_issuers_own_host_gets_the_code_and_our_secret()
    {
        using var browser = new Browser(fixture.Replica);
        var state = QueryHelpers.ParseQuery((await browser.StartAsync("token")).Query)["state"];
        using var answer = await browser.OpenAsync($"/api/identity/external/token/callback?code=x&state={state}");
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Provider.Asked.Any(path => path == "/token/token").ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("/\t/evil.example/")]
    [InlineData("/新")]
    public async Task The_way_back_is_on_our_own_host(string way)
    {
        using var browser = new Browser(fixture.Replica);
        using var answer = await browser.OpenAsync(
            $"/api/identity/external/good/start?challenge={Pkce.Challenge(browser.Verifier)}&return={Uri.EscapeDataString(way)}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var unhidden = await browser.OpenAsync("/api/identity/external/good/start?challenge=short&return=/");
        unhidden.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var unknown = await browser.OpenAsync("/api/identity/external/unheardof/start");
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.Ly9ldmls")]
    public void A_cookie_that_we_did_not_write_is_none(string cookie) => SignInAttempt.Read("good", cookie).ShouldBeNull();

    [Fact]
    public async Task A_new_key_of_the_provider_is_found()
    {
        var replica = fixture.System.Start();
        using var browser = new Browser(replica);
        (await SignInAsync(browser, NewSubject(), provider: "rotating")).ShouldBe(HttpStatusCode.Redirect);
        Provider.RotatingKey = OwnProvider.NewKey();
        // Who signs with keys of his own cannot make us ask the provider more than once a minute.
        (await SignInAsync(browser, NewSubject(), provider: "rotating")).ShouldBe(HttpStatusCode.BadRequest);
        replica.Clock.Advance(TimeSpan.FromMinutes(1));
        (await SignInAsync(browser, NewSubject(), provider: "rotating")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [Trait("Rule", "ALL-1")]
    [InlineData("sid")]
    [InlineData("sub")]
    [InlineData("both")]
    public async Task A_logout_token_ends_what_it_names_and_is_good_once(string names)
    {
        var (subject, session) = (NewSubject(), Guid.CreateVersion7().ToString());
        var (named, _) = await LinkedAsync(subject, session);
        var (other, _) = await LinkedAsync(NewSubject(), Guid.CreateVersion7().ToString());
        var claims = Logout(names == "sid" ? null : subject, names == "sub" ? null : session);
        var token = Provider.Token(claims, type: "logout+jwt");

        using var answer = await LogOutAsync(token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        using var elsewhere = fixture.Replica.Client(named.AccessToken);
        (await Eventually.GetAsync(() => RefusalAsync(elsewhere), code => code.Length > 0, seconds: 2))
            .ShouldBe("access.revoked");
        using var untouched = fixture.Replica.Client(other.AccessToken);
        (await RefusalAsync(untouched)).ShouldBe("");

        using var replayed = await LogOutAsync(token);
        replayed.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await replayed.Content.ReadAsStringAsync()).ShouldContain("\"error\":\"invalid_request\"");
    }

    [Theory]
    [InlineData("nonce")]
    [InlineData("no event")]
    [InlineData("another event")]
    [InlineData("event is no object")]
    [InlineData("nobody")]
    [InlineData("no jti")]
    [InlineData("old")]
    [InlineData("aud")]
    [InlineData("iss")]
    [InlineData("another key")]
    [InlineData("another type")]
    [InlineData("id token")]
    [InlineData("empty")]
    public async Task A_logout_token_that_is_not_good_ends_nothing(string fault)
    {
        var (subject, session) = (NewSubject(), Guid.CreateVersion7().ToString());
        var (_, idToken) = await LinkedAsync(subject, session);
        var claims = Logout(subject, session);
        var type = "logout+jwt";
        Action<SecurityTokenDescriptor>? change = null;
        switch (fault)
        {
            case "nonce": claims["nonce"] = "x"; break;
            case "no event": claims.Remove("events"); break;
            case "another event": claims["events"] = JsonSerializer.SerializeToElement(new { other = new { } }); break;
            case "event is no object":
                claims["events"] = JsonSerializer.SerializeToElement(
                    new Dictionary<string, int>(StringComparer.Ordinal) { [LogoutEvent] = 1 });
                break;
            case "nobody": claims.Remove("sub"); claims.Remove("sid"); break;
            case "no jti": claims.Remove("jti"); break;
            case "old": change = t => t.IssuedAt = t.NotBefore = t.IssuedAt!.Value.AddMinutes(-11); break;
            case "aud": change = t => t.Audience = "another"; break;
            case "iss": change = t => t.Issuer = Provider.Issuer("token"); break;
            case "another key":
                change = t => t.SigningCredentials = new(OwnProvider.NewKey(), SecurityAlgorithms.RsaSha256);
                break;
            case "another type": type = "at+jwt"; break;
        }

        var token = fault switch { "id token" => idToken, "empty" => "", _ => Provider.Token(claims, change, type) };
        using var answer = await LogOutAsync(token);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await fixture.System.QueryAsync(
            $"SELECT count(*) FROM session WHERE provider_session = '{session}' AND ended_at IS NULL")).ShouldBe(["1"]);
    }

    private static string NewSubject() => $"person-{Guid.CreateVersion7():N}";

    private static Dictionary<string, object> Logout(string? subject, string? session)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["jti"] = Guid.CreateVersion7().ToString(),
            ["events"] = JsonSerializer.SerializeToElement(
                new Dictionary<string, object>(StringComparer.Ordinal) { [LogoutEvent] = new { } }),
        };
        if (subject is not null)
            claims["sub"] = subject;
        if (session is not null)
            claims["sid"] = session;
        return claims;
    }

    private static async Task<string> RefusalAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(new Uri("/api/identity/me", UriKind.Relative));
        return answer.IsSuccessStatusCode ? "" : await answer.CodeAsync();
    }

    // To another replica than the one that the tests read from.
    private Task<HttpResponseMessage> LogOutAsync(string token, string provider = "good") => fixture.Process.PostAsync(
        new Uri($"/api/identity/external/{provider}/logout", UriKind.Relative),
        new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["logout_token"] = token }));

    private async Task<HttpStatusCode> SignInAsync(
        Browser browser, string? subject, string fault = "", string provider = "good")
    {
        var (callback, _) = await CallbackAsync(browser, subject, null, fault, provider);
        using var answer = await browser.OpenAsync(callback);
        return answer.StatusCode;
    }

    private async Task<(string Callback, string IdToken)> CallbackAsync(
        Browser browser, string? subject, string? session, string fault = "", string provider = "good")
    {
        var asked = QueryHelpers.ParseQuery((await browser.StartAsync(provider)).Query);
        var claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["nonce"] = asked["nonce"].ToString() };
        if (subject is not null)
            claims["sub"] = subject;
        if (session is not null)
            claims["sid"] = session;
        var token = fault == "garbage" ? "garbage" : Provider.Token(claims, t =>
        {
            t.Issuer = Provider.Issuer(provider);
            if (provider == "rotating")
                t.SigningCredentials = new(Provider.RotatingKey, SecurityAlgorithms.RsaSha256);
            switch (fault)
            {
                case "nonce": claims["nonce"] = "another"; break;
                case "no nonce": claims.Remove("nonce"); break;
                case "aud": t.Audience = "another"; break;
                case "two aud": t.Audiences.Add("another"); break;
                case "azp": claims["azp"] = "another"; break;
                case "iss": t.Issuer = Provider.Issuer("token"); break;
                case "expired":
                    t.IssuedAt = t.NotBefore = t.IssuedAt!.Value.AddHours(-1);
                    t.Expires = t.IssuedAt.Value.AddMinutes(5);
                    break;
                case "no exp": t.Expires = null; break;
                case "another key": t.SigningCredentials = new(OwnProvider.NewKey(), SecurityAlgorithms.RsaSha256); break;
                case "none": t.SigningCredentials = null; break;
                // The confusion of old libraries: what is public (the key as PEM), or shared, as the key of an HMAC.
                case "hs256":
                    t.SigningCredentials = Hmac(Encoding.ASCII.GetBytes(Provider.Key.Rsa.ExportSubjectPublicKeyInfoPem()));
                    break;
                case "hs256 with the secret": t.SigningCredentials = Hmac(new byte[32]); break;
            }
        });
        return ($"/api/identity/external/{provider}/callback?code={Provider.CodeFor(token)}&state={asked["state"]}", token);

        SigningCredentials Hmac(byte[] key) => new(
            new SymmetricSecurityKey(key) { KeyId = Provider.Key.KeyId }, SecurityAlgorithms.HmacSha256);
    }

    private async Task<(SignedIn Tokens, string IdToken)> LinkedAsync(string subject, string session)
    {
        using var browser = new Browser(fixture.Replica);
        var person = await fixture.JoinAsync(new Invite(Contracts.Role.DistrictAdmin));
        var (first, _) = await CallbackAsync(browser, subject, session);
        (await ProviderFixture.LinkAsync(
            person, browser, await browser.ComeBackAsync(new Uri("https://homeschool.example" + first)))).ShouldBe("");
        var (second, idToken) = await CallbackAsync(browser, subject, session);
        using var answer = await browser.SignInAsync(await browser.ComeBackAsync(new Uri("https://homeschool.example" + second)));
        return (await answer.ReadAsync<SignedIn>(HttpStatusCode.OK), idToken);
    }
}
