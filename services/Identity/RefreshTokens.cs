using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>Trading a refresh token for the next pair of tokens.</summary>
internal static partial class RefreshFeature
{
    public static void MapRefresh(this IEndpointRouteBuilder api) => api.MapPost("/refresh", RefreshAsync)
        .Open("the access token has expired; the refresh token proves who it is").WithName("Refresh").WithTags("Sessions")
        .WithSummary("换取新令牌 / Trade the refresh token for new tokens")
        .WithDescription(
            "A refresh token is good once. One that comes again ends the session, unless it comes within "
            + $"{Session.Grace.TotalSeconds:0} seconds: then the request is refused and the session goes on. A session ends "
            + $"{Session.Idle.TotalDays:0} days after the last refresh, and {Session.Longest.TotalDays:0} days after the "
            + "sign-in.");

    private static async Task<Results<Ok<SignedIn>, Problem>> RefreshAsync(
        Refresh request, IdentityDb db, SigningKeys keys, TokenIssuer tokens, TimeProvider clock, ILogger<Session> logger,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var key = await keys.CurrentAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (await db.LockSessionAsync(request.RefreshToken, cancel) is not { } session)
            return (Problem)IdentityFailures.SessionOver;

        var outcome = session.Refresh(request.RefreshToken, now, out var next);
        if (outcome is RefreshOutcome.Over)
            return (Problem)IdentityFailures.SessionOver;
        if (outcome is RefreshOutcome.Superseded)
            return (Problem)IdentityFailures.TokenSuperseded;

        var account = await db.Set<Account>().SingleAsync(a => a.Id == session.AccountId, cancel);
        if (outcome is RefreshOutcome.Reused)
        {
            LogReused(logger, session.Id);
            db.Audit(http, "RefreshTokenReused", account, session.Id);
            await db.SaveChangesAsync(cancel);
            await transaction.CommitAsync(cancel);
            return (Problem)IdentityFailures.SessionOver;
        }

        await db.SaveChangesAsync(cancel);
        var answer = await tokens.IssueAsync(key, account, session, next!, cancel);
        await transaction.CommitAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(answer);
    }

    /// <summary>The session of a refresh token, locked for the transaction: of two refreshes at once the second sees what the
    /// first did.</summary>
    public static async Task<Session?> LockSessionAsync(this IdentityDb db, string refreshToken, CancellationToken cancel) =>
        Session.FamilyOf(refreshToken) is not { } family ? null : await db.Set<Session>()
            .FromSql($"SELECT * FROM session WHERE family_hash = {family} FOR UPDATE").SingleOrDefaultAsync(cancel);

    [LoggerMessage(100, LogLevel.Warning, "A refresh token of session {Session} was used twice: the session has ended")]
    private static partial void LogReused(ILogger logger, Guid session);
}

/// <summary>A refresh.</summary>
/// <param name="RefreshToken">The newest one of the session.</param>
public sealed record Refresh(string RefreshToken);
