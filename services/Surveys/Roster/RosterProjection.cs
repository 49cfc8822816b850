using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Surveys.Roster;

/// <summary>
/// Keeps what Surveys needs to know of the archives: schools, terms, classes and where they went, who is in which class, who is whose
/// guardian and may answer. Each row carries the roster's version; the highest wins, in whatever order events arrive, and
/// withdrawn rows stay as tombstones.
/// </summary>
public sealed class RosterProjection : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "surveys.roster";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
    [
        typeof(SchoolChanged), typeof(TermChanged), typeof(RosterChanged), typeof(ClassesMoved), typeof(GuardianshipsChanged),
        typeof(GuardianRightsChanged),
    ];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        await KeepAsync(
            batch.Of<SchoolChanged>(), school => school.AggregateId, school => school.Version,
            """
            INSERT INTO school (school_id, district_id, name, withdrawn_on, version) SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (school_id) DO UPDATE SET district_id = excluded.district_id, name = excluded.name,
                withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE school.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.AggregateId)).With(Column(rows, r => r.DistrictId))
                .With(Column(rows, r => r.Name)).With(Column(rows, r => r.WithdrawnOn)).With(Column(rows, r => r.Version)));

        await KeepAsync(
            batch.Of<TermChanged>(), term => term.AggregateId, term => term.Version,
            """
            INSERT INTO term (id, district_id, ends_on, withdrawn_on, version) SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO UPDATE SET ends_on = excluded.ends_on, withdrawn_on = excluded.withdrawn_on,
                version = excluded.version
            WHERE term.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.AggregateId)).With(Column(rows, r => r.DistrictId))
                .With(Column(rows, r => r.EndsOn)).With(Column(rows, r => r.WithdrawnOn)).With(Column(rows, r => r.Version)));

        await KeepAsync(
            batch.Of<RosterChanged>().SelectMany(e => e.Classes, (e, row) => (Event: e, Row: row)),
            @class => (@class.Event.SchoolId, @class.Row.ClassId), @class => @class.Event.Version,
            """
            INSERT INTO school_class (school_id, class_id, district_id, name, grade, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (school_id, class_id) DO UPDATE SET name = excluded.name, grade = excluded.grade,
                withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE school_class.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.Event.SchoolId)).With(Column(rows, r => r.Row.ClassId))
                .With(Column(rows, r => r.Event.DistrictId)).With(Column(rows, r => r.Row.Title)).With(Column(rows, r => r.Row.Grade))
                .With(Column(rows, r => r.Row.WithdrawnOn)).With(Column(rows, r => r.Event.Version)));

        await KeepAsync(
            batch.Of<RosterChanged>().SelectMany(e => e.Enrolments, (e, row) => (Event: e, Row: row)),
            enrolment => (enrolment.Event.SchoolId, enrolment.Row.EnrolmentId), enrolment => enrolment.Event.Version,
            """
            INSERT INTO enrolment (school_id, id, district_id, student_id, class_id, grade, starts_on, ends_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (school_id, id) DO UPDATE SET student_id = excluded.student_id, class_id = excluded.class_id,
                grade = excluded.grade, starts_on = excluded.starts_on, ends_on = excluded.ends_on, version = excluded.version
            WHERE enrolment.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.Event.SchoolId)).With(Column(rows, r => r.Row.EnrolmentId))
                .With(Column(rows, r => r.Event.DistrictId)).With(Column(rows, r => r.Row.StudentId))
                .With(Column(rows, r => r.Row.ClassId)).With(Column(rows, r => r.Row.Grade)).With(Column(rows, r => r.Row.StartsOn))
                .With(Column(rows, r => r.Row.EndsOn)).With(Column(rows, r => r.Event.Version)));

        await KeepAsync(
            batch.Of<GuardianshipsChanged>().SelectMany(e => e.Guardianships, (e, row) => (Event: e, Row: row)),
            guardianship => (guardianship.Row.StudentId, guardianship.Row.GuardianId), guardianship => guardianship.Event.Version,
            """
            INSERT INTO guardianship (student_id, guardian_id, district_id, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (student_id, guardian_id) DO UPDATE SET withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE guardianship.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.Row.StudentId)).With(Column(rows, r => r.Row.GuardianId))
                .With(Column(rows, r => r.Event.DistrictId)).With(Column(rows, r => r.Row.WithdrawnOn))
                .With(Column(rows, r => r.Event.Version)));

        await KeepAsync(
            batch.Of<GuardianRightsChanged>(), rights => (rights.StudentId, rights.GuardianId), rights => rights.Version,
            """
            INSERT INTO guardian_rights (student_id, guardian_id, district_id, may_see, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (student_id, guardian_id) DO UPDATE SET may_see = excluded.may_see, version = excluded.version
            WHERE guardian_rights.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.StudentId)).With(Column(rows, r => r.GuardianId))
                .With(Column(rows, r => r.DistrictId)).With(Column(rows, r => r.Rights.Contains(GuardianRight.See)))
                .With(Column(rows, r => r.Version)));

        await MovedClass.KeepAsync(batch.Connection, batch.Of<ClassesMoved>(), cancel);

        // One row a key, the newest; in the key's order, so that batches of several replicas do not lock crosswise.
        async Task KeepAsync<TRow, TKey>(
            IEnumerable<TRow> all, Func<TRow, TKey> key, Func<TRow, long> version, string upsert, Action<NpgsqlCommand, TRow[]> columns)
            where TKey : notnull
        {
            var rows = all.GroupBy(key).OrderBy(group => group.Key).Select(group => group.MaxBy(version)!).ToArray();
            if (rows.Length == 0)
                return;
            await using var command = new NpgsqlCommand(upsert, batch.Connection);
            columns(command, rows);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private static T[] Column<TRow, T>(TRow[] rows, Func<TRow, T> value) => [.. rows.Select(value)];
}
