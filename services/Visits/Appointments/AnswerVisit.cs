using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>What the family says to an appointment.</summary>
/// <param name="Answer">Confirm, propose another time, or decline.</param>
/// <param name="StartsAt">The time that is proposed; needed to propose.</param>
/// <param name="Reason">Why, up to 500 characters; never needed.</param>
public sealed record AnswerRequest(AnswerKind Answer, DateTimeOffset? StartsAt = null, string? Reason = null);

/// <summary>A guardian answers an appointment (VIS-6), by account here and by link in <see cref="AnswerLink"/>.</summary>
internal static class AnswerVisit
{
    public const int LongestReason = 500;

    public static void MapAnswerVisit(this IEndpointRouteBuilder api) =>
        api.MapPost("/{id:guid}/answer", AnswerAsync).Command(Permission.VisitAnswer).WithName("AnswerVisit");

    private static async Task<Results<NoContent, Problem>> AnswerAsync(
        Guid id, AnswerRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitAnswer, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, visit.Version) is { } stale)
            return (Problem)stale;
        if (await TakeAsync(visit, request, db, vault, current.Caller, audit, clock.GetUtcNow(), cancel) is { } refused)
            return refused;
        ETag.Set(http, visit.Version);
        return TypedResults.NoContent();
    }

    /// <summary>Takes an answer, by whichever way it came.</summary>
    internal static async Task<Problem?> TakeAsync(
        Visit visit, AnswerRequest request, VisitsDb db, KeyVault vault, Caller caller, AuditTrail audit, DateTimeOffset now,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var reason = mistakes.OptionalText("reason", request.Reason, LongestReason);
        if (request.Answer == AnswerKind.Propose)
            mistakes.Time("startsAt", request.StartsAt, now);
        if (mistakes.Refusal is { } invalid)
            return invalid;

        DateTimeOffset? proposed = request.Answer == AnswerKind.Propose ? LocalTime.ToMinute(request.StartsAt!.Value) : null;
        var refused = request.Answer switch
        {
            AnswerKind.Confirm => visit.Confirm(now),
            AnswerKind.Propose => visit.Propose(proposed!.Value, now),
            AnswerKind.Decline => visit.Decline(now),
        };
        if (refused is not null)
            return refused;

        var id = Guid.CreateVersion7(now);
        byte[]? sealedReason = null;
        if (reason is not null)
        {
            sealedReason = await vault.SealAsync(
                visit.ToSubject(), VisitAnswer.ReasonOf(id), Encoding.UTF8.GetBytes(reason), cancel);
            if (sealedReason is null)
                return Failures.Erased;
        }

        db.Add(new VisitAnswer
        {
            SchoolId = visit.SchoolId,
            VisitId = visit.Id,
            Id = id,
            DistrictId = visit.DistrictId,
            Kind = request.Answer,
            AppointedAt = visit.StartsAt,
            ProposedStartsAt = proposed,
            Reason = sealedReason,
            AnsweredBy = caller.Name,
            AnsweredAt = now,
        });
        if (request.Answer == AnswerKind.Decline)
            await db.Busy.Where(busy => busy.VisitId == visit.Id).ExecuteDeleteAsync(cancel);
        db.Publish(request.Answer switch
        {
            AnswerKind.Confirm => visit.ToConfirmed(),
            AnswerKind.Propose => visit.ToTimeProposed(),
            AnswerKind.Decline => visit.ToCancelled(),
        });
        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        return null;
    }
}
