using HomeSchool.Contracts.Messages;
using HomeSchool.Messages.Notices;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Messages.Posts;

/// <summary>
/// Gives posts to guardians: receipts and notifications, so many guardians of a school at a time in one statement, which also
/// moves <c>post_progress</c> on. Whenever a process is killed, the next one goes on behind the last guardian who has the post; a
/// row lock lets several replicas work on several schools. Districts take turns, one that fails holds up no other, and after each
/// piece of a district's post the work rests for as long as it took, so that a notice to everybody stays a background matter.
/// </summary>
public sealed partial class SendPosts(NpgsqlDataSource database, TimeProvider clock, ILogger<SendPosts> logger)
    : Recurring(TimeSpan.FromSeconds(0.5), logger)
{
    /// <summary>Guardians in one piece.</summary>
    internal const int Piece = 2_000;

    private static readonly string Send =
        $"""
        WITH child AS (
            SELECT DISTINCT ON (e.student_id) e.student_id,
                coalesce(e.class_id, '00000000-0000-0000-0000-000000000000') AS class_id,
                coalesce(e.grade, c.grade) AS grade
            FROM enrolment e LEFT JOIN school_class c ON c.school_id = e.school_id AND c.class_id = e.class_id
            WHERE e.school_id = $1 AND e.starts_on <= $4 AND (e.ends_on IS NULL OR e.ends_on >= $4)
                -- Nothing is added about a child whose messages are restricted (ARC-10).
                AND NOT EXISTS (SELECT FROM platform.restricted_student held
                    WHERE held.student_id = e.student_id AND 'Messages' = ANY (held.kinds))
            ORDER BY e.student_id, e.starts_on DESC),
        audience AS (
            SELECT g.guardian_id, child.student_id, child.class_id, coalesce(r.channel, 'App') AS channel
            FROM child
            JOIN post p ON p.id = $2 AND (p.class_id IS NULL OR p.class_id = child.class_id)
                AND (p.grade IS NULL OR p.grade = child.grade)
            JOIN guardianship g ON g.student_id = child.student_id
            LEFT JOIN guardian_rights r ON r.student_id = g.student_id AND r.guardian_id = g.guardian_id
            WHERE g.guardian_id > $3 AND (g.withdrawn_on IS NULL OR g.withdrawn_on > $4) AND coalesce(r.may_see, true)),
        piece AS (SELECT DISTINCT guardian_id FROM audience ORDER BY guardian_id LIMIT $7),
        received AS (
            INSERT INTO receipt (school_id, post_id, guardian_id, student_id, district_id, class_id, channel)
            SELECT $1, $2, guardian_id, a.student_id, $6, a.class_id, a.channel FROM audience a JOIN piece USING (guardian_id)),
        told AS (
            INSERT INTO notification (school_id, guardian_id, id, district_id, student_ids, kind, about_id, urgent, created_at)
            SELECT $1, guardian_id, {Notification.NewId("$5")}, $6, array_agg(a.student_id), 'Post', $2,
                (SELECT urgent FROM post WHERE id = $2), $5
            FROM audience a JOIN piece USING (guardian_id) GROUP BY guardian_id)
        UPDATE post_progress SET
            last_guardian_id = coalesce((SELECT guardian_id FROM piece ORDER BY guardian_id DESC LIMIT 1), last_guardian_id),
            guardians = guardians + (SELECT count(*) FROM piece),
            done_at = CASE WHEN (SELECT count(*) FROM piece) < $7 THEN $5 END
        WHERE school_id = $1 AND post_id = $2 RETURNING guardians, done_at IS NOT NULL
        """;

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        var districts = await database.DistrictsAsync(cancel);
        for (var more = true; more;)
        {
            more = false;
            foreach (var district in districts)
            {
                var began = clock.GetTimestamp();
                if (await TrySendNextAsync(district, cancel) is not { } turn)
                    continue;
                more = true;
                if (turn == PostTurn.District)
                    await Task.Delay(clock.GetElapsedTime(began), clock, cancel);
            }
        }
    }

    private async Task<PostTurn?> TrySendNextAsync(Guid district, CancellationToken cancel)
    {
        try
        {
            return await SendNextAsync(district, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogFailed(logger, e, district);
            return null; // its turn comes again
        }
    }

    /// <summary>Sends the next piece of the post whose turn it is.</summary>
    /// <returns>Whose turn it was; <see langword="null"/> when nothing waits.</returns>
    private async Task<PostTurn?> SendNextAsync(Guid district, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        if (await NextAsync(connection, district, cancel) is not { } next)
            return null;
        var now = clock.GetUtcNow();
        var today = (await connection.PolicyAsync(district, cancel)).Day(now);
        await using var send = new NpgsqlCommand(Send, connection)
            .With(next.School).With(next.Post).With(next.Last).With(today).With(now).With(district).With(Piece);
        int guardians;
        bool done;
        await using (var sent = await send.ExecuteReaderAsync(cancel))
        {
            await sent.ReadAsync(cancel);
            (guardians, done) = (sent.GetInt32(0), sent.GetBoolean(1));
        }

        if (done)
        {
            await Outbox.InsertAsync(
                connection,
                [new NoticeSent(district, next.School, next.Post, 1, now, next.Class, guardians, next.AsksAnswer)], cancel);
        }

        await transaction.CommitAsync(cancel);
        return next.Turn;
    }

    private static async Task<Next?> NextAsync(NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(
            """
            SELECT s.school_id, s.post_id, s.last_guardian_id, s.turn, p.class_id, p.asks_answer
            FROM post_progress s JOIN post p ON p.id = s.post_id
            WHERE s.district_id = $1 AND s.done_at IS NULL
            ORDER BY s.turn, s.post_id, s.school_id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
            """, connection).With(district);
        await using var found = await find.ExecuteReaderAsync(cancel);
        return await found.ReadAsync(cancel)
            ? new Next(
                found.GetGuid(0), found.GetGuid(1), found.GetGuid(2), (PostTurn)found.GetInt32(3),
                await found.GetFieldValueAsync<Guid?>(4, cancel), found.GetBoolean(5))
            : null;
    }

    [LoggerMessage(LogLevel.Error, "District {District}: posts could not be given to guardians; tried again with the next turn.")]
    private static partial void LogFailed(ILogger logger, Exception exception, Guid district);

    private sealed record Next(Guid School, Guid Post, Guid Last, PostTurn Turn, Guid? Class, bool AsksAnswer);
}
