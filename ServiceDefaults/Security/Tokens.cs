using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.ServiceDefaults.Security;

/// <summary>
/// Tokens are ES256 JWTs that the Identity service issues for 15 minutes. Every service checks them itself, also behind the
/// gateway, with the keys that Identity publishes.
/// </summary>
public static class Tokens
{
    /// <summary>Who issues tokens.</summary>
    public const string Issuer = "homeschool-identity";

    /// <summary>Whom tokens are for.</summary>
    public const string Audience = "homeschool";

    /// <summary>How long one is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>Checks bearer tokens with the keys at <c>services:identity:http:0</c>.</summary>
    public static void AddTokenCheck(this IHostApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            // Asked for with the first request: `migrate` needs no address.
            var identity = IdentityAddress(builder.Configuration);
            options.MapInboundClaims = false;
            // Behind the gateway the services talk on loopback or a private network.
            options.RequireHttpsMetadata = false;
            options.MetadataAddress = $"{identity.TrimEnd('/')}/.well-known/openid-configuration";
            options.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = Issuer,
                ValidAudience = Audience,
                ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                ClockSkew = TimeSpan.FromSeconds(30),
                NameClaimType = "sub",
            };
            options.TokenHandlers.Clear();
            options.TokenHandlers.Add(new CachingTokenHandler());
        });
        builder.Services.AddAuthorization();
    }

    internal static string IdentityAddress(IConfiguration configuration) =>
        configuration["services:identity:https:0"] ?? configuration["services:identity:http:0"]
            ?? throw new InvalidOperationException("services:identity:http:0 must be the address of the Identity service.");

    /// <summary>
    /// Remembers tokens that were found valid, by their hash and until they expire: checking a P-256 signature takes 60 µs, and a
    /// client sends the same token again and again.
    /// </summary>
    private sealed class CachingTokenHandler : JsonWebTokenHandler
    {
        private const int MostTokens = 50_000;

        private static readonly MemoryCache Valid = new(new MemoryCacheOptions { SizeLimit = MostTokens });

        public CachingTokenHandler() => MapInboundClaims = false;

        public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
        {
            var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
            if (Valid.TryGetValue(hash, out TokenValidationResult? known))
                return known!;
            var result = await base.ValidateTokenAsync(token, validationParameters);
            if (result is { IsValid: true, SecurityToken.ValidTo: var expires })
            {
                Valid.Set(hash, result, new MemoryCacheEntryOptions
                {
                    Size = 1,
                    AbsoluteExpiration = new DateTimeOffset(expires, TimeSpan.Zero),
                });
            }

            return result;
        }
    }
}
