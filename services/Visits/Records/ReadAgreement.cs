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

/// <summary>What was agreed in a visit, for the guardian to read again.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="HeldOn">The day it was held.</param>
/// <param name="Agreed">What was agreed.</param>
/// <param name="Holiday">What was agreed for the holidays (VIS-16).</param>
/// <param name="Feedback">What the guardian said to it.</param>
/// <param name="FeedbackText">The same in words.</param>
public sealed record AgreementView(
    Guid VisitId, DateOnly HeldOn, string Agreed, HolidayPlan? Holiday, GuardianFeedback Feedback, string? FeedbackText);

/// <summary>
/// A guardian reads what was agreed (VIS-16). The rest of a record is the staff's; and of a visit to several children, only who
/// is guardian of all of them reads it.
/// </summary>
internal static class ReadAgreement
{
    public static void MapReadAgreement(this IEndpointRouteBuilder api) =>
        api.MapGet("/{id:guid}/agreement", ReadAsync).Command(Permission.VisitAgreementRead).Sensitive().WithName("ReadAgreement");

    private static async Task<Results<Ok<AgreementView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        var children = current.Caller.With(Permission.VisitAgreementRead).Select(grant => grant.StudentId).OfType<Guid>().ToArray();
        var found = await db.VisibleTo(current.Caller, Permission.VisitAgreementRead).AsNoTracking()
            .Where(visit => visit.Id == id && visit.Students.All(student => children.Contains(student.StudentId)))
            .Join(
                db.Records,
                visit => new { visit.SchoolId, VisitId = visit.Id },
                record => new { record.SchoolId, record.VisitId },
                (visit, record) => new { visit.HeldOn, Record = record })
            .OrderByDescending(row => row.Record.Version)
            .FirstOrDefaultAsync(cancel);
        if (found is null)
            return (Problem)Failures.NotFound;
        var record = found.Record;
        var place = VisitRecord.SealedContent.Of(record.Id);
        if (await vault.OpenAsync(record.DistrictId, place, record.Content, cancel) is not { } text)
            return (Problem)Failures.Erased;
        audit.About("visit-agreement", id, record.DistrictId, record.SchoolId);
        var content = JsonSerializer.Deserialize<RecordContent>(text, Json.Options)!;
        return TypedResults.Ok(new AgreementView(
            id, found.HeldOn!.Value, content.Agreed, content.Holiday, content.Feedback, content.FeedbackText));
    }
}
