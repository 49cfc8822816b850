using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P4: outbox end to end, from the commit of a command's rows to the commit of the effect in another service's database, by two
/// probe processes. Beside it the bare client: the same bodies confirmed and consumed over a quorum queue, no database at all.
/// </summary>
internal static class P4
{
    private const int Rounds = 5;
    private const int Events = 12_000;
    private const int Writers = 16;
    private const double SteadyRate = 725;

    private static readonly Guid District = Guid.CreateVersion7();
    private static readonly Uri Facts = new("/api/probe/facts", UriKind.Relative);

    public static async Task RunAsync()
    {
        await Servers.TrackCommitTimesAsync();
        await using var servers = await Servers.StartAsync();
        await using var identity = await TestIdentity.StartAsync();
        var (outbox, effects) = (await servers.CreateDatabaseAsync(), await servers.CreateDatabaseAsync());
        var assembly = typeof(ProbeDb).Assembly.Location;
        await ServiceProcess.RunAsync(assembly, "migrate", Settings(outbox));
        await ServiceProcess.RunAsync(assembly, "migrate", Settings(effects, consumes: true));
        await using var publisher = await ServiceProcess.StartAsync(assembly, Settings(outbox));
        await using var consumer = await ServiceProcess.StartAsync(assembly, Settings(effects, consumes: true));
        publisher.Client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", identity.Token(TestIdentity.DistrictAdmin(District)));
        await using var source = NpgsqlDataSource.Create(outbox);
        await using var target = NpgsqlDataSource.Create(effects);

        List<double> ours = [], limit = [];
        await OursAsync(source, target, 2_000); // warm
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(await OursAsync(source, target, Events));
            limit.Add(await LimitAsync(servers.RabbitMq, Events));
        }

        Figures.Print("P4", "outbox → effect, 16 writers", "events/s", ours, limit, "≥ 2,500/s, ≥ 10 × 244/s");

        List<double> p50 = [], p99 = [];
        await LatenciesAsync(publisher, source, target, 4_000); // warm: these are the first commands over HTTP
        for (var round = 0; round < Rounds; round++)
        {
            var latencies = await LatenciesAsync(publisher, source, target, 4_000);
            p50.Add(Figures.Median(latencies));
            p99.Add(Figures.Percentile(latencies, 99));
        }

        Figures.Print("P4", "commit → committed effect at 725/s, p50", "ms", p50, "≤ 10 ms");
        Figures.Print("P4", "commit → committed effect at 725/s, p99", "ms", p99, "–");

        Dictionary<string, string> Settings(string database, bool consumes = false)
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ConnectionStrings__probe-db"] = database,
                ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
                ["services__identity__http__0"] = identity.Address,
                ["Keys__Master"] = "a benchmark's master key, of no value to anybody",
            };
            if (consumes)
                settings["Probe__Consumer"] = "probe.count";
            return settings;
        }
    }

    private static async Task<double> OursAsync(NpgsqlDataSource source, NpgsqlDataSource target, int events)
    {
        var before = await CountAsync(target);
        var watch = Stopwatch.StartNew();
        var left = events;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await CommitAsync(source);
        }));
        while (await CountAsync(target) < before + events)
            await Task.Delay(2);
        var rate = events / watch.Elapsed.TotalSeconds;
        if (await ScalarAsync(source, "SELECT count(*) FROM platform.outbox") != 0 || await CountAsync(target) != before + events)
            throw new InvalidOperationException("The backlog is not empty, or an effect happened twice: this round does not count.");
        return rate;
    }

    // What a command commits: its row and its event.
    private static async Task CommitAsync(NpgsqlDataSource source)
    {
        var fact = new Fact(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var insert = new NpgsqlCommand("INSERT INTO fact VALUES ($1, $2, $3)", connection))
        {
            insert.Parameters.AddWithValue(fact.Id);
            insert.Parameters.AddWithValue(fact.DistrictId);
            insert.Parameters.AddWithValue(fact.SchoolId);
            await insert.ExecuteNonQueryAsync();
        }

        await Outbox.InsertAsync(connection, [fact.Happened(TimeProvider.System.GetUtcNow())], CancellationToken.None);
        await transaction.CommitAsync();
    }

    private static async Task<List<double>> LatenciesAsync(
        ServiceProcess publisher, NpgsqlDataSource source, NpgsqlDataSource target, int events)
    {
        var before = await CountAsync(target);
        var since = await StampAsync(source);
        await OpenLoop.RunAsync(SteadyRate, events, async _ =>
        {
            var fact = new Fact(Guid.CreateVersion7(), District, Guid.CreateVersion7());
            (await publisher.Client.PostAsJsonAsync(Facts, fact)).EnsureSuccessStatusCode();
        });
        while (await CountAsync(target) < before + events)
            await Task.Delay(2);

        // The server's own commit times of both rows: one clock, and nothing measured is disturbed.
        var committed = await TimesAsync(source, "SELECT id, pg_xact_commit_timestamp(xmin) FROM fact WHERE pg_xact_commit_timestamp(xmin) > $1", since);
        var effected = await TimesAsync(target, "SELECT fact_id, pg_xact_commit_timestamp(xmin) FROM effect WHERE pg_xact_commit_timestamp(xmin) > $1", since);
        return [.. committed.Where(fact => effected.ContainsKey(fact.Key)).Select(fact => (effected[fact.Key] - fact.Value).TotalMilliseconds)];
    }

    private static async Task<Dictionary<Guid, DateTimeOffset>> TimesAsync(NpgsqlDataSource database, string sql, DateTimeOffset since)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(since);
        await using var reader = await command.ExecuteReaderAsync();
        var times = new Dictionary<Guid, DateTimeOffset>();
        while (await reader.ReadAsync())
            times[reader.GetGuid(0)] = await reader.GetFieldValueAsync<DateTimeOffset>(1);
        return times;
    }

    private static async Task<DateTimeOffset> StampAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT clock_timestamp()");
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync())!, TimeSpan.Zero);
    }

    private static Task<long> CountAsync(NpgsqlDataSource target) => ScalarAsync(target, "SELECT coalesce(sum(n), 0)::bigint FROM tally");

    private static async Task<long> ScalarAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    // The bare client: a window of 256 confirms, acknowledged in batches, the bodies of the same events.
    private static async Task<double> LimitAsync(string broker, int events)
    {
        const int Window = 256;
        var factory = new ConnectionFactory { Uri = new Uri(broker) };
        await using var connection = await factory.CreateConnectionAsync();
        await using var sending = await connection.CreateChannelAsync(new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
        await using var receiving = await connection.CreateChannelAsync();
        await receiving.QueueDeclareAsync("bare", durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" });
        await receiving.BasicQosAsync(0, 1_000, false);
        var received = 0;
        var done = new TaskCompletionSource();
        var consumer = new AsyncEventingBasicConsumer(receiving);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            received++;
            if (received % 100 == 0 || received == events)
                await receiving.BasicAckAsync(delivery.DeliveryTag, multiple: true);
            if (received == events)
                done.SetResult();
        };
        await receiving.BasicConsumeAsync("bare", autoAck: false, consumer);

        var body = Encoding.UTF8.GetBytes(OutboxMessage.Of(
            new Fact(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()).Happened(TimeProvider.System.GetUtcNow())).Payload);
        using var window = new SemaphoreSlim(Window);
        var properties = new BasicProperties { Persistent = true };
        var watch = Stopwatch.StartNew();
        var publishes = new List<Task>(events);
        for (var i = 0; i < events; i++)
        {
            await window.WaitAsync();
            publishes.Add(PublishAsync());
        }

        await Task.WhenAll(publishes);
        await done.Task;
        return events / watch.Elapsed.TotalSeconds;

        async Task PublishAsync()
        {
            try
            {
                await sending.BasicPublishAsync("", "bare", mandatory: false, properties, body);
            }
            finally
            {
                window.Release();
            }
        }
    }
}
