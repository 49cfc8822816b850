using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.ServiceDefaults.Outgoing;

/// <summary>
/// Signs a webhook as Standard Webhooks 1.0 does, so that receivers have libraries for it: <c>webhook-id</c> stays the same when
/// a message is sent again, <c>webhook-timestamp</c> are the seconds since 1970, and <c>webhook-signature</c> is <c>v1,</c> and
/// the Base64 of the HMAC-SHA-256 over <c>id.timestamp.body</c>.
/// </summary>
public static class WebhookSignature
{
    /// <summary>Adds the three headers.</summary>
    /// <param name="request">The request.</param>
    /// <param name="id">Of the message, the same at each attempt.</param>
    /// <param name="at">When it is sent.</param>
    /// <param name="body">Its body, as it is sent.</param>
    /// <param name="secret">What sender and receiver share.</param>
    public static void Sign(HttpRequestMessage request, string id, DateTimeOffset at, ReadOnlySpan<byte> body, byte[] secret)
    {
        ArgumentNullException.ThrowIfNull(request);
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", "v1," + Of(id, timestamp, body, secret));
    }

    /// <summary>The signature, for a receiver to compare.</summary>
    public static string Of(string id, string timestamp, ReadOnlySpan<byte> body, byte[] secret)
    {
        var head = Encoding.UTF8.GetBytes($"{id}.{timestamp}.");
        var signed = new byte[head.Length + body.Length];
        head.CopyTo(signed, 0);
        body.CopyTo(signed.AsSpan(head.Length));
        return Convert.ToBase64String(HMACSHA256.HashData(secret, signed));
    }
}
