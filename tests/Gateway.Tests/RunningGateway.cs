using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;

namespace HomeSchool.Gateway.Tests;

/// <summary>
/// The gateway on a real port, before one upstream that stands for every service; the address of one service has nobody.
/// </summary>
public sealed class RunningGateway : WebApplicationFactory<GatewaySettings>
{
    /// <summary>A service that is down.</summary>
    public const string Down = "surveys";

    // Nothing listens on the discard port.
    private const string Nobody = "http://127.0.0.1:9";

    private readonly Dictionary<string, string> settings;
    private readonly Recorder log = new();

    private RunningGateway(TestIdentity identity, Upstream upstream, (string Name, string Value)[] settings)
    {
        Identity = identity;
        Upstream = upstream;
        this.settings = new(StringComparer.Ordinal)
        {
            ["services:identity:http:0"] = identity.Address,
            ["services:archives:http:0"] = upstream.Address,
            ["services:visits:http:0"] = upstream.Address,
            ["services:surveys:http:0"] = Nobody,
            ["services:insights:http:0"] = upstream.Address,
            ["services:activities:http:0"] = upstream.Address,
            ["services:messages:http:0"] = upstream.Address,
        };
        foreach (var (name, value) in settings)
            this.settings[name] = value;
        UseKestrel();
        StartServer();
        Client = new HttpClient { BaseAddress = ClientOptions.BaseAddress };
    }

    /// <summary>Asks without a token.</summary>
    public HttpClient Client { get; }

    /// <summary>Issues tokens.</summary>
    public TestIdentity Identity { get; }

    /// <summary>What is behind.</summary>
    public Upstream Upstream { get; }

    /// <summary>What the gateway wrote into its log.</summary>
    public IReadOnlyCollection<string> Logged => log.Lines;

    /// <summary>Starts it with settings, e.g. <c>("Gateway:AccountBurst", "3")</c>.</summary>
    public static async Task<RunningGateway> StartAsync(params (string Name, string Value)[] settings) =>
        new(await TestIdentity.StartAsync(), await Upstream.StartAsync(), settings);

    /// <summary>Asks with headers, e.g. <c>("Accept-Language", "en")</c>.</summary>
    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, headers);

    /// <summary>Asks with a token.</summary>
    public Task<HttpResponseMessage> GetAsync(string path, string token) => GetAsync(path, ("Authorization", "Bearer " + token));

    /// <summary>Asks with headers.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Upstream.DisposeAsync();
        await base.DisposeAsync();
        await Identity.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (name, value) in settings)
            builder.UseSetting(name, value);
        // UseKestrel(0) sets the port while the program goes on starting, and is sometimes too late.
        builder.UseUrls("http://127.0.0.1:0");
        builder.ConfigureLogging(logging => logging.AddProvider(log));
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Lines.Enqueue($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>Reads answers.</summary>
internal static class Answers
{
    /// <summary>The code of a problem; fails when the answer is not one.</summary>
    public static async Task<string> ProblemAsync(this HttpResponseMessage answer)
    {
        answer.Content.Headers.ContentType.ShouldBe(new MediaTypeHeaderValue("application/problem+json"));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        body.RootElement.GetProperty("status").GetInt32().ShouldBe((int)answer.StatusCode);
        body.RootElement.GetProperty("correlationId").GetString().ShouldBe(answer.Header("X-Correlation-Id"));
        return body.RootElement.GetProperty("code").GetString()!;
    }

    /// <summary>A header's only value.</summary>
    public static string? Header(this HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
