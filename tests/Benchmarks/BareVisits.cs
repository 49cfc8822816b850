using System.Text.Json;
using System.Threading.Channels;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Yarp.ReverseProxy.Configuration;

namespace HomeSchool.Benchmarks;

/// <summary>
/// The ceiling of P3, three processes: YARP; an endpoint that writes what a completed visit leaves in Visits (its row, record, audit
/// and event) in one round trip and one commit and publishes the event, confirmed, to three quorum queues; and three consumers that
/// take up to 500 into one commit and write what coverage, invitations and timelines get. Nobody asks who calls; nothing is sealed,
/// and an event is lost when the process dies between commit and publish.
/// </summary>
internal sealed class BareVisits : IAsyncDisposable
{
    /// <summary>The environment variable that makes this program one of the three.</summary>
    public const string Part = "BARE_PART";

    /// <summary>What is sent, on both sides.</summary>
    public static readonly RecordBody Record = new("看了孩子的书桌，聊了作息。", "每晚共读二十分钟。", "satisfied");

    private const string Exchange = "bare-events";
    private const int MostAtOnce = 500; // as EventPump takes

    // Rows that are there before (an appointment, and what the consumers know of it) and change, and rows that come with the record.
    private static readonly string[] Changed = ["bare_visit", "bare_counted", "bare_student", "bare_timeline"];
    private static readonly string[] Added =
        ["bare_record", "bare_audit", "bare_event", "bare_inbox1", "bare_inbox2", "bare_inbox3", "bare_invitation", "bare_opened"];

    private static readonly (string Queue, string[] Changes, string[] Adds)[] Consumers =
    [
        ("bare-coverage", ["bare_counted", "bare_student"], ["bare_inbox1"]),
        ("bare-invitations", [], ["bare_inbox2", "bare_invitation", "bare_opened"]),
        ("bare-timelines", ["bare_timeline"], ["bare_inbox3"]),
    ];

    private readonly ServiceProcess[] parts;
    private readonly NpgsqlDataSource database;

    private BareVisits(ServiceProcess[] parts, NpgsqlDataSource database) => (this.parts, this.database) = (parts, database);

    public HttpClient Gateway => parts[^1].Client;

    /// <summary>Makes the tables and starts the three.</summary>
    /// <param name="broker">The broker's address.</param>
    /// <param name="connectionString">A database for its tables.</param>
    /// <param name="rowBytes">The size of its rows' content.</param>
    public static async Task<BareVisits> StartAsync(string broker, string connectionString, int rowBytes)
    {
        var tables = NpgsqlDataSource.Create(connectionString);
        foreach (var table in Changed.Concat(Added))
            await ExecuteAsync(tables, $"CREATE TABLE {table} (id uuid PRIMARY KEY, done boolean NOT NULL, body text NOT NULL)");
        await ExecuteAsync(tables, "CREATE TABLE bare_tally (queue text PRIMARY KEY, n bigint NOT NULL)");
        foreach (var (queue, _, _) in Consumers)
            await ExecuteAsync(tables, $"INSERT INTO bare_tally VALUES ('{queue}', 0)");

        var port = ServiceProcess.FreePort();
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__bare-db"] = connectionString + ";Max Auto Prepare=20",
            ["ConnectionStrings__rabbitmq"] = broker,
            ["Bare__RowBytes"] = $"{rowBytes}",
            ["Bare__Visits"] = $"http://127.0.0.1:{port}",
        };
        var processes = new[] { ("consumers", ServiceProcess.FreePort()), ("visits", port), ("gateway", ServiceProcess.FreePort()) }
            .Select(part => new ServiceProcess(
                typeof(BareVisits).Assembly.Location,
                new Dictionary<string, string>(settings, StringComparer.Ordinal) { [Part] = part.Item1 }, part.Item2)).ToArray();
        foreach (var part in processes)
            await part.StartAsync();
        return new BareVisits(processes, tables);
    }

    /// <summary>Makes visits that can be completed.</summary>
    public async Task<Guid[]> AppointAsync(int visits)
    {
        var ids = Enumerable.Range(0, visits).Select(_ => Guid.CreateVersion7()).ToArray();
        foreach (var table in Changed)
            await ExecuteAsync(database, $"INSERT INTO {table} SELECT id, false, repeat('x', 200) FROM unnest($1) AS id", ids);
        return ids;
    }

    /// <summary>How many visits all three consumers have counted.</summary>
    public Task<long> CountAsync() => ScalarAsync("SELECT min(n) FROM bare_tally");

    /// <summary>The fewest and the most rows that any table has of completed visits.</summary>
    public async Task<(long Fewest, long Most)> RowsAsync()
    {
        var counts = new List<long>();
        foreach (var table in Changed.Concat(Added))
            counts.Add(await ScalarAsync($"SELECT count(*) FROM {table} WHERE done"));
        return (counts.Min(), counts.Max());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var part in parts)
            await part.DisposeAsync();
        await database.DisposeAsync();
    }

    /// <summary>Is one of the processes.</summary>
    public static async Task<int> ServeAsync(string part)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (part == "gateway")
        {
            builder.Services.AddReverseProxy().LoadFromMemory(
                [new RouteConfig { RouteId = "visits", ClusterId = "visits", Match = new RouteMatch { Path = "/visits/{**rest}" } }],
                [
                    new ClusterConfig
                    {
                        ClusterId = "visits",
                        Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal)
                        {
                            ["one"] = new() { Address = builder.Configuration["Bare:Visits"]! },
                        },
                    },
                ]);
        }

        await using var app = builder.Build();
        app.MapGet("/health", () => "ok");
        if (part == "gateway")
        {
            app.MapReverseProxy();
            await app.RunAsync();
            return 0;
        }

        await using var tables = NpgsqlDataSource.Create(builder.Configuration.GetConnectionString("bare-db")!);
        await using var connection = await new ConnectionFactory
        {
            Uri = new Uri(builder.Configuration.GetConnectionString("rabbitmq")!),
        }.CreateConnectionAsync();
        var content = new string('x', builder.Configuration.GetValue<int>("Bare:RowBytes"));
        if (part == "visits")
            await MapCompleteAsync(app, tables, connection, content);
        else
            await Task.WhenAll(Consumers.Select(consumer => ConsumeAsync(consumer, tables, connection, content)));
        await app.RunAsync();
        return 0;
    }

    private static async Task MapCompleteAsync(WebApplication app, NpgsqlDataSource database, IConnection connection, string content)
    {
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
        var properties = new BasicProperties { Persistent = true };
        app.MapPost("/visits/{id:guid}/complete", async (Guid id, RecordBody record) =>
        {
            var happened = new VisitCompleted(
                id, id, id, 2, TimeProvider.System.GetUtcNow(), id, [id], id, VisitMode.InPerson, VisitKind.Emergency,
                DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), true, [id]);
            await using (var batch = database.CreateBatch())
            {
                Add(batch, "UPDATE bare_visit SET done = true, body = $2 WHERE id = $1", id, content);
                Add(batch, "INSERT INTO bare_record VALUES ($1, true, $2)", id, content);
                Add(batch, "INSERT INTO bare_audit VALUES ($1, true, $2)", id, content);
                Add(batch, "INSERT INTO bare_event VALUES ($1, true, $2)", id, content);
                await batch.ExecuteNonQueryAsync();
            }

            await channel.BasicPublishAsync(
                Exchange, "", mandatory: false, properties, JsonSerializer.SerializeToUtf8Bytes(happened, Json.Options));
            return Results.Ok(record.Agreed);
        });
    }

    private static async Task ConsumeAsync(
        (string Queue, string[] Changes, string[] Adds) own, NpgsqlDataSource database, IConnection connection, string content)
    {
        var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync(own.Queue, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" });
        await channel.QueueBindAsync(own.Queue, Exchange, "");
        await channel.BasicQosAsync(0, 2 * MostAtOnce, false);
        var arrived = Channel.CreateUnbounded<(ulong Tag, Guid Id)>();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) => await arrived.Writer.WriteAsync(
            (delivery.DeliveryTag, JsonSerializer.Deserialize<VisitCompleted>(delivery.Body.Span, Json.Options)!.AggregateId));
        await channel.BasicConsumeAsync(own.Queue, autoAck: false, consumer);
        _ = ApplyAsync();

        async Task ApplyAsync()
        {
            var taken = new List<(ulong Tag, Guid Id)>();
            while (await arrived.Reader.WaitToReadAsync())
            {
                while (taken.Count < MostAtOnce && arrived.Reader.TryRead(out var delivery))
                    taken.Add(delivery);
                var ids = taken.Select(delivery => delivery.Id).ToArray();
                await using (var batch = database.CreateBatch())
                {
                    foreach (var table in own.Changes)
                        Add(batch, $"UPDATE {table} SET done = true, body = $2 WHERE id = ANY ($1)", ids, content);
                    foreach (var table in own.Adds)
                        Add(batch, $"INSERT INTO {table} SELECT id, true, $2 FROM unnest($1) AS id", ids, content);
                    Add(batch, "UPDATE bare_tally SET n = n + cardinality($1) WHERE queue = $2", ids, own.Queue);
                    await batch.ExecuteNonQueryAsync();
                }

                await channel.BasicAckAsync(taken[^1].Tag, multiple: true);
                taken.Clear();
            }
        }
    }

    private static void Add<T>(NpgsqlBatch batch, string sql, T id, string text) => batch.BatchCommands.Add(new NpgsqlBatchCommand(sql)
    {
        Parameters = { new NpgsqlParameter<T> { TypedValue = id }, new NpgsqlParameter<string> { TypedValue = text } },
    });

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, Guid[]? ids = null)
    {
        await using var command = database.CreateCommand(sql);
        if (ids is not null)
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>The record of a visit, as a client sends it.</summary>
internal sealed record RecordBody(string Summary, string Agreed, string GuardianFeedback);
