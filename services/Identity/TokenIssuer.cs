using System.Globalization;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity;

/// <summary>Writes access tokens: who, in which session, and every role that holds now.</summary>
internal static class TokenIssuer
{
    /// <summary>Issues a token, in the transaction that decides that there shall be one.</summary>
    /// <param name="db">The database; a transaction is open.</param>
    /// <param name="key">What signs (<see cref="SigningKeys.CurrentAsync"/>).</param>
    /// <param name="account">Whom the token is for.</param>
    /// <param name="session">In which session.</param>
    /// <param name="refreshToken">The session's newest refresh token.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<SignedIn> IssueAsync(
        this IdentityDb db, ECDsaSecurityKey key, Account account, Session session, string refreshToken, DateTimeOffset now,
        CancellationToken cancel)
    {
        var grants = await db.GrantsOfAsync(account.Id, now, cancel);
        // A role that ends in the next minutes ends with its last token, too.
        var expires = grants.Select(grant => grant.HoldsTo).Append(now + Tokens.Lifetime).Min()!.Value;
        var token = Write(key, now, expires, new(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Sub] = account.Id.ToString(),
            [JwtRegisteredClaimNames.Sid] = session.Id.ToString(),
            ["pv"] = account.PermissionVersion.ToString(CultureInfo.InvariantCulture),
            [Caller.GrantClaim] = grants.Select(grant => grant.ToGrant().ToString()).ToArray(),
        });
        return new SignedIn(token, refreshToken, (int)(expires - now).TotalSeconds);
    }

    /// <summary>Writes and signs a token.</summary>
    public static string Write(
        ECDsaSecurityKey key, DateTimeOffset now, DateTimeOffset expires, Dictionary<string, object> claims) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
        });

    /// <summary>The roles of an account that hold now.</summary>
    /// <remarks>Needs a transaction: see <see cref="IdentityDb.ShowGrantsOfAsync"/>.</remarks>
    public static async Task<List<RoleGrant>> GrantsOfAsync(
        this IdentityDb db, Guid account, DateTimeOffset now, CancellationToken cancel)
    {
        await db.ShowGrantsOfAsync(account, cancel);
        return await db.Set<RoleGrant>().AsNoTracking()
            .Where(grant => grant.AccountId == account && grant.WithdrawnAt == null
                && grant.HoldsFrom <= now && (grant.HoldsTo == null || grant.HoldsTo > now))
            .OrderBy(grant => grant.Id)
            .ToListAsync(cancel);
    }
}

/// <summary>What a client gets that has signed in or refreshed.</summary>
/// <param name="AccessToken">Send it as <c>Authorization: Bearer …</c>.</param>
/// <param name="RefreshToken">Good for one refresh.</param>
/// <param name="ExpiresIn">Seconds until the access token must be refreshed.</param>
public sealed record SignedIn(string AccessToken, string RefreshToken, int ExpiresIn);
