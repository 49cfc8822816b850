using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Roster;

/// <summary>The tables of the roster.</summary>
internal static class RosterTables
{
    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<School>(school =>
        {
            school.ToTable("school").HasKey(s => s.SchoolId);
            school.HasIndex(s => s.DistrictId);
        });
        modelBuilder.Entity<SchoolClass>().ToTable("school_class").HasKey(c => new { c.SchoolId, c.ClassId });
        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.ToTable("enrolment").HasKey(e => new { e.SchoolId, e.Id });
            enrolment.HasIndex(e => new { e.SchoolId, e.StudentId });
            enrolment.HasIndex(e => e.StudentId);
        });
        modelBuilder.Entity<StaffPost>(post =>
        {
            post.ToTable("staff_post").HasKey(p => new { p.SchoolId, p.Id });
            post.HasIndex(p => new { p.SchoolId, p.ClassId });
            post.Property(p => p.Role).HasConversion<string>();
        });
        modelBuilder.Entity<Guardianship>().ToTable("guardianship").HasKey(g => new { g.StudentId, g.GuardianId });
        modelBuilder.Entity<GuardianRights>(rights =>
        {
            rights.ToTable("guardian_rights").HasKey(g => new { g.StudentId, g.GuardianId });
            rights.Property(g => g.Channel).HasConversion<string>();
        });
    }
}
