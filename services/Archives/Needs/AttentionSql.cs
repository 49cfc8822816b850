using Npgsql;

namespace HomeSchool.Archives.Needs;

/// <summary>
/// Raises attention from data, set by set, in the transaction that brings them (ARC-5). What draws attention is first put into the
/// session's table <c>piece (student_id, piece)</c>.
/// </summary>
internal static class AttentionSql
{
    /// <summary>
    /// Makes the tables of the session. Whole sets are joined; behind row-level security the planner would take the stored tables for a
    /// few rows and walk through them in nested loops.
    /// </summary>
    public static NpgsqlBatchCommand[] Begin() =>
    [
        new("SET LOCAL enable_nestloop = off"), new("SET LOCAL work_mem = '64MB'"), new("SET LOCAL jit = off"),
        new("CREATE TEMP TABLE piece (student_id uuid, piece text) ON COMMIT DROP"),
    ];

    /// <summary>
    /// Opens attention for each student with a piece that was never raised for the same cause before, or adds it to what is open.
    /// What was dismissed is raised again when the data were corrected in between, and now say it anew.
    /// </summary>
    /// <returns>How many were opened.</returns>
    public static async Task<int> RaiseAsync(
        NpgsqlConnection connection, Guid district, Guid school, AttentionCause cause, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = Command(
            """
            WITH fresh AS (
                SELECT p.student_id, array_agg(DISTINCT p.piece ORDER BY p.piece) AS pieces FROM piece p
                WHERE NOT EXISTS (
                    SELECT FROM attention a
                    WHERE a.school_id = $2 AND a.student_id = p.student_id AND a.cause = $3 AND p.piece = ANY (a.evidence)
                        AND a.state <> 'Withdrawn' AND NOT (a.state = 'Dismissed' AND p.piece = ANY (a.outdated)))
                GROUP BY p.student_id),
            joined AS (
                UPDATE attention a SET evidence = a.evidence || f.pieces, version = a.version + 1 FROM fresh f
                WHERE a.school_id = $2 AND a.student_id = f.student_id AND a.cause = $3 AND a.state = 'Open'
                RETURNING a.student_id),
            raised AS (
                INSERT INTO attention (district_id, id, school_id, student_id, cause, evidence, outdated, state, raised_at, version)
                SELECT $1, uuid_v7(), $2, f.student_id, $3, f.pieces, '{}', 'Open', $4, 1 FROM fresh f
                WHERE NOT EXISTS (SELECT FROM joined j WHERE j.student_id = f.student_id)
                RETURNING 1)
            SELECT count(*)::int FROM raised
            """, district, school, cause.ToString(), now).On(connection);
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>
    /// Judges anew what was raised from data that were corrected: the session's table <c>judged (student_id, piece, holds)</c> has each
    /// piece of evidence that they bear on. What is open and holds in nothing any more is withdrawn; what was confirmed or dismissed stays,
    /// and says what of it is outdated.
    /// </summary>
    /// <returns>How many were withdrawn.</returns>
    public static async Task<int> CorrectAsync(
        NpgsqlConnection connection, Guid school, AttentionCause cause, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = Command(
            """
            WITH found AS (
                SELECT a.district_id, a.id,
                    coalesce(array_agg(e.piece ORDER BY e.place) FILTER (WHERE NOT coalesce(j.holds, e.piece <> ALL (a.outdated))), '{}')
                        AS outdated
                FROM attention a CROSS JOIN LATERAL unnest(a.evidence) WITH ORDINALITY AS e (piece, place)
                    LEFT JOIN judged j ON j.student_id = a.student_id AND j.piece = e.piece
                WHERE a.school_id = $1 AND a.cause = $2 AND a.state IN ('Open', 'Confirmed', 'Dismissed')
                    AND a.student_id IN (SELECT student_id FROM judged)
                GROUP BY a.district_id, a.id),
            corrected AS (
                UPDATE attention a SET outdated = f.outdated, outdated_at = $3, version = a.version + 1,
                    state = CASE WHEN a.state = 'Open' AND f.outdated @> a.evidence THEN 'Withdrawn' ELSE a.state END
                FROM found f WHERE a.district_id = f.district_id AND a.id = f.id AND a.outdated <> f.outdated
                RETURNING a.state)
            SELECT count(*) FILTER (WHERE state = 'Withdrawn')::int FROM corrected
            """, school, cause.ToString(), now).On(connection);
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>A command of a batch; a value may be a parameter already.</summary>
    public static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        return command;
    }

    /// <summary>A batch on a connection.</summary>
    public static NpgsqlBatch On(this NpgsqlBatchCommand command, NpgsqlConnection connection) => On([command], connection);

    /// <summary>A batch on a connection.</summary>
    public static NpgsqlBatch On(this IEnumerable<NpgsqlBatchCommand> commands, NpgsqlConnection connection)
    {
        var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        return batch;
    }
}
