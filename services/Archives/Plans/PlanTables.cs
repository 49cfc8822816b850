using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Plans;

/// <summary>The tables of plans, the watch list and support.</summary>
internal static class PlanTables
{
    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Plan>(plan =>
        {
            plan.HasKey(p => new { p.DistrictId, p.Id });
            plan.HasIndex(p => new { p.SchoolId, p.StudentId, p.Id });
            plan.HasIndex(p => new { p.SchoolId, p.Id });
            plan.Property(p => p.Kind).HasConversion<string>();
            plan.Property(p => p.State).HasConversion<string>();
            plan.Property(p => p.AgreedBy).HasConversion<string>();
            plan.Property(p => p.Outcome).HasConversion<string>();
            plan.Property(p => p.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<PlanMark>(mark =>
        {
            mark.HasKey(m => new { m.DistrictId, m.PlanId, m.Day, m.Side });
            mark.HasIndex(m => new { m.SchoolId, m.StudentId, m.Day });
            mark.Property(m => m.Side).HasConversion<string>();
            mark.Property(m => m.Form).HasConversion<string>();
        });
        modelBuilder.Entity<Watch>(watch =>
        {
            watch.HasKey(w => new { w.DistrictId, w.Id });
            watch.HasIndex(w => new { w.SchoolId, w.Id });
            watch.Property(w => w.Level).HasConversion<string>();
            watch.Property(w => w.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<StudentTask>(task =>
        {
            task.HasKey(t => new { t.DistrictId, t.Id });
            task.HasIndex(t => new { t.AssigneeId, t.Id }).HasFilter("done_at IS NULL");
            task.HasIndex(t => new { t.SchoolId, t.StudentId, t.WatchId });
            task.Property(t => t.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<SupportResource>(resource =>
        {
            resource.HasKey(r => new { r.SchoolId, r.Id });
            resource.Property(r => r.Kind).HasConversion<string>();
        });
        modelBuilder.Entity<Support>(support =>
        {
            support.HasKey(s => new { s.DistrictId, s.Id });
            support.HasIndex(s => new { s.SchoolId, s.Id });
            support.HasIndex(s => new { s.SchoolId, s.StudentId, s.Id });
            support.Property(s => s.State).HasConversion<string>();
            support.Property(s => s.Result).HasConversion<string>();
            support.Property(s => s.Version).IsConcurrencyToken();
        });
    }
}
