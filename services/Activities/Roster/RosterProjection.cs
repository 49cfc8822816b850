using HomeSchool.Activities.Photos;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Activities.Roster;

/// <summary>
/// Keeps what Activities needs to know of the archives: schools, terms, who is in which class, who works where, who is whose
/// guardian. Each row carries the roster's version; the highest wins, in whatever order events arrive, and withdrawn rows stay
/// as tombstones.
/// </summary>
public sealed class RosterProjection : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "activities.roster";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
    [
        typeof(SchoolChanged), typeof(TermChanged), typeof(RosterChanged), typeof(GuardianshipsChanged),
        typeof(GuardianRightsChanged), typeof(ConsentChanged),
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
            rows =>
            [
                Column(rows, r => r.AggregateId), Column(rows, r => r.DistrictId), Column(rows, r => r.Name),
                Column(rows, r => r.WithdrawnOn), Column(rows, r => r.Version),
            ]);

        await KeepAsync(
            batch.Of<TermChanged>(), term => term.AggregateId, term => term.Version,
            """
            INSERT INTO term (id, district_id, starts_on, ends_on, teaching_weeks, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET district_id = excluded.district_id, starts_on = excluded.starts_on,
                ends_on = excluded.ends_on, teaching_weeks = excluded.teaching_weeks, withdrawn_on = excluded.withdrawn_on,
                version = excluded.version
            WHERE term.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.AggregateId), Column(rows, r => r.DistrictId), Column(rows, r => r.StartsOn),
                Column(rows, r => r.EndsOn), Column(rows, r => r.TeachingWeeks), Column(rows, r => r.WithdrawnOn),
                Column(rows, r => r.Version),
            ]);

        await KeepAsync(
            batch.Of<RosterChanged>().SelectMany(e => e.Classes, (e, row) => (Event: e, Row: row)),
            @class => (@class.Event.SchoolId, @class.Row.ClassId), @class => @class.Event.Version,
            """
            INSERT INTO school_class (school_id, class_id, district_id, title, grade, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (school_id, class_id) DO UPDATE SET title = excluded.title, grade = excluded.grade,
                withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE school_class.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.Event.SchoolId), Column(rows, r => r.Row.ClassId), Column(rows, r => r.Event.DistrictId),
                Column(rows, r => r.Row.Title), Column(rows, r => r.Row.Grade), Column(rows, r => r.Row.WithdrawnOn),
                Column(rows, r => r.Event.Version),
            ]);

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
            rows =>
            [
                Column(rows, r => r.Event.SchoolId), Column(rows, r => r.Row.EnrolmentId), Column(rows, r => r.Event.DistrictId),
                Column(rows, r => r.Row.StudentId), Column(rows, r => r.Row.ClassId), Column(rows, r => r.Row.Grade),
                Column(rows, r => r.Row.StartsOn), Column(rows, r => r.Row.EndsOn), Column(rows, r => r.Event.Version),
            ]);

        await KeepAsync(
            batch.Of<RosterChanged>().SelectMany(e => e.Posts, (e, row) => (Event: e, Row: row)),
            post => (post.Event.SchoolId, post.Row.PostId), post => post.Event.Version,
            """
            INSERT INTO post (school_id, id, district_id, staff_id, class_id, role, starts_on, ends_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (school_id, id) DO UPDATE SET staff_id = excluded.staff_id, class_id = excluded.class_id,
                role = excluded.role, starts_on = excluded.starts_on, ends_on = excluded.ends_on, version = excluded.version
            WHERE post.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.Event.SchoolId), Column(rows, r => r.Row.PostId), Column(rows, r => r.Event.DistrictId),
                Column(rows, r => r.Row.StaffId), Column(rows, r => r.Row.ClassId), Column(rows, r => r.Row.Role.ToString()),
                Column(rows, r => r.Row.StartsOn), Column(rows, r => r.Row.EndsOn), Column(rows, r => r.Event.Version),
            ]);

        await KeepAsync(
            batch.Of<GuardianshipsChanged>().SelectMany(e => e.Guardianships, (e, row) => (Event: e, Row: row)),
            guardianship => (guardianship.Row.StudentId, guardianship.Row.GuardianId), guardianship => guardianship.Event.Version,
            """
            INSERT INTO guardianship (student_id, guardian_id, district_id, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (student_id, guardian_id) DO UPDATE SET withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE guardianship.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.Row.StudentId), Column(rows, r => r.Row.GuardianId), Column(rows, r => r.Event.DistrictId),
                Column(rows, r => r.Row.WithdrawnOn), Column(rows, r => r.Event.Version),
            ]);

        await KeepAsync(
            batch.Of<GuardianRightsChanged>(), rights => (rights.StudentId, rights.GuardianId), rights => rights.Version,
            """
            INSERT INTO guardian_rights (student_id, guardian_id, district_id, may_see, may_sign, may_be_invited, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (student_id, guardian_id) DO UPDATE SET may_see = excluded.may_see, may_sign = excluded.may_sign,
                may_be_invited = excluded.may_be_invited, version = excluded.version
            WHERE guardian_rights.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.StudentId), Column(rows, r => r.GuardianId), Column(rows, r => r.DistrictId),
                Column(rows, r => r.Rights.Contains(GuardianRight.See)), Column(rows, r => r.Rights.Contains(GuardianRight.Sign)),
                Column(rows, r => r.Rights.Contains(GuardianRight.BeVisited)), Column(rows, r => r.Version),
            ]);

        await KeepAsync(
            batch.Of<ConsentChanged>().Where(consent => consent.Purpose == PhotoConsent.Purpose),
            consent => consent.AggregateId, consent => consent.Version,
            """
            INSERT INTO photo_consent (student_id, district_id, given, version) SELECT * FROM unnest($1, $2, $3, $4)
            ON CONFLICT (student_id) DO UPDATE SET given = excluded.given, version = excluded.version
            WHERE photo_consent.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.AggregateId), Column(rows, r => r.DistrictId), Column(rows, r => r.Given),
                Column(rows, r => r.Version),
            ]);

        // One row a key, the newest; in the key's order, so that batches of several replicas do not lock crosswise.
        async Task KeepAsync<TRow, TKey>(
            IEnumerable<TRow> all, Func<TRow, TKey> key, Func<TRow, long> version, string upsert,
            Func<TRow[], NpgsqlParameter[]> columns)
            where TKey : notnull
        {
            var rows = all.GroupBy(key).OrderBy(group => group.Key).Select(group => group.MaxBy(version)!).ToArray();
            if (rows.Length == 0)
                return;
            await using var command = new NpgsqlCommand(upsert, batch.Connection);
            command.Parameters.AddRange(columns(rows));
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private static NpgsqlParameter<T[]> Column<TRow, T>(TRow[] rows, Func<TRow, T> value) =>
        new() { TypedValue = [.. rows.Select(value)] };
}
