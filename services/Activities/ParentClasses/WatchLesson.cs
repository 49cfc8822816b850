using HomeSchool.Activities.Policies;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.ParentClasses;

/// <summary>Where to watch.</summary>
/// <param name="Url">The address; https.</param>
public sealed record WatchBody(string Url);

/// <summary>Families to note as present in the workshop.</summary>
/// <param name="StudentIds">Whose families: 1–500 with a seat.</param>
public sealed record WorkshopAttendance(IReadOnlyList<Guid> StudentIds);

/// <summary>A family's sign-up, as the organiser sees it.</summary>
/// <param name="StudentId">Whose family.</param>
/// <param name="GuardianId">Who comes.</param>
/// <param name="Seat">The seat; <see langword="null"/> while it waits.</param>
/// <param name="Attended">Whether the workshop was noted as attended.</param>
public sealed record SignUpBody(Guid StudentId, Guid GuardianId, int? Seat, bool Attended);

/// <summary>
/// Who watches a parent class, live or again, and who comes to its workshop (ACT-3). The address is given to who asks for it
/// and to nobody else; that is also how views are counted.
/// </summary>
internal static class WatchLesson
{
    private const int MostFamilies = 500;
    private static readonly TimeSpan DoorsOpen = TimeSpan.FromMinutes(15);

    public static void MapWatchLesson(this IEndpointRouteBuilder api)
    {
        api.MapPost("/parent-classes/{id:guid}/live", WatchLiveAsync).Command(Permission.TakePart).WithName("WatchLive")
            .WithSummary("Where a parent class is live, from 15 minutes before it; counts as attendance.");
        api.MapPost("/parent-classes/{id:guid}/replay-views", WatchReplayAsync).Command(Permission.TakePart)
            .WithName("WatchReplay").WithSummary("Where a parent class is to be seen again; counts as a view.");
        api.MapGet("/parent-classes/{id:guid}/seats", ListSeatsAsync).Query(Permission.ParentClassManage).WithName("ListSeats")
            .WithSummary("Who has a seat in the workshop, by number, and then who waits, in line.");
        api.MapPost("/parent-classes/{id:guid}/attendance", NoteAsync).Command(Permission.ParentClassManage)
            .WithName("NoteWorkshopAttendance").WithSummary("Notes who came to the workshop: they practised its methods.");
    }

    private static async Task<Results<Ok<WatchBody>, Problem>> WatchLiveAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(db, id, current, now, cancel) is not (var lesson, { GuardianId: { } guardian } child))
            return (Problem)Failures.NotFound;
        if (lesson.CancelledAt is not null)
            return (Problem)LessonFailures.Cancelled;
        if (now < lesson.StartsAt - DoorsOpen)
            return (Problem)LessonFailures.NotBegun;
        if (lesson.LiveUrl is not { } url || now > lesson.EndsAt)
            return (Problem)LessonFailures.LiveOver;
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO lesson_presence AS known
                (school_id, lesson_id, student_id, guardian_id, district_id, live_at, replay_views)
            VALUES ({lesson.SchoolId}, {id}, {child.StudentId}, {guardian}, {lesson.DistrictId}, {now}, 0)
            ON CONFLICT (school_id, lesson_id, student_id, guardian_id) DO UPDATE
                SET live_at = coalesce(known.live_at, excluded.live_at)
            """, cancel);
        await AnnounceAsync(db, lesson, [child.StudentId], now, cancel);
        audit.About("parent-class", id, lesson.DistrictId, lesson.SchoolId);
        return TypedResults.Ok(new WatchBody(url));
    }

    private static async Task<Results<Ok<WatchBody>, Problem>> WatchReplayAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(db, id, current, now, cancel) is not (var lesson, { GuardianId: { } guardian } child))
            return (Problem)Failures.NotFound;
        if (lesson.ReplayUrl is not { } url)
            return (Problem)LessonFailures.NoReplay;
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO lesson_presence AS known (school_id, lesson_id, student_id, guardian_id, district_id, replay_views)
            VALUES ({lesson.SchoolId}, {id}, {child.StudentId}, {guardian}, {lesson.DistrictId}, 1)
            ON CONFLICT (school_id, lesson_id, student_id, guardian_id) DO UPDATE SET replay_views = known.replay_views + 1
            """, cancel);
        audit.About("parent-class", id, lesson.DistrictId, lesson.SchoolId);
        return TypedResults.Ok(new WatchBody(url));
    }

    private static async Task<Results<Ok<IReadOnlyList<SignUpBody>>, Problem>> ListSeatsAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ParentClassManage, clock.GetUtcNow(), cancel);
        if (await db.Set<Lesson>().AsNoTracking()
            .SingleOrDefaultAsync(l => l.Id == id && reach.Schools.Contains(l.SchoolId), cancel) is not { } lesson)
            return (Problem)Failures.NotFound;
        return TypedResults.Ok<IReadOnlyList<SignUpBody>>(await db.Set<LessonSignUp>()
            .Where(s => s.SchoolId == lesson.SchoolId && s.LessonId == id)
            .OrderBy(s => s.SeatNo == null).ThenBy(s => s.SeatNo).ThenBy(s => s.Place)
            .Select(s => new SignUpBody(s.StudentId, s.GuardianId, s.SeatNo, db.Set<LessonPresence>().Any(p =>
                p.SchoolId == s.SchoolId && p.LessonId == id && p.StudentId == s.StudentId && p.WorkshopAt != null)))
            .ToListAsync(cancel));
    }

    private static async Task<Results<NoContent, Problem>> NoteAsync(
        Guid id, WorkshopAttendance request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, MostFamilies);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.LockManagedAsync(id, current, now, cancel) is not { } lesson)
            return (Problem)Failures.NotFound;
        if (lesson.CancelledAt is not null)
            return (Problem)LessonFailures.Cancelled;
        if (now < lesson.StartsAt)
            return (Problem)LessonFailures.NotBegun;
        Guid[] students = [.. request.StudentIds];
        if (await db.Set<LessonSignUp>().CountAsync(s => s.SchoolId == lesson.SchoolId && s.LessonId == id && s.SeatNo != null
            && students.Contains(s.StudentId), cancel) < students.Length)
            return Problem.Of([LessonFailures.NotSeated.At("studentIds")]);

        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO lesson_presence AS known
                (school_id, lesson_id, student_id, guardian_id, district_id, workshop_at, replay_views)
            SELECT school_id, lesson_id, student_id, guardian_id, district_id, {now}, 0 FROM lesson_sign_up
            WHERE school_id = {lesson.SchoolId} AND lesson_id = {id} AND seat_no IS NOT NULL AND student_id = ANY ({students})
            ON CONFLICT (school_id, lesson_id, student_id, guardian_id) DO UPDATE
                SET workshop_at = coalesce(known.workshop_at, excluded.workshop_at)
            """, cancel);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO mastered_method (school_id, student_id, lesson_id, method, district_id, guardian_id, how, at)
            SELECT s.school_id, s.student_id, s.lesson_id, m, s.district_id, s.guardian_id, {nameof(MasteredBy.Practised)}, {now}
            FROM lesson_sign_up s, generate_series(0, {lesson.Methods.Length - 1}) AS m
            WHERE s.school_id = {lesson.SchoolId} AND s.lesson_id = {id} AND s.seat_no IS NOT NULL
                AND s.student_id = ANY ({students})
            ON CONFLICT (school_id, student_id, lesson_id, method) DO NOTHING
            """, cancel);
        await AnnounceAsync(db, lesson, students, now, cancel);
        audit.About("parent-class", id, lesson.DistrictId, lesson.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<(Lesson Lesson, OwnChild Child)?> FindAsync(
        ActivitiesDb db, Guid id, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        return await db.LessonsSeenBy(reach).SingleOrDefaultAsync(l => l.Id == id, cancel) is { } lesson
            ? (lesson, reach.ChildIn(lesson)) : null;
    }

    private static async Task AnnounceAsync(
        ActivitiesDb db, Lesson lesson, Guid[] students, DateTimeOffset now, CancellationToken cancel)
    {
        var zone = (await db.PolicyAtAsync(lesson.DistrictId, lesson.SchoolId, cancel)).TimeZone;
        db.Publish(new LessonAttended(
            lesson.DistrictId, lesson.SchoolId, lesson.Id, 1, now, lesson.TermId, students,
            LocalTime.Day(lesson.StartsAt, zone)));
    }
}
