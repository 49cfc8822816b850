using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Serialization;

namespace HomeSchool.Identity.Clients;

/// <summary>A token request of RFC 6749 §4.4.2, with the client's credentials from wherever they came.</summary>
/// <param name="GrantType"><c>client_credentials</c>.</param>
/// <param name="ClientId">The client.</param>
/// <param name="ClientSecret">Its secret.</param>
/// <param name="Scope">Less than the client has; <see langword="null"/> for all of it.</param>
internal sealed record TokenRequest(
    [property: JsonPropertyName("grant_type")] string GrantType,
    [property: JsonPropertyName("client_id")] string ClientId,
    [property: JsonPropertyName("client_secret")] string ClientSecret,
    [property: JsonPropertyName("scope")] string? Scope)
{
    /// <summary>Reads a request.</summary>
    /// <returns><see langword="null"/> for what is none: no grant type, a parameter twice, credentials in two ways.</returns>
    public static async Task<TokenRequest?> ReadAsync(HttpRequest http, CancellationToken cancel)
    {
        IFormCollection form;
        try
        {
            form = await http.ReadFormAsync(cancel);
        }
        catch (InvalidDataException)
        {
            return null; // more fields, or longer ones, than a form may have
        }

        if (form.Any(field => field.Value.Count > 1) || Value("grant_type") is not { } grantType)
            return null;
        var (id, secret) = (Value("client_id") ?? "", Value("client_secret") ?? "");
        if (Basic(http.Headers.Authorization.ToString()) is var (basicId, basicSecret))
        {
            // A client_id beside HTTP Basic is allowed, when it is the same.
            if (secret.Length > 0 || (id.Length > 0 && id != basicId))
                return null;
            (id, secret) = (basicId, basicSecret);
        }

        return new TokenRequest(grantType, id, secret, Value("scope"));

        // A parameter without a value is treated as if it were not there (RFC 6749 §3.2).
        string? Value(string name) => form[name].ToString() is { Length: > 0 } text ? text : null;
    }

    // RFC 6749 §2.3.1: both parts are form-encoded before they are put into HTTP Basic.
    private static (string Id, string Secret)? Basic(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var authorization)
            || !authorization.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var bytes = new byte[authorization.Parameter?.Length ?? 0];
        var isBase64 = Convert.TryFromBase64String(authorization.Parameter ?? "", bytes, out var length);
        var parts = isBase64 ? Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) : [];
        return parts.Length == 2 ? (Decode(parts[0]), Decode(parts[1])) : ("", "");
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
