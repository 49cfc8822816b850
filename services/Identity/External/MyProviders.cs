using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.External;

/// <summary>Linking one's account to an identity of a provider, and undoing it.</summary>
internal static class MyProvidersFeature
{
    private const string Own = "shows and changes nobody's but the caller's; who is not signed in is refused by the handler";

    public static void MapMyProviders(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/me/providers").WithTags("Sign-in by a provider");
        group.MapGet("", ListAsync).Open(Own).WithName("ListMyProviders")
            .WithSummary("本人账号关联的身份提供方 / Where the caller's account is linked");
        group.MapPost("", LinkAsync).Open(Own).WithName("LinkProvider")
            .WithSummary("关联身份提供方 / Link the account to an identity of a provider")
            .WithDescription(
                "Needs the current password, too: a link is a way in that lasts. Wrong ones count as failed sign-ins.");
        group.MapDelete("/{id:guid}", UnlinkAsync).OpenCommand(Own).WithName("UnlinkProvider")
            .WithSummary("解除关联 / Undo a link")
            .WithDescription("Ends the sessions that were begun with it. The only way into an account without a password stays.");
    }

    private static async Task<Results<Ok<IReadOnlyList<MyProvider>>, Problem>> ListAsync(
        IdentityDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        return TypedResults.Ok<IReadOnlyList<MyProvider>>(await db.Set<ExternalIdentity>().AsNoTracking()
            .Where(i => i.AccountId == caller).OrderBy(i => i.Id)
            .Select(i => new MyProvider(i.Id, i.Provider, i.LinkedAt)).ToListAsync(cancel));
    }

    public static async Task<Results<NoContent, Problem>> LinkAsync(
        LinkProvider request, IdentityDb db, SignInSteps steps, CurrentCaller current, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        var now = clock.GetUtcNow();
        if (await steps.ShowAgainAsync(caller, request.CurrentPassword, null, "LinkProvider", http, cancel) is not { } account)
            return (Problem)IdentityFailures.PasswordWrong;
        await db.SaveChangesAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (await db.LockExternalSignInAsync(request.SignInCode, request.Verifier, now, cancel) is not { } proved)
            return (Problem)IdentityFailures.SignInCodeVoid;
        // Two accounts may want one identity at the same moment.
        var isNew = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO external_identity (id, account_id, provider, subject, linked_at)
            VALUES ({Guid.CreateVersion7(now)}, {caller}, {proved.Provider}, {proved.Subject}, {now})
            ON CONFLICT (provider, subject) DO NOTHING
            """,
            cancel) == 1;
        if (!isNew && (await db.IdentityOfAsync(proved, cancel))?.AccountId != caller)
            return (Problem)IdentityFailures.ProviderIdentityTaken;
        db.Remove(proved);
        db.Audit(http, "LinkProvider", account);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> UnlinkAsync(
        Guid id, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        // Locked, so that of two links of an account without a password one stays.
        var account = await db.Set<Account>().FromSql($"SELECT * FROM account WHERE id = {caller} FOR UPDATE")
            .SingleAsync(cancel);
        var links = await db.Set<ExternalIdentity>().Where(i => i.AccountId == caller).ToListAsync(cancel);
        if (links.Find(link => link.Id == id) is not { } link)
            return (Problem)Failures.NotFound;
        if (account.PasswordHash.Length == 0 && links.Count == 1)
            return (Problem)IdentityFailures.LastWayIn;
        db.Remove(link);
        var now = clock.GetUtcNow();
        await db.Set<Session>().Where(s => s.ExternalIdentityId == id && s.EndedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), cancel);
        audit.About("account", caller, account.DistrictId, null);
        return TypedResults.NoContent();
    }
}

/// <summary>A link to make.</summary>
/// <param name="SignInCode">The one-time code that the browser came back with.</param>
/// <param name="Verifier">What the challenge at the start was the SHA-256 of.</param>
/// <param name="CurrentPassword">The account's password.</param>
public sealed record LinkProvider(string SignInCode, string Verifier, string CurrentPassword);

/// <summary>A link.</summary>
/// <param name="Id">The link.</param>
/// <param name="Provider">The provider's key.</param>
/// <param name="LinkedAt">Since when.</param>
public sealed record MyProvider(Guid Id, string Provider, DateTimeOffset LinkedAt);
