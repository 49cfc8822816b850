using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Messages.Roster;

/// <summary>
/// Keeps what Messages needs to know of the archives to reach families: schools, classes, who is in which class, who works
/// where, who is
/// whose guardian, and what that guardian may see. Each row carries the roster's version; the highest wins, in whatever order
/// events arrive, and withdrawn rows stay as
/// tombstones.
/// </summary>
public sealed class RosterProjection : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "messages.roster";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
        [typeof(SchoolChanged), typeof(RosterChanged), typeof(GuardianshipsChanged), typeof(GuardianRightsChanged)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        await KeepAsync(
            batch.Of<SchoolChanged>(), school => school.AggregateId, school => school.Version,
            """
            INSERT INTO school (school_id, district_id, withdrawn_on, version) SELECT * FROM unnest($1, $2, $3, $4)
            ON CONFLICT (school_id) DO UPDATE SET district_id = excluded.district_id,
                withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE school.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.AggregateId)).With(Column(rows, r => r.DistrictId))
                .With(Column(rows, r => r.WithdrawnOn)).With(Column(rows, r => r.Version)));

        await KeepAsync(
            batch.Of<RosterChanged>().SelectMany(e => e.Classes, (e, row) => (Event: e, Row: row)),
            @class => (@class.Event.SchoolId, @class.Row.ClassId), @class => @class.Event.Version,
            """
            INSERT INTO school_class (school_id, class_id, district_id, grade, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
            ON CONFLICT (school_id, class_id) DO UPDATE SET grade = excluded.grade,
                withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE school_class.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.Event.SchoolId)).With(Column(rows, r => r.Row.ClassId))
                .With(Column(rows, r => r.Event.DistrictId)).With(Column(rows, r => r.Row.Grade))
                .With(Column(rows, r => r.Row.WithdrawnOn))
                .With(Column(rows, r => r.Event.Version)));

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
                .With(Column(rows, r => r.Row.ClassId)).With(Column(rows, r => r.Row.Grade))
                .With(Column(rows, r => r.Row.StartsOn))
                .With(Column(rows, r => r.Row.EndsOn)).With(Column(rows, r => r.Event.Version)));

        await KeepAsync(
            batch.Of<RosterChanged>().SelectMany(e => e.Posts, (e, row) => (Event: e, Row: row)),
            post => (post.Event.SchoolId, post.Row.PostId), post => post.Event.Version,
            """
            INSERT INTO staff_post (school_id, id, district_id, staff_id, class_id, role, starts_on, ends_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (school_id, id) DO UPDATE SET staff_id = excluded.staff_id, class_id = excluded.class_id,
                role = excluded.role, starts_on = excluded.starts_on, ends_on = excluded.ends_on, version = excluded.version
            WHERE staff_post.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.Event.SchoolId)).With(Column(rows, r => r.Row.PostId))
                .With(Column(rows, r => r.Event.DistrictId)).With(Column(rows, r => r.Row.StaffId))
                .With(Column(rows, r => r.Row.ClassId)).With(Column(rows, r => r.Row.Role.ToString()))
                .With(Column(rows, r => r.Row.StartsOn)).With(Column(rows, r => r.Row.EndsOn))
                .With(Column(rows, r => r.Event.Version)));

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
            INSERT INTO guardian_rights (student_id, guardian_id, district_id, may_see, may_be_visited, channel, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (student_id, guardian_id) DO UPDATE SET may_see = excluded.may_see,
                may_be_visited = excluded.may_be_visited, channel = excluded.channel, version = excluded.version
            WHERE guardian_rights.version < excluded.version
            """,
            (command, rows) => command.With(Column(rows, r => r.StudentId)).With(Column(rows, r => r.GuardianId))
                .With(Column(rows, r => r.DistrictId)).With(Column(rows, r => r.Rights.Contains(GuardianRight.See)))
                .With(Column(rows, r => r.Rights.Contains(GuardianRight.BeVisited)))
                .With(Column(rows, r => r.Channel.ToString())).With(Column(rows, r => r.Version)));

        // One row a key, the newest; in the key's order, so that batches of several replicas do not lock crosswise.
        async Task KeepAsync<TRow, TKey>(
            IEnumerable<TRow> all, Func<TRow, TKey> key, Func<TRow, long> version, string upsert,
            Action<NpgsqlCommand, TRow[]> columns)
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
