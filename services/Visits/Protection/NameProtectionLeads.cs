using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Protection;

/// <summary>A school's named leads, all of them.</summary>
/// <param name="StaffIds">Up to 10 of the school's staff.</param>
public sealed record ProtectionLeadsBody(IReadOnlyList<Guid> StaffIds);

/// <summary>Names the child-protection leads of a school (VIS-17); all of its staff know them.</summary>
internal static class NameProtectionLeads
{
    private const int MostLeads = 10;

    public static void MapProtectionLeads(this IEndpointRouteBuilder api)
    {
        api.MapGet("/protection-leads/{school:guid}", ReadAsync).Query(Permission.ConcernReport).WithName("ReadProtectionLeads");
        api.MapPut("/protection-leads/{school:guid}", NameAsync).Command(Permission.ProtectionLeadName)
            .WithName("NameProtectionLeads");
    }

    private static async Task<Results<Ok<ProtectionLeadsBody>, Problem>> ReadAsync(
        Guid school, VisitsDb db, CurrentCaller current, CancellationToken cancel) =>
        await ChangePolicy.FindAsync(school, Permission.ConcernReport, db, current, cancel) is not { SchoolId: not null }
            ? (Problem)Failures.NotFound
            : TypedResults.Ok(new ProtectionLeadsBody(await db.Set<ProtectionLead>().Where(lead => lead.SchoolId == school)
                .OrderBy(lead => lead.StaffId).Select(lead => lead.StaffId).ToListAsync(cancel)));

    private static async Task<Results<NoContent, Problem>> NameAsync(
        Guid school, ProtectionLeadsBody body, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        mistakes.Ids("staffIds", body.StaffIds, 0, MostLeads);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await ChangePolicy.FindAsync(school, Permission.ProtectionLeadName, db, current, cancel)
            is not { SchoolId: not null, DistrictId: var district })
        {
            return (Problem)Failures.NotFound;
        }

        var now = clock.GetUtcNow();
        var today = await db.TodayAtAsync(district, school, now, cancel);
        var staff = await db.Set<Post>().Where(post => post.SchoolId == school && post.StartsOn <= today
            && (post.EndsOn == null || post.EndsOn >= today)).Select(post => post.StaffId).ToListAsync(cancel);
        for (var i = 0; i < body.StaffIds.Count; i++)
        {
            if (!staff.Contains(body.StaffIds[i]))
                mistakes.Add(VisitsFailures.NotStaff.At($"staffIds[{i}]"));
        }

        if (mistakes.Refusal is { } wrong)
            return wrong;
        var leads = await db.Set<ProtectionLead>().Where(lead => lead.SchoolId == school).ToListAsync(cancel);
        db.RemoveRange(leads.Where(lead => !body.StaffIds.Contains(lead.StaffId)));
        db.AddRange(body.StaffIds.Where(id => !leads.Exists(lead => lead.StaffId == id)).Select(id => new ProtectionLead
        {
            SchoolId = school,
            StaffId = id,
            DistrictId = district,
            NamedAt = now,
        }));
        audit.About("protection-leads", school, district, school);
        return TypedResults.NoContent();
    }
}
