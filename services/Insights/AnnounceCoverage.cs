using HomeSchool.Contracts.Insights;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Insights;

/// <summary>
/// Announces the figures of the schools whose coverage moved, once a second at most: three hundred visits a second are one event a
/// school, not three hundred. Any number of replicas may run.
/// </summary>
public sealed class AnnounceCoverage(
    NpgsqlDataSource database, RelaySignal relay, TimeProvider clock, ILogger<AnnounceCoverage> logger)
    : Recurring(TimeSpan.FromSeconds(1), logger)
{
    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var take = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(CoverageSql.SeeAllDistricts),
                new NpgsqlBatchCommand(
                    """
                    WITH taken AS (
                        DELETE FROM unannounced WHERE (school_id, term_id) IN (
                            SELECT school_id, term_id FROM unannounced ORDER BY school_id, term_id LIMIT 500 FOR UPDATE SKIP LOCKED)
                        RETURNING school_id, term_id)
                    SELECT c.district_id, c.school_id, c.version, c.term_id, c.on_roll, c.planned, c.visited, c.effective
                    FROM taken t JOIN coverage c ON c.node_id = t.school_id AND c.term_id = t.term_id AND c.grade = ''
                    """),
            },
        };
        var now = clock.GetUtcNow();
        var changed = new List<CoverageChanged>();
        await using (var reader = await take.ExecuteReaderAsync(cancel))
        {
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                changed.Add(new CoverageChanged(
                    reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), now, reader.GetGuid(3),
                    reader.GetInt32(4), reader.GetInt32(5), reader.GetInt32(6), reader.GetInt32(7)));
            }
        }

        if (changed.Count == 0)
            return;
        await Outbox.InsertAsync(connection, changed, cancel);
        await transaction.CommitAsync(cancel);
        relay.Wake();
    }
}
