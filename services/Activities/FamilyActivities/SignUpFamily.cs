using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>Whether a family has a seat.</summary>
/// <param name="Seated">It has; else it waits.</param>
/// <param name="Before">How many wait before it.</param>
public sealed record SeatBody(bool Seated, int Before);

/// <summary>
/// Signs families up and off (ACT-4). Who comes when all seats are taken waits, and moves up by itself when one is given up.
/// </summary>
internal static class SignUpFamily
{
    public static void MapSignUpFamily(this IEndpointRouteBuilder api)
    {
        // They count all who have a seat, also those whose data is restricted.
        api.MapPut("/family-activities/{id:guid}/sign-ups/{studentId:guid}", SignUpAsync)
            .Command(Permission.TakePart).SeesRestricted().WithName("SignUpFamily")
            .WithSummary("Signs one's child up; without a seat it waits. Once more changes nothing.");
        api.MapDelete("/family-activities/{id:guid}/sign-ups/{studentId:guid}", SignOffAsync)
            .Command(Permission.TakePart).SeesRestricted().WithName("SignOffFamily")
            .WithSummary("Gives up a seat, which goes to who waits longest, or a place among those who wait.");
    }

    private static async Task<Results<Ok<SeatBody>, Problem>> SignUpAsync(
        Guid id, Guid studentId, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(id, studentId, db, current, now, cancel) is not var (activity, child, signUps))
            return (Problem)Failures.NotFound;
        if (!child.MayBeInvited)
            return (Problem)ActivitiesFailures.NoRight;
        if (activity.CancelledAt is not null || activity.Today(now) > activity.EndsOn)
            return (Problem)FamilyActivityFailures.Over;

        if (!signUps.Exists(signUp => signUp.StudentId == studentId))
        {
            signUps.Add(db.Add(new FamilySignUp
            {
                SchoolId = activity.SchoolId,
                ActivityId = id,
                StudentId = studentId,
                DistrictId = activity.DistrictId,
                ClassId = child.ClassId,
                GuardianId = child.GuardianId,
                Number = ++activity.LastSignUp,
                SignedUpAt = now,
            }).Entity);
            activity.Seat(signUps);
        }

        audit.About("family-activity", id, activity.DistrictId, activity.SchoolId);
        var own = signUps.Find(signUp => signUp.StudentId == studentId)!;
        return TypedResults.Ok(new SeatBody(own.Seated, signUps.Count(s => !own.Seated && !s.Seated && s.Number < own.Number)));
    }

    private static async Task<Results<NoContent, Problem>> SignOffAsync(
        Guid id, Guid studentId, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (await FindAsync(id, studentId, db, current, clock.GetUtcNow(), cancel) is not var (activity, _, signUps))
            return (Problem)Failures.NotFound;
        if (signUps.Find(signUp => signUp.StudentId == studentId) is { } own)
        {
            db.Remove(own);
            signUps.Remove(own);
            activity.Seat(signUps);
        }

        audit.About("family-activity", id, activity.DistrictId, activity.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<(FamilyActivity Activity, OwnChild Child, List<FamilySignUp> SignUps)?> FindAsync(
        Guid id, Guid student, ActivitiesDb db, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        if (await db.LockAsync(id, cancel) is not { } activity
            || Array.Find(reach.Children, child => child.StudentId == student && activity.IsFor(child)) is not { } own)
        {
            return null;
        }

        // Where there is room for all, nobody needs to know the others.
        return (activity, own, await db.Set<FamilySignUp>().Where(s => s.SchoolId == activity.SchoolId && s.ActivityId == id
            && (activity.Seats != null || s.StudentId == student)).ToListAsync(cancel));
    }
}
