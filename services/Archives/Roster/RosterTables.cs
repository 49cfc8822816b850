using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Roster;

/// <summary>The tables of uploads and what they would change.</summary>
internal static class RosterTables
{
    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<RosterImport>(import =>
        {
            import.HasKey(i => new { i.DistrictId, i.Id });
            // One import of a district waits for its decision at a time.
            import.HasIndex(i => i.DistrictId).IsUnique().HasFilter("state = 'Checked'").HasDatabaseName("roster_import_one_checked");
            import.Property(i => i.State).HasConversion<string>();
            import.Property(i => i.Report).HasColumnType("jsonb").HasConversion(
                report => JsonSerializer.Serialize(report, Json.Options),
                text => JsonSerializer.Deserialize<RosterReport>(text, Json.Options)!);
        });
        modelBuilder.Entity<ImportProgress>(progress =>
        {
            progress.HasKey(p => new { p.DistrictId, p.ImportId });
            progress.Property(p => p.Phase).HasConversion<string>();
        });
        modelBuilder.Entity<RosterChange>(change =>
        {
            change.HasKey(c => new { c.ImportId, c.Kind, c.Id });
            change.Property(c => c.Kind).HasConversion<string>();
            change.Property(c => c.Change).HasConversion<string>();
            change.Property(c => c.Row).HasColumnType("jsonb");
        });
        modelBuilder.Entity<RosterMistake>(mistake => mistake.HasKey(m => new { m.ImportId, m.Number }));
    }
}
