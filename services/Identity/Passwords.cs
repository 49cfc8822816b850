using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace HomeSchool.Identity;

/// <summary>Hashes and checks passwords: ASP.NET Core Identity's hasher, PBKDF2 with HMAC-SHA-512.</summary>
public sealed class Passwords
{
    // OWASP's advice for PBKDF2 with HMAC-SHA-512; a hash carries its own count, so it can grow later.
    private const int Iterations = 210_000;

    private readonly PasswordHasher<Account> hasher =
        new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    private readonly Account decoy = new() { UserName = "" };

    /// <summary>Makes the hash that unknown user names are checked against.</summary>
    public Passwords() => Set(decoy, RandomNumberGenerator.GetHexString(32));

    /// <summary>Gives an account its password.</summary>
    public void Set(Account account, string password) => account.PasswordHash = hasher.HashPassword(account, password);

    /// <summary>
    /// Whether it is the account's password. Takes as long when there is no account, or it has no password, so that the time
    /// tells nobody which user names exist. Writes the hash anew when it was made with fewer iterations.
    /// </summary>
    public bool Verify(Account? account, string password)
    {
        var known = account is { PasswordHash.Length: > 0 } ? account : decoy;
        var answer = hasher.VerifyHashedPassword(known, known.PasswordHash, password);
        if (known == account && answer == PasswordVerificationResult.SuccessRehashNeeded)
            Set(account, password);
        return known == account && answer != PasswordVerificationResult.Failed;
    }
}
