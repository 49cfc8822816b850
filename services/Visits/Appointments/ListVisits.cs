using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>Which visits to list; what is missing does not narrow.</summary>
/// <param name="SchoolId">Of a school; needed by roles at a district.</param>
/// <param name="ClassId">Of a class.</param>
/// <param name="StudentId">Of a student.</param>
/// <param name="TeacherId">By a teacher, alone or coming along.</param>
/// <param name="Mine">Only those on which the caller visits: from this midnight to the next, one's day.</param>
/// <param name="State">In a state, named as in the answer.</param>
/// <param name="From">Beginning then or later.</param>
/// <param name="To">Beginning before.</param>
/// <param name="Size">Visits a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record VisitFilter(
    Guid? SchoolId, Guid? ClassId, Guid? StudentId, Guid? TeacherId, bool? Mine, string? State,
    DateTimeOffset? From, DateTimeOffset? To, int? Size, string? After);

/// <summary>Lists visits by their time.</summary>
internal static class ListVisits
{
    private static readonly Dictionary<string, VisitState?> States = Enum.GetValues<VisitState>().ToDictionary(
        state => JsonNamingPolicy.CamelCase.ConvertName(state.ToString()), VisitState? (state) => state, StringComparer.Ordinal);

    public static void MapListVisits(this IEndpointRouteBuilder api) =>
        api.MapGet("", ListAsync).Query(Permission.VisitRead).WithName("ListVisits");

    private static async Task<Results<Ok<Page<VisitView>>, Problem>> ListAsync(
        [AsParameters] VisitFilter filter, VisitsDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        if (filter.SchoolId is null && current.Caller.With(Permission.VisitRead).Any(grant => grant.SchoolId is null))
            return Problem.Of([VisitsFailures.SchoolNeeded.At("schoolId")]);
        VisitState? state = null;
        if (filter.State is not null && !States.TryGetValue(filter.State, out state))
            return Problem.Of([VisitsFailures.Choice.At("state", string.Join(", ", States.Keys))]);

        var visits = (filter.Mine == true
            ? db.OwnOf(current.Caller, Permission.VisitRead)
            : db.VisibleTo(current.Caller, Permission.VisitRead)).AsNoTracking();
        if (filter.SchoolId is { } school)
            visits = visits.Where(visit => visit.SchoolId == school);
        if (filter.ClassId is { } @class)
            visits = visits.Where(visit => visit.Students.Any(student => student.ClassId == @class));
        if (filter.StudentId is { } child)
            visits = visits.Where(visit => visit.Students.Any(student => student.StudentId == child));
        if (filter.TeacherId is { } teacher)
            visits = visits.Where(visit => visit.TeacherId == teacher || visit.JointVisitorIds.Contains(teacher));
        if (state is not null)
            visits = visits.Where(visit => visit.State == state);
        if (filter.From?.ToUniversalTime() is { } from)
            visits = visits.Where(visit => visit.StartsAt >= from);
        if (filter.To?.ToUniversalTime() is { } to)
            visits = visits.Where(visit => visit.StartsAt < to);
        if (last is not null)
        {
            var (at, id) = (last.StartsAt.ToUniversalTime(), last.Id);
            visits = visits.Where(visit => EF.Functions.GreaterThan(
                ValueTuple.Create(visit.StartsAt, visit.Id), ValueTuple.Create(at, id)));
        }

        var size = Cursor.Size(filter.Size);
        var rows = await visits.OrderBy(visit => visit.StartsAt).ThenBy(visit => visit.Id).Take(size + 1).ToListAsync(cancel);
        var warnings = await ProposalWarnings.OfAsync(db, current.Caller, rows, http, cancel);
        return TypedResults.Ok(Page.From(
            [.. rows.Select(visit => VisitView.Of(visit, warnings.GetValueOrDefault(visit.Id)))], size,
            visit => new Last(visit.StartsAt, visit.Id)));
    }

    private sealed record Last(DateTimeOffset StartsAt, Guid Id);
}
