using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>Where a person wants a visit of a plan.</summary>
/// <param name="StartsAt">When; seconds are cut off.</param>
/// <param name="TeacherId">Who visits; as it is when missing.</param>
/// <param name="Minutes">How long, 5–240; as it is when missing.</param>
/// <param name="Mode">How; as it is when missing.</param>
public sealed record PlanItemChange(DateTimeOffset StartsAt, Guid? TeacherId = null, int? Minutes = null, VisitMode? Mode = null);

/// <summary>
/// Moves and removes items of a draft. What a person has set stays where it is through every further proposal; whether teacher
/// and family are free in earnest is decided when it is published.
/// </summary>
internal static class AdjustPlan
{
    public static void MapAdjustPlan(this IEndpointRouteBuilder api)
    {
        api.MapPut("/schools/{school:guid}/plans/{id:guid}/items/{item:guid}", SetAsync)
            .Command(Permission.VisitPlan).WithName("SetPlanItem");
        api.MapDelete("/schools/{school:guid}/plans/{id:guid}/items/{item:guid}", RemoveAsync)
            .Command(Permission.VisitPlan).WithName("RemovePlanItem");
    }

    private static async Task<Results<Ok<PlanItemView>, Problem>> SetAsync(
        Guid school, Guid id, Guid item, PlanItemChange change, VisitsDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        mistakes.Time("startsAt", change.StartsAt, clock.GetUtcNow());
        mistakes.Range("minutes", change.Minutes, ScheduleVisit.ShortestMinutes, ScheduleVisit.LongestMinutes);
        if (change.Mode == VisitMode.Text)
            mistakes.Add(PlanningFailures.NotByText.At("mode"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (plan, found, refused) = await FindAsync(school, id, item, db, current, cancel);
        if (plan is null || found is null)
            return refused!;
        if ((change.TeacherId ?? found.TeacherId) is not { } teacher)
            return Problem.Of([VisitsFailures.TeacherNeeded.At("teacherId")]);
        var startsAt = LocalTime.ToMinute(change.StartsAt);
        Guid[] nodes = [plan.SchoolId, plan.DistrictId];
        var policies = await db.Policies.AsNoTracking().Where(p => nodes.Contains(p.NodeId)).ToListAsync(cancel);
        var day = LocalTime.Day(startsAt, Policy.InForce(plan.DistrictId, plan.SchoolId, policies).TimeZone);
        if (!await db.Set<Term>().AnyAsync(t => t.Id == plan.TermId && t.StartsOn <= day && t.EndsOn >= day, cancel))
            return Problem.Of([PlanningFailures.OutsideTerm.At("startsAt")]);
        if (change.TeacherId is not null && !await db.Set<Post>().AnyAsync(
            p => p.SchoolId == school && p.StaffId == teacher && p.StartsOn <= day && (p.EndsOn == null || p.EndsOn >= day), cancel))
        {
            return Problem.Of([VisitsFailures.NotStaff.At("teacherId")]);
        }

        var minutes = change.Minutes ?? found.Minutes;
        var (from, to) = (startsAt.AddMinutes(-ScheduleVisit.LongestMinutes), startsAt.AddMinutes(minutes));
        var near = await db.Set<PlanItem>().AsNoTracking()
            .Where(i => i.SchoolId == school && i.PlanId == id && i.Id != item && i.StartsAt > from && i.StartsAt < to)
            .ToListAsync(cancel);
        foreach (var other in near.Where(other => other.StartsAt!.Value.AddMinutes(other.Minutes) > startsAt))
        {
            if (other.TeacherId == teacher)
                return (Problem)VisitsFailures.StaffDoubleBooked;
            if (other.StudentIds.Intersect(found.StudentIds).Any())
                return (Problem)VisitsFailures.FamilyDoubleBooked;
        }

        (found.StartsAt, found.TeacherId, found.Minutes) = (startsAt, teacher, minutes);
        (found.Mode, found.State, found.Reason) = (change.Mode ?? found.Mode, PlanItemState.Set, null);
        plan.Version++;
        audit.About("visit-plan", plan.Id, plan.DistrictId, plan.SchoolId);
        return TypedResults.Ok(PlanItemView.Of(found, Language.IsChinese(http)));
    }

    private static async Task<Results<NoContent, Problem>> RemoveAsync(
        Guid school, Guid id, Guid item, VisitsDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        var (plan, found, refused) = await FindAsync(school, id, item, db, current, cancel);
        if (plan is null || found is null)
            return refused!;
        db.Remove(found);
        plan.Version++;
        audit.About("visit-plan", plan.Id, plan.DistrictId, plan.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<(Plan? Plan, PlanItem? Item, Problem? Refused)> FindAsync(
        Guid school, Guid id, Guid item, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (await PlanReach.FindAsync(db, current.Caller, school, id, cancel) is not { } plan)
            return (null, null, Failures.NotFound);
        var found = await db.Set<PlanItem>()
            .SingleOrDefaultAsync(i => i.SchoolId == school && i.PlanId == id && i.Id == item, cancel);
        return found switch
        {
            null => (null, null, Failures.NotFound),
            _ when plan.State != PlanState.Draft => (null, null, PlanningFailures.AlreadyPublished),
            { State: PlanItemState.Published or PlanItemState.Refused } => (null, null, PlanningFailures.ItemClosed),
            _ => (plan, found, null),
        };
    }
}
