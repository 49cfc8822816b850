using System.Text;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Definitions;
using Npgsql;

namespace HomeSchool.Surveys.Results;

/// <summary>
/// Counts named and confidential answers into their cells, in the transaction of the answers. What is given waits sealed, a line
/// an option, and becomes counters when there is enough of it: a cell costs two rows for each group of answers, and its counters
/// one step for each five.
/// </summary>
public sealed class Tally(KeyVault vault)
{
    /// <summary>Stages answers, or the changes of some, and tells each answer the step with which it shows.</summary>
    /// <returns>The cells with enough staged for a step: <see cref="AdvanceAsync"/> takes it once the answers are written.</returns>
    internal async Task<CheckedAnswer[]> StageAsync(
        NpgsqlConnection connection, CheckedAnswer[] answers, CancellationToken cancel)
    {
        var cells = answers.GroupBy(answer => answer.Cell).ToArray();
        var first = cells.Select(cell => cell.Count(answer => answer.Before is null)).ToArray();
        var given = await SealAsync(cells, cancel);
        // In one order: groups that count in one class take turns, so that no two of them advance it at once.
        await using var stage = new NpgsqlCommand(
            """
            WITH given AS (
                INSERT INTO staged_count (school_id, id, district_id, round_id, class_id, content)
                SELECT * FROM unnest($6, $7, $8, $9, $10, $11))
            INSERT INTO cell AS c (school_id, round_id, class_id, district_id, invited, shown, staged, staged_first)
            SELECT school_id, round_id, class_id, district_id, 0, 0, first, first
            FROM unnest($1, $2, $3, $4, $5) AS s (school_id, round_id, class_id, district_id, first)
            ORDER BY school_id, round_id, class_id
            ON CONFLICT (school_id, round_id, class_id) DO UPDATE SET staged = c.staged + excluded.staged,
                staged_first = c.staged_first + excluded.staged_first
            RETURNING c.school_id, c.round_id, c.class_id, c.step + 1, c.staged
            """, connection)
            .With(cells.Select(cell => cell.Key.SchoolId).ToArray()).With(cells.Select(cell => cell.Key.RoundId).ToArray())
            .With(cells.Select(cell => cell.Key.ClassId).ToArray()).With(cells.Select(cell => cell.First().Round.DistrictId).ToArray())
            .With(first)
            .With(given.Select(one => one.SchoolId).ToArray()).With(given.Select(one => one.Id).ToArray())
            .With(given.Select(one => one.DistrictId).ToArray()).With(given.Select(one => one.RoundId).ToArray())
            .With(given.Select(one => one.ClassId).ToArray()).With(given.Select(one => one.Content).ToArray());
        var waiting = new Dictionary<CellKey, (int Step, int Staged)>(cells.Length);
        await using (var reader = await stage.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                waiting.Add(
                    new CellKey(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2)), (reader.GetInt32(3), reader.GetInt32(4)));
            }
        }

        foreach (var answer in answers)
            answer.Step = waiting[answer.Cell].Step;
        foreach (var (cell, staged) in await StageChangesAsync(connection, answers, cancel))
            waiting[cell] = (waiting[cell].Step, staged);
        return [.. cells.Select(cell => cell.First()).Where(answer => waiting[answer.Cell].Staged >= answer.Round.SmallestCell)];
    }

    /// <summary>Lets cells take a step, and the sums of their schools and districts with them.</summary>
    /// <param name="connection">In the transaction that staged them.</param>
    /// <param name="due">An answer of each.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task AdvanceAsync(NpgsqlConnection connection, CheckedAnswer[] due, CancellationToken cancel)
    {
        var schools = due.Select(one => one.Cell.SchoolId).ToArray();
        var rounds = due.Select(one => one.Cell.RoundId).ToArray();
        var classes = due.Select(one => one.Cell.ClassId).ToArray();
        await using var take = new NpgsqlCommand(
            """
            DELETE FROM staged_count s USING unnest($1, $2, $3) AS due (school_id, round_id, class_id)
            WHERE s.school_id = due.school_id AND s.round_id = due.round_id AND s.class_id = due.class_id
            RETURNING s.school_id, s.id, s.district_id, s.round_id, s.class_id, s.content
            """, connection).With(schools).With(rounds).With(classes);
        var districts = due.ToDictionary(one => one.Cell, one => one.Round.DistrictId);
        var given = (await OpenAsync(take, cancel)).GroupBy(line => (line.Cell, line.Question, line.Option))
            .Select(same => (same.Key.Cell, same.Key.Question, same.Key.Option, Count: same.Sum(line => line.Count))).ToArray();
        await using var advance = new NpgsqlCommand(
            """
            WITH due AS (
                SELECT c.* FROM unnest($1, $2, $3) AS s (school_id, round_id, class_id)
                JOIN cell c ON c.school_id = s.school_id AND c.round_id = s.round_id AND c.class_id = s.class_id),
            counted AS (
                INSERT INTO cell_count AS c (school_id, round_id, class_id, question_id, option, district_id, shown)
                SELECT * FROM unnest($4, $5, $6, $7, $8, $9, $10) ORDER BY 1, 2, 3, 4, 5
                ON CONFLICT (school_id, round_id, class_id, question_id, option) DO UPDATE SET shown = c.shown + excluded.shown),
            untold AS (
                INSERT INTO untold_count AS u (school_id, kind, district_id)
                SELECT DISTINCT r.school_id, r.kind, r.district_id
                FROM due JOIN survey_round r ON r.school_id = due.school_id AND r.id = due.round_id ORDER BY 1, 2
                -- The row is locked, also where it is there: AnnounceCounts must not tell without these.
                ON CONFLICT (school_id, kind) DO UPDATE SET district_id = excluded.district_id),
            advanced AS (
                UPDATE cell c SET shown = c.shown + c.staged_first, staged = 0, staged_first = 0, step = c.step + 1
                FROM due WHERE c.school_id = due.school_id AND c.round_id = due.round_id AND c.class_id = due.class_id)
            SELECT school_id, round_id, sum(staged_first)::int FROM due GROUP BY 1, 2
            """, connection).With(schools).With(rounds).With(classes)
            .With(given.Select(one => one.Cell.SchoolId).ToArray()).With(given.Select(one => one.Cell.RoundId).ToArray())
            .With(given.Select(one => one.Cell.ClassId).ToArray()).With(given.Select(one => one.Question).ToArray())
            .With(given.Select(one => one.Option).ToArray()).With(given.Select(one => districts[one.Cell]).ToArray())
            .With(given.Select(one => one.Count).ToArray());
        var counts = given.ToLookup(one => (one.Cell.SchoolId, one.Cell.RoundId));
        var steps = new List<TotalStep>();
        await using (var reader = await advance.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var (school, round) = (reader.GetGuid(0), reader.GetGuid(1));
                steps.Add(new TotalStep(
                    school, round, Shown: reader.GetInt32(2), Counts: Summed(counts[(school, round)])));
            }
        }

        await Totals.AddAsync(connection, steps, cancel);
    }

    /// <summary>
    /// Shows what is left of a closed round that says whose an answer is: too little in each class, but if it is enough in all of them
    /// together, the sums of the school and the district have it, and are then that far from the sum of their classes.
    /// </summary>
    /// <param name="connection">In the transaction that closes it.</param>
    /// <param name="school">The school.</param>
    /// <param name="round">The round.</param>
    /// <param name="smallest">How many answers are enough.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task ShowRestAsync(
        NpgsqlConnection connection, Guid school, Guid round, int smallest, CancellationToken cancel)
    {
        var (staged, first) = (0, 0);
        await using (var left = new NpgsqlCommand(
            """
            SELECT staged, staged_first FROM cell
            WHERE school_id = $1 AND round_id = $2 AND batch_id IS NULL AND staged > 0 ORDER BY class_id FOR UPDATE
            """, connection).With(school).With(round))
        {
            await using var reader = await left.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                staged += reader.GetInt32(0);
                first += reader.GetInt32(1);
            }
        }

        if (staged < smallest)
            return;
        await using var show = new NpgsqlCommand(
            """
            WITH untold AS (
                INSERT INTO untold_count (school_id, kind, district_id)
                SELECT school_id, kind, district_id FROM survey_round WHERE school_id = $1 AND id = $2
                ON CONFLICT (school_id, kind) DO UPDATE SET district_id = excluded.district_id),
            emptied AS (
                UPDATE cell SET staged = 0, staged_first = 0 WHERE school_id = $1 AND round_id = $2 AND batch_id IS NULL)
            DELETE FROM staged_count WHERE school_id = $1 AND round_id = $2
            RETURNING school_id, id, district_id, round_id, class_id, content
            """, connection).With(school).With(round);
        var given = await OpenAsync(show, cancel);
        await Totals.AddAsync(connection, [new TotalStep(school, round, Shown: first, Counts: Summed(given))], cancel);
    }

    // An answer that is changed while it waits is one answer still: five changes of one family would show that family alone.
    private static async Task<List<(CellKey Cell, int Staged)>> StageChangesAsync(
        NpgsqlConnection connection, CheckedAnswer[] answers, CancellationToken cancel)
    {
        var changed = answers.Where(answer => answer.Before is not null && answer.Invitation.Answer!.Step < answer.Step)
            .GroupBy(answer => answer.Cell).ToArray();
        var staged = new List<(CellKey, int)>(changed.Length);
        if (changed.Length == 0)
            return staged;
        await using var stage = new NpgsqlCommand(
            """
            UPDATE cell c SET staged = c.staged + s.n FROM unnest($1, $2, $3, $4) AS s (school_id, round_id, class_id, n)
            WHERE c.school_id = s.school_id AND c.round_id = s.round_id AND c.class_id = s.class_id
            RETURNING c.school_id, c.round_id, c.class_id, c.staged
            """, connection)
            .With(changed.Select(cell => cell.Key.SchoolId).ToArray()).With(changed.Select(cell => cell.Key.RoundId).ToArray())
            .With(changed.Select(cell => cell.Key.ClassId).ToArray()).With(changed.Select(cell => cell.Count()).ToArray());
        await using var reader = await stage.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            staged.Add((new CellKey(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2)), reader.GetInt32(3)));
        return staged;
    }

    // Under a key that the round has in the vault, as a student has one: what waits is of several families.
    private async Task<List<StagedCount>> SealAsync(
        IEnumerable<IGrouping<CellKey, CheckedAnswer>> cells, CancellationToken cancel)
    {
        var given = new List<StagedCount>();
        foreach (var cell in cells)
        {
            var steps = string.Concat(cell.SelectMany(Steps));
            if (steps.Length == 0)
                continue; // changed to what it was
            var (id, district) = (RandomId.Next(), cell.First().Round.DistrictId);
            given.Add(new StagedCount
            {
                SchoolId = cell.Key.SchoolId,
                Id = id,
                DistrictId = district,
                RoundId = cell.Key.RoundId,
                ClassId = cell.Key.ClassId,
                Content = await vault.SealAsync(
                    new Subject(district, cell.Key.SchoolId, cell.Key.RoundId), StagedCount.SealedContent.Of(id),
                    Encoding.UTF8.GetBytes(steps), cancel)
                    ?? throw new InvalidOperationException("The round's key is destroyed."),
            });
        }

        return given;
    }

    // Runs a command that takes what is staged, and reads it: of each line the question, the option, and one more or one less.
    private async Task<List<(CellKey Cell, string Question, string Option, int Count)>> OpenAsync(
        NpgsqlCommand take, CancellationToken cancel)
    {
        var staged = new List<StagedCount>();
        await using (var reader = await take.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                staged.Add(new StagedCount
                {
                    SchoolId = reader.GetGuid(0),
                    Id = reader.GetGuid(1),
                    DistrictId = reader.GetGuid(2),
                    RoundId = reader.GetGuid(3),
                    ClassId = reader.GetGuid(4),
                    Content = reader.GetFieldValue<byte[]>(5),
                });
            }
        }

        var given = new List<(CellKey, string, string, int)>();
        foreach (var one in staged)
        {
            var opened = await vault.OpenAsync(one.DistrictId, StagedCount.SealedContent.Of(one.Id), one.Content, cancel)
                ?? throw new InvalidOperationException("The round's key is destroyed.");
            var cell = new CellKey(one.SchoolId, one.RoundId, one.ClassId);
            given.AddRange(Encoding.UTF8.GetString(opened).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('\t'))
                .Select(line => (cell, line[0].TrimStart('-'), line[1], line[0].StartsWith('-') ? -1 : 1)));
        }

        return given;
    }

    private static string Summed(IEnumerable<(CellKey Cell, string Question, string Option, int Count)> given) => Totals.Write(
        given.GroupBy(one => (one.Question, one.Option))
            .Select(same => (same.Key.Question, same.Key.Option, same.Sum(one => one.Count))));

    // A line each: question, tabulator, option; with a minus in front where it is given no longer. Neither can hold a line's end.
    private static IEnumerable<string> Steps(CheckedAnswer answer)
    {
        var after = answer.Round.Definition.Counted(answer.Answers);
        if (answer.Before is null)
            return after.Select(given => $"{given.Question}\t{given.Option}\n");
        var (gone, come) = (answer.Round.Definition.Counted(answer.Before).ToHashSet(), after.ToHashSet());
        return gone.Except(come).Select(given => $"-{given.Question}\t{given.Option}\n")
            .Concat(come.Except(gone).Select(given => $"{given.Question}\t{given.Option}\n"));
    }
}
