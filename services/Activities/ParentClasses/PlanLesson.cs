using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Questions;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.ParentClasses;

/// <summary>A parent class as it is planned.</summary>
/// <param name="Series">The series that it belongs to, up to 60 characters.</param>
/// <param name="Title">What it is about, up to 100 characters.</param>
/// <param name="LecturerKind">Who gives it.</param>
/// <param name="Lecturer">The lecturer's name, up to 60 characters.</param>
/// <param name="StartsAt">Its begin, in a teaching week with parent classes.</param>
/// <param name="Minutes">How long, 10–300.</param>
/// <param name="Grades">The grades that it is for, as the roster writes them; none for all.</param>
/// <param name="Methods">The methods that it teaches: up to 5 of up to 60 characters.</param>
/// <param name="LiveUrl">Where it is live; https.</param>
/// <param name="Seats">Seats of its workshop, 0–500; 0 without one.</param>
/// <param name="TopicId">The topic of guardians' questions that it answers, if it does.</param>
public sealed record LessonRequest(
    string Series, string Title, LecturerKind LecturerKind, string Lecturer, DateTimeOffset StartsAt, int Minutes,
    IReadOnlyList<string>? Grades = null, IReadOnlyList<string>? Methods = null, string? LiveUrl = null, int Seats = 0,
    Guid? TopicId = null);

/// <summary>Where a parent class is to be seen again.</summary>
/// <param name="Url">The address; https.</param>
public sealed record ReplayRequest(string Url);

/// <summary>A parent class as staff and families see it.</summary>
/// <param name="Id">The parent class.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="TermId">The term.</param>
/// <param name="Series">The series.</param>
/// <param name="Title">What it is about.</param>
/// <param name="LecturerKind">Who gives it.</param>
/// <param name="Lecturer">The lecturer's name.</param>
/// <param name="StartsAt">Its begin.</param>
/// <param name="Minutes">How long.</param>
/// <param name="Grades">The grades that it is for; none for all.</param>
/// <param name="Methods">The methods that it teaches.</param>
/// <param name="HasReplay">Whether there is a replay.</param>
/// <param name="Seats">Seats of its workshop; 0 without one.</param>
/// <param name="TopicId">The topic that it answers.</param>
/// <param name="Version">Send it back in <c>If-Match</c>.</param>
/// <param name="Seated">Families with a seat.</param>
/// <param name="Waiting">Families that wait.</param>
/// <param name="Watched">Families that watched it live.</param>
/// <param name="ReplayViews">How often the replay was opened.</param>
/// <param name="Cancelled">Whether it was called off.</param>
public sealed record LessonBody(
    Guid Id, Guid SchoolId, Guid TermId, string Series, string Title, LecturerKind LecturerKind, string Lecturer,
    DateTimeOffset StartsAt, int Minutes, IReadOnlyList<string> Grades, IReadOnlyList<string> Methods, bool HasReplay, int Seats,
    Guid? TopicId, long Version, int Seated, int Waiting, int Watched, int ReplayViews,
    bool Cancelled);

/// <summary>Plans and lists parent classes (ACT-3).</summary>
internal static class PlanLesson
{
    private const int LongestName = 60;
    private const int LongestTitle = 100;
    private const int ShortestMinutes = 10;
    private const int LongestMinutes = 300;
    private const int MostGrades = 20;
    private const int LongestGrade = 20;
    private const int MostMethods = 5;
    private const int LongestAddress = 500;
    private const int MostSeats = 500;

    public static void MapParentClasses(this IEndpointRouteBuilder api)
    {
        api.MapGet("/parent-classes", ListAsync).Query(Permission.ParentClassRead).WithName("ListParentClasses")
            .WithSummary("Parent classes, the latest first: a guardian sees those for the own children's grades.");
        api.MapPost("/schools/{schoolId:guid}/parent-classes", PlanAsync).Command(Permission.ParentClassManage)
            .WithName("PlanParentClass").WithSummary("Plans a parent class.");
        api.MapPut("/parent-classes/{id:guid}", ChangeAsync).Command(Permission.ParentClassManage).WithName("ChangeParentClass")
            .WithSummary("Changes a parent class that has not begun; families that wait move up into new seats.");
        api.MapPost("/parent-classes/{id:guid}/cancel", CancelAsync).Command(Permission.ParentClassManage).SeesRestricted()
            .WithName("CancelParentClass").WithSummary("Calls off a parent class that has not begun; who signed up is to be told.");
        api.MapPut("/parent-classes/{id:guid}/replay", SetReplayAsync).Command(Permission.ParentClassManage).WithName("SetReplay")
            .WithSummary("Says where a parent class is to be seen again.");
    }

    /// <summary>The parent classes that somebody sees: those of staff's schools, those for the grades of own children.</summary>
    internal static IQueryable<Lesson> LessonsSeenBy(this ActivitiesDb db, Reach reach)
    {
        var schools = reach.StaffSchools;
        var invited = Array.FindAll(reach.Children, child => child.MayBeInvited);
        var (of, grades) = (Array.ConvertAll(invited, c => c.SchoolId), Array.ConvertAll(invited, c => c.Grade ?? ""));
        return db.Set<Lesson>().FromSql(
            $"""
            SELECT l.* FROM lesson l WHERE l.school_id = ANY ({schools}) OR EXISTS (
                SELECT FROM unnest({of}, {grades}) AS child (school_id, grade)
                WHERE child.school_id = l.school_id AND (cardinality(l.grades) = 0 OR child.grade = ANY (l.grades)))
            """).AsNoTracking();
    }

    /// <summary>The own child for whom a guardian takes part in a parent class that he sees.</summary>
    internal static OwnChild ChildIn(this Reach reach, Lesson lesson) => reach.Children.First(child =>
        child.MayBeInvited && child.SchoolId == lesson.SchoolId
            && (lesson.Grades.Length == 0 || lesson.Grades.Contains(child.Grade, StringComparer.Ordinal)));

    /// <summary>A parent class that the caller manages; whoever else wants to change it or its seats waits.</summary>
    internal static async Task<Lesson?> LockManagedAsync(
        this ActivitiesDb db, Guid id, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ParentClassManage, now, cancel);
        await db.LockLessonAsync(id, cancel);
        return await db.Set<Lesson>().SingleOrDefaultAsync(l => l.Id == id && reach.Schools.Contains(l.SchoolId), cancel);
    }

    /// <summary>Waits for whoever else changes a parent class or its seats; they then wait for this transaction.</summary>
    internal static Task LockLessonAsync(this ActivitiesDb db, Guid id, CancellationToken cancel) =>
        db.Database.ExecuteSqlAsync($"SELECT FROM lesson WHERE id = {id} FOR UPDATE", cancel);

    private static async Task<Results<Ok<Page<LessonBody>>, Problem>> ListAsync(
        ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        Guid? termId = null, string? series = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var lessons = db.LessonsSeenBy(await Reach.OfAsync(db, current, Permission.ParentClassRead, clock.GetUtcNow(), cancel));
        if (termId is not null)
            lessons = lessons.Where(l => l.TermId == termId);
        if (series is not null)
            lessons = lessons.Where(l => l.Series == series);
        if (last is not null)
        {
            var (at, id) = (last.StartsAt.ToUniversalTime(), last.Id);
            lessons = lessons.Where(l => EF.Functions.LessThan(
                ValueTuple.Create(l.StartsAt, l.Id), ValueTuple.Create(at, id)));
        }

        var most = Cursor.Size(size);
        var rows = await lessons.OrderByDescending(l => l.StartsAt).ThenByDescending(l => l.Id)
            .Take(most + 1).ToListAsync(cancel);
        var page = Page.From(rows, most, l => new Last(l.StartsAt, l.Id));
        return TypedResults.Ok(new Page<LessonBody>(await BodiesAsync(db, page.Items, cancel), page.Next));
    }

    private static async Task<Results<Created<LessonBody>, Problem>> PlanAsync(
        Guid schoolId, LessonRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ParentClassManage, now, cancel);
        var school = await db.Set<School>().AsNoTracking()
            .SingleOrDefaultAsync(s => s.SchoolId == schoolId && reach.Schools.Contains(s.SchoolId), cancel);
        if (school is null)
            return (Problem)Failures.NotFound;
        var (term, invalid) = await CheckAsync(db, school.DistrictId, schoolId, request, now, cancel);
        if (invalid is not null)
            return invalid;
        var lesson = db.Add(new Lesson
        {
            SchoolId = schoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = school.DistrictId,
            TermId = term,
        }).Entity;
        Write(lesson, request);
        Announce(lesson, db, audit, now);
        ETag.Set(http, lesson.Version);
        return TypedResults.Created($"/api/activities/parent-classes/{lesson.Id}", BodyOf(lesson, null, null));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid id, LessonRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await db.LockManagedAsync(id, current, now, cancel) is not { } lesson)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, lesson.Version) is { } stale)
            return (Problem)stale;
        if (lesson.CancelledAt is not null)
            return (Problem)LessonFailures.Cancelled;
        if (lesson.StartsAt <= now)
            return (Problem)LessonFailures.Begun;
        var (term, invalid) = await CheckAsync(db, lesson.DistrictId, lesson.SchoolId, request, now, cancel);
        if (invalid is not null)
            return invalid;
        if (term != lesson.TermId)
            return Problem.Of([ActivitiesFailures.NoTerm.At("startsAt")]);
        if (await db.Set<LessonSignUp>().AnyAsync(
            s => s.SchoolId == lesson.SchoolId && s.LessonId == id && s.SeatNo > request.Seats, cancel))
            return (Problem)LessonFailures.SeatsGiven;

        Write(lesson, request);
        await TakeSeat.MoveUpAsync(db, lesson, null, now, cancel);
        Announce(lesson, db, audit, now);
        ETag.Set(http, lesson.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> CancelAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await db.LockManagedAsync(id, current, now, cancel) is not { } lesson)
            return (Problem)Failures.NotFound;
        if (lesson.CancelledAt is null)
        {
            if (lesson.StartsAt <= now)
                return (Problem)LessonFailures.Begun;
            (lesson.CancelledAt, lesson.Version) = (now, lesson.Version + 1);
            var signedUp = await db.Set<LessonSignUp>().AsNoTracking()
                .Where(s => s.SchoolId == lesson.SchoolId && s.LessonId == id).OrderBy(s => s.Place)
                .Select(s => new { s.StudentId, s.GuardianId }).ToListAsync(cancel);
            db.Publish(new LessonCancelled(
                lesson.DistrictId, lesson.SchoolId, id, lesson.Version, now, lesson.TermId, lesson.StartsAt,
                [.. signedUp.Select(s => s.StudentId)], [.. signedUp.Select(s => s.GuardianId)]));
        }

        audit.About("parent-class", id, lesson.DistrictId, lesson.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> SetReplayAsync(
        Guid id, ReplayRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        CheckAddress("url", request.Url, mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.LockManagedAsync(id, current, clock.GetUtcNow(), cancel) is not { } lesson)
            return (Problem)Failures.NotFound;
        lesson.ReplayUrl = request.Url;
        lesson.Version++;
        audit.About("parent-class", lesson.Id, lesson.DistrictId, lesson.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<(Guid Term, Problem? Invalid)> CheckAsync(
        ActivitiesDb db, Guid district, Guid school, LessonRequest request, DateTimeOffset now, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        mistakes.Text("series", request.Series, LongestName);
        mistakes.Text("title", request.Title, LongestTitle);
        mistakes.Text("lecturer", request.Lecturer, LongestName);
        mistakes.Texts("grades", request.Grades, MostGrades, LongestGrade);
        mistakes.Texts("methods", request.Methods, MostMethods, LongestName);
        mistakes.Range("minutes", request.Minutes, ShortestMinutes, LongestMinutes);
        mistakes.Range("seats", request.Seats, 0, MostSeats);
        mistakes.Time("startsAt", request.StartsAt, now);
        if (request.LiveUrl is not null)
            CheckAddress("liveUrl", request.LiveUrl, mistakes);
        if (mistakes.Refusal is { } invalid)
            return (Guid.Empty, invalid);

        var term = await db.TermOfAsync(district, school, request.StartsAt, cancel);
        if (term is null)
            mistakes.Add(ActivitiesFailures.NoTerm.At("startsAt"));
        else
        {
            var policy = await db.PolicyAtAsync(district, school, cancel);
            var week = term.WeekOf(LocalTime.Day(request.StartsAt, policy.TimeZone));
            if (week < policy.LessonsFromWeek || week > policy.LessonsUntilWeek)
                mistakes.Add(LessonFailures.Weeks.At("startsAt", policy.LessonsFromWeek, policy.LessonsUntilWeek));
        }

        if (request.TopicId is { } topic && !await db.Set<Topic>().AnyAsync(t => t.SchoolId == school && t.Id == topic, cancel))
            mistakes.Add(LessonFailures.NoTopic.At("topicId"));
        return (term?.Id ?? Guid.Empty, mistakes.Refusal);
    }

    // Families open it: nothing but a web address, and none that could be read along on its way.
    private static void CheckAddress(string field, string address, Mistakes mistakes)
    {
        if (address.Length > LongestAddress || !Uri.TryCreate(address, UriKind.Absolute, out var uri)
            || uri.Scheme != Uri.UriSchemeHttps || !uri.IsWellFormedOriginalString())
            mistakes.Add(LessonFailures.Address.At(field));
    }

    private static void Write(Lesson lesson, LessonRequest request)
    {
        (lesson.Series, lesson.Title) = (request.Series.Trim(), request.Title.Trim());
        (lesson.LecturerKind, lesson.Lecturer) = (request.LecturerKind, request.Lecturer.Trim());
        (lesson.StartsAt, lesson.Minutes) = (request.StartsAt.ToUniversalTime(), request.Minutes);
        lesson.Grades = [.. (request.Grades ?? []).Select(grade => grade.Trim())];
        lesson.Methods = [.. (request.Methods ?? []).Select(method => method.Trim())];
        (lesson.LiveUrl, lesson.Seats, lesson.TopicId) = (request.LiveUrl, request.Seats, request.TopicId);
        lesson.Version++;
    }

    private static void Announce(Lesson lesson, ActivitiesDb db, AuditTrail audit, DateTimeOffset now)
    {
        db.Publish(new LessonPlanned(
            lesson.DistrictId, lesson.SchoolId, lesson.Id, lesson.Version, now, lesson.TermId, lesson.Grades, lesson.StartsAt,
            lesson.Seats));
        audit.About("parent-class", lesson.Id, lesson.DistrictId, lesson.SchoolId);
    }

    private static async Task<IReadOnlyList<LessonBody>> BodiesAsync(
        ActivitiesDb db, IReadOnlyList<Lesson> lessons, CancellationToken cancel)
    {
        var ids = lessons.Select(l => l.Id).ToArray();
        var schools = lessons.Select(l => l.SchoolId).Distinct().ToArray();
        var seats = await db.Set<LessonSignUp>().Where(s => schools.Contains(s.SchoolId) && ids.Contains(s.LessonId))
            .GroupBy(s => s.LessonId)
            .Select(g => new Counted(g.Key, g.Count(s => s.SeatNo != null), g.Count(s => s.SeatNo == null)))
            .ToDictionaryAsync(c => c.Lesson, cancel);
        var views = await db.Set<LessonPresence>().Where(p => schools.Contains(p.SchoolId) && ids.Contains(p.LessonId))
            .GroupBy(p => p.LessonId)
            .Select(g => new Counted(g.Key, g.Count(p => p.LiveAt != null), g.Sum(p => p.ReplayViews)))
            .ToDictionaryAsync(c => c.Lesson, cancel);
        return [.. lessons.Select(l => BodyOf(l, seats.GetValueOrDefault(l.Id), views.GetValueOrDefault(l.Id)))];
    }

    private static LessonBody BodyOf(Lesson lesson, Counted? seats, Counted? views) => new(
        lesson.Id, lesson.SchoolId, lesson.TermId, lesson.Series, lesson.Title, lesson.LecturerKind, lesson.Lecturer,
        lesson.StartsAt, lesson.Minutes, lesson.Grades, lesson.Methods, lesson.ReplayUrl is not null, lesson.Seats,
        lesson.TopicId, lesson.Version, seats?.First ?? 0, seats?.Second ?? 0, views?.First ?? 0, views?.Second ?? 0,
        lesson.CancelledAt is not null);

    private sealed record Counted(Guid Lesson, int First, int Second);

    private sealed record Last(DateTimeOffset StartsAt, Guid Id);
}
