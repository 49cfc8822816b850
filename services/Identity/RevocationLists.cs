using HomeSchool.Identity.Clients;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>Tells every service what was taken back while tokens that say otherwise are still good.</summary>
internal sealed class RevocationLists(IServiceProvider services)
{
    /// <summary>Reads the list from the database; Identity's own check of tokens asks nobody else.</summary>
    public async Task<RevocationList> ReadAsync(DateTimeOffset? since, CancellationToken cancel)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        return await db.RevokedAsync(since, services.GetRequiredService<TimeProvider>().GetUtcNow(), cancel);
    }
}

internal static class RevocationsFeature
{
    public static void MapRevocations(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/.well-known/revocations", ListAsync)
            .Open("services ask before they know anybody; it holds ids and numbers, and the gateway does not forward it")
            .WithName("ReadRevocations").WithTags("Discovery")
            .WithSummary("已撤销的会话与权限 / What was revoked");

    /// <summary>What was taken back after a time, at most <see cref="Revocations.Kept"/> ago.</summary>
    public static async Task<RevocationList> RevokedAsync(
        this IdentityDb db, DateTimeOffset? since, DateTimeOffset now, CancellationToken cancel)
    {
        var oldest = now - Revocations.Kept;
        var from = since > oldest ? since.Value.ToUniversalTime() : oldest;
        return new RevocationList(
            now,
            [
                .. await db.Set<Account>().Where(a => a.RevokedAt > from)
                    .Select(a => new RevokedAccount(a.Id, a.RevokedVersion)).ToListAsync(cancel),
                .. await db.Set<Client>().Where(c => c.RevokedAt > from)
                    .Select(c => new RevokedAccount(c.Id, c.Version)).ToListAsync(cancel),
            ],
            await db.Set<Session>().Where(s => s.EndedAt > from).Select(s => s.Id).ToListAsync(cancel));
    }

    private static Task<RevocationList> ListAsync(
        DateTimeOffset? since, IdentityDb db, TimeProvider clock, CancellationToken cancel) =>
        db.RevokedAsync(since, clock.GetUtcNow(), cancel);
}
