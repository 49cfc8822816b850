using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HomeSchool.Messages.Tests;

/// <summary>A request that arrived.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Body">The body.</param>
/// <param name="Headers">The headers.</param>
public sealed record Arrived(string Path, string Body, IReadOnlyDictionary<string, string> Headers);

/// <summary>An HTTP server that answers as it is told.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private Receiver(WebApplication app) => this.app = app;

    /// <summary>Its address, <c>http://127.0.0.1:port</c>.</summary>
    public string Address => app.Urls.Single();

    /// <summary>Host and port.</summary>
    public string Authority => new Uri(Address).Authority;

    /// <summary>What arrived.</summary>
    public ConcurrentQueue<Arrived> Requests { get; } = [];

    /// <summary>What it answers, by the request; 204 when it says nothing.</summary>
    public Func<Arrived, HttpContext, Task> Answers { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Starts it.</summary>
    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        var receiver = new Receiver(server);
        server.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var arrived = new Arrived(
                context.Request.Path + context.Request.QueryString, await reader.ReadToEndAsync(),
                context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
            context.Response.StatusCode = 204;
            await receiver.Answers(arrived, context);
            receiver.Requests.Enqueue(arrived);
        });
        await server.StartAsync();
        return receiver;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(soon.Token);
        await app.DisposeAsync();
    }
}
