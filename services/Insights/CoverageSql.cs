using Npgsql;

namespace HomeSchool.Insights;

/// <summary>What the statements that move coverage have in common.</summary>
/// <remarks>
/// They all work alike: find the students concerned, compare what their row says with what it should say, store it, and move the
/// counters of their places by the difference. So the counters are the sum of the students' rows at any time, whatever the order in
/// which events came.
/// </remarks>
internal static class CoverageSql
{
    private static readonly string[] Figures =
        ["planned", "visited", "visited_in_person", "visited_online", "effective", "effective_in_person", "effective_online"];

    /// <summary>Shows a connection all districts, until its transaction ends: for the service's own work.</summary>
    public const string SeeAllDistricts =
        "SELECT set_config('app.districts', coalesce((SELECT array_agg(id)::text FROM district), ''), true)";

    /// <summary>
    /// Ends a statement whose CTE <c>step</c> has, for each student and place that changes, the steps of the figures: moves the
    /// counters of class, grade, school and district, in one fixed order, and notes the schools to announce.
    /// </summary>
    public static readonly string MoveCounters =
        $"""
        , noted AS (
            INSERT INTO unannounced (school_id, term_id, district_id)
            SELECT DISTINCT school_id, term_id, district_id FROM step ORDER BY school_id, term_id
            -- Locks the row, so that it is not announced and removed before these figures are committed.
            ON CONFLICT (school_id, term_id) DO UPDATE SET district_id = excluded.district_id)
        INSERT INTO coverage AS c (node_id, term_id, grade, kind, district_id, school_id, version, on_roll, {Each("{0}")})
        SELECT node.id, term_id, node.grade, node.kind, district_id, node.school_id, nextval('{InsightsDb.CoverageVersions}'),
            sum(on_roll), {Each("sum({0})")}
        FROM step CROSS JOIN LATERAL (VALUES
            ('District', district_id, '', NULL),
            ('School', step.school_id, '', step.school_id),
            ('Grade', step.school_id, step.grade, step.school_id),
            ('Class', class_id, '', step.school_id)) AS node (kind, id, grade, school_id)
        WHERE node.id IS NOT NULL AND node.grade IS NOT NULL
        GROUP BY node.id, term_id, node.grade, node.kind, district_id, node.school_id
        ORDER BY node.id, term_id, node.grade
        ON CONFLICT (node_id, term_id, grade) DO UPDATE
        SET version = excluded.version, on_roll = c.on_roll + excluded.on_roll, {Each("{0} = c.{0} + excluded.{0}")}
        """;

    /// <summary>
    /// Lets one transaction at a time change a district's figures. They all meet in the district's own row anyway; waiting for it
    /// here, before anything is read, keeps them from comparing with what another is about to change.
    /// </summary>
    public static NpgsqlBatchCommand Lock(Guid district) => Command(
        "SELECT pg_advisory_xact_lock(hashtextextended('insights.coverage/' || $1::text, 0))", district);

    /// <summary>Remembers a district, so that the service's own work sees it.</summary>
    public static NpgsqlBatchCommand Know(Guid district, DateOnly today) => Command(
        "INSERT INTO district (id, counted_on) VALUES ($1, $2) ON CONFLICT DO NOTHING", district, today);

    /// <summary>Writes a pattern for each figure, with commas between.</summary>
    /// <param name="pattern">SQL with <c>{0}</c> in the figure's place.</param>
    public static string Each(string pattern) =>
        string.Join(", ", Figures.Select(figure => pattern.Replace("{0}", figure, StringComparison.Ordinal)));

    /// <summary>A command with its parameters in order.</summary>
    public static NpgsqlBatchCommand Command(string sql, params object[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
