using HomeSchool.Activities.Policies;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.ParentClasses;

/// <summary>How many families of a class master methods (ACT-3).</summary>
/// <param name="ClassId">The class.</param>
/// <param name="Title">E.g. 七年级(3)班.</param>
/// <param name="OnRoll">Families of the class: its students on roll.</param>
/// <param name="Mastered">Of these, those that master as many as the policy's goal.</param>
public sealed record ClassMethods(Guid ClassId, string Title, int OnRoll, int Mastered);

/// <summary>What families tried, and how many master enough of it (ACT-3). Nobody is examined: a tick is a tick.</summary>
internal static class MasterMethods
{
    public static void MapMasterMethods(this IEndpointRouteBuilder api)
    {
        api.MapPost("/parent-classes/{id:guid}/methods/{method:int}/tried", TryAsync).Command(Permission.TakePart)
            .WithName("TickMethod").WithSummary("A guardian tried a method (试过了); counts for each own child at the school.");
        api.MapGet("/schools/{schoolId:guid}/methods", ReadAsync).Query(Permission.ReachRead).WithName("ReadMethods")
            .WithSummary("Of each class how many families master as many methods as the goal; to a homeroom teacher, the own.");
    }

    private static async Task<Results<NoContent, Problem>> TryAsync(
        Guid id, int method, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        if (await db.LessonsSeenBy(reach).SingleOrDefaultAsync(l => l.Id == id, cancel) is not { } lesson
            || method < 0 || method >= lesson.Methods.Length || reach.ChildIn(lesson).GuardianId is not { } guardian)
            return (Problem)Failures.NotFound;
        if (now < lesson.StartsAt)
            return (Problem)LessonFailures.NotBegun;
        Guid[] children =
            [.. reach.Children.Where(child => child.SchoolId == lesson.SchoolId).Select(child => child.StudentId).Distinct()];
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO mastered_method (school_id, student_id, lesson_id, method, district_id, guardian_id, how, at)
            SELECT {lesson.SchoolId}, child, {id}, {method}, {lesson.DistrictId}, {guardian}, {nameof(MasteredBy.TriedIt)}, {now}
            FROM unnest({children}) AS child
            ON CONFLICT (school_id, student_id, lesson_id, method) DO NOTHING
            """, cancel);
        audit.About("parent-class", id, lesson.DistrictId, lesson.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<IReadOnlyList<ClassMethods>>, Problem>> ReadAsync(
        Guid schoolId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ReachRead, now, cancel);
        if (await db.SchoolWithinAsync(reach, schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var policy = await db.PolicyAtAsync(school.DistrictId, schoolId, cancel);
        var today = LocalTime.Day(now, policy.TimeZone);
        var (whole, classes) = (reach.CoversSchool(school.DistrictId, schoolId), reach.Classes);
        return TypedResults.Ok<IReadOnlyList<ClassMethods>>(await db.Database.SqlQuery<ClassMethods>(
            $"""
            SELECT c.class_id AS "ClassId", c.title AS "Title", count(*)::int AS "OnRoll",
                (count(*) FILTER (WHERE m.methods >= {policy.MethodsGoal}))::int AS "Mastered"
            FROM school_class c
            JOIN enrolment e ON e.school_id = c.school_id AND e.class_id = c.class_id
                AND e.starts_on <= {today} AND (e.ends_on IS NULL OR e.ends_on >= {today})
            LEFT JOIN (
                SELECT student_id, count(*) AS methods FROM mastered_method WHERE school_id = {schoolId} GROUP BY student_id) m
                ON m.student_id = e.student_id
            WHERE c.school_id = {schoolId} AND c.withdrawn_on IS NULL AND ({whole} OR c.class_id = ANY ({classes}))
            GROUP BY c.class_id, c.title ORDER BY c.title, c.class_id
            """).ToListAsync(cancel));
    }
}
