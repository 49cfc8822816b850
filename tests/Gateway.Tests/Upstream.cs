using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HomeSchool.Gateway.Tests;

/// <summary>What a service got.</summary>
public sealed record Received(string Method, string Path, string Query, Dictionary<string, string> Headers);

/// <summary>Stands for all services behind the gateway: answers what it got, and misbehaves on demand.</summary>
public sealed class Upstream : IAsyncDisposable
{
    /// <summary>The page's own content policy.</summary>
    public const string PagePolicy = "default-src 'self'; frame-ancestors 'none'";

    private readonly WebApplication server;
    private readonly ConcurrentQueue<string> paths = [];

    private Upstream(WebApplication server) => this.server = server;

    /// <summary>Where it listens.</summary>
    public string Address => server.Urls.First();

    /// <summary>Paths of all requests so far.</summary>
    public IReadOnlyCollection<string> Paths => paths;

    /// <summary>Requests to <c>/api/visits/held</c> that wait now.</summary>
    public SemaphoreSlim Held { get; } = new(0);

    /// <summary>Lets one held request go.</summary>
    public SemaphoreSlim Release { get; } = new(0);

    /// <summary>Events for the feed.</summary>
    public Channel<string> Events { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Set when a reader of the feed has gone.</summary>
    public TaskCompletionSource FeedClosed { get; } = new();

    /// <summary>Starts it.</summary>
    public static async Task<Upstream> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Logging.ClearProviders();
        var upstream = new Upstream(builder.Build());
        upstream.Map();
        await upstream.server.StartAsync();
        return upstream;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Release.Release(1_000);
        Events.Writer.TryComplete();
        await server.DisposeAsync();
        Held.Dispose();
        Release.Dispose();
    }

    private void Map()
    {
        server.Use((context, next) =>
        {
            paths.Enqueue(context.Request.Path.Value!);
            return next(context);
        });
        server.MapGet("/api/visits/page", (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Server = "a secret";
            return "page";
        });
        server.MapGet("/api/visits/reset", (HttpContext context) => context.Abort());
        server.MapGet("/api/visits/cut", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("half an ");
            await context.Response.Body.FlushAsync();
            await Release.WaitAsync(context.RequestAborted);
            context.Abort();
        });
        server.MapGet("/api/visits/held", async () =>
        {
            Held.Release();
            await Release.WaitAsync();
            return "released";
        });
        server.MapGet("/api/visits/silent", (HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        server.MapGet("/api/insights/feed", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            try
            {
                await context.Response.WriteAsync(": open\n\n", context.RequestAborted);
                await foreach (var item in Events.Reader.ReadAllAsync(context.RequestAborted))
                    await context.Response.WriteAsync($"data: {item}\n\n", context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                FeedClosed.TrySetResult();
            }
        });
        server.MapPost("/api/archives/districts/{district}/imports", async (HttpContext context) =>
        {
            var buffer = new byte[1 << 16];
            long total = 0;
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
                total += read;
            return total;
        });
        server.MapGet("/health", () => "Healthy");
        server.Map("/{**path}", async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            return new Received(
                context.Request.Method,
                context.Request.Path.Value!,
                context.Request.QueryString.Value!,
                context.Request.Headers.ToDictionary(
                    header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        });
    }
}
