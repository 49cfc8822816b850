using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.Identity.External;

/// <summary>
/// A browser on its way to a provider and back. One random secret stands in a cookie of that browser and nowhere else; state,
/// nonce and PKCE verifier are derived from it and from all that they must fit. So only the browser that began can come back,
/// nothing on the way can be exchanged, and who begins without ever coming back leaves nothing with us.
/// </summary>
internal sealed class SignInAttempt
{
    /// <summary>How long the cookie lasts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int SecretBytes = 32;
    private const int LongestReturn = 500;

    private readonly string provider;
    private readonly byte[] secret;

    private SignInAttempt(string provider, byte[] secret, string challenge, string returnTo) =>
        (this.provider, this.secret, Challenge, ReturnTo) = (provider, secret, challenge, returnTo);

    /// <summary>The PKCE challenge of our own client, who redeems the one-time code.</summary>
    public string Challenge { get; }

    /// <summary>The path on our own host that gets the one-time code.</summary>
    public string ReturnTo { get; }

    /// <summary>The request's <c>state</c>.</summary>
    public string State => Derive("state");

    /// <summary>The request's <c>nonce</c>.</summary>
    public string Nonce => Derive("nonce");

    /// <summary>The PKCE verifier for the provider.</summary>
    public string Verifier => Derive("verifier");

    /// <summary>Begins one.</summary>
    public static SignInAttempt Begin(string provider, string challenge, string returnTo) =>
        new(provider, RandomNumberGenerator.GetBytes(SecretBytes), challenge, returnTo);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <returns><see langword="null"/> for anything else.</returns>
    public static SignInAttempt? Read(string provider, string? cookie)
    {
        if (cookie?.Split('.') is not [var first, var challenge, var last] || !Pkce.IsChallenge(challenge)
            || !Base64Url.IsValid(first, out var length) || length != SecretBytes || !Base64Url.IsValid(last))
        {
            return null;
        }

        var returnTo = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(last));
        return IsOwnPath(returnTo) ? new(provider, Base64Url.DecodeFromChars(first), challenge, returnTo) : null;
    }

    /// <summary>Whether it is a path on our own host: no address that a browser takes for another's.</summary>
    public static bool IsOwnPath(string? path) =>
        path is ['/', ..] and not ['/', '/', ..] && path.Length <= LongestReturn
        && path.All(c => c is > ' ' and <= '~' and not '\\');

    /// <summary>As it stands in the cookie.</summary>
    public override string ToString() =>
        $"{Base64Url.EncodeToString(secret)}.{Challenge}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(ReturnTo))}";

    private string Derive(string what) => Base64Url.EncodeToString(
        HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{what}\n{provider}\n{Challenge}\n{ReturnTo}")));
}
