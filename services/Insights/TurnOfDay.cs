using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;

namespace HomeSchool.Insights;

/// <summary>
/// Enrolments begin and end on days for which no event comes. When a day has turned, places the students anew whose enrolment begins
/// today or ended yesterday (or on days that passed while the service was down).
/// </summary>
public sealed class TurnOfDay(NpgsqlDataSource database, TimeProvider clock, ILogger<TurnOfDay> logger)
    : Recurring(TimeSpan.FromSeconds(10), logger)
{
    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        foreach (var (district, countedOn) in await BehindAsync(today, cancel))
            await TurnAsync(district, countedOn, today, cancel);
    }

    private async Task<List<(Guid District, DateOnly CountedOn)>> BehindAsync(DateOnly today, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("SELECT id, counted_on FROM district WHERE counted_on < $1");
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = today });
        var behind = new List<(Guid, DateOnly)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            behind.Add((reader.GetGuid(0), await reader.GetFieldValueAsync<DateOnly>(1, cancel)));
        return behind;
    }

    private async Task TurnAsync(Guid district, DateOnly countedOn, DateOnly today, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var find = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(CoverageSql.SeeAllDistricts),
                CoverageSql.Lock(district),
                CoverageSql.Command(
                    """
                    SELECT DISTINCT student_id FROM enrolment
                    WHERE district_id = $1 AND (starts_on > $2 AND starts_on <= $3 OR ends_on >= $2 AND ends_on < $3)
                    """, district, countedOn, today),
            },
        };
        var students = new List<Guid>();
        await using (var reader = await find.ExecuteReaderAsync(cancel))
        {
            await reader.NextResultAsync(cancel);
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
                students.Add(reader.GetGuid(0));
        }

        await using var place = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Placement.Of(district, today, students, terms: []),
                CoverageSql.Command("UPDATE district SET counted_on = $2 WHERE id = $1", district, today),
            },
        };
        await place.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }
}
