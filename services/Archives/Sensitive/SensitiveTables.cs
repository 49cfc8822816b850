using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>The tables of sensitive items, and of who may read and has read them.</summary>
internal static class SensitiveTables
{
    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SensitivePolicy>(policy =>
        {
            policy.HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            policy.Property(p => p.Settings).HasColumnType("jsonb").HasConversion(
                settings => JsonSerializer.Serialize(settings, Json.Options),
                text => JsonSerializer.Deserialize<SensitiveSettings>(text, Json.Options)!);
        });
        modelBuilder.Entity<SensitiveItem>(item =>
        {
            item.HasKey(i => new { i.DistrictId, i.Id });
            item.HasIndex(i => new { i.SchoolId, i.StudentId, i.Id });
            item.Property(i => i.Kind).HasConversion<string>();
        });
        modelBuilder.Entity<SensitiveAccess>(access =>
        {
            access.HasKey(a => new { a.DistrictId, a.Id });
            access.HasIndex(a => new { a.SchoolId, a.StudentId, a.StaffId });
            access.HasIndex(a => new { a.DistrictId, a.StaffId, a.Id });
            access.HasIndex(a => new { a.SchoolId, a.Id });
            access.PrimitiveCollection(a => a.Kinds).ElementType(kind => kind.HasConversion<string>());
            access.Property(a => a.State).HasConversion<string>();
            access.Property(a => a.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<SensitiveRead>(read =>
        {
            read.HasKey(r => new { r.DistrictId, r.Id });
            read.HasIndex(r => new { r.SchoolId, r.StudentId, r.Id });
            read.HasIndex(r => new { r.SchoolId, r.Id }).HasFilter("basis = 'Emergency'");
            read.Property(r => r.Role).HasConversion<string>();
            read.Property(r => r.Basis).HasConversion<string>();
            read.Property(r => r.Purpose).HasConversion<string>();
            read.Property(r => r.Finding).HasConversion<string>();
            read.Property(r => r.Version).IsConcurrencyToken();
        });
    }
}
