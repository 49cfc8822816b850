using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Policies;

/// <summary>The day at a school, on its own clocks (ALL-3): by UTC, a morning in China is still the day before.</summary>
internal static class LocalDay
{
    /// <summary>Today at a school.</summary>
    public static async Task<DateOnly> TodayAtAsync(
        this VisitsDb db, Guid district, Guid school, DateTimeOffset now, CancellationToken cancel) =>
        LocalTime.Day(now, await db.ZoneAtAsync(district, school, cancel));

    /// <summary>The IANA time zone of a school, by its policy or its district's.</summary>
    public static async Task<string> ZoneAtAsync(this VisitsDb db, Guid district, Guid school, CancellationToken cancel)
    {
        var policies = await db.Policies.AsNoTracking()
            .Where(policy => policy.NodeId == school || policy.NodeId == district).ToListAsync(cancel);
        return Policy.InForce(district, school, policies).TimeZone;
    }

    /// <summary>Today at a school, or in a district by its own policy, where the policies are known.</summary>
    public static DateOnly At(Guid district, Guid schoolOrDistrict, IReadOnlyCollection<Policy> policies, DateTimeOffset now) =>
        LocalTime.Day(now, Policy.InForce(district, schoolOrDistrict, policies).TimeZone);
}
