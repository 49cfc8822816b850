using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Emergencies;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Visits.Protection;

/// <summary>A crisis as it is raised: one tap.</summary>
/// <param name="StudentId">The student, of any class of the school.</param>
public sealed record CrisisRequest(Guid StudentId);

/// <summary>That people are being called, and what to do until they come.</summary>
/// <param name="Id">The crisis.</param>
/// <param name="RaisedAt">Since when.</param>
/// <param name="DoNow">What to do.</param>
public sealed record CrisisReceipt(Guid Id, DateTimeOffset RaisedAt, IReadOnlyList<InstructionText> DoNow);

/// <summary>
/// Raises a crisis (VIS-18): counselor, vice principal and homeroom teacher are called until one of them answers.
/// </summary>
internal static class RaiseCrisis
{
    public static void MapRaiseCrisis(this IEndpointRouteBuilder api) =>
        api.MapPost("/crises", RaiseAsync).Command(Permission.ConcernReport).WithName("RaiseCrisis");

    private static async Task<Results<Created<CrisisReceipt>, Problem>> RaiseAsync(
        CrisisRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await ChildOnRoll.FindAsync(
            db, current.Caller, Permission.ConcernReport, request.StudentId, anyClass: true, now, cancel) is not { } child)
        {
            return (Problem)Failures.NotFound;
        }

        var crisis = db.Add(Crisis.Raise(child, now)).Entity;
        var alarm = db.Add(Alarm.OfCrisis(crisis.DistrictId, crisis.SchoolId, crisis.Id, crisis.ClassId, now)).Entity;
        await Alarms.CallAsync(db, alarm, alarm.Steps[0], now, cancel);
        audit.About("crisis", crisis.Id, crisis.DistrictId, crisis.SchoolId);
        var chinese = Language.IsChinese(http);
        return TypedResults.Created($"/api/visits/crises/{crisis.Id}", new CrisisReceipt(
            crisis.Id, now, [.. child.Policy.Protection.CrisisChecklist.Select(todo => OpenProtectedCase.Text(todo, chinese))]));
    }
}
