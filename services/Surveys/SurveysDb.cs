using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Policies;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Roster;
using HomeSchool.Surveys.Rounds;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys;

/// <summary>
/// The surveys' database. Rounds, invitations, answers and cells are school facts; schools, terms, classes, enrolments and
/// guardianships are what Surveys keeps of the archives' events.
/// </summary>
public sealed class SurveysDb(DbContextOptions<SurveysDb> options) : ServiceDb(options)
{
    /// <summary>What schools and districts design.</summary>
    public DbSet<Design> Designs => Set<Design>();

    /// <summary>Rounds, each with the questions that it froze.</summary>
    public DbSet<Round> Rounds => Set<Round>();

    /// <summary>Invitations.</summary>
    public DbSet<Invitation> Invitations => Set<Invitation>();

    /// <summary>Policies.</summary>
    public DbSet<Policy> Policies => Set<Policy>();

    /// <summary>Schools of the roster.</summary>
    public DbSet<School> Schools => Set<School>();

    /// <summary>Classes of the roster.</summary>
    public DbSet<SchoolClass> Classes => Set<SchoolClass>();

    /// <summary>Classes that came from another school.</summary>
    public DbSet<MovedClass> MovedClasses => Set<MovedClass>();

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals { get; } = new Dictionary<string, Failure>(StringComparer.Ordinal)
    {
        ["pk_policy"] = Failures.ChangedMeanwhile,
    };

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => SurveysPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Sealed = [Answer.SealedContent, Answer.SealedEarlier, AnonymousAnswer.SealedContent, StagedCount.SealedContent],
        Staying =
        [
            new("staged_answer", "anonymous answers that wait to be mixed; their keys leave no installation. Close the rounds first"),
        ],
        Own = [new OwnColumn("cell", "batch_id", "NULL")],
    };

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<Design>(design =>
        {
            design.ToTable("definition").HasKey(d => d.Id);
            design.Property(d => d.Kind).HasConversion<string>();
            design.Property(d => d.Version).IsConcurrencyToken();
            design.Property(d => d.Content).HasColumnType("jsonb")
                .HasConversion(content => content.Write(), text => Definition.Read(text));
            design.HasIndex(d => d.DistrictId);
        });
        modelBuilder.Entity<Round>(round =>
        {
            round.ToTable("survey_round").HasKey(r => new { r.SchoolId, r.Id });
            round.Property(r => r.Kind).HasConversion<string>();
            round.Property(r => r.Privacy).HasConversion<string>();
            round.Property(r => r.Definition).HasColumnType("jsonb")
                .HasConversion(content => content.Write(), text => Definition.Read(text));
            round.HasIndex(r => new { r.SchoolId, r.TermId }).IsUnique().HasFilter("kind = 'VisitSatisfaction'");
            round.HasIndex(r => new { r.TermId, r.SchoolId }).HasFilter("kind = 'VisitSatisfaction'");
            round.HasIndex(r => new { r.Id, r.SchoolId });
            round.HasIndex(r => r.DistrictId).HasFilter("closed_at IS NULL");
        });
        modelBuilder.Entity<Invitation>(invitation =>
        {
            invitation.ToTable("invitation").HasKey(i => new { i.SchoolId, i.Id });
            invitation.HasIndex(i => new { i.SchoolId, i.ClosesAt });
            invitation.HasIndex(i => new { i.SchoolId, i.RoundId, i.ClassId });
            invitation.HasIndex(i => i.VisitId).IsUnique();
            invitation.HasIndex(i => i.RemindAt).HasFilter("remind_at IS NOT NULL");
            invitation.HasOne(i => i.Answer).WithOne().HasForeignKey<Answer>(a => new { a.SchoolId, a.InvitationId });
        });
        modelBuilder.Entity<Answer>(answer =>
        {
            answer.ToTable("answer").HasKey(a => new { a.SchoolId, a.InvitationId });
            answer.Property(a => a.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<StagedAnswer>(staged =>
        {
            staged.ToTable("staged_answer").HasKey(a => new { a.SchoolId, a.Id });
            staged.HasIndex(a => new { a.SchoolId, a.BatchId });
        });
        modelBuilder.Entity<AnonymousAnswer>(answer =>
        {
            answer.ToTable("anonymous_answer").HasKey(a => new { a.SchoolId, a.Id });
            answer.HasIndex(a => new { a.SchoolId, a.RoundId, a.ClassId });
        });
        modelBuilder.Entity<Policy>(policy =>
        {
            policy.ToTable("policy").HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            policy.Ignore(p => p.Settings);
        });
        modelBuilder.Entity<Cell>(cell =>
        {
            cell.ToTable("cell").HasKey(c => new { c.SchoolId, c.RoundId, c.ClassId });
            cell.Property(c => c.Step).HasDefaultValue(0);
            cell.HasIndex(c => c.DistrictId).HasFilter("batch_id IS NOT NULL");
            cell.HasIndex(c => c.ClassId);
        });
        modelBuilder.Entity<StagedCount>(staged =>
        {
            staged.HasKey(s => new { s.SchoolId, s.Id });
            staged.HasIndex(s => new { s.SchoolId, s.RoundId, s.ClassId });
        });
        modelBuilder.Entity<UntoldCount>(untold =>
        {
            untold.HasKey(u => new { u.SchoolId, u.Kind });
            untold.Property(u => u.Kind).HasConversion<string>();
        });
        modelBuilder.Entity<CellCount>().ToTable("cell_count")
            .HasKey(c => new { c.SchoolId, c.RoundId, c.ClassId, c.QuestionId, c.Option });
        modelBuilder.Entity<RoundTotal>(total =>
        {
            total.ToTable("round_total").HasKey(t => new { t.SchoolId, t.DistrictId, t.SeriesId, t.Stripe });
            total.Property(t => t.Kind).HasConversion<string>();
            total.Property(t => t.Counts).HasColumnType("jsonb");
            total.HasIndex(t => new { t.SchoolId, t.DistrictId, t.Kind, t.DesignId, t.OpenedAt });
        });

        modelBuilder.Entity<School>(school =>
        {
            school.ToTable("school").HasKey(s => s.SchoolId);
            school.HasIndex(s => s.DistrictId);
        });
        modelBuilder.Entity<Term>().HasKey(t => t.Id);
        modelBuilder.Entity<SchoolClass>().ToTable("school_class").HasKey(c => new { c.SchoolId, c.ClassId });
        modelBuilder.Entity<MovedClass>(moved =>
        {
            moved.ToTable("moved_class").HasKey(m => new { m.FromSchoolId, m.FromClassId });
            moved.HasIndex(m => new { m.SchoolId, m.ClassId });
        });
        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.HasKey(e => new { e.SchoolId, e.Id });
            enrolment.HasIndex(e => new { e.SchoolId, e.StudentId });
        });
        modelBuilder.Entity<Guardianship>().HasKey(g => new { g.StudentId, g.GuardianId });
        modelBuilder.Entity<GuardianRights>().HasKey(g => new { g.StudentId, g.GuardianId });
        NameInSnakeCase(modelBuilder);
    }
}
