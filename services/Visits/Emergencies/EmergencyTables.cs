using System.Text.Json;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>The tables of emergencies and alarms.</summary>
internal static class EmergencyTables
{
    /// <summary>What a guardian's copy has, and what an erasure takes: of an emergency, that there was one; the text is the
    /// school's working note.</summary>
    public static readonly PersonalTable[] PersonalData =
    [
        new("alarm_step", DataKind.Visits, "提醒", "Calls of alarms") { Where = OfChild("alarm_id") },
        new("alarm", DataKind.Visits, "提醒", "Alarms") { Where = OfChild("id") },
        new("emergency", DataKind.Visits, "紧急情况", "Emergencies")
        {
            Shown =
            [
                new("kind", "类型", "Kind"), new("reported_at", "报告时间", "Reported at"),
                new("contacted_at", "首次联系", "First contact"), new("closed_at", "办结", "Closed at"),
            ],
        },
        new("priority_visit", DataKind.Visits, "特殊节点家访", "Visits at special nodes")
        {
            Shown = [new("node", "原因", "Why"), new("raised_at", "提出时间", "Since"), new("due_on", "期限", "Due on")],
        },
    ];

    // An alarm is of the emergency or crisis whose id it has.
    private static string OfChild(string column) =>
        $"EXISTS (SELECT FROM emergency e WHERE e.id = t.{column} AND e.student_id = $2)"
        + $" OR EXISTS (SELECT FROM crisis c WHERE c.id = t.{column} AND c.student_id = $2)";

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Emergency>(emergency =>
        {
            emergency.ToTable("emergency").HasKey(e => new { e.SchoolId, e.Id });
            emergency.HasIndex(e => new { e.SchoolId, e.DueAt, e.Id });
            emergency.HasIndex(e => new { e.SchoolId, e.StudentId });
            emergency.Property(e => e.Kind).HasConversion<string>();
            emergency.Property(e => e.State).HasConversion<string>();
            emergency.Property(e => e.ContactMode).HasConversion<string>();
            emergency.Property(e => e.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<Alarm>(alarm =>
        {
            alarm.ToTable("alarm").HasKey(a => new { a.SchoolId, a.Id });
            alarm.HasIndex(a => a.SchoolId).HasFilter("ended_at IS NULL");
            alarm.Property(a => a.Kind).HasConversion<string>();
            alarm.HasMany(a => a.Steps).WithOne().HasForeignKey(step => new { step.SchoolId, step.AlarmId });
        });
        modelBuilder.Entity<AlarmStep>(step =>
        {
            step.ToTable("alarm_step").HasKey(s => new { s.SchoolId, s.AlarmId, s.Number });
            step.HasIndex(s => s.DueAt).HasFilter("done_at IS NULL");
            // Who ends an alarm deletes the calls to come: not one that was made in between.
            step.Property(s => s.DoneAt).IsConcurrencyToken();
        });
        modelBuilder.Entity<PriorityVisit>(visit =>
        {
            visit.ToTable("priority_visit").HasKey(v => new { v.SchoolId, v.Id });
            visit.HasIndex(v => new { v.SchoolId, v.StudentId });
            visit.Property(v => v.Node).HasConversion<string>();
        });
        modelBuilder.Entity<DutyRoster>(roster =>
        {
            roster.ToTable("duty_roster").HasKey(r => r.SchoolId);
            roster.Property(r => r.Version).IsConcurrencyToken();
            roster.Property(r => r.Days).HasColumnType("jsonb").HasConversion(
                days => JsonSerializer.Serialize(days, Json.Options),
                text => JsonSerializer.Deserialize<DutyDay[]>(text, Json.Options)!);
        });
    }
}
