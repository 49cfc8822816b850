using System.Net.Http.Headers;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>One probe for all tests of this project; each test has districts and schools of its own.</summary>
public class ProbeFixture : IAsyncLifetime
{
    private Servers servers = null!;
    private Host host = null!;

    /// <summary>The issuer of the probe's tokens.</summary>
    public TestIdentity Identity { get; private set; } = null!;

    /// <summary>The probe's database, as the administrator.</summary>
    public string Database { get; private set; } = "";

    /// <summary>The probe's services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Where the probe writes the heads of its audit.</summary>
    public string Anchors { get; } = Path.Combine(Path.GetTempPath(), "anchors-" + Guid.CreateVersion7().ToString("N"));

    /// <summary>Whether the running probe cannot reach the broker.</summary>
    public bool BrokerIsAway { get; init; }

    /// <summary>Whether the running probe seals its audit by itself.</summary>
    public bool Seals { get; init; } = true;

    private Dictionary<string, string> Settings => SettingsWith(Identity);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        Identity = await TestIdentity.StartAsync();
        Database = await servers.CreateDatabaseAsync();
        await MigrateAsync();
        var settings = Settings;
        if (BrokerIsAway)
            settings["ConnectionStrings__rabbitmq"] = $"amqp://nobody:nobody@127.0.0.1:{ServiceProcess.FreePort()}/";
        settings["Probe__Seals"] = Seals ? "true" : "false";
        host = new Host(settings);
        host.CreateClient().Dispose(); // starts it
    }

    /// <summary>The probe's configuration, for one that asks another Identity.</summary>
    public Dictionary<string, string> SettingsWith(TestIdentity identity) => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings__probe-db"] = Database,
        ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
        ["services__identity__http__0"] = identity.Address,
        ["Keys__Master"] = "a test's master key, of no value to anybody",
        ["Audit__AnchorFolder"] = Anchors,
    };

    /// <summary>Runs the probe's migration.</summary>
    public Task MigrateAsync() => RunAsync("migrate");

    /// <summary>Runs a step of the probe.</summary>
    /// <returns>What it printed.</returns>
    public Task<string> RunAsync(string step) => ServiceProcess.RunAsync(typeof(ProbeDb).Assembly.Location, step, Settings);

    /// <summary>A client with a token for these roles; without any, one that is not signed in.</summary>
    public HttpClient Client(params Grant[] grants)
    {
        var client = host.CreateClient();
        if (grants.Length > 0)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Identity.Token(grants));
        return client;
    }

    /// <summary>Asks the database directly, past row-level security.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await host.DisposeAsync();
        await Identity.DisposeAsync();
        await servers.DisposeAsync();
        if (Directory.Exists(Anchors))
            Directory.Delete(Anchors, recursive: true);
    }

    private sealed class Host(Dictionary<string, string> settings) : WebApplicationFactory<ProbeDb>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
        }
    }
}

/// <summary>A probe whose audit is sealed when a test says so.</summary>
public sealed class UnsealedProbe : ProbeFixture
{
    /// <summary>Leaves the sealer out.</summary>
    public UnsealedProbe() => Seals = false;
}
