using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>
/// Publishes what commands put into the outbox. One batch is one transaction: take up to 500 rows that no other replica holds,
/// move them to the event log, publish them with pipelined confirms, commit. If anything fails, the rows are back in the outbox;
/// what had reached the broker is sent again and dropped by the inboxes. So nothing is lost, and no effect happens twice.
/// </summary>
/// <remarks>
/// Any number of replicas may run. The commit need not reach the disk before the next batch: a relay's commit that a crash
/// forgets is one more repeated delivery, while commands keep their own synchronous commits.
/// </remarks>
public sealed partial class Relay(NpgsqlDataSource database, Transport transport, RelaySignal signal, ILogger<Relay> logger)
    : BackgroundService
{
    /// <summary>Rows a batch; a hundred lagged behind by a second under load, more than 500 gained nothing.</summary>
    private const int BatchSize = 500;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // Under load, what commits in the meantime goes along: a batch costs almost the same with one event as with ten.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(2);

    // No transaction stays open for longer than this because the broker does not answer.
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(10);

    private static readonly Counter<long> Published = PlatformMeter.Meter.CreateCounter<long>(
        "homeschool.relay.published", "{event}", "Events confirmed by the broker and moved to the event log.");

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Whatever committed while a batch was published has left its signal: nobody need look again to be sure.
                if (await PublishBatchAsync(stoppingToken) < BatchSize && await signal.WaitAsync(Poll, stoppingToken))
                    await Task.Delay(Gather, stoppingToken);
                failures = 0;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The broker or the database is away. Commands go on; their events wait in the outbox.
                LogFailure(logger, e, ++failures);
                await Backoff.DelayAsync(failures, stoppingToken);
            }
        }
    }

    /// <summary>Publishes one batch.</summary>
    /// <returns>How many events; 0 when the outbox is empty or other replicas hold all of it.</returns>
    public async Task<int> PublishBatchAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var batch = await MoveAsync(connection, cancel);
        if (batch.Count == 0)
            return 0;

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(PublishTimeout);
        await transport.PublishAsync(batch, timeout.Token);
        await transaction.CommitAsync(cancel);
        Published.Add(batch.Count);
        return batch.Count;
    }

    private static async Task<List<Envelope>> MoveAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL synchronous_commit = off"),
                new NpgsqlBatchCommand(
                    $"""
                    WITH taken AS (
                        DELETE FROM platform.outbox WHERE position IN
                            (SELECT position FROM platform.outbox ORDER BY position LIMIT {BatchSize} FOR UPDATE SKIP LOCKED)
                        RETURNING *)
                    INSERT INTO platform.event_log (position, message_id, name, district_id, school_id, aggregate_id, version,
                        occurred_at, traceparent, payload)
                    SELECT position, message_id, name, district_id, school_id, aggregate_id, version,
                        occurred_at, traceparent, payload FROM taken ORDER BY position
                    RETURNING message_id, name, traceparent, payload
                    """),
            },
        };
        var events = new List<Envelope>();
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            events.Add(Envelope.Read(reader));
        return events;
    }

    [LoggerMessage(1, LogLevel.Warning, "The relay could not publish ({Failures} in a row); the events stay in the outbox")]
    private static partial void LogFailure(ILogger logger, Exception exception, int failures);
}

/// <summary>Wakes the relay of this process when a transaction with events has committed.</summary>
public sealed class RelaySignal : IDisposable
{
    private readonly SemaphoreSlim waiting = new(0, 1);

    /// <summary>Wakes the relay; cheap, and harmless when it is awake.</summary>
    public void Wake()
    {
        try
        {
            if (waiting.CurrentCount == 0)
                waiting.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it in the same moment.
        }
    }

    /// <summary>Waits to be woken, or for <paramref name="limit"/>.</summary>
    /// <returns>Whether somebody woke it.</returns>
    public Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancel) => waiting.WaitAsync(limit, cancel);

    /// <inheritdoc/>
    public void Dispose() => waiting.Dispose();
}
