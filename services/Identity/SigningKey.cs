using System.Security.Cryptography;
using System.Text;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Identity;

/// <summary>
/// A key that tokens are signed with: P-256, its private part encrypted (AES-256-GCM) under a key derived from the master key and
/// bound to its row. It is published before it signs and for as long after as a token may live.
/// </summary>
public sealed class SigningKey
{
    /// <summary>How long a key signs.</summary>
    public static readonly TimeSpan SigningTime = TimeSpan.FromDays(90);

    /// <summary>How long a key is published before it signs, so that every service knows it by then.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(7);

    /// <summary>How long it stays published afterwards: longer than any token that it signed.</summary>
    public static readonly TimeSpan Aftermath = TimeSpan.FromDays(1);

    /// <summary>The key's id in tokens and in the published set.</summary>
    public required string Kid { get; init; }

    /// <summary>The private key (RFC 5915), encrypted.</summary>
    public required byte[] PrivateKey { get; init; }

    /// <summary>Signs from then on.</summary>
    public DateTimeOffset SignsFrom { get; init; }

    /// <summary>Signs no more from then on.</summary>
    public DateTimeOffset SignsTo { get; init; }

    /// <summary>Makes a key.</summary>
    /// <param name="wrapping">The 32 bytes that it is encrypted under.</param>
    /// <param name="now">The time.</param>
    /// <param name="signsFrom">When it begins to sign.</param>
    public static SigningKey Create(byte[] wrapping, DateTimeOffset now, DateTimeOffset signsFrom)
    {
        var kid = Guid.CreateVersion7(now).ToString("N");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var plain = key.ExportECPrivateKey();
        var sealedKey = Gcm.Encrypt(wrapping, plain, Place(kid));
        CryptographicOperations.ZeroMemory(plain);
        return new SigningKey { Kid = kid, PrivateKey = sealedKey, SignsFrom = signsFrom, SignsTo = signsFrom + SigningTime };
    }

    /// <summary>Decrypts the key.</summary>
    /// <exception cref="CryptographicException">The master key is another one, or the row was changed.</exception>
    public ECDsa Open(byte[] wrapping)
    {
        var plain = Gcm.Decrypt(wrapping, PrivateKey, Place(Kid));
        var key = ECDsa.Create();
        key.ImportECPrivateKey(plain, out _);
        CryptographicOperations.ZeroMemory(plain);
        return key;
    }

    // The associated data names table, column and row: ciphertext moved to another row does not decrypt.
    private static byte[] Place(string kid) => Encoding.UTF8.GetBytes("signing_key/private_key/" + kid);
}
