using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Probe;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.SystemTests;

/// <summary>
/// A publishing and a consuming probe as processes, with a ledger of what was asked and what was acknowledged: what the effects
/// are reconciled with.
/// </summary>
public sealed class ProbeSystem : IAsyncDisposable
{
    /// <summary>The consumer's queue.</summary>
    public const string Queue = "probe.count";

    // The probe also announces the heads of its audit.
    private const string IsFact = "name = 'visits.visit-completed'";

    private static readonly string Assembly = typeof(ProbeDb).Assembly.Location;

    private readonly Servers servers;
    private readonly TestIdentity identity;
    private readonly string publisherDatabase;
    private readonly string consumerDatabase;
    private readonly List<ServiceProcess> processes = [];
    private readonly ConcurrentDictionary<Guid, bool> ledger = new();
    private readonly Guid[] schools = [.. Enumerable.Range(0, 20).Select(_ => Guid.CreateVersion7())];

    private ProbeSystem(Servers servers, TestIdentity identity, string publisherDatabase, string consumerDatabase)
    {
        this.servers = servers;
        this.identity = identity;
        this.publisherDatabase = publisherDatabase;
        this.consumerDatabase = consumerDatabase;
    }

    /// <summary>The district of all facts.</summary>
    public Guid District { get; } = Guid.CreateVersion7();

    /// <summary>The broker's address.</summary>
    public string RabbitMq => servers.RabbitMq;

    /// <summary>Requests that were answered with something else than 2xx, for good or before a retry.</summary>
    public ConcurrentQueue<string> Refused { get; } = [];

    /// <summary>Facts that were acknowledged.</summary>
    public IReadOnlyList<Guid> Acknowledged => [.. ledger.Where(entry => entry.Value).Select(entry => entry.Key)];

    /// <summary>Makes databases and queues, starts nothing.</summary>
    public static async Task<ProbeSystem> PrepareAsync()
    {
        var own = await Servers.StartAsync();
        var system = new ProbeSystem(
            own, await TestIdentity.StartAsync(), await own.CreateDatabaseAsync(), await own.CreateDatabaseAsync());
        await ServiceProcess.RunAsync(Assembly, "migrate", system.PublisherSettings());
        return system;
    }

    /// <summary>Declares the consumer's queue and tables.</summary>
    public Task MigrateConsumerAsync() => ServiceProcess.RunAsync(Assembly, "migrate", ConsumerSettings());

    /// <summary>Starts one more replica of the publisher.</summary>
    public Task<ServiceProcess> StartPublisherAsync() => StartAsync(PublisherSettings());

    /// <summary>Starts one more replica of the consumer.</summary>
    public Task<ServiceProcess> StartConsumerAsync(params (string Name, string Value)[] settings) =>
        StartAsync(ConsumerSettings(settings));

    /// <summary>A client with the token of the district's administrator.</summary>
    public void SignIn(HttpClient client) =>
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", identity.Token(TestIdentity.DistrictAdmin(District)));

    /// <summary>
    /// States facts from 8 writers until told to stop, and then until each is acknowledged; a fact that got no answer is stated
    /// again under its idempotency key.
    /// </summary>
    public async Task LoadAsync(IReadOnlyList<ServiceProcess> publishers, CancellationToken stop, int atMost = int.MaxValue)
    {
        var left = atMost;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            while (!stop.IsCancellationRequested && Interlocked.Decrement(ref left) >= 0)
                await StateAsync(publishers, writer, Guid.CreateVersion7());
        }));
    }

    /// <summary>States one fact until it is acknowledged.</summary>
    public async Task StateAsync(IReadOnlyList<ServiceProcess> publishers, int first, Guid id)
    {
        ledger[id] = false;
        for (var attempt = 0; attempt < 400; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/probe/facts")
            {
                Content = JsonContent.Create(new Fact(id, District, schools[id.GetHashCode() & 15])),
                Headers = { { "Idempotency-Key", id.ToString() } },
            };
            try
            {
                using var answer = await publishers[(first + attempt) % publishers.Count].Client.SendAsync(request);
                if (answer.IsSuccessStatusCode)
                {
                    ledger[id] = true;
                    return;
                }

                Refused.Enqueue($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            }
            catch (HttpRequestException e)
            {
                Refused.Enqueue(e.Message); // the replica is dead: the next attempt asks another
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Waits until every acknowledged fact had its effect, and compares the ledger with the effects.</summary>
    public async Task<Reconciliation> ReconcileAsync(int seconds = 60)
    {
        var acknowledged = Acknowledged.ToHashSet();
        await Eventually.GetAsync(CountEffectsAsync, effects => effects >= acknowledged.Count, seconds);
        var effects = await EffectsAsync();
        var seen = effects.ToHashSet();
        return new Reconciliation(
            Acknowledged: acknowledged.Count,
            Lost: acknowledged.Count(id => !seen.Contains(id)),
            Duplicated: effects.Count - seen.Count,
            Unexpected: seen.Count(id => !ledger.ContainsKey(id)),
            Tallied: await ScalarAsync(consumerDatabase, "SELECT coalesce(sum(n), 0)::bigint FROM tally") - effects.Count,
            Waiting: await ScalarAsync(publisherDatabase, $"SELECT count(*) FROM platform.outbox WHERE {IsFact}"),
            Unlogged: await ScalarAsync(
                publisherDatabase,
                $"SELECT (SELECT count(*) FROM fact) - (SELECT count(*) FROM platform.event_log WHERE {IsFact})"));
    }

    /// <summary>How many effects there are by now; -1 while the database is away.</summary>
    public async Task<long> CountEffectsAsync()
    {
        try
        {
            return await ScalarAsync(consumerDatabase, "SELECT count(*) FROM effect");
        }
        catch (NpgsqlException)
        {
            return -1;
        }
    }

    /// <summary>Every fact that was published, as the event log has it.</summary>
    public async Task<List<HomeSchool.ServiceDefaults.Messaging.Envelope>> LoggedAsync()
    {
        await using var database = NpgsqlDataSource.Create(publisherDatabase);
        await using var command = database.CreateCommand(
            $"SELECT message_id, name, payload FROM platform.event_log WHERE {IsFact}");
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<HomeSchool.ServiceDefaults.Messaging.Envelope>();
        while (await reader.ReadAsync())
            events.Add(new(reader.GetGuid(0), reader.GetString(1), null, reader.GetString(2)));
        return events;
    }

    /// <summary>The settings of a publisher, for a probe inside the test's own process.</summary>
    public Dictionary<string, string> PublisherSettings() => Settings(publisherDatabase);

    /// <summary>The settings of a consumer, likewise.</summary>
    public Dictionary<string, string> ConsumerSettings(params (string Name, string Value)[] settings)
    {
        var all = Settings(consumerDatabase);
        all["Probe__Consumer"] = Queue;
        foreach (var (name, value) in settings)
            all[name] = value;
        return all;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
            await process.DisposeAsync();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
    }

    private static async Task<long> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<List<Guid>> EffectsAsync()
    {
        await using var connection = new NpgsqlConnection(consumerDatabase);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT fact_id FROM effect", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var effects = new List<Guid>();
        while (await reader.ReadAsync())
            effects.Add(reader.GetGuid(0));
        return effects;
    }

    private async Task<ServiceProcess> StartAsync(Dictionary<string, string> settings)
    {
        var process = await ServiceProcess.StartAsync(Assembly, settings);
        SignIn(process.Client);
        processes.Add(process);
        return process;
    }

    private Dictionary<string, string> Settings(string database) => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings__probe-db"] = database,
        ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
        ["services__identity__http__0"] = identity.Address,
        ["Keys__Master"] = "a test's master key, of no value to anybody",
    };
}

/// <summary>Ledger against effects; all but the first are 0 when the messaging core is right.</summary>
/// <param name="Acknowledged">Commands that were answered with 2xx.</param>
/// <param name="Lost">Acknowledged without effect.</param>
/// <param name="Duplicated">Effects that happened again.</param>
/// <param name="Unexpected">Effects that nobody asked for.</param>
/// <param name="Tallied">The projection's counter against its rows.</param>
/// <param name="Waiting">Rows left in the outbox.</param>
/// <param name="Unlogged">Facts against logged events.</param>
public sealed record Reconciliation(
    int Acknowledged, int Lost, int Duplicated, long Unexpected, long Tallied, long Waiting, long Unlogged)
{
    /// <summary>Fails with the whole reconciliation unless it closes, over at least so many acknowledged facts.</summary>
    public void ShouldClose(int atLeast)
    {
        Acknowledged.ShouldBeGreaterThanOrEqualTo(atLeast);
        this.ShouldBe(new Reconciliation(Acknowledged, 0, 0, 0, 0, 0, 0));
    }
}
