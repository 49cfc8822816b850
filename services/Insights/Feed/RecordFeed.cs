using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Insights.Feed;

/// <summary>
/// Gives each public event its position in the feed (INS-3). The row with the last position is locked until the batch commits, so one
/// writer at a time gives out positions, also among replicas: who has read position n has seen everything before it. A sequence
/// would not do, since its numbers become visible in another order than they are given.
/// </summary>
public sealed class RecordFeed(TimeProvider clock) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "insights.feed";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = PublicEvents.Types;

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var events = batch.Deliveries;
        await using var record = new NpgsqlBatch(batch.Connection);
        foreach (var district in events.Select(e => e.Event.DistrictId).Distinct().Order())
            record.BatchCommands.Add(CoverageSql.Know(district, LocalDay.Today(clock)));
        record.BatchCommands.Add(CoverageSql.Command(
            """
            WITH head AS (UPDATE feed_head SET position = position + cardinality($1) RETURNING position - cardinality($1) AS last)
            INSERT INTO feed (position, district_id, school_id, event, recorded_at)
            SELECT head.last + e.nth, e.district_id, e.school_id, e.event, $4
            FROM head, unnest($1, $2, $3) WITH ORDINALITY AS e (district_id, school_id, event, nth)
            """,
            events.Select(e => e.Event.DistrictId).ToArray(), events.Select(e => e.Event.SchoolId).ToArray(),
            events.Select(PublicEvents.Write).ToArray(), now));
        await record.ExecuteNonQueryAsync(cancel);
    }
}
