using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// One master key, wherever it is kept. It wraps and unwraps the keys of districts and schools and does nothing else, so that it
/// can stay in a device that never shows it.
/// </summary>
internal interface IKeyProvider
{
    /// <summary>Names the master key beside what it wrapped, so that an old and a new one can be used side by side.</summary>
    string KeyId { get; }

    /// <summary>Wraps a key.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="whose">What the wrapped key is bound to: under anything else it does not unwrap.</param>
    byte[] Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> whose);

    /// <summary>Unwraps a key.</summary>
    /// <exception cref="CryptographicException">It was changed, moved, or wrapped by another master key.</exception>
    byte[] Unwrap(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> whose);
}

/// <summary>A master key that is a secret of the configuration or a file.</summary>
internal sealed class SecretKeyProvider : IKeyProvider
{
    private readonly byte[] key;

    public SecretKeyProvider(MasterKey master)
    {
        key = master.Derive("keys/wrapping");
        KeyId = "secret:" + Convert.ToHexStringLower(master.Derive("keys/id").AsSpan(0, 8));
    }

    public string KeyId { get; }

    public byte[] Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> whose) => Gcm.Encrypt(this.key, key, whose);

    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> whose) => Gcm.Decrypt(key, wrapped, whose);
}

/// <summary>The master keys that a service is given, by their ids.</summary>
internal sealed class KeyProviders
{
    private readonly Dictionary<string, IKeyProvider> byId;

    /// <summary>Takes master keys, oldest first.</summary>
    public KeyProviders(params IReadOnlyList<IKeyProvider> oldestFirst)
    {
        Newest = oldestFirst[^1];
        byId = oldestFirst.ToDictionary(provider => provider.KeyId, StringComparer.Ordinal);
    }

    /// <summary>The one that a rotation changes over to, and that a new store begins with.</summary>
    public IKeyProvider Newest { get; }

    /// <summary>The one with this id.</summary>
    /// <exception cref="InvalidOperationException">The service was not given it.</exception>
    public IKeyProvider Need(string id) => byId.TryGetValue(id, out var provider)
        ? provider
        : throw new InvalidOperationException(
            $"密钥库由主密钥 {id} 保护，而本服务未配置该主密钥（Keys:Master、Keys:Wrapping 或 Keys:Pkcs11）。"
            + $"The key store is wrapped by the master key {id}, which this service is not given "
            + "(Keys:Master, Keys:Wrapping, Keys:Pkcs11).");

    /// <summary>
    /// Reads the master keys from the configuration: <c>Keys:Master</c>, then those of <c>Keys:Wrapping</c> (or
    /// <c>Keys:WrappingFile</c>; separated by white space), then those of the PKCS#11 token; each list oldest first.
    /// </summary>
    public static KeyProviders From(IConfiguration configuration)
    {
        var secrets = Words(MasterKey.Setting(configuration, "Keys:Wrapping"));
        var token = configuration.GetSection("Keys:Pkcs11");
        return new KeyProviders([
            new SecretKeyProvider(MasterKey.From(configuration)),
            .. secrets.Select(secret => new SecretKeyProvider(MasterKey.Of(secret))),
            .. token.Exists() ? Pkcs11KeyProvider.From(configuration) : [],
        ]);
    }

    internal static string[] Words(string? text) => (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>AES-256-GCM with a random nonce in front and the tag behind.</summary>
public static class Gcm
{
    internal const int Overhead = NonceSize + TagSize;
    internal const int NonceSize = 12;
    internal const int TagSize = 16;

    /// <summary>Encrypts.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="plain">What to encrypt.</param>
    /// <param name="associated">Where it belongs: it decrypts only together with the same bytes.</param>
    public static byte[] Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated)
    {
        var result = new byte[plain.Length + Overhead];
        Encrypt(key, plain, associated, result);
        return result;
    }

    internal static void Encrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated, Span<byte> result)
    {
        var nonce = result[..NonceSize];
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(nonce, plain, result[NonceSize..^TagSize], result[^TagSize..], associated);
    }

    /// <summary>Decrypts.</summary>
    /// <exception cref="CryptographicException">Another key, other associated data, or changed bytes.</exception>
    public static byte[] Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> encrypted, ReadOnlySpan<byte> associated)
    {
        if (encrypted.Length < Overhead)
            throw new CryptographicException("Too short to be encrypted.");
        var plain = new byte[encrypted.Length - Overhead];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(encrypted[..NonceSize], encrypted[NonceSize..^TagSize], encrypted[^TagSize..], plain, associated);
        return plain;
    }
}
