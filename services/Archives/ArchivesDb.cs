using HomeSchool.Archives.Attachments;
using HomeSchool.Archives.Compliance;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Passing;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Rights;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Search;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Archives.Timeline;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
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

    private const string Json = "jsonb";

    /// <summary>
    /// What a school keeps of a student in tables with <c>district_id</c>, <c>school_id</c> and <c>student_id</c>, and what its successor
    /// therefore takes over when schools are reorganised (ALL-10). Homework is a class's: see <see cref="ReportHomework.FollowAsync"/>.
    /// </summary>
    internal static readonly string[] TakenOver =
    [
        "sensitive_item", "sensitive_access", "sensitive_read", "handover", "family_file", "family_intake", "timeline_entry",
        "student_needs", "attention", "attention_note", "score", "plan", "plan_mark", "watch", "student_task", "support",
        "attachment", "personal_data_request", "consent", "correction_request",
    ];

    /// <summary>What of that a school has once of a student, or of a student's guardian, and when it was written: of two that come together
    /// the newest stays.</summary>
    internal static readonly (string Table, string Whose, string WrittenAt)[] KeptOnce =
        [("family_file", "student_id", "changed_at"), ("family_intake", "student_id, guardian_id", "answered_at")];

    /// <summary>What of that goes to the next school when a student changes schools and it may (ARC-15).</summary>
    internal static readonly string[] GoesAlong = ["sensitive_item", "plan", "plan_mark", "attachment"];

    /// <summary>What a homeroom teacher has in hand of a student, and the next one takes over (ARC-14).</summary>
    internal static readonly OwnedTable[] HandedOver =
        [new OwnedTable("plan", "owner_id", "t.state <> 'Closed'", "进行中的计划", "Plans that run")];

    private static readonly Dictionary<string, Failure> ByConstraint = new(FamilyTables.Refusals, StringComparer.Ordinal)
    {
        [ComplianceTables.OneAuditAYear] = ArchivesFailures.AuditExists,
        [PassingTables.OneTransferWaits] = PassingFailures.TransferWaits,
        ["pk_sensitive_policy"] = Failures.ChangedMeanwhile,
        ["pk_need_policy"] = Failures.ChangedMeanwhile,
        ["pk_personal_data_policy"] = Failures.ChangedMeanwhile,
        ["pk_consent_policy"] = Failures.ChangedMeanwhile,
        ["pk_retention_policy"] = Failures.ChangedMeanwhile,
        ["pk_consent"] = Failures.TryAgain,
        [RightsTables.AskedOnce] = RightsFailures.AskedAlready,
        [RightsTables.HeldOnce] = RightsFailures.HeldAlready,
    };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals => ByConstraint;

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => ArchivesPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Sealed =
        [
            SensitiveItem.SealedContent, SensitiveItem.SealedAdvice, SensitiveAccess.SealedPurpose, SensitiveRead.SealedReason,
            SensitiveRead.SealedReviewNote, Attachment.SealedTitle, GuardianRestriction.SealedNumber, FamilyFile.SealedFacts, CareNeeds.SealedEntries,
            FamilyIntakeAnswer.SealedContent,
            StudentNeeds.SealedReason, Attention.SealedReason, AttentionNote.SealedText, Plan.SealedGoals,
            Plan.SealedMeasures, Plan.SealedNote, Watch.SealedWhy, StudentTask.SealedWhat, Support.SealedWish, Support.SealedNote,
            LegalHold.SealedReason, CorrectionRequest.SealedContent,
            AnswerPersonalData.SealedPart,
        ],
        Staying =
        [
            new StayingTable("personal_data_part", "copies that were made for a guardian; they expire within days"),
            new StayingTable("retention_turn", "the work of this installation"),
        ],
        Stored = [new StoredFiles(Attachment.SealedContent, "t.deleted_at IS NULL")],
        Files = [OneRosterFile.OfDistrict],
    };

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);

        modelBuilder.Entity<DistrictRoster>().HasKey(r => r.DistrictId);
        modelBuilder.Entity<RosterVersion>().HasKey(v => new { v.DistrictId, v.Version });
        modelBuilder.Entity<School>(school =>
        {
            school.HasKey(s => s.SchoolId);
            school.HasIndex(s => new { s.DistrictId, s.SourceId }).IsUnique();
            school.Property(s => s.Metadata).HasColumnType(Json);
        });
        modelBuilder.Entity<Term>(term =>
        {
            term.HasKey(t => t.Id);
            term.HasIndex(t => new { t.DistrictId, t.SourceId }).IsUnique();
            term.Property(t => t.Metadata).HasColumnType(Json);
        });
        modelBuilder.Entity<Class>(@class =>
        {
            @class.HasKey(c => new { c.SchoolId, c.Id });
            @class.HasIndex(c => new { c.SchoolId, c.SourceId }).IsUnique();
            @class.HasIndex(c => c.DistrictId);
            @class.Property(c => c.Metadata).HasColumnType(Json);
        });

        modelBuilder.Entity<Student>(student =>
        {
            student.HasKey(s => new { s.DistrictId, s.Id });
            student.HasIndex(s => new { s.DistrictId, s.SourceId }).IsUnique();
            student.Property(s => s.Metadata).HasColumnType(Json);
            student.Property(s => s.FamilyName).UseCollation(NameOrder);
            student.Property(s => s.GivenName).UseCollation(NameOrder);
            student.Property(s => s.Sex).HasConversion<string>();
        });
        modelBuilder.Entity<Guardian>(guardian =>
        {
            guardian.HasKey(g => new { g.DistrictId, g.Id });
            guardian.HasIndex(g => new { g.DistrictId, g.SourceId }).IsUnique();
            guardian.Property(g => g.Metadata).HasColumnType(Json);
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
            staff.Property(s => s.Metadata).HasColumnType(Json);
            staff.Property(s => s.FamilyName).UseCollation(NameOrder);
            staff.Property(s => s.GivenName).UseCollation(NameOrder);
        });

        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.HasKey(e => new { e.SchoolId, e.Id });
            enrolment.HasIndex(e => new { e.SchoolId, e.ClassId });
            enrolment.HasIndex(e => new { e.DistrictId, e.StudentId });
            enrolment.Property(e => e.Metadata).HasColumnType(Json);
            enrolment.ToTable(table => table.HasCheckConstraint("enrolment_ends_after_start", "ends_on >= starts_on - 1"));
        });
        modelBuilder.Entity<StaffPost>(post =>
        {
            post.HasKey(p => new { p.SchoolId, p.Id });
            post.HasIndex(p => new { p.SchoolId, p.ClassId });
            post.HasIndex(p => new { p.DistrictId, p.StaffId });
            post.Property(p => p.Metadata).HasColumnType(Json);
            post.Property(p => p.Role).HasConversion<string>();
            post.ToTable(table => table.HasCheckConstraint("staff_post_ends_after_start", "ends_on >= starts_on - 1"));
        });

        RosterTables.Map(modelBuilder);
        StudentSearch.Map(modelBuilder);
        SensitiveTables.Map(modelBuilder);
        ComplianceTables.Map(modelBuilder);
        PassingTables.Map(modelBuilder);
        FamilyTables.Map(modelBuilder);
        TimelineEntry.Map(modelBuilder);
        NeedTables.Map(modelBuilder);
        PlanTables.Map(modelBuilder);
        RightsTables.Map(modelBuilder);
        AttachmentTables.Map(modelBuilder);

        NameInSnakeCase(modelBuilder);
    }
}
