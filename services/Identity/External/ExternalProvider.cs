using System.Net;
using System.Net.Http.Headers;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity.External;

/// <summary>
/// An OpenID Connect provider that people may sign in with: what is configured of it, and all that we ask it. Only the issuer's
/// own host is ever asked, whatever its documents say, over https (or on this machine), without following redirects, and for a
/// bounded time and size.
/// </summary>
public sealed partial class ExternalProvider : IDisposable
{
    /// <summary>Asymmetric only: with HS256 a public key, or the client's secret, could be passed off as the key.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private const int LargestAnswer = 256 << 10;
    private const int LargestToken = 64 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromHours(12);
    private static readonly TimeSpan ReadForNewKeyAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    private readonly Uri issuer;
    private readonly string clientId;
    private readonly string clientSecret;
    private readonly TimeProvider clock;
    private readonly ILogger<ExternalProvider> logger;
    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = LargestToken };
    private readonly SemaphoreSlim reading = new(1);
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = 20,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = LargestAnswer,
    };

    private (OpenIdConnectConfiguration Metadata, DateTimeOffset ReadAt)? known;
    private DateTimeOffset failedAt;

    /// <summary>Reads what is configured of a provider.</summary>
    /// <exception cref="InvalidOperationException">Names the setting that is missing or wrong.</exception>
    public ExternalProvider(IConfigurationSection settings, TimeProvider clock, ILogger<ExternalProvider> logger)
    {
        (Key, this.clock, this.logger) = (settings.Key, clock, logger);
        if (Key.Length > 32 || !Key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
            throw new InvalidOperationException($"{settings.Path}: a key is at most 32 lower-case letters and digits.");
        Issuer = Required("Issuer");
        issuer = Uri.TryCreate(Issuer, UriKind.Absolute, out var address) && IsSecure(address) ? address
            : throw new InvalidOperationException($"{settings.Path}:Issuer must be an https address (http on loopback).");
        clientId = Required("ClientId");
        clientSecret = settings["ClientSecretFile"] is { } file ? File.ReadAllText(file).Trim() : Required("ClientSecret");
        (Zh, En) = (settings["Zh"] ?? Key, settings["En"] ?? Key);

        string Required(string name) => settings[name] is { Length: > 0 } value ? value
            : throw new InvalidOperationException($"{settings.Path}:{name} is missing.");
    }

    /// <summary>The provider's name in addresses and in the database.</summary>
    public string Key { get; }

    /// <summary>The provider's name in Chinese.</summary>
    public string Zh { get; }

    /// <summary>The provider's name in English.</summary>
    public string En { get; }

    /// <summary>What the provider calls itself (<c>iss</c>).</summary>
    public string Issuer { get; }

    /// <summary>Where to send the browser.</summary>
    /// <param name="attempt">What the answer must fit.</param>
    /// <param name="callback">Our own address that the browser comes back to.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns><see langword="null"/> while the provider is away.</returns>
    internal async Task<string?> AuthorizationAddressAsync(SignInAttempt attempt, string callback, CancellationToken cancel) =>
        await MetadataAsync(ReadAgainAfter, cancel) is not { } metadata ? null
            : new OpenIdConnectMessage
            {
                IssuerAddress = metadata.AuthorizationEndpoint,
                ClientId = clientId,
                ResponseType = OpenIdConnectResponseType.Code,
                Scope = OpenIdConnectScope.OpenId,
                RedirectUri = callback,
                State = attempt.State,
                Nonce = attempt.Nonce,
                Parameters =
                {
                    ["code_challenge"] = Pkce.Challenge(attempt.Verifier),
                    ["code_challenge_method"] = "S256",
                },
                EnableTelemetryParameters = false,
            }.CreateAuthenticationRequestUrl();

    /// <summary>Whether an answer that came by the browser is this provider's (RFC 9207).</summary>
    /// <param name="iss">The answer's <c>iss</c>.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task<bool> IsAnswerOfAsync(string? iss, CancellationToken cancel) => iss is null
        ? await MetadataAsync(ReadAgainAfter, cancel) is not { AuthorizationResponseIssParameterSupported: true }
        : iss == Issuer;

    /// <summary>Trades a code for the ID token and checks that.</summary>
    /// <param name="code">As it came by the browser.</param>
    /// <param name="attempt">What it must fit.</param>
    /// <param name="callback">The address that it came to.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task<(JsonWebToken? IdToken, Failure? Refusal)> RedeemAsync(
        string code, SignInAttempt attempt, string callback, CancellationToken cancel)
    {
        if (await MetadataAsync(ReadAgainAfter, cancel) is not { } metadata)
            return (null, IdentityFailures.ProviderAway);
        string? idToken;
        try
        {
            using var request = TokenRequest(metadata, code, attempt.Verifier, callback);
            using var answer = await http.SendAsync(request, cancel);
            var body = await answer.Content.ReadAsStringAsync(cancel);
            var message = new OpenIdConnectMessage(body);
            if (answer.StatusCode == HttpStatusCode.BadRequest && message.Error == "invalid_grant")
                return (null, IdentityFailures.ProviderRefused);
            idToken = answer.IsSuccessStatusCode ? message.IdToken : null;
            if (string.IsNullOrEmpty(idToken))
            {
                LogRefused(Key, (int)answer.StatusCode);
                return (null, IdentityFailures.ProviderAway);
            }
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogAway(Key, e.GetBaseException().Message);
            return (null, IdentityFailures.ProviderAway);
        }

        var (token, refusal) = await ValidateAsync(idToken, cancel);
        if (token is null)
            return (null, refusal);
        return Pkce.AreEqual(token.Claim("nonce"), attempt.Nonce) && IsForUs(token) && IsName(token.Subject)
            && (token.Claim("sid") is not { } session || IsName(session))
            ? (token, null)
            : (null, IdentityFailures.ProviderTokenInvalid);
    }

    /// <summary>Checks a token of the provider: signature, issuer, audience, time.</summary>
    /// <returns>The token, or why not: it is not good, or nobody can tell because the provider is away.</returns>
    internal async Task<(JsonWebToken? Token, Failure? Refusal)> ValidateAsync(string token, CancellationToken cancel)
    {
        foreach (var oldest in new[] { ReadAgainAfter, ReadForNewKeyAfter })
        {
            if (await MetadataAsync(oldest, cancel) is not { } metadata)
                return (null, IdentityFailures.ProviderAway);
            var result = await handler.ValidateTokenAsync(token, new TokenValidationParameters
            {
                ValidIssuer = Issuer,
                ValidAudience = clientId,
                IssuerSigningKeys = metadata.SigningKeys,
                ValidAlgorithms = Algorithms,
                ClockSkew = Skew,
            });
            if (result.IsValid)
                return ((JsonWebToken)result.SecurityToken, null);
            LogInvalid(Key, result.Exception.GetType().Name);
            // A key that we have not seen: perhaps the provider has begun to use a new one.
            if (result.Exception is not SecurityTokenSignatureKeyNotFoundException)
                break;
        }

        return (null, IdentityFailures.ProviderTokenInvalid);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        http.Dispose();
        reading.Dispose();
    }

    // OpenID Connect Core §3.1.3.7: a token for several must say that it was issued to us.
    private bool IsForUs(JsonWebToken token) =>
        token.Claim("azp") is { } issuedTo ? issuedTo == clientId : token.Audiences.Count() == 1;

    // Core §2: a subject has at most 255 characters. So much will do for a session, too.
    private static bool IsName(string? text) => text is { Length: > 0 and <= 255 } && !text.Any(char.IsControl);

    private static bool IsSecure(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    private Uri OwnAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && uri.Scheme == issuer.Scheme && uri.Authority == issuer.Authority ? uri
            : throw new InvalidOperationException("The provider names an address on another host than its issuer's.");

    private HttpRequestMessage TokenRequest(OpenIdConnectConfiguration metadata, string code, string verifier, string callback)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = callback,
            ["code_verifier"] = verifier,
        };
        var request = new HttpRequestMessage(HttpMethod.Post, OwnAddress(metadata.TokenEndpoint));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        // HTTP Basic is what every provider takes unless it says otherwise (Discovery §3).
        if (metadata.TokenEndpointAuthMethodsSupported is { Count: > 0 } methods && !methods.Contains("client_secret_basic"))
        {
            form["client_id"] = clientId;
            form["client_secret"] = clientSecret;
        }
        else
        {
            var credentials = $"{WebUtility.UrlEncode(clientId)}:{WebUtility.UrlEncode(clientSecret)}";
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }

        request.Content = new FormUrlEncodedContent(form);
        return request;
    }

    /// <summary>What the provider says about itself, with its keys. When it is away, what it said last; and it is not asked again
    /// for a moment, so that those who wait do not wait one after the other.</summary>
    private async Task<OpenIdConnectConfiguration?> MetadataAsync(TimeSpan oldest, CancellationToken cancel)
    {
        await reading.WaitAsync(cancel);
        try
        {
            var now = clock.GetUtcNow();
            if (known is { } recent && now - recent.ReadAt < oldest)
                return recent.Metadata;
            if (now - failedAt >= PauseAfterFailure)
                await ReadAsync(now, cancel);
            return known?.Metadata;
        }
        finally
        {
            reading.Release();
        }
    }

    private async Task ReadAsync(DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            var metadata = await OpenIdConnectConfigurationRetriever.GetAsync(
                Issuer.TrimEnd('/') + "/.well-known/openid-configuration", new Documents(this), cancel);
            if (metadata.Issuer != Issuer)
                throw new InvalidOperationException("The provider calls itself by another name than the configured issuer.");
            if (!Uri.TryCreate(metadata.AuthorizationEndpoint, UriKind.Absolute, out var page) || !IsSecure(page))
                throw new InvalidOperationException("The provider's sign-in page has no https address.");
            known = (metadata, now);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogAway(Key, e.GetBaseException().Message);
            failedAt = clock.GetUtcNow();
        }
    }

    [LoggerMessage(110, LogLevel.Warning, "The sign-in provider {Provider} cannot be asked: {Reason}")]
    private partial void LogAway(string provider, string reason);

    [LoggerMessage(111, LogLevel.Error, "The sign-in provider {Provider} gave no ID token ({Status}); is our secret right?")]
    private partial void LogRefused(string provider, int status);

    [LoggerMessage(112, LogLevel.Warning, "A token of the sign-in provider {Provider} is not good: {Reason}")]
    private partial void LogInvalid(string provider, string reason);

    private sealed class Documents(ExternalProvider provider) : IDocumentRetriever
    {
        public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
        {
            using var answer = await provider.http.GetAsync(provider.OwnAddress(address), cancel);
            answer.EnsureSuccessStatusCode();
            return await answer.Content.ReadAsStringAsync(cancel);
        }
    }
}

/// <summary>The providers that are configured (section <c>External</c>), by their keys.</summary>
public sealed class ExternalProviders(IConfiguration configuration, TimeProvider clock, ILogger<ExternalProvider> logger)
    : IDisposable
{
    /// <summary>All of them.</summary>
    public IReadOnlyDictionary<string, ExternalProvider> ByKey { get; } = configuration.GetSection("External").GetChildren()
        .ToDictionary(section => section.Key, section => new ExternalProvider(section, clock, logger), StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var provider in ByKey.Values)
            provider.Dispose();
    }
}

internal static class TokenClaims
{
    /// <summary>A claim that is a text; <see langword="null"/> when there is none, or it is something else.</summary>
    public static string? Claim(this JsonWebToken token, string name) =>
        token.TryGetPayloadValue<object>(name, out var value) ? value as string : null;
}
