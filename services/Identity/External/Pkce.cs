using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.Identity.External;

/// <summary>Proof Key for Code Exchange with S256 (RFC 7636): ours at the provider, and our own clients' at us.</summary>
internal static class Pkce
{
    /// <summary>The length of every challenge.</summary>
    public const int ChallengeLength = 43;

    /// <summary>What is shown first of a verifier that is shown later.</summary>
    public static string Challenge(string verifier) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(verifier)));

    /// <summary>Whether a text can be a challenge.</summary>
    public static bool IsChallenge(string? text) =>
        text is { Length: ChallengeLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Compares in constant time.</summary>
    public static bool AreEqual(string? one, string other) => one is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));
}
