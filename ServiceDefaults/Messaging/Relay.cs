using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>
/// Publishes what commands put into the outbox. One batch is one transaction: take up to 500 rows, or some megabytes, that no
/// other replica holds, move them to the event log, publish them with pipelined confirms, commit. If anything fails, the rows
/// are back in the outbox; what had reached the broker is sent again and dropped by the inboxes. So nothing is lost, and no
/// effect happens twice.
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

    /// <summary>Bytes a batch, and one event more: it is held in memory, and an import's events are large.</summary>
    private const int BatchBytes = 4 << 20;

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
                if (!await PublishBatchAsync(stoppingToken) && await signal.WaitAsync(Poll, stoppingToken))
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

    // Publishes one batch; whether it was full, so that there may be more.
    private async Task<bool> PublishBatchAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (batch, bytes) = await MoveAsync(connection, cancel);
        if (batch.Count == 0)
            return false;

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(PublishTimeout);
        await transport.PublishAsync(batch, timeout.Token);
        await transaction.CommitAsync(cancel);
        Published.Add(batch.Count);
        return batch.Count == BatchSize || bytes >= BatchBytes;
    }

    private static async Task<(List<Envelope> Events, long Bytes)> MoveAsync(
        NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL synchronous_commit = off"),
                new NpgsqlBatchCommand(
                    $"""
                    WITH next AS (
                        SELECT position, octet_length(payload) AS bytes FROM platform.outbox
                        ORDER BY position LIMIT {BatchSize} FOR UPDATE SKIP LOCKED),
                    taken AS (
                        DELETE FROM platform.outbox WHERE position IN (
                            SELECT position FROM (
                                SELECT position, sum(bytes) OVER (ORDER BY position) - bytes AS before FROM next) n
                            WHERE before < {BatchBytes})
                        RETURNING *)
                    INSERT INTO platform.event_log (position, message_id, name, district_id, school_id, aggregate_id, version,
                        occurred_at, traceparent, payload)
                    SELECT position, message_id, name, district_id, school_id, aggregate_id, version,
                        occurred_at, traceparent, payload FROM taken ORDER BY position
                    RETURNING message_id, name, traceparent, payload, octet_length(payload)
                    """),
            },
        };
        var (events, bytes) = (new List<Envelope>(), 0L);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            events.Add(Envelope.Read(reader));
            bytes += reader.GetInt32(4);
        }

        return (events, bytes);
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
