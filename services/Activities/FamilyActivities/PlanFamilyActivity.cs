using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>An activity to be planned; place, kind, title and first day suffice.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Title">1–100 characters.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="ClassId">The class; missing for the whole school.</param>
/// <param name="EndsOn">Last day; missing for a single day, and for a reading marathon, which has its own length.</param>
/// <param name="Seats">Families at most, 1–10,000; missing for all.</param>
/// <param name="MakeUpDays">For how many days a missed day can be made up, 0–7.</param>
/// <param name="MakeUps">How many days a family can make up, 0–10.</param>
/// <param name="Preview">What families are told, up to 2,000 characters.</param>
public sealed record FamilyActivityRequest(
    Guid SchoolId, FamilyActivityKind Kind, string Title, DateOnly StartsOn, Guid? ClassId = null, DateOnly? EndsOn = null,
    int? Seats = null, int MakeUpDays = 2, int MakeUps = 3, string? Preview = null);

/// <summary>What of an activity can be changed; all of it is replaced.</summary>
/// <param name="Title">1–100 characters.</param>
/// <param name="Seats">Families at most, not fewer than have a seat; missing for all.</param>
/// <param name="Preview">What families are told before, up to 2,000 characters.</param>
/// <param name="Recap">What is told afterwards, up to 2,000 characters.</param>
public sealed record FamilyActivityChange(string Title, int? Seats = null, string? Preview = null, string? Recap = null);

/// <summary>An activity as it is seen.</summary>
/// <param name="Id">The activity.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class; <see langword="null"/> for the whole school.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Title">What it is called.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day.</param>
/// <param name="Seats">Families at most; <see langword="null"/> for all.</param>
/// <param name="MakeUpDays">For how many days a missed day can be made up.</param>
/// <param name="MakeUps">How many days a family can make up.</param>
/// <param name="Preview">What families are told before.</param>
/// <param name="Recap">What is told afterwards.</param>
/// <param name="Cancelled">Whether it does not take place.</param>
public sealed record FamilyActivityBody(
    Guid Id, Guid SchoolId, Guid? ClassId, FamilyActivityKind Kind, string Title, DateOnly StartsOn, DateOnly EndsOn, int? Seats,
    int MakeUpDays, int MakeUps, string? Preview, string? Recap, bool Cancelled)
{
    internal static FamilyActivityBody Of(FamilyActivity a) => new(
        a.Id, a.SchoolId, a.ClassId, a.Kind, a.Title, a.StartsOn, a.EndsOn, a.Seats, a.MakeUpDays, a.MakeUps, a.Preview, a.Recap,
        a.CancelledAt is not null);
}

/// <summary>Plans family activities (ACT-4), tells of them before and after, and shows them.</summary>
internal static class PlanFamilyActivity
{
    private const int LongestTitle = 100;
    private const int LongestPost = 2_000;
    private const int MostSeats = 10_000;

    public static void MapPlanFamilyActivity(this IEndpointRouteBuilder api)
    {
        api.MapPost("/family-activities", PlanAsync).Command(Permission.ActivityManage).WithName("PlanFamilyActivity");
        api.MapGet("/family-activities", ListAsync).Query(Permission.ActivityRead).WithName("ListFamilyActivities")
            .WithSummary("Family activities of the caller's classes and schools, the newest first.");
        api.MapGet("/family-activities/{id:guid}", ReadAsync).Query(Permission.ActivityRead).WithName("ReadFamilyActivity");
        api.MapPut("/family-activities/{id:guid}", ChangeAsync).Command(Permission.ActivityManage).SeesRestricted()
            .WithName("ChangeFamilyActivity")
            .WithSummary("Changes title, seats, preview and recap; new seats go to those who wait.");
        api.MapPost("/family-activities/{id:guid}/cancel", CancelAsync).Command(Permission.ActivityManage).SeesRestricted()
            .WithName("CancelFamilyActivity");
    }

    private static async Task<Results<Created<FamilyActivityBody>, Problem>> PlanAsync(
        FamilyActivityRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var grant = current.Caller.With(Permission.ActivityManage).FirstOrDefault(at =>
            at.SchoolId == request.SchoolId && (at.ClassId is null || at.ClassId == request.ClassId));
        if (grant is null || (request.ClassId is { } @class && !await db.Set<SchoolClass>().AnyAsync(
            c => c.SchoolId == request.SchoolId && c.ClassId == @class && c.WithdrawnOn == null, cancel)))
        {
            return (Problem)Failures.NotFound;
        }

        var policy = await db.PolicyAtAsync(grant.DistrictId, request.SchoolId, cancel);
        var today = LocalTime.Day(now, policy.TimeZone);
        var mistakes = new Mistakes();
        var title = mistakes.Text("title", request.Title, LongestTitle);
        var preview = mistakes.OptionalText("preview", request.Preview, LongestPost);
        mistakes.Range("seats", request.Seats, 1, MostSeats);
        mistakes.Range("makeUpDays", request.MakeUpDays, 0, 7);
        mistakes.Range("makeUps", request.MakeUps, 0, 10);
        var isMarathon = request.Kind == FamilyActivityKind.ReadingMarathon;
        if (isMarathon && request.EndsOn is not null)
            mistakes.Add(FamilyActivityFailures.Marathon.At("endsOn", FamilyActivity.MarathonDays));
        var days = request.EndsOn is { } last ? last.DayNumber - request.StartsOn.DayNumber + 1 : 1;
        if (request.StartsOn < today || request.StartsOn > today.AddYears(1) || days is < 1 or > FamilyActivity.MostDays)
            mistakes.Add(FamilyActivityFailures.Days.At("startsOn", FamilyActivity.MostDays));
        if (mistakes.Refusal is { } invalid)
            return invalid;

        var planned = db.Add(new FamilyActivity
        {
            SchoolId = request.SchoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = grant.DistrictId,
            ClassId = request.ClassId,
            Kind = request.Kind,
            Title = title,
            StartsOn = request.StartsOn,
            EndsOn = request.StartsOn.AddDays((isMarathon ? FamilyActivity.MarathonDays : days) - 1),
            TimeZone = policy.TimeZone,
            Seats = request.Seats,
            MakeUpDays = request.MakeUpDays,
            MakeUps = request.MakeUps,
            Preview = preview,
            PlannedAt = now,
        }).Entity;
        db.Publish(planned.Announcement(now));
        audit.About("family-activity", planned.Id, planned.DistrictId, planned.SchoolId);
        ETag.Set(http, planned.Version);
        return TypedResults.Created($"/api/activities/family-activities/{planned.Id}", FamilyActivityBody.Of(planned));
    }

    private static async Task<Results<Ok<Page<FamilyActivityBody>>, Problem>> ListAsync(
        ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel, int? size = null,
        string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, clock.GetUtcNow(), cancel);
        var seen = db.Set<FamilyActivity>().AsNoTracking().Seen(reach);
        if (last is not null)
        {
            seen = seen.Where(a => EF.Functions.LessThan(
                ValueTuple.Create(a.StartsOn, a.Id), ValueTuple.Create(last.StartsOn, last.Id)));
        }

        var take = Cursor.Size(size);
        var rows = await seen.OrderByDescending(a => a.StartsOn).ThenByDescending(a => a.Id).Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From([.. rows.Select(FamilyActivityBody.Of)], take, a => new Last(a.StartsOn, a.Id)));
    }

    private static async Task<Results<Ok<FamilyActivityBody>, Problem>> ReadAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, clock.GetUtcNow(), cancel);
        if (await db.Set<FamilyActivity>().AsNoTracking().Seen(reach)
            .SingleOrDefaultAsync(a => a.Id == id, cancel) is not { } found)
        {
            return (Problem)Failures.NotFound;
        }

        ETag.Set(http, found.Version);
        return TypedResults.Ok(FamilyActivityBody.Of(found));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid id, FamilyActivityChange change, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var title = mistakes.Text("title", change.Title, LongestTitle);
        var preview = mistakes.OptionalText("preview", change.Preview, LongestPost);
        var recap = mistakes.OptionalText("recap", change.Recap, LongestPost);
        mistakes.Range("seats", change.Seats, 1, MostSeats);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        if (await db.FindManagedAsync(current, id, now, cancel) is not { } activity)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, activity.Version) is { } stale)
            return (Problem)stale;

        if (change.Seats != activity.Seats)
        {
            var signUps = await db.Set<FamilySignUp>()
                .Where(s => s.SchoolId == activity.SchoolId && s.ActivityId == id).ToListAsync(cancel);
            if (change.Seats < signUps.Count(s => s.Seated))
                return (Problem)FamilyActivityFailures.SeatsTaken;
            activity.Seats = change.Seats;
            activity.Seat(signUps);
        }

        (activity.Title, activity.Preview, activity.Recap) = (title, preview, recap);
        activity.Version++;
        db.Publish(activity.Announcement(now));
        audit.About("family-activity", id, activity.DistrictId, activity.SchoolId);
        ETag.Set(http, activity.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> CancelAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await db.FindManagedAsync(current, id, now, cancel) is not { } activity)
            return (Problem)Failures.NotFound;
        if (activity.CancelledAt is null)
        {
            activity.CancelledAt = now;
            activity.Version++;
            db.Publish(activity.Announcement(now));
            // It stands on nobody's timeline; check-ins wait for this, and are refused then.
            var came = await db.Set<FamilyCheckIn>().Where(c => c.SchoolId == activity.SchoolId && c.ActivityId == id)
                .Select(c => c.StudentId).Distinct().OrderBy(student => student).ToListAsync(cancel);
            if (came.Count > 0)
            {
                db.Publish(new FamilyActivityAttended(
                    activity.DistrictId, activity.SchoolId, id, 2, now, came, activity.StartsOn, Withdrawn: true));
            }
        }

        audit.About("family-activity", id, activity.DistrictId, activity.SchoolId);
        return TypedResults.NoContent();
    }

    private sealed record Last(DateOnly StartsOn, Guid Id);
}
