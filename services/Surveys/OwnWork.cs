using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Surveys.Policies;
using Npgsql;

namespace HomeSchool.Surveys;

/// <summary>What work of the service's own needs to know.</summary>
internal static class OwnWork
{
    /// <summary>The policy of a district, as the work of the service's own sees it.</summary>
    public static async Task<SurveyPolicy> PolicyAsync(this NpgsqlDataSource database, Guid district, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var read = TenantScope.Of([district]).Batch(connection);
        read.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            SELECT days_open, quiet_days, may_change, smallest_cell, remind_from, remind_until, time_zone FROM policy
            WHERE district_id = $1
            """)
        {
            Parameters = { new() { Value = district } },
        });
        await using var reader = await read.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new SurveyPolicy(
                reader.GetInt32(0), reader.GetInt32(1), reader.GetBoolean(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5),
                reader.GetString(6))
            : new SurveyPolicy();
    }

    /// <summary>The ids that a query finds.</summary>
    public static async Task<List<Guid>> IdsAsync(this NpgsqlCommand command, CancellationToken cancel)
    {
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetGuid(0));
        return ids;
    }
}
