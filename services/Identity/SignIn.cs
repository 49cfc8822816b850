using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity;

/// <summary>Signing in with user name and password.</summary>
internal static class SignInFeature
{
    private const int LongestDevice = 100;

    public static void MapSignIn(this IEndpointRouteBuilder api) => api.MapPost("/sign-in", SignInAsync)
        .Open("whoever wants to sign in is nobody yet").WithName("SignIn").WithTags("Sessions")
        .WithSummary("登录 / Sign in")
        .WithDescription(
            $"Unknown user name, wrong password and locked account get one and the same answer. {Account.MostFailures} wrong "
            + $"passwords in a row lock an account for {Account.LockTime.TotalMinutes:0} minutes.");

    private static async Task<Results<Ok<SignedIn>, Problem>> SignInAsync(
        SignIn request, IdentityDb db, Passwords passwords, SigningKeys keys, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (DeviceMistake(request.Device) is { } mistake)
            return Problem.Of([mistake]);
        var now = clock.GetUtcNow();
        var userName = Credentials.ReadUserName(request.UserName) ?? "";

        var mayTry = await db.Set<Account>().Where(a => a.UserName == userName).CountAttemptAsync(now, cancel);
        var account = await db.Set<Account>().SingleOrDefaultAsync(a => a.UserName == userName, cancel);

        // Unknown, wrong and locked all cost one hash: the time tells no more than the answer.
        if (!passwords.Verify(account, request.Password) || !mayTry || account is null)
        {
            db.Audit(http, "SignInRefused", account);
            await db.SaveChangesAsync(cancel);
            return (Problem)IdentityFailures.SignInRefused;
        }

        account.SignedIn();
        var key = await keys.CurrentAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var answer = await db.BeginSessionAsync(http, key, account, request.Device, null, now, cancel);
        await transaction.CommitAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(answer);
    }

    /// <summary>What is wrong with a device's name.</summary>
    public static FieldMistake? DeviceMistake(string? device) =>
        device is not null && (device.Length > LongestDevice || device.Any(char.IsControl))
            ? IdentityFailures.DeviceInvalid.At("device", LongestDevice)
            : null;

    /// <summary>Begins a session for whom it was proved to be, in the current transaction.</summary>
    /// <param name="db">The database; a transaction is open.</param>
    /// <param name="http">The request.</param>
    /// <param name="key">What signs.</param>
    /// <param name="account">Who signs in.</param>
    /// <param name="device">The device.</param>
    /// <param name="from">The provider's session that it rests on; <see langword="null"/> for a password.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<SignedIn> BeginSessionAsync(
        this IdentityDb db, HttpContext http, ECDsaSecurityKey key, Account account, string? device, ExternalSession? from,
        DateTimeOffset now, CancellationToken cancel)
    {
        // Those that ended a moment ago are still on the list of what was revoked.
        var forgotten = now - Revocations.Kept;
        await db.Set<Session>().Where(s => s.AccountId == account.Id && (s.EndedAt < forgotten || s.ExpiresAt < forgotten))
            .ExecuteDeleteAsync(cancel);
        var (session, refreshToken) = Session.Begin(account.Id, device, from, now);
        db.Add(session);
        db.Audit(http, from is null ? "SignIn" : "SignInExternally", account, session.Id);
        await db.SaveChangesAsync(cancel);
        return await db.IssueAsync(key, account, session, refreshToken, now, cancel);
    }

    /// <summary>
    /// Counts an attempt as a failure before the password is looked at; the right one forgives it
    /// (<see cref="Account.SignedIn"/>). So a hundred guesses at the same time get no more tries than a hundred one after the other.
    /// </summary>
    /// <returns>Whether there is such an account and it is not locked.</returns>
    public static async Task<bool> CountAttemptAsync(
        this IQueryable<Account> account, DateTimeOffset now, CancellationToken cancel)
    {
        var lockEnd = now + Account.LockTime;
        return await account.Where(a => a.LockedUntil == null || a.LockedUntil <= now)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(a => a.LockedUntil, a => a.FailedSignIns + 1 < Account.MostFailures ? null : lockEnd)
                    .SetProperty(a => a.FailedSignIns, a => a.FailedSignIns + 1 < Account.MostFailures ? a.FailedSignIns + 1 : 0),
                cancel) == 1;
    }
}

/// <summary>A sign-in.</summary>
/// <param name="UserName">Phone number, e-mail address or staff number, as people write it.</param>
/// <param name="Password">The password.</param>
/// <param name="Device">What the list of sessions shall call this device; at most 100 characters.</param>
public sealed record SignIn(string UserName, string Password, string? Device = null);
