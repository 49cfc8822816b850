using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Policies;

/// <summary>
/// What a district, or a school for itself, decides about activities. The defaults are those of the rules; a member that is left
/// out has its default.
/// </summary>
public sealed record ActivityPolicy
{
    /// <summary>The IANA time zone whose days count (ALL-3).</summary>
    public string TimeZone { get; init; } = "Asia/Shanghai";

    /// <summary>How long a code for checking in holds, in minutes, 1–120 (ACT-1).</summary>
    public int CodeMinutes { get; init; } = 10;

    /// <summary>The first teaching week with parent classes, 1–53 (ACT-3).</summary>
    public int LessonsFromWeek { get; init; } = 5;

    /// <summary>The last one, not before the first (ACT-3).</summary>
    public int LessonsUntilWeek { get; init; } = 16;

    /// <summary>How many methods a family is to master, 1–20 (ACT-3).</summary>
    public int MethodsGoal { get; init; } = 2;

    /// <summary>What is wrong with it.</summary>
    internal void Check(Mistakes mistakes)
    {
        if (LocalTime.Zone(TimeZone) is not { HasIanaId: true })
            mistakes.Add(ActivitiesFailures.TimeZone.At("timeZone"));
        mistakes.Range("codeMinutes", CodeMinutes, 1, 120);
        mistakes.Range("lessonsFromWeek", LessonsFromWeek, 1, 53);
        mistakes.Range("lessonsUntilWeek", LessonsUntilWeek, LessonsFromWeek, 53);
        mistakes.Range("methodsGoal", MethodsGoal, 1, 20);
    }
}

/// <summary>The policy that a district, or one of its schools, has set.</summary>
public sealed class Policy
{
    /// <summary>Where it holds: a school's id, or a district's.</summary>
    public Guid NodeId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>What it says.</summary>
    public ActivityPolicy Settings { get; set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The policy in force: the school's own, or else the district's, or else the defaults.</summary>
    public static ActivityPolicy InForce(Guid district, Guid school, IReadOnlyCollection<Policy> policies) =>
        (policies.FirstOrDefault(p => p.NodeId == school) ?? policies.FirstOrDefault(p => p.NodeId == district))?.Settings
            ?? new ActivityPolicy();
}

/// <summary>The table of policies, and how they are read.</summary>
internal static class PolicyTables
{
    public static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<Policy>(policy =>
    {
        policy.HasKey(p => p.NodeId);
        policy.Property(p => p.Version).IsConcurrencyToken();
        policy.Property(p => p.Settings).HasColumnType("jsonb").HasConversion(
            settings => JsonSerializer.Serialize(settings, Json.Options),
            text => JsonSerializer.Deserialize<ActivityPolicy>(text, Json.Options)!);
    });

    /// <summary>The policy in force at a school; given the district twice, that of the district.</summary>
    public static async Task<ActivityPolicy> PolicyAtAsync(
        this ActivitiesDb db, Guid district, Guid school, CancellationToken cancel) => Policy.InForce(
        district, school,
        await db.Set<Policy>().AsNoTracking().Where(p => p.NodeId == school || p.NodeId == district).ToListAsync(cancel));
}
