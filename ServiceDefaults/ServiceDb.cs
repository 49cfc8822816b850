using System.Runtime.CompilerServices;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;
using Npgsql;

namespace HomeSchool.ServiceDefaults;

/// <summary>
/// A service's own database: its tables, and beside them (schema <c>platform</c>, made by <c>platform.sql</c>) the outbox, the
/// idempotency keys and the audit, so that a command's rows, events and audit are saved together or not at all.
/// </summary>
public abstract class ServiceDb(DbContextOptions options) : DbContext(options)
{
    /// <summary>
    /// What it means to a caller when a constraint of the database refuses a row, by the constraint's name. The database decides
    /// about duplicates and double bookings; a look beforehand could only guess.
    /// </summary>
    public virtual IReadOnlyDictionary<string, Failure> Refusals { get; } = new Dictionary<string, Failure>(StringComparer.Ordinal);

    /// <summary>What leaves with a district, and what stays (ALL-10).</summary>
    public virtual LeavingRules Leaving => new();

    /// <summary>What a guardian's copy has, and what an erasure does (ARC-10).</summary>
    public virtual PersonalDataRules PersonalData => new();

    internal bool HasPublished { get; private set; }

    /// <summary>Announces an event, if and when this unit of work is saved.</summary>
    public void Publish(IEvent happened)
    {
        Add(OutboxMessage.Of(happened));
        HasPublished = true;
    }

    /// <summary>Announces many events at once, in the current transaction and without tracking them.</summary>
    public Task PublishAsync(IReadOnlyCollection<IEvent> events, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(events);
        HasPublished |= events.Count > 0;
        return Outbox.InsertAsync((NpgsqlConnection)Database.GetDbConnection(), events, cancel);
    }

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.Entity<OutboxMessage>(outbox =>
        {
            outbox.ToTable("outbox", "platform", table => table.ExcludeFromMigrations());
            outbox.HasKey(message => message.Position);
            // Nobody reads it back: without RETURNING the insert is one statement for any number of rows.
            outbox.Property(message => message.Position).UseIdentityAlwaysColumn();
        });
        modelBuilder.Entity<AuditEntry>(audit => audit.ToTable("audit", "platform", table => table.ExcludeFromMigrations()));
        modelBuilder.Entity<IdempotencyKey>(idempotency =>
        {
            idempotency.ToTable("idempotency", "platform", table => table.ExcludeFromMigrations());
            idempotency.HasKey(row => new { row.Client, row.Route, row.Key });
        });
    }

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        ArgumentNullException.ThrowIfNull(configurationBuilder);
        configurationBuilder.Conventions.Add(_ => new ReplacedWhole());
    }

    /// <summary>Names tables and columns as PostgreSQL's people write them: <c>school_id</c>, not <c>"SchoolId"</c>.</summary>
    /// <remarks>Call it last in <see cref="OnModelCreating"/>.</remarks>
    protected static void NameInSnakeCase(ModelBuilder modelBuilder)
    {
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            if (entity.GetTableName() is { } table)
                entity.SetTableName(JsonNamingPolicy.SnakeCaseLower.ConvertName(table));
            foreach (var property in entity.GetProperties())
                property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.GetColumnName()));
            foreach (var key in entity.GetKeys())
                key.SetName(JsonNamingPolicy.SnakeCaseLower.ConvertName(key.GetName()!));
            foreach (var key in entity.GetForeignKeys())
                key.SetConstraintName(JsonNamingPolicy.SnakeCaseLower.ConvertName(key.GetConstraintName()!));
            foreach (var index in entity.GetIndexes())
                index.SetDatabaseName(JsonNamingPolicy.SnakeCaseLower.ConvertName(index.GetDatabaseName()!));
        }
    }
}

/// <summary>
/// Arrays, and what is stored as JSON, are replaced whole and never changed in place: a column has changed when it holds another
/// object. EF's own comparison, element by element, compiles delegates anew at every comparison, which cost more than all the
/// rest of a command.
/// </summary>
file sealed class ReplacedWhole : IModelFinalizingConvention
{
    public void ProcessModelFinalizing(IConventionModelBuilder modelBuilder, IConventionContext<IConventionModelBuilder> context)
    {
        foreach (var property in modelBuilder.Metadata.GetEntityTypes().SelectMany(entity => entity.GetDeclaredProperties()))
        {
            if (property.GetElementType() is not null || property.GetColumnType() == "jsonb")
                property.SetValueComparer(typeof(SameObject<>).MakeGenericType(property.ClrType));
        }
    }
}

/// <summary>Two values are the same when they are one object.</summary>
file sealed class SameObject<T>() : ValueComparer<T>(
    (a, b) => ReferenceEquals(a, b), value => RuntimeHelpers.GetHashCode(value), value => value)
    where T : class;
