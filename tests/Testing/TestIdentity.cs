using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Testing;

/// <summary>
/// Issues real tokens and publishes their key, as the Identity service does, for tests of services that only check them.
/// </summary>
public sealed class TestIdentity : IAsyncDisposable
{
    private readonly ECDsaSecurityKey key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "test" };
    private readonly ConcurrentBag<RevokedAccount> revoked = [];
    private readonly WebApplication server;

    private TestIdentity(WebApplication server) => this.server = server;

    /// <summary>Where it listens.</summary>
    public string Address => server.Urls.First();

    /// <summary>Starts to publish the key on a free port.</summary>
    /// <param name="listsRevocations">Whether services can ask it what was revoked.</param>
    public static async Task<TestIdentity> StartAsync(bool listsRevocations = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var identity = new TestIdentity(builder.Build());
        identity.server.MapGet("/.well-known/openid-configuration", () => new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["issuer"] = Tokens.Issuer,
            ["jwks_uri"] = identity.Address + "/.well-known/jwks.json",
        });
        identity.server.MapGet("/.well-known/jwks.json", () =>
        {
            var point = identity.key.ECDsa.ExportParameters(false).Q;
            return Results.Json(new
            {
                keys = new[]
                {
                    new
                    {
                        kty = "EC", use = "sig", crv = "P-256", alg = "ES256", kid = identity.key.KeyId,
                        x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y),
                    },
                },
            });
        });
        if (listsRevocations)
        {
            identity.server.MapGet("/.well-known/revocations", () =>
                new RevocationList(TimeProvider.System.GetUtcNow(), [.. identity.revoked], []));
        }

        await identity.server.StartAsync();
        return identity;
    }

    /// <summary>A token for somebody with these roles.</summary>
    public string Token(params Grant[] grants) => Token(Guid.CreateVersion7(), TokenTime.Valid, grants);

    /// <summary>A token of a given account, valid or expired.</summary>
    public string Token(Guid account, TokenTime time, params Grant[] grants) => Token(account, time, grants.Select(GrantClaim));

    /// <summary>A token of a machine client.</summary>
    public string MachineToken(Guid client, string scope, Grant grant) => Token(client, TokenTime.Valid,
        [new Claim(Caller.ClientClaim, client.ToString()), new Claim(Caller.ScopeClaim, scope), GrantClaim(grant)]);

    /// <summary>Makes every token of an account void, as Identity does when it loses a role.</summary>
    public void Revoke(Guid account) => revoked.Add(new RevokedAccount(account, 1));

    /// <summary>The grant of an administrator of a whole district.</summary>
    public static Grant DistrictAdmin(Guid district) => new(Role.DistrictAdmin, null, district, null, null, null);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        key.ECDsa.Dispose();
    }

    private string Token(Guid subject, TokenTime time, IEnumerable<Claim> claims)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var issued = time == TokenTime.Valid ? now : now.AddHours(-2);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            IssuedAt = issued,
            NotBefore = issued,
            Expires = issued.AddHours(1),
            Subject = new ClaimsIdentity([new Claim("sub", subject.ToString()), .. claims]),
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    private static Claim GrantClaim(Grant grant) => new(Caller.GrantClaim, grant.ToString());
}

/// <summary>Whether a test's token is still good.</summary>
public enum TokenTime
{
    /// <summary>Issued now, for an hour.</summary>
    Valid,

    /// <summary>Ended an hour ago.</summary>
    Expired,
}
