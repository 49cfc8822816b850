using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Plans;

/// <summary>A plan in a list.</summary>
/// <param name="Id">The plan.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Kind">What kind.</param>
/// <param name="State">How far it has come.</param>
/// <param name="OwnerId">Who sees to it.</param>
/// <param name="ReviewOn">The day of the next review.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="KeptToday">What the school has ticked today; <see langword="null"/> when nothing.</param>
public sealed record PlanRow(
    Guid Id, Guid StudentId, PlanKind Kind, PlanState State, Guid OwnerId, DateOnly ReviewOn, PlanOutcome? Outcome, int? KeptToday);

/// <summary>A plan with its texts.</summary>
/// <param name="Row">As in the list.</param>
/// <param name="Goals">The goals.</param>
/// <param name="Measures">The measures.</param>
/// <param name="Note">What the last review or the end found.</param>
/// <param name="AgreedBy">How the family agreed.</param>
/// <param name="Weeks">The summary of each week with a tick, the newest first.</param>
public sealed record PlanBody(
    PlanRow Row, string? Goals, string? Measures, string? Note, PlanForm? AgreedBy, IReadOnlyList<PlanWeek> Weeks);

/// <summary>A week of a plan (ARC-6).</summary>
/// <param name="StartsOn">Its Monday.</param>
/// <param name="DaysAtSchool">Days that the school ticked.</param>
/// <param name="KeptAtSchool">Rules kept on them.</param>
/// <param name="DaysAtHome">Days that the family ticked.</param>
/// <param name="KeptAtHome">Rules kept on them.</param>
public sealed record PlanWeek(DateOnly StartsOn, int DaysAtSchool, int KeptAtSchool, int DaysAtHome, int KeptAtHome);

/// <summary>Shows plans to those who support the student and to the own guardians: the plan, never the tier (ARC-6).</summary>
internal static class ReadPlans
{
    public static void MapReadPlans(this IEndpointRouteBuilder api)
    {
        api.MapGet("/schools/{schoolId:guid}/plans", ListAsync)
            .WithName("ListPlans")
            .WithSummary("Plans of a school, a class or one's own children with today's tick; with running=true those that run.")
            .Command(Permission.PlanRead).Sensitive();
        api.MapGet("/districts/{districtId:guid}/plans/{id:guid}", ReadAsync)
            .WithName("ReadPlan")
            .WithSummary("A plan with its texts and the summary of each week.")
            .Command(Permission.PlanRead).Sensitive();
    }

    private static async Task<Results<Ok<Page<PlanRow>>, Problem>> ListAsync(
        Guid schoolId, Guid? classId, Guid? studentId, bool? running, string? after, int? size, ArchivesDb db, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var (today, take) = (LocalDay.Today(clock), Cursor.Size(size));
        var reach = Reach.Of(current.Caller, Permission.PlanRead, school.DistrictId, schoolId);
        var rows = await (
            from plan in db.Set<Plan>().AsNoTracking()
            where plan.SchoolId == schoolId && (studentId == null || plan.StudentId == studentId)
                && (running == null || running == Plan.Running.Contains(plan.State)) && (last == null || plan.Id < last)
                && db.Set<Enrolment>().Any(e => e.SchoolId == schoolId && e.StudentId == plan.StudentId
                    && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today) && (classId == null || e.ClassId == classId)
                    && (reach.Everybody || e.ClassId != null && reach.Classes.Contains(e.ClassId.Value)
                        || reach.Students.Contains(e.StudentId) && plan.StartsOn != null))
            orderby plan.Id descending
            select new PlanRow(
                plan.Id, plan.StudentId, plan.Kind, plan.State, plan.OwnerId, plan.ReviewOn, plan.Outcome,
                db.Set<PlanMark>().Where(mark => mark.DistrictId == plan.DistrictId && mark.PlanId == plan.Id && mark.Day == today
                    && mark.Side == MarkSide.School).Select(mark => (int?)mark.Kept).FirstOrDefault()))
            .Take(take + 1).ToListAsync(cancel);
        audit.About("school", schoolId, school.DistrictId, schoolId);
        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }

    private static async Task<Results<Ok<PlanBody>, Problem>> ReadAsync(
        Guid districtId, Guid id, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        if (await db.FindPlanAsync(current.Caller, Permission.PlanRead, districtId, id, today, cancel) is not var (plan, at))
            return (Problem)Failures.NotFound;
        var marks = await db.Set<PlanMark>().AsNoTracking()
            .Where(mark => mark.DistrictId == districtId && mark.PlanId == id).ToListAsync(cancel);
        var weeks = marks.GroupBy(mark => mark.Day.AddDays(-(((int)mark.Day.DayOfWeek + 6) % 7)))
            .OrderByDescending(week => week.Key).Select(week => WeekOf(week.Key, [.. week])).ToArray();
        var keptToday = marks.Find(mark => mark.Day == today && mark.Side == MarkSide.School)?.Kept;
        audit.About("plan", id, districtId, at.SchoolId);
        ETag.Set(http, plan.Version);
        return TypedResults.Ok(new PlanBody(
            new PlanRow(id, plan.StudentId, plan.Kind, plan.State, plan.OwnerId, plan.ReviewOn, plan.Outcome, keptToday),
            await vault.OpenTextAsync(districtId, Plan.SealedGoals.Of(id), plan.Goals, cancel),
            await vault.OpenTextAsync(districtId, Plan.SealedMeasures.Of(id), plan.Measures, cancel),
            await vault.OpenTextAsync(districtId, Plan.SealedNote.Of(id), plan.Note, cancel), plan.AgreedBy, weeks));
    }

    private static PlanWeek WeekOf(DateOnly monday, PlanMark[] marks)
    {
        var (school, home) = (Array.FindAll(marks, m => m.Side == MarkSide.School), Array.FindAll(marks, m => m.Side == MarkSide.Family));
        return new PlanWeek(monday, school.Length, school.Sum(m => m.Kept), home.Length, home.Sum(m => m.Kept));
    }
}
