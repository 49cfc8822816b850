using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Identity;

/// <summary>A new password. It ends every other session: whoever knew the old one is out.</summary>
internal static class ChangePasswordFeature
{
    public static void MapChangePassword(this IEndpointRouteBuilder api) => api.MapPost("/me/password", ChangeAsync)
        .Open("changes nobody's but the caller's; who is not signed in is refused by the handler")
        .WithName("ChangePassword").WithTags("Accounts")
        .WithSummary("修改密码 / Change the password")
        .WithDescription(
            "Wrong current passwords count as failed sign-ins. All other sessions of the account end, within 2 seconds "
            + "everywhere.");

    public static async Task<Results<NoContent, Problem>> ChangeAsync(
        ChangePassword request, IdentityDb db, SignInSteps steps, Passwords passwords, CurrentCaller current, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (current.Caller is not { AccountId: { } caller, SessionId: var session })
            return (Problem)Failures.SignInNeeded;
        if (await steps.ShowAgainAsync(caller, request.CurrentPassword, null, "ChangePassword", http, cancel) is not { } account)
            return (Problem)IdentityFailures.PasswordWrong;
        if (Credentials.PasswordMistake(request.NewPassword, account.UserName, "newPassword") is { } mistake)
        {
            await db.SaveChangesAsync(cancel);
            return Problem.Of([mistake]);
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        passwords.Set(account, request.NewPassword);
        await db.EndSessionsAsync(caller, session, clock.GetUtcNow(), cancel);
        db.Audit(http, "ChangePassword", account);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return TypedResults.NoContent();
    }
}

/// <summary>A change of the password.</summary>
/// <param name="CurrentPassword">The password until now.</param>
/// <param name="NewPassword">10–128 characters, not the user name, and not one that everybody tries.</param>
public sealed record ChangePassword(string CurrentPassword, string NewPassword);
