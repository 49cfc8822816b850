using System.Text.Json;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys;

/// <summary>The surveys' database. All but the definitions are school facts.</summary>
public sealed class SurveysDb(DbContextOptions<SurveysDb> options) : ServiceDb(options)
{
    /// <summary>Invitations.</summary>
    public DbSet<Invitation> Invitations => Set<Invitation>();

    /// <summary>Definitions; the same for all districts.</summary>
    public DbSet<Definition> Definitions => Set<Definition>();

    /// <summary>Policies.</summary>
    public DbSet<Policy> Policies => Set<Policy>();

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals { get; } = new Dictionary<string, Failure>(StringComparer.Ordinal)
    {
        // Two first answers at the same time: the slower one reads what is there and may change it.
        ["pk_answer"] = Failures.ChangedMeanwhile,
        ["pk_policy"] = Failures.ChangedMeanwhile,
    };

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => SurveysPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Sealed = [Answer.SealedAnswers],
        Rows =
        [
            // The questions, without which nobody understands the answers; every installation has them.
            new DistrictRows(
                "definition", "(t.kind, t.version) IN (SELECT kind, definition_version FROM invitation WHERE district_id = $1)",
                Shared: true),
        ],
    };

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<Definition>(definition =>
        {
            definition.ToTable("definition").HasKey(d => new { d.Kind, d.Version });
            definition.Property(d => d.Kind).HasConversion<string>();
            definition.Property(d => d.Questions).HasColumnType("jsonb").HasConversion(
                questions => JsonSerializer.Serialize(questions, Json.Options),
                text => JsonSerializer.Deserialize<IReadOnlyList<Question>>(text, Json.Options)!);
        });
        modelBuilder.Entity<Invitation>(invitation =>
        {
            invitation.ToTable("invitation").HasKey(i => new { i.SchoolId, i.Id });
            invitation.Property(i => i.Kind).HasConversion<string>();
            invitation.HasIndex(i => new { i.SchoolId, i.ClosesAt });
            invitation.HasIndex(i => i.VisitId).IsUnique();
            invitation.HasOne(i => i.Answer).WithOne().HasForeignKey<Answer>(a => new { a.SchoolId, a.InvitationId });
        });
        modelBuilder.Entity<Answer>(answer =>
        {
            answer.ToTable("answer").HasKey(a => new { a.SchoolId, a.InvitationId });
            answer.Property(a => a.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<Policy>(policy =>
        {
            policy.ToTable("policy").HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            policy.Ignore(p => p.Settings);
        });
        modelBuilder.Entity<Cell>().ToTable("cell").HasKey(c => new { c.SchoolId, c.ClassId, c.TermId });
        modelBuilder.Entity<CellCount>().ToTable("cell_count").HasKey(c => new { c.SchoolId, c.ClassId, c.TermId, c.QuestionId, c.Value });
        NameInSnakeCase(modelBuilder);
    }
}
