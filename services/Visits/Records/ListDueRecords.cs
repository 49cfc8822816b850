using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Records;

/// <summary>Which records to list; what is missing does not narrow.</summary>
/// <param name="SchoolId">Of a school.</param>
/// <param name="TeacherId">Of the visits of a teacher.</param>
/// <param name="Size">Records a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record DueFilter(Guid? SchoolId, Guid? TeacherId, int? Size, string? After);

/// <summary>A visit whose time has come and that has no record yet.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="TeacherId">Who visits.</param>
/// <param name="StartsAt">The appointment.</param>
/// <param name="DueOn">The last day for its record.</param>
/// <param name="Overdue">Whether that day is over.</param>
public sealed record DueRecord(Guid VisitId, Guid SchoolId, Guid TeacherId, DateTimeOffset StartsAt, DateOnly DueOn, bool Overdue);

/// <summary>Lists records that are to be written (VIS-10), the longest due first.</summary>
internal static class ListDueRecords
{
    public static void MapListDueRecords(this IEndpointRouteBuilder api) =>
        api.MapGet("/records/due", ListAsync).Query(Permission.VisitRecordRead).WithName("ListDueRecords");

    private static async Task<Results<Ok<Page<DueRecord>>, Problem>> ListAsync(
        [AsParameters] DueFilter filter, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        var now = clock.GetUtcNow();
        var visits = db.VisibleTo(current.Caller, Permission.VisitRecordRead).AsNoTracking().Where(visit =>
            visit.StartsAt < now && (visit.State == VisitState.Scheduled || visit.State == VisitState.Confirmed
                || visit.State == VisitState.Proposed || visit.State == VisitState.Started));
        if (filter.SchoolId is { } school)
            visits = visits.Where(visit => visit.SchoolId == school);
        if (filter.TeacherId is { } teacher)
            visits = visits.Where(visit => visit.TeacherId == teacher);
        if (last is not null)
        {
            var (on, id) = (last.DueOn, last.Id);
            visits = visits.Where(visit => EF.Functions.GreaterThan(
                ValueTuple.Create(visit.RecordDueOn, visit.Id), ValueTuple.Create(on, id)));
        }

        var size = Cursor.Size(filter.Size);
        var rows = await visits.OrderBy(visit => visit.RecordDueOn).ThenBy(visit => visit.Id).Take(size + 1)
            .Select(visit => new
            {
                visit.Id,
                visit.SchoolId,
                visit.TeacherId,
                visit.StartsAt,
                visit.RecordDueOn,
                visit.TimeZone,
            })
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(
            [.. rows.Select(row => new DueRecord(
                row.Id, row.SchoolId, row.TeacherId, row.StartsAt, row.RecordDueOn,
                LocalTime.Day(now, row.TimeZone) > row.RecordDueOn))],
            size, record => new Last(record.DueOn, record.VisitId)));
    }

    private sealed record Last(DateOnly DueOn, Guid Id);
}
