using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.External;

/// <summary>Trading the one-time code for a session: from here on all is as with a password.</summary>
internal static class SignInExternallyFeature
{
    public static void MapSignInExternally(this IEndpointRouteBuilder api) => api.MapPost("/external/sign-in", SignInAsync)
        .Open("whoever wants to sign in is nobody yet; the code proves who it is").WithName("SignInExternally")
        .WithTags("Sign-in by a provider")
        .WithSummary("通过身份提供方登录 / Sign in by a provider")
        .WithDescription(
            "409 when no account is linked yet: the code stays good for "
            + $"{ExternalSignIn.Lifetime.TotalMinutes:0} minutes, to link it or to accept an invitation with it.");

    private static async Task<Results<Ok<SignedIn>, Problem>> SignInAsync(
        SignInExternally request, IdentityDb db, SigningKeys keys, SignInSteps steps, TokenIssuer tokens, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (SignInFeature.DeviceMistake(request.Device) is { } mistake)
            return Problem.Of([mistake]);
        var now = clock.GetUtcNow();
        var key = await keys.CurrentAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (await db.LockExternalSignInAsync(request.SignInCode, request.Verifier, now, cancel) is not { } proved)
            return (Problem)IdentityFailures.SignInCodeVoid;
        if (await db.IdentityOfAsync(proved, cancel) is not { } identity)
            return (Problem)IdentityFailures.ProviderNotLinked;

        db.Remove(proved);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == identity.AccountId, cancel);
        var (session, refreshToken) = await steps.BeginSessionAsync(
            account, request.Device, "SignInExternally", http, cancel,
            from: new ExternalSession(identity.Id, proved.ProviderSession));
        var answer = await tokens.IssueAsync(key, account, session, refreshToken, cancel);
        await transaction.CommitAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(answer);
    }
}

/// <summary>A sign-in by a provider.</summary>
/// <param name="SignInCode">The one-time code that the browser came back with.</param>
/// <param name="Verifier">What the challenge at the start was the SHA-256 of.</param>
/// <param name="Device">What the list of sessions shall call this device; at most 100 characters.</param>
public sealed record SignInExternally(string SignInCode, string Verifier, string? Device = null);
