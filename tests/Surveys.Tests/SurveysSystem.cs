using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
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

    /// <summary>Delivers events through the broker, each as a message of its own, even when it is the same event.</summary>
    public Task PublishAsync(params IEvent[] events) => PublishAsync(null, events);

    /// <summary>The same, with the trace of what caused them.</summary>
    public Task PublishAsync(string? traceparent, params IEvent[] events) => host.Services.GetRequiredService<Transport>().PublishAsync(
        [.. events.Select(e => new Envelope(
            Guid.CreateVersion7(), EventNames.Of(e.GetType()), traceparent, JsonSerializer.Serialize(e, e.GetType(), Json.Options)))],
        TestContext.Current.CancellationToken);

    /// <summary>Runs a step of the service.</summary>
    public Task<string> StepAsync(string step) => ServiceProcess.RunAsync(typeof(SurveysDb).Assembly.Location, step, settings);

    /// <summary>Backups of the service's database and of the key store.</summary>
    public async Task<string> DumpAsync() => await Servers.DumpAsync(database) + await Servers.DumpAsync(keys);

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
    /// <summary>Its district.</summary>
    public Guid District { get; } = Guid.CreateVersion7();

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
        system.As().PostAsJsonAsync(survey.Url.PathAndQuery, new { answers = new { conversation, helpful } });

    /// <summary>The results of a node as somebody sees them.</summary>
    public async Task<(HttpStatusCode Status, Results? Results)> ResultsAsync(Grant asWhom, string node, Guid id)
    {
        using var answer = await system.As(asWhom).GetAsync(new Uri($"/api/surveys/results?node={node}&id={id}", UriKind.Relative));
        return (answer.StatusCode, answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<Results>(Json.Options) : null);
    }
}
