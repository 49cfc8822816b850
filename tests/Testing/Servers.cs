using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Npgsql;

namespace HomeSchool.Testing;

/// <summary>
/// The seam between tests and servers: a real PostgreSQL and a real RabbitMQ that <c>tests/run</c> starts for the tests alone.
/// Each test class makes databases and a virtual host of its own, so that tests do not see each other.
/// </summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly List<string> databases = [];
    private readonly HttpClient broker;

    private Servers(string virtualHost, HttpClient broker)
    {
        VirtualHost = virtualHost;
        this.broker = broker;
    }

    /// <summary>This test's part of the broker.</summary>
    public string VirtualHost { get; }

    /// <summary>The broker's address with this test's virtual host.</summary>
    public string RabbitMq => new UriBuilder(Setting("HOMESCHOOL_TEST_RABBITMQ")) { Path = VirtualHost }.Uri.ToString();

    /// <summary>Makes a virtual host for a test.</summary>
    public static async Task<Servers> StartAsync(CancellationToken cancel = default)
    {
        var api = new Uri(Setting("HOMESCHOOL_TEST_RABBITMQ_API"));
        var client = new HttpClient { BaseAddress = new Uri(api.GetLeftPart(UriPartial.Authority)) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(api.UserInfo))));
        var name = "t" + Guid.CreateVersion7().ToString("N")[^12..];
        var user = Uri.UnescapeDataString(new Uri(Setting("HOMESCHOOL_TEST_RABBITMQ")).UserInfo.Split(':')[0]);
        (await client.PutAsync(new Uri($"/api/vhosts/{name}", UriKind.Relative), null, cancel)).EnsureSuccessStatusCode();
        (await client.PutAsJsonAsync(
            new Uri($"/api/permissions/{name}/{user}", UriKind.Relative),
            new { configure = ".*", write = ".*", read = ".*" },
            cancel)).EnsureSuccessStatusCode();
        return new Servers(name, client);
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string, as the administrator: services take their runtime role by themselves.</returns>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancel = default)
    {
        var name = "t" + Guid.CreateVersion7().ToString("N")[^12..];
        await ExecuteAsync($"CREATE DATABASE {name}", cancel);
        databases.Add(name);
        return new NpgsqlConnectionStringBuilder(Setting("HOMESCHOOL_TEST_POSTGRES"))
        {
            Database = name,
            MaxPoolSize = 20,
            ConnectionIdleLifetime = 10, // the replicas of tests that are over hold none
            ConnectionPruningInterval = 5,
        }.ConnectionString;
    }

    /// <summary>A backup of a database, as SQL.</summary>
    public static Task<string> DumpAsync(string database, CancellationToken cancel = default) =>
        RunAsync("pg_dump", database, null, cancel, "--no-owner");

    /// <summary>Restores a backup into a new database.</summary>
    /// <returns>Its connection string, as the administrator.</returns>
    public async Task<string> RestoreAsync(string dump, CancellationToken cancel = default)
    {
        var database = await CreateDatabaseAsync(cancel);
        await RunAsync("psql", database, dump, cancel, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1");
        return database;
    }

    /// <summary>Has PostgreSQL keep the commit time of every row, which takes a restart.</summary>
    public static async Task TrackCommitTimesAsync(CancellationToken cancel = default)
    {
        await ExecuteAsync("ALTER SYSTEM SET track_commit_timestamp = on", cancel);
        NpgsqlConnection.ClearAllPools();
        await ControlAsync("postgres", "restart", cancel);
    }

    /// <summary>Stops, starts, kills or restarts a server, e.g. <c>("rabbitmq", "stop")</c>; returns when it has happened.</summary>
    public static async Task ControlAsync(string server, string action, CancellationToken cancel = default)
    {
        using var control = Process.Start(new ProcessStartInfo(Setting("HOMESCHOOL_TEST_SERVERS"), [server, action])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = await control.StandardOutput.ReadToEndAsync(cancel) + await control.StandardError.ReadToEndAsync(cancel);
        await control.WaitForExitAsync(cancel);
        if (control.ExitCode != 0)
            throw new InvalidOperationException($"{server} {action}: {output}");
    }

    /// <summary>Messages in a queue: ready and unacknowledged.</summary>
    public async Task<long> QueueLengthAsync(string queue, CancellationToken cancel = default)
    {
        // The management figures lag by seconds; a passive declare through the API's "get" would take messages. Ready + unacked
        // of the queue itself are exact enough to wait for zero.
        var answer = await broker.GetFromJsonAsync<QueueState>(
            new Uri($"/api/queues/{VirtualHost}/{queue}?disable_stats=false", UriKind.Relative), cancel);
        return answer?.Messages ?? 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await broker.DeleteAsync(new Uri($"/api/vhosts/{VirtualHost}", UriKind.Relative));
        broker.Dispose();
        NpgsqlConnection.ClearAllPools();
        foreach (var name in databases)
            await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", CancellationToken.None);
    }

    // Debian's folder, where tests/run has seen the server; what is not there comes from the path.
    private static async Task<string> RunAsync(
        string program, string database, string? input, CancellationToken cancel, params string[] arguments)
    {
        var path = Path.Combine("/usr/lib/postgresql/15/bin", program);
        var target = new NpgsqlConnectionStringBuilder(database);
        var start = new ProcessStartInfo(File.Exists(path) ? path : program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["PGHOST"] = target.Host,
                ["PGPORT"] = target.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = target.Username,
                ["PGPASSWORD"] = target.Password,
                ["PGDATABASE"] = target.Database,
            },
        };
        using var run = Process.Start(start)!;
        var written = run.StandardOutput.ReadToEndAsync(cancel);
        var errors = run.StandardError.ReadToEndAsync(cancel);
        await run.StandardInput.WriteAsync(input.AsMemory(), cancel);
        run.StandardInput.Close();
        await run.WaitForExitAsync(cancel);
        return run.ExitCode == 0 ? await written : throw new InvalidOperationException($"{program}: {await errors}");
    }

    private static async Task ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(Setting("HOMESCHOOL_TEST_POSTGRES"));
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static string Setting(string name) => Environment.GetEnvironmentVariable(name)
        ?? throw new InvalidOperationException($"{name} is not set: run the tests with tests/run, which starts the servers.");

    private sealed record QueueState(long Messages);
}
