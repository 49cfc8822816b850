using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>Something that the caller is called to.</summary>
/// <param name="Id">The emergency or crisis.</param>
/// <param name="Kind">Which of them.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="RaisedAt">Since when.</param>
/// <param name="DueAt">Until when somebody must have acted.</param>
/// <param name="Calls">How often it has called.</param>
public sealed record AlertView(
    Guid Id, AlarmKind Kind, Guid SchoolId, Guid? ClassId, DateTimeOffset RaisedAt, DateTimeOffset? DueAt, int Calls);

/// <summary>
/// What the caller is called to and nobody has acted on yet. Clients ask each minute or so: that is how people are reached until
/// messages deliver <see cref="Contracts.Visits.AlertDue"/>, and beside them.
/// </summary>
internal static class ListAlerts
{
    public static void MapListAlerts(this IEndpointRouteBuilder api) =>
        api.MapGet("/alerts", ListAsync).Query(Permission.ConcernReport).WithName("ListAlerts");

    // Not paged: nobody has many.
    private static async Task<Ok<IReadOnlyList<AlertView>>> ListAsync(
        VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        var grants = current.Caller.With(Permission.ConcernReport).ToArray();
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().Distinct().ToArray();
        var alarms = await db.Set<Alarm>().AsNoTracking().Include(alarm => alarm.Steps)
            .Where(alarm => alarm.EndedAt == null && schools.Contains(alarm.SchoolId))
            .OrderBy(alarm => alarm.RaisedAt).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<AlertView>>([.. alarms.Where(alarm => Array.Exists(grants, alarm.HasCalled))
            .Select(alarm => new AlertView(
                alarm.Id, alarm.Kind, alarm.SchoolId, alarm.ClassId, alarm.RaisedAt, alarm.DueAt,
                alarm.Steps.Count(step => step.DoneAt is not null)))]);
    }
}
