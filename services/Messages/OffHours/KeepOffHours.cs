using HomeSchool.Contracts;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Roster;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.OffHours;

/// <summary>The caller's working hours as they hold.</summary>
/// <param name="Week">The working week: the own, or the district's.</param>
/// <param name="IsOwn">Whether the week is the caller's own.</param>
/// <param name="Absences">The days of absence.</param>
/// <param name="TimeZone">The IANA time zone of hours and days.</param>
public sealed record HoursBody(
    IReadOnlyList<WorkingTime> Week, bool IsOwn, IReadOnlyList<Absence> Absences, string TimeZone);

/// <summary>
/// Teachers set their own working hours and days of absence (MSG-6); the district's week holds until they do. Nobody else sets
/// or reads
/// them, and nothing counts them.
/// </summary>
internal static class KeepOffHours
{
    private const int MostStretches = 21;
    private const int MostAbsences = 20;
    private const int MostDays = 366;
    private const int MostReply = 200;

    public static void MapKeepOffHours(this IEndpointRouteBuilder api)
    {
        api.MapGet("/off-hours", ReadAsync).Query(Permission.OffHoursKeep).WithName("ReadOffHours")
            .WithSummary("The caller's own working hours and days of absence.");
        api.MapPut("/off-hours", SetAsync).Command(Permission.OffHoursKeep).WithName("SetOffHours")
            .WithSummary("Sets them as a whole; what is sent in the meantime is answered by itself.");
    }

    /// <summary>Whether a working week can be kept.</summary>
    internal static void Check(Mistakes mistakes, string field, IReadOnlyList<WorkingTime>? week)
    {
        if (week is not { Count: > 0 and <= MostStretches })
        {
            mistakes.Add(Failures.List.At(field, 1, MostStretches));
            return;
        }

        for (var i = 0; i < week.Count; i++)
        {
            if (week[i] is not { } time || !Enum.IsDefined(time.Day) || time.From == time.Until)
                mistakes.Add(MessagesFailures.WorkingTime.At($"{field}[{i}]"));
        }
    }

    private static async Task<Results<Ok<HoursBody>, Problem>> ReadAsync(
        MessagesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel,
        Guid? districtId = null)
    {
        if (await FindAsync(db, current, clock, districtId, cancel) is not var (grant, policy))
            return (Problem)Failures.NotFound;
        var own = await db.StaffHours.AsNoTracking().SingleOrDefaultAsync(
            h => h.DistrictId == grant.DistrictId && h.StaffId == grant.PersonId, cancel);
        ETag.Set(http, own?.Version ?? 0);
        return TypedResults.Ok(new HoursBody(
            own?.Hours.Week ?? policy.WorkingWeek, own?.Hours.Week is not null, own?.Hours.Absences ?? [], policy.TimeZone));
    }

    private static async Task<Results<NoContent, Problem>> SetAsync(
        OwnHours request, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel, Guid? districtId = null)
    {
        var mistakes = new Mistakes();
        if (request.Week is not null)
            Check(mistakes, "week", request.Week);
        var absences = Absences(mistakes, request.Absences ?? [], DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(db, current, clock, districtId, cancel) is not var (grant, policy))
            return (Problem)Failures.NotFound;
        var staff = grant.PersonId!.Value;
        var own = await db.StaffHours.SingleOrDefaultAsync(h => h.DistrictId == grant.DistrictId && h.StaffId == staff, cancel);
        if (ETag.Mismatch(http, own?.Version ?? 0) is { } stale)
            return (Problem)stale;
        own ??= db.Add(new StaffHours { DistrictId = grant.DistrictId, StaffId = staff }).Entity;
        // What is over is nobody's business any more.
        var today = policy.Day(clock.GetUtcNow());
        own.Set(new OwnHours(request.Week, [.. absences.Where(absence => absence.Until >= today)]));
        audit.About("off-hours", staff, grant.DistrictId, grant.SchoolId);
        ETag.Set(http, own.Version);
        return TypedResults.NoContent();
    }

    private static List<Absence> Absences(Mistakes mistakes, IReadOnlyList<Absence> given, DateOnly today)
    {
        if (given.Count > MostAbsences)
            mistakes.Add(Failures.List.At("absences", 0, MostAbsences));
        var absences = new List<Absence>();
        for (var i = 0; i < Math.Min(given.Count, MostAbsences); i++)
        {
            if (given[i] is not { } absence || absence.Until < absence.From
                || absence.Until.DayNumber - absence.From.DayNumber > MostDays
                || absence.From.DayNumber - today.DayNumber > MostDays)
            {
                mistakes.Add(MessagesFailures.Period.At($"absences[{i}]"));
                continue;
            }

            absences.Add(absence with { Reply = mistakes.OptionalText($"absences[{i}].reply", absence.Reply, MostReply) });
        }

        return absences;
    }

    // As whom the caller stands in the roster today, and what the district has decided.
    private static async Task<(Grant Grant, MessagePolicy Policy)?> FindAsync(
        MessagesDb db, CurrentCaller current, TimeProvider clock, Guid? district, CancellationToken cancel)
    {
        var grants = current.Caller.With(Permission.OffHoursKeep)
            .Where(grant => grant.PersonId is not null && (district is null || grant.DistrictId == district)).ToArray();
        if (grants.Length == 0)
            return null;
        var at = grants[0].DistrictId;
        Guid[] persons = [.. grants.Where(grant => grant.DistrictId == at).Select(grant => grant.PersonId!.Value)];
        var kept = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == at, cancel);
        var policy = kept?.Settings ?? new MessagePolicy();
        var today = policy.Day(clock.GetUtcNow());
        var staff = await db.Set<StaffPost>().AsNoTracking()
            .Where(p => p.DistrictId == at && persons.Contains(p.StaffId)
                && p.StartsOn <= today && (p.EndsOn == null || p.EndsOn >= today))
            .OrderBy(p => p.StaffId).Select(p => (Guid?)p.StaffId).FirstOrDefaultAsync(cancel);
        return staff is { } who ? (grants.First(grant => grant.PersonId == who), policy) : null;
    }
}
