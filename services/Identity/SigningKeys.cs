using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace HomeSchool.Identity;

/// <summary>
/// The keys in force. They make and replace themselves: whoever needs one and finds none, or none for the time after, adds it
/// under a lock; so a rotation needs no operator, and any number of replicas agree.
/// </summary>
public sealed class SigningKeys(IServiceScopeFactory scopes, IConfiguration configuration, TimeProvider clock)
    : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    // Much shorter than a key's notice, so that every replica publishes a key long before any signs with it.
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(5);

    private readonly byte[] wrapping = MasterKey.From(configuration).Derive("identity/signing-keys");
    private readonly SemaphoreSlim reading = new(1);
    private volatile KeyRing? ring;

    /// <summary>The key that signs now.</summary>
    /// <remarks>Ask before a transaction is open: reading keys takes a connection of its own, and a hundred requests that each
    /// hold one already would wait for each other.</remarks>
    public async Task<ECDsaSecurityKey> CurrentAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return (await RingAsync(now, cancel)).Keys.Last(key => key.Row.SignsFrom <= now).Key;
    }

    /// <summary>Every key that a token in use may be signed with, and the next one.</summary>
    public async Task<IReadOnlyList<ECDsaSecurityKey>> PublishedAsync(CancellationToken cancel) =>
        [.. (await RingAsync(clock.GetUtcNow(), cancel)).Keys.Select(key => key.Key)];

    /// <summary>The keys for this service's own check of tokens: no request to itself.</summary>
    async Task<OpenIdConnectConfiguration> IConfigurationManager<OpenIdConnectConfiguration>.GetConfigurationAsync(
        CancellationToken cancel)
    {
        var answer = new OpenIdConnectConfiguration { Issuer = Tokens.Issuer };
        foreach (var key in await PublishedAsync(cancel))
            answer.SigningKeys.Add(key);
        return answer;
    }

    /// <summary>Nothing: a key is known here a week before it signs, so a token with an unknown one is not ours.</summary>
    void IConfigurationManager<OpenIdConnectConfiguration>.RequestRefresh()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => reading.Dispose();

    private async Task<KeyRing> RingAsync(DateTimeOffset now, CancellationToken cancel)
    {
        if (ring is { } fresh && now - fresh.ReadAt < ReadAgainAfter)
            return fresh;
        await reading.WaitAsync(cancel);
        try
        {
            if (ring is { } meanwhile && now - meanwhile.ReadAt < ReadAgainAfter)
                return meanwhile;
            var earlier = ring?.Keys ?? [];
            var rows = await ReadAsync(now, cancel);
            return ring = new KeyRing(now, [.. rows.Select(row => earlier.FirstOrDefault(key => key.Row.Kid == row.Kid)
                ?? new OpenKey(row, new ECDsaSecurityKey(row.Open(wrapping)) { KeyId = row.Kid }))]);
        }
        finally
        {
            reading.Release();
        }
    }

    private async Task<List<SigningKey>> ReadAsync(DateTimeOffset now, CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var published = db.Set<SigningKey>().Where(key => key.SignsTo > now - SigningKey.Aftermath).OrderBy(key => key.SignsFrom);
        var keys = await published.ToListAsync(cancel);
        if (LastsLongEnough(keys))
            return keys;

        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtext('identity.signing-keys'))", cancel);
        keys = await published.ToListAsync(cancel);
        while (!LastsLongEnough(keys))
        {
            var signsFrom = keys.Count > 0 && keys[^1].SignsTo > now ? keys[^1].SignsTo : now;
            var next = SigningKey.Create(wrapping, now, signsFrom);
            db.Add(next);
            keys.Add(next);
        }

        await db.SaveChangesAsync(cancel);
        await db.Set<SigningKey>().Where(key => key.SignsTo <= now - SigningKey.Aftermath).ExecuteDeleteAsync(cancel);
        await transaction.CommitAsync(cancel);
        return keys;

        bool LastsLongEnough(List<SigningKey> found) => found.Count > 0 && found[^1].SignsTo > now + SigningKey.Notice;
    }

    private sealed record KeyRing(DateTimeOffset ReadAt, IReadOnlyList<OpenKey> Keys);

    private sealed record OpenKey(SigningKey Row, ECDsaSecurityKey Key);
}

/// <summary>How Identity checks the tokens of its own callers.</summary>
internal static class OwnKeys
{
    /// <summary>Checks tokens with <see cref="SigningKeys"/> instead of asking for them over HTTP.</summary>
    public static void UseOwnKeysForTokenCheck(this WebApplicationBuilder builder)
    {
        // The defaults want the address of the Identity service; here it is never called.
        builder.Configuration["services:identity:http:0"] ??= "http://localhost";
        builder.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<SigningKeys>((options, keys) => options.ConfigurationManager = keys);
    }
}
