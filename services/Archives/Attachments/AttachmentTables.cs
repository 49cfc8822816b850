using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Attachments;

/// <summary>The table of attachments.</summary>
internal static class AttachmentTables
{
    public static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<Attachment>(attachment =>
    {
        attachment.HasKey(a => new { a.DistrictId, a.Id });
        attachment.HasIndex(a => new { a.SchoolId, a.StudentId, a.Id }).HasFilter("deleted_at IS NULL");
        attachment.Property(a => a.Kind).HasConversion<string>();
        attachment.Property(a => a.Type).HasConversion<string>();
        attachment.Property(a => a.SensitiveKind).HasConversion<string>();
        attachment.Property(a => a.Version).IsConcurrencyToken();
        attachment.ToTable(table => table.HasCheckConstraint(
            "attachment_internal_is_not_for_family", "NOT (for_family AND sensitive_kind IS NOT NULL)"));
    });
}
