using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>Who reads which sensitive items by the role alone, and how long other access may last (ARC-7).</summary>
internal static class ChangeSensitivePolicy
{
    public static void MapSensitivePolicy(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/sensitive-policy", ReadAsync)
            .WithName("ReadSensitivePolicy")
            .WithSummary("Who reads which sensitive items; the ETag is 0 while the defaults hold.")
            .Query(Permission.RosterRead);
        api.MapPut("/districts/{districtId:guid}/sensitive-policy", ChangeAsync)
            .WithName("ChangeSensitivePolicy")
            .WithSummary("Replaces the policy as a whole.")
            .Command(Permission.PolicyChange);
    }

    private static async Task<Results<Ok<SensitiveSettings>, Problem>> ReadAsync(
        Guid districtId, ArchivesDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.RosterRead).Any(grant => grant.DistrictId == districtId))
            return (Problem)Failures.NotFound;
        var policy = await db.SensitivePolicyAsync(districtId, cancel);
        ETag.Set(http, policy?.Version ?? 0);
        return TypedResults.Ok(policy?.Settings ?? new SensitiveSettings());
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid districtId, SensitiveSettings settings, ArchivesDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.PolicyChange).Any(grant => grant.DistrictId == districtId && grant.SchoolId is null))
            return (Problem)Failures.NotFound;
        var mistakes = new Mistakes();
        mistakes.Range("longestAccessDays", settings.LongestAccessDays, 1, 365);
        mistakes.Range("reviewDays", settings.ReviewDays, 1, 14);
        mistakes.Range("handoverDays", settings.HandoverDays, 1, 60);
        for (var i = 0; i < settings.Readers.Count; i++)
        {
            if (!Access.Allows(settings.Readers[i].Role, Permission.SensitiveRead))
                mistakes.Add(ArchivesFailures.ReaderNotAllowed.At($"readers[{i}].role"));
        }

        if (mistakes.Refusal is { } invalid)
            return invalid;
        var policy = await db.Set<SensitivePolicy>().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;
        policy ??= db.Add(new SensitivePolicy { DistrictId = districtId }).Entity;
        policy.Settings = settings;
        policy.Version++;
        audit.About("sensitive-policy", districtId, districtId, null);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }

    /// <summary>The district's own policy, if it has set one.</summary>
    public static Task<SensitivePolicy?> SensitivePolicyAsync(this ArchivesDb db, Guid district, CancellationToken cancel) =>
        db.Set<SensitivePolicy>().AsNoTracking().SingleOrDefaultAsync(policy => policy.DistrictId == district, cancel);
}
