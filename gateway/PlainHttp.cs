using System.Net;

namespace HomeSchool.Gateway;

/// <summary>TLS is on by default: plain HTTP is served on loopback, and elsewhere only when somebody has said so.</summary>
internal static class PlainHttp
{
    /// <summary>Why the gateway must not start with these addresses, or <see langword="null"/>.</summary>
    public static string? Refusal(IConfiguration configuration, GatewaySettings settings) =>
        settings.AllowPlainHttp || Addresses(configuration).FirstOrDefault(IsExposed) is not { } address ? null
        : $"""
        拒绝启动:{address} 会在网络上以明文传输口令和学生数据。
        请改用 https 地址并配置证书；若前面另有 TLS 代理，请设置 Gateway__AllowPlainHttp=true。
        Refusing to start: {address} would send passwords and students' data in the clear.
        Use an https address with a certificate, or, where a proxy in front speaks TLS, set Gateway__AllowPlainHttp=true.
        """;

    // What Kestrel listens on, in its own order of precedence.
    private static IEnumerable<string> Addresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren()
            .Select(endpoint => endpoint["Url"]).OfType<string>().ToArray();
        return endpoints.Length > 0 ? endpoints
            : configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls ? Split(urls)
            : Split(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}");

        static string[] Split(string? list) =>
            list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
    }

    private static bool IsExposed(string url)
    {
        var address = BindingAddress.Parse(url);
        return address.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase)
            && !address.IsUnixPipe
            && !address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            && !(IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
    }
}
