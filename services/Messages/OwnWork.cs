using HomeSchool.Messages.Policies;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Messages;

/// <summary>What work of the service's own needs.</summary>
internal static class OwnWork
{
    /// <summary>The districts that have schools. The policy <c>own_work</c> shows the rows of <c>school</c>, ids and versions,
    /// for it.</summary>
    public static async Task<IReadOnlyList<Guid>> DistrictsAsync(this NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var list = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SELECT set_config('app.own_work', 'districts', true)"),
                new NpgsqlBatchCommand("SELECT DISTINCT district_id FROM school ORDER BY 1"),
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
    public static async Task<NpgsqlTransaction> BeginAsync(
        this NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        var transaction = await connection.BeginTransactionAsync(cancel);
        await using var scope = new TenantScope([district], []).Batch(connection);
        await scope.ExecuteNonQueryAsync(cancel);
        return transaction;
    }

    /// <summary>The policy of a district, in a transaction that sees it.</summary>
    public static async Task<MessagePolicy> PolicyAsync(this NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        await using var read = new NpgsqlCommand("SELECT settings::text FROM policy WHERE district_id = $1", connection)
            .With(district);
        return await read.ExecuteScalarAsync(cancel) is string settings ? Policy.Read(settings) : new MessagePolicy();
    }

    /// <summary>Adds a value to a command; its type decides.</summary>
    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }
}
