using System.Globalization;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity;

/// <summary>Writes access tokens: who, in which session, and every role that may be used now.</summary>
internal sealed class TokenIssuer(
    IdentityDb db, SignInSteps steps, SigningKeys keys, SecondFactorPolicy policy, TimeProvider clock)
{
    /// <summary>Begins a session for an account that has proved itself, and issues its first tokens.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="device">As the client calls it.</param>
    /// <param name="action">How somebody signed in, for the audit.</param>
    /// <param name="http">The request.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<SignedIn> SignInAsync(
        Account account, string? device, string action, HttpContext http, CancellationToken cancel)
    {
        var key = await keys.CurrentAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var (session, refreshToken) = await steps.BeginSessionAsync(account, device, action, http, cancel);
        var answer = await IssueAsync(key, account, session, refreshToken, cancel);
        await transaction.CommitAsync(cancel);
        return answer;
    }

    /// <summary>Issues a token, in the transaction that decides that there shall be one.</summary>
    /// <param name="key">What signs (<see cref="SigningKeys.CurrentAsync"/>).</param>
    /// <param name="account">Whom the token is for.</param>
    /// <param name="session">In which session.</param>
    /// <param name="refreshToken">The session's newest refresh token.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<SignedIn> IssueAsync(
        ECDsaSecurityKey key, Account account, Session session, string refreshToken, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (grants, othersWait) = await policy.GrantsInForceAsync(db, account.Id, now, cancel);
        // A role that ends in the next minutes ends with its last token, too.
        var expires = grants.Select(grant => grant.HoldsTo).Append(now + Tokens.Lifetime).Min()!.Value;
        var token = Write(key, now, expires, new(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Sub] = account.Id.ToString(),
            [JwtRegisteredClaimNames.Sid] = session.Id.ToString(),
            ["pv"] = account.PermissionVersion.ToString(CultureInfo.InvariantCulture),
            [Caller.GrantClaim] = grants.Select(grant => grant.ToGrant().ToString()).ToArray(),
        });
        return new SignedIn(token, refreshToken, (int)(expires - now).TotalSeconds, othersWait);
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
}

/// <summary>The roles of accounts.</summary>
internal static class GrantsOf
{
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
/// <param name="SecondFactorMissing">Whether roles are missing in the access token until a second factor is enrolled.</param>
public sealed record SignedIn(string AccessToken, string RefreshToken, int ExpiresIn, bool SecondFactorMissing = false);
