using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Insights;

/// <summary>
/// Follows who is on roll where, and places each student of each term in a class, grade and school: that moves the denominators, and
/// takes the student's visits along to the new place. Keeps the quotas by which milestones are set, too.
/// </summary>
public sealed class FollowRoster(TimeProvider clock) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "insights.roster";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
        [typeof(SchoolChanged), typeof(TermChanged), typeof(RosterChanged), typeof(QuotasSet)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        foreach (var district in batch.Events.GroupBy(e => e.DistrictId).OrderBy(events => events.Key))
        {
            await using var apply = new NpgsqlBatch(batch.Connection)
            {
                BatchCommands =
                {
                    CoverageSql.Lock(district.Key),
                    CoverageSql.Know(district.Key, today),
                    KeepSchools(district.Key, [.. district.OfType<SchoolChanged>()]),
                    KeepTerms(district.Key, [.. district.OfType<TermChanged>()]),
                    KeepClasses(district.Key, Rows(district, e => e.Classes)),
                    KeepEnrolments(district.Key, Rows(district, e => e.Enrolments)),
                    KeepQuotas(district.Key, [.. district.OfType<QuotasSet>()]),
                    Placement.Of(
                        district.Key, today,
                        students: Rows(district, e => e.Enrolments).Select(row => row.Row.StudentId),
                        terms: district.OfType<TermChanged>().Select(term => term.AggregateId)),
                },
            };
            await apply.ExecuteNonQueryAsync(cancel);
        }
    }

    private static NpgsqlBatchCommand KeepSchools(Guid district, SchoolChanged[] schools) => CoverageSql.Command(
        """
        INSERT INTO school (school_id, district_id, name, withdrawn_on, version)
        SELECT DISTINCT ON (id) id, $1, name, withdrawn_on, version
        FROM unnest($2, $3, $4, $5) AS s (id, name, withdrawn_on, version) ORDER BY id, version DESC
        ON CONFLICT (school_id) DO UPDATE
        SET name = excluded.name, withdrawn_on = excluded.withdrawn_on, version = excluded.version
        WHERE school.version < excluded.version
        """,
        district, schools.Select(s => s.AggregateId).ToArray(), schools.Select(s => s.Name).ToArray(),
        schools.Select(s => s.WithdrawnOn).ToArray(), schools.Select(s => s.Version).ToArray());

    private static NpgsqlBatchCommand KeepTerms(Guid district, TermChanged[] terms) => CoverageSql.Command(
        """
        INSERT INTO term (id, district_id, title, starts_on, ends_on, teaching_weeks, withdrawn_on, version)
        SELECT DISTINCT ON (id) id, $1, title, starts_on, ends_on, teaching_weeks, withdrawn_on, version
        FROM unnest($2, $3, $4, $5, $6, $7, $8) AS t (id, title, starts_on, ends_on, teaching_weeks, withdrawn_on, version)
        ORDER BY id, version DESC
        ON CONFLICT (id) DO UPDATE
        SET title = excluded.title, starts_on = excluded.starts_on, ends_on = excluded.ends_on,
            teaching_weeks = excluded.teaching_weeks, withdrawn_on = excluded.withdrawn_on, version = excluded.version
        WHERE term.version < excluded.version
        """,
        district, terms.Select(t => t.AggregateId).ToArray(), terms.Select(t => t.Title).ToArray(),
        terms.Select(t => t.StartsOn).ToArray(), terms.Select(t => t.EndsOn).ToArray(),
        terms.Select(t => t.TeachingWeeks).ToArray(), terms.Select(t => t.WithdrawnOn).ToArray(),
        terms.Select(t => t.Version).ToArray());

    private static NpgsqlBatchCommand KeepClasses(Guid district, RowIn<RosterClass>[] classes) => CoverageSql.Command(
        """
        INSERT INTO class (school_id, id, district_id, title, grade, withdrawn_on, version)
        SELECT DISTINCT ON (school_id, id) school_id, id, $1, title, grade, withdrawn_on, version
        FROM unnest($2, $3, $4, $5, $6, $7) AS c (school_id, id, title, grade, withdrawn_on, version)
        ORDER BY school_id, id, version DESC
        ON CONFLICT (school_id, id) DO UPDATE
        SET title = excluded.title, grade = excluded.grade, withdrawn_on = excluded.withdrawn_on, version = excluded.version
        WHERE class.version < excluded.version
        """,
        district, classes.Select(c => c.SchoolId).ToArray(), classes.Select(c => c.Row.ClassId).ToArray(),
        classes.Select(c => c.Row.Title).ToArray(), classes.Select(c => c.Row.Grade ?? "").ToArray(),
        classes.Select(c => c.Row.WithdrawnOn).ToArray(), classes.Select(c => c.Version).ToArray());

    private static NpgsqlBatchCommand KeepEnrolments(Guid district, RowIn<RosterEnrolment>[] enrolments) => CoverageSql.Command(
        """
        INSERT INTO enrolment (school_id, id, district_id, student_id, class_id, grade, starts_on, ends_on, version)
        SELECT DISTINCT ON (school_id, id) school_id, id, $1, student_id, class_id, nullif(grade, ''), starts_on, ends_on, version
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)
            AS e (school_id, id, student_id, class_id, grade, starts_on, ends_on, version)
        ORDER BY school_id, id, version DESC
        ON CONFLICT (school_id, id) DO UPDATE
        SET student_id = excluded.student_id, class_id = excluded.class_id, grade = excluded.grade,
            starts_on = excluded.starts_on, ends_on = excluded.ends_on, version = excluded.version
        WHERE enrolment.version < excluded.version
        """,
        district, enrolments.Select(e => e.SchoolId).ToArray(), enrolments.Select(e => e.Row.EnrolmentId).ToArray(),
        enrolments.Select(e => e.Row.StudentId).ToArray(), enrolments.Select(e => e.Row.ClassId).ToArray(),
        enrolments.Select(e => e.Row.Grade).ToArray(), enrolments.Select(e => e.Row.StartsOn).ToArray(),
        enrolments.Select(e => e.Row.EndsOn).ToArray(), enrolments.Select(e => e.Version).ToArray());

    private static NpgsqlBatchCommand KeepQuotas(Guid district, QuotasSet[] quotas) => CoverageSql.Command(
        """
        INSERT INTO visit_quotas (node_id, term_id, district_id, school_id, version, shares)
        SELECT DISTINCT ON (node_id, term_id) node_id, term_id, $1, school_id, version, shares::jsonb
        FROM unnest($2, $3, $4, $5, $6) AS q (node_id, term_id, school_id, version, shares) ORDER BY node_id, term_id, version DESC
        ON CONFLICT (node_id, term_id) DO UPDATE SET version = excluded.version, shares = excluded.shares
        WHERE visit_quotas.version < excluded.version
        """,
        district, quotas.Select(q => q.AggregateId).ToArray(), quotas.Select(q => q.TermId ?? Guid.Empty).ToArray(),
        quotas.Select(q => q.SchoolId).ToArray(), quotas.Select(q => q.Version).ToArray(),
        quotas.Select(q => JsonSerializer.Serialize(q.Quotas, Json.Options)).ToArray());

    private static RowIn<T>[] Rows<T>(IEnumerable<IEvent> events, Func<RosterChanged, IReadOnlyList<T>> kind) =>
        [.. events.OfType<RosterChanged>().SelectMany(e => kind(e).Select(row => new RowIn<T>(e.SchoolId, e.Version, row)))];

    // A row of a school's roster has its school and version from the event that it came in.
    private sealed record RowIn<T>(Guid SchoolId, long Version, T Row);
}
