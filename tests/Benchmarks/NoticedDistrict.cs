using System.Net.Http.Headers;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>Messages behind the gateway, with a database of its own, and districts whose families are told something.</summary>
internal sealed class NoticedDistrict : IAsyncDisposable
{
    private const string Bare = "bare";

    private readonly Servers servers;
    private readonly TestIdentity identity;
    private readonly ServiceProcess gateway;

    private NoticedDistrict(Servers servers, TestIdentity identity, ServiceProcess messages, ServiceProcess gateway, string database)
    {
        (this.servers, this.identity, this.gateway, Messages) = (servers, identity, gateway, messages);
        // Of the administrator: past row-level security.
        Database = NpgsqlDataSource.Create(database + ";Command Timeout=0");
    }

    /// <summary>The service.</summary>
    public ServiceProcess Messages { get; }

    /// <summary>Its database.</summary>
    public NpgsqlDataSource Database { get; }

    public static async Task<NoticedDistrict> StartAsync()
    {
        var own = await Servers.StartAsync();
        var issuer = await TestIdentity.StartAsync();
        var database = await own.CreateDatabaseAsync();
        var port = ServiceProcess.FreePort();
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__messages-db"] = database,
            ["ConnectionStrings__keys-db"] = await own.CreateDatabaseAsync(),
            ["ConnectionStrings__rabbitmq"] = own.RabbitMq,
            ["services__identity__http__0"] = issuer.Address,
            ["services__messages__http__0"] = $"http://127.0.0.1:{port}",
            ["Keys__Master"] = WholeSystem.MasterKey,
            ["PublicUrl"] = "http://localhost",
        };
        // The gateway's other services are not there, and nobody asks them anything.
        foreach (var name in (string[])["archives", "visits", "surveys", "insights", "activities"])
            settings[$"services__{name}__http__0"] = settings["services__messages__http__0"];
        var assembly = WholeSystem.Built("services/Messages", "Messages");
        await ServiceProcess.RunAsync(assembly, "migrate", settings);
        var messages = new ServiceProcess(assembly, settings, port);
        await messages.StartAsync();
        var front = new ServiceProcess(WholeSystem.Built("gateway", "Gateway"), settings, ServiceProcess.FreePort());
        front.Launch();
        var district = new NoticedDistrict(own, issuer, messages, front, database);
        await Eventually.GetAsync(district.AliveAsync, alive => alive, seconds: 60);
        foreach (var table in P10.Tables)
            await Rows.ExecuteAsync(district.Database, $"CREATE TABLE {Bare}_{table} (LIKE {table} INCLUDING INDEXES)");
        return district;
    }

    /// <summary>A district of schools with so many children each, every one with two guardians of its own: the roster as the
    /// archives' events leave it.</summary>
    public async Task<Guid> FillAsync(int[] children)
    {
        var district = Guid.CreateVersion7();
        await using var fill = Database.CreateCommand(
            """
            WITH size AS (SELECT gen_random_uuid() AS school_id, children FROM unnest($2) AS children),
            school AS (
                INSERT INTO school (school_id, district_id, version) SELECT school_id, $1, 1 FROM size),
            class AS (
                INSERT INTO school_class (school_id, class_id, district_id, grade, version)
                SELECT school_id, gen_random_uuid(), $1, '07', 1 FROM size, generate_series(1, (children + 39) / 40)
                RETURNING school_id, class_id),
            child AS (
                INSERT INTO enrolment (school_id, id, district_id, student_id, class_id, grade, starts_on, version)
                SELECT school_id, gen_random_uuid(), $1, gen_random_uuid(), class_id, '07', current_date - 60, 1 FROM (
                    SELECT class.*, row_number() OVER (PARTITION BY school_id) AS nth FROM class, generate_series(1, 40)) place
                JOIN size USING (school_id) WHERE nth <= children
                RETURNING student_id)
            INSERT INTO guardianship (student_id, guardian_id, district_id, version)
            SELECT student_id, gen_random_uuid(), $1, 1 FROM child, generate_series(1, 2)
            """);
        fill.Parameters.AddWithValue(district);
        fill.Parameters.AddWithValue(children);
        Rows.MustBe(await fill.ExecuteNonQueryAsync(), 2L * children.Sum(), "guardianships");
        await Rows.ExecuteAsync(Database, "ANALYZE");
        return district;
    }

    /// <summary>Sends a notice through the gateway; it is accepted.</summary>
    public async Task<Guid> PublishAsync(Guid district, Guid? school = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/messages/posts", UriKind.Relative))
        {
            Content = JsonContent.Create(
                new { districtId = district, schoolId = school, title = "家长会", text = "周五下午三点，学校报告厅。" }, options: Json.Options),
        };
        request.Headers.Authorization =
            new AuthenticationHeaderValue("Bearer", identity.Token(TestIdentity.DistrictAdmin(district)));
        using var answer = await gateway.Client.SendAsync(request);
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<Published>(Json.Options))!.Id
            : throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>How many guardians have a notice: one row a school, so that to ask costs nothing.</summary>
    public Task<long> GivenAsync(Guid post) =>
        Rows.ScalarAsync<long>(Database, $"SELECT coalesce(sum(guardians), 0) FROM post_progress WHERE post_id = '{post}'");

    /// <summary>Ends the run unless every guardian has one receipt and one line, and no school waits.</summary>
    public async Task CheckAsync(Guid post, long guardians)
    {
        await Rows.UntilAsync(
            () => Rows.ScalarAsync<long>(
                Database, $"SELECT -count(*) FROM post_progress WHERE post_id = '{post}' AND done_at IS NULL"),
            0);
        Rows.MustBe(await GivenAsync(post), guardians, "guardians");
        Rows.MustBe(
            await Rows.ScalarAsync<long>(Database, $"SELECT count(*) FROM receipt WHERE post_id = '{post}'"), guardians, "receipts");
        foreach (var what in (string[])["*", "DISTINCT guardian_id"])
        {
            Rows.MustBe(
                await Rows.ScalarAsync<long>(Database, $"SELECT count({what}) FROM notification WHERE about_id = '{post}'"),
                guardians, "lines of inboxes");
        }
    }

    /// <summary>The rows of a notice as COPY writes and reads them, a table after the other.</summary>
    public async Task<byte[][]> RowsAsync(Guid post)
    {
        var tables = new List<byte[]>();
        await using var connection = await Database.OpenConnectionAsync();
        foreach (var (table, key) in P10.Tables.Zip(P10.Keys))
        {
            using var rows = new MemoryStream();
            await using (var read = await connection.BeginRawBinaryCopyAsync(
                $"COPY (SELECT * FROM {table} WHERE {key} = '{post}') TO STDOUT (FORMAT BINARY)"))
            {
                await read.CopyToAsync(rows);
            }

            tables.Add(rows.ToArray());
        }

        return [.. tables];
    }

    /// <summary>Writes these rows into tables with the same columns, keys and indexes, which have what earlier rounds wrote.</summary>
    public async Task CopyAsync(byte[][] tables)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var (table, rows) in P10.Tables.Zip(tables))
        {
            await using var write = await connection.BeginRawBinaryCopyAsync($"COPY {Bare}_{table} FROM STDIN (FORMAT BINARY)");
            await write.WriteAsync(rows);
        }

        await transaction.CommitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await gateway.DisposeAsync();
        await Messages.DisposeAsync();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
    }

    private async Task<bool> AliveAsync()
    {
        try
        {
            using var answer = await gateway.Client.GetAsync(new Uri("/alive", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private sealed record Published(Guid Id);
}
