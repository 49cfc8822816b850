using System.Net;
using Yarp.ReverseProxy;

namespace HomeSchool.Gateway;

/// <summary>How the gateway is, and, for the operator, how the services are.</summary>
internal static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// <c>/alive</c> and <c>/health</c> speak of this process alone: a load balancer must not take the gateway out because a
    /// service is down, since it answers for the others. <c>/health/services</c> asks the services.
    /// </summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/alive", new() { Predicate = _ => false }).DisableRateLimiting();
        app.MapHealthChecks("/health").DisableRateLimiting();
        app.MapGet("/health/services", ReportAsync);
    }

    private static async Task<IResult> ReportAsync(IProxyStateLookup services, CancellationToken cancel)
    {
        var states = await Task.WhenAll(Routes.Services.Select(service => StateAsync(services, service.Name, cancel)));
        return TypedResults.Json(
            Routes.Services.Zip(states).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal),
            statusCode: Array.TrueForAll(states, state => state == ServiceState.Ready)
                ? StatusCodes.Status200OK
                : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<ServiceState> StateAsync(IProxyStateLookup services, string name, CancellationToken cancel)
    {
        if (!services.TryGetCluster(name, out var cluster))
            return ServiceState.Unreachable;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var states = await Task.WhenAll(cluster.DestinationsState.AllDestinations.Select(async destination =>
        {
            var address = destination.Model.Config.Address.TrimEnd('/');
            using var question = new HttpRequestMessage(HttpMethod.Get, address + "/health");
            try
            {
                using var answer = await cluster.Model.HttpClient.SendAsync(question, limit.Token);
                return answer.StatusCode == HttpStatusCode.OK ? ServiceState.Ready : ServiceState.NotReady;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                return ServiceState.Unreachable;
            }
        }));
        return states.Max();
    }

    // In order: the worst of a service's instances is the service's state.
    private enum ServiceState
    {
        Ready,
        NotReady,
        Unreachable,
    }
}
