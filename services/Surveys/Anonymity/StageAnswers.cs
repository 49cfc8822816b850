using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Results;
using Npgsql;

namespace HomeSchool.Surveys.Anonymity;

/// <summary>
/// Stages anonymous answers (SUR-4), many in one transaction, the one that spends their invitations. No audit row, no
/// idempotency key and no event tells of them, and nothing has a time: <see cref="MixAnswers"/> does the rest.
/// </summary>
public sealed class StageAnswers(BatchKeys batches)
{
    /// <summary>Seals answers under the keys of their batches. One whose batch has no key here is refused.</summary>
    internal async Task SealAsync(NpgsqlConnection connection, CheckedAnswer[] answers, CancellationToken cancel)
    {
        foreach (var cell in (await BatchesAsync(connection, answers, cancel)).GroupJoin(
            answers, cell => cell.Key, answer => answer.Cell, (cell, answers) => (Batch: cell.Value, Answers: answers)))
        {
            foreach (var answer in cell.Answers)
            {
                if (cell.Batch.Key is null)
                {
                    answer.Refuse(SurveysFailures.NotAnonymousNow); // another folder than the other replicas', or it was emptied
                    continue;
                }

                (answer.Batch, answer.Row) = (cell.Batch.Id, RandomId.Next());
                answer.Content = BatchKeys.Seal(
                    cell.Batch.Key, answer.Row, Answers.Write(answer.Answers), answer.Round.Definition.MostBytes());
            }
        }
    }

    /// <summary>A command that adds what <see cref="SealAsync"/> sealed, and counts it among what waits in its cell.</summary>
    internal static NpgsqlBatchCommand Insert(CheckedAnswer[] answers)
    {
        var cells = answers.GroupBy(answer => answer.Cell).ToArray();
        return new NpgsqlBatchCommand(
            """
            WITH waiting AS (UPDATE cell c SET staged = c.staged + s.n, staged_first = c.staged_first + s.n
                FROM unnest($6, $7, $8, $9) AS s (school_id, round_id, class_id, n)
                WHERE c.school_id = s.school_id AND c.round_id = s.round_id AND c.class_id = s.class_id)
            INSERT INTO staged_answer (school_id, id, district_id, batch_id, content) SELECT * FROM unnest($1, $2, $3, $4, $5)
            """)
            .With(answers.Select(answer => answer.Invitation.SchoolId).ToArray())
            .With(answers.Select(answer => answer.Row).ToArray())
            .With(answers.Select(answer => answer.Invitation.DistrictId).ToArray())
            .With(answers.Select(answer => answer.Batch).ToArray())
            .With(answers.Select(answer => answer.Content).ToArray())
            .With(cells.Select(cell => cell.Key.SchoolId).ToArray())
            .With(cells.Select(cell => cell.Key.RoundId).ToArray())
            .With(cells.Select(cell => cell.Key.ClassId).ToArray())
            .With(cells.Select(cell => cell.Count()).ToArray());
    }

    // Groups that answer in one cell take turns here, so all agree on the batch; the first of one names it.
    private async Task<Dictionary<CellKey, (Guid Id, byte[]? Key)>> BatchesAsync(
        NpgsqlConnection connection, CheckedAnswer[] answers, CancellationToken cancel)
    {
        var cells = answers.DistinctBy(answer => answer.Cell).ToArray();
        var found = new Dictionary<CellKey, (Guid, byte[]?)>(cells.Length);
        if (cells.Length == 0)
            return found;
        var proposed = cells.ToDictionary(answer => RandomId.Next());
        await using var agree = new NpgsqlCommand(
            """
            INSERT INTO cell AS c (school_id, round_id, class_id, district_id, invited, shown, staged, staged_first, batch_id)
            SELECT school_id, round_id, class_id, district_id, 0, 0, 0, 0, batch_id
            FROM unnest($1, $2, $3, $4, $5) AS s (school_id, round_id, class_id, district_id, batch_id)
            ORDER BY school_id, round_id, class_id
            ON CONFLICT (school_id, round_id, class_id) DO UPDATE SET batch_id = coalesce(c.batch_id, excluded.batch_id)
            RETURNING c.school_id, c.round_id, c.class_id, c.batch_id
            """, connection)
            .With(proposed.Values.Select(answer => answer.Cell.SchoolId).ToArray())
            .With(proposed.Values.Select(answer => answer.Cell.RoundId).ToArray())
            .With(proposed.Values.Select(answer => answer.Cell.ClassId).ToArray())
            .With(proposed.Values.Select(answer => answer.Invitation.DistrictId).ToArray())
            .With(proposed.Keys.ToArray());
        var agreed = new List<(CellKey Cell, Guid Batch)>(cells.Length);
        await using (var reader = await agree.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                agreed.Add((new CellKey(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2)), reader.GetGuid(3)));
        }

        var districts = cells.ToDictionary(answer => answer.Cell, answer => answer.Invitation.DistrictId);
        foreach (var (cell, batch) in agreed)
        {
            found.Add(cell, (batch, proposed.ContainsKey(batch)
                ? batches.Create(districts[cell], batch)
                : batches.Find(districts[cell], batch)));
        }

        return found;
    }
}
