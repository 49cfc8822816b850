using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Surveys;

/// <summary>
/// Links by which a family answers without an account (SUR-3). A link names school and invitation and is signed with a key for this
/// purpose alone: it cannot be guessed, leads nowhere else, and ends with its survey. It can be made again when it is handed over
/// again, so nothing of it is stored.
/// </summary>
public sealed class SurveyLinks
{
    private const int IdLength = 16;
    private const int SignatureLength = 16;
    private const int Length = (2 * IdLength) + SignatureLength;

    private readonly byte[] key;
    private readonly string publicUrl;

    /// <summary>Takes the key from the master key and the address from <c>PublicUrl</c>.</summary>
    public SurveyLinks(IConfiguration configuration)
    {
        key = MasterKey.From(configuration).Derive("surveys/answer-link");
        publicUrl = (configuration["PublicUrl"] ?? "http://127.0.0.1:8080").TrimEnd('/');
    }

    /// <summary>The link of an invitation; always the same.</summary>
    public Uri To(Guid school, Guid invitation)
    {
        Span<byte> token = stackalloc byte[Length];
        school.TryWriteBytes(token);
        invitation.TryWriteBytes(token[IdLength..]);
        Sign(token[..(2 * IdLength)], token[(2 * IdLength)..]);
        return new Uri($"{publicUrl}/api/surveys/answers/{Base64Url.EncodeToString(token)}");
    }

    /// <summary>What a link leads to; <see langword="null"/> when this service did not make it.</summary>
    internal LinkTarget? Read(string? token)
    {
        Span<byte> bytes = stackalloc byte[Length];
        // Not TryDecodeFromChars: it throws where a character is none of base64url's.
        if (token is null || Base64Url.DecodeFromChars(token, bytes, out _, out var length) != OperationStatus.Done || length != Length)
            return null;
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
/// <param name="InvitationId">The invitation.</param>
internal sealed record LinkTarget(Guid SchoolId, Guid InvitationId);
