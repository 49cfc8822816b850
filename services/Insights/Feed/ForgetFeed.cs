using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;

namespace HomeSchool.Insights.Feed;

/// <summary>Forgets what is in the feed for more than 7 days.</summary>
public sealed class ForgetFeed(NpgsqlDataSource database, TimeProvider clock, ILogger<ForgetFeed> logger)
    : Recurring(TimeSpan.FromHours(1), logger)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var forget = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(CoverageSql.SeeAllDistricts),
                CoverageSql.Command("DELETE FROM feed WHERE recorded_at < $1", clock.GetUtcNow() - Kept),
            },
        };
        await forget.ExecuteNonQueryAsync(cancel);
    }
}
