using System.Diagnostics;
using System.Net;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace HomeSchool.Gateway;

/// <summary>What every answer carries, and what no request may bring along.</summary>
internal static class Headers
{
    // Only a proxy or a service of ours may say these; from a client they are hearsay.
    private static readonly string[] Untrusted =
    [
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Port",
        "X-Forwarded-Server", "X-Original-For", "X-Original-Proto", "Forwarded", "X-Real-IP",
        "tracestate", "baggage", "Request-Id", "Correlation-Context", "X-Correlation-Id",
    ];

    /// <summary>Security headers on every answer. A service's own content policy, referrer policy and caching stand.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(static state => Secure((HttpContext)state), context);
        return next(context);
    });

    /// <summary>
    /// Finds the client's address behind trusted proxies, drops what only such proxies may say, and puts our trace into the
    /// place of the client's.
    /// </summary>
    public static void UseTrustedHeaders(this WebApplication app, GatewaySettings settings)
    {
        if (settings.TrustedProxies.Count > 0)
            app.UseForwardedHeaders(Believe(settings.TrustedProxies));
        app.Use((context, next) =>
        {
            foreach (var name in Untrusted)
                context.Request.Headers.Remove(name);
            context.Request.Headers.TraceParent = Activity.Current?.Id;
            return next(context);
        });
    }

    private static Task Secure(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["X-Correlation-Id"] = Correlation.Of(context);
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        if (headers["Referrer-Policy"].Count == 0)
            headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (headers.ContentSecurityPolicy.Count == 0)
            headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        if (headers.CacheControl.Count == 0)
            headers.CacheControl = "no-store";
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";
        headers.Remove("Server");
        return Task.CompletedTask;
    }

    private static ForwardedHeadersOptions Believe(IEnumerable<string> proxies)
    {
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null, // as many proxies as are known: the first that is not is the client
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
                options.KnownProxies.Add(address);
            else
                options.KnownIPNetworks.Add(IPNetwork.Parse(proxy));
        }

        return options;
    }
}
