using System.Collections.Frozen;
using System.Threading.RateLimiting;
using HomeSchool.ServiceDefaults.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace HomeSchool.Gateway;

/// <summary>From the gateway to the services: YARP, with a bound on what is under way and an answer to what goes wrong.</summary>
internal static partial class Forwarding
{
    // Whoever still waits then, the service is not behind a burst but has too much to do, or hangs.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Adds YARP with <see cref="Routes"/>.</summary>
    public static void AddForwarding(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = settings.Connections;
            // Every route has its own. A limit here would cut the connection of a client that is refused while it still sends,
            // before it has read why.
            kestrel.Limits.MaxRequestBodySize = null;
        });
        // YARP logs addresses of requests, and every failure with its stack: ours says what an operator needs.
        builder.Logging.AddFilter("Yarp", LogLevel.Error);
        builder.Services.AddReverseProxy()
            .LoadFromMemory(Routes.All(settings), Routes.Clusters(builder.Configuration, settings))
            .ConfigureHttpClient((_, handler) =>
            {
                // The request carries its traceparent already; a span more for each would say nothing more.
                handler.ActivityHeadersPropagator = null;
                handler.ConnectTimeout = TimeSpan.FromSeconds(3);
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5); // names may come to mean other machines
            })
            // Services build links from their own configuration, never from what a request says.
            .AddTransforms(transforms => transforms.UseDefaultForwarders = false);
    }

    /// <summary>Maps the services' routes.</summary>
    public static void MapServices(this WebApplication app, GatewaySettings settings)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Forwarding));
        var inFlight = Routes.Clusters(app.Configuration, settings).ToFrozenDictionary(
            cluster => cluster.ClusterId,
            cluster => new ConcurrencyLimiter(Routes.MostInFlight(cluster.ClusterId, settings)),
            StringComparer.Ordinal);
        app.MapReverseProxy(proxy =>
        {
            proxy.Use(ForwardAsync);
            proxy.UseLoadBalancing();
        });

        async Task ForwardAsync(HttpContext context, RequestDelegate next)
        {
            var route = context.GetRouteModel();
            var bound = inFlight[route.Cluster!.ClusterId];
            if (context.Request.ContentLength > route.Config.MaxRequestBodySize)
            {
                await new Problem(Failures.TooLarge).ExecuteAsync(context);
                return;
            }

            using (var place = await EnterAsync(bound, context.RequestAborted))
            {
                if (!place.IsAcquired)
                {
                    await BusyPage.RefuseAsync(context, GatewayFailures.Overloaded);
                    return;
                }

                await next(context);
            }

            if (context.GetForwarderErrorFeature() is { } error)
                await AnswerAsync(context, error, route.Cluster.ClusterId, log);
        }
    }

    // A place among those under way, at once or in turn.
    private static async ValueTask<RateLimitLease> EnterAsync(ConcurrencyLimiter bound, CancellationToken gone)
    {
        var place = bound.AttemptAcquire();
        if (place.IsAcquired)
            return place;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(LongestWait);
        try
        {
            return await bound.AcquireAsync(1, limit.Token);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            return place;
        }
    }

    private static Task AnswerAsync(HttpContext context, IForwarderErrorFeature error, string cluster, ILogger log)
    {
        // Not whether the request was aborted: YARP itself does that, too, to cut what has begun.
        if (error.Error is ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled)
            return Task.CompletedTask; // nobody listens any more
        var status = context.Response.StatusCode;
        var started = context.Response.HasStarted; // then YARP cuts the connection: the client sees an answer without an end
        if (started || status >= 500)
            LogFailed(log, cluster, error.Error, error.Exception?.GetBaseException().Message);
        return started || context.RequestAborted.IsCancellationRequested
            ? Task.CompletedTask
            : BusyPage.RefuseAsync(context, Meaning(status));
    }

    // YARP's status tells the client's mistakes (a broken or slow body: 4xx) from the service's (502, 503, 504).
    private static Problem Meaning(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => Failures.TooLarge,
        < 500 => Failures.Unreadable.Because("HTTP body"),
        StatusCodes.Status504GatewayTimeout => GatewayFailures.Timeout,
        _ => GatewayFailures.Unavailable,
    };

    [LoggerMessage(1, LogLevel.Warning, "{Service} did not answer: {Error}, {Reason}")]
    private static partial void LogFailed(ILogger logger, string service, ForwarderError error, string? reason);
}
