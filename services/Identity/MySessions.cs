using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>Where one is signed in, and signing out there: a lost phone, a shared computer.</summary>
internal static class MySessionsFeature
{
    private const string Own = "shows and ends nobody's but the caller's; who is not signed in is refused by the handler";

    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/me/sessions").WithTags("Sessions");
        group.MapGet("", ListAsync).Open(Own).WithName("ListSessions")
            .WithSummary("本人的登录设备 / Where the caller is signed in");
        group.MapDelete("/{id:guid}", EndAsync).OpenCommand(Own).WithName("EndSession")
            .WithSummary("退出某一设备 / Sign out there")
            .WithDescription("Its tokens are void everywhere within 2 seconds.");
        group.MapDelete("", EndOthersAsync).OpenCommand(Own).WithName("EndOtherSessions")
            .WithSummary("退出其他所有设备 / Sign out everywhere else");
    }

    public static async Task<Results<Ok<IReadOnlyList<MySession>>, Problem>> ListAsync(
        IdentityDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (current.Caller is not { AccountId: { } account, SessionId: var own })
            return (Problem)Failures.SignInNeeded;
        var now = clock.GetUtcNow();
        var sessions = await db.Set<Session>().AsNoTracking()
            .Where(s => s.AccountId == account && s.EndedAt == null && s.ExpiresAt > now)
            .OrderByDescending(s => s.LastUsedAt).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<MySession>>(
            [.. sessions.Select(s => new MySession(s.Id, s.Device, s.CreatedAt, s.LastUsedAt, s.ExpiresAt, s.Id == own))]);
    }

    public static async Task<Results<NoContent, Problem>> EndAsync(
        Guid id, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } account)
            return (Problem)Failures.SignInNeeded;
        var session = await db.Set<Session>().FromSql($"SELECT * FROM session WHERE id = {id} FOR UPDATE")
            .SingleOrDefaultAsync(cancel);
        if (session?.AccountId != account)
            return (Problem)Failures.NotFound;
        session.End(clock.GetUtcNow());
        audit.About("session", id, await db.DistrictOfAsync(account, cancel), null);
        return TypedResults.NoContent();
    }

    public static async Task<Results<NoContent, Problem>> EndOthersAsync(
        IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (current.Caller is not { AccountId: { } account, SessionId: var own })
            return (Problem)Failures.SignInNeeded;
        await db.EndSessionsAsync(account, own, clock.GetUtcNow(), cancel);
        audit.About("account", account, await db.DistrictOfAsync(account, cancel), null);
        return TypedResults.NoContent();
    }

    /// <summary>Ends all sessions of an account but one, in the current transaction.</summary>
    public static Task EndSessionsAsync(
        this IdentityDb db, Guid account, Guid? except, DateTimeOffset now, CancellationToken cancel) =>
        db.Set<Session>().Where(s => s.AccountId == account && s.Id != except && s.EndedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), cancel);

    private static Task<Guid> DistrictOfAsync(this IdentityDb db, Guid account, CancellationToken cancel) =>
        db.Set<Account>().Where(a => a.Id == account).Select(a => a.DistrictId).SingleAsync(cancel);
}

/// <summary>A sign-in that goes on.</summary>
/// <param name="Id">The session.</param>
/// <param name="Device">The device, as the client called it.</param>
/// <param name="SignedInAt">When somebody signed in.</param>
/// <param name="LastUsedAt">The last refresh, or the sign-in.</param>
/// <param name="ExpiresAt">Over from then on, unless refreshed.</param>
/// <param name="IsThis">Whether it is the one that asks.</param>
public sealed record MySession(
    Guid Id, string? Device, DateTimeOffset SignedInAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, bool IsThis);
