using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity.Tests;

public sealed class KeyTests(IdentityFixture fixture)
{
    [Fact]
    public async Task Anybody_can_check_a_token_with_the_published_keys_alone()
    {
        using var client = fixture.Replica.Client();
        var discovery = await client.GetAsync<JsonElement>("/.well-known/openid-configuration");
        discovery.GetProperty("issuer").GetString().ShouldBe(Tokens.Issuer);
        var keys = new JsonWebKeySet(await client.GetStringAsync(new Uri(discovery.GetProperty("jwks_uri").GetString()!)));

        var result = await CheckAsync(fixture.Admin.Tokens.AccessToken, keys);
        result.IsValid.ShouldBeTrue();
        var token = (JsonWebToken)result.SecurityToken;
        token.Alg.ShouldBe("ES256");
        (token.ValidTo - token.IssuedAt).ShouldBe(Tokens.Lifetime);
        token.GetClaim("grant").Value.ShouldBe($"district-admin//{fixture.District:N}");
        Guid.TryParse(token.Subject, out _).ShouldBeTrue();

        // One letter of the signature changed, and one of the payload.
        var text = fixture.Admin.Tokens.AccessToken;
        foreach (var place in new[] { text.Length - 10, text.IndexOf('.', StringComparison.Ordinal) + 20 })
        {
            var forged = text[..place] + (text[place] == 'A' ? 'B' : 'A') + text[(place + 1)..];
            (await CheckAsync(forged, keys)).IsValid.ShouldBeFalse();
            using var stranger = fixture.Replica.Client(forged);
            using var refused = await stranger.GetAsync(new Uri("/api/identity/me", UriKind.Relative));
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task The_published_keys_hold_no_private_part()
    {
        using var client = fixture.Replica.Client();
        var keys = await client.GetAsync<JsonElement>("/.well-known/jwks.json");
        foreach (var key in keys.GetProperty("keys").EnumerateArray())
            key.EnumerateObject().Select(member => member.Name).ShouldBe(["kty", "use", "crv", "alg", "kid", "x", "y"]);
    }

    [Fact]
    public async Task The_key_survives_a_restart()
    {
        await using var process = await fixture.System.StartProcessAsync();
        using var signedIn = await process.Client.PostAsync(
            "/api/identity/sign-in", new SignIn(fixture.Admin.Name, IdentitySystem.Password));
        var tokens = await signedIn.ReadAsync<SignedIn>(HttpStatusCode.OK);
        await process.KillAsync();
        await process.StartAsync();
        process.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        (await process.Client.GetAsync<Me>("/api/identity/me")).UserName.ShouldBe(fixture.Admin.Name);
    }

    [Fact]
    public async Task A_key_is_published_a_week_before_it_signs_and_a_day_after()
    {
        await using var system = await IdentitySystem.PrepareAsync();
        var replica = system.Start();
        var first = (await KidsAsync(replica)).ShouldHaveSingleItem();

        replica.Clock.Advance(SigningKey.SigningTime - SigningKey.Notice + TimeSpan.FromHours(1));
        var both = await KidsAsync(replica);
        both.Length.ShouldBe(2);
        both[0].ShouldBe(first);
        await JoinFirstAsync(system, replica);
        (await SigningKidAsync(replica)).ShouldBe(first);

        replica.Clock.Advance(SigningKey.Notice);
        (await KidsAsync(replica)).ShouldBe(both);
        (await SigningKidAsync(replica)).ShouldBe(both[1]);

        replica.Clock.Advance(SigningKey.Aftermath);
        (await KidsAsync(replica)).ShouldBe([both[1]]);

        async Task<string> SigningKidAsync(Replica at)
        {
            var person = await Person.SignInAsync(at, "first@school.example");
            return new JsonWebToken(person.Tokens.AccessToken).Kid;
        }
    }

    [Fact]
    public async Task Replicas_that_start_at_the_same_time_make_one_key()
    {
        await using var system = await IdentitySystem.PrepareAsync();
        var replicas = Enumerable.Range(0, 3).Select(_ => system.Start()).ToArray();
        var kids = await Task.WhenAll(replicas.Select(KidsAsync));
        kids.SelectMany(kid => kid).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    private static Task<TokenValidationResult> CheckAsync(string token, JsonWebKeySet keys) =>
        new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Tokens.Issuer,
            ValidAudience = Tokens.Audience,
            IssuerSigningKeys = keys.GetSigningKeys(),
        });

    private static async Task<string[]> KidsAsync(Replica replica)
    {
        using var client = replica.Client();
        var keys = await client.GetAsync<JsonElement>("/.well-known/jwks.json");
        return [.. keys.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!)];
    }

    private static async Task JoinFirstAsync(IdentitySystem system, Replica replica)
    {
        // The link was printed at the real time, this replica lives in a later one: it is as if it had been printed then.
        var token = await system.FirstAdminTokenAsync();
        await system.QueryAsync("UPDATE first_admin_link SET expires_at = expires_at + interval '1 year'");
        using var client = replica.Client();
        using var answer = await client.PostAsync(
            "/api/identity/first-admin", new CreateFirstAdmin(token, "first@school.example", IdentitySystem.Password));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
    }
}
