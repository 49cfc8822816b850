using System.Text;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Records;

/// <summary>A record as it is read.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="HeldOn">The day the visit was held.</param>
/// <param name="RecordedAt">When this version was written.</param>
/// <param name="Late">Whether the visit was completed after its record was due.</param>
/// <param name="AuthorId">The staff member who wrote it.</param>
/// <param name="Content">What it says.</param>
/// <param name="HasInternal">Whether it has an internal part, which is read apart (ARC-7).</param>
/// <param name="Version">Which version this is; send the last one back in <c>If-Match</c> to correct it.</param>
/// <param name="Versions">All versions, oldest first.</param>
public sealed record RecordView(
    Guid VisitId, DateOnly HeldOn, DateTimeOffset RecordedAt, bool Late, Guid? AuthorId, RecordContent Content, bool HasInternal,
    int Version, IReadOnlyList<RecordVersion> Versions);

/// <summary>A version of a record.</summary>
/// <param name="Version">From 1.</param>
/// <param name="RecordedAt">When it was written.</param>
/// <param name="AuthorId">By whom.</param>
public sealed record RecordVersion(int Version, DateTimeOffset RecordedAt, Guid? AuthorId);

/// <summary>The internal part of a record (ARC-7).</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="Text">What it says; <see langword="null"/> when the version has none.</param>
public sealed record InternalView(Guid VisitId, string? Text);

/// <summary>
/// Reads a record (VIS-10). It is a command, though it changes nothing of the visit: the read and the line in the audit that says
/// who read it commit together, or nobody reads.
/// </summary>
internal static class ReadRecord
{
    private const int LongestReason = 200;

    public static void MapReadRecord(this IEndpointRouteBuilder api)
    {
        api.MapGet("/{id:guid}/record", ReadAsync).Command(Permission.VisitRecordRead).Sensitive().WithName("ReadVisitRecord");
        api.MapGet("/{id:guid}/record/internal", ReadInternalAsync).Command(Permission.VisitInternalRead).Sensitive()
            .WithName("ReadInternalPart");
        api.MapGet("/{id:guid}/record/print", PrintAsync).Command(Permission.VisitRecordRead).Sensitive()
            .WithName("PrintVisitRecord");
    }

    private static async Task<Results<Ok<RecordView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel,
        string? reason = null, int? version = null)
    {
        var (found, view, refused) = await OpenAsync(id, reason, version, db, vault, current, audit, cancel);
        if (found is null)
            return refused!;
        ETag.Set(http, found.Records.Max(record => record.Version));
        return TypedResults.Ok(view!);
    }

    private static async Task<Results<PrintedSheet, Problem>> PrintAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel,
        string? reason = null, int? version = null)
    {
        var (found, view, refused) = await OpenAsync(id, reason, version, db, vault, current, audit, cancel);
        return found is null ? refused! : PrintedSheet.OfRecord(found.Visit, view!, current.Caller, clock.GetUtcNow());
    }

    private static async Task<Results<Ok<InternalView>, Problem>> ReadInternalAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel,
        string? reason = null, int? version = null)
    {
        var mistakes = new Mistakes();
        var why = mistakes.OptionalText("reason", reason, LongestReason);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(id, version, Permission.VisitInternalRead, db, current, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        var (visit, record) = (found.Visit, found.Record);
        var facts = await RecordFacts.ReadAsync(db, visit, cancel);
        if (!current.Caller.With(Permission.VisitInternalRead).Any(grant => facts.Policy.ShowsInternalTo(grant.Role)
            && grant.SchoolId == visit.SchoolId
            && (grant.ClassId is null || visit.Students.Any(student => student.ClassId == grant.ClassId))))
        {
            return (Problem)RecordFailures.InternalOnly;
        }

        string? text = null;
        if (record.Internal is { } sealedText)
        {
            var place = VisitRecord.SealedInternal.Of(record.Id);
            if (await vault.OpenAsync(record.DistrictId, place, sealedText, cancel) is not { } opened)
                return (Problem)Failures.Erased;
            text = Encoding.UTF8.GetString(opened);
        }

        audit.About("visit-internal", id, record.DistrictId, record.SchoolId, why);
        return TypedResults.Ok(new InternalView(id, text));
    }

    private static async Task<(Found? Found, RecordView? View, Problem? Refused)> OpenAsync(
        Guid id, string? reason, int? version, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var why = mistakes.OptionalText("reason", reason, LongestReason);
        if (mistakes.Refusal is { } invalid)
            return (null, null, invalid);
        if (await FindAsync(id, version, Permission.VisitRecordRead, db, current, cancel) is not { } found)
            return (null, null, Failures.NotFound);
        var record = found.Record;
        var place = VisitRecord.SealedContent.Of(record.Id);
        if (await vault.OpenAsync(record.DistrictId, place, record.Content, cancel) is not { } content)
            return (null, null, Failures.Erased);
        audit.About("visit-record", id, record.DistrictId, record.SchoolId, why);
        return (
            found,
            new RecordView(
                id, found.Visit.HeldOn!.Value, record.RecordedAt, record.Late, record.AuthorId,
                JsonSerializer.Deserialize<RecordContent>(content, Json.Options)!, record.Internal is not null, record.Version,
                [.. found.Records.Select(r => new RecordVersion(r.Version, r.RecordedAt, r.AuthorId))]),
            null);
    }

    // The last version, or the one that is asked for.
    private static async Task<Found?> FindAsync(
        Guid id, int? version, Permission permission, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        var found = await db.VisibleTo(current.Caller, permission).AsNoTracking()
            .Where(visit => visit.Id == id)
            .Join(
                db.Records,
                visit => new { visit.SchoolId, VisitId = visit.Id },
                record => new { record.SchoolId, record.VisitId },
                (visit, record) => new { Visit = visit, Record = record })
            .ToListAsync(cancel);
        var records = found.Select(row => row.Record).OrderBy(record => record.Version).ToArray();
        return records.LastOrDefault(record => version is null || record.Version == version) is { } chosen
            ? new Found(found[0].Visit, chosen, records)
            : null;
    }

    private sealed record Found(Visit Visit, VisitRecord Record, IReadOnlyList<VisitRecord> Records);
}
