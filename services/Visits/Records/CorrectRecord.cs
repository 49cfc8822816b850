using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Records;

/// <summary>Corrects a record (VIS-10): a new version, whole, beside the old ones. When and how the visit was held
/// stays.</summary>
internal static class CorrectRecord
{
    public static void MapCorrectRecord(this IEndpointRouteBuilder api) =>
        api.MapPut("/{id:guid}/record", CorrectAsync).Command(Permission.VisitRecord).WithName("CorrectVisitRecord");

    private static async Task<Results<NoContent, Problem>> CorrectAsync(
        Guid id, RecordTexts request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var (content, internalPart) = request.Check(mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindAsync(current.Caller, Permission.VisitRecord, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        var last = await db.Records.AsNoTracking()
            .Where(record => record.SchoolId == visit.SchoolId && record.VisitId == id)
            .OrderByDescending(record => record.Version)
            .Select(record => new { record.Id, record.Version, record.Late, record.Internal })
            .FirstOrDefaultAsync(cancel);
        if (last is null)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, last.Version) is { } stale)
            return (Problem)stale;
        var facts = await RecordFacts.ReadAsync(db, visit, cancel);
        if (Tone.Refusal(RecordTexts.Worded(content), facts.Policy.ToneWords, request.AcceptTone) is { } hint)
            return hint;

        // Who corrects need not be allowed to read the internal part: what is not said again stays.
        if (request.Internal is null && last.Internal is { } kept)
        {
            if (await vault.OpenAsync(visit.DistrictId, VisitRecord.SealedInternal.Of(last.Id), kept, cancel) is not { } part)
                return (Problem)Failures.Erased;
            internalPart = Encoding.UTF8.GetString(part);
        }

        var author = current.Caller.AuthorOf(visit, Permission.VisitRecord);
        if (await RecordTexts.SealAsync(
            visit, last.Version + 1, last.Late, content, internalPart, author, vault, clock.GetUtcNow(), cancel) is not { } record)
        {
            return (Problem)Failures.Erased;
        }

        db.Add(record);
        db.AddRange(LedgerEntry.Of(visit, record, request.GuardianFeedback));
        audit.About("visit-record", id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, record.Version);
        return TypedResults.NoContent();
    }
}
