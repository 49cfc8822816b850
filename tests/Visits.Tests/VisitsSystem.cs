using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Leavers;
using HomeSchool.Visits.Substitutions;
using HomeSchool.Visits.WorkList;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(HomeSchool.Visits.Tests.VisitsSystem))]

namespace HomeSchool.Visits.Tests;

/// <summary>
/// The Visits service with a database and a broker of its own, shared by all tests; each test makes a district of its own.
/// </summary>
public sealed class VisitsSystem : IAsyncLifetime
{
    private readonly List<IDisposable> hosts = [];
    private readonly List<Servers> restored = [];
    private Servers servers = null!;
    private TestIdentity identity = null!;
    private WebApplicationFactory<VisitsDb> host = null!;
    private string database = "";
    private string keys = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        identity = await TestIdentity.StartAsync();
        database = await servers.CreateDatabaseAsync();
        keys = await servers.CreateDatabaseAsync();
        await ServiceProcess.RunAsync(typeof(VisitsDb).Assembly.Location, "migrate", Settings());
        host = Host(TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var started in hosts)
            started.Dispose();
        foreach (var elsewhere in restored)
            await elsewhere.DisposeAsync();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
    }

    /// <summary>A client with the token of somebody with these roles.</summary>
    public HttpClient As(params Grant[] grants) => As(host, grants);

    /// <summary>
    /// A replica whose clock is ahead and which reminds families, ends substitutions and what leavers leave behind, those of all
    /// districts, until it is disposed of.
    /// The replicas of <see cref="AsIn"/> stay, and leave that alone.
    /// </summary>
    public IDisposable WorkingIn(TimeSpan ahead)
    {
        var working = new InProcess(Settings(), ahead, works: true);
        _ = working.Server; // starts it
        return working;
    }

    /// <summary>The same at a replica whose clock is ahead.</summary>
    public HttpClient AsIn(TimeSpan ahead, params Grant[] grants) => As(Host(ahead), grants);

    /// <summary>One more replica, which gives clients to whoever has a role.</summary>
    public Func<Grant, HttpClient> Replica()
    {
        var replica = Host(TimeSpan.Zero);
        return grant => As(replica, [grant]);
    }

    /// <summary>The same where a backup was restored: another database and broker, the same key store.</summary>
    public async Task<HttpClient> AsOnRestoredAsync(string backup, params Grant[] grants)
    {
        var elsewhere = await Servers.StartAsync();
        restored.Add(elsewhere);
        return As(
            Host(
                TimeSpan.Zero, ("ConnectionStrings__visits-db", await elsewhere.RestoreAsync(backup)),
                ("ConnectionStrings__rabbitmq", elsewhere.RabbitMq)),
            grants);
    }

    /// <summary>A replica as a process, which says all that it can say.</summary>
    public Task<ServiceProcess> StartProcessAsync() => ServiceProcess.StartAsync(
        typeof(VisitsDb).Assembly.Location,
        new Dictionary<string, string>(Settings(), StringComparer.Ordinal) { ["Logging__LogLevel__Default"] = "Trace" });

    /// <summary>Gives a client the token of somebody with these roles.</summary>
    public HttpClient SignIn(HttpClient client, params Grant[] grants)
    {
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", identity.Token(grants));
        return client;
    }

    /// <summary>Runs a step of the service.</summary>
    public Task<string> StepAsync(string step) => ServiceProcess.RunAsync(typeof(VisitsDb).Assembly.Location, step, Settings());

    /// <summary>Backups: the service's database, and the key store.</summary>
    public async Task<(string Visits, string Keys)> DumpAsync() =>
        (await Servers.DumpAsync(database), await Servers.DumpAsync(keys));

    /// <summary>The broker's address.</summary>
    public string RabbitMq => servers.RabbitMq;

    /// <summary>A client without a token.</summary>
    public HttpClient AsNobody() => host.CreateClient();

    /// <summary>The same at a replica whose clock is ahead.</summary>
    public HttpClient AsNobodyIn(TimeSpan ahead) => Host(ahead).CreateClient();

    /// <summary>Delivers events of the archives through the broker and waits for their effect.</summary>
    public Task PublishAsync(params IEvent[] events) => host.Services.DeliverAsync(database, events);

    /// <summary>The events that the service has announced about a visit: name and body, oldest first.</summary>
    public Task<List<(string Name, string Payload)>> EventsOfAsync(Guid visit) => QueryAsync(
        """
        SELECT name, payload FROM (SELECT name, payload, version, aggregate_id FROM platform.outbox
            UNION ALL SELECT name, payload, version, aggregate_id FROM platform.event_log) AS e
        WHERE aggregate_id = $1 AND name <> 'visits.reminder-due' ORDER BY version
        """, visit);

    /// <summary>The reminders of a visit, apart from its events: any replica whose clock is ahead may announce one.</summary>
    public async Task<List<string>> RemindersOfAsync(Guid visit) => [.. (await QueryAsync(
        """
        SELECT name, payload FROM (SELECT name, payload, aggregate_id FROM platform.outbox
            UNION ALL SELECT name, payload, aggregate_id FROM platform.event_log) AS e
        WHERE aggregate_id = $1 AND name = 'visits.reminder-due'
        """, visit)).Select(row => row.Second)];

    /// <summary>How many statements a request asks of the database.</summary>
    public async Task<int> StatementsOfAsync(HttpClient client, string path)
    {
        host.Server.PreserveExecutionContext = true;
        using var statements = Statements.Count();
        await client.TryGetAsync(path).ShouldSucceedAsync();
        return statements.Texts.Count;
    }

    /// <summary>Tells the work list of contacts, as the ledger does.</summary>
    public async Task CountContactsAsync(params DoneContact[] contacts)
    {
        await using var connection = await host.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var scope = TenantScope.Of(contacts.Select(contact => contact.DistrictId)).Batch(connection))
            await scope.ExecuteNonQueryAsync();
        await DoneContact.AddAsync(connection, contacts, TestContext.Current.CancellationToken);
        await transaction.CommitAsync();
    }

    /// <summary>The audit of one thing: action and actor, oldest first.</summary>
    public Task<List<(string Action, string Reason)>> AuditOfAsync(Guid subject) => QueryAsync(
        "SELECT action, coalesce(reason, '') FROM platform.audit WHERE subject_id = $1 ORDER BY id", subject);

    /// <summary>Counts rows as an administrator, past row-level security.</summary>
    public async Task<long> CountAsync(string sql, Guid id)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Counts rows as an administrator, as they would be after a change, which is undone.</summary>
    public async Task<long> CountAfterAsync(string change, string sql, Guid id)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand(change, connection))
            await command.ExecuteNonQueryAsync();
        await using var count = new NpgsqlCommand(sql, connection);
        count.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        return (long)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Tries a statement as the service's own role, told to see a school; <c>$1</c> is an id.</summary>
    /// <returns>The SQL state of the refusal; empty when it was done, and then it is undone.</returns>
    public async Task<string> TryAsServiceAsync(Guid school, string sql, Guid id)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Options=-c role=visits_app");
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var tell = new NpgsqlCommand("SELECT set_config('app.schools', $1, true)", connection);
        tell.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{{{school}}}" });
        await tell.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        try
        {
            (await command.ExecuteNonQueryAsync()).ShouldBeGreaterThan(0);
            return "";
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }

    /// <summary>What the service's own role sees of each table that has schools, told to see some schools only.</summary>
    public async Task<Dictionary<string, long>> SeenAsync(Guid[] told, Guid school)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Options=-c role=visits_app");
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        string[] tables =
            ["visit", "visit_student", "visit_answer", "visit_record", "busy", "enrolment", "post", "school", "policy"];
        var schools = told.Length == 0 ? "" : $"{{{string.Join(',', told)}}}";
        foreach (var table in tables)
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new NpgsqlBatchCommand("SELECT set_config('app.schools', $1, true)")
                    {
                        Parameters = { new NpgsqlParameter<string> { TypedValue = schools } },
                    },
                    new NpgsqlBatchCommand($"SELECT count(*) FROM {table} WHERE school_id = $1")
                    {
                        Parameters = { new NpgsqlParameter<Guid> { TypedValue = school } },
                    },
                },
            };
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            await reader.ReadAsync();
            seen[table] = reader.GetInt64(0);
        }

        return seen;
    }

    /// <summary>What the service's own role sees of a table of protected cases when it is told a district, a school, and staff.</summary>
    public async Task<long> SeenProtectedAsync(string table, Guid toldDistrict, Guid toldSchool, Guid? toldStaff)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Options=-c role=visits_app");
        await using var command = source.CreateCommand(
            $"""
            SELECT set_config('app.districts', '{toldDistrict:B}', true), set_config('app.schools', '{toldSchool:B}', true),
                set_config('app.staff', '{toldStaff:B}', true);
            SELECT count(*) FROM protected.{table};
            """);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        return reader.GetInt64(0);
    }

    /// <summary>Tables that row-level security does not close, for their owner too.</summary>
    public async Task<IReadOnlyList<string>> OpenTablesAsync() => [.. (await QueryAsync(
        """
        SELECT relname, '' FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'public' AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity) AND $1 IS NOT NULL ORDER BY 1
        """, Guid.Empty)).Select(row => row.First)];

    /// <summary>A district whose roster the service knows.</summary>
    public async Task<District> CreateDistrictAsync()
    {
        var district = new District();
        await PublishAsync([.. district.Roster()]);
        // Known is what a request shows: a short notice is refused only when students, family, staff and term have all arrived.
        foreach (var school in new[] { district.One, district.Two })
        {
            var request = new VisitRequest(
                [school.A.Students[0], school.B.Students[0]], VisitMode.Video, Http.Now, JointVisitorIds: [school.Colleague]);
            using var teacher = As(district.Teacher(school.A));
            (await Eventually.GetAsync(
                async () => (await (await teacher.TryScheduleAsync(request)).ProblemAsync()).Code,
                code => code == "visits.notice-too-short")).ShouldBe("visits.notice-too-short");
        }

        return district;
    }

    private async Task<List<(string First, string Second)>> QueryAsync(string sql, Guid id)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        var rows = new List<(string, string)>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add((reader.GetString(0), reader.GetString(1)));
        return rows;
    }

    private HttpClient As(WebApplicationFactory<VisitsDb> at, Grant[] grants) => SignIn(at.CreateClient(), grants);

    private WebApplicationFactory<VisitsDb> Host(TimeSpan ahead, params (string Name, string Value)[] more)
    {
        var settings = Settings();
        foreach (var (name, value) in more)
            settings[name] = value;
        var started = new InProcess(settings, ahead);
        started.Server.PreserveExecutionContext = true; // for Statements
        lock (hosts)
            hosts.Add(started);
        return started;
    }

    private Dictionary<string, string> Settings() => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings__visits-db"] = database,
        ["ConnectionStrings__keys-db"] = keys,
        ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
        ["Keys__Master"] = new string('k', 40),
        ["services__identity__http__0"] = identity.Address,
        ["PublicUrl"] = "https://school.example",
    };

    private sealed class InProcess(Dictionary<string, string> settings, TimeSpan ahead, bool works = false) : WebApplicationFactory<VisitsDb>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
            if (ahead <= TimeSpan.Zero)
                return;
            builder.ConfigureTestServices(services =>
            {
                services.AddSingleton<TimeProvider>(new ClockAhead(ahead));
                // The work list is everybody's, and one replica keeps it: one whose day it is.
                foreach (var work in services.Where(service => service.ImplementationType == typeof(KeepWorkList) || (!works
                    && (service.ImplementationType == typeof(RemindFamilies)
                        || service.ImplementationType == typeof(EndSubstitutions)
                        || service.ImplementationType == typeof(EndStrandedVisits))))
                    .ToArray())
                {
                    services.Remove(work);
                }
            });
        }
    }

    private sealed class ClockAhead(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}

/// <summary>Two schools of two classes each. The first students of all four classes are siblings.</summary>
public sealed class District
{
    public Guid Id { get; } = Guid.CreateVersion7();

    public Guid Term { get; } = Guid.CreateVersion7();

    public SchoolOfTest One { get; } = new();

    public SchoolOfTest Two { get; } = new();

    /// <summary>The guardian of the siblings.</summary>
    public Guid Parent { get; } = Guid.CreateVersion7();

    public Grant Teacher(ClassOfTest @class) => new(Role.HomeroomTeacher, @class.Teacher, Id, SchoolOf(@class), @class.Id, null);

    public Grant SubjectTeacher(ClassOfTest @class) =>
        new(Role.SubjectTeacher, Guid.CreateVersion7(), Id, SchoolOf(@class), @class.Id, null);

    public Grant AtSchool(Role role, SchoolOfTest school) => new(role, Guid.CreateVersion7(), Id, school.Id, null, null);

    public Grant Admin() => TestIdentity.DistrictAdmin(Id);

    public Grant Guardian(ClassOfTest @class, int child = 0) =>
        new(Role.Guardian, Parent, Id, SchoolOf(@class), @class.Id, @class.Students[child]);

    public IEnumerable<IEvent> Roster(long version = 1)
    {
        var now = TimeProvider.System.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        yield return new TermChanged(Id, Term, version, now, "Term", today.AddDays(-60), today.AddDays(80), 20, null);
        yield return new GuardianshipsChanged(Id, version, now, [.. Classes.SelectMany(c => c.Students.Select((student, i) =>
            new RosterGuardianship(
                student, i == 0 ? Parent : c.Guardians[i], GuardianRelation.Parent, LegalStatus.Guardian, 1, null)))]);
        foreach (var school in new[] { One, Two })
        {
            yield return new SchoolChanged(Id, school.Id, version, now, "School", null);
            yield return new RosterChanged(
                Id, school.Id, version, now, [],
                [.. new[] { school.A, school.B }.SelectMany(c => c.Students.Select((student, i) =>
                    new RosterEnrolment(c.Enrolments[i], student, c.Id, "07", today.AddDays(-60), null)))],
                [.. new[] { school.A.Teacher, school.B.Teacher, school.Colleague }.Select(staff =>
                    new RosterPost(staff, staff, null, StaffRole.Teacher, null, today.AddDays(-60), null))]);
        }
    }

    private IEnumerable<ClassOfTest> Classes => [One.A, One.B, Two.A, Two.B];

    private Guid SchoolOf(ClassOfTest @class) => @class == One.A || @class == One.B ? One.Id : Two.Id;
}

public sealed class SchoolOfTest
{
    public Guid Id { get; } = Guid.CreateVersion7();

    public ClassOfTest A { get; } = new();

    public ClassOfTest B { get; } = new();

    /// <summary>Works at the school, at no class.</summary>
    public Guid Colleague { get; } = Guid.CreateVersion7();
}

public sealed class ClassOfTest
{
    public Guid Id { get; } = Guid.CreateVersion7();

    public Guid Teacher { get; } = Guid.CreateVersion7();

    public Guid[] Students { get; } = Ids();

    public Guid[] Guardians { get; } = Ids();

    public Guid[] Enrolments { get; } = Ids();

    private static Guid[] Ids() => [.. Enumerable.Range(0, 12).Select(_ => Guid.CreateVersion7())];
}

/// <summary>Short forms of what every test does.</summary>
public static class Http
{
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    /// <summary>A day from now in Shanghai at an hour; the default is within the preferred window.</summary>
    public static DateTimeOffset Evening(int days = 5, int hour = 19, int minute = 0)
    {
        var day = TimeProvider.System.GetUtcNow().ToOffset(Shanghai).AddDays(days);
        while (day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
            day = day.AddDays(1);
        return new DateTimeOffset(day.Year, day.Month, day.Day, hour, minute, 0, Shanghai);
    }

    /// <summary>The time as it is.</summary>
    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<Appointment> ScheduleAsync(this HttpClient client, VisitRequest request) =>
        await (await client.TryScheduleAsync(request)).ReadAsync<Appointment>();

    public static Task<HttpResponseMessage> TryScheduleAsync(
        this HttpClient client, VisitRequest request, string? key = null, string? language = null) =>
        client.PostJsonAsync("/api/visits", request, key: key, language: language);

    /// <summary>Does something to a visit.</summary>
    public static Task<HttpResponseMessage> OnAsync(
        this HttpClient client, Guid visit, string action, object? body = null, long? version = null, string? key = null) =>
        client.PostJsonAsync($"/api/visits/{visit}/{action}", body, version, key);

    public static Task<HttpResponseMessage> TryGetAsync(this HttpClient client, string path) =>
        client.SendJsonAsync(HttpMethod.Get, path, null);

    public static Task<HttpResponseMessage> PutJsonAsync(
        this HttpClient client, string path, object body, long? version = null) =>
        client.SendJsonAsync(HttpMethod.Put, path, body, version);

    public static Task<HttpResponseMessage> PostJsonAsync(
        this HttpClient client, string path, object? body, long? version = null, string? key = null, string? language = null) =>
        client.SendJsonAsync(HttpMethod.Post, path, body, version, key, language);

    public static async Task<HttpResponseMessage> SendJsonAsync(
        this HttpClient client, HttpMethod method, string path, object? body, long? version = null, string? key = null,
        string? language = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType(), options: Json.Options);
        if (version is not null)
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (language is not null)
            request.Headers.Add("Accept-Language", language);
        if (accept is not null)
            request.Headers.Add("Accept", accept);
        return await client.SendAsync(request);
    }

    public static async Task<ProblemBody> ProblemAsync(this HttpResponseMessage response)
    {
        using (response)
        {
            return response.IsSuccessStatusCode
                ? new ProblemBody("", "", (int)response.StatusCode, "none", "", null)
                : (await response.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!;
        }
    }

    public static async Task<T> ReadAsync<T>(this HttpResponseMessage response)
    {
        using (response)
        {
            response.IsSuccessStatusCode.ShouldBeTrue($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            return (await response.Content.ReadFromJsonAsync<T>(Json.Options))!;
        }
    }

    public static async Task<T> GetAsync<T>(this HttpClient client, string path) =>
        await (await client.GetAsync(new Uri(path, UriKind.Relative))).ReadAsync<T>();

    /// <summary>The fields at fault, each with its code.</summary>
    public static async Task<(string Field, string Code)[]> MistakesAsync(this Task<HttpResponseMessage> answer) =>
        [.. (await (await answer).ProblemAsync()).Errors!.Select(error => (error.Field, error.Code))];

    public static async Task ShouldBeRefusedAsync(this Task<HttpResponseMessage> answer, int status, string code)
    {
        var problem = await (await answer).ProblemAsync();
        (problem.Status, problem.Code).ShouldBe((status, code));
    }

    public static Task ShouldBeUnknownAsync(this Task<HttpResponseMessage> answer) =>
        answer.ShouldBeRefusedAsync(404, "request.not-found");

    public static Task ShouldBeForbiddenAsync(this Task<HttpResponseMessage> answer) =>
        answer.ShouldBeRefusedAsync(403, "access.forbidden");

    public static Task ShouldBeOutdatedAsync(this Task<HttpResponseMessage> answer) =>
        answer.ShouldBeRefusedAsync(412, "request.changed-meanwhile");

    public static async Task ShouldSucceedAsync(this Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        response.IsSuccessStatusCode.ShouldBeTrue($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }
}
