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
    /// Whether it is the account's password. Takes as long when there is no account, so that the time tells nobody which user
    /// names exist. Writes the hash anew when it was made with fewer iterations.
    /// </summary>
    public bool Verify(Account? account, string password)
    {
        var answer = hasher.VerifyHashedPassword(account ?? decoy, (account ?? decoy).PasswordHash, password);
        if (account is not null && answer == PasswordVerificationResult.SuccessRehashNeeded)
            Set(account, password);
        return account is not null && answer != PasswordVerificationResult.Failed;
    }
}
