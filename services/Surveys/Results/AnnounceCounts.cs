using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Surveys.Results;

/// <summary>
/// Tells how many families have answered: for a school and a kind of survey once a second at most, however many answer (SUR-6).
/// Which are to be told is noted in the transaction of the answers (<see cref="Tally"/>), so none is forgotten.
/// </summary>
public sealed class AnnounceCounts(
    NpgsqlDataSource database, RelaySignal relay, TimeProvider clock, ILogger<AnnounceCounts> logger)
    : Recurring(TimeSpan.FromSeconds(1), logger)
{
    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel))
            await AnnounceAsync(district, cancel);
    }

    private async Task AnnounceAsync(Guid district, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        List<Guid> schools = [];
        List<string> kinds = [];
        await using (var take = new NpgsqlCommand(
            """
            DELETE FROM untold_count u USING (
                SELECT school_id, kind FROM untold_count WHERE district_id = $1 FOR UPDATE SKIP LOCKED) AS due
            WHERE u.school_id = due.school_id AND u.kind = due.kind RETURNING u.school_id, u.kind
            """, connection).With(district))
        {
            await using var reader = await take.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                schools.Add(reader.GetGuid(0));
                kinds.Add(reader.GetString(1));
            }
        }

        if (schools.Count == 0)
            return;

        // A statement after the one that took them: it sees whatever was counted before they were.
        var now = clock.GetUtcNow();
        var events = new List<IEvent>();
        await using (var sums = new NpgsqlCommand(
            """
            SELECT t.school_id, t.kind, sum(t.shown)::bigint FROM unnest($1, $2) AS told (school_id, kind)
            JOIN round_total t ON t.school_id = told.school_id AND t.district_id = $3 AND t.kind = told.kind GROUP BY 1, 2
            """, connection).With(schools.ToArray()).With(kinds.ToArray()).With(district))
        {
            await using var reader = await sums.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                var answers = reader.GetInt64(2);
                events.Add(new SurveyAnswersCounted(
                    district, reader.GetGuid(0), Version: answers, now, Enum.Parse<SurveyKind>(reader.GetString(1)), answers));
            }
        }

        await Outbox.InsertAsync(connection, events, cancel);
        await transaction.CommitAsync(cancel);
        relay.Wake();
    }
}
