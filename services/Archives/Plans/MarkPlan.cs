using System.Security.Cryptography;
using System.Text;
using HomeSchool.Archives.Needs;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Plans;

/// <summary>A day's tick.</summary>
/// <param name="Kept">How many rules were kept: up to the policy's number for a behaviour contract, up to 1 for other plans.</param>
/// <param name="Form">How it was made.</param>
public sealed record MarkRequest(int Kept = 1, PlanForm Form = PlanForm.Online);

/// <summary>The ticks of a class for a day.</summary>
/// <param name="Day">The day.</param>
/// <param name="Marks">1–100 plans, each once.</param>
/// <param name="Form">How they were made.</param>
public sealed record ClassMarksRequest(DateOnly Day, IReadOnlyList<ClassMark> Marks, PlanForm Form = PlanForm.Online);

/// <summary>A tick of one plan.</summary>
/// <param name="PlanId">The plan.</param>
/// <param name="Kept">How many rules were kept.</param>
public sealed record ClassMark(Guid PlanId, int Kept = 1);

/// <summary>
/// Ticks plans: by the school a whole class at a time, by the family for its own child (ARC-6). Voluntary; a tick on paper or by word of
/// mouth counts as one made here does. Ticked again, the day says what was said last.
/// </summary>
internal static class MarkPlan
{
    private const int MostMarks = 100;
    private const int LongestAgo = 7;

    public static void MapMarkPlan(this IEndpointRouteBuilder api)
    {
        api.MapPut("/districts/{districtId:guid}/plans/{id:guid}/marks/{day}", MarkAsync)
            .WithName("MarkPlan")
            .WithSummary("Ticks a day of a plan: as the school, or as the family.")
            .Command(Permission.PlanTick);
        api.MapPost("/schools/{schoolId:guid}/classes/{classId:guid}/plan-marks", MarkClassAsync)
            .WithName("MarkClassPlans")
            .WithSummary("Ticks a day of a class's plans at once, as the school.")
            .Command(Permission.PlanTick);
    }

    private static async Task<Results<NoContent, Problem>> MarkAsync(
        Guid districtId, Guid id, DateOnly day, MarkRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.FindPlanAsync(caller, Permission.PlanTick, districtId, id, LocalDay.Of(now), cancel) is not var (plan, at))
            return (Problem)Failures.NotFound;
        var settings = await db.NeedSettingsAsync(districtId, cancel);
        var mistakes = new Mistakes();
        Check(mistakes, "day", "kept", plan, day, request.Kept, settings, LocalDay.Of(now));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (!Plan.Running.Contains(plan.State))
            return (Problem)PlanFailures.PlanDoesNotRun;
        var side = caller.IsStaffAt(Permission.PlanTick, at) ? MarkSide.School : MarkSide.Family;
        await WriteAsync(
            db, [(plan, request.Kept)], settings, day, side, request.Form, caller.PersonAt(Permission.PlanTick, at), now, cancel);
        audit.About("plan", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> MarkClassAsync(
        Guid schoolId, Guid classId, ClassMarksRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        var today = LocalDay.Of(now);
        Guid[] ids = [.. request.Marks.Select(mark => mark.PlanId)];
        var mistakes = new Mistakes();
        mistakes.Ids("marks", ids, 1, MostMarks);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var plans = await (
            from plan in db.Set<Plan>().AsNoTracking()
            where plan.SchoolId == schoolId && ids.Contains(plan.Id)
            join e in db.Set<Enrolment>().AsNoTracking()
                on new { plan.SchoolId, plan.StudentId } equals new { e.SchoolId, e.StudentId }
            where e.ClassId == classId && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)
            select new { Plan = plan, At = e }).ToListAsync(cancel);
        if (plans.Count < ids.Length || !plans.TrueForAll(one => caller.IsStaffAt(Permission.PlanTick, one.At)))
            return (Problem)Failures.NotFound;
        var district = plans[0].Plan.DistrictId;
        var settings = await db.NeedSettingsAsync(district, cancel);
        var marks = request.Marks.Select(mark => (plans.Find(one => one.Plan.Id == mark.PlanId)!.Plan, mark.Kept)).ToArray();
        for (var i = 0; i < marks.Length; i++)
            Check(mistakes, "day", $"marks[{i}].kept", marks[i].Plan, request.Day, marks[i].Kept, settings, today);
        if (mistakes.Refusal is { } wrong)
            return wrong;
        if (!Array.TrueForAll(marks, mark => Plan.Running.Contains(mark.Plan.State)))
            return (Problem)PlanFailures.PlanDoesNotRun;
        await WriteAsync(
            db, marks, settings, request.Day, MarkSide.School, request.Form, caller.PersonAt(Permission.PlanTick, plans[0].At), now,
            cancel);
        audit.About("class", classId, district, schoolId);
        return TypedResults.NoContent();
    }

    private static void Check(
        Mistakes mistakes, string dayField, string keptField, Plan plan, DateOnly day, int kept, NeedSettings settings, DateOnly today)
    {
        var first = plan.StartsOn is { } start && start > today.AddDays(-LongestAgo) ? start : today.AddDays(-LongestAgo);
        if (day < first || day > today)
            mistakes.Add(ArchivesFailures.DayOutOfRange.At(dayField, first, today));
        mistakes.Range(keptField, kept, 0, MostKept(plan, settings));
    }

    private static short MostKept(Plan plan, NeedSettings settings) =>
        plan.Kind == PlanKind.BehaviourContract ? (short)settings.RulesADay : (short)1;

    private static async Task WriteAsync(
        ArchivesDb db, (Plan Plan, int Kept)[] marks, NeedSettings settings, DateOnly day, MarkSide side, PlanForm form,
        Guid? by, DateTimeOffset now, CancellationToken cancel)
    {
        var first = marks[0].Plan;
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO plan_mark (district_id, plan_id, day, side, school_id, student_id, kept, of, form, marked_by, marked_at)
            SELECT {first.DistrictId}, m.plan, {day}, {side.ToString()}, {first.SchoolId}, m.student, m.kept, m.most, {form.ToString()},
                {by}, {now}
            FROM unnest({marks.Select(mark => mark.Plan.Id).ToArray()}, {marks.Select(mark => mark.Plan.StudentId).ToArray()},
                {marks.Select(mark => (short)mark.Kept).ToArray()}, {marks.Select(mark => MostKept(mark.Plan, settings)).ToArray()})
                AS m (plan, student, kept, most) ORDER BY m.plan
            ON CONFLICT (district_id, plan_id, day, side) DO UPDATE
            SET kept = EXCLUDED.kept, of = EXCLUDED.of, form = EXCLUDED.form, marked_by = EXCLUDED.marked_by,
                marked_at = EXCLUDED.marked_at
            """, cancel);
        await db.PublishAsync(
            [
                .. marks.Where(mark => mark.Plan.Kind == PlanKind.BehaviourContract)
                    .Select(mark => FeedbackOf(mark.Plan, day, side, by, now)),
            ],
            cancel);
    }

    // The tick of a contract is the day's feedback (VIS-3). Ticked again, it is the same contact, told again.
    private static ContactTold FeedbackOf(Plan plan, DateOnly day, MarkSide side, Guid? by, DateTimeOffset now)
    {
        var (noon, family) = (LocalDay.Start(day).AddHours(12), side == MarkSide.Family);
        Guid[] marker = by is { } known ? [known] : [];
        return new ContactTold(
            plan.DistrictId, plan.SchoolId, new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{plan.Id} {day:O} {side}")).AsSpan(0, 16)),
            now.UtcTicks, now, [plan.StudentId], ContactChannel.ContactBook, ContactPurpose.Feedback, noon < now ? noon : now, 0, family,
            family ? [] : marker, family ? marker : []);
    }
}
