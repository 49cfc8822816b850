using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Tenancy;

/// <summary>
/// A service's database and the role it works as: one that owns no table and cannot bypass row-level security, whatever the
/// connection string's user may be (under Aspire it is the superuser).
/// </summary>
/// <param name="Name">The database's name, e.g. <c>visits</c>.</param>
/// <param name="ConnectionString">As configured (<c>ConnectionStrings:visits-db</c>): the owner's for <c>migrate</c>, the
/// runtime role's or the superuser's otherwise.</param>
public sealed record ServiceDatabase(string Name, string ConnectionString)
{
    /// <summary>The role that the running service has.</summary>
    public string RuntimeRole => Name + "_app";

    /// <summary>Reads the connection string of a service.</summary>
    /// <exception cref="InvalidOperationException">It is missing.</exception>
    public static ServiceDatabase For(string service, IConfiguration configuration) => new(
        service,
        configuration.GetConnectionString(service + "-db")
            ?? throw new InvalidOperationException($"ConnectionStrings:{service}-db must be the service's PostgreSQL database."));

    /// <summary>The pool of the running service.</summary>
    /// <param name="options">Settings of PostgreSQL for its sessions, as <c>-c name=value</c>.</param>
    /// <remarks>Without just-in-time compilation: the policies of row-level security look so dear to the planner that statements of a
    /// millisecond were compiled for half a second.</remarks>
    public NpgsqlDataSource Open(string options = "") =>
        NpgsqlDataSource.Create(Complete($"-c role={RuntimeRole} -c jit=off {options}".TrimEnd()));

    /// <summary>A connection for <c>migrate</c>, as whoever the connection string names.</summary>
    public NpgsqlDataSource OpenAsOwner() => NpgsqlDataSource.Create(Complete(options: null));

    private string Complete(string? options)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            ApplicationName = Name,
            GssEncryptionMode = GssEncryptionMode.Disable, // silences a message about a library that nothing here needs
            // Planning cost PostgreSQL as much as executing: what is asked a second time on a connection is kept prepared.
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true, // all that is set is set for a transaction only
        };
        if (options is not null)
            connection.Options = options;
        return connection.ConnectionString;
    }
}

/// <summary>
/// Ready when the database answers and row-level security holds for us. The broker is not asked: commands work without it.
/// </summary>
internal sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
{
    /// <summary>What readiness asks; MassTransit's own check of the broker is tagged "ready" and must not count.</summary>
    public const string Tag = "homeschool-ready";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = database.CreateCommand(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user");
            return await command.ExecuteScalarAsync(cancellationToken) is true
                ? HealthCheckResult.Unhealthy("The runtime role bypasses row-level security.")
                : HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("The database does not answer.", e);
        }
    }
}
