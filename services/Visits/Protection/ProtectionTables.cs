using System.Text.Json;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Protection;

/// <summary>The tables of crises, and of protected cases in a schema apart.</summary>
internal static class ProtectionTables
{
    /// <summary>
    /// The schema of protected cases. What goes through all tables of a service (copies, erasures, exports, grants of rights)
    /// goes through <c>public</c> only, and so passes it by.
    /// </summary>
    public const string Schema = "protected";

    /// <summary>A guardian's copy has nothing of a crisis; he was told in person.</summary>
    public static readonly PersonalTable[] PersonalData = [new("crisis", DataKind.Visits, "危机", "Crises")];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ProtectedCase>().ToTable("protected_case", Schema).HasKey(c => new { c.SchoolId, c.Id });
        modelBuilder.Entity<CaseEntry>().ToTable("protected_entry", Schema).HasKey(e => new { e.SchoolId, e.CaseId, e.Number });
        modelBuilder.Entity<CaseGrant>().ToTable("protected_grant", Schema).HasKey(g => new { g.SchoolId, g.CaseId, g.Number });
        modelBuilder.Entity<ProtectionLead>().ToTable("protection_lead").HasKey(l => new { l.SchoolId, l.StaffId });
        modelBuilder.Entity<Crisis>(crisis =>
        {
            crisis.ToTable("crisis").HasKey(c => new { c.SchoolId, c.Id });
            crisis.HasIndex(c => new { c.SchoolId, c.RaisedAt });
            crisis.Property(c => c.Version).IsConcurrencyToken();
            crisis.Property(c => c.Checklist).HasColumnType("jsonb").HasConversion(
                steps => JsonSerializer.Serialize(steps, Json.Options),
                text => JsonSerializer.Deserialize<CrisisStep[]>(text, Json.Options)!);
        });
    }
}
