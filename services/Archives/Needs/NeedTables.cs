using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>
/// The tables of support needs. What is a student's has no unique constraint but its id: when schools merge, what was written at both
/// comes together (<see cref="ArchivesDb.TakenOver"/>); <see cref="NeedQueries.LockAsync"/> stands in.
/// </summary>
internal static class NeedTables
{
    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<NeedPolicy>(policy =>
        {
            policy.HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            policy.Property(p => p.Settings).HasColumnType("jsonb").HasConversion(
                settings => JsonSerializer.Serialize(settings, Json.Options),
                text => JsonSerializer.Deserialize<NeedSettings>(text, Json.Options)!);
        });
        modelBuilder.Entity<StudentNeeds>(needs =>
        {
            needs.HasKey(n => new { n.DistrictId, n.Id });
            needs.HasIndex(n => new { n.SchoolId, n.StudentId, n.Id });
            needs.Property(n => n.Academic).HasConversion<string>();
            needs.Property(n => n.Conduct).HasConversion<string>();
            needs.PrimitiveCollection(n => n.Circumstances).ElementType(circumstance => circumstance.HasConversion<string>());
        });
        modelBuilder.Entity<Attention>(attention =>
        {
            attention.HasKey(a => new { a.DistrictId, a.Id });
            attention.HasIndex(a => new { a.SchoolId, a.StudentId, a.Cause });
            attention.HasIndex(a => new { a.SchoolId, a.Id });
            attention.Property(a => a.Cause).HasConversion<string>();
            attention.Property(a => a.State).HasConversion<string>();
            attention.Property(a => a.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<AttentionNote>(note =>
        {
            note.HasKey(n => new { n.DistrictId, n.Id });
            note.HasIndex(n => new { n.SchoolId, n.AttentionId, n.Id });
            note.Property(n => n.Role).HasConversion<string>();
        });
        modelBuilder.Entity<Score>(score =>
        {
            score.HasKey(s => new { s.DistrictId, s.Id });
            score.HasIndex(s => new { s.SchoolId, s.StudentId, s.HeldOn });
            score.HasIndex(s => new { s.SchoolId, s.Kind, s.HeldOn });
            score.Property(s => s.Kind).HasConversion<string>();
            score.Property(s => s.Level).HasConversion<string>();
            score.Property(s => s.Points).HasPrecision(6, 2);
            score.Property(s => s.OutOf).HasPrecision(6, 2);
        });
        modelBuilder.Entity<Homework>().HasKey(h => new { h.SchoolId, h.ClassId, h.Subject, h.DueOn });
        modelBuilder.Entity<TermOutcome>(outcome =>
        {
            outcome.HasKey(o => new { o.DistrictId, o.Id });
            outcome.HasIndex(o => new { o.SchoolId, o.TermId, o.Id });
            outcome.Property(o => o.Kind).HasConversion<string>();
            outcome.Property(o => o.Baseline).HasPrecision(5, 4);
            outcome.Property(o => o.Version).IsConcurrencyToken();
        });
    }
}
