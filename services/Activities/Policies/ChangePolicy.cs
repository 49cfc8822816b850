using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Policies;

/// <summary>
/// The policy of activities: numbers in the rules are its defaults. A school's own replaces its district's as a whole.
/// </summary>
internal static class ChangePolicy
{
    public static void MapPolicy(this IEndpointRouteBuilder api)
    {
        api.MapGet("/policies/{node:guid}", ReadAsync).Query(Permission.PolicyChange).WithName("ReadActivityPolicy")
            .WithSummary("The policy in force at a school or district; the ETag is that of its own, \"0\" while it has none.");
        api.MapPut("/policies/{node:guid}", ChangeAsync).Command(Permission.PolicyChange).WithName("ChangeActivityPolicy")
            .WithSummary("Sets the policy of a school or district.");
    }

    private static async Task<Results<Ok<ActivityPolicy>, Problem>> ReadAsync(
        Guid node, ActivitiesDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(node, db, current, cancel) is not var (district, _))
            return (Problem)Failures.NotFound;
        var policies = await db.Set<Policy>().AsNoTracking()
            .Where(policy => policy.NodeId == node || policy.NodeId == district).ToListAsync(cancel);
        ETag.Set(http, policies.Find(policy => policy.NodeId == node)?.Version ?? 0);
        return TypedResults.Ok(Policy.InForce(district, node, policies));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid node, ActivityPolicy settings, ActivitiesDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        settings.Check(mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(node, db, current, cancel) is not var (district, school))
            return (Problem)Failures.NotFound;
        var policy = await db.Set<Policy>().SingleOrDefaultAsync(policy => policy.NodeId == node, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;

        policy ??= db.Add(new Policy { NodeId = node, DistrictId = district, SchoolId = school }).Entity;
        policy.Settings = settings;
        policy.Version++;
        audit.About("activity-policy", node, district, school);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }

    // A district, or a school: the caller's own, or one of the caller's district.
    private static async Task<(Guid District, Guid? School)?> FindAsync(
        Guid node, ActivitiesDb db, CurrentCaller current, CancellationToken cancel)
    {
        var grants = current.Caller.With(Permission.PolicyChange).ToArray();
        if (Array.Find(grants, grant => grant.SchoolId == node) is { } atSchool)
            return (atSchool.DistrictId, node);
        var districts = grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId).ToArray();
        if (districts.Contains(node))
            return (node, null);
        var school = await db.Set<School>().AsNoTracking()
            .SingleOrDefaultAsync(s => s.SchoolId == node && districts.Contains(s.DistrictId), cancel);
        return school is null ? null : (school.DistrictId, school.SchoolId);
    }
}
