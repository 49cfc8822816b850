using System.Text.Json;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Emergencies;
using HomeSchool.Visits.Leavers;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Outlines;
using HomeSchool.Visits.Planning;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Programme;
using HomeSchool.Visits.Protection;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.Roster;
using HomeSchool.Visits.SpotChecks;
using HomeSchool.Visits.Substitutions;
using HomeSchool.Visits.WorkList;
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
        ["pk_done_contact"] = Failures.ChangedMeanwhile,
        ["pk_visit_outline"] = Failures.ChangedMeanwhile,
        ["pk_visit_question"] = Failures.ChangedMeanwhile,
        ["pk_visit_note"] = Failures.ChangedMeanwhile,
        ["pk_policy"] = Failures.ChangedMeanwhile,
        ["pk_calendar_feed"] = Failures.ChangedMeanwhile,
        ["pk_busy_calendar"] = Failures.ChangedMeanwhile,
        ["pk_family_times"] = Failures.ChangedMeanwhile,
        ["pk_school_calendar"] = Failures.ChangedMeanwhile,
        ["pk_visit_setting"] = Failures.ChangedMeanwhile,
        ["pk_visit_programme"] = Failures.ChangedMeanwhile,
        ["pk_ledger_entry"] = Failures.ChangedMeanwhile,
        ["pk_duty_roster"] = Failures.ChangedMeanwhile,
        ["pk_alarm_step"] = Failures.TryAgain,
        ["pk_protection_lead"] = Failures.ChangedMeanwhile,
        ["pk_protected_entry"] = Failures.TryAgain,
    };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals => ByConstraint;

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => VisitsPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Sealed =
        [
            VisitAnswer.SealedReason,
            VisitRecord.SealedContent, VisitRecord.SealedInternal, VisitDraft.SealedContent,
            VisitOutline.SealedContent, VisitQuestions.SealedContent, VisitNote.SealedContent,
            .. LedgerTables.Sealed, .. SpotCheckTables.Sealed,
            Emergency.SealedText,
        ],
        Staying =
        [
            new("work_mark", "work under way; what it leads to, stands in due, which leaves"),
            .. ((string[])["protected_case", "protected_entry", "protected_grant"]).Select(table => new StayingTable(
                "protected." + table,
                "an export is in clear, and a protected case is for its leads alone: they hand it over in person (VIS-17)")),
        ],
    };

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

    /// <summary>Calendars that subscribe to visits.</summary>
    public DbSet<CalendarFeed> Feeds => Set<CalendarFeed>();

    /// <summary>Holidays and swapped days.</summary>
    public DbSet<CalendarOfNode> Calendars => Set<CalendarOfNode>();

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
        RecordTables.Map(modelBuilder);
        OutlineTables.Map(modelBuilder);
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

        modelBuilder.Entity<CalendarFeed>().ToTable("calendar_feed").HasKey(f => new { f.SchoolId, f.StaffId });
        CalendarTables.Map(modelBuilder);
        PlanningTables.Map(modelBuilder);
        WorkListTables.Map(modelBuilder);
        ProgrammeTables.Map(modelBuilder);
        SubstitutionTables.Map(modelBuilder);
        StrandedVisit.Map(modelBuilder);
        LedgerTables.Map(modelBuilder);
        SpotCheckTables.Map(modelBuilder);
        EmergencyTables.Map(modelBuilder);
        ProtectionTables.Map(modelBuilder);

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
        modelBuilder.Entity<Post>().Property(p => p.Role).HasConversion<string>();
        modelBuilder.Entity<SchoolClass>().HasKey(c => new { c.SchoolId, c.ClassId });
        modelBuilder.Entity<Cadence>(cadence =>
        {
            cadence.HasKey(c => c.StudentId);
            cadence.HasIndex(c => c.SchoolId);
        });
        modelBuilder.Entity<Guardianship>(guardianship =>
        {
            guardianship.HasKey(g => new { g.StudentId, g.GuardianId });
            guardianship.Property(g => g.Status).HasConversion<string>();
        });
        modelBuilder.Entity<GuardianRights>().HasKey(g => new { g.StudentId, g.GuardianId });

        NameInSnakeCase(modelBuilder);
    }

    private static void Map(EntityTypeBuilder<Visit> visit)
    {
        visit.ToTable("visit").HasKey(v => new { v.SchoolId, v.Id });
        visit.HasIndex(v => new { v.SchoolId, v.StartsAt, v.Id });
        visit.HasIndex(v => v.RemindAt).HasFilter("remind_at IS NOT NULL");
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
