using Npgsql;

namespace HomeSchool.ServiceDefaults.Tenancy;

/// <summary>
/// Which districts there are, for work that a service does by itself, district by district (ALL-1). The table that is asked has a
/// policy <c>own_work</c> for it, which shows its rows while the setting holds and opens nothing else.
/// </summary>
public static class AllDistricts
{
    /// <summary>The setting; it ends with its transaction.</summary>
    public const string See = "SELECT set_config('app.own_work', 'districts', true)";

    /// <summary>The districts that a table has rows of.</summary>
    /// <param name="database">The service's database.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="table">The table: schools of the roster, where a service keeps them.</param>
    public static async Task<IReadOnlyList<Guid>> DistrictsAsync(
        this NpgsqlDataSource database, CancellationToken cancel, string table = "school")
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var list = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(See),
                new NpgsqlBatchCommand($"SELECT DISTINCT district_id FROM {table} ORDER BY 1"),
            },
        };
        var districts = new List<Guid>();
        await using var reader = await list.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            districts.Add(reader.GetGuid(0));
        return districts;
    }

    /// <summary>Begins work in a district: a transaction that sees all of it but what is restricted (ARC-10).</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="district">The district.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<NpgsqlTransaction> BeginAsync(
        this NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var transaction = await connection.BeginTransactionAsync(cancel);
        await using var scope = new TenantScope([district], []).Batch(connection);
        await scope.ExecuteNonQueryAsync(cancel);
        return transaction;
    }
}
