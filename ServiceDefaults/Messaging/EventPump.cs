using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>
/// Brings deliveries of one queue to their effect. While one batch is in the database, the next gathers by itself; so a single
/// event waits for nobody and a flood is taken 500 at a time. Each delivery is acknowledged after the commit.
/// </summary>
/// <remarks>
/// A transient failure (database or lock) is tried again without limit, in place. Any other failure halves the batch until the
/// one message that causes it stands alone; that one is parked with its reason, and all others have their effect.
/// </remarks>
public sealed partial class EventPump(
    EventConsumer consumer, NpgsqlDataSource database, RelaySignal signal, TimeProvider clock, ILogger<EventPump> logger)
    : BackgroundService, IEventReceiver
{
    /// <summary>Messages in one transaction at most.</summary>
    public const int BatchSize = 500;

    private static readonly ActivitySource Tracing = new(PlatformMeter.Name);

    private static readonly Counter<long> Applied = PlatformMeter.Meter.CreateCounter<long>(
        "homeschool.consumer.applied", "{event}", "Events whose effect was committed.");

    private static readonly Counter<long> Parked = PlatformMeter.Meter.CreateCounter<long>(
        "homeschool.consumer.parked", "{event}", "Events set aside for an operator.");

    private readonly Channel<Delivery> arrived = Channel.CreateUnbounded<Delivery>(new() { SingleReader = true });

    private long taken;
    private long left;

    /// <summary>The queue that this pump serves.</summary>
    public EventConsumer Consumer { get; } = consumer;

    /// <summary>How many deliveries it was given since the process began.</summary>
    public long Taken => Interlocked.Read(ref taken);

    /// <summary>Whether a delivery is in hand.</summary>
    public bool IsBusy => Interlocked.Read(ref left) < Taken;

    /// <inheritdoc/>
    async Task IEventReceiver.ReceiveAsync(Envelope delivery, CancellationToken cancel)
    {
        Interlocked.Increment(ref taken);
        try
        {
            var waiting = new Delivery(delivery);
            await arrived.Writer.WriteAsync(waiting, cancel);
            await waiting.Done.Task.WaitAsync(cancel);
        }
        finally
        {
            Interlocked.Increment(ref left);
        }
    }

    /// <inheritdoc/>
    async Task IEventReceiver.ParkAsync(Envelope delivery, string reason, CancellationToken cancel)
    {
        Interlocked.Increment(ref taken);
        try
        {
            await UntilDoneAsync(() => ParkAsync(delivery, reason, cancel), cancel);
        }
        finally
        {
            Interlocked.Increment(ref left);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Delivery>(BatchSize);
        while (await arrived.Reader.WaitToReadAsync(stoppingToken))
        {
            while (batch.Count < BatchSize && arrived.Reader.TryRead(out var delivery))
                batch.Add(delivery);
            await ApplyAsync(batch.Select(d => d.Envelope).ToArray(), stoppingToken);
            foreach (var delivery in batch)
                delivery.Done.SetResult();
            batch.Clear();
        }
    }

    /// <summary>Applies a parked message again, in one transaction with the mark that it was replayed.</summary>
    /// <returns>Whether it was still waiting; a second replay at the same time finds it done.</returns>
    /// <exception cref="Exception">What the consumer threw; the message stays parked.</exception>
    public async Task<bool> ReplayAsync(Guid parkedId, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var claim = new NpgsqlCommand(
            """
            UPDATE platform.parked_message SET replayed_at = $2
            WHERE id = $1 AND consumer = $3 AND replayed_at IS NULL RETURNING message_id, name, NULL::text, payload
            """, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = parkedId },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() },
                new NpgsqlParameter<string> { TypedValue = Consumer.Queue },
            },
        };
        Envelope envelope;
        await using (var reader = await claim.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
                return false;
            envelope = Envelope.Read(reader);
        }

        var applied = await ApplyInAsync(connection, new[] { envelope }, cancel);
        await transaction.CommitAsync(cancel);
        if (applied.HasPublished)
            signal.Wake();
        return true;
    }

    private async Task ApplyAsync(ArraySegment<Envelope> batch, CancellationToken cancel)
    {
        using var activity = Tracing.StartActivity(Consumer.Queue, ActivityKind.Consumer);
        try
        {
            await UntilDoneAsync(() => TransactAsync(batch, cancel), cancel);
        }
        catch (Exception e) when (batch.Count == 1 && !cancel.IsCancellationRequested)
        {
            LogParked(logger, e, Consumer.Queue, batch[0].Name, batch[0].MessageId);
            await UntilDoneAsync(() => ParkAsync(batch[0], Reason(e), cancel), cancel);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            await ApplyAsync(batch[..(batch.Count / 2)], cancel);
            await ApplyAsync(batch[(batch.Count / 2)..], cancel);
        }
    }

    private async Task TransactAsync(ArraySegment<Envelope> batch, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var applied = await ApplyInAsync(connection, batch, cancel);
        await transaction.CommitAsync(cancel);
        if (applied.HasPublished)
            signal.Wake();
        if (applied.Deliveries.Count > 0)
            Applied.Add(applied.Deliveries.Count, new KeyValuePair<string, object?>("consumer", Consumer.Queue));
    }

    // Returns what was new to this consumer.
    private async Task<EventBatch> ApplyInAsync(NpgsqlConnection connection, ArraySegment<Envelope> batch, CancellationToken cancel)
    {
        // The same message may stand twice in one batch.
        var events = new Dictionary<Guid, DeliveredEvent>(batch.Count);
        foreach (var envelope in batch)
            events.TryAdd(envelope.MessageId, new DeliveredEvent(envelope, EventBatch.Parse(envelope)));

        await using var begin = TenantScope.Of(events.Values.Select(e => e.Event.DistrictId)).Batch(connection);
        begin.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            INSERT INTO platform.inbox (consumer, message_id) SELECT $1, id FROM unnest($2) AS id ORDER BY id
            ON CONFLICT DO NOTHING RETURNING message_id
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = Consumer.Queue },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. events.Keys] },
            },
        });
        var fresh = new HashSet<Guid>();
        await using (var reader = await begin.ExecuteReaderAsync(cancel))
        {
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
                fresh.Add(reader.GetGuid(0));
        }

        var inOrder = new EventBatch(connection, [.. events.Where(e => fresh.Contains(e.Key)).Select(e => e.Value)]);
        if (fresh.Count > 0)
            await Consumer.ApplyAsync(inOrder, cancel);
        return inOrder;
    }

    private async Task ParkAsync(Envelope envelope, string reason, CancellationToken cancel)
    {
        // District and school as the payload says, when it can be read at all; they only help an operator to find it.
        IEvent? readable = null;
        try
        {
            readable = EventBatch.Parse(envelope);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or UnknownEventException or NotSupportedException)
        {
            // The reason says so already.
        }

        await using var park = database.CreateCommand(
            """
            INSERT INTO platform.parked_message
                (id, consumer, message_id, name, district_id, school_id, payload, reason, parked_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
            WHERE NOT EXISTS (SELECT FROM platform.inbox WHERE consumer = $2 AND message_id = $3)
            ON CONFLICT (consumer, message_id) DO NOTHING
            """);
        park.Give(Guid.CreateVersion7());
        park.Give(Consumer.Queue);
        park.Give(envelope.MessageId);
        park.Give(envelope.Name);
        park.GiveOptional(NpgsqlDbType.Uuid, readable?.DistrictId);
        park.GiveOptional(NpgsqlDbType.Uuid, readable?.SchoolId);
        park.Give(envelope.Payload);
        park.Give(reason);
        park.Give(clock.GetUtcNow());
        await park.ExecuteNonQueryAsync(cancel);
        Parked.Add(1, new KeyValuePair<string, object?>("consumer", Consumer.Queue));
    }

    private async Task UntilDoneAsync(Func<Task> work, CancellationToken cancel)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await work();
                return;
            }
            catch (Exception e) when (Backoff.IsTransient(e) && !cancel.IsCancellationRequested)
            {
                LogRetry(logger, e, Consumer.Queue, failures);
                await Backoff.DelayAsync(failures, cancel);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    // What failed and where, without the data it failed on: a constraint's name helps, a row's values must not be kept here.
    private static string Reason(Exception e) => e switch
    {
        PostgresException postgres => $"PostgreSQL {postgres.SqlState} {postgres.ConstraintName ?? postgres.TableName}".TrimEnd(),
        UnknownEventException unknown => unknown.Message,
        System.Text.Json.JsonException json => $"The event cannot be read: {json.Path}",
        _ => e.GetType().Name + ": " + e.Message,
    };

    [LoggerMessage(10, LogLevel.Warning, "{Consumer} waits for the database (attempt {Attempt})")]
    private static partial void LogRetry(ILogger logger, Exception exception, string consumer, int attempt);

    [LoggerMessage(11, LogLevel.Error, "{Consumer} parked {EventName} {MessageId}")]
    private static partial void LogParked(
        ILogger logger, Exception exception, string consumer, string eventName, Guid messageId);

    private sealed record Delivery(Envelope Envelope)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
