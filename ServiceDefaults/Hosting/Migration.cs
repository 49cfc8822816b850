using System.Reflection;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>Opens a service's database without the tenancy of requests, for its owner.</summary>
internal delegate ServiceDb OpenForOwner(NpgsqlDataSource database);

/// <summary>
/// The step before a service starts: <c>dotnet Visits.dll migrate</c>. Makes the runtime role where it is missing, the
/// <c>platform</c> schema, the service's own tables (EF Core migrations), the grants, and the queues with their bindings. Running
/// it again changes nothing.
/// </summary>
internal static partial class Migration
{
    public static async Task RunAsync(IServiceProvider services, CancellationToken cancel = default)
    {
        var database = services.GetRequiredService<ServiceDatabase>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Migration));
        await PrepareAsync(database, "platform.sql", async (owner, connection) =>
        {
            await using var db = services.GetRequiredService<OpenForOwner>()(owner);
            await db.Database.MigrateAsync(cancel);
            await ExecuteAsync(connection,
                $"""
                GRANT USAGE ON SCHEMA public TO {database.RuntimeRole};
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {database.RuntimeRole};
                GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {database.RuntimeRole};
                SELECT platform.guard_erased();
                """, cancel);
            await GuardRestrictedAsync(connection, db.PersonalData, cancel);
        }, cancel);
        LogMigrated(logger, database.Name);

        // The key store is of no service alone: whichever migrates first makes it.
        if (services.GetService<KeyProviders>() is { } masters)
        {
            var keys = KeyVaultExtensions.KeysDatabase(services.GetRequiredService<IConfiguration>());
            await PrepareAsync(keys, "keys.sql", async (_, connection) =>
            {
                await using var command = new NpgsqlCommand("SELECT key_id FROM master", connection);
                if (await command.ExecuteScalarAsync(cancel) is string master)
                    masters.Need(master); // better not to start than not to read
            }, cancel);
            LogMigrated(logger, keys.Name);
        }

        var consumers = services.GetServices<EventConsumer>().ToArray();
        await Transport.DeclareAsync(services.GetRequiredService<IConfiguration>(), consumers, cancel);
        LogDeclared(logger, consumers.Length);
    }

    private static async Task GuardRestrictedAsync(NpgsqlConnection connection, PersonalDataRules rules, CancellationToken cancel)
    {
        var tables = rules.Restrictable.ToArray();
        await using var guard = new NpgsqlCommand("SELECT platform.guard_restricted($1, $2)", connection);
        guard.Give<string[]>([.. tables.Select(table => table.Table)]);
        guard.Give<string[]>([.. tables.Select(table => table.Kind.ToString())]);
        await guard.ExecuteNonQueryAsync(cancel);
    }

    // Database and runtime role where they are missing, the common tables, and what is the database's own; one process at a time.
    private static async Task PrepareAsync(
        ServiceDatabase database, string sql, Func<NpgsqlDataSource, NpgsqlConnection, Task> andThen, CancellationToken cancel)
    {
        await using var owner = database.OpenAsOwner();
        await CreateIfMissingAsync(database, cancel);
        await using var connection = await owner.OpenConnectionAsync(cancel);
        await ExecuteAsync(connection, "SELECT pg_advisory_lock(hashtext('homeschool.migrate'))", cancel);
        await ExecuteAsync(connection, EnsureRole(database.RuntimeRole), cancel);
        var common = await ReadAsync(sql, cancel);
        await ExecuteAsync(connection, common.Replace("{app}", database.RuntimeRole, StringComparison.Ordinal), cancel);
        await andThen(owner, connection);
    }

    // Aspire makes databases only when it runs them itself; from a published compose file the first migration has to.
    private static async Task CreateIfMissingAsync(ServiceDatabase database, CancellationToken cancel)
    {
        var target = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var connection = new NpgsqlConnection(target.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            var name = target.Database!;
            target.Database = "postgres";
            await using var server = new NpgsqlConnection(target.ConnectionString);
            await server.OpenAsync(cancel);
            try
            {
                await ExecuteAsync(server, $"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", cancel);
            }
            catch (PostgresException duplicate) when (duplicate.SqlState is
                PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
            {
                // Another service that needs the key store was faster.
            }
        }
    }

    // Where an administrator prepared the roles (deploy/up), the owner may not create any, and need not.
    private static string EnsureRole(string role) =>
        $"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- a migration of another database was faster
        END $$;
        """;

    private static async Task<string> ReadAsync(string sql, CancellationToken cancel)
    {
        var assembly = Assembly.GetExecutingAssembly();
        await using var stream = assembly.GetManifestResourceStream(sql)!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancel);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }

    [LoggerMessage(20, LogLevel.Information, "Database {Database} is up to date")]
    private static partial void LogMigrated(ILogger logger, string database);

    [LoggerMessage(21, LogLevel.Information, "Declared the queues of {Consumers} consumers")]
    private static partial void LogDeclared(ILogger logger, int consumers);
}
