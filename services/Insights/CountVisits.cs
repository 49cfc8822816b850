using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Insights;

/// <summary>
/// Counts visits per student and term (VIS-1): planned, held and effective apart (INS-5), at home and online apart. The highest
/// version of a visit counts, in whatever order its events come.
/// </summary>
public sealed class CountVisits(TimeProvider clock) : EventConsumer
{
    private static readonly string Sql =
        $"""
        WITH told AS (
            -- Who was erased counts already, under an id that stands for nobody (ARC-10).
            SELECT school_id, id, version, term_id, planned, visited, effective, in_person, online, ARRAY(
                SELECT s.id FROM unnest(students::uuid[]) WITH ORDINALITY AS s (id, nth)
                WHERE NOT EXISTS (SELECT FROM platform.erased_student e WHERE e.student_id = s.id) ORDER BY s.nth) AS student_ids
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                AS v (school_id, id, version, term_id, students, planned, visited, effective, in_person, online)),
        arrived AS (SELECT * FROM told WHERE cardinality(student_ids) > 0),
        newer AS (
            SELECT a.* FROM arrived a LEFT JOIN counted_visit v ON v.school_id = a.school_id AND v.id = a.id
            WHERE v.version IS NULL OR v.version < a.version),
        kept AS (
            INSERT INTO counted_visit AS v
                (school_id, id, district_id, version, term_id, student_ids, planned, visited, effective, in_person, online)
            SELECT school_id, id, $1, version, term_id, student_ids, planned, visited, effective, in_person, online FROM newer
            ON CONFLICT (school_id, id) DO UPDATE
            SET version = excluded.version, term_id = excluded.term_id, student_ids = excluded.student_ids,
                planned = excluded.planned, visited = excluded.visited, effective = excluded.effective,
                in_person = excluded.in_person, online = excluded.online),
        -- What a visit counted before goes, what it counts now comes.
        change AS (
            SELECT term_id, student_id, sum(sign * planned::int) AS planned,
                sum(sign * visited::int) AS visited,
                sum(sign * (visited AND in_person)::int) AS visited_in_person,
                sum(sign * (visited AND online)::int) AS visited_online,
                sum(sign * effective::int) AS effective,
                sum(sign * (effective AND in_person)::int) AS effective_in_person,
                sum(sign * (effective AND online)::int) AS effective_online
            FROM (
                SELECT 1 AS sign, term_id, student_ids, planned, visited, effective, in_person, online FROM newer
                UNION ALL
                SELECT -1, v.term_id, v.student_ids, v.planned, v.visited, v.effective, v.in_person, v.online
                FROM counted_visit v JOIN newer n ON n.school_id = v.school_id AND n.id = v.id) visit
                CROSS JOIN LATERAL (SELECT DISTINCT unnest(student_ids) AS student_id) student
            GROUP BY term_id, student_id),
        student AS (
            SELECT c.term_id, c.student_id, s.school_id, s.class_id, s.grade,
                {CoverageSql.Each("coalesce(s.{0}, 0) AS {0}, coalesce(s.{0}, 0) + c.{0} AS {0}_now")}
            FROM change c
            LEFT JOIN student_in_term s ON s.district_id = $1 AND s.term_id = c.term_id AND s.student_id = c.student_id),
        stored AS (
            -- A student whom the roster does not know yet counts nowhere until it does.
            INSERT INTO student_in_term (district_id, term_id, student_id, {CoverageSql.Each("{0}")})
            SELECT $1, term_id, student_id, {CoverageSql.Each("{0}_now")} FROM student
            ON CONFLICT (district_id, term_id, student_id) DO UPDATE SET {CoverageSql.Each("{0} = excluded.{0}")}),
        step AS (
            SELECT $1 AS district_id, term_id, school_id, class_id, grade, 0 AS on_roll,
                {CoverageSql.Each("({0}_now > 0)::int - ({0} > 0)::int AS {0}")}
            FROM student
            WHERE school_id IS NOT NULL AND ({CoverageSql.Each("{0}_now > 0")}) IS DISTINCT FROM ({CoverageSql.Each("{0} > 0")}))
        {CoverageSql.MoveCounters}
        """;

    /// <inheritdoc/>
    public override string Queue => "insights.coverage";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
        [typeof(VisitScheduled), typeof(VisitCancelled), typeof(VisitCompleted), typeof(ContactMade)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        // Of contacts, only a lesson at home is a visit (VIS-22); Visits says in which term.
        foreach (var district in batch.Events.Where(e => e is not ContactMade { TermId: null }).GroupBy(e => e.DistrictId).OrderBy(events => events.Key))
        {
            var visits = district.GroupBy(e => (e.SchoolId, e.AggregateId))
                .Select(states => Counted(states.MaxBy(e => e.Version)!)).ToArray();
            await using var apply = new NpgsqlBatch(batch.Connection)
            {
                BatchCommands =
                {
                    CoverageSql.Lock(district.Key),
                    CoverageSql.Know(district.Key, LocalDay.Today(clock)),
                    CoverageSql.Command(
                        Sql, district.Key,
                        visits.Select(v => v.SchoolId).ToArray(), visits.Select(v => v.Id).ToArray(),
                        visits.Select(v => v.Version).ToArray(), visits.Select(v => v.TermId).ToArray(),
                        // An array of arrays would have to be rectangular; each goes as a literal instead.
                        visits.Select(v => $"{{{string.Join(',', v.StudentIds)}}}").ToArray(),
                        visits.Select(v => v.Planned).ToArray(), visits.Select(v => v.Visited).ToArray(),
                        visits.Select(v => v.Effective).ToArray(), visits.Select(v => v.InPerson).ToArray(),
                        visits.Select(v => v.Online).ToArray()),
                },
            };
            await apply.ExecuteNonQueryAsync(cancel);
        }
    }

    /// <summary>What a visit counts in the state that an event tells.</summary>
    internal static CountedVisit Counted(IEvent happened) => happened switch
    {
        VisitScheduled visit => new CountedVisit
        {
            SchoolId = visit.SchoolId,
            Id = visit.AggregateId,
            Version = visit.Version,
            TermId = visit.TermId,
            StudentIds = [.. visit.StudentIds],
            Planned = true,
        },
        VisitCancelled visit => new CountedVisit
        {
            SchoolId = visit.SchoolId,
            Id = visit.AggregateId,
            Version = visit.Version,
            TermId = visit.TermId,
            StudentIds = [.. visit.StudentIds],
        },
        VisitCompleted visit => new CountedVisit
        {
            SchoolId = visit.SchoolId,
            Id = visit.AggregateId,
            Version = visit.Version,
            TermId = visit.TermId,
            StudentIds = [.. visit.StudentIds],
            Planned = true,
            Effective = visit.Effective,
            // Text complements a visit and is none by itself, unless it was effective (VIS-22: a deaf guardian).
            Visited = visit.Mode != VisitMode.Text || visit.Effective,
            InPerson = visit.Mode == VisitMode.InPerson,
            Online = visit.Mode is VisitMode.Video or VisitMode.Voice or VisitMode.Text,
        },
        ContactMade { TermId: { } term } lesson => new CountedVisit
        {
            SchoolId = lesson.SchoolId,
            Id = lesson.AggregateId,
            Version = lesson.Version,
            TermId = term,
            StudentIds = [.. lesson.StudentIds],
            Planned = !lesson.Withdrawn,
            Visited = !lesson.Withdrawn,
            InPerson = true,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(happened)),
    };
}
