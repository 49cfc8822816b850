using System.Security.Cryptography;
using HomeSchool.Contracts.Audit;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Auditing;

/// <summary>What can be wrong with a sealed audit.</summary>
public enum AuditFault
{
    /// <summary>A row is not as the service wrote it, or not as it was sealed.</summary>
    RowChanged,

    /// <summary>A sealed row is gone.</summary>
    RowMissing,

    /// <summary>A row turned up among those that were sealed long ago.</summary>
    RowInserted,

    /// <summary>A seal does not follow from the one before it: changed, or in another's place.</summary>
    SealChanged,

    /// <summary>Seals are missing from here on.</summary>
    SealMissing,

    /// <summary>A head is not signed by this service, or not for the seal that stands there.</summary>
    HeadForged,

    /// <summary>The last seals have no head: one was removed, or a seal was added.</summary>
    HeadMissing,

    /// <summary>The chain ends before a head that was anchored elsewhere: its tail was cut off.</summary>
    TailCut,

    /// <summary>The chain differs from a head that was anchored elsewhere: it was written anew.</summary>
    Rewritten,

    /// <summary>An anchor that this service never signed.</summary>
    AnchorForged,
}

/// <summary>One place where the audit is not as it was sealed.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Position">Where in the chain; <see langword="null"/> for a row that has no place in it.</param>
/// <param name="EntryId">Which row of the audit, where it is known.</param>
public sealed record AuditBreak(AuditFault Fault, long? Position, Guid? EntryId);

/// <summary>What a verification found.</summary>
/// <param name="Service">Whose audit.</param>
/// <param name="Sealed">Rows that are sealed and there, after the position where it began.</param>
/// <param name="Unsealed">Rows that wait for the sealer; they are not verified.</param>
/// <param name="OldestUnsealedSeconds">How long the oldest of them has waited; <see langword="null"/> when none waits.</param>
/// <param name="Position">Up to where the chain was verified. A later verification may begin here.</param>
/// <param name="Hash">The chain's hash there, in base64.</param>
/// <param name="Anchors">Heads kept elsewhere that were compared.</param>
/// <param name="Breaks">How many places are not as they were sealed; 0: the audit is whole.</param>
/// <param name="First">The first of them, at most 100.</param>
public sealed record AuditReport(
    string Service, long Sealed, long Unsealed, double? OldestUnsealedSeconds, long Position, string Hash, long Anchors,
    long Breaks, IReadOnlyList<AuditBreak> First);

/// <summary>
/// Checks that nobody has changed what was sealed (ALL-2): every row's MAC, every seal, every head's signature, and the heads
/// that others keep. It reads only what is sealed by the time it begins, so that commands and the sealer go on meanwhile.
/// </summary>
public sealed class AuditVerification(
    NpgsqlDataSource database, ServiceName service, AuditKey auditKey, SealKey sealKey, TimeProvider clock)
{
    private const int PageSize = 2_000;

    private const int MostBreaks = 100;

    /// <summary>Verifies the chain.</summary>
    /// <param name="after">Begins after this position, whose head must be genuine; 0 for all.</param>
    /// <param name="anchors">Heads kept elsewhere; those of other services are passed over.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<AuditReport> RunAsync(long after, IAsyncEnumerable<AuditSealed> anchors, CancellationToken cancel)
    {
        using var publicKey = sealKey.OpenPublic();
        var run = new Run(publicKey);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var (until, horizon) = await EndAsync(connection, cancel);
        await StartAsync(run, connection, after, cancel);
        while (await PageAsync(run, connection, until, cancel))
        {
        }

        if (run.Position < until)
            run.Break(AuditFault.SealMissing, run.Position + 1, null);
        else if (run.Head != run.Position)
            run.Break(AuditFault.HeadMissing, run.Position, null);
        var (unsealed, oldest) = await UnsealedAsync(run, connection, horizon, cancel);
        var own = anchors.Where(anchor => anchor.Service == service.Value);
        await foreach (var page in own.Chunk(PageSize).WithCancellation(cancel))
            await CompareAsync(run, connection, page, cancel);
        var waited = (clock.GetUtcNow() - oldest)?.TotalSeconds;
        return new AuditReport(
            service.Value, run.Rows, unsealed, waited, run.Position, Convert.ToBase64String(run.Hash), run.Anchors, run.Breaks,
            run.First);
    }

    private static async Task<(long Until, ulong Horizon)> EndAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var end = new NpgsqlCommand(
            """
            SELECT greatest((SELECT max(position) FROM platform.audit_seal), (SELECT max(position) FROM platform.audit_head), 0),
                coalesce((SELECT horizon FROM platform.audit_head ORDER BY position DESC LIMIT 1), '0'::xid8)
            """, connection);
        await using var reader = await end.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt64(0), reader.GetFieldValue<ulong>(1));
    }

    private async Task StartAsync(Run run, NpgsqlConnection connection, long after, CancellationToken cancel)
    {
        run.Hash = AuditChain.Genesis(service.Value);
        if (after == 0)
            return;
        await using var start = new NpgsqlCommand(
            "SELECT hash, sealed_at, signature FROM platform.audit_head WHERE position = $1", connection);
        start.Give(after);
        await using var reader = await start.ExecuteReaderAsync(cancel);
        run.Position = run.Read = run.Head = after;
        if (await reader.ReadAsync(cancel) && IsGenuine(run, reader, after, 0))
            run.Hash = reader.GetFieldValue<byte[]>(0);
        else
            run.Break(AuditFault.HeadForged, after, null);
    }

    // One page of the chain. Each is a transaction of its own: a long one would keep the outbox from being vacuumed.
    private async Task<bool> PageAsync(Run run, NpgsqlConnection connection, long until, CancellationToken cancel)
    {
        await using var page = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(AuditSql.SeeWhole),
                new NpgsqlBatchCommand(
                    $"""
                    SELECT s.position, s.audit_id, s.leaf, s.hash, h.hash, h.sealed_at, h.signature, {AuditEntry.Columns}
                    FROM platform.audit_seal s
                    LEFT JOIN platform.audit_head h ON h.position = s.position AND h.position > $1
                    LEFT JOIN platform.audit a ON a.id = s.audit_id
                    WHERE s.position > $1 AND s.position <= $2 ORDER BY s.position LIMIT {PageSize}
                    """)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<long> { TypedValue = run.Read },
                        new NpgsqlParameter<long> { TypedValue = until },
                    },
                },
            },
        };
        var rows = 0;
        await using var reader = await page.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        for (; await reader.ReadAsync(cancel); rows++)
            See(run, reader);
        return rows == PageSize;
    }

    private void See(Run run, NpgsqlDataReader reader)
    {
        var (position, id) = (reader.GetInt64(0), reader.GetGuid(1));
        var (leaf, hash) = (reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3));
        if (position != run.Position + 1)
            run.Break(AuditFault.SealMissing, run.Position + 1, null);
        else if (!hash.AsSpan().SequenceEqual(AuditChain.Next(run.Hash, position, leaf)))
            run.Break(AuditFault.SealChanged, position, id);
        // Goes on from what stands there, so that the next break is another one.
        (run.Position, run.Read, run.Hash) = (position, position, hash);

        if (reader.IsDBNull(7))
        {
            run.Break(AuditFault.RowMissing, position, id);
        }
        else
        {
            run.Rows++;
            if (!IsUnchanged(reader, leaf))
                run.Break(AuditFault.RowChanged, position, id);
        }

        if (reader.IsDBNull(4))
            return;
        run.Head = position;
        if (!reader.GetFieldValue<byte[]>(4).AsSpan().SequenceEqual(hash) || !IsGenuine(run, reader, position, 4))
            run.Break(AuditFault.HeadForged, position, null);
    }

    private bool IsUnchanged(NpgsqlDataReader reader, byte[] leaf)
    {
        try
        {
            var entry = AuditEntry.Read(reader, 7);
            return auditKey.Verify(entry) && AuditChain.Leaf(entry).AsSpan().SequenceEqual(leaf);
        }
        catch (Exception e) when (e is InvalidCastException or ArgumentOutOfRangeException or OverflowException)
        {
            return false; // a value that no service wrote, such as a date in the year 100,000
        }
    }

    private bool IsGenuine(Run run, NpgsqlDataReader reader, long position, int first) => SealKey.IsGenuine(
        sealKey.Head(
            position, reader.GetFieldValue<byte[]>(first), reader.GetFieldValue<DateTimeOffset>(first + 1),
            reader.GetFieldValue<byte[]>(first + 2)),
        run.PublicKey);

    // Rows before the horizon of a head were sealed with it; one that is there and is not came in by another way.
    private static async Task<(long Count, DateTimeOffset? Oldest)> UnsealedAsync(
        Run run, NpgsqlConnection connection, ulong horizon, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            Timeout = 0, // it compares the whole tables
            BatchCommands =
            {
                new NpgsqlBatchCommand(AuditSql.SeeWhole),
                new NpgsqlBatchCommand(
                    $"""
                    SELECT count(*), min(a.at), count(*) FILTER (WHERE a.xid < $1),
                        (array_agg(a.id) FILTER (WHERE a.xid < $1))[1:{MostBreaks}]
                    FROM platform.audit a WHERE NOT EXISTS (SELECT FROM platform.audit_seal s WHERE s.audit_id = a.id)
                    """)
                {
                    Parameters = { new NpgsqlParameter<ulong> { TypedValue = horizon, NpgsqlDbType = NpgsqlDbType.Xid8 } },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        var inserted = reader.GetInt64(2);
        if (inserted > 0)
        {
            foreach (var id in await reader.GetFieldValueAsync<Guid[]>(3, cancel))
                run.Break(AuditFault.RowInserted, null, id);
            run.Breaks += inserted - Math.Min(inserted, MostBreaks);
        }

        return (reader.GetInt64(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetFieldValue<DateTimeOffset>(1));
    }

    private static async Task CompareAsync(Run run, NpgsqlConnection connection, AuditSealed[] anchors, CancellationToken cancel)
    {
        await using var compare = new NpgsqlCommand(
            """
            SELECT nth::int, s.hash IS NOT NULL
            FROM unnest($1, $2) WITH ORDINALITY AS a (position, hash, nth)
            LEFT JOIN platform.audit_seal s ON s.position = a.position
            WHERE encode(s.hash, 'base64') IS DISTINCT FROM a.hash
            """, connection);
        compare.Give<long[]>([.. anchors.Select(anchor => anchor.Position)]);
        compare.Give<string[]>([.. anchors.Select(anchor => anchor.Hash)]);
        run.Anchors += anchors.Length;
        await using var reader = await compare.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            // One that fits proves nothing wrong, whoever made it; one that does not must be ours to count.
            var anchor = anchors[reader.GetInt32(0) - 1];
            run.Break(
                !SealKey.IsGenuine(anchor, run.PublicKey) ? AuditFault.AnchorForged
                : reader.GetBoolean(1) ? AuditFault.Rewritten
                : AuditFault.TailCut,
                anchor.Position, null);
        }
    }

    // What one verification has seen so far.
    private sealed class Run(ECDsa publicKey)
    {
        public ECDsa PublicKey { get; } = publicKey;

        /// <summary>The position of the last seal; the next one's is one more.</summary>
        public long Position { get; set; }

        /// <summary>Up to where pages were read; at first below every position, also those that nobody gave out.</summary>
        public long Read { get; set; } = long.MinValue;

        public byte[] Hash { get; set; } = [];

        /// <summary>The position of the last head.</summary>
        public long Head { get; set; }

        public long Rows { get; set; }

        public long Anchors { get; set; }

        public long Breaks { get; set; }

        public List<AuditBreak> First { get; } = [];

        public void Break(AuditFault fault, long? position, Guid? entry)
        {
            if (++Breaks <= MostBreaks)
                First.Add(new AuditBreak(fault, position, entry));
        }
    }
}
