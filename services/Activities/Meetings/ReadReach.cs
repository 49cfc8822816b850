using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Meetings;

/// <summary>How many of a class's families the term's meetings reached, made up or not (ACT-1).</summary>
/// <param name="ClassId">The class.</param>
/// <param name="Title">E.g. 七年级(3)班.</param>
/// <param name="OnRoll">Families of the class: its students on roll.</param>
/// <param name="Opening">Reached by the opening meeting; <see langword="null"/> while none is planned.</param>
/// <param name="Midterm">Reached by the midterm meeting.</param>
/// <param name="Closing">Reached by the closing meeting.</param>
public sealed record ClassReach(Guid ClassId, string Title, int OnRoll, int? Opening, int? Midterm, int? Closing);

/// <summary>Reads how many families the meetings reached, class by class (ACT-1).</summary>
internal static class ReadReach
{
    public static void MapReadReach(this IEndpointRouteBuilder api) =>
        api.MapGet("/schools/{schoolId:guid}/reach", ReadAsync).Query(Permission.ReachRead).WithName("ReadMeetingReach")
            .WithSummary("Of each class how many families a term's parent meetings reached; to a homeroom teacher, the own.");

    private static async Task<Results<Ok<IReadOnlyList<ClassReach>>, Problem>> ReadAsync(
        Guid schoolId, Guid termId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ReachRead, now, cancel);
        if (await db.SchoolWithinAsync(reach, schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var term = await db.Set<Term>().AsNoTracking().SingleOrDefaultAsync(
            t => t.Id == termId && t.DistrictId == school.DistrictId && t.WithdrawnOn == null, cancel);
        if (term is null)
            return (Problem)Failures.NotFound;

        // Of a term that is over, those who were there on its last day.
        var today = LocalTime.Day(now, (await db.PolicyAtAsync(school.DistrictId, schoolId, cancel)).TimeZone);
        var day = today < term.StartsOn ? term.StartsOn : today > term.EndsOn ? term.EndsOn : today;
        var (whole, classes) = (reach.CoversSchool(school.DistrictId, schoolId), reach.Classes);
        return TypedResults.Ok<IReadOnlyList<ClassReach>>(await db.Database.SqlQuery<ClassReach>(
            $"""
            SELECT c.class_id AS "ClassId", c.title AS "Title", count(DISTINCT e.student_id)::int AS "OnRoll",
                CASE WHEN bool_or(m.kind = 'Opening') THEN
                    count(DISTINCT f.student_id) FILTER (WHERE m.kind = 'Opening')::int END AS "Opening",
                CASE WHEN bool_or(m.kind = 'Midterm') THEN
                    count(DISTINCT f.student_id) FILTER (WHERE m.kind = 'Midterm')::int END AS "Midterm",
                CASE WHEN bool_or(m.kind = 'Closing') THEN
                    count(DISTINCT f.student_id) FILTER (WHERE m.kind = 'Closing')::int END AS "Closing"
            FROM school_class c
            JOIN enrolment e ON e.school_id = c.school_id AND e.class_id = c.class_id
                AND e.starts_on <= {day} AND (e.ends_on IS NULL OR e.ends_on >= {day})
            LEFT JOIN meeting m ON m.school_id = c.school_id AND m.class_id = c.class_id AND m.term_id = {termId}
            LEFT JOIN meeting_family f ON f.school_id = m.school_id AND f.meeting_id = m.id AND f.student_id = e.student_id
                AND NOT f.withdrawn
            WHERE c.school_id = {schoolId} AND c.withdrawn_on IS NULL AND ({whole} OR c.class_id = ANY ({classes}))
            GROUP BY c.class_id, c.title ORDER BY c.title, c.class_id
            """).ToListAsync(cancel));
    }
}
