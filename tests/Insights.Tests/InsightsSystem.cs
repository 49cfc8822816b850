using System.Net.Http.Headers;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(HomeSchool.Insights.Tests.InsightsSystem))]

namespace HomeSchool.Insights.Tests;

/// <summary>
/// The Insights service with a database and a broker of its own. All tests share one and make districts of their own; those that set
/// the clock or kill the service start another.
/// </summary>
public sealed class InsightsSystem : IAsyncLifetime
{
    private readonly List<WebApplicationFactory<InsightsDb>> hosts = [];
    private Servers servers = null!;
    private string database = "";

    /// <summary>Who issues tokens.</summary>
    public TestIdentity Identity { get; private set; } = null!;

    /// <summary>How far the service's clock is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>The service's settings, for a process of its own.</summary>
    public Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings__insights-db"] = database,
        ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
        ["Keys__Master"] = new string('k', 40),
        ["services__identity__http__0"] = Identity.Address,
    };

    /// <summary>Starts one for a single test.</summary>
    public static async Task<InsightsSystem> StartAsync()
    {
        var system = new InsightsSystem();
        await system.InitializeAsync();
        return system;
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        Identity = await TestIdentity.StartAsync();
        database = await servers.CreateDatabaseAsync();
        await ServiceProcess.RunAsync(typeof(InsightsDb).Assembly.Location, "migrate", Settings);
        AddReplica();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
            await host.DisposeAsync();
        await Identity.DisposeAsync();
        await servers.DisposeAsync();
    }

    /// <summary>Starts one more replica.</summary>
    /// <returns>Its number; the first is 0.</returns>
    public int AddReplica()
    {
        var host = new InProcess(Settings, this);
        host.CreateClient().Dispose();
        hosts.Add(host);
        return hosts.Count - 1;
    }

    /// <summary>A client with the token of somebody with these roles.</summary>
    public HttpClient As(params Grant[] grants) => AsAt(0, grants);

    /// <summary>The same at one of several replicas.</summary>
    public HttpClient AsAt(int replica, params Grant[] grants) => SignIn(hosts[replica].CreateClient(), grants);

    /// <summary>A client without a token.</summary>
    public HttpClient AsNobody() => hosts[0].CreateClient();

    /// <summary>Gives a client the token of somebody with these roles.</summary>
    public HttpClient SignIn(HttpClient client, params Grant[] grants)
    {
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Identity.Token(grants));
        return client;
    }

    /// <summary>Delivers events through the broker, each as a message of its own.</summary>
    /// <returns>The messages' ids.</returns>
    public async Task<Guid[]> PublishAsync(params IEvent[] events)
    {
        var messages = events.Select(happened => Deliveries.MessageOf(happened)).ToArray();
        await PublishAsync(messages);
        return [.. messages.Select(message => message.MessageId)];
    }

    /// <summary>Delivers messages through the broker; the same one twice is a repeated delivery.</summary>
    public Task PublishAsync(IReadOnlyCollection<Envelope> messages) =>
        hosts[0].Services.GetRequiredService<Transport>().PublishAsync(messages, TestContext.Current.CancellationToken);

    /// <summary>Delivers events and returns when all consumers have applied them.</summary>
    public Task ApplyAsync(params IEvent[] events) => hosts[0].Services.DeliverAsync(database, events);

    /// <summary>Waits until every consumer that takes them has applied these messages.</summary>
    public Task AppliedAsync(IReadOnlyCollection<Envelope> messages) => hosts[0].Services.AppliedAsync(database, messages);

    /// <summary>Reads one value as an administrator, past row-level security.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        foreach (var value in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private sealed class InProcess(Dictionary<string, string> settings, InsightsSystem system) : WebApplicationFactory<InsightsDb>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
            builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(new Clock(system)));
        }
    }

    private sealed class Clock(InsightsSystem system) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + system.Ahead;
    }
}
