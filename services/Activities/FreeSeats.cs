using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.PersonalData;
using Npgsql;

namespace HomeSchool.Activities;

/// <summary>
/// Gives the seats of a family that is erased to whoever waits longest, in the transaction of the erasure: no seat stays empty
/// while somebody waits, and nobody overtakes. The locks are those of signing up.
/// </summary>
internal static class FreeSeats
{
    public static async Task<IReadOnlyList<IEvent>> OfErasedAsync(
        NpgsqlConnection connection, PersonalDataAsked asked, DateTimeOffset now, CancellationToken cancel)
    {
        if (asked.Kinds?.Contains(DataKind.Activities) == false)
            return [];
        await ExecuteAsync(
            """
            SELECT FROM lesson l WHERE starts_at > $3 AND cancelled_at IS NULL AND EXISTS (
                SELECT FROM lesson_sign_up s WHERE s.school_id = l.school_id AND s.lesson_id = l.id AND s.student_id = $2
                    AND s.district_id = $1 AND s.seat_no IS NOT NULL)
            ORDER BY l.id FOR UPDATE
            """);
        // The erased family's own rows lose their seats here, and go right after this.
        var given = new List<IEvent>();
        await using (var give = Command(
            """
            WITH freed AS (
                SELECT s.school_id, s.lesson_id, s.guardian_id, s.seat_no,
                    row_number() OVER (PARTITION BY s.school_id, s.lesson_id ORDER BY s.seat_no) AS k
                FROM lesson_sign_up s JOIN lesson l ON l.school_id = s.school_id AND l.id = s.lesson_id
                WHERE s.district_id = $1 AND s.student_id = $2 AND s.seat_no IS NOT NULL AND l.starts_at > $3
                    AND l.cancelled_at IS NULL),
            line AS (
                SELECT s.school_id, s.lesson_id, s.guardian_id,
                    row_number() OVER (PARTITION BY s.school_id, s.lesson_id ORDER BY s.place) AS k
                FROM lesson_sign_up s
                WHERE s.seat_no IS NULL AND s.student_id <> $2
                    AND (s.school_id, s.lesson_id) IN (SELECT school_id, lesson_id FROM freed))
            SELECT line.school_id, line.lesson_id, line.guardian_id, freed.seat_no
            FROM freed JOIN line USING (school_id, lesson_id, k)
            """))
        {
            var moves = new List<(Guid School, Guid Lesson, Guid Guardian, int Seat)>();
            await using (var reader = await give.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                    moves.Add((reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetInt32(3)));
            }

            await ExecuteAsync(
                """
                UPDATE lesson_sign_up s SET seat_no = NULL FROM lesson l
                WHERE l.school_id = s.school_id AND l.id = s.lesson_id AND s.district_id = $1 AND s.student_id = $2
                    AND l.starts_at > $3 AND l.cancelled_at IS NULL
                """);
            foreach (var move in moves)
            {
                await using var seat = new NpgsqlCommand(
                    """
                    UPDATE lesson_sign_up SET seat_no = $4 WHERE school_id = $1 AND lesson_id = $2 AND guardian_id = $3
                    RETURNING id, student_id
                    """, connection);
                seat.Parameters.AddWithValue(move.School);
                seat.Parameters.AddWithValue(move.Lesson);
                seat.Parameters.AddWithValue(move.Guardian);
                seat.Parameters.AddWithValue(move.Seat);
                await using var told = await seat.ExecuteReaderAsync(cancel);
                await told.ReadAsync(cancel);
                given.Add(new SeatGiven(
                    asked.DistrictId, move.School, told.GetGuid(0), 2, now, move.Lesson, told.GetGuid(1), move.Guardian));
            }
        }

        await ExecuteAsync(
            """
            SELECT FROM family_activity a WHERE cancelled_at IS NULL AND seats IS NOT NULL AND EXISTS (
                SELECT FROM family_sign_up s WHERE s.school_id = a.school_id AND s.activity_id = a.id AND s.student_id = $2
                    AND s.district_id = $1 AND s.seated AND $3::timestamptz IS NOT NULL)
            ORDER BY a.id FOR UPDATE
            """);
        await ExecuteAsync(
            """
            UPDATE family_sign_up s SET seated = true
            FROM family_sign_up gone JOIN family_activity a ON a.school_id = gone.school_id AND a.id = gone.activity_id
            WHERE gone.district_id = $1 AND gone.student_id = $2 AND gone.seated AND a.cancelled_at IS NULL AND a.seats IS NOT NULL
                AND (a.ends_on + 1)::timestamp AT TIME ZONE a.time_zone > $3
                AND s.school_id = gone.school_id AND s.activity_id = gone.activity_id
                AND s.number = (
                    SELECT min(w.number) FROM family_sign_up w
                    WHERE w.school_id = gone.school_id AND w.activity_id = gone.activity_id AND NOT w.seated AND w.student_id <> $2)
            """);
        return given;

        async Task ExecuteAsync(string sql)
        {
            await using var command = Command(sql);
            await command.ExecuteNonQueryAsync(cancel);
        }

        NpgsqlCommand Command(string sql)
        {
            var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddWithValue(asked.DistrictId);
            command.Parameters.AddWithValue(asked.StudentId);
            command.Parameters.AddWithValue(now);
            return command;
        }
    }
}
