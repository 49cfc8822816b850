using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Archives.Rights;

/// <summary>Removes copies whose time is over (ARC-10). Any number of replicas may run: removing twice removes once.</summary>
public sealed class ForgetCopies(NpgsqlDataSource database, TimeProvider clock, ILogger<ForgetCopies> logger)
    : Recurring(TimeSpan.FromMinutes(10), logger)
{
    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel, "district_roster"))
        {
            await using var connection = await database.OpenConnectionAsync(cancel);
            await using var forget = TenantScope.Of([district]).Batch(connection);
            forget.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                WITH expired AS (
                    UPDATE personal_data_request SET state = 'Expired', version = version + 1
                    WHERE district_id = $1 AND state = 'Ready' AND expires_at <= $2 RETURNING id)
                DELETE FROM personal_data_part WHERE district_id = $1 AND request_id IN (SELECT id FROM expired)
                """)
            {
                Parameters = { new() { Value = district }, new() { Value = clock.GetUtcNow() } },
            });
            await forget.ExecuteNonQueryAsync(cancel);
        }
    }
}
