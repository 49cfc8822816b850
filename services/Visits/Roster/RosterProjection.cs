using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.WorkList;
using Npgsql;

namespace HomeSchool.Visits.Roster;

/// <summary>
/// Keeps what Visits needs to know of the archives: schools, terms, who is in which class, who works where, who is whose
/// guardian. Each row carries the roster's version; the highest wins, in whatever order events arrive, and withdrawn rows stay
/// as tombstones.
/// </summary>
public sealed class RosterProjection : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "visits.roster";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
        [typeof(SchoolChanged), typeof(TermChanged), typeof(RosterChanged), typeof(GuardianshipsChanged), typeof(GuardianRightsChanged),
            typeof(CadenceChanged)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        await KeepAsync(
            batch.Of<SchoolChanged>(), school => school.AggregateId, school => school.Version,
            """
            INSERT INTO school (school_id, district_id, version) SELECT * FROM unnest($1, $2, $3)
            ON CONFLICT (school_id) DO UPDATE SET district_id = excluded.district_id, version = excluded.version
            WHERE school.version < excluded.version
            """,
            rows => [Column(rows, r => r.AggregateId), Column(rows, r => r.DistrictId), Column(rows, r => r.Version)]);

        await KeepAsync(
            batch.Of<TermChanged>(), term => term.AggregateId, term => term.Version,
            """
            INSERT INTO term (id, district_id, starts_on, ends_on, teaching_weeks, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET district_id = excluded.district_id, starts_on = excluded.starts_on,
                ends_on = excluded.ends_on, teaching_weeks = excluded.teaching_weeks, withdrawn_on = excluded.withdrawn_on, version = excluded.version
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
            INSERT INTO post (school_id, id, district_id, staff_id, class_id, role, subject, starts_on, ends_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (school_id, id) DO UPDATE SET staff_id = excluded.staff_id, class_id = excluded.class_id,
                role = excluded.role, subject = excluded.subject, starts_on = excluded.starts_on,
                ends_on = excluded.ends_on, version = excluded.version
            WHERE post.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.Event.SchoolId), Column(rows, r => r.Row.PostId), Column(rows, r => r.Event.DistrictId),
                Column(rows, r => r.Row.StaffId), Column(rows, r => r.Row.ClassId), Column(rows, r => r.Row.Role.ToString()),
                Column(rows, r => r.Row.Subject), Column(rows, r => r.Row.StartsOn), Column(rows, r => r.Row.EndsOn),
                Column(rows, r => r.Event.Version),
            ]);

        await KeepAsync(
            batch.Of<GuardianshipsChanged>().SelectMany(e => e.Guardianships, (e, row) => (Event: e, Row: row)),
            guardianship => (guardianship.Row.StudentId, guardianship.Row.GuardianId), guardianship => guardianship.Event.Version,
            """
            INSERT INTO guardianship (student_id, guardian_id, district_id, status, contact_order, withdrawn_on, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (student_id, guardian_id) DO UPDATE SET status = excluded.status,
                contact_order = excluded.contact_order, withdrawn_on = excluded.withdrawn_on, version = excluded.version
            WHERE guardianship.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.Row.StudentId), Column(rows, r => r.Row.GuardianId), Column(rows, r => r.Event.DistrictId),
                Column(rows, r => r.Row.Status.ToString()), Column(rows, r => r.Row.ContactOrder),
                Column(rows, r => r.Row.WithdrawnOn), Column(rows, r => r.Event.Version),
            ]);

        await KeepAsync(
            batch.Of<GuardianRightsChanged>(), rights => (rights.StudentId, rights.GuardianId), rights => rights.Version,
            """
            INSERT INTO guardian_rights (student_id, guardian_id, district_id, may_be_visited, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (student_id, guardian_id) DO UPDATE SET may_be_visited = excluded.may_be_visited, version = excluded.version
            WHERE guardian_rights.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.StudentId), Column(rows, r => r.GuardianId), Column(rows, r => r.DistrictId),
                Column(rows, r => r.Rights.Contains(GuardianRight.BeVisited)), Column(rows, r => r.Version),
            ]);

        await KeepAsync(
            batch.Of<CadenceChanged>(), cadence => cadence.StudentId, cadence => cadence.Version,
            """
            INSERT INTO cadence (student_id, school_id, district_id, contacts_per_term, feedback_every_days, summary_every_days,
                visit_every_days, deep_contact_every_days, meet_first, holds_until, priority_until, version)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (student_id) DO UPDATE SET school_id = excluded.school_id, district_id = excluded.district_id,
                contacts_per_term = excluded.contacts_per_term, feedback_every_days = excluded.feedback_every_days,
                summary_every_days = excluded.summary_every_days, visit_every_days = excluded.visit_every_days,
                deep_contact_every_days = excluded.deep_contact_every_days, meet_first = excluded.meet_first,
                holds_until = excluded.holds_until, priority_until = excluded.priority_until, version = excluded.version
            WHERE cadence.version < excluded.version
            """,
            rows =>
            [
                Column(rows, r => r.StudentId), Column(rows, r => r.SchoolId), Column(rows, r => r.DistrictId),
                Column(rows, r => r.Cadence.ContactsATerm), Column(rows, r => r.Cadence.FeedbackEveryDays),
                Column(rows, r => r.Cadence.SummaryEveryDays), Column(rows, r => r.Cadence.VisitEveryDays),
                Column(rows, r => r.Cadence.DeepContactEveryDays), Column(rows, r => r.Cadence.MeetFirst),
                Column(rows, r => r.HoldsUntil), Column(rows, r => r.PriorityUntil), Column(rows, r => r.Version),
            ]);

        await EndInvitations.ApplyAsync(batch, cancel);
        await FollowRoster.ApplyAsync(batch, cancel);

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
