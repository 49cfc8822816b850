using System.Text.Json;
using HomeSchool.Contracts.Visits;
using HomeSchool.Insights.Feed;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Insights;

/// <summary>
/// Read models only: everything here follows from other services' events and can be built again from their logs. Consumers write it
/// with SQL of their own, set by set.
/// </summary>
public sealed class InsightsDb(DbContextOptions<InsightsDb> options) : ServiceDb(options)
{
    /// <summary>Gives figures their versions; one for the whole database, so that any later change has the higher one.</summary>
    internal const string CoverageVersions = "coverage_version";

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => InsightsPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Rows = [new DistrictRows("district", "t.id = $1")],
        Own = [new OwnColumn("coverage", "version", $"nextval('{CoverageVersions}')", Leaves: true)],
        Staying =
        [
            new StayingTable("feed", "what dashboards may have missed in the last days, at positions of this installation"),
            new StayingTable("feed_head", "the end of this installation's feed"),
            new StayingTable("unannounced", "what is due to be announced within the second"),
        ],
    };

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);

        modelBuilder.Entity<District>().HasKey(d => d.Id);
        modelBuilder.Entity<School>(school =>
        {
            school.HasKey(s => s.SchoolId);
            school.HasIndex(s => s.DistrictId);
        });
        modelBuilder.Entity<Class>(@class =>
        {
            @class.HasKey(c => new { c.SchoolId, c.Id });
            @class.HasIndex(c => c.Id);
        });
        modelBuilder.Entity<Term>(term =>
        {
            term.HasKey(t => t.Id);
            term.HasIndex(t => new { t.DistrictId, t.StartsOn });
        });
        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.HasKey(e => new { e.SchoolId, e.Id });
            enrolment.HasIndex(e => new { e.DistrictId, e.StudentId });
        });

        modelBuilder.HasSequence(CoverageVersions);
        modelBuilder.Entity<Coverage>(coverage =>
        {
            coverage.HasKey(c => new { c.NodeId, c.TermId, c.Grade });
            coverage.Property(c => c.Kind).HasConversion<string>();
            // Leaves room on each page: a counter that is not indexed is then changed in place, without touching an index.
            coverage.HasStorageParameter("fillfactor", 50);
        });
        modelBuilder.Entity<StudentInTerm>(student =>
        {
            student.HasKey(s => new { s.DistrictId, s.TermId, s.StudentId });
            student.HasStorageParameter("fillfactor", 80);
        });
        modelBuilder.Entity<VisitQuotas>(quotas =>
        {
            quotas.HasKey(q => new { q.NodeId, q.TermId });
            quotas.Property(q => q.Shares).HasColumnType("jsonb").HasConversion(
                shares => JsonSerializer.Serialize(shares, Json.Options),
                text => JsonSerializer.Deserialize<VisitQuota[]>(text, Json.Options)!);
        });
        modelBuilder.Entity<CountedVisit>().HasKey(v => new { v.SchoolId, v.Id });
        modelBuilder.Entity<Unannounced>().HasKey(u => new { u.SchoolId, u.TermId });

        modelBuilder.Entity<FeedEntry>(entry =>
        {
            entry.HasKey(e => e.Position);
            entry.Property(e => e.Position).ValueGeneratedNever();
            entry.HasIndex(e => e.RecordedAt).HasMethod("brin");
            entry.ToTable("feed");
        });
        modelBuilder.Entity<FeedHead>(head =>
        {
            head.HasKey(h => h.Id);
            head.HasData(new FeedHead { Id = 1, Position = 0 });
        });

        NameInSnakeCase(modelBuilder);
    }
}
