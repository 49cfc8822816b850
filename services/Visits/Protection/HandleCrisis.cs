using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Emergencies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Protection;

/// <summary>A crisis.</summary>
/// <param name="Id">The crisis.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="StudentId">The student.</param>
/// <param name="RaisedAt">Since when.</param>
/// <param name="RaisedBy">Who raised it.</param>
/// <param name="AcknowledgedAt">When somebody took it on.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="Checklist">What is to be done, and what is.</param>
public sealed record CrisisView(
    Guid Id, Guid SchoolId, Guid? ClassId, Guid StudentId, DateTimeOffset RaisedAt, Guid? RaisedBy,
    DateTimeOffset? AcknowledgedAt, Guid? AcknowledgedBy, IReadOnlyList<CrisisStep> Checklist)
{
    internal static CrisisView Of(Crisis c) => new(
        c.Id, c.SchoolId, c.ClassId, c.StudentId, c.RaisedAt, c.RaisedBy, c.AcknowledgedAt, c.AcknowledgedBy, c.Checklist);
}

/// <summary>Something of the checklist that is done.</summary>
/// <param name="Code">Which.</param>
public sealed record CrisisTick(string Code);

/// <summary>
/// What counselor, vice principal and homeroom teacher see and do of a crisis (VIS-18), and what the child-protection leads see.
/// Each read is a command, so that it and its line in the audit commit together.
/// </summary>
internal static class HandleCrisis
{
    public static void MapHandleCrisis(this IEndpointRouteBuilder api)
    {
        api.MapGet("/crises", ListAsync).Command(Permission.CrisisHandle).Sensitive().WithName("ListCrises");
        api.MapGet("/crises/of-leads", ListOfLeadsAsync).Command(Permission.ProtectedCaseRead).Sensitive()
            .WithName("ListCrisesOfLeads");
        api.MapGet("/crises/{id:guid}", ReadAsync).Command(Permission.CrisisHandle).Sensitive().WithName("ReadCrisis");
        api.MapPost("/crises/{id:guid}/acknowledge", AcknowledgeAsync).Command(Permission.CrisisHandle)
            .WithName("AcknowledgeCrisis");
        api.MapPost("/crises/{id:guid}/ticks", TickAsync).Command(Permission.CrisisHandle).WithName("TickCrisis");
    }

    private static IQueryable<Crisis> CrisesOf(VisitsDb db, Caller caller)
    {
        var (schools, classes) = caller.ReachOf(Permission.CrisisHandle);
        return db.Set<Crisis>().Where(c => schools.Contains(c.SchoolId) || classes.Contains(c.ClassId!.Value));
    }

    private static async Task<Ok<IReadOnlyList<CrisisView>>> ListAsync(
        VisitsDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel) =>
        await AnswerAsync(CrisesOf(db, current.Caller), current.Caller, Permission.CrisisHandle, audit, cancel);

    private static async Task<Ok<IReadOnlyList<CrisisView>>> ListOfLeadsAsync(
        VisitsDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        var led = await db.LedByAsync(current.Caller, cancel);
        return await AnswerAsync(
            db.Set<Crisis>().Where(c => led.Contains(c.SchoolId)), current.Caller, Permission.ProtectedCaseRead, audit, cancel);
    }

    // The latest hundred: nobody has more at hand.
    private static async Task<Ok<IReadOnlyList<CrisisView>>> AnswerAsync(
        IQueryable<Crisis> crises, Caller caller, Permission permission, AuditTrail audit, CancellationToken cancel)
    {
        var found = await crises.AsNoTracking().OrderByDescending(c => c.RaisedAt).Take(100).ToListAsync(cancel);
        var place = caller.With(permission).First();
        audit.About("crises", null, place.DistrictId, place.SchoolId);
        return TypedResults.Ok<IReadOnlyList<CrisisView>>([.. found.Select(CrisisView.Of)]);
    }

    private static async Task<Results<Ok<CrisisView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (await CrisesOf(db, current.Caller).AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        audit.About("crisis", id, found.DistrictId, found.SchoolId);
        return TypedResults.Ok(CrisisView.Of(found));
    }

    private static async Task<Results<NoContent, Problem>> AcknowledgeAsync(
        Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await CrisesOf(db, current.Caller).SingleOrDefaultAsync(c => c.Id == id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        found.Acknowledge(PersonOf(current.Caller, found), now);
        (await db.AlarmOfAsync(found.SchoolId, id, cancel)).End(now);
        audit.About("crisis", id, found.DistrictId, found.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> TickAsync(
        Guid id, CrisisTick request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (await CrisesOf(db, current.Caller).SingleOrDefaultAsync(c => c.Id == id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        if (!found.Tick(request.Code, PersonOf(current.Caller, found), clock.GetUtcNow()))
        {
            return Problem.Of(
                [VisitsFailures.Choice.At("code", string.Join(", ", found.Checklist.Select(step => step.Code)))]);
        }

        audit.About("crisis", id, found.DistrictId, found.SchoolId);
        return TypedResults.NoContent();
    }

    private static Guid? PersonOf(Caller caller, Crisis crisis) => caller.With(Permission.CrisisHandle)
        .FirstOrDefault(grant => grant.SchoolId == crisis.SchoolId && (grant.ClassId is null || grant.ClassId == crisis.ClassId))
        ?.PersonId;
}
