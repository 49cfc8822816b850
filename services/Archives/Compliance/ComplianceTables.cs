using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Compliance;

/// <summary>The table of the law's workflows.</summary>
internal static class ComplianceTables
{
    /// <summary>The constraint that allows a district one audit a year.</summary>
    public const string OneAuditAYear = "compliance_case_one_audit_a_year";

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ComplianceCase>(row =>
        {
            row.HasKey(c => new { c.DistrictId, c.Id });
            row.HasIndex(c => new { c.DistrictId, c.Year }).IsUnique().HasDatabaseName(OneAuditAYear);
            row.Property(c => c.Kind).HasConversion<string>();
            row.Property(c => c.Version).IsConcurrencyToken();
            row.Ignore(c => c.Missing);
            row.Property(c => c.Parts).HasColumnType("jsonb").HasConversion(
                parts => JsonSerializer.Serialize(parts, Json.Options),
                text => JsonSerializer.Deserialize<Dictionary<string, CasePart>>(text, Json.Options)!);
        });
    }
}
