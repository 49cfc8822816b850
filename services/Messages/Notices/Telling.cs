using HomeSchool.Contracts.Surveys;
using HomeSchool.Messages.Policies;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Messages.Notices;

/// <summary>What is to be told to the guardians of some children, or of a class.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AboutId">What it is about.</param>
/// <param name="Version">The version of that.</param>
/// <param name="Kind">What it is.</param>
/// <param name="StudentIds">The children; nobody with a class or a school.</param>
internal sealed record News(
    Guid DistrictId, Guid SchoolId, Guid AboutId, long Version, NotificationKind Kind, IReadOnlyList<Guid> StudentIds)
{
    /// <summary>The class, when all its families are told.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>Whether all families of the school are told.</summary>
    public bool IsOfSchool { get; init; }

    /// <summary>The guardian, when one alone is told.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>Whether it is about safety (MSG-6).</summary>
    public bool Urgent { get; init; }

    /// <summary>Noted afterwards: nobody is invited to what has been.</summary>
    public bool IsPast { get; init; }

    /// <summary>An invitation to a survey, or its reminder.</summary>
    public static News Of(Guid district, Guid school, NotificationKind kind, InvitationToRemind asked) =>
        new(district, school, asked.InvitationId, 1, kind, asked.StudentIds) { GuardianId = asked.GuardianId };
}

/// <summary>Writes lines of inboxes, all by one statement.</summary>
internal static class Telling
{
    /// <summary>Writes the lines of all who are to be told; who may not see the child has none (ARC-13).</summary>
    /// <param name="connection">In the transaction of the facts.</param>
    /// <param name="news">What is to be told.</param>
    /// <param name="now">The instant.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task TellAsync(
        NpgsqlConnection connection, IReadOnlyCollection<News> news, DateTimeOffset now, CancellationToken cancel)
    {
        // A row for each child, and one for a class or a school as a whole.
        var rows = news.SelectMany(
            one => one.ClassId is null && !one.IsOfSchool ? one.StudentIds.Select(student => (Guid?)student) : [null],
            (one, student) => (News: one, Student: student)).ToArray();
        if (rows.Length == 0)
            return;
        await using var tell = new NpgsqlCommand(
            $"""
            WITH told AS (
                SELECT t.*, ($9 AT TIME ZONE coalesce(p.settings->>'timeZone', $10))::date AS today
                FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
                    AS t (school_id, district_id, about_id, kind, urgent, student_id, class_id, guardian_id)
                LEFT JOIN policy p ON p.district_id = t.district_id),
            child AS (
                SELECT t.*, t.student_id AS child_id FROM told t WHERE t.student_id IS NOT NULL
                UNION ALL
                SELECT t.*, e.student_id FROM told t JOIN enrolment e
                    ON e.school_id = t.school_id AND (t.class_id IS NULL OR e.class_id = t.class_id)
                WHERE t.student_id IS NULL AND e.starts_on <= t.today AND (e.ends_on IS NULL OR e.ends_on >= t.today))
            INSERT INTO notification (school_id, guardian_id, id, district_id, student_ids, kind, about_id, urgent, created_at)
            SELECT c.school_id, g.guardian_id, {Notification.NewId("$9")}, c.district_id, array_agg(DISTINCT c.child_id), c.kind,
                c.about_id, c.urgent, $9
            FROM child c
            JOIN guardianship g ON g.student_id = c.child_id AND (g.withdrawn_on IS NULL OR g.withdrawn_on > c.today)
            LEFT JOIN guardian_rights r ON r.student_id = g.student_id AND r.guardian_id = g.guardian_id
            WHERE (c.guardian_id IS NULL OR c.guardian_id = g.guardian_id)
                AND coalesce(CASE WHEN c.kind LIKE 'Visit%' THEN r.may_be_visited ELSE r.may_see END, true)
                -- Nothing is added about a child whose messages are restricted (ARC-10).
                AND NOT EXISTS (SELECT FROM platform.restricted_student held
                    WHERE held.student_id = c.child_id AND 'Messages' = ANY (held.kinds))
            GROUP BY c.school_id, g.guardian_id, c.district_id, c.kind, c.about_id, c.urgent
            """, connection)
            .With(Column(rows, row => row.News.SchoolId)).With(Column(rows, row => row.News.DistrictId))
            .With(Column(rows, row => row.News.AboutId)).With(Column(rows, row => row.News.Kind.ToString()))
            .With(Column(rows, row => row.News.Urgent)).With(Column(rows, row => row.Student))
            .With(Column(rows, row => row.News.ClassId)).With(Column(rows, row => row.News.GuardianId))
            .With(now).With(new MessagePolicy().TimeZone);
        await tell.ExecuteNonQueryAsync(cancel);
    }

    private static T[] Column<TRow, T>(TRow[] rows, Func<TRow, T> value) => [.. rows.Select(value)];
}
