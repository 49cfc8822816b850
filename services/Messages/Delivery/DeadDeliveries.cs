using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Delivery;

/// <summary>A letter that was given up; neither what it says nor where it would have gone.</summary>
/// <param name="Id">For the replay.</param>
/// <param name="SchoolId">The school that told.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Channel">Which channel did not take it.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Reason">Why the last attempt failed: a code.</param>
/// <param name="CreatedAt">When there was something to tell.</param>
/// <param name="DeadAt">When it was given up.</param>
public sealed record DeadLetter(
    Guid Id, Guid SchoolId, DeliveryKind Kind, Channel Channel, int Attempts, string? Reason, DateTimeOffset CreatedAt,
    DateTimeOffset? DeadAt);

/// <summary>The dead-letter list (死信) and its replay (MSG-5).</summary>
internal static class DeadDeliveries
{
    public static void MapDeadDeliveries(this IEndpointRouteBuilder api)
    {
        api.MapGet("/operations/dead-letters", ListAsync).Query(Permission.OperateMessaging).WithName("ListDeadLetters")
            .WithSummary("Letters that no attempt could deliver, newest first.");
        api.MapPost("/operations/dead-letters/{id:guid}/replay", ReplayAsync).Command(Permission.OperateMessaging)
            .WithName("ReplayDeadLetter").WithSummary("Tries a letter again, with all its attempts.");
    }

    private static async Task<Results<Ok<Page<DeadLetter>>, Problem>> ListAsync(
        MessagesDb db, CurrentCaller current, CancellationToken cancel, Channel? channel = null, int? size = null,
        string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var districts = MessagesReach.Of(current, Permission.OperateMessaging).Districts;
        var limit = Cursor.Size(size);
        var rows = await db.OutgoingMessages.AsNoTracking()
            .Where(d => districts.Contains(d.DistrictId) && d.State == DeliveryState.Dead)
            .Where(d => (channel == null || d.Channel == channel) && (last == null || d.Id < last))
            .OrderByDescending(d => d.Id).Take(limit + 1)
            .Select(d => new DeadLetter(d.Id, d.SchoolId, d.Kind, d.Channel, d.Attempts, d.Reason, d.CreatedAt, d.DoneAt))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, limit, row => row.Id));
    }

    private static async Task<Results<NoContent, Problem>> ReplayAsync(
        Guid id, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var districts = MessagesReach.Of(current, Permission.OperateMessaging).Districts;
        if (await db.OutgoingMessages.AsNoTracking()
            .SingleOrDefaultAsync(d => d.Id == id && districts.Contains(d.DistrictId), cancel) is not { } letter)
        {
            return (Problem)Failures.NotFound;
        }

        var now = clock.GetUtcNow();
        // In one statement, whoever replays twice.
        var replayed = await db.OutgoingMessages.Where(d => d.SchoolId == letter.SchoolId && d.Id == id && d.State == DeliveryState.Dead)
            .ExecuteUpdateAsync(
                d => d.SetProperty(one => one.State, DeliveryState.Waiting).SetProperty(one => one.Attempts, 0)
                    .SetProperty(one => one.DueAt, now).SetProperty(one => one.DoneAt, (DateTimeOffset?)null), cancel);
        if (replayed == 0)
            return (Problem)MessagesFailures.NotDead;
        audit.About("dead-letter", id, letter.DistrictId, letter.SchoolId);
        return TypedResults.NoContent();
    }
}
