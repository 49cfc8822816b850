using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HomeSchool.ServiceDefaults.Security;

/// <summary>
/// What Identity has taken back while tokens that say otherwise are still good: sessions that ended, accounts that lost a role,
/// and machine clients that were withdrawn or got another secret.
/// Every process asks Identity each second, so that a revocation holds everywhere within two.
/// </summary>
/// <remarks>
/// Asking instead of an event on the broker: a process knows when its list was last whole, which no silence of a queue could tell
/// it, and revocation does not wait for the broker.
/// </remarks>
public sealed partial class Revocations(ReadRevocations read, TimeProvider clock, ILogger<Revocations> logger) : BackgroundService
{
    /// <summary>What ended longer ago than this is not listed any more: no token from before it is still good.</summary>
    public static readonly TimeSpan Kept = Tokens.Lifetime + TimeSpan.FromMinutes(5);

    /// <summary>A list that is older than this is no ground to show anything sensitive on.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A row may become visible later than its time says, by as long as its transaction took.
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, (int Version, long Seen)> accounts = new();
    private readonly ConcurrentDictionary<Guid, long> sessions = new();
    private DateTimeOffset? asOf;
    private long? readAt;

    /// <summary>Whether the list may lack what was taken back in the last <see cref="Stale"/>.</summary>
    public bool IsStale => readAt is not { } at || clock.GetElapsedTime(at) > Stale;

    /// <summary>Whether the caller's token says more than what holds.</summary>
    public bool Cover(Caller caller) =>
        ((caller.AccountId ?? caller.ClientId) is { } subject && accounts.TryGetValue(subject, out var known)
            && caller.PermissionVersion < known.Version)
        || (caller.SessionId is { } session && sessions.ContainsKey(session));

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isKnown = true;
        using var timer = new PeriodicTimer(Pause);
        do
        {
            try
            {
                await ReadAsync(stoppingToken);
                isKnown = true;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (isKnown)
                    LogUnknown(logger, e);
                isKnown = false;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        var begin = clock.GetTimestamp();
        var list = await read(asOf - Overlap, cancel);
        foreach (var account in list.Accounts)
            accounts[account.Id] = (account.Version, begin);
        foreach (var session in list.Sessions)
            sessions[session] = begin;
        foreach (var (id, (_, seen)) in accounts)
        {
            if (clock.GetElapsedTime(seen) > Kept)
                accounts.TryRemove(id, out _);
        }

        foreach (var (id, seen) in sessions)
        {
            if (clock.GetElapsedTime(seen) > Kept)
                sessions.TryRemove(id, out _);
        }

        asOf = list.AsOf;
        readAt = begin;
    }

    [LoggerMessage(200, LogLevel.Warning, "Identity does not say what was revoked; sensitive reads end in 30 seconds")]
    private static partial void LogUnknown(ILogger logger, Exception exception);
}

/// <summary>How a service learns what was taken back.</summary>
/// <param name="since">What ended after; <see langword="null"/> for all of the last <see cref="Revocations.Kept"/>.</param>
/// <param name="cancel">Gives up.</param>
public delegate Task<RevocationList> ReadRevocations(DateTimeOffset? since, CancellationToken cancel);

/// <summary>What was taken back.</summary>
/// <param name="AsOf">When Identity looked.</param>
/// <param name="Accounts">Accounts that lost a role, and machine clients.</param>
/// <param name="Sessions">Sessions that ended before their time.</param>
public sealed record RevocationList(DateTimeOffset AsOf, IReadOnlyList<RevokedAccount> Accounts, IReadOnlyList<Guid> Sessions);

/// <summary>An account that lost a role, or a machine client that was withdrawn or got another secret.</summary>
/// <param name="Id">The account or client.</param>
/// <param name="Version">Tokens with a lower permission version say more than what holds.</param>
public sealed record RevokedAccount(Guid Id, int Version);

/// <summary>Asks the Identity service over HTTP.</summary>
internal sealed class RevocationsOverHttp(IConfiguration configuration) : IDisposable
{
    /// <summary>Where Identity lists them; the gateway does not forward it.</summary>
    public const string Path = "/.well-known/revocations";

    private readonly HttpClient client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        BaseAddress = new Uri(Tokens.IdentityAddress(configuration)),
        Timeout = TimeSpan.FromSeconds(5),
    };

    public async Task<RevocationList> ReadAsync(DateTimeOffset? since, CancellationToken cancel)
    {
        var query = since is { } time ? "?since=" + Uri.EscapeDataString(time.ToString("O", CultureInfo.InvariantCulture)) : "";
        return (await client.GetFromJsonAsync<RevocationList>(Path + query, Json.Options, cancel))!;
    }

    public void Dispose() => client.Dispose();
}
