using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>
/// The ceiling of P1, one process: an endpoint that puts what it gets into one row, as large as an answer of ours is, in one
/// statement and one commit. Nobody asks who calls, nothing is read, sealed, counted or announced.
/// </summary>
internal sealed class BareAnswers : IAsyncDisposable
{
    /// <summary>The value of <see cref="BareVisits.Part"/> that makes this program the process.</summary>
    public const string Part = "answers";

    private readonly ServiceProcess process;
    private readonly NpgsqlDataSource database;

    private BareAnswers(ServiceProcess process, NpgsqlDataSource database) => (this.process, this.database) = (process, database);

    public HttpClient Client => process.Client;

    /// <summary>Makes the table and starts the process.</summary>
    /// <param name="connectionString">A database for its table.</param>
    /// <param name="contentBytes">The size of an answer of ours.</param>
    public static async Task<BareAnswers> StartAsync(string connectionString, int contentBytes)
    {
        var tables = NpgsqlDataSource.Create(connectionString);
        await Rows.ExecuteAsync(tables,
            """
            CREATE TABLE bare_answer (school_id uuid, invitation_id uuid, district_id uuid NOT NULL, content bytea NOT NULL,
                answered_at timestamptz NOT NULL, version bigint NOT NULL, PRIMARY KEY (school_id, invitation_id))
            """);
        var started = await ServiceProcess.StartAsync(
            typeof(BareAnswers).Assembly.Location,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [BareVisits.Part] = Part,
                ["ConnectionStrings__bare-db"] = connectionString + ";Max Auto Prepare=20;Maximum Pool Size=64",
                ["Bare__ContentBytes"] = $"{contentBytes}",
            });
        return new BareAnswers(started, tables);
    }

    /// <summary>Forgets what is stored.</summary>
    public Task EmptyAsync() => Rows.ExecuteAsync(database, "TRUNCATE bare_answer");

    /// <summary>How many answers are stored.</summary>
    public Task<long> CountAsync() => Rows.ScalarAsync<long>(database, "SELECT count(*) FROM bare_answer");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await database.DisposeAsync();
    }

    /// <summary>Is the process.</summary>
    public static async Task<int> ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var tables = NpgsqlDataSource.Create(builder.Configuration.GetConnectionString("bare-db")!);
        var contentBytes = builder.Configuration.GetValue<int>("Bare:ContentBytes");
        await using var app = builder.Build();
        app.MapGet("/health", () => "ok");
        app.MapPost("/answers/{id:guid}", async (Guid id, HttpRequest request) =>
        {
            var content = new byte[contentBytes];
            var sent = content.AsMemory(0, (int)Math.Min(request.ContentLength!.Value, contentBytes));
            await request.Body.ReadExactlyAsync(sent);
            await using var insert = tables.CreateCommand("INSERT INTO bare_answer VALUES ($1, $2, $3, $4, $5, $6)");
            insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
            insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
            insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
            insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = content });
            insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = TimeProvider.System.GetUtcNow() });
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = 1 });
            await insert.ExecuteNonQueryAsync();
            return Results.NoContent();
        });
        await app.RunAsync();
        return 0;
    }
}
