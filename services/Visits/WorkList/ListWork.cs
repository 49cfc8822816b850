using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.WorkList;

/// <summary>Where a piece of work stands on a day.</summary>
public enum WorkState
{
    /// <summary>Its day has passed.</summary>
    Overdue,

    /// <summary>Due by Sunday.</summary>
    Due,

    /// <summary>Not due before next week, and not done yet in the term.</summary>
    Later,

    /// <summary>Done in the term, and not due again before next week.</summary>
    Done,
}

/// <summary>Which work to list; what is missing does not narrow.</summary>
/// <param name="SchoolId">Of a school.</param>
/// <param name="ClassId">Of a class.</param>
/// <param name="Grade">Of a grade.</param>
/// <param name="StudentId">Of a student.</param>
/// <param name="Kind">Of a kind, named as in the answer.</param>
/// <param name="On">As it stands on a day; today when missing.</param>
/// <param name="All">Also what is not due this week, and what is done.</param>
/// <param name="Size">Rows a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record WorkFilter(
    Guid? SchoolId, Guid? ClassId, string? Grade, Guid? StudentId, string? Kind, DateOnly? On, bool? All, int? Size, string? After);

/// <summary>A piece of work (VIS-3).</summary>
/// <param name="StudentId">The student.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="Grade">The grade.</param>
/// <param name="TermId">The term.</param>
/// <param name="Kind">What is to be done.</param>
/// <param name="State">Where it stands.</param>
/// <param name="DueOn">The day on which it is due; <see langword="null"/> when nothing more is asked for.</param>
/// <param name="DoneOn">When it was done last in the term.</param>
/// <param name="Done">How often in the term.</param>
/// <param name="Why">Why then; <see langword="null"/> for those who may not know of support needs.</param>
/// <param name="Next">The next appointment with the family, if there is one.</param>
public sealed record WorkItem(
    Guid StudentId, Guid SchoolId, Guid? ClassId, string? Grade, Guid TermId, WorkKind Kind, WorkState State, DateOnly? DueOn,
    DateOnly? DoneOn, int Done, WorkReason? Why, NextVisit? Next);

/// <summary>Why work is due when it is.</summary>
/// <param name="EveryDays">Days between two of the kind at most; <see langword="null"/> when it is a number a term.</param>
/// <param name="MeetFirst">Whether it must be a visit or a meeting at school, since there was none yet.</param>
/// <param name="Priority">Whether it is a priority student.</param>
public sealed record WorkReason(int? EveryDays, bool MeetFirst, bool Priority);

/// <summary>An appointment that stands.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="StartsAt">When.</param>
public sealed record NextVisit(Guid VisitId, DateTimeOffset StartsAt);

/// <summary>
/// The work list (VIS-3): what is due, overdue and done, the most urgent first. Without anything asked for it is the teacher's day: what is
/// overdue, and what is due by Sunday.
/// </summary>
internal static class ListWork
{
    private static readonly Dictionary<string, WorkKind?> Kinds = Enum.GetValues<WorkKind>().ToDictionary(
        kind => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()), WorkKind? (kind) => kind, StringComparer.Ordinal);

    public static void MapListWork(this IEndpointRouteBuilder api) =>
        api.MapGet("/work", ListAsync)
            .WithName("ListWork")
            .WithSummary("What is due and overdue: the most urgent first; with all=true also what is not, and what is done.")
            .Query(Permission.WorkListRead);

    private static async Task<Results<Ok<Page<WorkItem>>, Problem>> ListAsync(
        [AsParameters] WorkFilter filter, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        WorkKind? kind = null;
        if (filter.Kind is not null && !Kinds.TryGetValue(filter.Kind, out kind))
            return Problem.Of([VisitsFailures.Choice.At("kind", string.Join(", ", Kinds.Keys))]);

        var now = clock.GetUtcNow();
        var policy = await db.PolicyOfAsync(current.Caller, Permission.WorkListRead, filter.SchoolId, cancel);
        var day = filter.On ?? LocalTime.Day(now, policy.TimeZone);
        var sunday = WorkAccess.SundayOf(day < DateOnly.MaxValue.AddDays(-7) ? day : DateOnly.MaxValue.AddDays(-7));
        var work = db.WorkOn(current.Caller, Permission.WorkListRead, day).KnownTo(current.Caller);
        if (filter.SchoolId is { } school)
            work = work.Where(due => due.SchoolId == school);
        if (filter.ClassId is { } @class)
            work = work.Where(due => due.ClassId == @class);
        if (filter.Grade is { } grade)
            work = work.Where(due => due.Grade == grade);
        if (filter.StudentId is { } student)
            work = work.Where(due => due.StudentId == student);
        if (kind is not null)
            work = work.Where(due => due.Kind == kind);
        if (filter.All != true)
            work = work.Where(due => due.DueOn <= sunday);
        if (last is not null)
        {
            work = work.Where(due => EF.Functions.GreaterThan(
                ValueTuple.Create(due.DueOn, due.StudentId, due.Kind), ValueTuple.Create(last.DueOn, last.StudentId, last.Kind)));
        }

        var size = Cursor.Size(filter.Size);
        var rows = await work.OrderBy(due => due.DueOn).ThenBy(due => due.StudentId).ThenBy(due => due.Kind)
            .Take(size + 1).ToListAsync(cancel);
        var next = await NextVisitsAsync(
            db, [.. rows.Select(row => row.StudentId).Distinct()], [.. rows.Select(row => row.SchoolId).Distinct()], now, cancel);
        return TypedResults.Ok(Page.From(
            [.. rows.Select(row => ItemOf(row, day, sunday, current.Caller, next.GetValueOrDefault(row.StudentId)))], size,
            item => new Last(item.DueOn ?? Due.Never, item.StudentId, item.Kind)));
    }

    /// <summary>Where a row stands on a day.</summary>
    internal static WorkState StateOf(Due due, DateOnly day, DateOnly sunday) =>
        due.DueOn < day ? WorkState.Overdue
        : due.DueOn <= sunday ? WorkState.Due
        : due.Done > 0 ? WorkState.Done
        : WorkState.Later;

    private static WorkItem ItemOf(Due due, DateOnly day, DateOnly sunday, Caller caller, NextVisit? next) => new(
        due.StudentId, due.SchoolId, due.ClassId, due.Grade, due.TermId, due.Kind, StateOf(due, day, sunday),
        due.DueOn == Due.Never ? null : due.DueOn, due.DoneOn, due.Done,
        caller.KnowsWhy(due.SchoolId, due.ClassId) ? new WorkReason(due.EveryDays, due.MeetFirst, due.Priority) : null, next);

    private static async Task<Dictionary<Guid, NextVisit>> NextVisitsAsync(
        VisitsDb db, Guid[] students, Guid[] schools, DateTimeOffset now, CancellationToken cancel)
    {
        VisitState[] open = [VisitState.Scheduled, VisitState.Confirmed, VisitState.Proposed];
        var visits = await db.Visits.AsNoTracking()
            .Where(visit => schools.Contains(visit.SchoolId) && visit.StartsAt >= now && open.Contains(visit.State))
            .SelectMany(visit => visit.Students, (visit, student) => new { visit.Id, visit.StartsAt, student.StudentId })
            .Where(row => students.Contains(row.StudentId)).ToListAsync(cancel);
        return visits.GroupBy(row => row.StudentId, row => new NextVisit(row.Id, row.StartsAt))
            .ToDictionary(group => group.Key, group => group.MinBy(visit => (visit.StartsAt, visit.VisitId))!);
    }

    private sealed record Last(DateOnly DueOn, Guid StudentId, WorkKind Kind);
}
