using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Calendar;

/// <summary>The special days that a district, or one of its schools for itself, has entered (VIS-21).</summary>
public sealed class CalendarOfNode
{
    /// <summary>Where they hold: a school's id, or a district's.</summary>
    public Guid NodeId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The days, in their order.</summary>
    public SpecialDay[] Days { get; set; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The calendar in force at a school: its own days before its district's.</summary>
    public static SchoolCalendar InForce(Guid district, Guid school, IReadOnlyCollection<CalendarOfNode> calendars) => new(
        calendars.Where(c => c.NodeId == district || c.NodeId == school).OrderBy(c => c.NodeId == school).SelectMany(c => c.Days));
}

/// <summary>The table of calendars.</summary>
internal static class CalendarTables
{
    public static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<CalendarOfNode>(calendar =>
    {
        calendar.ToTable("school_calendar").HasKey(c => c.NodeId);
        calendar.Property(c => c.Version).IsConcurrencyToken();
        calendar.Property(c => c.Days).HasColumnType("jsonb").HasConversion(
            days => JsonSerializer.Serialize(days, Json.Options),
            text => JsonSerializer.Deserialize<SpecialDay[]>(text, Json.Options)!);
    });
}
