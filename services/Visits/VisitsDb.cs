using System.Text.Json;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace HomeSchool.Visits;

/// <summary>
/// The visits' database. Visits and all that belongs to them are school facts; busy times and guardianships are person tables;
/// schools, terms, enrolments, posts and guardianships are what Visits keeps of the archives' events.
/// </summary>
public sealed class VisitsDb(DbContextOptions<VisitsDb> options) : ServiceDb(options)
{
    private static readonly Dictionary<string, Failure> ByConstraint = new(StringComparer.Ordinal)
    {
        ["busy_staff_once"] = VisitsFailures.StaffDoubleBooked,
        ["busy_family_once"] = VisitsFailures.FamilyDoubleBooked,
        ["pk_visit_record"] = Failures.ChangedMeanwhile,
        ["pk_policy"] = Failures.ChangedMeanwhile,
    };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals => ByConstraint;

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => VisitsPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new() { Sealed = [VisitRecord.SealedContent, VisitAnswer.SealedReason] };

    /// <summary>Visits.</summary>
    public DbSet<Visit> Visits => Set<Visit>();

    /// <summary>Answers of families.</summary>
    public DbSet<VisitAnswer> Answers => Set<VisitAnswer>();

    /// <summary>Records.</summary>
    public DbSet<VisitRecord> Records => Set<VisitRecord>();

    /// <summary>Who is taken when.</summary>
    public DbSet<BusyTime> Busy => Set<BusyTime>();

    /// <summary>Policies.</summary>
    public DbSet<Policy> Policies => Set<Policy>();

    /// <summary>Schools of the roster.</summary>
    public DbSet<School> Schools => Set<School>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);

        modelBuilder.Entity<Visit>(Map);
        modelBuilder.Entity<VisitAnswer>(answer =>
        {
            answer.ToTable("visit_answer").HasKey(a => new { a.SchoolId, a.VisitId, a.Id });
            answer.Property(a => a.Kind).HasConversion<string>();
        });
        modelBuilder.Entity<VisitRecord>().ToTable("visit_record").HasKey(r => new { r.SchoolId, r.VisitId });
        modelBuilder.Entity<BusyTime>(busy =>
        {
            busy.ToTable("busy").HasKey(b => new { b.PersonId, b.VisitId });
            busy.HasIndex(b => b.VisitId);
        });
        modelBuilder.Entity<Policy>(policy =>
        {
            policy.ToTable("policy").HasKey(p => p.NodeId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            policy.Property(p => p.Settings).HasColumnType("jsonb").HasConversion(
                settings => JsonSerializer.Serialize(settings, Json.Options),
                text => JsonSerializer.Deserialize<VisitPolicy>(text, Json.Options)!);
        });

        modelBuilder.Entity<School>(school =>
        {
            school.ToTable("school").HasKey(s => s.SchoolId);
            school.HasIndex(s => s.DistrictId);
        });
        modelBuilder.Entity<Term>(term =>
        {
            term.HasKey(t => t.Id);
            term.HasIndex(t => t.DistrictId);
        });
        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.HasKey(e => new { e.SchoolId, e.Id });
            enrolment.HasIndex(e => new { e.SchoolId, e.StudentId });
        });
        modelBuilder.Entity<Post>(post =>
        {
            post.HasKey(p => new { p.SchoolId, p.Id });
            post.HasIndex(p => new { p.SchoolId, p.StaffId });
        });
        modelBuilder.Entity<Guardianship>().HasKey(g => new { g.StudentId, g.GuardianId });
        modelBuilder.Entity<GuardianRights>().HasKey(g => new { g.StudentId, g.GuardianId });

        NameInSnakeCase(modelBuilder);
    }

    private static void Map(EntityTypeBuilder<Visit> visit)
    {
        visit.ToTable("visit").HasKey(v => new { v.SchoolId, v.Id });
        visit.HasIndex(v => new { v.SchoolId, v.StartsAt, v.Id });
        visit.Property(v => v.Mode).HasConversion<string>();
        visit.Property(v => v.Kind).HasConversion<string>();
        visit.Property(v => v.State).HasConversion<string>();
        visit.Property(v => v.HeldMode).HasConversion<string>();
        visit.Property(v => v.Version).IsConcurrencyToken();
        visit.Ignore(v => v.IsOpen).Ignore(v => v.EndsAt).Ignore(v => v.VisitorIds);
        visit.OwnsMany(v => v.Students, student =>
        {
            student.ToTable("visit_student");
            student.WithOwner().HasForeignKey("SchoolId", "VisitId");
            student.HasKey("SchoolId", "VisitId", nameof(VisitStudent.StudentId));
            student.HasIndex("SchoolId", nameof(VisitStudent.StudentId));
            student.HasIndex("SchoolId", nameof(VisitStudent.ClassId));
        });
        visit.Navigation(v => v.Students).HasField("students").UsePropertyAccessMode(PropertyAccessMode.Field);
    }
}
