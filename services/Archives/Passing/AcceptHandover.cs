using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Passing;

/// <summary>Which handovers are accepted at once.</summary>
/// <param name="ClassId">Those of the students of one class; of all the caller's classes at the school when missing.</param>
public sealed record AcceptanceRequest(Guid? ClassId = null);

/// <summary>How many handovers were accepted.</summary>
/// <param name="Accepted">Those that were open until now.</param>
public sealed record Acceptance(int Accepted);

/// <summary>
/// The next homeroom teacher takes a student over (ARC-14): from then on the policy lets the teacher read what was written before. Nobody
/// accepts for somebody else.
/// </summary>
internal static class AcceptHandover
{
    public static void MapAcceptHandover(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/handovers/{id:guid}/accept", AcceptAsync)
            .WithName("AcceptHandover")
            .WithSummary("Accepts one handover; a second time changes nothing.")
            .Command(Permission.HandoverAccept);
        api.MapPost("/schools/{schoolId:guid}/handovers/accept", AcceptAllAsync)
            .WithName("AcceptHandovers")
            .WithSummary("Accepts all of the caller's open handovers at a school, or those of one class.")
            .Command(Permission.HandoverAccept);
    }

    private static async Task<Results<NoContent, Problem>> AcceptAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var handover = await db.Set<Handover>().SingleOrDefaultAsync(h => h.DistrictId == districtId && h.Id == id, cancel);
        if (handover is null || !PersonsAt(current.Caller, handover.SchoolId).Contains(handover.ToStaffId))
            return (Problem)Failures.NotFound;
        handover.Accept(clock.GetUtcNow());
        audit.About("handover", id, districtId, handover.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Acceptance>, Problem>> AcceptAllAsync(
        Guid schoolId, AcceptanceRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var persons = PersonsAt(current.Caller, schoolId);
        var grant = current.Caller.With(Permission.HandoverAccept).FirstOrDefault(
            grant => grant.SchoolId == schoolId && (request.ClassId is null || grant.ClassId == request.ClassId));
        if (grant is null)
            return (Problem)Failures.NotFound;
        var (today, now) = (LocalDay.Today(clock), clock.GetUtcNow());
        var accepted = await db.Set<Handover>()
            .Where(h => h.SchoolId == schoolId && h.AcceptedAt == null && persons.Contains(h.ToStaffId)
                && (request.ClassId == null || db.Set<Enrolment>().Any(e => e.SchoolId == schoolId && e.StudentId == h.StudentId
                    && e.ClassId == request.ClassId && (e.EndsOn == null || e.EndsOn >= today))))
            .ExecuteUpdateAsync(set => set.SetProperty(h => h.AcceptedAt, now), cancel);
        audit.About("handover", request.ClassId, grant.DistrictId, schoolId);
        return TypedResults.Ok(new Acceptance(accepted));
    }

    private static Guid[] PersonsAt(Caller caller, Guid school) =>
        [.. caller.With(Permission.HandoverAccept).Where(grant => grant.SchoolId == school).Select(grant => grant.PersonId).OfType<Guid>()];
}
