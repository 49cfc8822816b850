using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Results;
using Npgsql;

namespace HomeSchool.Surveys.Anonymity;

/// <summary>A round at a school, as far as mixing its answers asks.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="Id">The round.</param>
/// <param name="Definition">What it asks.</param>
internal sealed record MixedRound(Guid DistrictId, Guid SchoolId, Guid Id, Definition Definition);

/// <summary>Moves staged answers to where nobody can tell whose they are (SUR-4): in random order, under random ids, all in one
/// transaction.</summary>
public sealed class Mixer(BatchKeys batches, KeyVault vault)
{
    /// <summary>Mixes batches: what one class has staged or, at close, what is left of all classes of a school.</summary>
    /// <param name="connection">In a transaction that sees the district. Once it is committed, <see cref="Destroy"/> the keys.</param>
    /// <param name="round">The round.</param>
    /// <param name="from">The batches, whose cells are locked.</param>
    /// <param name="into">The class that the answers count in.</param>
    /// <param name="shown">Whether results show them: whether there are enough.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task MixAsync(
        NpgsqlConnection connection, MixedRound round, IReadOnlyCollection<Guid> from, Guid into, bool shown, CancellationToken cancel)
    {
        var answers = await OpenAsync(connection, round, from, cancel);
        RandomNumberGenerator.Shuffle(answers.AsSpan());
        var rows = answers.Select(_ => RandomId.Next()).ToArray();
        var contents = new byte[answers.Length][];
        for (var i = 0; i < answers.Length; i++)
        {
            // The round has a key of its own in the vault, as a student has.
            contents[i] = await vault.SealAsync(
                new Subject(round.DistrictId, round.SchoolId, round.Id), AnonymousAnswer.SealedContent.Of(rows[i]), answers[i], cancel)
                ?? throw new InvalidOperationException("The round's key is destroyed.");
        }

        var counts = answers.SelectMany(answer => round.Definition.Counted(Answers.Read(answer))).GroupBy(counted => counted)
            .Select(group => (group.Key.Question, group.Key.Option, Count: group.Count())).Order().ToArray();
        await using var mix = new NpgsqlCommand(
            """
            WITH gone AS (DELETE FROM staged_answer WHERE school_id = $1 AND batch_id = ANY ($4)),
            kept AS (INSERT INTO anonymous_answer (school_id, id, district_id, round_id, class_id, shown, content)
                SELECT $1, id, $3, $2, $5, $6, content FROM unnest($7, $8) AS a (id, content)),
            emptied AS (UPDATE cell SET staged = 0, staged_first = 0, batch_id = NULL
                WHERE school_id = $1 AND round_id = $2 AND batch_id = ANY ($4) AND class_id <> $5),
            counted AS (INSERT INTO cell AS c (school_id, round_id, class_id, district_id, invited, shown, staged, staged_first)
                VALUES ($1, $2, $5, $3, 0, $12, 0, 0)
                ON CONFLICT (school_id, round_id, class_id)
                    DO UPDATE SET shown = c.shown + excluded.shown, staged = 0, staged_first = 0, batch_id = NULL)
            INSERT INTO cell_count AS c (school_id, round_id, class_id, question_id, option, district_id, shown)
            SELECT $1, $2, $5, question, option, $3, n FROM unnest($9, $10, $11) AS s (question, option, n) WHERE $6
            ON CONFLICT (school_id, round_id, class_id, question_id, option) DO UPDATE SET shown = c.shown + excluded.shown
            """, connection);
        mix.With(round.SchoolId).With(round.Id).With(round.DistrictId).With(from.ToArray()).With(into).With(shown).With(rows)
            .With(contents).With(counts.Select(count => count.Question).ToArray()).With(counts.Select(count => count.Option).ToArray())
            .With(counts.Select(count => count.Count).ToArray()).With(shown ? answers.Length : 0);
        await mix.ExecuteNonQueryAsync(cancel);
        if (shown)
        {
            await Totals.AddAsync(
                connection, [new TotalStep(round.SchoolId, round.Id, Shown: answers.Length, Counts: Totals.Write(counts))], cancel);
        }
    }

    /// <summary>Destroys the keys of batches.</summary>
    internal void Destroy(Guid district, IEnumerable<Guid> mixed)
    {
        foreach (var batch in mixed)
            batches.Destroy(district, batch);
    }

    private async Task<byte[][]> OpenAsync(
        NpgsqlConnection connection, MixedRound round, IReadOnlyCollection<Guid> from, CancellationToken cancel)
    {
        var keys = from.ToDictionary(batch => batch, batch => batches.Find(round.DistrictId, batch)
            ?? throw new InvalidOperationException($"The key of batch {batch} is not in the folder of keys."));
        await using var staged = new NpgsqlCommand(
            "SELECT id, batch_id, content FROM staged_answer WHERE school_id = $1 AND batch_id = ANY ($2)", connection)
            .With(round.SchoolId).With(from.ToArray());
        var answers = new List<byte[]>();
        await using var reader = await staged.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            answers.Add(BatchKeys.Open(keys[reader.GetGuid(1)], reader.GetGuid(0), reader.GetFieldValue<byte[]>(2)));
        return [.. answers];
    }
}
