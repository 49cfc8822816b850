using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>A plan.</summary>
/// <param name="Id">The plan.</param>
/// <param name="TermId">The term.</param>
/// <param name="ClassId">Of a class.</param>
/// <param name="Grade">Of a grade.</param>
/// <param name="Seed">The seed.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ProposedAt">When it was first proposed.</param>
/// <param name="Counts">Its items; not in lists of plans.</param>
/// <param name="OpeningShort">Classes that miss their target for the opening weeks.</param>
public sealed record PlanView(
    Guid Id, Guid TermId, Guid? ClassId, string? Grade, int Seed, PlanState State, DateTimeOffset ProposedAt, PlanCounts? Counts,
    IReadOnlyList<ClassShortfall> OpeningShort)
{
    internal static PlanView Of(Plan plan, PlanCounts? counts) => new(
        plan.Id, plan.TermId, plan.ClassId, plan.Grade, plan.Wish.Seed, plan.State, plan.ProposedAt, counts, plan.OpeningShort);
}

/// <summary>How many items of a plan stand where.</summary>
/// <param name="Planned">With a time: proposed or set.</param>
/// <param name="Unmet">Without.</param>
/// <param name="Published">Appointments.</param>
/// <param name="Refused">Those of which no appointment could be made.</param>
public sealed record PlanCounts(int Planned, int Unmet, int Published, int Refused)
{
    internal static PlanCounts Of(IReadOnlyCollection<PlanItem> items) => Of(items.CountBy(item => item.State).ToDictionary());

    internal static PlanCounts Of(IReadOnlyDictionary<PlanItemState, int> counts)
    {
        return new PlanCounts(
            Of(PlanItemState.Proposed) + Of(PlanItemState.Set), Of(PlanItemState.Unmet), Of(PlanItemState.Published),
            Of(PlanItemState.Refused));

        int Of(PlanItemState state) => counts.GetValueOrDefault(state);
    }
}

/// <summary>A visit of a plan.</summary>
/// <param name="Id">The item.</param>
/// <param name="StudentIds">Whom it is about.</param>
/// <param name="TeacherId">Who visits.</param>
/// <param name="StartsAt">When.</param>
/// <param name="Minutes">How long.</param>
/// <param name="Mode">How.</param>
/// <param name="Kind">Why.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it is unmet, or comes after the opening weeks although it is about a priority student.</param>
/// <param name="ReasonText">The same for people.</param>
/// <param name="Refusal">The code of the failure for which no appointment was made.</param>
/// <param name="VisitId">The appointment.</param>
public sealed record PlanItemView(
    Guid Id, IReadOnlyList<Guid> StudentIds, Guid? TeacherId, DateTimeOffset? StartsAt, int Minutes, VisitMode Mode,
    VisitKind Kind, PlanItemState State, UnmetReason? Reason, string? ReasonText, string? Refusal, Guid? VisitId)
{
    internal static PlanItemView Of(PlanItem item, bool chinese) => new(
        item.Id, item.StudentIds, item.TeacherId, item.StartsAt, item.Minutes, item.Mode, item.Kind, item.State, item.Reason,
        item.Reason is { } reason ? UnmetTexts.Of(reason, chinese) : null, item.Refusal, item.VisitId);
}

/// <summary>Which items to list; what is missing does not narrow.</summary>
/// <param name="TeacherId">Of a teacher.</param>
/// <param name="ClassId">Of students of a class.</param>
/// <param name="Unmet">Only those that found no time, or only the others.</param>
/// <param name="Size">Items a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record PlanItemFilter(Guid? TeacherId, Guid? ClassId, bool? Unmet, int? Size, string? After);

/// <summary>Lists plans, the newest first, and a plan's items as they were proposed, by time.</summary>
internal static class ListPlans
{
    public static void MapListPlans(this IEndpointRouteBuilder api)
    {
        api.MapGet("/schools/{school:guid}/plans", ListAsync).Query(Permission.VisitPlan).WithName("ListPlans");
        api.MapGet("/schools/{school:guid}/plans/{id:guid}", ReadAsync).Query(Permission.VisitPlan).WithName("ReadPlan");
        api.MapGet("/schools/{school:guid}/plans/{id:guid}/items", ItemsAsync)
            .Query(Permission.VisitPlan).WithName("ListPlanItems");
    }

    private static async Task<Results<Ok<Page<PlanView>>, Problem>> ListAsync(
        Guid school, int? size, string? after, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (PlanReach.Of(current.Caller, school) is not { } reach)
            return (Problem)Failures.NotFound;
        var plans = reach.Plans(db).AsNoTracking();
        if (last is not null)
            plans = plans.Where(plan => plan.Id < last.Id);
        var most = Cursor.Size(size);
        var rows = await plans.OrderByDescending(plan => plan.Id).Take(most + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From([.. rows.Select(plan => PlanView.Of(plan, null))], most, plan => new Last(plan.Id)));
    }

    private static async Task<Results<Ok<PlanView>, Problem>> ReadAsync(
        Guid school, Guid id, VisitsDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (await PlanReach.FindAsync(db, current.Caller, school, id, cancel) is not { } plan)
            return (Problem)Failures.NotFound;
        var counts = await db.Set<PlanItem>().Where(item => item.SchoolId == school && item.PlanId == id)
            .GroupBy(item => item.State).Select(group => new { group.Key, Count = group.Count() })
            .ToDictionaryAsync(group => group.Key, group => group.Count, cancel);
        ETag.Set(http, plan.Version);
        return TypedResults.Ok(PlanView.Of(plan, PlanCounts.Of(counts)));
    }

    private static async Task<Results<Ok<Page<PlanItemView>>, Problem>> ItemsAsync(
        Guid school, Guid id, [AsParameters] PlanItemFilter filter, VisitsDb db, CurrentCaller current, HttpContext http,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await PlanReach.FindAsync(db, current.Caller, school, id, cancel) is null)
            return (Problem)Failures.NotFound;
        var items = db.Set<PlanItem>().AsNoTracking().Where(item => item.SchoolId == school && item.PlanId == id);
        if (filter.TeacherId is { } teacher)
            items = items.Where(item => item.TeacherId == teacher);
        if (filter.ClassId is { } @class)
            items = items.Where(item => item.ClassIds.Contains(@class));
        if (filter.Unmet is { } unmet)
            items = items.Where(item => (item.State == PlanItemState.Unmet) == unmet);
        if (last is not null)
            items = items.Where(item => item.Id > last.Id);
        var most = Cursor.Size(filter.Size);
        var rows = await items.OrderBy(item => item.Id).Take(most + 1).ToListAsync(cancel);
        var chinese = Language.IsChinese(http);
        return TypedResults.Ok(
            Page.From([.. rows.Select(item => PlanItemView.Of(item, chinese))], most, item => new Last(item.Id)));
    }

    private sealed record Last(Guid Id);
}
