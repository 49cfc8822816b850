using HomeSchool.Contracts;
using HomeSchool.Identity.Pages;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>
/// The one way into an installation that has nobody yet: a link that only who runs the server can print. There is no default
/// password. The row is one for ever: used once, nobody becomes first again.
/// </summary>
public sealed class FirstAdminLink
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; }

    /// <summary>SHA-256 of the newest link's token.</summary>
    public byte[] TokenHash { get; init; } = [];

    /// <summary>The link is good until then.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When the first administrator came.</summary>
    public DateTimeOffset? UsedAt { get; init; }
}

/// <summary>Printing the link (<c>dotnet Identity.dll first-admin</c>) and using it.</summary>
internal static class FirstAdmin
{
    private const string WhoHoldsTheLink = "there is no account yet; the link was printed on the server";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public static void MapFirstAdmin(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/first-admin").WithTags("First administrator");
        group.MapGet("", (string? token) => NewAccountPage.FirstAdmin.Show(token))
            .AddEndpointFilter(PageLanguage.KeepAsync).Open(WhoHoldsTheLink).WithName("ShowFirstAdmin")
            .WithSummary("创建首位管理员的网页 / The page that creates the first administrator");
        group.MapPost("", CreateAsync)
            .OpenCommand(WhoHoldsTheLink).WithName("CreateFirstAdmin")
            .WithSummary("创建首位区县管理员 / Create the first administrator of the district")
            .WithDescription(
                "Works once, with the link that `first-admin` printed on the server. Makes the district, too: its id is in the "
                + "account's role.");
        group.MapPost("", CreateOnPageAsync)
            .AnswerOnPage(NewAccountPage.FirstAdmin).OpenCommand(WhoHoldsTheLink).WithName("CreateFirstAdminOnPage");
    }

    /// <summary>Prints a new link, which takes the place of any before; nothing when there is an administrator.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> PrintLinkAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var token = Secrets.NewToken();
        var expires = scope.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow() + Lifetime;
        var waits = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO first_admin_link (id, token_hash, expires_at) VALUES (1, {Secrets.Hash(token)}, {expires})
            ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at
            WHERE first_admin_link.used_at IS NULL
            """) == 1;
        if (waits)
        {
            var address = scope.ServiceProvider.GetRequiredService<PublicAddress>();
            await Console.Out.WriteLineAsync(address.Of($"/api/identity/first-admin?token={token}"));
        }

        return 0;
    }

    private static async Task<Results<Created<FirstAdminCreated>, Problem>> CreateAsync(
        CreateFirstAdmin request, IdentityDb db, Passwords passwords, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (Credentials.Mistakes(request.UserName, request.Password, out var userName) is { Count: > 0 } mistakes)
            return Problem.Of(mistakes);
        var now = clock.GetUtcNow();
        var hash = Secrets.Hash(request.Token);
        if (await db.Set<FirstAdminLink>().Where(l => l.TokenHash == hash && l.UsedAt == null && l.ExpiresAt > now)
                .ExecuteUpdateAsync(set => set.SetProperty(l => l.UsedAt, now), cancel) == 0)
        {
            return (Problem)IdentityFailures.LinkVoid;
        }

        var district = Guid.CreateVersion7(now);
        var account = new Account
        {
            Id = Guid.CreateVersion7(now),
            DistrictId = district,
            UserName = userName,
            Language = request.Language,
            CreatedAt = now,
        };
        passwords.Set(account, request.Password);
        db.Add(account);
        db.Add(account.Give(new Grant(Role.DistrictAdmin, null, district, null, null, null), now));
        await db.ShowGrantsOfAsync(account.Id, cancel);
        current.Caller = new Caller(null, "link:first-admin", []);
        audit.About("account", account.Id, district, null);
        return TypedResults.Created((string?)null, new FirstAdminCreated(account.Id, district));
    }

    private static Task<Results<Created<FirstAdminCreated>, Problem>> CreateOnPageAsync(
        [FromForm] string token, [FromForm] string userName, [FromForm] string password, [FromForm] DisplayLanguage language,
        IdentityDb db, Passwords passwords, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel) =>
        CreateAsync(
            new CreateFirstAdmin(token, userName, password, language), db, passwords, current, audit, clock, cancel);
}

/// <summary>The first administrator.</summary>
/// <param name="Token">From the link.</param>
/// <param name="UserName">Phone number, e-mail address or staff number.</param>
/// <param name="Password">10–128 characters, not the user name.</param>
/// <param name="Language">The language that texts for this person are written in; Chinese by default.</param>
public sealed record CreateFirstAdmin(
    string Token, string UserName, string Password, DisplayLanguage Language = DisplayLanguage.Zh);

/// <summary>The first administrator's account; it can sign in now.</summary>
/// <param name="Id">The account.</param>
/// <param name="DistrictId">The district that it administers, which the roster is imported into.</param>
public sealed record FirstAdminCreated(Guid Id, Guid DistrictId);
