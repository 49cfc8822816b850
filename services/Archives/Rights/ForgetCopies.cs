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
        foreach (var district in await database.DistrictsAsync(cancel))
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

/// <summary>What work of the service's own needs to know.</summary>
internal static class AllDistricts
{
    /// <summary>The setting by which the policy <c>own_work</c> shows the rows of <c>district_roster</c>: ids and versions.</summary>
    public const string See = "SELECT set_config('app.own_work', 'districts', true)";

    /// <summary>The districts that have a roster.</summary>
    public static async Task<IReadOnlyList<Guid>> DistrictsAsync(this NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var list = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(See), new NpgsqlBatchCommand("SELECT district_id FROM district_roster ORDER BY 1"),
            },
        };
        var districts = new List<Guid>();
        await using var reader = await list.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            districts.Add(reader.GetGuid(0));
        return districts;
    }
}
