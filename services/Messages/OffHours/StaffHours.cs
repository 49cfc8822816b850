using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.OffHours;

/// <summary>A staff member's own working hours (MSG-6).</summary>
public sealed class StaffHours
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

    /// <summary>What the staff member has set, as JSON; replaced as a whole.</summary>
    public OwnHours Hours { get; private set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Sets all of it.</summary>
    public void Set(OwnHours hours)
    {
        Hours = hours;
        Version++;
    }

    internal static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<StaffHours>(hours =>
    {
        hours.ToTable("staff_hours").HasKey(h => new { h.DistrictId, h.StaffId });
        hours.Property(h => h.Version).IsConcurrencyToken();
        hours.Property(h => h.Hours).HasColumnType("jsonb").HasConversion(
            own => JsonSerializer.Serialize(own, Json.Options),
            text => JsonSerializer.Deserialize<OwnHours>(text, Json.Options)!);
    });
}

/// <summary>What a staff member sets: outside of it nobody expects an answer.</summary>
/// <param name="Week">The own working week, 1–21 stretches; left out, the district's holds.</param>
/// <param name="Absences">Days of absence, at most 20 entries.</param>
public sealed record OwnHours(IReadOnlyList<WorkingTime>? Week = null, IReadOnlyList<Absence>? Absences = null);
