using System.Buffers.Text;
using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits;

/// <summary>
/// Links by which a family without an account answers an appointment (VIS-6). A link names the school and the visit and is signed
/// with a key for this purpose alone, so it cannot be guessed or used for anything else. It is good until the appointment begins,
/// wherever that is moved: a printed link leads to the appointment as it is now.
/// </summary>
public sealed class AnswerLinks
{
    private const int IdLength = 16;
    private const int SignatureLength = 16;
    private const int Length = 2 * IdLength + SignatureLength;

    private readonly byte[] key;
    private readonly string publicUrl;

    /// <summary>Takes the key from the master key and the address from <c>PublicUrl</c>.</summary>
    public AnswerLinks(IConfiguration configuration)
    {
        key = MasterKey.From(configuration).Derive("visits/answer-link");
        publicUrl = (configuration["PublicUrl"] ?? "http://127.0.0.1:8080").TrimEnd('/');
    }

    /// <summary>The link to a visit's appointment; always the same for the same visit.</summary>
    public Uri To(Visit visit)
    {
        Span<byte> token = stackalloc byte[Length];
        visit.SchoolId.TryWriteBytes(token);
        visit.Id.TryWriteBytes(token[IdLength..]);
        Sign(token[..(2 * IdLength)], token[(2 * IdLength)..]);
        return new Uri($"{publicUrl}/api/visits/answers/{Base64Url.EncodeToString(token)}");
    }

    /// <summary>What a link leads to; <see langword="null"/> when this service did not make it.</summary>
    internal LinkTarget? Read(string? token)
    {
        if (!Base64Url.IsValid(token, out var length) || length != Length)
            return null;
        Span<byte> bytes = stackalloc byte[Length];
        Base64Url.DecodeFromChars(token, bytes);
        Span<byte> signature = stackalloc byte[SignatureLength];
        Sign(bytes[..(2 * IdLength)], signature);
        return CryptographicOperations.FixedTimeEquals(signature, bytes[(2 * IdLength)..])
            ? new LinkTarget(new Guid(bytes[..IdLength]), new Guid(bytes[IdLength..(2 * IdLength)]))
            : null;
    }

    private void Sign(ReadOnlySpan<byte> target, Span<byte> signature)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, target, mac);
        mac[..SignatureLength].CopyTo(signature);
    }
}

/// <summary>What a link leads to.</summary>
/// <param name="SchoolId">The school: the link's tenancy.</param>
/// <param name="VisitId">The visit.</param>
internal sealed record LinkTarget(Guid SchoolId, Guid VisitId);
