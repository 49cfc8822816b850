using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.SpotChecks;
using HomeSchool.Visits.WorkList;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Policies;

/// <summary>
/// The policy of visits: numbers in the rules are its defaults. A school's own replaces its district's as a whole. What an
/// appointment took from it stays with the appointment, so a change does not touch the past.
/// </summary>
internal static class ChangePolicy
{
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    public static void MapPolicy(this IEndpointRouteBuilder api)
    {
        api.MapGet("/policies/{node:guid}", ReadAsync).Query(Permission.VisitRead).WithName("ReadVisitPolicy");
        api.MapPut("/policies/{node:guid}", ChangeAsync).Command(Permission.PolicyChange).WithName("ChangeVisitPolicy");
    }

    /// <summary>The policy in force at a school or district. The ETag is that of its own policy, "0" while it has none.</summary>
    private static async Task<Results<Ok<VisitPolicy>, Problem>> ReadAsync(
        Guid node, VisitsDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(node, Permission.VisitRead, db, current, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var policies = await db.Policies.AsNoTracking()
            .Where(policy => policy.NodeId == node || policy.NodeId == place.DistrictId).ToListAsync(cancel);
        ETag.Set(http, policies.FirstOrDefault(policy => policy.NodeId == node)?.Version ?? 0);
        return TypedResults.Ok(Policy.InForce(place.DistrictId, node, policies));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid node, VisitPolicy settings, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (Refusal(settings) is { } invalid)
            return invalid;
        if (await FindAsync(node, Permission.PolicyChange, db, current, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var policy = await db.Policies.SingleOrDefaultAsync(policy => policy.NodeId == node, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;

        policy ??= db.Add(new Policy { NodeId = node, DistrictId = place.DistrictId, SchoolId = place.SchoolId }).Entity;
        policy.Settings = settings;
        policy.Version++;
        db.Add(new WorkMark { DistrictId = place.DistrictId, SchoolId = place.SchoolId });
        db.Publish(new QuotasSet(
            place.DistrictId, place.SchoolId, node, policy.Version, clock.GetUtcNow(), null,
            [new VisitQuota(settings.WorkList.OpeningWeeks, settings.WorkList.OpeningSharePercent)]));
        audit.About("visit-policy", node, place.DistrictId, place.SchoolId);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }

    /// <summary>A district, or a school: the caller's own, or one of the caller's district.</summary>
    internal static async Task<Place?> FindAsync(
        Guid node, Permission permission, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        var grants = current.Caller.With(permission).ToArray();
        if (grants.FirstOrDefault(grant => grant.SchoolId == node) is { } atSchool)
            return new Place(atSchool.DistrictId, node);
        var districts = grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId).ToArray();
        if (districts.Contains(node))
            return new Place(node, null);
        return await db.Schools.Where(school => school.SchoolId == node && districts.Contains(school.DistrictId))
            .Select(school => new Place(school.DistrictId, school.SchoolId)).SingleOrDefaultAsync(cancel);
    }

    private static Problem? Refusal(VisitPolicy policy)
    {
        var mistakes = new Mistakes();
        if (LocalTime.Zone(policy.TimeZone) is not { HasIanaId: true })
            mistakes.Add(VisitsFailures.TimeZone.At("timeZone"));
        if (policy.Weekdays.To <= policy.Weekdays.From)
            mistakes.Add(VisitsFailures.Window.At("weekdays"));
        if (policy.Weekends.To <= policy.Weekends.From)
            mistakes.Add(VisitsFailures.Window.At("weekends"));
        mistakes.Range("shortestMinutes", policy.ShortestMinutes, ScheduleVisit.ShortestMinutes, ScheduleVisit.LongestMinutes);
        mistakes.Range("longestMinutes", policy.LongestMinutes, policy.ShortestMinutes, ScheduleVisit.LongestMinutes);
        mistakes.Range("mostPerDay", policy.MostPerDay, 1, 50);
        mistakes.Range("mostPerWeek", policy.MostPerWeek, 1, 200);
        mistakes.Range("noticeDays", policy.NoticeDays, 0, 30);
        mistakes.Range("recordDueDays", policy.RecordDueDays, 0, 60);
        mistakes.Range("reminderHours", policy.ReminderHours, 0, 336);
        mistakes.Range("closingWeeks", policy.ClosingWeeks, 0, 30);
        mistakes.Range("startEarlyMinutes", policy.StartEarlyMinutes, 0, (int)OneDay.TotalMinutes);
        policy.Records.Check(mistakes);
        WorkListPolicy.Check(policy.WorkList, mistakes);
        LedgerPolicy.Check(policy.Ledger, mistakes);
        SpotCheckPolicy.Check(policy.SpotChecks, mistakes);
        policy.Emergencies.Check(mistakes);
        policy.Protection.Check(mistakes);
        return mistakes.Refusal;
    }

    /// <summary>A district, or a school of it.</summary>
    internal sealed record Place(Guid DistrictId, Guid? SchoolId);
}
