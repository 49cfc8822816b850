using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Posts;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Messages.Burden;

/// <summary>What a publisher is told before or when a notice is sent; it keeps nothing back (ALL-6).</summary>
/// <param name="Code">Stable, e.g. <c>messages.many-notices</c>.</param>
/// <param name="Zh">What it is about, in Chinese.</param>
/// <param name="En">The same in English.</param>
/// <param name="Figures">The figures in it; <see langword="null"/> where there are none.</param>
public sealed record PublisherWarning(string Code, string Zh, string En, BurdenFigures? Figures = null);

/// <summary>What a notice would bring about. Nobody is named: not even which class it is.</summary>
/// <param name="Budget">What the district's policy leaves: notices or minutes a week.</param>
/// <param name="Classes">In how many classes that this notice goes to it would be more than that.</param>
/// <param name="Most">Notices in this week for the guardian with the most, with this one; of minutes nothing is said, since whoever asks
/// for class after class would have a list of teachers.</param>
public sealed record BurdenFigures(int Budget, int Classes, int? Most);

/// <summary>
/// The burden budget (减负, ALL-6): how many notices this week, Monday to Sunday, has for a guardian, and how many minutes for a homeroom
/// teacher, with one more notice. Both are estimates from what is told to which place, so that a notice to a whole district asks
/// for no receipt: a guardian has what went to the class, its grade, its school and the district. Guardians of children in several
/// classes may have more; who came within the week may have less. What is urgent is not counted and not warned of (MSG-6).
/// </summary>
internal static class BurdenBudget
{
    /// <summary>Minutes for a notice: one text and two taps.</summary>
    internal const int NoticeMinutes = 2;

    /// <summary>Minutes for a week of the contact book, one screen for 45.</summary>
    internal const int ContactBookMinutes = 5;

    /// <summary>Minutes for what a class is to answer to a notice of others: a screen like that of the contact book.</summary>
    internal const int AnswersMinutes = 5;

    // Grouped by place and joined by hash: of groups within a statement the planner expects so few that it would go through all of
    // them for each class.
    private const string Planned = "SELECT set_config('enable_nestloop', 'off', true)";
    private const string Unplanned = "SELECT set_config('enable_nestloop', 'on', true)";

    private static readonly string Count =
        $"""
        WITH week AS MATERIALIZED (
            SELECT p.school_id, p.class_id, p.grade, p.author_id, count(*) AS sent, count(*) FILTER (WHERE p.asks_answer) AS asks
            FROM post p
            WHERE p.district_id = $1 AND p.published_at >= $2 AND p.published_at < $3 AND NOT p.urgent
                AND ($4 IS NULL OR p.school_id IS NULL OR p.school_id = $4)
            GROUP BY p.school_id, p.class_id, p.grade, p.author_id),
        everywhere AS (SELECT coalesce(sum(sent), 0) AS sent, coalesce(sum(asks), 0) AS asks FROM week WHERE school_id IS NULL),
        -- An empty id or grade for all: what is null joins with nothing.
        place AS MATERIALIZED (
            SELECT school_id, coalesce(class_id, '{Guid.Empty}') AS class_id, coalesce(grade, '') AS grade, sum(sent) AS sent,
                sum(asks) AS asks
            FROM week WHERE school_id IS NOT NULL GROUP BY 1, 2, 3),
        own AS MATERIALIZED (
            SELECT author_id, school_id, class_id, sum(asks) AS asks FROM week WHERE class_id IS NOT NULL AND author_id IS NOT NULL
            GROUP BY 1, 2, 3),
        author AS MATERIALIZED (SELECT author_id, sum(sent) AS sent FROM week WHERE author_id IS NOT NULL GROUP BY 1),
        class AS MATERIALIZED (
            SELECT c.school_id, c.class_id, ($5 IS NULL OR c.class_id = $5) AND ($6 IS NULL OR c.grade = $6) AS gets_it,
                e.sent + coalesce(s.sent, 0) + coalesce(g.sent, 0) + coalesce(o.sent, 0) AS sent,
                e.asks + coalesce(s.asks, 0) + coalesce(g.asks, 0) + coalesce(o.asks, 0) AS asks
            FROM school_class c CROSS JOIN everywhere e
            LEFT JOIN place s ON s.school_id = c.school_id AND s.class_id = '{Guid.Empty}' AND s.grade = ''
            LEFT JOIN place g ON g.school_id = c.school_id AND g.class_id = '{Guid.Empty}' AND g.grade = c.grade AND g.grade <> ''
            LEFT JOIN place o ON o.school_id = c.school_id AND o.class_id = c.class_id
            WHERE c.district_id = $1 AND c.withdrawn_on IS NULL AND ($4 IS NULL OR c.school_id = $4)),
        teaches AS MATERIALIZED (
            SELECT DISTINCT t.staff_id, t.school_id, t.class_id FROM staff_post t
            WHERE t.district_id = $1 AND t.role = 'HomeroomTeacher' AND t.starts_on <= $7 AND (t.ends_on IS NULL OR t.ends_on >= $7)
                AND ($4 IS NULL OR t.school_id = $4)),
        teacher AS MATERIALIZED (
            SELECT t.staff_id, {NoticeMinutes} * coalesce(max(a.sent), 0)
                + sum({AnswersMinutes} * (c.asks - coalesce(o.asks, 0) + CASE WHEN c.gets_it THEN 1 ELSE 0 END)
                    + CASE WHEN b.class_id IS NULL THEN 0 ELSE {ContactBookMinutes} END) AS minutes
            FROM teaches t JOIN class c ON c.school_id = t.school_id AND c.class_id = t.class_id
            LEFT JOIN own o ON o.author_id = t.staff_id AND o.school_id = t.school_id AND o.class_id = t.class_id
            LEFT JOIN author a ON a.author_id = t.staff_id
            LEFT JOIN contact_week b ON b.school_id = t.school_id AND b.class_id = t.class_id AND b.week = $8
            GROUP BY t.staff_id)
        SELECT n.most, n.above, m.above FROM
            (SELECT coalesce(max(sent), 0)::int + 1 AS most, (count(*) FILTER (WHERE sent + 1 > $9))::int AS above
                FROM class WHERE gets_it) n
            CROSS JOIN
            (SELECT (count(DISTINCT (t.school_id, t.class_id)) FILTER (WHERE minutes > $10))::int AS above
                FROM class c JOIN teaches t ON t.school_id = c.school_id AND t.class_id = c.class_id
                JOIN teacher USING (staff_id) WHERE c.gets_it) m
        """;

    private static readonly PublisherWarning ReplacesNothing = new(
        "messages.replaces-nothing", "请说明这次填报替代了哪一项。", "Say which form this one replaces.");

    /// <summary>
    /// What a notice that is not sent yet is warned of. Within a transaction; one round trip beside the policy's, whatever the notice
    /// goes to.
    /// </summary>
    /// <param name="db">The database.</param>
    /// <param name="post">The notice.</param>
    /// <param name="isOfOthers">Whether it comes from a school or district, and so makes work for the classes' teachers.</param>
    /// <param name="now">When it would be sent.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<PublisherWarning>> WarningsAsync(
        MessagesDb db, PostRequest post, bool isOfOthers, DateTimeOffset now, CancellationToken cancel)
    {
        if (post.Urgent)
            return [];
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var policy = await connection.PolicyAsync(post.DistrictId, cancel);
        var (notices, minutes) = await CountAsync(connection, post, policy, now, cancel);
        var warnings = new List<PublisherWarning>();
        if (notices.Classes > 0)
            warnings.Add(ManyNotices(notices));
        if (post.AsksAnswer && isOfOthers && minutes.Classes > 0)
            warnings.Add(ManyMinutes(minutes));
        if (post is { AsksAnswer: true, ClassId: null } && string.IsNullOrWhiteSpace(post.Replaces))
            warnings.Add(ReplacesNothing);
        return warnings;
    }

    private static PublisherWarning ManyNotices(BurdenFigures figures) => new(
        "messages.many-notices",
        $"加上这条，本周有 {figures.Classes} 个班的家长会收到超过 {figures.Budget} 条通知（最多 {figures.Most} 条）。能否合并或推迟？",
        $"With this one, guardians of {figures.Classes} classes get more than {figures.Budget} notices this week ({figures.Most} at "
        + "most). Could it be one with another, or wait?",
        figures);

    private static PublisherWarning ManyMinutes(BurdenFigures figures) => new(
        "messages.many-minutes",
        $"这条通知需要答复：本周有 {figures.Classes} 个班的班主任用时估计会超过 {figures.Budget} 分钟。能否省去或推迟？",
        $"It asks for answers: the homeroom teachers of {figures.Classes} classes would need more than {figures.Budget} minutes this "
        + "week, as estimated. Could it be left out, or wait?",
        figures);

    private static async Task<(BurdenFigures Notices, BurdenFigures Minutes)> CountAsync(
        NpgsqlConnection connection, PostRequest post, MessagePolicy policy, DateTimeOffset now, CancellationToken cancel)
    {
        var today = policy.Day(now);
        var monday = KeepContactBook.Monday(today);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Planned),
                new NpgsqlBatchCommand(Count)
                {
                    Parameters =
                    {
                        Value(NpgsqlDbType.Uuid, post.DistrictId),
                        Value(NpgsqlDbType.TimestampTz, policy.Begin(monday)),
                        Value(NpgsqlDbType.TimestampTz, policy.Begin(monday.AddDays(7))),
                        Value(NpgsqlDbType.Uuid, post.SchoolId),
                        Value(NpgsqlDbType.Uuid, post.ClassId),
                        Value(NpgsqlDbType.Text, string.IsNullOrWhiteSpace(post.Grade) ? null : post.Grade.Trim()),
                        Value(NpgsqlDbType.Date, today),
                        Value(NpgsqlDbType.Date, monday),
                        Value(NpgsqlDbType.Integer, policy.NoticesAWeek),
                        Value(NpgsqlDbType.Integer, policy.TeacherMinutesAWeek),
                    },
                },
                new NpgsqlBatchCommand(Unplanned),
            },
        };
        await using var counted = await batch.ExecuteReaderAsync(cancel);
        await counted.NextResultAsync(cancel);
        await counted.ReadAsync(cancel);
        return (
            new BurdenFigures(policy.NoticesAWeek, counted.GetInt32(1), counted.GetInt32(0)),
            new BurdenFigures(policy.TeacherMinutesAWeek, counted.GetInt32(2), null));
    }

    private static NpgsqlParameter Value(NpgsqlDbType type, object? value) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
