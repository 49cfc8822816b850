using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>The tables of guardians' rights, families and needs.</summary>
internal static class FamilyTables
{
    /// <summary>What two first writes at the same time run into: the second one's form was read before the first.</summary>
    public static readonly IReadOnlyDictionary<string, Failure> Refusals = new Dictionary<string, Failure>(StringComparer.Ordinal)
    {
        ["pk_guardian_detail"] = Failures.ChangedMeanwhile,
        ["pk_care_needs"] = Failures.ChangedMeanwhile,
        ["ix_family_file_school_id_student_id"] = Failures.ChangedMeanwhile,
    };

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<GuardianDetail>(detail =>
        {
            detail.HasKey(d => new { d.DistrictId, d.StudentId, d.GuardianId });
            detail.Property(d => d.Kinship).HasConversion<string>();
            detail.Property(d => d.LegalStatus).HasConversion<string>();
            detail.Property(d => d.Channel).HasConversion<string>();
            detail.PrimitiveCollection(d => d.Accommodations).ElementType(need => need.HasConversion<string>());
            detail.PrimitiveCollection(d => d.EntrustedRights).ElementType(right => right.HasConversion<string>());
            detail.Property(d => d.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<GuardianRestriction>(restriction =>
        {
            restriction.HasKey(r => new { r.DistrictId, r.Id });
            restriction.HasIndex(r => new { r.DistrictId, r.StudentId });
            restriction.Property(r => r.Kind).HasConversion<string>();
            restriction.PrimitiveCollection(r => r.Withheld).ElementType(right => right.HasConversion<string>());
            restriction.Property(r => r.LiftedAt).IsConcurrencyToken();
        });
        modelBuilder.Entity<RightsTurn>().HasKey(turn => new { turn.DistrictId, turn.TurnsOn });
        modelBuilder.Entity<FamilyFile>(file =>
        {
            file.HasKey(f => new { f.DistrictId, f.Id });
            file.HasIndex(f => new { f.SchoolId, f.StudentId }).IsUnique();
            file.HasIndex(f => new { f.SchoolId, f.FamilyId });
            file.Property(f => f.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<CareNeeds>(needs =>
        {
            needs.HasKey(n => new { n.DistrictId, n.StudentId });
            needs.Property(n => n.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<FamilyIntakeAnswer>(answer =>
        {
            answer.ToTable("family_intake");
            answer.HasKey(a => new { a.SchoolId, a.StudentId, a.GuardianId });
        });
    }
}
