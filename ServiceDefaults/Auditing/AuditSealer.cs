using System.Diagnostics.Metrics;
using HomeSchool.Contracts.Audit;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Auditing;

/// <summary>
/// Seals the audit (R14): every second it takes the rows that are not sealed yet, chains them and signs the head of the chain.
/// Commands do not wait for it and it locks nothing of theirs. Any number of replicas may run; one at a time seals.
/// </summary>
/// <remarks>
/// Rows are taken as they become visible, whatever their age: a transaction that commits late, after younger rows were sealed, is
/// sealed then. Each head keeps the oldest transaction that was still open (the horizon); only rows from there on are looked at.
/// </remarks>
public sealed partial class AuditSealer(
    NpgsqlDataSource database, ServiceName service, SealKey key, AnchorFiles files, RelaySignal relay, TimeProvider clock,
    ILogger<AuditSealer> logger)
    : BackgroundService
{
    /// <summary>Rows in one batch; a backlog is sealed batch after batch without a pause.</summary>
    private const int BatchSize = 5_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A person has to mend it; until then one line a minute in the log is enough.
    private static readonly TimeSpan PauseWhenBroken = TimeSpan.FromMinutes(1);

    /// <summary>At most this often does a replica announce the head to the other services.</summary>
    private static readonly TimeSpan AnnouncePause = TimeSpan.FromSeconds(10);

    private static readonly Counter<long> Sealed = PlatformMeter.Meter.CreateCounter<long>(
        "homeschool.audit.sealed", "{row}", "Audit rows that were chained and signed for.");

    // What this process sealed or checked last: the chain never ends before it.
    private AuditSealed? known;
    private long announced;
    private DateTimeOffset announcedAt;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        do
        {
            try
            {
                while (await SealAsync(stoppingToken) == BatchSize)
                {
                }
            }
            catch (BrokenChainException e)
            {
                LogBroken(logger, e, service.Value);
                await Task.Delay(PauseWhenBroken, clock, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogPutOff(logger, e); // the rows wait
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Seals one batch, in one transaction.</summary>
    /// <returns>How many rows; 0 when there are none or another replica is sealing.</returns>
    /// <exception cref="BrokenChainException">The end of the chain is not as it was signed. Nothing is sealed then: a signature
    /// over what follows would vouch for it.</exception>
    public async Task<int> SealAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await BeginAsync(connection, cancel) is not { } end)
            return 0;
        if (end.Head is not null && end.Head != known)
            Check(end);
        else if (end.Sealed != (end.Head?.Position ?? 0) || end.Sealed < (known?.Position ?? 0))
            throw new BrokenChainException($"The chain ends at {end.Sealed}, its signed head is another.");

        var (rows, horizon) = await UnsealedAsync(connection, end, cancel);
        var head = rows.Count == 0 ? end.Head : await AppendAsync(connection, end, rows, horizon, cancel);
        var now = clock.GetUtcNow();
        var announce = head is not null && head.Position > announced && now - announcedAt >= AnnouncePause;
        if (announce)
            await Outbox.InsertAsync(connection, [head!], cancel);
        if (rows.Count > 0 || announce)
            await transaction.CommitAsync(cancel);

        known = head;
        if (announce)
        {
            (announced, announcedAt) = (head!.Position, now);
            relay.Wake();
        }

        if (rows.Count > 0)
        {
            Sealed.Add(rows.Count);
            await files.AppendAsync(head!, cancel);
        }

        return rows.Count;
    }

    // The end of the chain; null when another replica is sealing. Each statement sees what was committed before it: the end is
    // read after the lock is had.
    private async Task<End?> BeginAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var begin = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // What is asked below is a handful of rows at the end of tables of any size: the plan must know from where on.
                // For 500 among a million rows that is 0.6 ms; without, a plan for a third of the table took 195 ms.
                new NpgsqlBatchCommand("SET LOCAL plan_cache_mode = force_custom_plan"),
                new NpgsqlBatchCommand(AuditSql.SeeWhole),
                new NpgsqlBatchCommand("SELECT pg_try_advisory_xact_lock(hashtext('platform.audit'))"),
                new NpgsqlBatchCommand(
                    """
                    SELECT coalesce((SELECT max(position) FROM platform.audit_seal), 0), pg_snapshot_xmax(pg_current_snapshot()),
                        h.position, h.hash, h.sealed_at, h.signature, h.horizon, s.hash
                    FROM (SELECT) AS once
                    LEFT JOIN (SELECT * FROM platform.audit_head ORDER BY position DESC LIMIT 1) h ON true
                    LEFT JOIN platform.audit_seal s ON s.position = h.position
                    """),
            },
        };
        await using var reader = await begin.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        if (!reader.GetBoolean(0))
            return null;
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        var (end, present) = (reader.GetInt64(0), reader.GetFieldValue<ulong>(1));
        if (await reader.IsDBNullAsync(2, cancel))
            return new End(end, AuditChain.Genesis(service.Value), null, null, 0, false);
        var horizon = reader.GetFieldValue<ulong>(6);
        var hash = reader.GetFieldValue<byte[]>(3);
        // A database that was restored into another server has rows of transactions that are still to come there.
        var restored = horizon > present;
        var sealedAt = await reader.GetFieldValueAsync<DateTimeOffset>(4, cancel);
        return new End(
            end, hash, key.Head(reader.GetInt64(2), hash, sealedAt, reader.GetFieldValue<byte[]>(5)),
            await reader.IsDBNullAsync(7, cancel) ? null : reader.GetFieldValue<byte[]>(7), restored ? 0 : horizon, restored);
    }

    private void Check(End end)
    {
        var head = end.Head!;
        using var publicKey = key.OpenPublic();
        if (!SealKey.IsGenuine(head, publicKey))
            throw new BrokenChainException($"The head at {head.Position} is not signed by this service.");
        if (end.Sealed != head.Position || end.SealHash is null || !end.SealHash.AsSpan().SequenceEqual(end.Hash))
            throw new BrokenChainException($"The head at {head.Position} does not fit the chain, which ends at {end.Sealed}.");
        if (head.Position <= (known?.Position ?? 0))
            throw new BrokenChainException($"The chain was sealed up to {known!.Position} and now ends at {head.Position}.");
    }

    private static async Task<(List<AuditEntry> Rows, ulong Horizon)> UnsealedAsync(
        NpgsqlConnection connection, End end, CancellationToken cancel)
    {
        await using var unsealed = new NpgsqlCommand(
            $"""
            SELECT pg_snapshot_xmin(pg_current_snapshot()), {AuditEntry.Columns}
            FROM platform.audit a
            WHERE a.xid >= $1 AND ($2 OR a.xid < pg_snapshot_xmax(pg_current_snapshot()))
              AND NOT EXISTS (SELECT FROM platform.audit_seal s WHERE s.audit_id = a.id)
            ORDER BY a.xid, a.id LIMIT {BatchSize}
            """, connection);
        unsealed.Parameters.Add(new NpgsqlParameter<ulong> { TypedValue = end.Horizon, NpgsqlDbType = NpgsqlDbType.Xid8 });
        unsealed.Give(end.Restored);
        var rows = new List<AuditEntry>();
        var horizon = end.Horizon;
        await using var reader = await unsealed.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            horizon = reader.GetFieldValue<ulong>(0);
            rows.Add(AuditEntry.Read(reader, 1));
        }

        // Rows that did not fit into the batch are still before the horizon.
        return (rows, rows.Count < BatchSize ? horizon : end.Horizon);
    }

    private async Task<AuditSealed> AppendAsync(
        NpgsqlConnection connection, End end, List<AuditEntry> rows, ulong horizon, CancellationToken cancel)
    {
        var leaves = rows.ConvertAll(AuditChain.Leaf);
        var hashes = new byte[rows.Count][];
        var hash = end.Hash;
        for (var i = 0; i < rows.Count; i++)
            hashes[i] = hash = AuditChain.Next(hash, end.Sealed + i + 1, leaves[i]);
        var now = clock.GetUtcNow();
        var head = key.Sign(end.Sealed + rows.Count, hash, now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)));

        await using var append = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO platform.audit_seal (position, audit_id, leaf, hash)
                    SELECT $1 + nth, id, leaf, hash FROM unnest($2, $3, $4) WITH ORDINALITY AS s (id, leaf, hash, nth)
                    """)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<long> { TypedValue = end.Sealed },
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. rows.Select(row => row.Id)] },
                        new NpgsqlParameter<byte[][]> { TypedValue = [.. leaves] },
                        new NpgsqlParameter<byte[][]> { TypedValue = hashes },
                    },
                },
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO platform.audit_head (position, hash, sealed_at, signature, horizon) VALUES ($1, $2, $3, $4, $5)
                    """)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<long> { TypedValue = head.Position },
                        new NpgsqlParameter<byte[]> { TypedValue = hash },
                        new NpgsqlParameter<DateTimeOffset> { TypedValue = head.OccurredAt },
                        new NpgsqlParameter<byte[]> { TypedValue = Convert.FromBase64String(head.Signature) },
                        new NpgsqlParameter<ulong> { TypedValue = horizon, NpgsqlDbType = NpgsqlDbType.Xid8 },
                    },
                },
            },
        };
        await append.ExecuteNonQueryAsync(cancel);
        return head;
    }

    [LoggerMessage(50, LogLevel.Warning, "Sealing the audit is put off by a second")]
    private static partial void LogPutOff(ILogger logger, Exception exception);

    [LoggerMessage(51, LogLevel.Critical, "The sealed audit of {Service} was changed; nothing more is sealed until it is mended")]
    private static partial void LogBroken(ILogger logger, Exception exception, string service);

    // The end of the chain: the last seal's position, the last head with its hash, the seal's hash at the head's position, and from
    // which transaction on there may be unsealed rows.
    private sealed record End(long Sealed, byte[] Hash, AuditSealed? Head, byte[]? SealHash, ulong Horizon, bool Restored);
}

/// <summary>The end of the chain is not as it was signed.</summary>
public sealed class BrokenChainException(string message) : Exception(message);

/// <summary>What sealing and verifying have in common.</summary>
internal static class AuditSql
{
    /// <summary>Shows the rows of every district until the transaction ends.</summary>
    public const string SeeWhole = "SELECT set_config('app.audit', 'whole', true)";
}
