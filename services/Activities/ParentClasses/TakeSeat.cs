using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Activities.ParentClasses;

/// <summary>A family's place in a workshop.</summary>
/// <param name="Seat">The seat; <see langword="null"/> while it waits.</param>
/// <param name="Ahead">How many wait before it; 0 with a seat.</param>
public sealed record SeatBody(int? Seat, int Ahead);

/// <summary>
/// Seats of workshops and the line for them (ACT-3). Who signs up stands in line; then whoever is first gets what is free, at
/// every sign-up, leave and change alike. All of it happens under the parent class's row lock, one after another, and a seat's
/// number is unique in the database: never are there more families than seats.
/// </summary>
internal static class TakeSeat
{
    public static void MapTakeSeat(this IEndpointRouteBuilder api)
    {
        api.MapPost("/parent-classes/{id:guid}/seat", TakeAsync).Command(Permission.TakePart).WithName("TakeSeat")
            .WithSummary("Signs up for the workshop: a seat, or a place in line. To ask again changes nothing.");
        api.MapDelete("/parent-classes/{id:guid}/seat", LeaveAsync).Command(Permission.TakePart).WithName("LeaveSeat")
            .WithSummary("Gives up the seat or the place in line; whoever is first in line moves up.");
    }

    private static async Task<Results<Ok<SeatBody>, Problem>> TakeAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        await db.LockLessonAsync(id, cancel);
        if (await db.LessonsSeenBy(reach).SingleOrDefaultAsync(l => l.Id == id, cancel) is not { } lesson
            || reach.ChildIn(lesson) is not { GuardianId: { } guardian } child)
            return (Problem)Failures.NotFound;
        if (lesson.CancelledAt is not null)
            return (Problem)LessonFailures.Cancelled;
        if (lesson.Seats == 0)
            return (Problem)LessonFailures.NoWorkshop;
        if (lesson.StartsAt <= now)
            return (Problem)LessonFailures.Begun;

        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO lesson_sign_up (school_id, lesson_id, guardian_id, id, student_id, district_id, asked_at, place)
            SELECT {lesson.SchoolId}, {id}, {guardian}, {Guid.CreateVersion7(now)}, {child.StudentId}, {lesson.DistrictId}, {now},
                coalesce(max(place), 0) + 1
            FROM lesson_sign_up WHERE school_id = {lesson.SchoolId} AND lesson_id = {id}
            ON CONFLICT (school_id, lesson_id, guardian_id) DO NOTHING
            """, cancel);
        await MoveUpAsync(db, lesson, guardian, now, cancel);
        audit.About("parent-class", id, lesson.DistrictId, lesson.SchoolId);
        var signUps = db.Set<LessonSignUp>().Where(s => s.SchoolId == lesson.SchoolId && s.LessonId == id);
        return TypedResults.Ok(await signUps.Where(s => s.GuardianId == guardian).Select(s => new SeatBody(
            s.SeatNo, s.SeatNo != null ? 0 : signUps.Count(other => other.SeatNo == null && other.Place < s.Place)))
            .SingleAsync(cancel));
    }

    private static async Task<Results<NoContent, Problem>> LeaveAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        await db.LockLessonAsync(id, cancel);
        if (await db.LessonsSeenBy(reach).SingleOrDefaultAsync(l => l.Id == id, cancel) is not { } lesson
            || reach.ChildIn(lesson) is not { GuardianId: { } guardian })
            return (Problem)Failures.NotFound;
        if (lesson.StartsAt <= now)
            return (Problem)LessonFailures.Begun;
        await db.Set<LessonSignUp>()
            .Where(s => s.SchoolId == lesson.SchoolId && s.LessonId == id && s.GuardianId == guardian).ExecuteDeleteAsync(cancel);
        await MoveUpAsync(db, lesson, null, now, cancel);
        audit.About("parent-class", id, lesson.DistrictId, lesson.SchoolId);
        return TypedResults.NoContent();
    }

    /// <summary>Gives what seats are free to those first in line, and tells all but who reads it in the answer.</summary>
    /// <param name="db">In a transaction that holds the parent class's lock.</param>
    /// <param name="lesson">The parent class.</param>
    /// <param name="told">Who has just signed up, if somebody has.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up.</param>
    internal static async Task MoveUpAsync(
        ActivitiesDb db, Lesson lesson, Guid? told, DateTimeOffset now, CancellationToken cancel)
    {
        await using var give = new NpgsqlCommand(
            """
            WITH free AS (
                SELECT n, row_number() OVER (ORDER BY n) AS k FROM generate_series(1, $3) AS n
                WHERE NOT EXISTS (SELECT FROM lesson_sign_up s WHERE s.school_id = $1 AND s.lesson_id = $2 AND s.seat_no = n)),
            line AS (
                SELECT guardian_id, row_number() OVER (ORDER BY place) AS k FROM lesson_sign_up
                WHERE school_id = $1 AND lesson_id = $2 AND seat_no IS NULL)
            UPDATE lesson_sign_up s SET seat_no = free.n FROM free JOIN line USING (k)
            WHERE s.school_id = $1 AND s.lesson_id = $2 AND s.guardian_id = line.guardian_id
            RETURNING s.id, s.student_id, s.guardian_id
            """, (NpgsqlConnection)db.Database.GetDbConnection());
        give.Parameters.AddWithValue(lesson.SchoolId);
        give.Parameters.AddWithValue(lesson.Id);
        give.Parameters.AddWithValue(lesson.Seats);
        var given = new List<SeatGiven>();
        await using (var reader = await give.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                given.Add(new SeatGiven(
                    lesson.DistrictId, lesson.SchoolId, reader.GetGuid(0), 2, now, lesson.Id, reader.GetGuid(1),
                    reader.GetGuid(2)));
            }
        }

        await db.PublishAsync([.. given.Where(seat => seat.GuardianId != told)], cancel);
    }
}
