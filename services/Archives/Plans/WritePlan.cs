using System.Text;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Archives.Timeline;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Plans;

/// <summary>A plan to be kept.</summary>
/// <param name="Kind">What kind; it does not change later.</param>
/// <param name="Goals">The goals, 1–2,000 characters; the family reads them.</param>
/// <param name="ReviewOn">The day of the next review, within a year.</param>
/// <param name="Measures">The measures, up to 4,000 characters; the family reads them.</param>
/// <param name="OwnerId">Who sees to it: staff of the school; the caller when nobody is named.</param>
public sealed record PlanRequest(
    PlanKind Kind, string Goals, DateOnly ReviewOn, string? Measures = null, Guid? OwnerId = null);

/// <summary>That the family agreed.</summary>
/// <param name="AgreedBy">How.</param>
public sealed record PlanBeginning(PlanForm AgreedBy);

/// <summary>What a review found.</summary>
/// <param name="Note">1–2,000 characters; the family reads it.</param>
/// <param name="ReviewOn">The day of the next one, within a year.</param>
public sealed record PlanReview(string Note, DateOnly ReviewOn);

/// <summary>The end of a plan.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Note">Up to 2,000 characters; the family reads it.</param>
public sealed record PlanClosing(PlanOutcome Outcome, string? Note = null);

/// <summary>
/// Plans are written, begun with the family, reviewed and closed (ARC-6). A behaviour contract that begins or ends changes how often the
/// family hears of the school.
/// </summary>
internal static class WritePlan
{
    private const int LongestGoals = 2_000;
    private const int LongestMeasures = 4_000;
    private const int LongestNote = 2_000;

    public static void MapWritePlan(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/plans", DraftAsync)
            .WithName("DraftPlan").WithSummary("Drafts a plan for a student; guardians see it when it begins.")
            .Command(Permission.PlanWrite);
        var plan = api.MapGroup("/districts/{districtId:guid}/plans/{id:guid}");
        plan.MapPut("", ChangeAsync).WithName("ChangePlan")
            .WithSummary("Says goals, measures, owner and review date otherwise.").Command(Permission.PlanWrite);
        plan.MapPost("/begin", BeginAsync).WithName("BeginPlan")
            .WithSummary("Begins a plan to which the family has agreed: here, on paper or orally.").Command(Permission.PlanWrite);
        plan.MapPost("/review", ReviewAsync).WithName("ReviewPlan")
            .WithSummary("Reviews a plan; it runs on to the next review.").Command(Permission.PlanWrite);
        plan.MapPost("/close", CloseAsync).WithName("ClosePlan")
            .WithSummary("Closes a plan with its outcome.").Command(Permission.PlanWrite);
    }

    private static async Task<Results<Created<Made>, Problem>> DraftAsync(
        Guid districtId, Guid studentId, PlanRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        var today = LocalDay.Of(now);
        if (Check(request, today, out var goals, out var measures) is { } invalid)
            return invalid;
        if (await db.FindOnRollAsync(caller, Permission.PlanWrite, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        if ((request.OwnerId ?? caller.PersonAt(Permission.PlanWrite, at)) is not { } owner)
            return (Problem)ArchivesFailures.NamesNobody;
        if (request.OwnerId is not null && !await db.WorksAtAsync(owner, at.SchoolId, today, cancel))
            return Problem.Of([PlanFailures.NoStaff.At("ownerId")]);
        var id = Guid.CreateVersion7(now);
        var about = new Subject(districtId, at.SchoolId, studentId);
        if (await vault.SealTextAsync(about, Plan.SealedGoals.Of(id), goals, cancel) is not { } sealedGoals)
            return (Problem)Failures.Erased;
        var sealedMeasures = await vault.SealTextAsync(about, Plan.SealedMeasures.Of(id), measures, cancel);
        var plan = Plan.Draft(id, at, request.Kind, owner, request.ReviewOn, sealedGoals, sealedMeasures);
        db.Add(plan);
        audit.About("plan", id, districtId, at.SchoolId);
        ETag.Set(http, plan.Version);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid districtId, Guid id, PlanRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        if (Check(request, today, out var goals, out var measures) is { } invalid)
            return invalid;
        if (await db.FindPlanAsync(current.Caller, Permission.PlanWrite, districtId, id, today, cancel) is not var (plan, at))
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, plan.Version) is { } stale)
            return (Problem)stale;
        var owner = request.OwnerId ?? plan.OwnerId;
        if (owner != plan.OwnerId && !await db.WorksAtAsync(owner, at.SchoolId, today, cancel))
            return Problem.Of([PlanFailures.NoStaff.At("ownerId")]);
        var about = new Subject(districtId, at.SchoolId, plan.StudentId);
        if (await vault.SealTextAsync(about, Plan.SealedGoals.Of(id), goals, cancel) is not { } sealedGoals)
            return (Problem)Failures.Erased;
        var sealedMeasures = await vault.SealTextAsync(about, Plan.SealedMeasures.Of(id), measures, cancel);
        if (plan.Change(owner, request.ReviewOn, sealedGoals, sealedMeasures) is { } refused)
            return (Problem)refused;
        audit.About("plan", id, districtId, at.SchoolId);
        ETag.Set(http, plan.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> BeginAsync(
        Guid districtId, Guid id, PlanBeginning request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        if (await db.FindPlanAsync(current.Caller, Permission.PlanWrite, districtId, id, today, cancel) is not var (plan, at))
            return (Problem)Failures.NotFound;
        if (plan.Begin(request.AgreedBy, today) is { } refused)
            return (Problem)refused;
        await AnnounceAsync(db, plan, at, clock, cancel);
        audit.About("plan", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> ReviewAsync(
        Guid districtId, Guid id, PlanReview request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        var mistakes = new Mistakes();
        var note = mistakes.Text("note", request.Note, LongestNote);
        CheckDay(mistakes, request.ReviewOn, today);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindPlanAsync(current.Caller, Permission.PlanWrite, districtId, id, today, cancel) is not var (plan, at))
            return (Problem)Failures.NotFound;
        var about = new Subject(districtId, at.SchoolId, plan.StudentId);
        if (await vault.SealTextAsync(about, Plan.SealedNote.Of(id), note, cancel) is not { } sealedNote)
            return (Problem)Failures.Erased;
        if (plan.Review(sealedNote, request.ReviewOn) is { } refused)
            return (Problem)refused;
        await PutOnTimelineAsync(db, plan, clock.GetUtcNow(), cancel);
        audit.About("plan", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> CloseAsync(
        Guid districtId, Guid id, PlanClosing request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var note = mistakes.OptionalText("note", request.Note, LongestNote);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindPlanAsync(current.Caller, Permission.PlanWrite, districtId, id, LocalDay.Today(clock), cancel) is not var (plan, at))
            return (Problem)Failures.NotFound;
        var about = new Subject(districtId, at.SchoolId, plan.StudentId);
        if (plan.Close(request.Outcome, await vault.SealTextAsync(about, Plan.SealedNote.Of(id), note, cancel)) is { } refused)
            return (Problem)refused;
        await AnnounceAsync(db, plan, at, clock, cancel);
        audit.About("plan", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static Problem? Check(PlanRequest request, DateOnly today, out string goals, out string? measures)
    {
        var mistakes = new Mistakes();
        goals = mistakes.Text("goals", request.Goals, LongestGoals);
        measures = mistakes.OptionalText("measures", request.Measures, LongestMeasures);
        CheckDay(mistakes, request.ReviewOn, today);
        return mistakes.Refusal;
    }

    private static void CheckDay(Mistakes mistakes, DateOnly reviewOn, DateOnly today)
    {
        if (reviewOn < today || reviewOn > today.AddYears(1))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At("reviewOn", today, today.AddYears(1)));
    }

    private static async Task AnnounceAsync(ArchivesDb db, Plan plan, Enrolment at, TimeProvider clock, CancellationToken cancel)
    {
        await PutOnTimelineAsync(db, plan, clock.GetUtcNow(), cancel);
        if (plan.Kind != PlanKind.BehaviourContract)
            return;
        await db.LockCadencesAsync(plan.DistrictId, [plan.StudentId], cancel);
        var now = clock.GetUtcNow();
        var standing = await Standing.OfAsync(db, at, LocalDay.Of(now), cancel);
        var other = await db.Set<Plan>().AnyAsync(
            p => p.SchoolId == plan.SchoolId && p.StudentId == plan.StudentId && p.Id != plan.Id
                && p.Kind == PlanKind.BehaviourContract && Plan.Running.Contains(p.State), cancel);
        db.Publish((standing with { ContractRuns = other || Plan.Running.Contains(plan.State) })
            .Announce(await db.NeedSettingsAsync(plan.DistrictId, cancel), now));
    }

    // A plan's last step stands on the timeline (ARC-8). One that never began does not.
    private static Task PutOnTimelineAsync(ArchivesDb db, Plan plan, DateTimeOffset now, CancellationToken cancel) =>
        TimelineEntries.PutAsync(
            (NpgsqlConnection)db.Database.GetDbConnection(),
            plan.StartsOn is null
                ? []
                :
                [
                    new TimelineEntry
                    {
                        DistrictId = plan.DistrictId,
                        SchoolId = plan.SchoolId,
                        StudentId = plan.StudentId,
                        RefId = plan.Id,
                        On = LocalDay.Of(now),
                        Kind = plan.State switch
                        {
                            PlanState.Active => TimelineKind.PlanStarted,
                            PlanState.Reviewed => TimelineKind.PlanReviewed,
                            _ => TimelineKind.PlanEnded,
                        },
                        Source = "archives",
                        Version = plan.Version,
                    },
                ],
            cancel);
}

/// <summary>What plans, watching and support have in common.</summary>
internal static class PlanQueries
{
    /// <summary>A plan and the enrolment through which the caller reaches its student; guardians reach none that never began.</summary>
    public static async Task<(Plan Plan, Enrolment At)?> FindPlanAsync(
        this ArchivesDb db, Caller caller, Permission permission, Guid district, Guid id, DateOnly today, CancellationToken cancel)
    {
        if (await db.Set<Plan>().SingleOrDefaultAsync(p => p.DistrictId == district && p.Id == id, cancel) is not { } plan)
            return null;
        var at = await db.FindOnRollAsync(caller, permission, district, plan.StudentId, today, cancel, plan.SchoolId);
        return at is null || (plan.StartsOn is null && !caller.IsStaffAt(permission, at)) ? null : (plan, at);
    }

    /// <summary>Whether the caller reaches a student as staff, not only as a guardian.</summary>
    public static bool IsStaffAt(this Caller caller, Permission permission, Enrolment at) =>
        caller.With(permission).Any(grant => grant.StudentId is null && SensitiveReach.Reaches(grant, at));

    /// <summary>Whether somebody has a post at a school today.</summary>
    public static Task<bool> WorksAtAsync(this ArchivesDb db, Guid staff, Guid school, DateOnly today, CancellationToken cancel) =>
        db.Set<StaffPost>().AnyAsync(
            post => post.SchoolId == school && post.StaffId == staff && post.StartsOn <= today
                && (post.EndsOn == null || post.EndsOn >= today), cancel);

    /// <summary>Seals a text; <see langword="null"/> when there is none, or the student's key is destroyed.</summary>
    public static async ValueTask<byte[]?> SealTextAsync(
        this KeyVault vault, Subject about, Place place, string? text, CancellationToken cancel) =>
        text is null ? null : await vault.SealAsync(about, place, Encoding.UTF8.GetBytes(text), cancel);
}
