using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys;

/// <summary>
/// The smallest unit of results: one class in one term. Answers are staged in it and become visible together when there are at
/// least five (SUR-4). School and district are sums of what is visible in their classes, so all levels advance together and no
/// difference between two of them, or between two moments, is fewer than five answers.
/// </summary>
public sealed class Cell
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class; all zeros for visits that name none.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Families invited.</summary>
    public int Invited { get; init; }

    /// <summary>Answers that results show.</summary>
    public int Shown { get; init; }

    /// <summary>Answers and changes since the last step.</summary>
    public int Staged { get; init; }

    /// <summary>Of the staged, first answers.</summary>
    public int StagedFirst { get; init; }
}

/// <summary>How often one number was given to one question in a cell.</summary>
public sealed class CellCount
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The question.</summary>
    public string QuestionId { get; init; } = "";

    /// <summary>The number.</summary>
    public int Value { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>How often, as results show it.</summary>
    public int Shown { get; init; }

    /// <summary>What the next step will add; negative where answers were changed.</summary>
    public int Staged { get; init; }
}

/// <summary>Counts answers into their cell, in the transaction of the answer.</summary>
internal static class Tally
{
    /// <summary>Stages an answer, or the change of one, and lets the cell advance when enough is staged.</summary>
    /// <param name="db">In a transaction.</param>
    /// <param name="invitation">Whose answer.</param>
    /// <param name="before">The numbers given before; empty for a first answer.</param>
    /// <param name="after">The numbers given now.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The answers of the school that results show now, when the cell has advanced.</returns>
    public static async Task<long?> StageAsync(
        SurveysDb db, Invitation invitation, IReadOnlyDictionary<string, int> before, IReadOnlyDictionary<string, int> after,
        CancellationToken cancel)
    {
        var steps = before.Select(given => (given.Key, given.Value, Step: -1))
            .Concat(after.Select(given => (given.Key, given.Value, Step: 1)))
            .GroupBy(step => (step.Key, step.Value), step => step.Step)
            .Select(group => (group.Key.Key, group.Key.Value, Step: group.Sum()))
            .Where(step => step.Step != 0).Order().ToArray();
        var first = before.Count == 0 ? 1 : 0;

        // The cell's row first: answers of one class take turns here, so that no two of them advance it at once.
        var staged = await db.Database.SqlQuery<int>(
            $"""
            INSERT INTO cell AS c (school_id, class_id, term_id, district_id, invited, shown, staged, staged_first)
            VALUES ({invitation.SchoolId}, {invitation.ClassId}, {invitation.TermId}, {invitation.DistrictId}, 0, 0, 1, {first})
            ON CONFLICT (school_id, class_id, term_id)
                DO UPDATE SET staged = c.staged + 1, staged_first = c.staged_first + excluded.staged_first
            RETURNING c.staged AS "Value"
            """).ToListAsync(cancel);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO cell_count AS c (school_id, class_id, term_id, question_id, value, district_id, shown, staged)
            SELECT {invitation.SchoolId}, {invitation.ClassId}, {invitation.TermId}, question, value, {invitation.DistrictId}, 0, step
            FROM unnest({steps.Select(step => step.Key).ToArray()}, {steps.Select(step => step.Value).ToArray()},
                {steps.Select(step => step.Step).ToArray()}) AS s (question, value, step)
            ON CONFLICT (school_id, class_id, term_id, question_id, value) DO UPDATE SET staged = c.staged + excluded.staged
            """, cancel);
        if (staged[0] < invitation.SmallestCell)
            return null;

        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE cell_count SET shown = shown + staged, staged = 0
            WHERE school_id = {invitation.SchoolId} AND class_id = {invitation.ClassId} AND term_id = {invitation.TermId};
            UPDATE cell SET shown = shown + staged_first, staged = 0, staged_first = 0
            WHERE school_id = {invitation.SchoolId} AND class_id = {invitation.ClassId} AND term_id = {invitation.TermId}
            """, cancel);
        // Classes of one school that advance at the same time take turns: the later count includes the earlier one.
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({invitation.SchoolId}::text, 0))", cancel);
        return (await db.Database.SqlQuery<long>(
            $"""SELECT sum(shown)::bigint AS "Value" FROM cell WHERE school_id = {invitation.SchoolId}""").ToListAsync(cancel))[0];
    }
}
