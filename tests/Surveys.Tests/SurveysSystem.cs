using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// One test sets the clock that all share.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(HomeSchool.Surveys.Tests.SurveysSystem))]

namespace HomeSchool.Surveys.Tests;

/// <summary>The Surveys service with a database and a broker of its own, shared by all tests; each test makes a school of its own.</summary>
public sealed class SurveysSystem : IAsyncLifetime
{
    private Servers servers = null!;
    private TestIdentity identity = null!;
    private Host host = null!;
    private string database = "";
    private string keys = "";
    private readonly string batchKeys = Path.Combine(Path.GetTempPath(), $"homeschool-batches-{Guid.CreateVersion7():N}");
    private Dictionary<string, string> settings = [];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        identity = await TestIdentity.StartAsync();
        database = await servers.CreateDatabaseAsync();
        keys = await servers.CreateDatabaseAsync();
        settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__surveys-db"] = database,
            ["ConnectionStrings__keys-db"] = keys,
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["services__identity__http__0"] = identity.Address,
            ["Keys__Master"] = "a test's master key, of no value to anybody",
            ["PublicUrl"] = "http://localhost",
            ["Surveys__BatchKeys"] = batchKeys,
        };
        await ServiceProcess.RunAsync(typeof(SurveysDb).Assembly.Location, "migrate", settings);
        host = new Host(settings);
        host.CreateClient().Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
        if (Directory.Exists(batchKeys))
            Directory.Delete(batchKeys, recursive: true);
    }

    /// <summary>The keys of batches of a district that are there now.</summary>
    public int BatchKeysOf(Guid district)
    {
        var folder = Path.Combine(batchKeys, district.ToString("N"));
        return Directory.Exists(folder) ? Directory.GetFiles(folder).Length : 0;
    }

    /// <summary>What the service would open, for who has all of its keys.</summary>
    public KeyVault Vault => host.Services.GetRequiredService<KeyVault>();

    /// <summary>Rows of a query, past row-level security.</summary>
    public async Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
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

    /// <summary>How far the service's clock is ahead.</summary>
    public TimeSpan Ahead
    {
        get => host.Clock.Ahead;
        set => host.Clock.Ahead = value;
    }

    /// <summary>A client with the token of somebody with these roles; without any, one that is not signed in.</summary>
    public HttpClient As(params Grant[] grants)
    {
        var client = host.CreateClient();
        if (grants.Length > 0)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", identity.Token(grants));
        return client;
    }

    /// <summary>Delivers events through the broker, each as a message of its own, and waits for their effect.</summary>
    public Task PublishAsync(params IEvent[] events) => host.Services.DeliverAsync(database, events);

    /// <summary>The same, with the trace of what caused it, waiting for nothing.</summary>
    public Task PublishAsync(string? traceparent, IEvent happened) => host.Services.GetRequiredService<Transport>().PublishAsync(
        [Deliveries.MessageOf(happened, traceparent)], TestContext.Current.CancellationToken);

    /// <summary>Another process of the service on the same database: it can be killed.</summary>
    public Task<ServiceProcess> StartReplicaAsync() => ServiceProcess.StartAsync(typeof(SurveysDb).Assembly.Location, settings);

    /// <summary>Answers that wait in this process for their turn.</summary>
    public int WaitingAnswers => host.Services.GetRequiredService<TakeAnswer>().Waiting;

    /// <summary>The links of a round, in no order.</summary>
    public async Task<Uri[]> LinksAsync(Guid round)
    {
        var links = host.Services.GetRequiredService<SurveyLinks>();
        var all = await RowsAsync(
            "SELECT school_id, id FROM invitation WHERE round_id = $1",
            row => new Uri(links.To(row.GetGuid(0), row.GetGuid(1)).PathAndQuery, UriKind.Relative), round);
        return [.. all.OrderBy(_ => Random.Shared.Next())];
    }

    /// <summary>Destroys the keys of batches, as a restore to an earlier moment finds them.</summary>
    public void LoseBatchKeys(Guid district) => Directory.Delete(Path.Combine(batchKeys, district.ToString("N")), recursive: true);

    /// <summary>Runs a statement and keeps its transaction, with the locks that it took, until it is disposed of.</summary>
    public async Task<NpgsqlConnection> HoldAsync(string sql, params object[] values)
    {
        var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Runs a step of the service.</summary>
    public Task<string> StepAsync(string step) => ServiceProcess.RunAsync(typeof(SurveysDb).Assembly.Location, step, settings);

    /// <summary>Backups of the service's database and of the key store.</summary>
    public async Task<string> DumpAsync() => await Servers.DumpAsync(database) + await Servers.DumpAsync(keys);

    /// <summary>The service's database, past row-level security.</summary>
    public string Database => database;

    /// <summary>The broker's address.</summary>
    public string RabbitMq => servers.RabbitMq;

    /// <summary>Asks the database directly, past row-level security.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private sealed class Host(Dictionary<string, string> settings) : WebApplicationFactory<SurveysDb>
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

/// <summary>A school with one class, and what happens in it.</summary>
public sealed class School(SurveysSystem system)
{
    private readonly ConcurrentDictionary<Guid, string> changes = [];

    /// <summary>Its district.</summary>
    public Guid District { get; init; } = Guid.CreateVersion7();

    /// <summary>The school.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>Its class.</summary>
    public Guid Class { get; } = Guid.CreateVersion7();

    /// <summary>The term.</summary>
    public Guid Term { get; } = Guid.CreateVersion7();

    /// <summary>The class's teacher.</summary>
    public Grant Teacher => new(Role.HomeroomTeacher, null, District, Id, Class, null);

    /// <summary>The school's officer.</summary>
    public Grant Officer => new(Role.MoralEducationOfficer, null, District, Id, null, null);

    /// <summary>A visit that was completed just now.</summary>
    public VisitCompleted Visit(Guid? family = null, Guid? visit = null, bool effective = true, Guid? inClass = null) => new(
        District, Id, visit ?? Guid.CreateVersion7(), 4, TimeProvider.System.GetUtcNow(), Term, [Guid.CreateVersion7()],
        family ?? Guid.CreateVersion7(), VisitMode.InPerson, VisitKind.Routine, new DateOnly(2026, 11, 22), effective, [inClass ?? Class]);

    /// <summary>Completes a visit and waits for its survey.</summary>
    public async Task<HandedSurvey> OpenAsync(VisitCompleted? completed = null)
    {
        var visit = completed ?? Visit();
        await system.PublishAsync(visit);
        return (await Eventually.GetAsync(() => OpenOfAsync(visit.AggregateId), surveys => surveys.Count > 0)).ShouldHaveSingleItem();
    }

    /// <summary>The open surveys of a visit, as the district's administrator sees them.</summary>
    public async Task<IReadOnlyList<HandedSurvey>> OpenOfAsync(Guid visit) =>
        (await system.As(TestIdentity.DistrictAdmin(District)).GetFromJsonAsync<Page<HandedSurvey>>(
            new Uri($"/api/surveys/invitations?visitId={visit}", UriKind.Relative), Json.Options))!.Items;

    /// <summary>How many surveys are open in the school.</summary>
    public async Task<int> CountOpenAsync() =>
        (await system.As(TestIdentity.DistrictAdmin(District)).GetFromJsonAsync<Page<HandedSurvey>>(
            new Uri("/api/surveys/invitations?size=500", UriKind.Relative), Json.Options))!.Items.Count;

    /// <summary>Answers by link.</summary>
    public Task<HttpResponseMessage> AnswerAsync(HandedSurvey survey, int conversation, int helpful = 8) =>
        AnswerAsync(survey, new { conversation, helpful });

    /// <summary>The results of a node as somebody sees them.</summary>
    public async Task<(HttpStatusCode Status, SurveyResults? Results)> ResultsAsync(
        Grant asWhom, string node, Guid id, Guid? round = null)
    {
        using var answer = await system.As(asWhom).GetAsync(
            new Uri($"/api/surveys/results?node={node}&id={id}{(round is null ? "" : $"&roundId={round}")}", UriKind.Relative));
        return (answer.StatusCode, answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<SurveyResults>(Json.Options) : null);
    }

    /// <summary>The district's administrator.</summary>
    public Grant Admin => TestIdentity.DistrictAdmin(District);

    /// <summary>Another school of the same district.</summary>
    public School Neighbour() => new(system) { District = District };

    /// <summary>Puts children on roll, one guardian each, and waits until Surveys knows of them.</summary>
    public async Task<Child[]> EnrolAsync(int children, Guid? inClass = null, string grade = "07")
    {
        var (to, now) = (inClass ?? Class, TimeProvider.System.GetUtcNow());
        var enrolled = Enumerable.Range(0, children).Select(_ => new Child(Guid.CreateVersion7(), Guid.CreateVersion7())).ToArray();
        await system.PublishAsync(
            new SchoolChanged(District, Id, 1, now, "学校", null),
            new RosterChanged(
                District, Id, 1, now, [new RosterClass(to, "班", grade, null)],
                [.. enrolled.Select(child => new RosterEnrolment(Guid.CreateVersion7(), child.Student, to, grade, new DateOnly(2026, 9, 1), null))],
                []),
            new GuardianshipsChanged(
                District, 1, now, [.. enrolled.Select(child => new RosterGuardianship(
                    child.Student, child.Guardian, GuardianRelation.Parent, LegalStatus.Guardian, 1, null))]));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                "SELECT (SELECT count(*) FROM enrolment WHERE class_id = $1) + (SELECT count(*) FROM guardianship WHERE district_id = $2 AND student_id = ANY ($3)) "
                + "+ (SELECT count(*) FROM school WHERE school_id = $4)", to, District, enrolled.Select(child => child.Student).ToArray(), Id),
            known => known > 2 * children);
        return enrolled;
    }

    /// <summary>Puts a child into each of so many classes.</summary>
    public async Task EnrolClassesAsync(int classes)
    {
        var now = TimeProvider.System.GetUtcNow();
        var ids = Enumerable.Range(0, classes).Select(_ => Guid.CreateVersion7()).ToArray();
        await system.PublishAsync(
            new SchoolChanged(District, Id, 1, now, "学校", null),
            new RosterChanged(
                District, Id, 1, now, [.. ids.Select(id => new RosterClass(id, "班", "07", null))],
                [.. ids.Select(id => new RosterEnrolment(Guid.CreateVersion7(), Guid.CreateVersion7(), id, "07", new DateOnly(2026, 9, 1), null))],
                []));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                "SELECT (SELECT count(*) FROM enrolment WHERE class_id = ANY ($1)) + (SELECT count(*) FROM school WHERE school_id = $2)", ids, Id),
            known => known > classes);
    }

    /// <summary>Opens a round and waits until families are invited.</summary>
    public async Task<Guid> OpenRoundAsync(Grant asWhom, object request)
    {
        using var opened = await system.As(asWhom).PostAsJsonAsync("/api/surveys/rounds", request, Json.Options);
        opened.StatusCode.ShouldBe(HttpStatusCode.Created, await opened.Content.ReadAsStringAsync());
        var round = (await opened.Content.ReadFromJsonAsync<RoundBody>(Json.Options))!.Id;
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM survey_round WHERE id = $1 AND invited_at IS NULL", round), left => left == 0);
        return round;
    }

    /// <summary>Opens a ready-made survey of this school.</summary>
    public Task<Guid> OpenRoundAsync(SurveyKind readyMade, SurveyPrivacy privacy, TimeSpan? closesIn = null) => OpenRoundAsync(
        Officer, new
        {
            districtId = District,
            schoolId = Id,
            readyMade,
            privacy,
            closesAt = TimeProvider.System.GetUtcNow() + (closesIn ?? TimeSpan.FromDays(7)),
        });

    /// <summary>The links of a round, as somebody hands them over.</summary>
    public async Task<IReadOnlyList<HandedSurvey>> LinksAsync(Grant asWhom, Guid round) =>
        (await system.As(asWhom).GetFromJsonAsync<Page<HandedSurvey>>(
            new Uri($"/api/surveys/invitations?roundId={round}&size=500", UriKind.Relative), Json.Options))!.Items;

    /// <summary>Answers by link, and by the one that the first answer gave when it is answered once more.</summary>
    public async Task<HttpResponseMessage> AnswerAsync(HandedSurvey survey, object answers)
    {
        var answer = await system.As().PostAsJsonAsync(changes.GetValueOrDefault(survey.Id) ?? survey.Url.PathAndQuery, new { answers });
        if (answer.Headers.Location is { } change)
            changes[survey.Id] = change.OriginalString;
        return answer;
    }
}

/// <summary>A child on roll and its guardian.</summary>
/// <param name="Student">The child.</param>
/// <param name="Guardian">The guardian.</param>
public sealed record Child(Guid Student, Guid Guardian);
