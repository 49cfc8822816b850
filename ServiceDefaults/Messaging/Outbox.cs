using System.Diagnostics;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>
/// An event waiting to be published: a row written in the transaction of the command that caused it, so that either both
/// happen or neither does. The <see cref="Relay"/> takes it from there.
/// </summary>
public sealed class OutboxMessage
{
    /// <summary>The order of insertion (not of commit); given by the database.</summary>
    public long Position { get; private set; }

    /// <summary>Identifies the message for every consumer's inbox, whatever is delivered twice.</summary>
    public Guid MessageId { get; private set; }

    /// <summary>The event's wire name; see <see cref="EventNameAttribute"/>.</summary>
    public string Name { get; private set; } = "";

    /// <summary>See <see cref="IEvent.DistrictId"/>.</summary>
    public Guid DistrictId { get; private set; }

    /// <summary>See <see cref="IEvent.SchoolId"/>.</summary>
    public Guid? SchoolId { get; private set; }

    /// <summary>See <see cref="IEvent.AggregateId"/>.</summary>
    public Guid AggregateId { get; private set; }

    /// <summary>See <see cref="IEvent.Version"/>.</summary>
    public long Version { get; private set; }

    /// <summary>See <see cref="IEvent.OccurredAt"/>.</summary>
    public DateTimeOffset OccurredAt { get; private set; }

    /// <summary>W3C trace context of the command, so that what an event causes is found with the request that caused it.</summary>
    public string? Traceparent { get; private set; }

    /// <summary>The event as JSON.</summary>
    public string Payload { get; private set; } = "";

    /// <summary>Wraps an event that the current request caused.</summary>
    public static OutboxMessage Of(IEvent happened) => Of(happened, Activity.Current?.Id);

    /// <summary>Wraps an event that another event caused: it keeps that one's trace.</summary>
    public static OutboxMessage Of(IEvent happened, string? traceparent) => new()
    {
        MessageId = Guid.CreateVersion7(),
        Name = EventNames.Of(happened.GetType()),
        DistrictId = happened.DistrictId,
        SchoolId = happened.SchoolId,
        AggregateId = happened.AggregateId,
        Version = happened.Version,
        OccurredAt = happened.OccurredAt.ToUniversalTime(),
        Traceparent = traceparent,
        Payload = JsonSerializer.Serialize(happened, happened.GetType(), Json.Options),
    };
}

/// <summary>The outbox for code that works without a <see cref="ServiceDb"/>, such as projections.</summary>
public static class Outbox
{
    /// <summary>Adds events in the connection's current transaction, in one statement.</summary>
    /// <remarks>The relay of this process is not woken (it cannot know of the commit): it polls each second. Call
    /// <see cref="RelaySignal.Wake"/> after the commit to save that second; within a command or a consumer, publish by
    /// <see cref="ServiceDb.PublishAsync"/> or <see cref="EventBatch.PublishAsync"/>, which see to it.</remarks>
    public static Task InsertAsync(NpgsqlConnection connection, IReadOnlyCollection<IEvent> events, CancellationToken cancel) =>
        InsertAsync(connection, [.. events.Select(OutboxMessage.Of)], cancel);

    /// <inheritdoc cref="InsertAsync(NpgsqlConnection, IReadOnlyCollection{IEvent}, CancellationToken)"/>
    public static async Task InsertAsync(
        NpgsqlConnection connection, IReadOnlyCollection<OutboxMessage> messages, CancellationToken cancel)
    {
        if (messages.Count == 0)
            return;
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            INSERT INTO platform.outbox
                (message_id, name, district_id, school_id, aggregate_id, version, occurred_at, traceparent, payload)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """;
        Add(NpgsqlDbType.Uuid, messages.Select(m => m.MessageId).ToArray());
        Add(NpgsqlDbType.Text, messages.Select(m => m.Name).ToArray());
        Add(NpgsqlDbType.Uuid, messages.Select(m => m.DistrictId).ToArray());
        Add(NpgsqlDbType.Uuid, messages.Select(m => m.SchoolId).ToArray());
        Add(NpgsqlDbType.Uuid, messages.Select(m => m.AggregateId).ToArray());
        Add(NpgsqlDbType.Bigint, messages.Select(m => m.Version).ToArray());
        Add(NpgsqlDbType.TimestampTz, messages.Select(m => m.OccurredAt).ToArray());
        Add(NpgsqlDbType.Text, messages.Select(m => m.Traceparent).ToArray());
        Add(NpgsqlDbType.Text, messages.Select(m => m.Payload).ToArray());
        await command.ExecuteNonQueryAsync(cancel);

        void Add<T>(NpgsqlDbType type, T[] values) =>
            command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
