using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>
/// An operator's tools, the same in every service: what is parked and why, replay, and sending the event log again to a consumer
/// that was added later or restored.
/// </summary>
internal static class Operations
{
    private static readonly Failure ReplayFailed = new("messaging.replay-failed", 409,
        "重放失败，消息仍在停放:{0}", "The replay failed and the message stays parked: {0}");

    private static readonly Failure NoSuchConsumer = new("messaging.no-such-consumer", 409,
        "此服务没有该消费者，请在拥有该队列的服务上操作。", "This service has no such consumer; ask the service that owns the queue.");

    private static readonly Failure NoSuchQueue = new("messaging.no-such-queue", 409,
        "消息服务器上没有该队列，请先运行该服务的 migrate。", "The broker has no such queue; run its service's migrate first.");

    public static void MapMessagingOperations(this WebApplication app)
    {
        var service = app.Services.GetRequiredService<ServiceName>().Value;
        var group = app.MapGroup($"/api/{service}/operations").WithTags("Operations");
        group.MapGet("/parked-messages", ListParkedAsync).Query(Permission.OperateMessaging)
            .WithName("ListParkedMessages");
        group.MapPost("/parked-messages/{id:guid}/replay", ReplayAsync).Operation(Permission.OperateMessaging)
            .WithName("ReplayParkedMessage");
        group.MapPost("/redeliveries", RedeliverAsync).Operation(Permission.OperateMessaging)
            .WithName("RedeliverEvents");
    }

    /// <summary>The messages that are set aside, newest first; only those of districts the caller operates.</summary>
    private static async Task<Results<Ok<Page<ParkedMessage>>, Problem>> ListParkedAsync(
        NpgsqlDataSource database, CurrentCaller current, CancellationToken cancel,
        string? consumer = null, bool replayed = false, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var limit = Cursor.Size(size);
        await using var command = database.CreateCommand(
            """
            SELECT id, consumer, message_id, name, district_id, school_id, payload, reason, parked_at, replayed_at
            FROM platform.parked_message
            WHERE (district_id = ANY ($1) OR district_id IS NULL) AND ($2 IS NULL OR consumer = $2)
              AND (replayed_at IS NOT NULL) = $3 AND ($4 IS NULL OR id < $4)
            ORDER BY id DESC LIMIT $5
            """);
        command.Give(Districts(current));
        command.GiveOptional(NpgsqlDbType.Text, consumer);
        command.Give(replayed);
        command.GiveOptional(NpgsqlDbType.Uuid, last);
        command.Give(limit + 1);
        var rows = new List<ParkedMessage>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new ParkedMessage(
                reader.GetGuid(0), reader.GetString(1), reader.GetGuid(2), reader.GetString(3),
                await reader.IsDBNullAsync(4, cancel) ? null : reader.GetGuid(4),
                await reader.IsDBNullAsync(5, cancel) ? null : reader.GetGuid(5),
                reader.GetString(6), reader.GetString(7), await reader.GetFieldValueAsync<DateTimeOffset>(8, cancel),
                await reader.IsDBNullAsync(9, cancel) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(9, cancel)));
        }

        return TypedResults.Ok(Page.From(rows, limit, row => row.Id));
    }

    /// <summary>Gives a parked message to its consumer again; exactly one of several replays has its effect.</summary>
    private static async Task<Results<NoContent, Problem>> ReplayAsync(
        Guid id, NpgsqlDataSource database, EventPumps pumps, CurrentCaller current, ServiceDb db, AuditTrail audit,
        HttpContext http, CancellationToken cancel)
    {
        await using var find = database.CreateCommand(
            """
            SELECT consumer, district_id FROM platform.parked_message
            WHERE id = $1 AND (district_id = ANY ($2) OR district_id IS NULL)
            """);
        find.Give(id);
        find.Give(Districts(current));
        string consumer;
        Guid district;
        await using (var reader = await find.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
                return (Problem)Failures.NotFound;
            consumer = reader.GetString(0);
            district = await reader.IsDBNullAsync(1, cancel) ? Districts(current)[0] : reader.GetGuid(1);
        }

        if (pumps.Find(consumer) is not { } pump)
            return (Problem)NoSuchConsumer;
        try
        {
            await pump.ReplayAsync(id, cancel);
        }
        catch (Exception e) when (!Backoff.IsTransient(e))
        {
            return ReplayFailed.Because(e.GetType().Name);
        }

        audit.About("parked-message", id, district, null);
        CommandFilter.Audit(db, http);
        await db.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }

    /// <summary>
    /// Sends this service's event log again, oldest first, to one queue: its consumer's inbox drops what it has seen. Everything
    /// published before the call is in what is sent; everything after reaches the queue by its binding.
    /// </summary>
    private static async Task<Results<Ok<Redelivered>, Problem>> RedeliverAsync(
        Redeliver request, NpgsqlDataSource database, Transport transport, CurrentCaller current, ServiceDb db, AuditTrail audit,
        HttpContext http, CancellationToken cancel)
    {
        audit.About("event-log", null, Districts(current)[0], null, request.Queue);
        CommandFilter.Audit(db, http);
        await db.SaveChangesAsync(cancel);
        try
        {
            return TypedResults.Ok(new Redelivered(await EventLog.SendAgainAsync(
                database, transport, request.Queue, request.Names, request.Since, cancel)));
        }
        catch (MessageReturnedException)
        {
            return (Problem)NoSuchQueue;
        }
    }

    private static Guid[] Districts(CurrentCaller current) =>
        [.. current.Caller.ScopeOf(Permission.OperateMessaging).Districts];
}

/// <summary>A message that is set aside.</summary>
/// <param name="Id">For the replay.</param>
/// <param name="Consumer">The consumer that could not take it.</param>
/// <param name="MessageId">The message.</param>
/// <param name="Name">The event's wire name.</param>
/// <param name="DistrictId">Its district, when the message could be read.</param>
/// <param name="SchoolId">Its school, when it has one and could be read.</param>
/// <param name="Payload">The event; ids and facts, never names.</param>
/// <param name="Reason">Why it could not be taken.</param>
/// <param name="ParkedAt">Since when.</param>
/// <param name="ReplayedAt">When it was replayed with success.</param>
public sealed record ParkedMessage(
    Guid Id, string Consumer, Guid MessageId, string Name, Guid? DistrictId, Guid? SchoolId, string Payload, string Reason,
    DateTimeOffset ParkedAt, DateTimeOffset? ReplayedAt);

/// <summary>Which events to send again, and to whom.</summary>
/// <param name="Queue">The consumer's queue, e.g. <c>insights.coverage</c>; its service's <c>migrate</c> must have declared it.</param>
/// <param name="Names">The events' wire names, as its bindings have them.</param>
/// <param name="Since">The first day (UTC) of the log to send; at most 35 days back are kept.</param>
public sealed record Redeliver(string Queue, IReadOnlyList<string> Names, DateOnly Since);

/// <summary>What was sent again.</summary>
/// <param name="Events">How many events.</param>
public sealed record Redelivered(long Events);
