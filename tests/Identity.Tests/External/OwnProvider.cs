using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity.Tests.External;

/// <summary>
/// A provider of our own that answers whatever a test wants. It is several at once, each with its own issuer: <c>good</c>, and
/// others that are wrong in one thing each.
/// </summary>
internal sealed class OwnProvider : IAsyncDisposable
{
    /// <summary>Its client, which is us.</summary>
    public const string ClientId = "homeschool";

    private readonly WebApplication server;
    private readonly ConcurrentDictionary<string, string> idTokens = new(StringComparer.Ordinal);

    private OwnProvider(WebApplication server) => this.server = server;

    /// <summary>The key of all issuers but <c>rotating</c>.</summary>
    public RsaSecurityKey Key { get; } = NewKey();

    /// <summary>The key of the issuer <c>rotating</c>: it is published alone.</summary>
    public RsaSecurityKey RotatingKey { get; set; } = NewKey();

    /// <summary>Paths that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>An issuer.</summary>
    public string Issuer(string name) => $"{server.Urls.First()}/{name}";

    /// <summary>Starts it on a free port.</summary>
    public static async Task<OwnProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var provider = new OwnProvider(builder.Build());
        provider.server.Use((context, next) =>
        {
            provider.Asked.Enqueue(context.Request.Path.Value!);
            return next(context);
        });
        provider.server.MapGet("/{name}/.well-known/openid-configuration", provider.Describe);
        provider.server.MapGet("/{name}/jwks", provider.Keys);
        provider.server.MapPost("/{name}/token", async (HttpRequest request) =>
            provider.idTokens.TryGetValue((await request.ReadFormAsync())["code"].ToString(), out var token)
                ? Results.Json(new { id_token = token, access_token = "unused", token_type = "Bearer" })
                : Results.Json(new { error = "invalid_grant" }, statusCode: 400));
        await provider.server.StartAsync();
        return provider;
    }

    /// <summary>Makes a code that is good for an ID token.</summary>
    public string CodeFor(string idToken)
    {
        var code = Guid.CreateVersion7().ToString("N");
        idTokens[code] = idToken;
        return code;
    }

    /// <summary>A key that is published nowhere yet.</summary>
    public static RsaSecurityKey NewKey() => new(RSA.Create(2048)) { KeyId = Guid.CreateVersion7().ToString("N") };

    /// <summary>Writes a token of the issuer <c>good</c> for us, for five minutes, after the test has changed what it
    /// will.</summary>
    public string Token(
        Dictionary<string, object> claims, Action<SecurityTokenDescriptor>? change = null, string type = "JWT")
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var token = new SecurityTokenDescriptor
        {
            Issuer = Issuer("good"),
            Audience = ClientId,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddMinutes(5),
            Claims = claims,
            SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.RsaSha256),
            TokenType = type,
        };
        change?.Invoke(token);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => server.DisposeAsync();

    private IResult Describe(string name)
    {
        var address = Issuer(name);
        // The same server by another name: for whom only the issuer's host may be asked it is a stranger.
        var elsewhere = address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        return name == "moved" ? Results.Redirect(Issuer("good") + "/.well-known/openid-configuration") : Results.Json(
            new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["issuer"] = name == "misnamed" ? Issuer("good") : address,
                ["authorization_endpoint"] = address + "/authorize",
                ["token_endpoint"] = (name == "token" ? elsewhere : address) + "/token",
                ["jwks_uri"] = (name == "keys" ? elsewhere : address) + "/jwks",
                ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
                ["padding"] = new string('x', name == "huge" ? 1 << 20 : 1),
            });
    }

    private IResult Keys(string name)
    {
        var key = name == "rotating" ? RotatingKey : Key;
        var jwk = JsonWebKeyConverter.ConvertFromRSASecurityKey(
            new RsaSecurityKey(key.Rsa.ExportParameters(false)) { KeyId = key.KeyId });
        return Results.Json(new { keys = new[] { new { kty = jwk.Kty, use = "sig", kid = jwk.Kid, n = jwk.N, e = jwk.E } } });
    }
}
