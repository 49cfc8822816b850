using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Protection;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Visits.Emergencies;

/// <summary>An emergency as it is reported; student and kind suffice.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="Kind">What has happened.</param>
/// <param name="Text">The same in words, up to 1,000 characters.</param>
/// <param name="FamilySuspected">Whether the family may be the source of the harm: then it is a protected case (VIS-17), and
/// there is neither an emergency nor anything else that the family could be told of.</param>
public sealed record EmergencyRequest(Guid StudentId, EmergencyKind Kind, string? Text = null, bool FamilySuspected = false);

/// <summary>That a report has arrived.</summary>
/// <param name="Id">The emergency; missing when it is not for the one who reported to follow.</param>
/// <param name="DueAt">Until when the family must be reached.</param>
/// <param name="Protection">What to do now, if the family is suspected.</param>
public sealed record EmergencyReceipt(Guid? Id, DateTimeOffset? DueAt, ProtectionReceipt? Protection);

/// <summary>Reports an emergency (VIS-9): its clock begins, and its alarm calls.</summary>
internal static class ReportEmergency
{
    private const int LongestText = 1_000;

    public static void MapReportEmergency(this IEndpointRouteBuilder api) =>
        api.MapPost("/emergencies", ReportAsync).Unseen().Command(Permission.ConcernReport).WithName("ReportEmergency");

    private static async Task<Results<Created<EmergencyReceipt>, Problem>> ReportAsync(
        EmergencyRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = mistakes.OptionalText("text", request.Text, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await ChildOnRoll.FindAsync(
            db, current.Caller, Permission.ConcernReport, request.StudentId, anyClass: request.FamilySuspected, now, cancel)
            is not { } child)
        {
            return (Problem)Failures.NotFound;
        }

        if (request.FamilySuspected)
        {
            var content = new CaseContent(
                child.StudentId, HarmKind.Unsaid, FamilySuspected: true, text, current.Caller.Name, child.By);
            return TypedResults.Created((string?)null, new EmergencyReceipt(null, null, await OpenProtectedCase.OpenAsync(
                db, vault, audit, current.Caller, child, content, now, http, cancel)));
        }

        var id = Guid.CreateVersion7(now);
        byte[]? sealedText = null;
        if (text is not null)
        {
            var about = new Subject(child.DistrictId, child.SchoolId, child.StudentId);
            sealedText = await vault.SealAsync(about, Emergency.SealedText.Of(id), Encoding.UTF8.GetBytes(text), cancel);
            if (sealedText is null)
                return (Problem)Failures.Erased;
        }

        var emergency = db.Add(Emergency.Report(id, child, request.Kind, sealedText, child.By, now)).Entity;
        var alarm = db.Add(Alarm.Of(emergency, child.Policy.Emergencies)).Entity;
        await Alarms.CallAsync(db, alarm, alarm.Steps[0], now, cancel);
        audit.About("emergency", id, child.DistrictId, child.SchoolId);
        ETag.Set(http, emergency.Version);
        return TypedResults.Created($"/api/visits/emergencies/{id}", new EmergencyReceipt(id, emergency.DueAt, null));
    }
}
