using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Plans;

/// <summary>An entry of the watch list.</summary>
/// <param name="Level">How closely.</param>
/// <param name="ReviewOn">The day of the next review, within a year.</param>
/// <param name="Why">Why, 1–4,000 characters.</param>
/// <param name="OwnerId">The counselor who follows it; the caller, or who it was, when nobody is named.</param>
public sealed record WatchRequest(WatchLevel Level, DateOnly ReviewOn, string Why, Guid? OwnerId = null);

/// <summary>What somebody is asked to do.</summary>
/// <param name="AssigneeId">Who: staff of the school.</param>
/// <param name="What">What, 1–500 characters: what to look for, not why.</param>
/// <param name="Until">The last day, within a year.</param>
public sealed record TaskRequest(Guid AssigneeId, string What, DateOnly Until);

/// <summary>An entry of the watch list.</summary>
/// <param name="Id">The entry.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Level">How closely.</param>
/// <param name="ReviewOn">The day of the next review.</param>
/// <param name="OwnerId">The counselor who follows it.</param>
/// <param name="Overdue">Whether that day is over.</param>
/// <param name="EndedAt">When it ended.</param>
public sealed record WatchRow(
    Guid Id, Guid StudentId, WatchLevel Level, DateOnly ReviewOn, Guid OwnerId, bool Overdue, DateTimeOffset? EndedAt);

/// <summary>The same with why, and what others are asked to do.</summary>
/// <param name="Row">As in the list.</param>
/// <param name="Why">Why.</param>
/// <param name="Tasks">What others are asked to do, the newest first.</param>
public sealed record WatchBody(WatchRow Row, string? Why, IReadOnlyList<TaskBody> Tasks);

/// <summary>What somebody is asked to do for a student.</summary>
/// <param name="Id">The task.</param>
/// <param name="StudentId">The student.</param>
/// <param name="AssigneeId">Who.</param>
/// <param name="What">What.</param>
/// <param name="Until">The last day.</param>
/// <param name="DoneAt">When it was done.</param>
public sealed record TaskBody(Guid Id, Guid StudentId, Guid AssigneeId, string? What, DateOnly Until, DateTimeOffset? DoneAt);

/// <summary>
/// The counselors' watch list (ARC-11): theirs only. Others see what they are asked to do, and by nothing that it comes from here.
/// </summary>
internal static class KeepWatch
{
    private const int LongestWhy = 4_000;
    private const int LongestTask = 500;

    public static void MapKeepWatch(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/watch", BeginAsync)
            .WithName("BeginWatch").WithSummary("Puts a student on the counselors' watch list.").Command(Permission.WatchKeep);
        api.MapGet("/schools/{schoolId:guid}/watch-list", ListAsync)
            .WithName("ListWatch").WithSummary("The counselors' watch list; with mine=true one's own, with ended=true those that ended.")
            .Command(Permission.WatchKeep).Sensitive();
        var watch = api.MapGroup("/districts/{districtId:guid}/watch/{id:guid}");
        watch.MapGet("", ReadAsync).WithName("ReadWatch")
            .WithSummary("An entry of the watch list with why, and its tasks.").Command(Permission.WatchKeep).Sensitive();
        watch.MapPut("", ChangeAsync).WithName("ChangeWatch")
            .WithSummary("What a review found: level, next review, owner, why.").Command(Permission.WatchKeep);
        watch.MapPost("/end", EndAsync).WithName("EndWatch")
            .WithSummary("Takes a student off the watch list.").Command(Permission.WatchKeep);
        watch.MapPost("/tasks", AssignAsync).WithName("AssignStudentTask")
            .WithSummary("Asks somebody to do something for the student, without saying why.").Command(Permission.WatchKeep);
        api.MapGet("/student-tasks", ListTasksAsync).WithName("ListStudentTasks")
            .WithSummary("What one is asked to do for students and has not done yet.").Command(Permission.StudentTaskDo).Sensitive();
        api.MapPost("/districts/{districtId:guid}/student-tasks/{id:guid}/done", DoAsync).WithName("DoStudentTask")
            .WithSummary("Says that one's task is done.").Command(Permission.StudentTaskDo);
    }

    private static async Task<Results<Created<Made>, Problem>> BeginAsync(
        Guid districtId, Guid studentId, WatchRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        var today = LocalDay.Of(now);
        if (Check(request, today, out var why) is { } invalid)
            return invalid;
        if (await db.FindOnRollAsync(caller, Permission.WatchKeep, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        if ((request.OwnerId ?? caller.PersonAt(Permission.WatchKeep, at)) is not { } owner)
            return (Problem)ArchivesFailures.NamesNobody;
        if (request.OwnerId is not null && !await db.WorksAtAsync(owner, at.SchoolId, today, cancel))
            return Problem.Of([PlanFailures.NoStaff.At("ownerId")]);
        var id = Guid.CreateVersion7(now);
        if (await vault.SealTextAsync(
                new Subject(districtId, at.SchoolId, studentId), Watch.SealedWhy.Of(id), why, cancel) is not { } sealedWhy)
            return (Problem)Failures.Erased;
        var watch = Watch.Begin(id, at, request.Level, request.ReviewOn, owner, sealedWhy, now);
        db.Add(watch);
        audit.About("watch", id, districtId, at.SchoolId);
        ETag.Set(http, watch.Version);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<Ok<Page<WatchRow>>, Problem>> ListAsync(
        Guid schoolId, bool? mine, bool? ended, string? after, int? size, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var grants = current.Caller.With(Permission.WatchKeep).Where(grant => grant.SchoolId == schoolId).ToArray();
        if (grants.Length == 0)
            return (Problem)Failures.NotFound;
        var persons = grants.Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        var (today, take, over) = (LocalDay.Today(clock), Cursor.Size(size), ended == true);
        var rows = await (
            from watch in db.Set<Watch>().AsNoTracking()
            where watch.SchoolId == schoolId && (watch.EndedAt != null) == over && (mine != true || persons.Contains(watch.OwnerId))
                && (last == null || watch.Id < last)
                && db.Set<Enrolment>().Any(e => e.SchoolId == schoolId && e.StudentId == watch.StudentId
                    && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today))
            orderby watch.Id descending
            select watch).Take(take + 1).ToListAsync(cancel);
        audit.About("school", schoolId, school.DistrictId, schoolId);
        return TypedResults.Ok(Page.From([.. rows.Select(watch => RowOf(watch, today))], take, row => row.Id));
    }

    private static async Task<Results<Ok<WatchBody>, Problem>> ReadAsync(
        Guid districtId, Guid id, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        if (await FindAsync(db, current.Caller, districtId, id, today, cancel) is not var (watch, at))
            return (Problem)Failures.NotFound;
        var tasks = await db.Set<StudentTask>().AsNoTracking()
            .Where(task => task.SchoolId == at.SchoolId && task.StudentId == at.StudentId && task.WatchId == id)
            .OrderByDescending(task => task.Id).Take(Cursor.MaximumSize).ToListAsync(cancel);
        audit.About("watch", id, districtId, at.SchoolId);
        ETag.Set(http, watch.Version);
        return TypedResults.Ok(new WatchBody(
            RowOf(watch, today), await vault.OpenTextAsync(districtId, Watch.SealedWhy.Of(id), watch.Why, cancel),
            await OpenAsync(tasks, vault, cancel)));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid districtId, Guid id, WatchRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        if (Check(request, today, out var why) is { } invalid)
            return invalid;
        if (await FindAsync(db, current.Caller, districtId, id, today, cancel) is not var (watch, at))
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, watch.Version) is { } stale)
            return (Problem)stale;
        var owner = request.OwnerId ?? watch.OwnerId;
        if (owner != watch.OwnerId && !await db.WorksAtAsync(owner, at.SchoolId, today, cancel))
            return Problem.Of([PlanFailures.NoStaff.At("ownerId")]);
        if (await vault.SealTextAsync(
                new Subject(districtId, at.SchoolId, at.StudentId), Watch.SealedWhy.Of(id), why, cancel) is not { } sealedWhy)
            return (Problem)Failures.Erased;
        if (watch.Change(request.Level, request.ReviewOn, owner, sealedWhy) is { } refused)
            return (Problem)refused;
        audit.About("watch", id, districtId, at.SchoolId);
        ETag.Set(http, watch.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> EndAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(db, current.Caller, districtId, id, LocalDay.Of(now), cancel) is not var (watch, at))
            return (Problem)Failures.NotFound;
        if (watch.End(now) is { } refused)
            return (Problem)refused;
        audit.About("watch", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Created<Made>, Problem>> AssignAsync(
        Guid districtId, Guid id, TaskRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var today = LocalDay.Of(now);
        var mistakes = new Mistakes();
        var what = mistakes.Text("what", request.What, LongestTask);
        CheckDay(mistakes, "until", request.Until, today);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(db, current.Caller, districtId, id, today, cancel) is not var (watch, at))
            return (Problem)Failures.NotFound;
        if (watch.EndedAt is not null)
            return (Problem)PlanFailures.WatchEnded;
        if (!await db.WorksAtAsync(request.AssigneeId, at.SchoolId, today, cancel))
            return Problem.Of([PlanFailures.NoStaff.At("assigneeId")]);
        var task = Guid.CreateVersion7(now);
        if (await vault.SealTextAsync(
                new Subject(districtId, at.SchoolId, at.StudentId), StudentTask.SealedWhat.Of(task), what, cancel) is not { } sealedWhat)
            return (Problem)Failures.Erased;
        db.Add(new StudentTask
        {
            DistrictId = districtId,
            Id = task,
            SchoolId = at.SchoolId,
            StudentId = at.StudentId,
            WatchId = id,
            AssigneeId = request.AssigneeId,
            What = sealedWhat,
            Until = request.Until,
        });
        audit.About("watch", id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(task));
    }

    private static async Task<Results<Ok<Page<TaskBody>>, Problem>> ListTasksAsync(
        string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.StudentTaskDo).ToArray();
        var persons = grants.Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        var schools = grants.Where(grant => grant.ClassId is null).Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var classes = grants.Select(grant => grant.ClassId).OfType<Guid>().ToArray();
        var (today, take) = (LocalDay.Today(clock), Cursor.Size(size));
        var tasks = await db.Set<StudentTask>().AsNoTracking()
            .Where(task => persons.Contains(task.AssigneeId) && task.DoneAt == null && (last == null || task.Id < last)
                && db.Set<Enrolment>().Any(e => e.SchoolId == task.SchoolId && e.StudentId == task.StudentId
                    && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)
                    && (schools.Contains(e.SchoolId) || e.ClassId != null && classes.Contains(e.ClassId.Value))))
            .OrderByDescending(task => task.Id).Take(take + 1).ToListAsync(cancel);
        audit.About("student-task", null, grants[0].DistrictId, grants[0].SchoolId);
        return TypedResults.Ok(Page.From(await OpenAsync(tasks, vault, cancel), take, task => task.Id));
    }

    private static async Task<Results<NoContent, Problem>> DoAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.Set<StudentTask>().SingleOrDefaultAsync(t => t.DistrictId == districtId && t.Id == id, cancel) is not { } task
            || await db.FindOnRollAsync(
                caller, Permission.StudentTaskDo, districtId, task.StudentId, LocalDay.Of(now), cancel, task.SchoolId) is not { } at
            || !caller.With(Permission.StudentTaskDo).Any(grant => grant.PersonId == task.AssigneeId && SensitiveReach.Reaches(grant, at)))
        {
            return (Problem)Failures.NotFound;
        }

        if (task.Do(now) is { } refused)
            return (Problem)refused;
        audit.About("student-task", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static Problem? Check(WatchRequest request, DateOnly today, out string why)
    {
        var mistakes = new Mistakes();
        why = mistakes.Text("why", request.Why, LongestWhy);
        CheckDay(mistakes, "reviewOn", request.ReviewOn, today);
        return mistakes.Refusal;
    }

    private static void CheckDay(Mistakes mistakes, string field, DateOnly day, DateOnly today)
    {
        if (day < today || day > today.AddYears(1))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At(field, today, today.AddYears(1)));
    }

    private static async Task<(Watch Watch, Enrolment At)?> FindAsync(
        ArchivesDb db, Caller caller, Guid district, Guid id, DateOnly today, CancellationToken cancel)
    {
        if (await db.Set<Watch>().SingleOrDefaultAsync(w => w.DistrictId == district && w.Id == id, cancel) is not { } watch)
            return null;
        var at = await db.FindOnRollAsync(caller, Permission.WatchKeep, district, watch.StudentId, today, cancel, watch.SchoolId);
        return at is null ? null : (watch, at);
    }

    private static WatchRow RowOf(Watch watch, DateOnly today) => new(
        watch.Id, watch.StudentId, watch.Level, watch.ReviewOn, watch.OwnerId, watch.EndedAt is null && today > watch.ReviewOn,
        watch.EndedAt);

    private static async Task<List<TaskBody>> OpenAsync(List<StudentTask> tasks, KeyVault vault, CancellationToken cancel)
    {
        await vault.FetchAsync(tasks.Select(task => task.What), cancel);
        var bodies = new List<TaskBody>(tasks.Count);
        foreach (var task in tasks)
        {
            var what = await vault.OpenTextAsync(task.DistrictId, StudentTask.SealedWhat.Of(task.Id), task.What, cancel);
            bodies.Add(new TaskBody(task.Id, task.StudentId, task.AssigneeId, what, task.Until, task.DoneAt));
        }

        return bodies;
    }
}
