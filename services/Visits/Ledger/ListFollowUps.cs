using System.Text;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Ledger;

/// <summary>Which follow-ups to list; what is missing does not narrow.</summary>
/// <param name="ClassId">Of students of a class.</param>
/// <param name="StudentId">Of a student.</param>
/// <param name="EntryId">Of a contact.</param>
/// <param name="OwnerId">Of an owner.</param>
/// <param name="Mine">Only those that the caller owns.</param>
/// <param name="State">open, overdue or closed, as of today.</param>
/// <param name="Size">Follow-ups a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record FollowUpFilter(
    Guid? ClassId, Guid? StudentId, Guid? EntryId, Guid? OwnerId, bool? Mine, string? State, int? Size, string? After);

/// <summary>A follow-up without its texts.</summary>
/// <param name="Id">The follow-up.</param>
/// <param name="EntryId">The contact that it follows.</param>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class at the time of the contact.</param>
/// <param name="OwnerId">Who does it.</param>
/// <param name="DueOn">The last day.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ClosedAt">When it was closed.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes.</param>
public sealed record FollowUpRow(
    Guid Id, Guid EntryId, Guid StudentId, Guid? ClassId, Guid OwnerId, DateOnly DueOn, FollowUpState State,
    DateTimeOffset? ClosedAt, long Version)
{
    internal static FollowUpRow Of(FollowUp f, DateOnly today) =>
        new(f.Id, f.EntryId, f.StudentId, f.ClassId, f.OwnerId, f.DueOn, f.StateOn(today), f.ClosedAt, f.Version);
}

/// <summary>A follow-up with its texts.</summary>
/// <param name="Facts">The rest of it.</param>
/// <param name="Text">What is to be done; <see langword="null"/> when it is erased.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="AuthorId">Who asked for it.</param>
/// <param name="ClosedBy">Who closed it.</param>
public sealed record FollowUpView(FollowUpRow Facts, string? Text, string? Outcome, Guid? AuthorId, Guid? ClosedBy);

/// <summary>
/// Lists follow-ups by their due day, and reads one (VIS-11). Who oversees a class or a school sees all of it; subject teachers,
/// what they own. Overdue is a matter of the day on which one asks: nothing has to run at night.
/// </summary>
internal static class ListFollowUps
{
    private static readonly Dictionary<string, FollowUpState?> States = Enum.GetValues<FollowUpState>().ToDictionary(
        state => JsonNamingPolicy.CamelCase.ConvertName(state.ToString()), FollowUpState? (state) => state,
        StringComparer.Ordinal);

    public static void MapListFollowUps(this IEndpointRouteBuilder api)
    {
        api.MapGet("/follow-ups", ListAsync).Query(Permission.FollowUpDo).WithName("ListFollowUps");
        api.MapGet("/follow-ups/{id:guid}", ReadAsync).Command(Permission.FollowUpDo).Sensitive().WithName("ReadFollowUp");
    }

    /// <summary>The follow-ups that the caller owns or oversees.</summary>
    internal static IQueryable<FollowUp> FollowUpsVisibleTo(this VisitsDb db, Caller caller, Permission permission)
    {
        var grants = caller.With(permission).ToArray();
        var schools = LedgerAccess.SchoolsOf(grants);
        var own = grants.Select(g => g.PersonId).OfType<Guid>().ToArray();
        var whole = grants.Where(g => g.ClassId is null).Select(g => g.SchoolId).OfType<Guid>().ToArray();
        var classes = grants.Where(g => g.Role != Role.SubjectTeacher).Select(g => g.ClassId).OfType<Guid>().ToArray();
        return db.Set<FollowUp>().Where(f => schools.Contains(f.SchoolId)
            && (own.Contains(f.OwnerId) || whole.Contains(f.SchoolId) || classes.Contains(f.ClassId!.Value)));
    }

    private static async Task<Results<Ok<Page<FollowUpRow>>, Problem>> ListAsync(
        [AsParameters] FollowUpFilter filter, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        FollowUpState? state = null;
        if (filter.State is not null && !States.TryGetValue(filter.State, out state))
            return Problem.Of([VisitsFailures.Choice.At("state", string.Join(", ", States.Keys))]);

        var today = await TodayAsync(db, current.Caller, clock.GetUtcNow(), cancel);
        var found = db.FollowUpsVisibleTo(current.Caller, Permission.FollowUpDo).AsNoTracking();
        if (filter.ClassId is { } @class)
            found = found.Where(f => f.ClassId == @class);
        if (filter.StudentId is { } student)
            found = found.Where(f => f.StudentId == student);
        if (filter.EntryId is { } entry)
            found = found.Where(f => f.EntryId == entry);
        if (filter.OwnerId is { } owner)
            found = found.Where(f => f.OwnerId == owner);
        if (filter.Mine == true)
        {
            var own = current.Caller.Grants.Select(grant => grant.PersonId).OfType<Guid>().Distinct().ToArray();
            found = found.Where(f => own.Contains(f.OwnerId));
        }

        found = state switch
        {
            FollowUpState.Open => found.Where(f => f.ClosedAt == null && f.DueOn >= today),
            FollowUpState.Overdue => found.Where(f => f.ClosedAt == null && f.DueOn < today),
            FollowUpState.Closed => found.Where(f => f.ClosedAt != null),
            _ => found,
        };
        if (last is not null)
        {
            found = found.Where(f => EF.Functions.GreaterThan(
                ValueTuple.Create(f.DueOn, f.Id), ValueTuple.Create(last.DueOn, last.Id)));
        }

        var size = Cursor.Size(filter.Size);
        var rows = await found.OrderBy(f => f.DueOn).ThenBy(f => f.Id).Take(size + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(
            [.. rows.Select(f => FollowUpRow.Of(f, today))], size, row => new Last(row.DueOn, row.Id)));
    }

    private static async Task<Results<Ok<FollowUpView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await db.FollowUpsVisibleTo(current.Caller, Permission.FollowUpDo).AsNoTracking()
            .SingleOrDefaultAsync(f => f.Id == id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        var today = await TodayAsync(db, current.Caller, clock.GetUtcNow(), cancel);
        var text = await vault.OpenAsync(found.DistrictId, FollowUp.SealedText.Of(id), found.Text, cancel);
        var outcome = found.Outcome is null ? null
            : await vault.OpenAsync(found.DistrictId, FollowUp.SealedOutcome.Of(id), found.Outcome, cancel);
        audit.About("follow-up", id, found.DistrictId, found.SchoolId);
        ETag.Set(http, found.Version);
        return TypedResults.Ok(new FollowUpView(
            FollowUpRow.Of(found, today), text is null ? null : Encoding.UTF8.GetString(text),
            outcome is null ? null : Encoding.UTF8.GetString(outcome), found.AuthorId, found.ClosedBy));
    }

    // All roles of one account are in one time zone, as far as a day's end is concerned.
    private static async Task<DateOnly> TodayAsync(VisitsDb db, Caller caller, DateTimeOffset now, CancellationToken cancel)
    {
        var grant = caller.With(Permission.FollowUpDo).First();
        var policies = await db.Policies.AsNoTracking()
            .Where(p => p.NodeId == grant.SchoolId || p.NodeId == grant.DistrictId).ToListAsync(cancel);
        return LocalTime.Day(now, Policy.InForce(grant.DistrictId, grant.SchoolId ?? grant.DistrictId, policies).TimeZone);
    }

    private sealed record Last(DateOnly DueOn, Guid Id);
}
