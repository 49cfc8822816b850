using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.RateLimiting;

namespace HomeSchool.Gateway;

/// <summary>Who a request is counted for.</summary>
/// <param name="IsAccount">An account, or else a network address.</param>
/// <param name="Id">The account's id; the IPv4 address; or the /64 of an IPv6 address, which is what one subscriber has.</param>
internal readonly record struct Client(bool IsAccount, UInt128 Id)
{
    /// <summary>The account of a known token, otherwise the address.</summary>
    public static Client Of(HttpContext context)
    {
        if (context.Features.Get<PresentedToken>() is not { Account: { } account })
            return AddressOf(context);
        Span<byte> bytes = stackalloc byte[16];
        account.TryWriteBytes(bytes);
        return new Client(true, Number(bytes));
    }

    /// <summary>The address, whoever asks.</summary>
    public static Client AddressOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            bytes[8..].Clear();
        return new Client(false, Number(bytes));
    }

    private static UInt128 Number(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128BigEndian(bytes);
}

/// <summary>
/// Token buckets: one for each account and each address, and narrower ones, on top of these, where guessing or hammering would
/// pay. They live in this process; see the README for several gateways.
/// </summary>
internal static class RateLimits
{
    /// <summary>For what takes a password or a one-time code, by address.</summary>
    public const string SignIn = "sign-in";

    /// <summary>For what a personal link opens, by link.</summary>
    public const string Link = "link";

    /// <summary>The route value that holds a personal link's token.</summary>
    public const string LinkValue = "link";

    /// <summary>Adds the limits; <c>UseRateLimiter</c> applies them.</summary>
    public static void AddRateLimits(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        var account = Bucket(settings.AccountPerMinute, settings.AccountBurst);
        var address = Bucket(settings.AddressPerMinute, settings.AddressBurst);
        var signIn = Bucket(settings.SignInPerMinute, settings.SignInBurst);
        var link = Bucket(settings.LinkPerMinute, settings.LinkBurst);
        Func<Client, TokenBucketRateLimiterOptions> ofClient = client => client.IsAccount ? account : address;

        builder.Services.AddRateLimiter(options =>
        {
            options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, Client>(
                context => RateLimitPartition.GetTokenBucketLimiter(Client.Of(context), ofClient));
            options.AddPolicy(SignIn, context => RateLimitPartition.GetTokenBucketLimiter(
                Client.AddressOf(context), _ => signIn));
            options.AddPolicy(Link, context => RateLimitPartition.GetTokenBucketLimiter(
                context.GetRouteValue(LinkValue) as string ?? "", _ => link));
            options.OnRejected = RefuseAsync;
        });
    }

    // One by one, so that Retry-After is the time until the next.
    private static TokenBucketRateLimiterOptions Bucket(int perMinute, int burst) => new()
    {
        TokenLimit = burst,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
    };

    private static async ValueTask RefuseAsync(OnRejectedContext rejected, CancellationToken cancel)
    {
        var seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Ceiling(wait.TotalSeconds) : 1;
        rejected.HttpContext.Response.Headers.RetryAfter = Math.Max(1, seconds).ToString(CultureInfo.InvariantCulture);
        await new Problem(GatewayFailures.TooManyRequests).ExecuteAsync(rejected.HttpContext);
    }
}
