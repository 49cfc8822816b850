using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>A plan that is asked for; an empty body asks for the whole school and the term under way.</summary>
/// <param name="TermId">The term; the one under way, or else the next, when missing.</param>
/// <param name="ClassId">A class; otherwise a grade or the whole school.</param>
/// <param name="Grade">A grade, as the roster writes it.</param>
/// <param name="Seed">Another seed proposes another plan, as good; the same one the same.</param>
/// <param name="Mode">How to visit where nothing else matters; not by text.</param>
/// <param name="SiblingsTogether">Whether siblings share a visit.</param>
public sealed record PlanRequest(
    Guid? TermId = null, Guid? ClassId = null, string? Grade = null, int Seed = 0, VisitMode Mode = VisitMode.Video,
    bool SiblingsTogether = true);

/// <summary>Another proposal for a plan.</summary>
/// <param name="Seed">A new seed; the plan's own when missing.</param>
public sealed record ReplanRequest(int? Seed = null);

/// <summary>
/// Proposes a term's plan in one call, and again after a change (VIS-2, VIS-5). What is agreed, and what a person has set, stays;
/// of the rest as little as possible moves.
/// </summary>
internal static class ProposePlan
{
    private const int LongestGrade = 20;

    public static void MapProposePlan(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{school:guid}/plans", ProposeAsync).Command(Permission.VisitPlan).WithName("ProposePlan");
        api.MapPost("/schools/{school:guid}/plans/{id:guid}/replan", ReplanAsync)
            .Command(Permission.VisitPlan).WithName("Replan");
    }

    private static async Task<Results<Created<PlanView>, Problem>> ProposeAsync(
        Guid school, PlanRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var grade = mistakes.OptionalText("grade", request.Grade, LongestGrade);
        if (request.Mode == VisitMode.Text)
            mistakes.Add(PlanningFailures.NotByText.At("mode"));
        if (request.ClassId is not null && grade is not null)
            mistakes.Add(PlanningFailures.ClassOrGrade.At("grade"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (PlanReach.Of(current.Caller, school) is not { } reach || !reach.Covers(request.ClassId))
            return (Problem)Failures.NotFound;

        var now = clock.GetUtcNow();
        var terms = await db.Set<Term>().AsNoTracking().Where(term => term.DistrictId == reach.DistrictId).ToListAsync(cancel);
        var term = request.TermId is { } named
            ? terms.Find(term => term.Id == named && term.WithdrawnOn is null)
            : Term.Of(await db.TodayAtAsync(reach.DistrictId, school, now, cancel), terms);
        if (term is null)
            return (Problem)(request.TermId is null ? VisitsFailures.NoTerm : Failures.NotFound);
        var plan = new Plan
        {
            SchoolId = school,
            Id = Guid.CreateVersion7(now),
            DistrictId = reach.DistrictId,
            TermId = term.Id,
            ClassId = request.ClassId,
            Grade = grade,
            Wish = new PlanWish(request.Seed, request.Mode, request.SiblingsTogether),
            ProposedAt = now,
        };
        if (await PlanFacts.ReadAsync(db, plan, [], reach.Own, now, cancel) is not { } facts)
            return (Problem)Failures.NotFound;

        db.Add(plan);
        var items = Fill(db, plan, facts, [], now);
        audit.About("visit-plan", plan.Id, plan.DistrictId, plan.SchoolId);
        ETag.Set(http, plan.Version);
        return TypedResults.Created($"/api/visits/schools/{school}/plans/{plan.Id}", PlanView.Of(plan, PlanCounts.Of(items)));
    }

    private static async Task<Results<Ok<PlanView>, Problem>> ReplanAsync(
        Guid school, Guid id, ReplanRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (await PlanReach.FindAsync(db, current.Caller, school, id, cancel) is not { } plan)
            return (Problem)Failures.NotFound;
        if (plan.State != PlanState.Draft)
            return (Problem)PlanningFailures.AlreadyPublished;
        var now = clock.GetUtcNow();
        var items = await db.Set<PlanItem>().Where(item => item.SchoolId == school && item.PlanId == id).ToListAsync(cancel);
        var set = items.Where(item => item.State == PlanItemState.Set).ToList();
        var own = PlanReach.Of(current.Caller, school)!.Own;
        if (await PlanFacts.ReadAsync(db, plan, set, own, now, cancel) is not { } facts)
            return (Problem)Failures.NotFound;

        plan.Wish = plan.Wish with { Seed = request.Seed ?? plan.Wish.Seed };
        var before = items.Except(set).ToList();
        db.RemoveRange(before);
        var proposed = Fill(db, plan, facts, before, now);
        audit.About("visit-plan", plan.Id, plan.DistrictId, plan.SchoolId);
        ETag.Set(http, plan.Version);
        return TypedResults.Ok(PlanView.Of(plan, PlanCounts.Of([.. set, .. proposed])));
    }

    private static List<PlanItem> Fill(
        VisitsDb db, Plan plan, TermFacts facts, IReadOnlyList<PlanItem> before, DateTimeOffset now)
    {
        var (visits, openingShort) = TermPlan.Propose(facts, plan.Wish, before);
        plan.OpeningShort = [.. openingShort];
        plan.Version++;
        var items = visits.OrderBy(visit => visit.StartsAt is null).ThenBy(visit => visit.StartsAt)
            .Select((visit, i) => ItemOf(plan, facts, visit, now.AddMilliseconds(i))).ToList(); // ids in the order of time
        db.AddRange(items);
        return items;
    }

    private static PlanItem ItemOf(Plan plan, TermFacts facts, ProposedVisit visit, DateTimeOffset now) => new()
    {
        SchoolId = plan.SchoolId,
        PlanId = plan.Id,
        Id = Guid.CreateVersion7(now),
        DistrictId = plan.DistrictId,
        StudentIds = [.. visit.Wanted.Students.Select(student => student.StudentId)],
        ClassIds = [.. visit.Wanted.Students.Select(student => student.ClassId)],
        TeacherId = visit.TeacherId,
        StartsAt = visit.StartsAt,
        Minutes = facts.Policy.ShortestMinutes,
        Mode = visit.Wanted.Mode,
        Kind = visit.Wanted.Priority ? VisitKind.Priority : VisitKind.Routine,
        State = visit.StartsAt is null ? PlanItemState.Unmet : PlanItemState.Proposed,
        Reason = visit.Reason,
    };
}
