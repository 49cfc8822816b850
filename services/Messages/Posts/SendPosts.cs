using HomeSchool.Contracts.Messages;
using HomeSchool.Messages.Notices;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Messages.Posts;

/// <summary>
/// Gives posts to guardians: receipts and notifications, so many guardians of a school at a time in one statement, which also
/// moves <c>post_progress</c> on. Whenever a process is killed, the next one goes on behind the last guardian who has the post; a
/// row lock keeps several replicas from one school, and those of one district take turns. Districts take turns, one that fails
/// holds up no other, and after each piece of a district's post the work rests for a quarter of the time that it took, so that a notice to
/// everybody stays a background matter.
/// </summary>
public sealed partial class SendPosts(NpgsqlDataSource database, TimeProvider clock, ILogger<SendPosts> logger)
    : Recurring(TimeSpan.FromSeconds(0.5), logger)
{
    /// <summary>Guardians in one piece.</summary>
    internal const int Piece = 4_000;

    private static readonly string Send =
        $"""
        WITH child AS (
            SELECT DISTINCT ON (e.student_id) e.student_id,
                coalesce(e.class_id, '00000000-0000-0000-0000-000000000000') AS class_id,
                coalesce(e.grade, c.grade) AS grade
            FROM enrolment e LEFT JOIN school_class c ON c.school_id = e.school_id AND c.class_id = e.class_id
            WHERE e.school_id = $1 AND e.starts_on <= $4 AND (e.ends_on IS NULL OR e.ends_on >= $4)
                -- Nothing is added about a child who is erased, or whose roll or messages are restricted (ARC-10).
                AND NOT EXISTS (SELECT FROM platform.erased_student gone WHERE gone.student_id = e.student_id)
                AND NOT EXISTS (SELECT FROM platform.restricted_student held
                    WHERE held.student_id = e.student_id AND held.kinds && ARRAY['Basics', 'Messages'])
            ORDER BY e.student_id, e.starts_on DESC),
        -- Guardians in the order of their ids, numbered rather than joined with the piece: of who is on roll and not withdrawn,
        -- restricted or erased the planner expects so few that it would look for each among all.
        audience AS MATERIALIZED (
            SELECT g.guardian_id, child.student_id, child.class_id, coalesce(r.channel, 'App') AS channel,
                dense_rank() OVER (ORDER BY g.guardian_id) AS nth
            FROM child
            JOIN post p ON p.id = $2 AND (p.class_id IS NULL OR p.class_id = child.class_id)
                AND (p.grade IS NULL OR p.grade = child.grade)
            JOIN guardianship g ON g.student_id = child.student_id
            LEFT JOIN guardian_rights r ON r.student_id = g.student_id AND r.guardian_id = g.guardian_id
            WHERE g.guardian_id > $3 AND (g.withdrawn_on IS NULL OR g.withdrawn_on > $4) AND coalesce(r.may_see, true)),
        received AS (
            INSERT INTO receipt (school_id, post_id, guardian_id, student_id, district_id, class_id, channel)
            SELECT $1, $2, guardian_id, student_id, $6, class_id, channel FROM audience WHERE nth <= $7),
        told AS (
            INSERT INTO notification (school_id, guardian_id, id, district_id, student_ids, kind, about_id, urgent, created_at)
            SELECT $1, guardian_id, {Notification.NewId("$5")}, $6, array_agg(student_id), 'Post', $2,
                (SELECT urgent FROM post WHERE id = $2), $5
            FROM audience WHERE nth <= $7 GROUP BY guardian_id),
        found AS (SELECT coalesce(max(nth), 0)::int AS guardians FROM audience)
        UPDATE post_progress SET
            last_guardian_id = coalesce(
                (SELECT guardian_id FROM audience WHERE nth <= $7 ORDER BY nth DESC LIMIT 1), last_guardian_id),
            guardians = post_progress.guardians + least(found.guardians, $7),
            done_at = CASE WHEN found.guardians <= $7 THEN $5 END
        FROM found WHERE school_id = $1 AND post_id = $2 RETURNING post_progress.guardians, done_at IS NOT NULL
        """;

    // No child is erased between what is read and what is written, and the statement leaves out those who are and the restricted:
    // so the tables need not look for each row, which takes longer than to write it.
    private const string LeftOut = "SELECT set_config('app.erased', 'left out', true), set_config('app.restricted', 'shown', true)";

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
                    await Task.Delay(clock.GetElapsedTime(began) / 4, clock, cancel);
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
        await using (var hold = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(ErasureTurns.HoldOff) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = district } } },
                new NpgsqlBatchCommand(LeftOut),
            },
        })
        {
            await hold.ExecuteNonQueryAsync(cancel);
        }

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
