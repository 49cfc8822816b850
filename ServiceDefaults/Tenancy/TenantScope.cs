using Npgsql;

namespace HomeSchool.ServiceDefaults.Tenancy;

/// <summary>
/// Whose data a request may touch (ALL-1): the second lock behind each query's own filter. The database's policies compare every
/// row with it; without a scope no row is visible.
/// </summary>
/// <param name="Districts">Districts visible as a whole.</param>
/// <param name="Schools">Schools visible beside them.</param>
public sealed record TenantScope(IReadOnlyCollection<Guid> Districts, IReadOnlyCollection<Guid> Schools)
{
    /// <summary>Nothing is visible.</summary>
    public static readonly TenantScope Nobody = new([], []);

    private const string SetConfig = "SELECT set_config('app.districts', $1, true), set_config('app.schools', $2, true), "
        + "set_config('app.restricted', $3, true)";

    /// <summary>Whether what is restricted is there, too (ARC-10): not for ordinary requests.</summary>
    public bool SeesRestricted { get; init; }

    /// <summary>The scope of work that the system does for whole districts: projections, imports.</summary>
    public static TenantScope Of(IEnumerable<Guid> districts) => new([.. districts.Distinct()], []) { SeesRestricted = true };

    /// <summary>
    /// A batch that begins by telling the database this scope; add commands behind it. All of it is one round trip and, outside
    /// of a transaction, one transaction of its own, so that the setting ends with it. Skip the first result when reading.
    /// </summary>
    public NpgsqlBatch Batch(NpgsqlConnection connection, NpgsqlTransaction? transaction = null) =>
        new(connection, transaction) { BatchCommands = { Command() } };

    internal NpgsqlBatchCommand Command() => new(SetConfig)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = Write(Districts) },
            new NpgsqlParameter<string> { TypedValue = Write(Schools) },
            new NpgsqlParameter<string> { TypedValue = SeesRestricted ? "shown" : "" },
        },
    };

    // An array literal of PostgreSQL; '' (not '{}') when empty, which the policies read as null.
    private static string Write(IReadOnlyCollection<Guid> ids) => ids.Count == 0 ? "" : $"{{{string.Join(',', ids)}}}";
}

/// <summary>The scope of the current request; set once its caller and the permission are known.</summary>
public sealed class CurrentTenancy
{
    /// <summary>The scope; <see cref="TenantScope.Nobody"/> until it is set.</summary>
    public TenantScope Scope { get; set; } = TenantScope.Nobody;
}
