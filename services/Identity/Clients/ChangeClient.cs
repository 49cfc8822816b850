using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.Clients;

/// <summary>A new secret for a machine client, and its end.</summary>
internal static class ChangeClientFeature
{
    public static void MapChangeClient(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/clients/{id:guid}").WithTags("Machine clients");
        group.MapPost("/secret", RenewAsync).Command(Permission.ClientManage).WithName("RenewClientSecret")
            .WithSummary("更换机器客户端密钥 / Renew a machine client's secret")
            .WithDescription("Within 2 seconds the old secret's tokens are void everywhere. Unlocks the client, too.");
        group.MapDelete("", WithdrawAsync).Command(Permission.ClientManage).WithName("WithdrawClient")
            .WithSummary("停用机器客户端 / Withdraw a machine client")
            .WithDescription("Within 2 seconds its tokens are void everywhere. It cannot be brought back.");
    }

    private static async Task<Results<Ok<ClientSecret>, Problem>> RenewAsync(
        Guid id, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await LockAsync(db, id, current.Caller, audit, cancel) is not { } client)
            return (Problem)Failures.NotFound;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new ClientSecret(client.Id, client.RenewSecret(clock.GetUtcNow())));
    }

    private static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid id, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (await LockAsync(db, id, current.Caller, audit, cancel) is not { } client)
            return (Problem)Failures.NotFound;
        client.Withdraw(clock.GetUtcNow());
        return TypedResults.NoContent();
    }

    // Locked, so that two changes at the same time are two steps of its version.
    private static async Task<Client?> LockAsync(
        IdentityDb db, Guid id, Caller caller, AuditTrail audit, CancellationToken cancel)
    {
        var client = await db.Set<Client>().FromSql($"SELECT * FROM client WHERE id = {id} FOR UPDATE").Of(caller)
            .SingleOrDefaultAsync(c => c.WithdrawnAt == null, cancel);
        if (client is not null)
            audit.About("client", client.Id, client.DistrictId, client.SchoolId);
        return client;
    }
}
