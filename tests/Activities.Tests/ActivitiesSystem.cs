using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// Some tests set the clock that all share.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(HomeSchool.Activities.Tests.ActivitiesSystem))]

namespace HomeSchool.Activities.Tests;

/// <summary>
/// The Activities service with a database and a broker of its own, shared by all tests; each test makes a school of its own.
/// </summary>
public sealed class ActivitiesSystem : IAsyncLifetime
{
    private Servers servers = null!;
    private TestIdentity identity = null!;
    private Host host = null!;
    private string keys = "";

    /// <summary>How far the service's clock is ahead.</summary>
    public TimeSpan Ahead
    {
        get => host.Clock.Ahead;
        set => host.Clock.Ahead = value;
    }

    /// <summary>What the service's clock shows.</summary>
    public DateTimeOffset Now => host.Clock.GetUtcNow();

    /// <summary>The store of files.</summary>
    public string Files { get; } = Directory.CreateTempSubdirectory("homeschool-files-").FullName;

    /// <summary>The settings of the service, for another replica.</summary>
    public Dictionary<string, string> Settings { get; private set; } = [];

    /// <summary>The service's database, past row-level security.</summary>
    public string Database { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        identity = await TestIdentity.StartAsync();
        Database = await servers.CreateDatabaseAsync();
        keys = await servers.CreateDatabaseAsync();
        Settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__activities-db"] = Database,
            ["ConnectionStrings__keys-db"] = keys,
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["services__identity__http__0"] = identity.Address,
            ["Keys__Master"] = "a test's master key, of no value to anybody",
            ["PublicUrl"] = "http://localhost",
            ["Files__Folder"] = Files,
        };
        await ServiceProcess.RunAsync(typeof(ActivitiesDb).Assembly.Location, "migrate", Settings);
        host = new Host(Settings);
        host.CreateClient().Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
        Directory.Delete(Files, recursive: true);
    }

    /// <summary>A client with the token of somebody with these roles; without any, one that is not signed in.</summary>
    public HttpClient As(params Grant[] grants)
    {
        var client = host.CreateClient();
        if (grants.Length > 0)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", identity.Token(grants));
        return client;
    }

    /// <summary>Sends a request and reads the answer.</summary>
    /// <returns>The answer's JSON; nothing when it has none.</returns>
    public async Task<JsonElement> SendAsync(
        Grant who, HttpMethod method, string path, object? body = null, HttpStatusCode expected = HttpStatusCode.OK,
        long? ifMatch = null)
    {
        using var client = As(who);
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType(), options: Json.Options);
        if (ifMatch is not null)
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{ifMatch}\""));
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(expected, $"{method} {path}: {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Reads a page or a thing.</summary>
    public Task<JsonElement> GetAsync(Grant who, string path, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(who, HttpMethod.Get, path, null, expected);

    /// <summary>Delivers events through the broker, each as a message of its own, and waits for their effect.</summary>
    public Task PublishAsync(params IEvent[] events) => host.Services.DeliverAsync(Database, events);

    /// <summary>What the service has published about a thing, oldest first.</summary>
    public async Task<IReadOnlyList<T>> PublishedAsync<T>(Guid about)
        where T : IEvent
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT payload FROM platform.event_log WHERE name = $1 AND aggregate_id = $2
            UNION ALL SELECT payload FROM platform.outbox WHERE name = $1 AND aggregate_id = $2
            """, connection);
        command.Parameters.AddWithValue(EventNames.Of(typeof(T)));
        command.Parameters.AddWithValue(about);
        var events = new List<T>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            events.Add(JsonSerializer.Deserialize<T>(reader.GetString(0), Json.Options)!);
        return [.. events.OrderBy(e => e.OccurredAt)];
    }

    /// <summary>What a request of somebody asks of the database.</summary>
    public async Task<IReadOnlyList<string>> StatementsOfAsync(Grant who, string path)
    {
        host.Server.PreserveExecutionContext = true;
        using var client = As(who);
        using var statements = Statements.Count();
        using var answer = await client.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return statements.Texts;
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

    /// <summary>What a request of somebody is answered with.</summary>
    public async Task<(HttpStatusCode Status, byte[] Body, HttpResponseMessage Answer)> RawAsync(
        Grant who, HttpMethod method, string path, HttpContent? content = null)
    {
        using var client = As(who);
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(), answer);
    }

    /// <summary>Has a child erased, and waits until it was.</summary>
    /// <returns>How many rows of each table it took.</returns>
    public Task<ILookup<string, long>> EraseAsync(Guid district, Guid student) =>
        AskAsync(district, student, null, PersonalDataMatter.Erasure);

    /// <summary>Asks for a child's data or its erasure, and waits for the answer.</summary>
    /// <returns>How many rows of each table there were.</returns>
    public async Task<ILookup<string, long>> AskAsync(Guid district, Guid student, Guid? guardian, PersonalDataMatter matter)
    {
        var asked = new PersonalDataAsked(
            district, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), student, guardian, matter, null);
        await PublishAsync(asked);
        var answers = await Eventually.GetAsync(
            () => PublishedAsync<PersonalDataAnswered>(asked.AggregateId), answers => answers.Count > 0);
        return answers[0].Tables.ToLookup(table => table.Table, table => table.Rows, StringComparer.Ordinal);
    }

    /// <summary>A backup of the service's database.</summary>
    public Task<string> DumpAsync() => Servers.DumpAsync(Database);

    private sealed class Host(Dictionary<string, string> settings) : WebApplicationFactory<ActivitiesDb>
    {
        public ShiftedClock Clock { get; } = new();

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
            builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(Clock));
        }
    }

    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}

/// <summary>A school with one class of grade 07 and a term that has begun five weeks ago.</summary>
public sealed class TestSchool(ActivitiesSystem system)
{
    /// <summary>Its district.</summary>
    public Guid District { get; init; } = Guid.CreateVersion7();

    /// <summary>The school.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>Its class.</summary>
    public Guid Class { get; } = Guid.CreateVersion7();

    /// <summary>The term.</summary>
    public Guid Term { get; } = Guid.CreateVersion7();

    /// <summary>The class's teacher.</summary>
    public Grant Teacher => new(Role.HomeroomTeacher, Guid.CreateVersion7(), District, Id, Class, null);

    /// <summary>The school's officer.</summary>
    public Grant Officer => new(Role.MoralEducationOfficer, Guid.CreateVersion7(), District, Id, null, null);

    /// <summary>The district's administrator.</summary>
    public Grant Admin => TestIdentity.DistrictAdmin(District);

    /// <summary>Puts children on roll, one guardian each, and waits until Activities knows of them.</summary>
    public async Task<Child[]> EnrolAsync(int children, Guid? inClass = null, string grade = "07")
    {
        var (to, now) = (inClass ?? Class, TimeProvider.System.GetUtcNow());
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var enrolled = Enumerable.Range(0, children)
            .Select(_ => new Child(this, to, Guid.CreateVersion7(), Guid.CreateVersion7())).ToArray();
        await system.PublishAsync(
            new SchoolChanged(District, Id, 1, now, "学校", null),
            new TermChanged(District, Term, 1, now, "第一学期", today.AddDays(-35), today.AddDays(105), 20, null),
            new RosterChanged(
                District, Id, 1, now, [new RosterClass(to, "班", grade, null)],
                [.. enrolled.Select(child =>
                    new RosterEnrolment(Guid.CreateVersion7(), child.Student, to, grade, today.AddDays(-35), null))],
                []),
            new GuardianshipsChanged(
                District, 1, now, [.. enrolled.Select(child => new RosterGuardianship(
                    child.Student, child.Guardian, GuardianRelation.Parent, LegalStatus.Guardian, 1, null))]));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                """
                SELECT (SELECT count(*) FROM enrolment WHERE class_id = $1)
                    + (SELECT count(*) FROM guardianship WHERE district_id = $2 AND student_id = ANY ($3))
                    + (SELECT count(*) FROM school WHERE school_id = $4) + (SELECT count(*) FROM term WHERE id = $5)
                """, to, District, enrolled.Select(child => child.Student).ToArray(), Id, Term),
            known => known >= (2 * children) + 2);
        return enrolled;
    }

    /// <summary>Says whether children may be in photos, and waits until Activities knows.</summary>
    public async Task ConsentAsync(bool given, long version, params Child[] children)
    {
        await system.PublishAsync([.. children.Select(child => new ConsentChanged(
            District, Id, child.Student, version, TimeProvider.System.GetUtcNow(), "photos", given))]);
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                "SELECT count(*) FROM photo_consent WHERE student_id = ANY ($1) AND version >= $2",
                children.Select(child => child.Student).ToArray(), version),
            known => known == children.Length);
    }

    /// <summary>Says what a guardian may do for a child, and waits until Activities knows.</summary>
    public async Task AllowAsync(Child child, params GuardianRight[] rights)
    {
        var now = TimeProvider.System.GetUtcNow();
        await system.PublishAsync(new GuardianRightsChanged(
            District, Guid.CreateVersion7(), 1, now, child.Student, child.Guardian, rights, GuardianChannel.App));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM guardian_rights WHERE student_id = $1", child.Student),
            known => known == 1);
    }
}

/// <summary>A child on roll and its guardian.</summary>
/// <param name="School">The school.</param>
/// <param name="Class">The class.</param>
/// <param name="Student">The child.</param>
/// <param name="Guardian">The guardian.</param>
public sealed record Child(TestSchool School, Guid Class, Guid Student, Guid Guardian)
{
    /// <summary>The guardian's role.</summary>
    public Grant Parent => new(Role.Guardian, Guardian, School.District, School.Id, null, Student);
}
