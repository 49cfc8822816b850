using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Gateway;

/// <summary>
/// Tokens that were found valid, by hash, until they expire. A known token is worth its account's own rate limit; an unknown one
/// is counted for its address before its signature is checked, so that made-up tokens buy neither a limit of one's own nor time.
/// </summary>
internal sealed class KnownTokens : IDisposable
{
    private const int MostTokens = 100_000;

    private readonly MemoryCache accounts = new(new MemoryCacheOptions { SizeLimit = MostTokens });

    /// <summary>The account of a token that was valid before and has not expired.</summary>
    public Guid? Find(UInt128 hash) => accounts.TryGetValue(hash, out var account) ? (Guid)account! : null;

    /// <summary>Keeps a valid token.</summary>
    public void Remember(UInt128 hash, Guid account, DateTimeOffset expires) =>
        accounts.Set(hash, account, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = expires });

    /// <inheritdoc/>
    public void Dispose() => accounts.Dispose();

    /// <summary>128 bits of SHA-256: nobody finds another text with the hash of a given token.</summary>
    public static UInt128 Hash(string authorization)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(authorization.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}

/// <summary>What came as <c>Authorization</c> with a request.</summary>
/// <param name="Header">The whole of it.</param>
/// <param name="Hash">See <see cref="KnownTokens.Hash"/>.</param>
/// <param name="Account">Its account when the token is known to be valid.</param>
internal sealed record PresentedToken(string Header, UInt128 Hash, Guid? Account);

/// <summary>The token check: no token may pass (services decide what is open), a bad one may not.</summary>
internal static class TokenCheck
{
    private const string Scheme = "Bearer ";

    /// <summary>Adds what <see cref="UseKnownTokens"/> and <see cref="UseTokenCheck"/> need.</summary>
    public static void AddKnownTokens(this WebApplicationBuilder builder) => builder.Services.AddSingleton<KnownTokens>();

    /// <summary>Recognises tokens, for the rate limits.</summary>
    public static void UseKnownTokens(this WebApplication app)
    {
        // The gateway needs no principals. Where authentication and authorization are registered and these marks are missing,
        // WebApplication would run them for every request, known token or not.
        IApplicationBuilder pipeline = app;
        pipeline.Properties["__AuthenticationMiddlewareSet"] = true;
        pipeline.Properties["__AuthorizationMiddlewareSet"] = true;

        var known = app.Services.GetRequiredService<KnownTokens>();
        app.Use((context, next) =>
        {
            if (context.Request.Headers.Authorization is { Count: > 0 } authorization
                && !context.Request.Path.Equals(Routes.TokenEndpoint, StringComparison.OrdinalIgnoreCase))
            {
                var header = authorization.ToString();
                var hash = KnownTokens.Hash(header);
                context.Features.Set(new PresentedToken(header, hash, known.Find(hash)));
            }

            return next(context);
        });
    }

    /// <summary>Refuses invalid and expired tokens; services check again.</summary>
    public static void UseTokenCheck(this WebApplication app)
    {
        var known = app.Services.GetRequiredService<KnownTokens>();
        var rules = app.Services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>()
            .Get(JwtBearerDefaults.AuthenticationScheme);
        var keys = rules.ConfigurationManager!;
        var parameters = rules.TokenValidationParameters.Clone();
        parameters.ConfigurationManager = (BaseConfigurationManager)keys;
        var handler = new JsonWebTokenHandler { MapInboundClaims = false };

        app.Use((context, next) => context.Features.Get<PresentedToken>() is { Account: null } token
            ? CheckAsync(context, token, next)
            : next(context));

        async Task CheckAsync(HttpContext context, PresentedToken token, RequestDelegate next)
        {
            if (await RefusalAsync(context, token) is { } refusal)
                await new Problem(refusal).ExecuteAsync(context);
            else
                await next(context);
        }

        async Task<Failure?> RefusalAsync(HttpContext context, PresentedToken token)
        {
            try
            {
                await keys.GetConfigurationAsync(context.RequestAborted);
            }
            catch (InvalidOperationException)
            {
                // Without Identity's keys nobody can say that the token is bad.
                return GatewayFailures.Unavailable;
            }

            if (token.Header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                && await handler.ValidateTokenAsync(token.Header[Scheme.Length..].Trim(), parameters) is { IsValid: true } valid
                && Guid.TryParse(valid.ClaimsIdentity.FindFirst(JwtRegisteredClaimNames.Sub)?.Value, out var account))
            {
                known.Remember(token.Hash, account, new DateTimeOffset(valid.SecurityToken.ValidTo, TimeSpan.Zero));
                return null;
            }

            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
            return Failures.SignInNeeded;
        }
    }
}
