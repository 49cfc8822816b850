using System.Globalization;
using System.Text.Json.Serialization;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HomeSchool.Identity.Clients;

/// <summary>The token endpoint of OAuth 2.0 for machine clients (RFC 6749 §4.4). There is no refresh token: the secret is
/// one.</summary>
internal static class ClientTokenFeature
{
    private const int LargestRequest = 16 << 10;

    public static void MapClientToken(this IEndpointRouteBuilder api) => api.MapPost("/oauth/token", IssueAsync)
        .Open("the client proves with its secret who it is").WithName("IssueClientToken").WithTags("Machine clients")
        .WithSummary("机器客户端获取令牌 / A token for a machine client")
        .WithDescription(
            "RFC 6749 §4.4: grant_type=client_credentials; client_id and client_secret by HTTP Basic or in the form; scope only "
            + $"to get less than the client has. {Account.MostFailures} wrong secrets in a row lock a client for "
            + $"{Account.LockTime.TotalMinutes:0} minutes.")
        .Accepts<TokenRequest>("application/x-www-form-urlencoded")
        .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(LargestRequest))
        .DisableAntiforgery();

    private static async Task<Results<Ok<IssuedToken>, OAuthError>> IssueAsync(
        HttpRequest http, IdentityDb db, SigningKeys keys, TimeProvider clock, CancellationToken cancel)
    {
        http.HttpContext.Response.Headers.CacheControl = "no-store";
        if (await TokenRequest.ReadAsync(http, cancel) is not { } request)
            return OAuthError.InvalidRequest;

        var now = clock.GetUtcNow();
        // Unknown, wrong and locked all cost one hash, one look and one row.
        var hash = Secrets.Hash(request.ClientSecret);
        _ = Guid.TryParse(request.ClientId, out var id);
        var key = await keys.CurrentAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        // Locked while it is decided, so that guesses at the same time get no more tries than one after the other.
        var client = await db.Set<Client>().FromSql($"SELECT * FROM client WHERE id = {id} FOR UPDATE")
            .SingleOrDefaultAsync(cancel);
        var isAccepted = client?.Accepts(hash, now) == true;
        var (asked, refusal) = isAccepted ? Decide(request, client!) : ([], OAuthError.InvalidClient);
        db.Audit(
            http.HttpContext, refusal is null ? "IssueClientToken" : "ClientTokenRefused",
            client is null ? "anonymous" : $"client:{client.Id:N}", client?.DistrictId ?? Guid.Empty, client?.SchoolId, "client",
            client?.Id);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        if (refusal is not null)
            return refusal;

        var expires = client!.ExpiresAt < now + Tokens.Lifetime ? client.ExpiresAt.Value : now + Tokens.Lifetime;
        var scope = Scopes.Join(asked);
        var token = TokenIssuer.Write(key, now, expires, new(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Sub] = client.Id.ToString(),
            [Caller.ClientClaim] = client.Id.ToString(),
            ["pv"] = client.Version.ToString(CultureInfo.InvariantCulture),
            [Caller.GrantClaim] = client.ToGrant().ToString(),
            [Caller.ScopeClaim] = scope,
        });
        return TypedResults.Ok(new IssuedToken(token, "Bearer", (int)(expires - now).TotalSeconds, scope));
    }

    private static (Permission[] Asked, OAuthError? Refusal) Decide(TokenRequest request, Client client)
    {
        if (request.GrantType != "client_credentials")
            return ([], OAuthError.UnsupportedGrantType);
        var has = client.Scope.Split(' ');
        var asked = request.Scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? has;
        return asked.Length > 0 && asked.All(has.Contains)
            ? ([.. asked.Select(Scopes.Parse).OfType<Permission>()], null)
            : ([], OAuthError.InvalidScope(client.Scope));
    }
}

/// <summary>A token.</summary>
/// <param name="AccessToken">Send it as <c>Authorization: Bearer …</c>.</param>
/// <param name="TokenType">Bearer.</param>
/// <param name="ExpiresIn">Seconds; then ask for another.</param>
/// <param name="Scope">What it allows.</param>
public sealed record IssuedToken(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("token_type")] string TokenType,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("scope")] string Scope);
