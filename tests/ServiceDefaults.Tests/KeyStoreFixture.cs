using System.Collections.Concurrent;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>A key store that a service's own <c>migrate</c> has made, and vaults as several processes have them.</summary>
public sealed class KeyStoreFixture : IAsyncLifetime
{
    internal static readonly string OldSecret = new('o', 44);
    internal static readonly string NewSecret = new('n', 44);

    private readonly List<KeyVault> vaults = [];
    private Servers servers = null!;

    /// <summary>The store, as the administrator.</summary>
    public string Database { get; private set; } = "";

    /// <summary>What a service is told, with <see cref="OldSecret"/> as its master key.</summary>
    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        Database = await servers.CreateDatabaseAsync();
        Settings["ConnectionStrings__probe-db"] = await servers.CreateDatabaseAsync();
        Settings["ConnectionStrings__keys-db"] = Database;
        Settings["ConnectionStrings__rabbitmq"] = servers.RabbitMq;
        Settings["services__identity__http__0"] = "http://127.0.0.1:1";
        Settings["Keys__Master"] = OldSecret;
        await StepAsync("migrate");
    }

    /// <summary>Runs a step of a service.</summary>
    public Task<string> StepAsync(string step, params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>(Settings, StringComparer.Ordinal);
        foreach (var (name, value) in more)
            settings[name] = value;
        return ServiceProcess.RunAsync(typeof(ProbeDb).Assembly.Location, step, settings);
    }

    /// <summary>The vault of one more process, which is given these master keys, oldest first.</summary>
    internal KeyVault Vault(TimeProvider? clock = null, params IKeyProvider[] masters)
    {
        var vault = new KeyVault(
            Store(), new KeyProviders(masters.Length > 0 ? masters : [Secret(OldSecret)]), clock ?? TimeProvider.System);
        lock (vaults)
            vaults.Add(vault);
        return vault;
    }

    internal KeyStore Store() => new(new ServiceDatabase("keys", Database).Open());

    internal static IKeyProvider Secret(string secret) => new SecretKeyProvider(MasterKey.Of(secret));

    /// <summary>Asks the store directly.</summary>
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
        foreach (var vault in vaults)
            await vault.DisposeAsync();
        await servers.DisposeAsync();
    }
}

/// <summary>A clock that stands until it is moved; timers fire when it is.</summary>
internal sealed class StandingClock : TimeProvider
{
    private readonly ConcurrentBag<Action> timers = [];
    private long now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        timers.Add(() => callback(state));
        return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Advance(TimeSpan by)
    {
        Interlocked.Add(ref now, by.Ticks);
        foreach (var timer in timers)
            timer();
    }
}
