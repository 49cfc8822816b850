using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Meetings;

/// <summary>A parent meeting to plan.</summary>
/// <param name="ClassId">The class.</param>
/// <param name="Kind">Which of the term's meetings.</param>
/// <param name="StartsAt">Its begin, within a term and a year from now.</param>
/// <param name="Location">Where, up to 100 characters.</param>
/// <param name="Agenda">What is talked about: up to 20 lines of up to 200 characters.</param>
public sealed record MeetingRequest(
    Guid ClassId, MeetingKind Kind, DateTimeOffset StartsAt, string Location, IReadOnlyList<string> Agenda);

/// <summary>What of a meeting can be changed.</summary>
/// <param name="StartsAt">Its begin, in the same term.</param>
/// <param name="Location">Where, up to 100 characters.</param>
/// <param name="Agenda">What is talked about: up to 20 lines of up to 200 characters.</param>
public sealed record MeetingChange(DateTimeOffset StartsAt, string Location, IReadOnlyList<string> Agenda);

/// <summary>A parent meeting.</summary>
/// <param name="Id">The meeting.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="TermId">The term.</param>
/// <param name="Kind">Which of the term's meetings.</param>
/// <param name="StartsAt">Its begin.</param>
/// <param name="Location">Where.</param>
/// <param name="Agenda">What is talked about.</param>
/// <param name="Version">Send it back in <c>If-Match</c>.</param>
/// <param name="Reached">Of the caller's own children, those whose family was reached; empty for staff.</param>
public sealed record MeetingBody(
    Guid Id, Guid SchoolId, Guid ClassId, Guid TermId, MeetingKind Kind, DateTimeOffset StartsAt, string Location,
    IReadOnlyList<string> Agenda, long Version, IReadOnlyList<Guid> Reached);

/// <summary>Plans, changes and calls off parent meetings; lists them to staff and to the class's families (ACT-1).</summary>
internal static class PlanMeeting
{
    private const int LongestLocation = 100;
    private const int MostLines = 20;
    private const int LongestLine = 200;

    public static void MapMeetings(this IEndpointRouteBuilder api)
    {
        api.MapGet("/meetings", ListAsync).Query(Permission.MeetingRead).WithName("ListMeetings")
            .WithSummary("Parent meetings, the latest first: of staff's classes, of a guardian's children's classes.");
        api.MapPost("/meetings", PlanAsync).Command(Permission.MeetingManage).WithName("PlanMeeting")
            .WithSummary("Plans a parent meeting; the class's families are invited.");
        api.MapPut("/meetings/{id:guid}", ChangeAsync).Command(Permission.MeetingManage).WithName("ChangeMeeting")
            .WithSummary("Changes a meeting that has not begun; the class's families are told.");
        api.MapDelete("/meetings/{id:guid}", CancelAsync).Command(Permission.MeetingManage).WithName("CancelMeeting")
            .WithSummary("Calls a meeting off that has not begun; the class's families are told.");
    }

    /// <summary>A meeting of a class that the caller has the permission for as a whole.</summary>
    internal static async Task<Meeting?> FindManagedAsync(
        this ActivitiesDb db, Guid id, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.MeetingManage, now, cancel);
        return await db.Set<Meeting>().SingleOrDefaultAsync(
            m => m.Id == id && (reach.Schools.Contains(m.SchoolId) || reach.Classes.Contains(m.ClassId)), cancel);
    }

    private static async Task<Results<Ok<Page<MeetingBody>>, Problem>> ListAsync(
        ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        Guid? classId = null, Guid? termId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var reach = await Reach.OfAsync(db, current, Permission.MeetingRead, clock.GetUtcNow(), cancel);
        var classes = reach.InvitedClasses;
        var meetings = db.Set<Meeting>().AsNoTracking()
            .Where(m => reach.Schools.Contains(m.SchoolId) || classes.Contains(m.ClassId));
        if (classId is not null)
            meetings = meetings.Where(m => m.ClassId == classId);
        if (termId is not null)
            meetings = meetings.Where(m => m.TermId == termId);
        if (last is not null)
        {
            var (at, id) = (last.StartsAt.ToUniversalTime(), last.Id);
            meetings = meetings.Where(m => EF.Functions.LessThan(
                ValueTuple.Create(m.StartsAt, m.Id), ValueTuple.Create(at, id)));
        }

        var most = Cursor.Size(size);
        var rows = await meetings.OrderByDescending(m => m.StartsAt).ThenByDescending(m => m.Id)
            .Take(most + 1).ToListAsync(cancel);
        var page = Page.From(rows, most, m => new Last(m.StartsAt, m.Id));
        var own = await OwnReachedAsync(db, reach, page.Items, cancel);
        return TypedResults.Ok(new Page<MeetingBody>([.. page.Items.Select(m => BodyOf(m, own[m.Id]))], page.Next));
    }

    private static async Task<Results<Created<MeetingBody>, Problem>> PlanAsync(
        MeetingRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var (location, agenda) = Checked(request.StartsAt, request.Location, request.Agenda, now, mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.MeetingManage, now, cancel);
        if (await db.ClassWithinAsync(reach, request.ClassId, cancel) is not { } @class)
            return (Problem)Failures.NotFound;
        if (await db.TermOfAsync(@class.DistrictId, @class.SchoolId, request.StartsAt, cancel) is not { } term)
            return Problem.Of([ActivitiesFailures.NoTerm.At("startsAt")]);

        var meeting = db.Add(new Meeting
        {
            SchoolId = @class.SchoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = @class.DistrictId,
            ClassId = @class.ClassId,
            TermId = term.Id,
            Kind = request.Kind,
            StartsAt = request.StartsAt.ToUniversalTime(),
            Location = location,
            Agenda = agenda,
            Version = 1,
        }).Entity;
        Announce(meeting, db, audit, now);
        ETag.Set(http, meeting.Version);
        return TypedResults.Created($"/api/activities/meetings/{meeting.Id}", BodyOf(meeting, []));
    }

    private static async Task<Results<Ok<MeetingBody>, Problem>> ChangeAsync(
        Guid id, MeetingChange change, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var (location, agenda) = Checked(change.StartsAt, change.Location, change.Agenda, now, mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindManagedAsync(id, current, now, cancel) is not { } meeting)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, meeting.Version) is { } stale)
            return (Problem)stale;
        if (meeting.StartsAt <= now)
            return (Problem)MeetingFailures.Begun;
        if ((await db.TermOfAsync(meeting.DistrictId, meeting.SchoolId, change.StartsAt, cancel))?.Id != meeting.TermId)
            return Problem.Of([ActivitiesFailures.NoTerm.At("startsAt")]);

        (meeting.StartsAt, meeting.Location, meeting.Agenda) = (change.StartsAt.ToUniversalTime(), location, agenda);
        meeting.Version++;
        Announce(meeting, db, audit, now);
        ETag.Set(http, meeting.Version);
        return TypedResults.Ok(BodyOf(meeting, []));
    }

    private static async Task<Results<NoContent, Problem>> CancelAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await db.FindManagedAsync(id, current, now, cancel) is not { } meeting)
            return (Problem)Failures.NotFound;
        if (meeting.StartsAt <= now)
            return (Problem)MeetingFailures.Begun;
        meeting.Version++;
        Announce(meeting, db, audit, now, cancelled: true);
        db.Remove(meeting);
        return TypedResults.NoContent();
    }

    private static void Announce(Meeting meeting, ActivitiesDb db, AuditTrail audit, DateTimeOffset now, bool cancelled = false)
    {
        db.Publish(new MeetingPlanned(
            meeting.DistrictId, meeting.SchoolId, meeting.Id, meeting.Version, now, meeting.TermId, meeting.ClassId, meeting.Kind,
            meeting.StartsAt, cancelled));
        audit.About("parent-meeting", meeting.Id, meeting.DistrictId, meeting.SchoolId);
    }

    private static (string Location, string[] Agenda) Checked(
        DateTimeOffset startsAt, string location, IReadOnlyList<string> agenda, DateTimeOffset now, Mistakes mistakes)
    {
        mistakes.Time("startsAt", startsAt, now);
        return (
            mistakes.Text("location", location, LongestLocation),
            [.. mistakes.Texts("agenda", agenda, MostLines, LongestLine)]);
    }

    private static async Task<ILookup<Guid, Guid>> OwnReachedAsync(
        ActivitiesDb db, Reach reach, IReadOnlyList<Meeting> meetings, CancellationToken cancel)
    {
        var (ids, children) = (meetings.Select(m => m.Id).ToArray(), reach.Children.Select(child => child.StudentId).ToArray());
        var reached = children.Length == 0
            ? []
            : await db.Set<MeetingFamily>().AsNoTracking()
                .Where(f => ids.Contains(f.MeetingId) && children.Contains(f.StudentId) && !f.Withdrawn).ToListAsync(cancel);
        return reached.ToLookup(f => f.MeetingId, f => f.StudentId);
    }

    private static MeetingBody BodyOf(Meeting meeting, IEnumerable<Guid> reached) => new(
        meeting.Id, meeting.SchoolId, meeting.ClassId, meeting.TermId, meeting.Kind, meeting.StartsAt, meeting.Location,
        meeting.Agenda, meeting.Version, [.. reached]);

    private sealed record Last(DateTimeOffset StartsAt, Guid Id);
}
