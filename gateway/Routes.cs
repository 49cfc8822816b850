using System.Threading.RateLimiting;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace HomeSchool.Gateway;

/// <summary>A service behind the gateway.</summary>
/// <param name="Name">Lower case, e.g. <c>visits</c>: its addresses are <c>services:visits:http:0</c> and so on, its routes begin
/// with <c>/api/visits</c>, its description is <c>/openapi/visits.json</c>.</param>
/// <param name="Title">For people.</param>
internal sealed record Service(string Name, string Title);

/// <summary>The one place that says what is behind the gateway, and which addresses have limits of their own.</summary>
internal static class Routes
{
    /// <summary>All services.</summary>
    public static readonly Service[] Services =
    [
        new("identity", "身份 Identity"),
        new("archives", "学生档案 Archives"),
        new("visits", "家访 Visits"),
        new("surveys", "问卷 Surveys"),
        new("insights", "数据 Insights"),
        new("activities", "活动 Activities"),
        new("messages", "消息 Messages"),
    ];

    /// <summary>Where machine clients get tokens: there <c>Authorization</c> carries no token of ours.</summary>
    public const string TokenEndpoint = "/api/identity/oauth/token";

    // Bounds and patience of their own: an import is large and takes minutes, a feed stays open.
    private const string Imports = "archives-imports";
    private const string Feed = "insights-feed";

    /// <summary>Paths to services. More exact ones come first by themselves; everything else is 404.</summary>
    public static RouteConfig[] All(GatewaySettings settings)
    {
        return
        [
            .. Services.Select(service => Route(service.Name, $"/api/{service.Name}/{{**rest}}")),
            .. Services.Select(service => Route(service.Name, $"/openapi/{service.Name}.json")),
            Route("identity", "/account/{**rest}"),
            Route("archives", "/ims/oneroster/{**rest}"), // the standard says where it is
            SignIn("/account/sign-in"),
            SignIn("/account/code"),
            SignIn("/account/roles"),
            SignIn("/api/identity/sign-in"),
            SignIn("/api/identity/sign-in/code"),
            SignIn("/api/identity/refresh"),
            SignIn(TokenEndpoint),
            SignIn("/api/identity/invitations/accept"),
            SignIn("/api/identity/me/invitations"),
            SignIn("/api/identity/first-admin"),
            SignIn("/api/identity/external/sign-in"),
            SignIn("/api/identity/external/invitations"),
            SignIn("/api/identity/me/providers"),
            // Each makes Identity ask the provider.
            SignIn("/api/identity/external/{provider}/callback", HttpMethods.Get),
            SignIn("/api/identity/external/{provider}/logout"),
            Link("visits", "answers"),
            Link("surveys", "answers"),
            Route(Imports, "/api/archives/districts/{district}/imports/{**rest}"),
            Route(Imports, "/api/archives/districts/{district}/imports", HttpMethods.Post) with
            {
                MaxRequestBodySize = settings.UploadBytes,
            },
            Route("archives", "/api/archives/districts/{district}/students/{student}/attachments", HttpMethods.Post) with
            {
                MaxRequestBodySize = settings.FileBytes,
            },
            Route(Feed, "/api/insights/feed"),
        ];

        RouteConfig Route(string cluster, string path, string? method = null) => new()
        {
            RouteId = path,
            ClusterId = cluster,
            Match = new RouteMatch { Path = path, Methods = method is null ? null : [method] },
            MaxRequestBodySize = settings.RequestBytes,
        };

        RouteConfig SignIn(string path, string? method = null) => Route("identity", path, method ?? HttpMethods.Post) with
        {
            RateLimiterPolicy = RateLimits.SignIn,
        };

        RouteConfig Link(string service, string page) => Route(
            service, $"/api/{service}/{page}/{{{RateLimits.LinkValue}}}/{{**rest}}") with
        {
            RateLimiterPolicy = RateLimits.Link,
        };
    }

    /// <summary>Where services are, and how long to wait for them.</summary>
    /// <exception cref="InvalidOperationException">Names the setting that is missing.</exception>
    public static ClusterConfig[] Clusters(IConfiguration configuration, GatewaySettings settings)
    {
        var patience = TimeSpan.FromSeconds(settings.PatienceSeconds);
        return
        [
            .. Services.Select(service => Cluster(service.Name, service.Name, patience)),
            Cluster(Imports, "archives", 10 * patience),
            Cluster(Feed, "insights", TimeSpan.FromDays(1)),
        ];

        ClusterConfig Cluster(string name, string service, TimeSpan timeout) => new()
        {
            ClusterId = name,
            LoadBalancingPolicy = "PowerOfTwoChoices",
            Destinations = Addresses(configuration, service).ToDictionary(
                address => address, address => new DestinationConfig { Address = address }, StringComparer.Ordinal),
            HttpRequest = new ForwarderRequestConfig
            {
                Version = System.Net.HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                ActivityTimeout = timeout,
            },
        };
    }

    /// <summary>How many requests a cluster may have in its hands, and how many may wait for their turn, first come, first
    /// served. A feed is no matter of moments: none waits for one.</summary>
    public static ConcurrencyLimiterOptions MostInFlight(string cluster, GatewaySettings settings) => new()
    {
        PermitLimit = cluster == Feed ? settings.Feeds : settings.InFlight,
        QueueLimit = cluster == Feed ? 0 : settings.Waiting,
    };

    private static string[] Addresses(IConfiguration configuration, string service)
    {
        return Of("https") is { Length: > 0 } encrypted ? encrypted
            : Of("http") is { Length: > 0 } plain ? plain
            : throw new InvalidOperationException($"services:{service}:http:0 must be the address of the service {service}.");

        string[] Of(string scheme) =>
        [
            .. configuration.GetSection($"services:{service}:{scheme}").GetChildren()
                .Select(address => address.Value).OfType<string>(),
        ];
    }
}
