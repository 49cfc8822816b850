using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.External;

/// <summary>
/// That a provider has just told who somebody is: what the one-time code stands for that his client trades for a session, or
/// links to an account. It is good once, for ten minutes, and only with the verifier of the client that began.
/// </summary>
public sealed class ExternalSignIn
{
    /// <summary>How long a code is good: time enough to sign in with a password, or to type an invitation's code.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>SHA-256 of the code.</summary>
    public required byte[] CodeHash { get; init; }

    /// <summary>The provider's key.</summary>
    public required string Provider { get; init; }

    /// <summary>Who it is there (<c>sub</c>).</summary>
    public required string Subject { get; init; }

    /// <summary>The session there (<c>sid</c>), when the provider tells it.</summary>
    public string? ProviderSession { get; init; }

    /// <summary>The PKCE challenge of the client that began.</summary>
    public required string Challenge { get; init; }

    /// <summary>The code is good until then.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Finding what a one-time code stands for.</summary>
internal static class ExternalSignIns
{
    /// <summary>What a code stands for, locked for the transaction: of two who show it at the same time the second finds it
    /// used.</summary>
    /// <returns><see langword="null"/> when it is unknown, used or expired, or the verifier is not its client's.</returns>
    public static async Task<ExternalSignIn?> LockExternalSignInAsync(
        this IdentityDb db, string code, string verifier, DateTimeOffset now, CancellationToken cancel)
    {
        var hash = Secrets.Hash(code);
        var found = await db.Set<ExternalSignIn>().FromSql($"SELECT * FROM external_sign_in WHERE code_hash = {hash} FOR UPDATE")
            .SingleOrDefaultAsync(cancel);
        return found?.ExpiresAt > now && Pkce.AreEqual(found.Challenge, Pkce.Challenge(verifier)) ? found : null;
    }

    /// <summary>The link of who it is to an account, if there is one.</summary>
    public static Task<ExternalIdentity?> IdentityOfAsync(this IdentityDb db, ExternalSignIn proved, CancellationToken cancel) =>
        db.Set<ExternalIdentity>().AsNoTracking()
            .SingleOrDefaultAsync(i => i.Provider == proved.Provider && i.Subject == proved.Subject, cancel);
}
