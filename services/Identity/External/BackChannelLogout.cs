using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HomeSchool.Identity.External;

/// <summary>A logout token that was obeyed: it is good once.</summary>
public sealed class LogoutToken
{
    /// <summary>The provider's key.</summary>
    public required string Provider { get; init; }

    /// <summary>SHA-256 of its id (<c>jti</c>).</summary>
    public required byte[] IdHash { get; init; }

    /// <summary>When it came.</summary>
    public DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>
/// A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0): our sessions that rest on that end,
/// everywhere within two seconds, as any session that ends.
/// </summary>
internal static class BackChannelLogoutFeature
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";
    private const int LargestRequest = 64 << 10;

    /// <summary>An older token is refused; so its id need not be remembered for longer.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(10);

    public static void MapBackChannelLogout(this IEndpointRouteBuilder api) => api
        .MapPost("/external/{provider}/logout", LogOutAsync)
        .Open("the provider signs what it says").WithName("LogOutByProvider").WithTags("Sign-in by a provider")
        .WithSummary("身份提供方通知退出 / A provider says that somebody signed out there")
        .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(LargestRequest))
        .DisableAntiforgery();

    private static async Task<Results<Ok, OAuthError, Problem>> LogOutAsync(
        string provider, HttpRequest request, ExternalProviders providers, IdentityDb db, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!providers.ByKey.TryGetValue(provider, out var sender))
            return (Problem)Failures.NotFound;
        if (await ReadAsync(request, cancel) is not { } text)
            return OAuthError.InvalidLogoutToken;
        var (token, refusal) = await sender.ValidateAsync(text, cancel);
        if (refusal == IdentityFailures.ProviderAway)
            return (Problem)refusal;
        var now = clock.GetUtcNow();
        if (token is null || !IsLogout(token, now))
            return OAuthError.InvalidLogoutToken;

        var (subject, session) = (token.Claim("sub"), token.Claim("sid"));
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var forgotten = now - (2 * Oldest);
        await db.Set<LogoutToken>().Where(t => t.ReceivedAt < forgotten).ExecuteDeleteAsync(cancel);
        if (await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO logout_token (provider, id_hash, received_at) VALUES ({provider}, {Secrets.Hash(token.Id)}, {now})
            ON CONFLICT DO NOTHING
            """,
            cancel) == 0)
        {
            return OAuthError.InvalidLogoutToken;
        }

        // Also those who came back from there and have not traded their code yet.
        await db.Set<ExternalSignIn>()
            .Where(s => s.Provider == provider && (subject == null || s.Subject == subject)
                && (session == null || s.ProviderSession == session))
            .ExecuteDeleteAsync(cancel);
        var identities = db.Set<ExternalIdentity>()
            .Where(i => i.Provider == provider && (subject == null || i.Subject == subject));
        var ended = await db.Set<Session>()
            .Where(s => s.EndedAt == null && (session == null || s.ProviderSession == session))
            .Join(identities, s => s.ExternalIdentityId, i => i.Id, (s, i) => s)
            .Join(db.Set<Account>(), s => s.AccountId, a => a.Id, (s, a) => new { Session = s, a.DistrictId })
            .ToListAsync(cancel);
        foreach (var row in ended)
        {
            row.Session.End(now);
            db.Audit(http, "LogOutByProvider", $"provider:{provider}", row.DistrictId, null, "session", row.Session.Id);
        }

        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return TypedResults.Ok();
    }

    private static async Task<string?> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (!request.HasFormContentType)
            return null;
        try
        {
            return (await request.ReadFormAsync(cancel))["logout_token"] is [{ Length: > 0 } token] ? token : null;
        }
        catch (InvalidDataException)
        {
            return null; // more fields, or longer ones, than a form may have
        }
    }

    // Back-Channel Logout §2.6, beyond what holds for every token of the provider. An ID token is none: it has a nonce and no
    // event.
    private static bool IsLogout(JsonWebToken token, DateTimeOffset now) =>
        token.Typ is null or "" or "JWT" or "logout+jwt"
        && token.TryGetPayloadValue<JsonElement>("events", out var events) && events.ValueKind == JsonValueKind.Object
        && events.TryGetProperty(Event, out var logout) && logout.ValueKind == JsonValueKind.Object
        && !token.TryGetPayloadValue<object>("nonce", out _)
        && !string.IsNullOrEmpty(token.Id)
        && (token.Claim("sub") is not null || token.Claim("sid") is not null)
        && (now - new DateTimeOffset(token.IssuedAt, TimeSpan.Zero)).Duration() < Oldest;
}
