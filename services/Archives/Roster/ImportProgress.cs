using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>What an import that is being checked is doing.</summary>
public enum ImportPhase
{
    /// <summary>Waits for another import of the district to end.</summary>
    Waiting,

    /// <summary>Reads the files.</summary>
    Reading,

    /// <summary>Compares them with what is stored.</summary>
    Comparing,

    /// <summary>Puts the difference down.</summary>
    Keeping,
}

/// <summary>
/// An import that is being checked, as other requests see it. The check is one transaction of which nobody sees anything before its end, so
/// this row is written beside it; it goes when the request ends, and counts for nothing when its process does (ARC-2).
/// </summary>
public sealed class ImportProgress
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The import.</summary>
    public Guid ImportId { get; init; }

    /// <summary>What it is doing.</summary>
    public ImportPhase Phase { get; init; }

    /// <summary>Rows read so far, of all files.</summary>
    public int Rows { get; init; }

    /// <summary>When the import began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When the process last said that it is at work, by the database's clock.</summary>
    public DateTimeOffset SeenAt { get; init; }

    /// <summary>Whether somebody cancelled it.</summary>
    public bool Cancelled { get; init; }
}

/// <summary>Tells others how far a check is, twice a second, and hears whether they cancel it.</summary>
internal sealed class ImportWatch : IAsyncDisposable
{
    /// <summary>The condition on rows of <see cref="ImportProgress"/> whose process is at work.</summary>
    public const string Alive = "seen_at > clock_timestamp() - interval '30 seconds'";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    private readonly NpgsqlDataSource database;
    private readonly TenantScope scope;
    private readonly Guid district;
    private readonly Guid import;
    private readonly CancellationTokenSource cancelled;
    private readonly CancellationTokenSource ended = new();
    private Task telling = Task.CompletedTask;
    private int rows;
    private volatile ImportPhase phase;
    private volatile bool byOthers;

    private ImportWatch(NpgsqlDataSource database, Guid district, Guid import, CancellationToken cancel)
    {
        (this.database, this.district, this.import) = (database, district, import);
        scope = TenantScope.Of([district]);
        cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    }

    /// <summary>Ends the check: the client has gone, or somebody cancelled it.</summary>
    public CancellationToken Cancel => cancelled.Token;

    /// <summary>Whether somebody cancelled it.</summary>
    public bool IsCancelled => byOthers;

    /// <summary>What the check is doing.</summary>
    public ImportPhase Phase
    {
        set => phase = value;
    }

    /// <summary>Begins to tell of an import.</summary>
    /// <returns><see langword="null"/> when its id is in use.</returns>
    public static async Task<ImportWatch?> BeginAsync(
        NpgsqlDataSource database, Guid district, Guid import, DateTimeOffset now, CancellationToken cancel)
    {
        var watch = new ImportWatch(database, district, import, cancel);
        var begun = await watch.ExecuteAsync(
            $"""
            WITH dead AS (DELETE FROM import_progress WHERE district_id = $1 AND NOT ({Alive}))
            INSERT INTO import_progress (district_id, import_id, phase, rows, started_at, seen_at, cancelled)
            SELECT $1, $2, 'Waiting', 0, $3, clock_timestamp(), false
            WHERE NOT EXISTS (SELECT FROM roster_import WHERE district_id = $1 AND id = $2)
            ON CONFLICT DO NOTHING RETURNING false
            """, [district, import, now], cancel);
        if (begun is null)
        {
            await watch.EndAsync();
            return null;
        }

        watch.telling = watch.TellAsync();
        return watch;
    }

    /// <summary>Counts a row that was read.</summary>
    public void Count() => Interlocked.Increment(ref rows);

    /// <summary>Ends it: nothing is told any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await ExecuteAsync("DELETE FROM import_progress WHERE district_id = $1 AND import_id = $2", [district, import], CancellationToken.None);
    }

    private async Task EndAsync()
    {
        await ended.CancelAsync();
        await telling;
        ended.Dispose();
        cancelled.Dispose();
    }

    private async Task TellAsync()
    {
        using var pace = new PeriodicTimer(Pace);
        try
        {
            while (await pace.WaitForNextTickAsync(ended.Token))
            {
                if (await ExecuteAsync(
                    """
                    UPDATE import_progress SET phase = $3, rows = $4, seen_at = clock_timestamp()
                    WHERE district_id = $1 AND import_id = $2 RETURNING cancelled
                    """, [district, import, phase.ToString(), Volatile.Read(ref rows)], ended.Token) is true)
                {
                    byOthers = true;
                    await cancelled.CancelAsync();
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException)
        {
            // The check has ended; or the database is away, and the check itself will say so.
        }
    }

    private async Task<object?> ExecuteAsync(string sql, object[] values, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var batch = scope.Batch(connection);
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        return await reader.ReadAsync(cancel) ? reader.GetValue(0) : null;
    }
}
