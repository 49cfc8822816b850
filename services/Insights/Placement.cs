using Npgsql;

namespace HomeSchool.Insights;

/// <summary>
/// Where a student counts in a term: where they are on roll today; in a term that is over, on its last day, and in one to come, on
/// its first. Of two enrolments on that day the later one counts, so that nobody counts twice.
/// </summary>
internal static class Placement
{
    private static readonly string Sql =
        $"""
        WITH concerned AS (
            SELECT t.id AS term_id, s.id AS student_id FROM term t CROSS JOIN unnest($3) AS s (id) WHERE t.district_id = $1
            UNION
            SELECT t.id, e.student_id
            FROM term t JOIN enrolment e ON e.district_id = t.district_id
                AND e.starts_on <= t.ends_on AND (e.ends_on IS NULL OR e.ends_on >= t.starts_on)
            WHERE t.id = ANY ($4)
            UNION
            SELECT s.term_id, s.student_id FROM student_in_term s WHERE s.district_id = $1 AND s.term_id = ANY ($4)),
        placed AS (
            SELECT c.term_id, c.student_id, e.school_id, e.class_id, e.grade
            FROM concerned c JOIN term t ON t.id = c.term_id LEFT JOIN LATERAL (
                SELECT e.school_id, e.class_id, e.grade FROM enrolment e
                WHERE e.district_id = $1 AND e.student_id = c.student_id
                  AND e.starts_on <= least(greatest($2, t.starts_on), t.ends_on)
                  AND (e.ends_on IS NULL OR e.ends_on >= least(greatest($2, t.starts_on), t.ends_on))
                ORDER BY e.starts_on DESC, e.id DESC LIMIT 1) e ON true
            -- Under another id, an erased child counts already (ARC-10).
            WHERE NOT EXISTS (SELECT FROM platform.erased_student x WHERE x.student_id = c.student_id)),
        moved AS (
            SELECT $1 AS district_id, p.*,
                s.school_id AS from_school, s.class_id AS from_class, s.grade AS from_grade, {CoverageSql.Each("coalesce(s.{0}, 0) AS {0}")}
            FROM placed p
            LEFT JOIN student_in_term s ON s.district_id = $1 AND s.term_id = p.term_id AND s.student_id = p.student_id
            WHERE (p.school_id, p.class_id, p.grade) IS DISTINCT FROM (s.school_id, s.class_id, s.grade)),
        stored AS (
            INSERT INTO student_in_term (district_id, term_id, student_id, school_id, class_id, grade, {CoverageSql.Each("{0}")})
            SELECT district_id, term_id, student_id, school_id, class_id, grade, {CoverageSql.Each("{0}")} FROM moved
            ON CONFLICT (district_id, term_id, student_id) DO UPDATE
            SET school_id = excluded.school_id, class_id = excluded.class_id, grade = excluded.grade),
        step AS (
            SELECT district_id, term_id, school_id, class_id, grade, 1 AS on_roll, {CoverageSql.Each("({0} > 0)::int AS {0}")}
            FROM moved WHERE school_id IS NOT NULL
            UNION ALL
            SELECT district_id, term_id, from_school, from_class, from_grade, -1, {CoverageSql.Each("-({0} > 0)::int")}
            FROM moved WHERE from_school IS NOT NULL)
        {CoverageSql.MoveCounters}
        """;

    /// <summary>Places students anew, in the caller's transaction and under <see cref="CoverageSql.Lock"/>.</summary>
    /// <param name="district">Their district.</param>
    /// <param name="today">The day there.</param>
    /// <param name="students">These, in every term.</param>
    /// <param name="terms">And everybody in these.</param>
    public static NpgsqlBatchCommand Of(Guid district, DateOnly today, IEnumerable<Guid> students, IEnumerable<Guid> terms) =>
        CoverageSql.Command(Sql, district, today, students.Distinct().ToArray(), terms.Distinct().ToArray());
}
