namespace HomeSchool.Identity;

/// <summary>The gateway's address, for links that people open (<c>PublicUrl</c>; deploy/up's own when it is not set).</summary>
public sealed class PublicAddress(IConfiguration configuration)
{
    private readonly string address = (configuration["PublicUrl"] ?? "http://127.0.0.1:8080").TrimEnd('/');

    /// <summary>Scheme, host and port, as browsers write an origin.</summary>
    public string Origin => new Uri(address).GetLeftPart(UriPartial.Authority);

    /// <summary>Whether people come over TLS: always, but for an installation on loopback that somebody tries out.</summary>
    public bool IsEncrypted => address.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);

    /// <summary>A link to a path of the gateway.</summary>
    public string Of(string path) => address + path;
}
