using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HomeSchool.Contracts.Audit;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.ServiceDefaults.Auditing;

/// <summary>
/// How the audit is chained and its heads are signed (R14). An open format: the README of ServiceDefaults describes it, and who
/// has an export and the service's public key can check it without us.
/// </summary>
public static class AuditChain
{
    /// <summary>What stands before the first seal: another one for each service, so that no chain passes for another's.</summary>
    public static byte[] Genesis(string service) => SHA256.HashData(Canonical("homeschool-audit", service));

    /// <summary>The digest of one row, its MAC included. The MAC makes it impossible to guess a row from its leaf.</summary>
    public static byte[] Leaf(AuditEntry entry) => SHA256.HashData([.. entry.Canonical(), .. entry.Mac]);

    /// <summary>The hash of a seal: over the hash before it, its position and its row's leaf.</summary>
    public static byte[] Next(ReadOnlySpan<byte> previous, long position, ReadOnlySpan<byte> leaf)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, position);
        return SHA256.HashData([.. previous, .. number, .. leaf]);
    }

    /// <summary>A time as a field: microseconds since 1970, which is what the database keeps.</summary>
    internal static string Microseconds(DateTimeOffset time) =>
        ((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Fields as bytes: before each its length in UTF-8 bytes and a colon (-1 when it is missing), after it a semicolon. No two
    /// different lists of fields give the same bytes.
    /// </summary>
    internal static byte[] Canonical(params ReadOnlySpan<string?> fields)
    {
        var text = new StringBuilder();
        foreach (var field in fields)
            text.Append(CultureInfo.InvariantCulture, $"{(field is null ? -1 : Encoding.UTF8.GetByteCount(field))}:{field};");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}

/// <summary>
/// The key pair with which a service signs the heads of its audit: ECDSA on P-256, derived from the master key, so that every
/// replica has it and nothing is stored. Others verify with the public half.
/// </summary>
public sealed class SealKey
{
    private readonly string service;
    private readonly ECParameters pair;

    /// <summary>Derives the pair of a service.</summary>
    public SealKey(MasterKey master, string service)
    {
        this.service = service;
        var purpose = "audit-seal/" + service;
        var secret = master.Derive(purpose);
        // Not every 32 bytes are a private key of the curve; one in four thousand million is not.
        for (var again = 1; !IsPrivateKey(secret); again++)
            secret = master.Derive($"{purpose}/{again}");
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
        pair = ecdsa.ExportParameters(includePrivateParameters: true);
        Public = Convert.ToBase64String(ecdsa.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The public key: a SubjectPublicKeyInfo in base64.</summary>
    public string Public { get; }

    /// <summary>Signs a head.</summary>
    /// <param name="position">The position of the last seal.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="at">When it is sealed; whole microseconds.</param>
    public AuditSealed Sign(long position, byte[] hash, DateTimeOffset at)
    {
        using var ecdsa = ECDsa.Create(pair);
        return Head(position, hash, at, ecdsa.SignData(Signed(service, position, hash, at), HashAlgorithmName.SHA256));
    }

    /// <summary>A head that was signed before.</summary>
    public AuditSealed Head(long position, byte[] hash, DateTimeOffset at, byte[] signature) =>
        new(service, position, Convert.ToBase64String(hash), at, Public, Convert.ToBase64String(signature));

    /// <summary>Opens the public key, for <see cref="IsGenuine"/>.</summary>
    public ECDsa OpenPublic() => ECDsa.Create(new ECParameters { Curve = pair.Curve, Q = pair.Q });

    /// <summary>Whether a head is one that this key has signed, whatever key the head itself names.</summary>
    public static bool IsGenuine(AuditSealed head, ECDsa key)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        var signature = new byte[64];
        return Convert.TryFromBase64String(head.Hash, hash, out var hashed) && hashed == hash.Length
            && Convert.TryFromBase64String(head.Signature, signature, out var signed) && signed == signature.Length
            && key.VerifyData(Signed(head.Service, head.Position, hash, head.OccurredAt), signature, HashAlgorithmName.SHA256);
    }

    private static byte[] Signed(string service, long position, byte[] hash, DateTimeOffset at) => AuditChain.Canonical(
        "homeschool-audit-head", service, position.ToString(CultureInfo.InvariantCulture), Convert.ToBase64String(hash),
        AuditChain.Microseconds(at));

    // FIPS 186-5, A.2.2: between 1 and the order of the curve less 2.
    private static bool IsPrivateKey(ReadOnlySpan<byte> secret) =>
        secret.SequenceCompareTo(LargestPrivateKey) <= 0 && secret.ContainsAnyExcept((byte)0);

    private static ReadOnlySpan<byte> LargestPrivateKey =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x4F,
    ];
}
