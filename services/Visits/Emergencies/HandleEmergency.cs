using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>The first contact with the family.</summary>
/// <param name="Mode">How.</param>
public sealed record FirstContactRequest(VisitMode Mode);

/// <summary>The visit that an emergency leads to.</summary>
/// <param name="VisitId">An emergency visit to the student.</param>
public sealed record EmergencyVisitRequest(Guid VisitId);

/// <summary>The follow-up, without which nobody closes an emergency.</summary>
/// <param name="OwnerId">Who of the school's staff.</param>
/// <param name="DueOn">Until when, within a year.</param>
/// <param name="What">What is to be done, up to 1,000 characters.</param>
public sealed record EmergencyFollowUp(Guid OwnerId, DateOnly DueOn, string What);

/// <summary>First contact, visit, follow-up (VIS-9).</summary>
internal static class HandleEmergency
{
    private const int LongestText = 1_000;

    public static void MapHandleEmergency(this IEndpointRouteBuilder api)
    {
        api.MapPost("/emergencies/{id:guid}/contact", ContactAsync).Command(Permission.EmergencyHandle)
            .WithName("LogEmergencyContact");
        api.MapPost("/emergencies/on-duty/{id:guid}/contact", ContactOnDutyAsync).Command(Permission.ConcernReport)
            .WithName("LogEmergencyContactOnDuty");
        api.MapPost("/emergencies/{id:guid}/visit", VisitAsync).Command(Permission.EmergencyHandle)
            .WithName("LinkEmergencyVisit");
        api.MapPost("/emergencies/{id:guid}/close", CloseAsync).Command(Permission.EmergencyHandle)
            .WithName("CloseEmergency");
    }

    private static Task<Results<NoContent, Problem>> ContactAsync(
        Guid id, FirstContactRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel) =>
        LogContactAsync(
            id, request, db.EmergenciesOf(current.Caller), emergency => PersonOf(current.Caller, emergency),
            db, audit, clock, http, cancel);

    // Whoever is on duty (VIS-21) makes the first contact; visit and follow-up are for those who handle emergencies.
    private static Task<Results<NoContent, Problem>> ContactOnDutyAsync(
        Guid id, FirstContactRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel) =>
        LogContactAsync(
            id, request, db.EmergenciesOnDutyOf(current.Caller),
            emergency => current.Caller.With(Permission.ConcernReport)
                .First(grant => grant.SchoolId == emergency.SchoolId).PersonId,
            db, audit, clock, http, cancel);

    private static async Task<Results<NoContent, Problem>> LogContactAsync(
        Guid id, FirstContactRequest request, IQueryable<Emergency> reached, Func<Emergency, Guid?> personOf, VisitsDb db,
        AuditTrail audit, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (emergency, missing) = await FindAsync(id, reached, http, cancel);
        if (emergency is null)
            return missing!;
        var wasBreached = emergency.BreachedAt is not null;
        if (emergency.Contact(personOf(emergency), request.Mode, now) is { } refused)
            return refused;
        (await db.AlarmOfAsync(emergency.SchoolId, id, cancel)).End(now);
        if (emergency.BreachedAt is not null && !wasBreached)
            db.Publish(emergency.ToBreached());
        Done(emergency, audit, http);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> VisitAsync(
        Guid id, EmergencyVisitRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var (emergency, missing) = await FindAsync(id, db.EmergenciesOf(current.Caller), http, cancel);
        if (emergency is null)
            return missing!;
        if (!await db.VisibleTo(current.Caller, Permission.VisitRead).AnyAsync(
            visit => visit.Id == request.VisitId && visit.SchoolId == emergency.SchoolId && visit.Kind == VisitKind.Emergency
                && visit.State != VisitState.Cancelled && visit.State != VisitState.Declined
                && visit.Students.Any(student => student.StudentId == emergency.StudentId),
            cancel))
        {
            return Problem.Of([EmergencyFailures.NotItsVisit.At("visitId")]);
        }

        if (emergency.Visit(request.VisitId, clock.GetUtcNow()) is { } refused)
            return refused;
        Done(emergency, audit, http);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> CloseAsync(
        Guid id, EmergencyFollowUp request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var what = mistakes.Text("what", request.What, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (emergency, missing) = await FindAsync(id, db.EmergenciesOf(current.Caller), http, cancel);
        if (emergency is null)
            return missing!;
        var policies = await db.Policies.AsNoTracking()
            .Where(policy => policy.NodeId == emergency.SchoolId || policy.NodeId == emergency.DistrictId).ToListAsync(cancel);
        var today = LocalTime.Day(now, Policy.InForce(emergency.DistrictId, emergency.SchoolId, policies).TimeZone);
        if (request.DueOn < today || request.DueOn > today.AddYears(1))
            mistakes.Add(EmergencyFailures.DuePassed.At("dueOn"));
        if (!await db.Set<Post>().AnyAsync(
            post => post.SchoolId == emergency.SchoolId && post.StaffId == request.OwnerId && post.StartsOn <= today
                && (post.EndsOn == null || post.EndsOn >= today), cancel))
        {
            mistakes.Add(VisitsFailures.NotStaff.At("ownerId"));
        }

        if (mistakes.Refusal is { } wrong)
            return wrong;
        var followUp = Guid.CreateVersion7(now);
        if (await vault.SealAsync(emergency.ToSubject(), FollowUp.SealedText.Of(followUp), Encoding.UTF8.GetBytes(what), cancel)
            is not { } sealedText)
        {
            return (Problem)Failures.Erased;
        }

        if (emergency.State == EmergencyState.Visiting && !await db.Visits.AnyAsync(
            visit => visit.SchoolId == emergency.SchoolId && visit.Id == emergency.VisitId
                && visit.State != VisitState.Cancelled && visit.State != VisitState.Declined,
            cancel))
        {
            return (Problem)EmergencyFailures.NoVisit;
        }

        if (emergency.Close(followUp, now) is { } refused)
            return refused;
        await KeepFollowUps.LeaveAsync(
            db,
            [
                new FollowUp
                {
                    SchoolId = emergency.SchoolId,
                    Id = followUp,
                    DistrictId = emergency.DistrictId,
                    EntryId = emergency.VisitId!.Value,
                    StudentId = emergency.StudentId,
                    ClassId = emergency.ClassId,
                    DueOn = request.DueOn,
                    Text = sealedText,
                    AuthorId = current.Caller.With(Permission.EmergencyHandle)
                        .FirstOrDefault(grant => grant.SchoolId == emergency.SchoolId)?.PersonId,
                    CreatedAt = now,
                }.OwnedBy(request.OwnerId),
            ],
            now, cancel);
        Done(emergency, audit, http);
        return TypedResults.NoContent();
    }

    private static async Task<(Emergency? Emergency, Problem? Missing)> FindAsync(
        Guid id, IQueryable<Emergency> reached, HttpContext http, CancellationToken cancel)
    {
        var emergency = await reached.SingleOrDefaultAsync(e => e.Id == id, cancel);
        return emergency is null ? (null, Failures.NotFound)
            : ETag.Mismatch(http, emergency.Version) is { } stale ? (null, stale)
            : (emergency, null);
    }

    private static Guid? PersonOf(Caller caller, Emergency emergency) => caller.With(Permission.EmergencyHandle)
        .FirstOrDefault(grant => grant.SchoolId == emergency.SchoolId
            && (grant.ClassId is null || grant.ClassId == emergency.ClassId))
        ?.PersonId;

    private static void Done(Emergency emergency, AuditTrail audit, HttpContext http)
    {
        audit.About("emergency", emergency.Id, emergency.DistrictId, emergency.SchoolId);
        ETag.Set(http, emergency.Version);
    }
}
