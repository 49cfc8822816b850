using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.WorkList;

/// <summary>How much work there is on a day.</summary>
/// <param name="On">The day.</param>
/// <param name="Kinds">By kind. Who may not know of support needs sees visits, and of the other kinds only figures of whole schools and
/// districts that are not small.</param>
/// <param name="Priority">Visits to priority students, who come first (VIS-2); <see langword="null"/> for those who may not know.</param>
public sealed record WorkCounts(DateOnly On, IReadOnlyList<WorkCount> Kinds, WorkCount? Priority);

/// <summary>Students of whom something of a kind is asked for, each in one of four states.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Students">All of them.</param>
/// <param name="Overdue">Of these, overdue.</param>
/// <param name="Due">Due by Sunday.</param>
/// <param name="Later">Not due before next week, and not done yet in the term.</param>
/// <param name="Done">Done in the term, and not due again before next week.</param>
public sealed record WorkCount(WorkKind Kind, int Students, int Overdue, int Due, int Later, int Done);

/// <summary>Counts the work of a class, grade, school or district (VIS-3).</summary>
internal static class CountWork
{
    public static void MapCountWork(this IEndpointRouteBuilder api) =>
        api.MapGet("/work/counts", CountAsync)
            .WithName("CountWork")
            .WithSummary("How much is due, overdue and done, by kind: of a class, grade, school, or all that the caller reaches.")
            .Query(Permission.CoverageRead);

    private static async Task<Results<Ok<WorkCounts>, Problem>> CountAsync(
        VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        Guid? schoolId = null, Guid? classId = null, string? grade = null, DateOnly? on = null)
    {
        var caller = current.Caller;
        var policy = await db.PolicyOfAsync(caller, Permission.CoverageRead, schoolId, cancel);
        var day = on ?? LocalTime.Day(clock.GetUtcNow(), policy.TimeZone);
        var sunday = WorkAccess.SundayOf(day < DateOnly.MaxValue.AddDays(-7) ? day : DateOnly.MaxValue.AddDays(-7));
        var work = db.WorkOn(caller, Permission.CoverageRead, day);
        if (schoolId is not null)
            work = work.Where(due => due.SchoolId == schoolId);
        if (classId is not null)
            work = work.Where(due => due.ClassId == classId);
        if (grade is not null)
            work = work.Where(due => due.Grade == grade);

        // A figure that mixes places where the caller may know with others where not is told as if nowhere.
        var knows = caller.With(Permission.CoverageRead).All(grant => Contracts.Access.Allows(grant.Role, Permission.NeedRead));
        var small = classId is not null || grade is not null;
        var counts = await work.GroupBy(due => new { due.Kind, due.Priority })
            .Select(group => new
            {
                group.Key.Kind,
                group.Key.Priority,
                Students = group.Count(),
                Overdue = group.Count(due => due.DueOn < day),
                Due = group.Count(due => due.DueOn >= day && due.DueOn <= sunday),
                Later = group.Count(due => due.DueOn > sunday && due.Done == 0),
                Done = group.Count(due => due.DueOn > sunday && due.Done > 0),
            })
            .ToListAsync(cancel);
        var rows = counts.Select(c => (c.Priority, Count: new WorkCount(c.Kind, c.Students, c.Overdue, c.Due, c.Later, c.Done))).ToArray();
        return TypedResults.Ok(new WorkCounts(
            day,
            [.. Enum.GetValues<WorkKind>().Select(kind => Sum(kind, rows.Select(row => row.Count)))
                .Where(count => count.Students > 0)
                .Where(count => knows || count.Kind == WorkKind.Visit || (!small && count.Students >= policy.WorkList.SmallestShown))],
            knows ? Sum(WorkKind.Visit, rows.Where(row => row.Priority).Select(row => row.Count)) : null));
    }

    private static WorkCount Sum(WorkKind kind, IEnumerable<WorkCount> counts) => counts.Where(count => count.Kind == kind).Aggregate(
        new WorkCount(kind, 0, 0, 0, 0, 0),
        (sum, more) => new WorkCount(
            kind, sum.Students + more.Students, sum.Overdue + more.Overdue, sum.Due + more.Due, sum.Later + more.Later,
            sum.Done + more.Done));
}
