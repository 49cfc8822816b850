using System.Text.Json;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>The tables of spot checks and excellent cases.</summary>
internal static class SpotCheckTables
{
    private const string OfChild =
        "EXISTS (SELECT FROM visit_student s WHERE s.school_id = t.school_id AND s.visit_id = t.visit_id AND s.student_id = $2)";

    /// <summary>What is sealed.</summary>
    public static readonly SealedColumn[] Sealed = [SpotCheckRecord.SealedComment, ExcellentCase.SealedText];

    /// <summary>What goes at an erasure: a shared case too, since nobody can prove that it tells of nobody.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("shared_case", DataKind.Visits, "已共享的案例", "Cases that are shared")
        {
            Where = """
                EXISTS (SELECT FROM excellent_case c JOIN visit_student s ON s.school_id = c.school_id AND s.visit_id = c.visit_id
                    WHERE c.id = t.id AND s.student_id = $2)
                """,
        },
        new("excellent_case", DataKind.Visits, "优秀案例", "Excellent cases") { Where = OfChild },
        new("spot_check_record", DataKind.Visits, "家访记录抽查", "Spot checks of records") { Where = OfChild },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SpotCheck>(check =>
        {
            check.ToTable("spot_check").HasKey(c => new { c.SchoolId, c.Id });
            check.Property(c => c.Items).HasColumnType("jsonb").HasConversion(
                items => JsonSerializer.Serialize(items, Json.Options),
                text => JsonSerializer.Deserialize<ChecklistItem[]>(text, Json.Options)!);
        });
        modelBuilder.Entity<SpotCheckPopulation>().ToTable("spot_check_population").HasKey(p => new { p.SchoolId, p.CheckId });
        modelBuilder.Entity<SpotCheckRecord>(record =>
        {
            record.ToTable("spot_check_record").HasKey(r => new { r.SchoolId, r.Id });
            record.HasIndex(r => new { r.SchoolId, r.CheckId, r.VisitId }).IsUnique();
            record.HasIndex(r => new { r.SchoolId, r.TeacherId, r.Id });
            record.Property(r => r.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<ExcellentCase>(excellent =>
        {
            excellent.ToTable("excellent_case").HasKey(c => new { c.SchoolId, c.Id });
            excellent.HasIndex(c => new { c.SchoolId, c.VisitId });
            excellent.Property(c => c.State).HasConversion<string>();
            excellent.Property(c => c.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<SharedCase>(shared =>
        {
            shared.ToTable("shared_case").HasKey(c => c.Id);
            shared.HasIndex(c => new { c.DistrictId, c.Id });
        });
    }
}
