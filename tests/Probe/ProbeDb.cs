using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace HomeSchool.Probe;

/// <summary>A fact that somebody states; announced as an event.</summary>
/// <param name="Id">Chosen by the client, so that a test can reconcile.</param>
/// <param name="DistrictId">Its district.</param>
/// <param name="SchoolId">Its school.</param>
public sealed record Fact(Guid Id, Guid DistrictId, Guid SchoolId)
{
    /// <summary>The fact as an event: a visit, as that is the commonest.</summary>
    public VisitCompleted Happened(DateTimeOffset now) => new(
        DistrictId, SchoolId, Id, 1, now, SchoolId, [Id], Id, VisitMode.Video, VisitKind.Routine, DateOnly.FromDateTime(now.UtcDateTime), true);
}

/// <summary>How often facts had an effect.</summary>
/// <param name="Rows">All effects.</param>
/// <param name="Facts">Different facts among them.</param>
public sealed record Effects(long Rows, long Facts);

/// <summary>The probe's tables.</summary>
public sealed class ProbeDb(DbContextOptions<ProbeDb> options) : ServiceDb(options)
{
    /// <summary>A mistake in a field.</summary>
    public static readonly Failure SchoolNeeded = new("probe.school-needed", 400, "请填写学校。", "Name the school.");

    /// <summary>The facts.</summary>
    public DbSet<Fact> Facts => Set<Fact>();

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals { get; } = new Dictionary<string, Failure>(StringComparer.Ordinal)
    {
        ["fact_pkey"] = new("probe.stated-already", 409, "该事实已存在。", "This fact has been stated."),
    };

    /// <inheritdoc/>
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<Fact>().ToTable("fact");
        NameInSnakeCase(modelBuilder);
    }
}

/// <summary>Counts facts: one row and one step of the school's tally for each.</summary>
/// <param name="queue">Several probes with queues of their own are several consumers.</param>
/// <param name="poison">A fact that cannot be taken, or <c>fixed</c>.</param>
public sealed class CountFacts(string queue, string? poison) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue { get; } = queue;

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(VisitCompleted)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var facts = batch.Of<VisitCompleted>().OrderBy(fact => fact.SchoolId).ToArray();
        if (Guid.TryParse(poison, out var bad) && facts.Any(fact => fact.AggregateId == bad))
            throw new InvalidOperationException("The poison was met.");
        await using var command = new NpgsqlCommand(
            """
            WITH fact AS (SELECT * FROM unnest($1, $2, $3) AS t (id, district_id, school_id)),
            added AS (INSERT INTO effect (fact_id, district_id, school_id) SELECT id, district_id, school_id FROM fact)
            INSERT INTO tally (district_id, school_id, n)
            SELECT district_id, school_id, count(*) FROM fact GROUP BY 1, 2 ORDER BY 2
            ON CONFLICT (school_id) DO UPDATE SET n = tally.n + excluded.n
            """, batch.Connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. facts.Select(fact => fact.AggregateId)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. facts.Select(fact => fact.DistrictId)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. facts.Select(fact => fact.SchoolId)] });
        await command.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>Makes the probe's tables.</summary>
[DbContext(typeof(ProbeDb))]
[Migration("20261122000000_Initial")]
public sealed class Initial : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(
            """
            CREATE TABLE fact (id uuid PRIMARY KEY, district_id uuid NOT NULL, school_id uuid NOT NULL);
            CREATE TABLE effect (fact_id uuid NOT NULL, district_id uuid NOT NULL, school_id uuid NOT NULL);
            CREATE TABLE tally (school_id uuid PRIMARY KEY, district_id uuid NOT NULL, n bigint NOT NULL);
            """);
        migrationBuilder.ProtectSchoolFacts("fact");
    }
}
