using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>A school's roster of duty as it is entered: all days at once.</summary>
/// <param name="Days">Up to 400.</param>
public sealed record DutyRosterBody(IReadOnlyList<DutyDay> Days);

/// <summary>Who is on duty on days without school (VIS-21).</summary>
internal static class ChangeDutyRoster
{
    private const int MostDays = 400;

    public static void MapDutyRoster(this IEndpointRouteBuilder api)
    {
        api.MapGet("/duty-rosters/{school:guid}", ReadAsync).Query(Permission.ConcernReport).WithName("ReadDutyRoster");
        api.MapPut("/duty-rosters/{school:guid}", ChangeAsync).Command(Permission.PolicyChange).WithName("ChangeDutyRoster");
    }

    private static async Task<Results<Ok<DutyRosterBody>, Problem>> ReadAsync(
        Guid school, VisitsDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (await ChangePolicy.FindAsync(school, Permission.ConcernReport, db, current, cancel) is not { SchoolId: not null })
            return (Problem)Failures.NotFound;
        var roster = await db.Set<DutyRoster>().AsNoTracking().SingleOrDefaultAsync(roster => roster.SchoolId == school, cancel);
        ETag.Set(http, roster?.Version ?? 0);
        return TypedResults.Ok(new DutyRosterBody(roster?.Days ?? []));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid school, DutyRosterBody body, VisitsDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        if (body.Days.Count > MostDays || body.Days.Distinct().Count() != body.Days.Count)
            mistakes.Add(Failures.List.At("days", 0, MostDays));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await ChangePolicy.FindAsync(school, Permission.PolicyChange, db, current, cancel)
            is not { SchoolId: not null, DistrictId: var district })
        {
            return (Problem)Failures.NotFound;
        }

        var posts = await db.Set<Post>().AsNoTracking().Where(post => post.SchoolId == school).ToListAsync(cancel);
        for (var i = 0; i < body.Days.Count; i++)
        {
            var (day, staff) = body.Days[i];
            if (!posts.Exists(post =>
                post.StaffId == staff && post.StartsOn <= day && (post.EndsOn is not { } end || end >= day)))
            {
                mistakes.Add(VisitsFailures.NotStaff.At($"days[{i}].staffId"));
            }
        }

        if (mistakes.Refusal is { } wrong)
            return wrong;
        var roster = await db.Set<DutyRoster>().SingleOrDefaultAsync(roster => roster.SchoolId == school, cancel);
        if (ETag.Mismatch(http, roster?.Version ?? 0) is { } stale)
            return (Problem)stale;
        roster ??= db.Add(new DutyRoster { SchoolId = school, DistrictId = district }).Entity;
        roster.Days = [.. body.Days.OrderBy(duty => duty.Day)];
        roster.Version++;
        audit.About("duty-roster", school, district, school);
        ETag.Set(http, roster.Version);
        return TypedResults.NoContent();
    }
}
