using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>Ending a session.</summary>
internal static class SignOutFeature
{
    public static void MapSignOut(this IEndpointRouteBuilder api) => api.MapPost("/sign-out", SignOutAsync)
        .Open("the refresh token proves whose session it is, also when the access token has expired")
        .WithName("SignOut").WithTags("Sessions")
        .WithSummary("退出登录 / Sign out")
        .WithDescription("Ends the session of the refresh token. Answers 204 in any case: afterwards there is no such session.");

    private static async Task<NoContent> SignOutAsync(
        SignOut request, IdentityDb db, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (await db.LockSessionAsync(request.RefreshToken, cancel) is { EndedAt: null } session)
        {
            session.End(clock.GetUtcNow());
            db.Audit(http, "SignOut", await db.Set<Account>().SingleAsync(a => a.Id == session.AccountId, cancel), session.Id);
            await db.SaveChangesAsync(cancel);
            await transaction.CommitAsync(cancel);
        }

        return TypedResults.NoContent();
    }
}

/// <summary>A sign-out.</summary>
/// <param name="RefreshToken">Any refresh token of the session.</param>
public sealed record SignOut(string RefreshToken);
