using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Messages.Posts;

/// <summary>What becomes of receipts (MSG-4). The first time counts; what is opened has arrived.</summary>
internal static class Receipts
{
    /// <summary>These notifications of the guardians have arrived: the app has them, or a channel has accepted them.</summary>
    public static async Task DeliveredAsync(
        NpgsqlConnection connection, Guid[] guardians, IReadOnlyList<Guid> notifications, DateTimeOffset now,
        CancellationToken cancel)
    {
        await using var mark = new NpgsqlCommand(
            """
            UPDATE receipt r SET delivered_at = $3 FROM notification n
            WHERE n.id = ANY ($1) AND n.guardian_id = ANY ($2) AND n.kind IN ('Post', 'PostReminder')
                AND r.school_id = n.school_id AND r.post_id = n.about_id AND r.guardian_id = n.guardian_id
                    AND r.delivered_at IS NULL
            """, connection).With(notifications.ToArray()).With(guardians).With(now);
        await mark.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The guardians have opened these notifications; with a post, all that was told about it is read.</summary>
    public static async Task ReadAsync(
        NpgsqlConnection connection, Guid[] guardians, IReadOnlyList<Guid> notifications, DateTimeOffset now,
        CancellationToken cancel)
    {
        await using var mark = new NpgsqlCommand(
            """
            WITH opened AS (
                SELECT n.school_id, n.guardian_id, n.about_id FROM notification n WHERE n.id = ANY ($1)
                    AND n.guardian_id = ANY ($2)),
            told AS (
                UPDATE notification n SET read_at = $3 FROM opened o
                WHERE n.school_id = o.school_id AND n.guardian_id = o.guardian_id AND n.about_id = o.about_id
                    AND n.read_at IS NULL)
            UPDATE receipt r SET read_at = coalesce(r.read_at, $3), delivered_at = coalesce(r.delivered_at, $3) FROM opened o
            WHERE r.school_id = o.school_id AND r.post_id = o.about_id AND r.guardian_id = o.guardian_id
            """, connection).With(notifications.ToArray()).With(guardians).With(now);
        await mark.ExecuteNonQueryAsync(cancel);
    }
}
