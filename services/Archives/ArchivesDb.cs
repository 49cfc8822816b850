using System.Text.Json;
using HomeSchool.Archives.Compliance;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Sensitive;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>
/// The archives' database. Person tables (student, guardian, staff) are keyed by district and person, school facts by school first;
/// there are no foreign keys between the two, so that they can be spread by different keys when a district outgrows one server.
/// </summary>
public sealed class ArchivesDb(DbContextOptions<ArchivesDb> options) : ServiceDb(options)
{
    // Orders Chinese names by pinyin.
    private const string NameOrder = "zh-x-icu";

    private const string OneAuditAYear = "compliance_case_one_audit_a_year";

    private static readonly Dictionary<string, Failure> ByConstraint = new(StringComparer.Ordinal)
    {
        [OneAuditAYear] = ArchivesFailures.AuditExists,
        ["pk_sensitive_policy"] = Failures.ChangedMeanwhile,
    };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals => ByConstraint;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Sealed =
        [
            SensitiveItem.SealedContent, SensitiveItem.SealedAdvice, SensitiveAccess.SealedPurpose, SensitiveRead.SealedReason,
            SensitiveRead.SealedReviewNote,
        ],
        Files = [OneRosterFile.OfDistrict],
    };

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);

        modelBuilder.Entity<DistrictRoster>().HasKey(r => r.DistrictId);
        modelBuilder.Entity<School>(school =>
        {
            school.HasKey(s => s.SchoolId);
            school.HasIndex(s => new { s.DistrictId, s.SourceId }).IsUnique();
        });
        modelBuilder.Entity<Term>(term =>
        {
            term.HasKey(t => t.Id);
            term.HasIndex(t => new { t.DistrictId, t.SourceId }).IsUnique();
        });
        modelBuilder.Entity<Class>(@class =>
        {
            @class.HasKey(c => new { c.SchoolId, c.Id });
            @class.HasIndex(c => new { c.SchoolId, c.SourceId }).IsUnique();
            @class.HasIndex(c => c.DistrictId);
        });

        modelBuilder.Entity<Student>(student =>
        {
            student.HasKey(s => new { s.DistrictId, s.Id });
            student.HasIndex(s => new { s.DistrictId, s.SourceId }).IsUnique();
            student.Property(s => s.FamilyName).UseCollation(NameOrder);
            student.Property(s => s.GivenName).UseCollation(NameOrder);
            student.Property(s => s.Sex).HasConversion<string>();
        });
        modelBuilder.Entity<Guardian>(guardian =>
        {
            guardian.HasKey(g => new { g.DistrictId, g.Id });
            guardian.HasIndex(g => new { g.DistrictId, g.SourceId }).IsUnique();
        });
        modelBuilder.Entity<Guardianship>(guardianship =>
        {
            guardianship.HasKey(g => new { g.DistrictId, g.Id });
            guardianship.HasIndex(g => new { g.DistrictId, g.StudentId, g.GuardianId }).IsUnique();
            guardianship.HasIndex(g => new { g.DistrictId, g.GuardianId });
            guardianship.Property(g => g.Relation).HasConversion<string>();
            guardianship.Property(g => g.LegalStatus).HasConversion<string>();
        });
        modelBuilder.Entity<Staff>(staff =>
        {
            staff.HasKey(s => new { s.DistrictId, s.Id });
            staff.HasIndex(s => new { s.DistrictId, s.SourceId }).IsUnique();
            staff.Property(s => s.FamilyName).UseCollation(NameOrder);
            staff.Property(s => s.GivenName).UseCollation(NameOrder);
        });

        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.HasKey(e => new { e.SchoolId, e.Id });
            enrolment.HasIndex(e => new { e.SchoolId, e.ClassId });
            enrolment.HasIndex(e => new { e.DistrictId, e.StudentId });
            enrolment.ToTable(table => table.HasCheckConstraint("enrolment_ends_after_start", "ends_on >= starts_on - 1"));
        });
        modelBuilder.Entity<StaffPost>(post =>
        {
            post.HasKey(p => new { p.SchoolId, p.Id });
            post.HasIndex(p => new { p.SchoolId, p.ClassId });
            post.HasIndex(p => new { p.DistrictId, p.StaffId });
            post.Property(p => p.Role).HasConversion<string>();
            post.ToTable(table => table.HasCheckConstraint("staff_post_ends_after_start", "ends_on >= starts_on - 1"));
        });

        modelBuilder.Entity<RosterImport>(import =>
        {
            import.HasKey(i => new { i.DistrictId, i.Id });
            // One import of a district waits for its decision at a time.
            import.HasIndex(i => i.DistrictId).IsUnique().HasFilter("state = 'Checked'").HasDatabaseName("roster_import_one_checked");
            import.Property(i => i.State).HasConversion<string>();
            import.Property(i => i.Report).HasColumnType("jsonb").HasConversion(
                report => JsonSerializer.Serialize(report, Json.Options),
                text => JsonSerializer.Deserialize<RosterReport>(text, Json.Options)!);
        });
        modelBuilder.Entity<RosterChange>(change =>
        {
            change.HasKey(c => new { c.ImportId, c.Kind, c.Id });
            change.Property(c => c.Kind).HasConversion<string>();
            change.Property(c => c.Change).HasConversion<string>();
            change.Property(c => c.Row).HasColumnType("jsonb");
        });
        modelBuilder.Entity<RosterMistake>(mistake => mistake.HasKey(m => new { m.ImportId, m.Number }));

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

        modelBuilder.Entity<ComplianceCase>(row =>
        {
            row.HasKey(c => new { c.DistrictId, c.Id });
            row.HasIndex(c => new { c.DistrictId, c.Year }).IsUnique().HasDatabaseName(OneAuditAYear);
            row.Property(c => c.Kind).HasConversion<string>();
            row.Property(c => c.Version).IsConcurrencyToken();
            row.Ignore(c => c.Missing);
            row.Property(c => c.Parts).HasColumnType("jsonb").HasConversion(
                parts => JsonSerializer.Serialize(parts, Json.Options),
                text => JsonSerializer.Deserialize<Dictionary<string, CasePart>>(text, Json.Options)!);
        });

        NameInSnakeCase(modelBuilder);
    }
}
