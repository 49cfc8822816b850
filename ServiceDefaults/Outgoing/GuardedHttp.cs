using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.ServiceDefaults.Outgoing;

/// <summary>A request was not sent, since where it would have gone is not to be called; trying again does not help.</summary>
/// <param name="reason">A stable code: <c>not-https</c> or <c>address-refused</c>.</param>
public sealed class OutgoingRefusedException(string reason) : Exception(reason)
{
    /// <summary>A stable code.</summary>
    public string Reason { get; } = reason;
}

/// <summary>
/// Calls addresses that people entered, so that none of them leads into the house: HTTPS only, no redirects, no proxy, and the
/// connection goes to the very address that was checked, which a second look at the name could not promise. Hosts that the
/// operator trusts (<c>Outgoing:TrustedHosts</c>, <c>host:port</c> with semicolons between) are called as they are written, by
/// HTTP and inside the house too.
/// </summary>
public static class GuardedHttp
{
    /// <summary>What of an answer is read at most; bytes.</summary>
    public const int LongestAnswer = 64 * 1024;

    private static readonly IPNetwork[] NotPublic =
    [
        // What is not for everybody (IANA's registries of special-purpose addresses), and what carries one of those inside.
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>A client.</summary>
    /// <param name="configuration">The hosts that the operator trusts.</param>
    /// <param name="patience">How long a whole request may take.</param>
    public static HttpClient Create(IConfiguration configuration, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var trusted = (configuration["Outgoing:TrustedHosts"] ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new HttpClient(new OnlyHttps(trusted))
        {
            Timeout = patience,
            MaxResponseContentBufferSize = LongestAnswer,
        };
    }

    /// <summary>Whether an address is one of the public network.</summary>
    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return (address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address))
            && !Array.Exists(NotPublic, network => network.Contains(address));
    }

    private static string Key(string host, int port) => FormattableString.Invariant($"{host}:{port}");

    private sealed class OnlyHttps(HashSet<string> trusted) : DelegatingHandler(Sockets(trusted))
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var address = request.RequestUri!;
            return address.Scheme == Uri.UriSchemeHttps || trusted.Contains(Key(address.Host, address.Port))
                ? base.SendAsync(request, cancellationToken)
                : throw new OutgoingRefusedException("not-https");
        }

        private static SocketsHttpHandler Sockets(HashSet<string> trusted) => new()
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = 16, // KiB
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = async (context, cancel) =>
            {
                var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
                var addresses = await Dns.GetHostAddressesAsync(host, cancel);
                // A name with one address inside is not to be trusted with the others.
                if (!trusted.Contains(Key(host, port)) && !Array.TrueForAll(addresses, IsPublic))
                    throw new OutgoingRefusedException("address-refused");
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(addresses, port, cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
    }
}
