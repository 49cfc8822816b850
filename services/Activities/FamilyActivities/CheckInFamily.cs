using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>A tap; the child suffices.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="HappenedAt">When, by a phone that was offline; missing for now.</param>
/// <param name="MadeUpFor">The missed day that is made up, instead.</param>
public sealed record CheckInRequest(Guid StudentId, DateTimeOffset? HappenedAt = null, DateOnly? MadeUpFor = null);

/// <summary>What a tap did.</summary>
/// <param name="Day">The day that counts.</param>
/// <param name="MadeUp">Whether it was made up.</param>
/// <param name="Streak">How the family is doing now.</param>
public sealed record CheckInBody(DateOnly Day, bool MadeUp, Streak Streak);

/// <summary>A family that takes part.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="ClassId">Its class.</param>
/// <param name="Seated">Whether it has a seat; else it waits.</param>
/// <param name="Days">The days with a check-in.</param>
/// <param name="Streak">How it is doing.</param>
public sealed record FamilyBody(Guid StudentId, Guid? ClassId, bool Seated, IReadOnlyList<DateOnly> Days, Streak Streak);

/// <summary>
/// Checks in with one tap (ACT-4). The day is that of the moment of the tap, by the clocks of the activity's place: a phone that
/// was offline, or in another time zone, changes nothing. Tapping twice, or sending a tap twice, counts once.
/// </summary>
internal static class CheckInFamily
{
    public static void MapCheckInFamily(this IEndpointRouteBuilder api)
    {
        api.MapPost("/family-activities/{id:guid}/check-ins", CheckInAsync).Command(Permission.TakePart)
            .WithName("CheckInFamily");
        api.MapGet("/family-activities/{id:guid}/families", ListAsync).Query(Permission.ActivityRead)
            .WithName("ListActivityFamilies")
            .WithSummary("Who takes part and how each does, in no order of merit: to staff the class, to guardians a child.");
    }

    private static async Task<Results<Ok<CheckInBody>, Problem>> CheckInAsync(
        Guid id, CheckInRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (request is { HappenedAt: not null, MadeUpFor: not null })
            return Problem.Of([FamilyActivityFailures.EitherOr.At("madeUpFor")]);
        // Who calls it off waits for this, and then sees who came.
        await db.Database.ExecuteSqlAsync($"SELECT FROM family_activity WHERE id = {id} FOR KEY SHARE", cancel);
        if (await db.FindForAsync(current, id, request.StudentId, now, cancel) is not var (activity, child))
            return (Problem)Failures.NotFound;
        if (activity.CancelledAt is not null)
            return (Problem)FamilyActivityFailures.Over;
        // Two taps of one family wait for each other.
        var signUp = await db.Set<FamilySignUp>().FromSql(
            $"""
            SELECT * FROM family_sign_up
            WHERE school_id = {activity.SchoolId} AND activity_id = {id} AND student_id = {child.StudentId} FOR UPDATE
            """).SingleOrDefaultAsync(cancel);
        if (signUp is not { Seated: true })
            return (Problem)FamilyActivityFailures.NotIn;
        var known = await db.Set<FamilyCheckIn>().Where(c => c.SchoolId == activity.SchoolId && c.ActivityId == id
            && c.StudentId == child.StudentId).ToListAsync(cancel);

        Failure? refused;
        if (request.MadeUpFor is { } day)
            refused = activity.MadeUp(day, known.Count(c => c.MadeUp && c.Day != day), now);
        else
            refused = activity.Tapped(request.HappenedAt, now, out day);
        if (refused is not null)
            return (Problem)refused;

        var checkIn = known.Find(c => c.Day == day);
        if (checkIn is null)
        {
            checkIn = db.Add(new FamilyCheckIn
            {
                SchoolId = activity.SchoolId,
                ActivityId = id,
                StudentId = child.StudentId,
                Day = day,
                DistrictId = activity.DistrictId,
                GuardianId = child.GuardianId,
                HappenedAt = (request.HappenedAt ?? now).ToUniversalTime(),
                ArrivedAt = now,
                MadeUp = request.MadeUpFor is not null,
            }).Entity;
            known.Add(checkIn);
            if (known.Count == 1)
            {
                db.Publish(new FamilyActivityAttended(
                    activity.DistrictId, activity.SchoolId, id, 1, now, [child.StudentId], day, Withdrawn: false));
            }
        }
        else if (checkIn.MadeUp && request.MadeUpFor is null)
        {
            // The tap of that day arrives after all: nothing had to be made up.
            (checkIn.HappenedAt, checkIn.ArrivedAt, checkIn.GuardianId, checkIn.MadeUp) =
                ((request.HappenedAt ?? now).ToUniversalTime(), now, child.GuardianId, false);
        }

        audit.About("family-activity", id, activity.DistrictId, activity.SchoolId);
        return TypedResults.Ok(new CheckInBody(
            day, checkIn.MadeUp, Streak.Of([.. known.Select(c => c.Day)], activity.EndsOn, activity.Today(now))));
    }

    private static async Task<Results<Ok<IReadOnlyList<FamilyBody>>, Problem>> ListAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, now, cancel);
        if (await db.Set<FamilyActivity>().AsNoTracking().Seen(reach)
            .SingleOrDefaultAsync(a => a.Id == id, cancel) is not { } activity)
        {
            return (Problem)Failures.NotFound;
        }

        var all = reach.CoversSchool(activity.DistrictId, activity.SchoolId);
        var (classes, children) = (reach.Classes, reach.Children.Select(child => child.StudentId).ToArray());
        var rows = await db.Set<FamilySignUp>().AsNoTracking()
            .Where(s => s.SchoolId == activity.SchoolId && s.ActivityId == id
                && (all || classes.Contains(s.ClassId!.Value) || children.Contains(s.StudentId)))
            .OrderBy(s => s.StudentId)
            .Select(s => new
            {
                SignUp = s,
                Days = db.Set<FamilyCheckIn>()
                    .Where(c => c.SchoolId == s.SchoolId && c.ActivityId == s.ActivityId && c.StudentId == s.StudentId)
                    .OrderBy(c => c.Day).Select(c => c.Day).ToList(),
            }).ToListAsync(cancel);
        var today = activity.Today(now);
        return TypedResults.Ok<IReadOnlyList<FamilyBody>>([.. rows.Select(row => new FamilyBody(
            row.SignUp.StudentId, row.SignUp.ClassId, row.SignUp.Seated, row.Days,
            Streak.Of(row.Days, activity.EndsOn, today)))]);
    }
}
