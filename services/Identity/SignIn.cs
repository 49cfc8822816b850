using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Identity;

/// <summary>Signing in with user name and password, and with a code where the account has a second factor.</summary>
internal static class SignInFeature
{
    private const string NobodyYet = "whoever wants to sign in is nobody yet";
    private const int LongestDevice = 100;

    public static void MapSignIn(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/sign-in").WithTags("Sessions");
        group.MapPost("", SignInAsync).Open(NobodyYet).WithName("SignIn")
            .WithSummary("登录 / Sign in")
            .WithDescription(
                "Unknown user name, wrong password and locked account get one and the same answer. "
                + $"{Account.MostFailures} wrong passwords or codes in a row lock an account for "
                + $"{Account.LockTime.TotalMinutes:0} minutes. 202 and a ticket instead of tokens: the password is right, and a "
                + "code is needed too.");
        group.MapPost("/code", SignInWithCodeAsync).Open(NobodyYet).WithName("SignInWithCode")
            .WithSummary("用验证码完成登录 / Sign in with the code behind the password")
            .WithDescription(
                "A code of the authenticator app, or a recovery code, and the ticket that the password got; it is good for "
                + $"{SignInTickets.Lifetime.TotalMinutes:0} minutes. Each code is good once.");
    }

    private static async Task<Results<Ok<SignedIn>, Accepted<CodeNeeded>, Problem>> SignInAsync(
        SignIn request, SignInSteps steps, TokenIssuer tokens, HttpContext http, CancellationToken cancel)
    {
        if (DeviceMistake(request.Device) is { } mistake)
            return Problem.Of([mistake]);
        http.Response.Headers.CacheControl = "no-store";
        return await steps.ShowPasswordAsync(request.UserName, request.Password, http, cancel) switch
        {
            null => (Problem)IdentityFailures.SignInRefused,
            (var account, true) => TypedResults.Accepted(
                (string?)null,
                new CodeNeeded(steps.TicketFor(account, request.Device), (int)SignInTickets.Lifetime.TotalSeconds)),
            (var account, false) => TypedResults.Ok(await tokens.SignInAsync(account, request.Device, "SignIn", http, cancel)),
        };
    }

    /// <summary>What is wrong with a device's name.</summary>
    public static FieldMistake? DeviceMistake(string? device) =>
        device is not null && (device.Length > LongestDevice || device.Any(char.IsControl))
            ? IdentityFailures.DeviceInvalid.At("device", LongestDevice)
            : null;

    private static async Task<Results<Ok<SignedIn>, Problem>> SignInWithCodeAsync(
        SignInWithCode request, SignInSteps steps, TokenIssuer tokens, HttpContext http, CancellationToken cancel)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (steps.Read(request.Ticket) is not { } ticket)
            return (Problem)IdentityFailures.TicketVoid;
        return await steps.ShowCodeAsync(ticket, request.Code, http, cancel) is not var (account, shown)
            ? (Problem)IdentityFailures.CodeRefused
            : TypedResults.Ok(await tokens.SignInAsync(account, ticket.Device, SignInSteps.ActionOf(shown), http, cancel));
    }
}

/// <summary>A sign-in.</summary>
/// <param name="UserName">Phone number, e-mail address or staff number, as people write it.</param>
/// <param name="Password">The password.</param>
/// <param name="Device">What the list of sessions shall call this device; at most 100 characters.</param>
public sealed record SignIn(string UserName, string Password, string? Device = null);

/// <summary>The password is right; show a code as well.</summary>
/// <param name="Ticket">Send it with the code.</param>
/// <param name="ExpiresIn">Seconds until it is void.</param>
public sealed record CodeNeeded(string Ticket, int ExpiresIn);

/// <summary>The second step of a sign-in.</summary>
/// <param name="Ticket">What the password got.</param>
/// <param name="Code">The authenticator app's six digits, or a recovery code.</param>
public sealed record SignInWithCode(string Ticket, string Code);
