using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits;

/// <summary>A record as it is read.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="HeldOn">The day the visit was held.</param>
/// <param name="RecordedAt">When the record was completed.</param>
/// <param name="Late">Whether that was after it was due.</param>
/// <param name="AuthorId">The staff member who wrote it.</param>
/// <param name="Content">What it says.</param>
public sealed record RecordView(
    Guid VisitId, DateOnly HeldOn, DateTimeOffset RecordedAt, bool Late, Guid? AuthorId, RecordContent Content);

/// <summary>
/// Reads a record (VIS-10). It is a command, though it changes nothing of the visit: the read and the line in the audit that says
/// who read it commit together, or nobody reads.
/// </summary>
internal static class ReadRecord
{
    private const int LongestReason = 200;

    public static void MapReadRecord(this IEndpointRouteBuilder api) =>
        api.MapGet("/{id:guid}/record", ReadAsync).Command(Permission.VisitRecordRead).Sensitive().WithName("ReadVisitRecord");

    private static async Task<Results<Ok<RecordView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel,
        string? reason = null)
    {
        var mistakes = new Mistakes();
        var why = mistakes.OptionalText("reason", reason, LongestReason);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var found = await db.VisibleTo(current.Caller, Permission.VisitRecordRead).AsNoTracking()
            .Where(visit => visit.Id == id)
            .Join(
                db.Records,
                visit => new { visit.SchoolId, VisitId = visit.Id },
                record => new { record.SchoolId, record.VisitId },
                (visit, record) => new { Record = record, visit.HeldOn, visit.RecordDueOn, visit.TimeZone })
            .SingleOrDefaultAsync(cancel);
        if (found is null)
            return (Problem)Failures.NotFound;

        var record = found.Record;
        if (await vault.OpenAsync(record.DistrictId, VisitRecord.ContentOf(id), record.Content, cancel) is not { } content)
            return (Problem)Failures.Erased;
        audit.About("visit-record", id, record.DistrictId, record.SchoolId, why);
        return TypedResults.Ok(new RecordView(
            id, found.HeldOn!.Value, record.RecordedAt, LocalTime.Day(record.RecordedAt, found.TimeZone) > found.RecordDueOn,
            record.AuthorId, JsonSerializer.Deserialize<RecordContent>(content, Json.Options)!));
    }
}
