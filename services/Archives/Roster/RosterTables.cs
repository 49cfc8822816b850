using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

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
            import.Ignore(i => i.LeftVersion);
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
            // The record as it will be, column by column: as JSON, writing and reading it took a third of a first import.
            foreach (var property in RosterCheck.Tables.SelectMany(
                table => modelBuilder.Entity(table.Entity).Metadata.GetProperties()))
            {
                if (change.Metadata.FindProperty(property.Name) is not null || property.Name == nameof(Class.Version))
                    continue;
                var type = property.GetProviderClrType() ?? property.ClrType;
                if (type.IsValueType && Nullable.GetUnderlyingType(type) is null)
                    type = typeof(Nullable<>).MakeGenericType(type);
                var column = change.Property(type, property.Name);
                if (property.FindAnnotation(RelationalAnnotationNames.ColumnType)?.Value is string columnType)
                    column.HasColumnType(columnType);
            }
        });
        modelBuilder.Entity<RosterMistake>(mistake => mistake.HasKey(m => new { m.ImportId, m.Number }));
    }
}
