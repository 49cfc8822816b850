using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Surveys.Definitions;
using Npgsql;

namespace HomeSchool.Surveys.Anonymity;

/// <summary>
/// Makes anonymous answers anonymous (SUR-4): when enough of a class are staged, mixes and counts them, and destroys the key that
/// could tell which was whose. A turn a second; a row lock lets one replica do each batch.
/// </summary>
public sealed partial class MixAnswers(NpgsqlDataSource database, BatchKeys batches, Mixer mixer, ILogger<MixAnswers> logger)
    : Recurring(TimeSpan.FromSeconds(1), logger)
{
    // Longer than any command: a key that no cell names by then is of a command that failed, or of a batch that was mixed.
    private static readonly TimeSpan Loose = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        if (!batches.AreKept)
            return;
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            foreach (var batch in await FullAsync(district, cancel))
            {
                try
                {
                    await MixAsync(district, batch, cancel);
                }
                catch (Exception e) when (!cancel.IsCancellationRequested)
                {
                    LogFailed(logger, e, batch); // others are not to wait for it
                }
            }

            await DestroyLooseAsync(district, cancel);
        }
    }

    private async Task<List<Guid>> FullAsync(Guid district, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        await using var full = new NpgsqlCommand(
            """
            SELECT c.batch_id FROM cell c JOIN survey_round r ON r.school_id = c.school_id AND r.id = c.round_id
            WHERE c.district_id = $1 AND c.batch_id IS NOT NULL AND c.staged >= r.smallest_cell
            """, connection).With(district);
        return await full.IdsAsync(cancel);
    }

    private async Task MixAsync(Guid district, Guid batch, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        MixedRound round;
        Guid into;
        int smallest, staged;
        await using (var cell = new NpgsqlCommand(
            """
            SELECT c.school_id, c.round_id, c.class_id, r.definition, r.smallest_cell,
                (SELECT count(*) FROM staged_answer s WHERE s.school_id = c.school_id AND s.batch_id = c.batch_id)::int
            FROM cell c JOIN survey_round r ON r.school_id = c.school_id AND r.id = c.round_id
            WHERE c.district_id = $1 AND c.batch_id = $2
            FOR UPDATE OF c SKIP LOCKED
            """, connection).With(district).With(batch))
        {
            await using var reader = await cell.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                return; // another replica's
            round = new MixedRound(district, reader.GetGuid(0), reader.GetGuid(1), Definition.Read(reader.GetString(3)));
            into = reader.GetGuid(2);
            (smallest, staged) = (reader.GetInt32(4), reader.GetInt32(5));
        }

        if (staged < smallest)
        {
            // A district that came from elsewhere may have brought a number without its answers: the answers decide.
            await using var correct = new NpgsqlCommand(
                "UPDATE cell SET staged = $3, staged_first = $3 WHERE district_id = $1 AND batch_id = $2", connection)
                .With(district).With(batch).With(staged);
            await correct.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
            return;
        }

        await mixer.MixAsync(connection, round, [batch], into, shown: true, cancel);
        await transaction.CommitAsync(cancel);
        mixer.Destroy(district, [batch]);
    }

    // After a crash between a commit and what follows it. Files have the real time.
    private async Task DestroyLooseAsync(Guid district, CancellationToken cancel)
    {
        var old = batches.MadeBefore(district, TimeProvider.System.GetUtcNow() - Loose).ToArray();
        if (old.Length == 0)
            return;
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        await using var used = new NpgsqlCommand(
            "SELECT batch_id FROM cell WHERE district_id = $1 AND batch_id = ANY ($2)", connection).With(district).With(old);
        mixer.Destroy(district, old.Except(await used.IdsAsync(cancel)));
    }

    [LoggerMessage(610, LogLevel.Error, "Batch {Batch} of anonymous answers cannot be mixed")]
    private static partial void LogFailed(ILogger logger, Exception exception, Guid batch);
}
