using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>
/// One's own second factor: an authenticator app that shows codes. Turning it on or off ends every other session, as a new
/// password does.
/// </summary>
internal static class MySecondFactorFeature
{
    private const string Own = "shows and changes nobody's but the caller's; who is not signed in is refused by the handler";

    public static void MapMySecondFactor(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/me/second-factor").WithTags("Accounts");
        group.MapGet("", ReadAsync).Open(Own).WithName("ReadSecondFactor")
            .WithSummary("本人的两步验证 / The caller's second factor");
        group.MapPost("", BeginAsync).Open(Own).WithName("BeginSecondFactor")
            .WithSummary("开始启用两步验证 / Begin to enrol an authenticator app")
            .WithDescription(
                "Answers with a secret for the app, as a link and as the link's QR code (SVG); nothing changes until its first "
                + $"code is confirmed, within {SecondFactor.EnrolmentTime.TotalMinutes:0} minutes. Wrong passwords count as "
                + "failed sign-ins.");
        group.MapPost("/confirm", ConfirmAsync).Open(Own).WithName("ConfirmSecondFactor")
            .WithSummary("用首个验证码确认启用 / Confirm with the app's first code")
            .WithDescription(
                $"Answers with {SecondFactor.RecoveryCodeCount} recovery codes, shown this once. All other sessions of the "
                + "account end.");
        group.MapPost("/recovery-codes", RenewCodesAsync).Open(Own).WithName("RenewRecoveryCodes")
            .WithSummary("更换恢复码 / New recovery codes")
            .WithDescription("The ones before are void. Wrong passwords and codes count as failed sign-ins.");
        group.MapPost("/end", EndAsync).Open(Own).WithName("EndSecondFactor")
            .WithSummary("停用两步验证 / Turn the second factor off")
            .WithDescription(
                "Wrong passwords and codes count as failed sign-ins. All other sessions of the account end, and all its access "
                + "tokens are void: refresh.");
    }

    public static async Task<Results<Ok<MySecondFactor>, Problem>> ReadAsync(
        SecondFactors factors, CurrentCaller current, CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        var factor = await factors.FindAsync(caller, cancel);
        return TypedResults.Ok(new MySecondFactor(factor?.ConfirmedAt, factor?.RecoveryCodes.Length ?? 0));
    }

    public static async Task<Results<Ok<Enrolment>, Problem>> BeginAsync(
        BeginSecondFactor request, IdentityDb db, SignInSteps steps, SecondFactors factors, CurrentCaller current,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        if (await steps.ShowAgainAsync(caller, request.Password, null, "BeginSecondFactor", http, cancel) is not { } account)
            return (Problem)IdentityFailures.PasswordWrong;
        await db.SaveChangesAsync(cancel);
        if (await factors.BeginAsync(caller, clock.GetUtcNow(), cancel) is not { } secret)
            return (Problem)IdentityFailures.SecondFactorOn;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(Enrolment.Of(secret, account.UserName));
    }

    public static async Task<Results<Ok<RecoveryCodes>, Problem>> ConfirmAsync(
        ConfirmSecondFactor request, IdentityDb db, SecondFactors factors, CurrentCaller current, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (current.Caller is not { AccountId: { } caller, SessionId: var session })
            return (Problem)Failures.SignInNeeded;
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (await factors.ConfirmAsync(caller, request.Code, now, cancel) is not { } codes)
            return (Problem)IdentityFailures.FirstCodeWrong;
        await db.EndSessionsAsync(caller, session, now, cancel);
        db.Audit(http, "ConfirmSecondFactor", await db.Set<Account>().SingleAsync(a => a.Id == caller, cancel));
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new RecoveryCodes(codes));
    }

    public static async Task<Results<Ok<RecoveryCodes>, Problem>> RenewCodesAsync(
        ProveBoth request, IdentityDb db, SignInSteps steps, SecondFactors factors, CurrentCaller current, HttpContext http,
        CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        if (!await factors.IsOnAsync(caller, cancel))
            return (Problem)IdentityFailures.SecondFactorOff;
        if (await steps.ShowAgainAsync(caller, request.Password, request.Code, "RenewRecoveryCodes", http, cancel)
            is not { } account)
        {
            return (Problem)IdentityFailures.ProofWrong;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var codes = await factors.RenewRecoveryCodesAsync(caller, cancel);
        db.Audit(http, "RenewRecoveryCodes", account);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new RecoveryCodes(codes));
    }

    public static async Task<Results<NoContent, Problem>> EndAsync(
        ProveBoth request, IdentityDb db, SignInSteps steps, SecondFactors factors, CurrentCaller current, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (current.Caller is not { AccountId: { } caller, SessionId: var session })
            return (Problem)Failures.SignInNeeded;
        if (!await factors.IsOnAsync(caller, cancel))
            return (Problem)IdentityFailures.SecondFactorOff;
        if (await steps.ShowAgainAsync(caller, request.Password, request.Code, "EndSecondFactor", http, cancel)
            is not { } account)
        {
            return (Problem)IdentityFailures.ProofWrong;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        await factors.RemoveAsync(caller, session, clock.GetUtcNow(), cancel);
        db.Audit(http, "EndSecondFactor", account);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return TypedResults.NoContent();
    }
}

/// <summary>The caller's second factor.</summary>
/// <param name="Since">In force since then; <see langword="null"/> when there is none.</param>
/// <param name="RecoveryCodesLeft">How many recovery codes have not been used, 0–10.</param>
public sealed record MySecondFactor(DateTimeOffset? Since, int RecoveryCodesLeft);

/// <summary>Begins to enrol an app.</summary>
/// <param name="Password">The password: an open session alone must not lock its owner out.</param>
public sealed record BeginSecondFactor(string Password);

/// <summary>A secret for the app.</summary>
/// <param name="Secret">In base32, to be typed where no camera is.</param>
/// <param name="Link">The same as <c>otpauth://totp/…</c>.</param>
/// <param name="QrCode">The link as an SVG image.</param>
public sealed record Enrolment(string Secret, string Link, string QrCode)
{
    internal static Enrolment Of(byte[] secret, string userName)
    {
        var link = Totp.Link(secret, userName);
        return new Enrolment(Totp.Base32(secret), link, Identity.QrCode.Of(link));
    }
}

/// <summary>The app's first code.</summary>
/// <param name="Code">Six digits.</param>
public sealed record ConfirmSecondFactor(string Code);

/// <summary>Both proofs, for a change of the second factor itself.</summary>
/// <param name="Password">The password.</param>
/// <param name="Code">The app's six digits, or a recovery code.</param>
public sealed record ProveBoth(string Password, string Code);

/// <summary>Codes for the day when the phone is lost; each opens once.</summary>
/// <param name="Codes">Shown this once.</param>
public sealed record RecoveryCodes(IReadOnlyList<string> Codes);
