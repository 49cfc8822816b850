using HomeSchool.Contracts;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Messages.Notices;

/// <summary>A line of the inbox.</summary>
/// <param name="Id">The notification.</param>
/// <param name="SchoolId">The school that tells.</param>
/// <param name="StudentIds">The own children whom it concerns.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="AboutId">What it is about: the id of what the kind says.</param>
/// <param name="Urgent">Whether it is about safety.</param>
/// <param name="CreatedAt">Since when it is there.</param>
/// <param name="ReadAt">When it was opened; <see langword="null"/> while it is new.</param>
public sealed record InboxLine(
    Guid Id, Guid SchoolId, IReadOnlyList<Guid> StudentIds, NotificationKind Kind, Guid AboutId, bool Urgent,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ReadAt);

/// <summary>Lines of the inbox that arrived, or were opened.</summary>
/// <param name="Ids">The notifications, 1–500. Those that are not one's own are passed over.</param>
public sealed record InboxMarks(IReadOnlyList<Guid> Ids);

/// <summary>
/// A guardian's inbox (MSG-4). What is listed has not arrived by that: the app says so when it has it, since a receipt that a
/// lost
/// connection made true would be a lie.
/// </summary>
internal static class Inbox
{
    public static void MapInbox(this IEndpointRouteBuilder api)
    {
        api.MapGet("/inbox", ListAsync).Query(Permission.MessageReceive).WithName("ListInbox")
            .WithSummary("What the caller has been told, newest first.");
        api.MapPost("/inbox/delivered", DeliveredAsync).Command(Permission.MessageReceive).WithName("MarkDelivered")
            .WithSummary("The app has these lines.");
        api.MapPost("/inbox/read", ReadAsync).Command(Permission.MessageReceive).WithName("MarkRead")
            .WithSummary("The guardian has opened these lines.");
    }

    private static async Task<Results<Ok<Page<InboxLine>>, Problem>> ListAsync(
        MessagesDb db, CurrentCaller current, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (guardians, students) = FamilyReach.Of(current, Permission.MessageReceive);
        var limit = Cursor.Size(size);
        var rows = await db.Notifications.AsNoTracking()
            .Where(n => guardians.Contains(n.GuardianId) && n.StudentIds.Any(student => students.Contains(student)))
            .Where(n => last == null || n.Id < last)
            .OrderByDescending(n => n.Id).Take(limit + 1)
            .Select(n => new InboxLine(
                n.Id, n.SchoolId, n.StudentIds.Where(student => students.Contains(student)).ToArray(), n.Kind, n.AboutId,
                n.Urgent,
                n.CreatedAt, n.ReadAt))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, limit, line => line.Id));
    }

    private static Task<Results<NoContent, Problem>> DeliveredAsync(
        InboxMarks marks, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel) =>
        MarkAsync(marks, db, current, audit, (connection, guardians) =>
            Receipts.DeliveredAsync(connection, guardians, marks.Ids, clock.GetUtcNow(), cancel));

    private static Task<Results<NoContent, Problem>> ReadAsync(
        InboxMarks marks, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel) =>
        MarkAsync(marks, db, current, audit, (connection, guardians) =>
            Receipts.ReadAsync(connection, guardians, marks.Ids, clock.GetUtcNow(), cancel));

    private static async Task<Results<NoContent, Problem>> MarkAsync(
        InboxMarks marks, MessagesDb db, CurrentCaller current, AuditTrail audit, Func<NpgsqlConnection, Guid[], Task> mark)
    {
        var mistakes = new Mistakes();
        mistakes.Ids("ids", marks.Ids, 1, Cursor.MaximumSize);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var grant = current.Caller.With(Permission.MessageReceive).First();
        await mark((NpgsqlConnection)db.Database.GetDbConnection(), FamilyReach.Of(current, Permission.MessageReceive).Guardians);
        audit.About("inbox", grant.PersonId ?? grant.DistrictId, grant.DistrictId, grant.SchoolId);
        return TypedResults.NoContent();
    }
}
