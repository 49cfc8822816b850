using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Posts;

/// <summary>What became of a notice with one guardian.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The child's class then; the empty id without one.</param>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="Channel">How the guardian was to be reached; without the app, the teacher hands it over.</param>
/// <param name="DeliveredAt">When it arrived.</param>
/// <param name="ReadAt">When it was opened.</param>
/// <param name="AnsweredAt">When it was answered.</param>
/// <param name="RemindedAt">When the guardian was last reminded.</param>
public sealed record ReceiptBody(
    Guid SchoolId, Guid ClassId, Guid StudentId, Guid GuardianId, GuardianChannel Channel, DateTimeOffset? DeliveredAt,
    DateTimeOffset? ReadAt, DateTimeOffset? AnsweredAt, DateTimeOffset? RemindedAt);

/// <summary>Who got a notice, read and answered it (MSG-4).</summary>
internal static class ReadReceipts
{
    public static void MapReadReceipts(this IEndpointRouteBuilder api) =>
        api.MapGet("/posts/{id:guid}/receipts", ListAsync).Query(Permission.ReceiptRead).WithName("ListReceipts")
            .WithSummary("A notice's receipts in the caller's classes; unreadOnly=true leaves those who have not read it.");

    /// <summary>The receipts that the caller may see.</summary>
    internal static IQueryable<Receipt> ReceiptsVisibleTo(this MessagesDb db, CurrentCaller current, Permission permission)
    {
        var (districts, schools, classes) = MessagesReach.Of(current, permission);
        return db.Receipts.Where(r =>
            districts.Contains(r.DistrictId) || schools.Contains(r.SchoolId) || classes.Contains(r.ClassId));
    }

    private static async Task<Results<Ok<Page<ReceiptBody>>, Problem>> ListAsync(
        Guid id, MessagesDb db, CurrentCaller current, CancellationToken cancel, Guid? classId = null, bool unreadOnly = false,
        int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (!await db.PostsVisibleTo(current, Permission.ReceiptRead).AnyAsync(p => p.Id == id, cancel))
            return (Problem)Failures.NotFound;
        var receipts = db.ReceiptsVisibleTo(current, Permission.ReceiptRead).AsNoTracking()
            .Where(r => r.PostId == id && (classId == null || r.ClassId == classId) && (!unreadOnly || r.ReadAt == null));
        if (last is not null)
        {
            receipts = receipts.Where(r => EF.Functions.GreaterThan(
                ValueTuple.Create(r.SchoolId, r.GuardianId, r.StudentId),
                ValueTuple.Create(last.SchoolId, last.GuardianId, last.StudentId)));
        }

        var limit = Cursor.Size(size);
        var rows = await receipts.OrderBy(r => r.SchoolId).ThenBy(r => r.GuardianId).ThenBy(r => r.StudentId).Take(limit + 1)
            .Select(r => new ReceiptBody(
                r.SchoolId, r.ClassId, r.StudentId, r.GuardianId, r.Channel, r.DeliveredAt, r.ReadAt, r.AnsweredAt, r.RemindedAt))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, limit, row => new Last(row.SchoolId, row.GuardianId, row.StudentId)));
    }

    private sealed record Last(Guid SchoolId, Guid GuardianId, Guid StudentId);
}
