using System.ComponentModel.DataAnnotations;

namespace HomeSchool.Gateway;

/// <summary>
/// Configuration section <c>Gateway</c>; each default is meant for one district. Rates refill continuously, bursts are what a
/// client may spend at once after a pause. All limits hold for one process.
/// </summary>
public sealed class GatewaySettings
{
    private const int FastestPerMinute = 100_000_000; // as good as no limit

    /// <summary>Whether to serve plain HTTP beyond loopback: only where something in front speaks TLS.</summary>
    public bool AllowPlainHttp { get; set; }

    /// <summary>Addresses or networks (CIDR) of the proxies in front; from these, and no one else, <c>X-Forwarded-For</c> and
    /// <c>-Proto</c> are believed. Without them all who come through a proxy would share the limits of its address.</summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Connections at once; more are closed at once. An idle one costs some 10 KB.</summary>
    [Range(1, int.MaxValue)]
    public int Connections { get; set; } = 20_000;

    /// <summary>Bytes of a request's body.</summary>
    [Range(1, long.MaxValue)]
    public long RequestBytes { get; set; } = 1L << 20;

    /// <summary>Bytes of a form with a file; the services have their own, lower limit.</summary>
    [Range(1, long.MaxValue)]
    public long FileBytes { get; set; } = 32L << 20;

    /// <summary>Bytes of an uploaded roster; the Archives service has its own, lower limit.</summary>
    [Range(1, long.MaxValue)]
    public long UploadBytes { get; set; } = 512L << 20;

    /// <summary>Requests that one service may have in its hands: as many as it has connections to its database. More at once
    /// would only wait there, and make each other slower.</summary>
    [Range(1, int.MaxValue)]
    public int InFlight { get; set; } = 100;

    /// <summary>Requests that may wait for their turn at one service, for five seconds at most: what comes in one moment is a
    /// burst, and is taken. More are answered 503 at once, so that overload shows as refusals and not as waiting, and a service
    /// that hangs does not take the others along.</summary>
    [Range(0, int.MaxValue)]
    public int Waiting { get; set; } = 500;

    /// <summary>Seconds without a byte in either direction after which a request is given up (504). Roster imports get ten
    /// times as many, for the work that begins when the last byte is there; a feed gets a day.</summary>
    [Range(1, 3_600)]
    public int PatienceSeconds { get; set; } = 60;

    /// <summary>Event feeds that may be open at once.</summary>
    [Range(1, int.MaxValue)]
    public int Feeds { get; set; } = 5_000;

    /// <summary>Requests a minute of one account: a page of the console takes some 20.</summary>
    [Range(1, FastestPerMinute)]
    public int AccountPerMinute { get; set; } = 3_000;

    /// <summary>Requests at once of one account.</summary>
    [Range(1, int.MaxValue)]
    public int AccountBurst { get; set; } = 500;

    /// <summary>Requests a minute without a known token from one address: a school, or a carrier's share of 100,000 guardians who
    /// answer in one evening, may be behind it.</summary>
    [Range(1, FastestPerMinute)]
    public int AddressPerMinute { get; set; } = 30_000;

    /// <summary>Requests at once without a known token from one address.</summary>
    [Range(1, int.MaxValue)]
    public int AddressBurst { get; set; } = 5_000;

    /// <summary>Sign-ins (and what else takes a password or a one-time code) a minute from one address.</summary>
    [Range(1, FastestPerMinute)]
    public int SignInPerMinute { get; set; } = 600;

    /// <summary>Sign-ins at once from one address: a school's staff at eight in the morning.</summary>
    [Range(1, int.MaxValue)]
    public int SignInBurst { get; set; } = 300;

    /// <summary>Requests a minute with one personal link.</summary>
    [Range(1, FastestPerMinute)]
    public int LinkPerMinute { get; set; } = 60;

    /// <summary>Requests at once with one personal link.</summary>
    [Range(1, int.MaxValue)]
    public int LinkBurst { get; set; } = 30;

    /// <summary>Reads and checks the section.</summary>
    /// <exception cref="ValidationException">Names the setting that is out of its range.</exception>
    public static GatewaySettings From(IConfiguration configuration)
    {
        var settings = configuration.GetSection("Gateway").Get<GatewaySettings>() ?? new GatewaySettings();
        Validator.ValidateObject(settings, new ValidationContext(settings), validateAllProperties: true);
        return settings;
    }
}
