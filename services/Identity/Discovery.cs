using HomeSchool.ServiceDefaults.Security;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity;

/// <summary>What services need to check tokens: who issues them and the public keys.</summary>
internal static class Discovery
{
    private const string Public = "public keys and where they are: what a service needs before it can know anybody";

    public static void MapDiscovery(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/.well-known").WithTags("Discovery").Open(Public);
        group.MapGet("/openid-configuration", Describe).WithName("ReadDiscovery")
            .WithSummary("令牌签发方与公钥地址 / Who issues tokens and where the keys are");
        group.MapGet("/jwks.json", ListKeysAsync).WithName("ReadKeys")
            .WithSummary("校验令牌的公钥 (JWKS) / The public keys that tokens are checked with");
    }

    // The address of the keys is the one that the caller reached us at: a service behind the gateway, or a client before it.
    private static ProviderMetadata Describe(HttpRequest request) => new(
        Tokens.Issuer, $"{request.Scheme}://{request.Host}/.well-known/jwks.json", [SecurityAlgorithms.EcdsaSha256]);

    private static async Task<KeySet> ListKeysAsync(SigningKeys keys, CancellationToken cancel) => new(
        [.. (await keys.PublishedAsync(cancel)).Select(key =>
        {
            var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
            return new PublicKey(
                "EC", "sig", "P-256", SecurityAlgorithms.EcdsaSha256, key.KeyId,
                Base64UrlEncoder.Encode(point.X), Base64UrlEncoder.Encode(point.Y));
        })]);
}

/// <summary>OpenID Connect discovery, as far as token checks need it.</summary>
/// <param name="Issuer">What <c>iss</c> says.</param>
/// <param name="JwksUri">Where the keys are.</param>
/// <param name="IdTokenSigningAlgValuesSupported">What signs.</param>
public sealed record ProviderMetadata(
    [property: System.Text.Json.Serialization.JsonPropertyName("issuer")] string Issuer,
    [property: System.Text.Json.Serialization.JsonPropertyName("jwks_uri")] string JwksUri,
    [property: System.Text.Json.Serialization.JsonPropertyName("id_token_signing_alg_values_supported")]
    IReadOnlyList<string> IdTokenSigningAlgValuesSupported);

/// <summary>A JSON Web Key Set (RFC 7517).</summary>
/// <param name="Keys">The keys.</param>
public sealed record KeySet(IReadOnlyList<PublicKey> Keys);

/// <summary>The public half of a signing key.</summary>
/// <param name="Kty">EC.</param>
/// <param name="Use">sig.</param>
/// <param name="Crv">P-256.</param>
/// <param name="Alg">ES256.</param>
/// <param name="Kid">The id that tokens name.</param>
/// <param name="X">Base64url.</param>
/// <param name="Y">Base64url.</param>
public sealed record PublicKey(string Kty, string Use, string Crv, string Alg, string Kid, string X, string Y);
