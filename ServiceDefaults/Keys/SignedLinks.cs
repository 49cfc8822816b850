using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// Links that open without an account: what they name is signed with a key for one purpose alone, so that they cannot be guessed and lead
/// nowhere else. Nothing of them is stored, and the same names give the same link. When a link ends, its service decides.
/// </summary>
/// <param name="configuration">The master key, and <c>PublicUrl</c>: where families reach the gateway.</param>
/// <param name="purpose">Of the key, e.g. <c>visits/answer-link</c>.</param>
/// <param name="path">The address behind <c>PublicUrl</c>, to which the token is added.</param>
/// <param name="names">How many bytes a link names.</param>
public sealed class SignedLinks(IConfiguration configuration, string purpose, string path, int names)
{
    private const int SignatureLength = 16;

    private readonly byte[] key = MasterKey.From(configuration).Derive(purpose);
    private readonly string address = (configuration["PublicUrl"] ?? "http://127.0.0.1:8080").TrimEnd('/') + path;

    /// <summary>The link that names these bytes.</summary>
    public Uri To(ReadOnlySpan<byte> named)
    {
        Span<byte> token = stackalloc byte[names + SignatureLength];
        named.CopyTo(token);
        Sign(named, token[names..]);
        return new Uri($"{address}{Base64Url.EncodeToString(token)}");
    }

    /// <summary>Reads what a token names.</summary>
    /// <returns>Whether it was made here.</returns>
    public bool TryRead(string? token, Span<byte> named)
    {
        Span<byte> bytes = stackalloc byte[names + SignatureLength];
        // Not TryDecodeFromChars: it throws where a character is none of base64url's.
        if (token is null || Base64Url.DecodeFromChars(token, bytes, out _, out var length) != OperationStatus.Done
            || length != bytes.Length)
        {
            return false;
        }

        Span<byte> signature = stackalloc byte[SignatureLength];
        Sign(bytes[..names], signature);
        bytes[..names].CopyTo(named);
        return CryptographicOperations.FixedTimeEquals(signature, bytes[names..]);
    }

    private void Sign(ReadOnlySpan<byte> named, Span<byte> signature)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, named, mac);
        mac[..SignatureLength].CopyTo(signature);
    }
}
