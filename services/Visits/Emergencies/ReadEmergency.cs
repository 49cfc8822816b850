using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>An emergency with what people wrote.</summary>
/// <param name="Emergency">As in the list.</param>
/// <param name="Text">What has happened.</param>
/// <param name="ReportedBy">Who reported it.</param>
/// <param name="Calls">Who has been called, oldest first.</param>
public sealed record EmergencyDetails(
    EmergencyView Emergency, string? Text, Guid? ReportedBy, IReadOnlyList<CallView> Calls);

/// <summary>A call that an alarm has made.</summary>
/// <param name="At">When.</param>
/// <param name="Roles">Which roles.</param>
/// <param name="StaffIds">Which staff by name.</param>
public sealed record CallView(DateTimeOffset At, IReadOnlyList<string> Roles, IReadOnlyList<Guid> StaffIds)
{
    internal static CallView[] Of(Alarm alarm) => [.. alarm.Steps
        .Where(step => step.DoneAt is not null).OrderBy(step => step.Number)
        .Select(step => new CallView(step.DoneAt!.Value, [.. step.Roles.Select(Name)], step.StaffIds))];

    private static string Name(string role) => Grant.NameOf(Enum.Parse<Role>(role));
}

/// <summary>Reads an emergency: a command, so that the read and its line in the audit commit together.</summary>
internal static class ReadEmergency
{
    public static void MapReadEmergency(this IEndpointRouteBuilder api)
    {
        api.MapGet("/emergencies/{id:guid}", ReadAsync).Command(Permission.EmergencyHandle).Sensitive().WithName("ReadEmergency");
        api.MapGet("/emergencies/on-duty/{id:guid}", ReadOnDutyAsync).Command(Permission.ConcernReport).Sensitive()
            .WithName("ReadEmergencyOnDuty");
    }

    private static Task<Results<Ok<EmergencyDetails>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel) =>
        AnswerAsync(db.EmergenciesOf(current.Caller), id, db, vault, audit, clock, http, cancel);

    private static Task<Results<Ok<EmergencyDetails>, Problem>> ReadOnDutyAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel) =>
        AnswerAsync(db.EmergenciesOnDutyOf(current.Caller), id, db, vault, audit, clock, http, cancel);

    private static async Task<Results<Ok<EmergencyDetails>, Problem>> AnswerAsync(
        IQueryable<Emergency> reached, Guid id, VisitsDb db, KeyVault vault, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var found = await reached.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancel);
        if (found is null)
            return (Problem)Failures.NotFound;
        string? text = null;
        if (found.Text is { } written)
        {
            if (await vault.OpenAsync(found.DistrictId, Emergency.SealedText.Of(id), written, cancel) is not { } opened)
                return (Problem)Failures.Erased;
            text = Encoding.UTF8.GetString(opened);
        }

        var alarm = await db.AlarmOfAsync(found.SchoolId, id, cancel);
        audit.About("emergency", id, found.DistrictId, found.SchoolId);
        ETag.Set(http, found.Version);
        return TypedResults.Ok(new EmergencyDetails(
            EmergencyView.Of(found, clock.GetUtcNow()), text, found.ReportedBy, CallView.Of(alarm)));
    }
}
