using HomeSchool.Identity.Pages;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>
/// Accepting an invitation: with a new account, over the API or on a page that needs no JavaScript; or with the account that one
/// has, so that a parent of children in two schools, or a teacher who is a parent, has one.
/// </summary>
internal static class AcceptInvitationFeature
{
    private const string WhoHoldsTheCode = "whoever holds the code has no account yet; the code says what for";

    public static void MapAcceptInvitation(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Invitations");
        group.MapGet("/invitations/accept", (string? code) => NewAccountPage.Invitation.Show(code))
            .AddEndpointFilter(PageLanguage.KeepAsync).Open(WhoHoldsTheCode).WithName("ShowInvitation")
            .WithSummary("接受邀请的网页 / The page that accepts an invitation");
        group.MapPost("/invitations/accept", AcceptAsync)
            .OpenCommand(WhoHoldsTheCode).WithName("AcceptInvitation")
            .WithSummary("用邀请码创建账号 / Create an account with an invitation code");
        group.MapPost("/invitations/accept", AcceptOnPageAsync)
            .AnswerOnPage(NewAccountPage.Invitation).OpenCommand(WhoHoldsTheCode).WithName("AcceptInvitationOnPage");
        group.MapPost("/me/invitations", AcceptSignedInAsync)
            .OpenCommand("any account may have one role more; who is not signed in is refused by the handler")
            .WithName("AcceptInvitationSignedIn")
            .WithSummary("用已有账号接受邀请 / Accept an invitation with the account one has")
            .WithDescription("Refresh the tokens afterwards: the new role is in the next ones.");
    }

    private static async Task<Results<Created<AccountCreated>, Problem>> AcceptAsync(
        AcceptInvitation request, IdentityDb db, Passwords passwords, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (Credentials.Mistakes(request.UserName, request.Password, out var userName) is { Count: > 0 } mistakes)
            return Problem.Of(mistakes);
        var now = clock.GetUtcNow();
        if (await LockAsync(db, request.Code, now, cancel) is not { } invitation)
            return (Problem)IdentityFailures.CodeUnknown;
        var imported = await LockImportedAsync(db, userName, invitation.ToGrant(), cancel);
        var account = imported ?? new Account
        {
            Id = Guid.CreateVersion7(now),
            DistrictId = invitation.DistrictId,
            UserName = userName,
            Language = request.Language,
            CreatedAt = now,
        };
        if (invitation.Use(account.Id, now) is { } refusal)
            return (Problem)refusal;

        passwords.Set(account, request.Password);
        if (imported is null)
        {
            db.Add(account);
            db.Add(account.Give(invitation.ToGrant(), now));
        }

        await db.ShowGrantsOfAsync(account.Id, cancel);
        current.Caller = new Caller(null, $"link:{invitation.Id:N}", []);
        audit.About("account", account.Id, invitation.DistrictId, invitation.SchoolId);
        return TypedResults.Created((string?)null, new AccountCreated(account.Id));
    }

    private static Task<Results<Created<AccountCreated>, Problem>> AcceptOnPageAsync(
        [FromForm] string code, [FromForm] string userName, [FromForm] string password, [FromForm] DisplayLanguage language,
        IdentityDb db, Passwords passwords, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel) =>
        AcceptAsync(
            new AcceptInvitation(code, userName, password, language), db, passwords, current, audit, clock, cancel);

    public static async Task<Results<NoContent, Problem>> AcceptSignedInAsync(
        AcceptWithAccount request, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        var now = clock.GetUtcNow();
        // Locked, so that two invitations accepted at the same time are two steps of the permission version.
        var account = await db.Set<Account>().FromSql($"SELECT * FROM account WHERE id = {caller} FOR UPDATE")
            .SingleOrDefaultAsync(cancel);
        if (account is null)
            return (Problem)Failures.SignInNeeded;
        if (await LockAsync(db, request.Code, now, cancel) is not { } invitation)
            return (Problem)IdentityFailures.CodeUnknown;
        if (invitation.Use(caller, now) is { } refusal)
            return (Problem)refusal;

        db.Add(account.Give(invitation.ToGrant(), now));
        await db.ShowGrantsOfAsync(caller, cancel);
        audit.About("invitation", invitation.Id, invitation.DistrictId, invitation.SchoolId);
        return TypedResults.NoContent();
    }

    // The account that came with its district from another installation (ALL-10), without a password: who is invited to a role
    // that it holds takes it up. Any other name that is taken stays taken.
    private static async Task<Account?> LockImportedAsync(IdentityDb db, string userName, Grant role, CancellationToken cancel)
    {
        var account = await db.Set<Account>()
            .FromSql(
                $"""
                SELECT * FROM account WHERE user_name = {userName} AND password_hash = ''
                    AND NOT EXISTS (SELECT FROM external_identity e WHERE e.account_id = account.id) FOR UPDATE
                """)
            .SingleOrDefaultAsync(cancel);
        if (account is null)
            return null;
        await db.ShowGrantsOfAsync(account.Id, cancel);
        var roles = await db.Set<RoleGrant>().Where(grant => grant.AccountId == account.Id && grant.WithdrawnAt == null)
            .ToListAsync(cancel);
        return roles.Exists(grant => grant.ToGrant() == role) ? account : null;
    }

    /// <summary>The invitation of a code, locked for the transaction: of several who show one code at the same time the others
    /// wait, and then find it used. Who has left the school since, or is no guardian any more, was invited in vain.</summary>
    public static async Task<Invitation?> LockAsync(IdentityDb db, string code, DateTimeOffset now, CancellationToken cancel)
    {
        var hash = Secrets.HashOfCode(code);
        await db.ShowInvitationAsync(hash, cancel);
        var found = await db.Set<Invitation>().FromSql(
                $"SELECT * FROM invitation WHERE code_hash = {hash} AND withdrawn_at IS NULL FOR UPDATE")
            .SingleOrDefaultAsync(cancel);
        return found is not null && await db.IsInRosterAsync(found.ToGrant(), now, cancel) ? found : null;
    }
}

/// <summary>An account to create with an invitation.</summary>
/// <param name="Code">The invitation's code, in any way of writing it.</param>
/// <param name="UserName">Phone number, e-mail address or staff number.</param>
/// <param name="Password">10–128 characters, not the user name.</param>
/// <param name="Language">The language that texts for this person are written in; Chinese by default.</param>
public sealed record AcceptInvitation(
    string Code, string UserName, string Password, DisplayLanguage Language = DisplayLanguage.Zh);

/// <summary>An invitation for the account that is signed in.</summary>
/// <param name="Code">The invitation's code, in any way of writing it.</param>
public sealed record AcceptWithAccount(string Code);

/// <summary>A new account; it can sign in now.</summary>
/// <param name="Id">The account.</param>
public sealed record AccountCreated(Guid Id);
