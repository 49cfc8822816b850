using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>Which emergencies to list; what is missing does not narrow.</summary>
/// <param name="SchoolId">Of a school.</param>
/// <param name="ClassId">Of a class.</param>
/// <param name="StudentId">Of a student.</param>
/// <param name="Open">Only those that are not closed, or only those that are.</param>
/// <param name="Size">Emergencies a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record EmergencyFilter(Guid? SchoolId, Guid? ClassId, Guid? StudentId, bool? Open, int? Size, string? After);

/// <summary>An emergency in a list, with its clock; what it says is read one by one.</summary>
/// <param name="Id">The emergency.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Kind">What has happened.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ReportedAt">When it was reported.</param>
/// <param name="DueAt">Until when the family must be reached.</param>
/// <param name="MinutesLeft">Minutes until then, negative afterwards; missing once it was reached.</param>
/// <param name="ContactedAt">When it was reached.</param>
/// <param name="BreachedAt">When it was found that it was not reached in time.</param>
/// <param name="VisitId">The visit.</param>
/// <param name="FollowUpId">The follow-up that it was closed with.</param>
public sealed record EmergencyView(
    Guid Id, Guid SchoolId, Guid? ClassId, Guid StudentId, EmergencyKind Kind, EmergencyState State, DateTimeOffset ReportedAt,
    DateTimeOffset DueAt, int? MinutesLeft, DateTimeOffset? ContactedAt, DateTimeOffset? BreachedAt, Guid? VisitId,
    Guid? FollowUpId)
{
    internal static EmergencyView Of(Emergency e, DateTimeOffset now) => new(
        e.Id, e.SchoolId, e.ClassId, e.StudentId, e.Kind, e.State, e.ReportedAt, e.DueAt,
        e.State == EmergencyState.Reported ? (int)Math.Floor((e.DueAt - now).TotalMinutes) : null,
        e.ContactedAt, e.BreachedAt, e.VisitId, e.FollowUpId);
}

/// <summary>Lists emergencies, those that are due first in front (VIS-9).</summary>
internal static class ListEmergencies
{
    public static void MapListEmergencies(this IEndpointRouteBuilder api) =>
        api.MapGet("/emergencies", ListAsync).Query(Permission.EmergencyHandle).WithName("ListEmergencies");

    private static async Task<Results<Ok<Page<EmergencyView>>, Problem>> ListAsync(
        [AsParameters] EmergencyFilter filter, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        var emergencies = db.EmergenciesOf(current.Caller).AsNoTracking();
        if (filter.SchoolId is { } school)
            emergencies = emergencies.Where(e => e.SchoolId == school);
        if (filter.ClassId is { } @class)
            emergencies = emergencies.Where(e => e.ClassId == @class);
        if (filter.StudentId is { } student)
            emergencies = emergencies.Where(e => e.StudentId == student);
        if (filter.Open is { } open)
            emergencies = emergencies.Where(e => (e.State != EmergencyState.Closed) == open);
        if (last is not null)
        {
            var (at, id) = (last.DueAt.ToUniversalTime(), last.Id);
            emergencies = emergencies.Where(e =>
                EF.Functions.GreaterThan(ValueTuple.Create(e.DueAt, e.Id), ValueTuple.Create(at, id)));
        }

        var size = Cursor.Size(filter.Size);
        var rows = await emergencies.OrderBy(e => e.DueAt).ThenBy(e => e.Id).Take(size + 1).ToListAsync(cancel);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(Page.From([.. rows.Select(e => EmergencyView.Of(e, now))], size, e => new Last(e.DueAt, e.Id)));
    }

    private sealed record Last(DateTimeOffset DueAt, Guid Id);
}
