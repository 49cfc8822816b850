using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Passing;

/// <summary>The tables of handovers and transfers.</summary>
internal static class PassingTables
{
    public const string OneTransferWaits = "transfer_one_waits";

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Handover>(handover =>
        {
            handover.HasKey(h => new { h.DistrictId, h.Id });
            handover.HasIndex(h => new { h.DistrictId, h.StudentId, h.ToStaffId, h.StartsOn }).IsUnique();
            handover.HasIndex(h => new { h.SchoolId, h.Id }).HasFilter("accepted_at IS NULL");
        });
        modelBuilder.Entity<Transfer>(transfer =>
        {
            transfer.HasKey(t => new { t.DistrictId, t.Id });
            transfer.HasIndex(t => new { t.DistrictId, t.StudentId }).IsUnique().HasFilter("state = 'Proposed'")
                .HasDatabaseName(OneTransferWaits);
            transfer.HasIndex(t => new { t.FromSchoolId, t.Id });
            transfer.HasIndex(t => new { t.ToSchoolId, t.Id });
            transfer.HasIndex(t => new { t.DistrictId, t.StudentId, t.Id });
            transfer.Property(t => t.Kind).HasConversion<string>();
            transfer.Property(t => t.State).HasConversion<string>();
            transfer.Property(t => t.ConsentForm).HasConversion<string>();
            transfer.Property(t => t.Duty).HasConversion<string>();
            transfer.Property(t => t.Version).IsConcurrencyToken();
        });
    }
}
