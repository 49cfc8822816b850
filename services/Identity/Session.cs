using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace HomeSchool.Identity;

/// <summary>
/// A sign-in on one device, and the family of refresh tokens that follow each other in it. A token is the family's name and a
/// secret, both random and both unknown to the database, which holds their hashes: a known family with another secret is
/// therefore an old token of ours that somebody uses again, and ends the session.
/// </summary>
public sealed class Session
{
    /// <summary>A session that is not refreshed for so long is over.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromDays(30);

    /// <summary>No session lasts longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    /// <summary>A session on the pages that is not used for so long is over: the computer may be a school's.</summary>
    public static readonly TimeSpan IdleOnPages = TimeSpan.FromHours(1);

    /// <summary>No session on the pages lasts longer.</summary>
    public static readonly TimeSpan LongestOnPages = TimeSpan.FromHours(12);

    /// <summary>
    /// So long after a refresh its old token may come again without suspicion: two windows of one client that refresh at the same
    /// time. It gets no new token either way.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private const int FamilyBytes = 16;
    private const int SecretBytes = 32;

    /// <summary>The session; <c>sid</c> in tokens.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose.</summary>
    public Guid AccountId { get; init; }

    /// <summary>SHA-256 of the family's name.</summary>
    public required byte[] FamilyHash { get; init; }

    /// <summary>SHA-256 of the secret that the next refresh must show.</summary>
    public byte[] SecretHash { get; private set; } = [];

    /// <summary>SHA-256 of the secret before.</summary>
    public byte[]? EarlierSecretHash { get; private set; }

    /// <summary>
    /// Whether it is a session on the pages: the token stands in a cookie and stays the same, and no tokens for programs are to
    /// be had for it.
    /// </summary>
    public bool OnPages { get; init; }

    /// <summary>The device, as the client calls it.</summary>
    public string? Device { get; init; }

    /// <summary>The link to a provider's identity that it was begun with (<see cref="External.ExternalIdentity"/>);
    /// <see langword="null"/> for a password.</summary>
    public Guid? ExternalIdentityId { get; init; }

    /// <summary>The provider's session (<c>sid</c>), when the provider tells it.</summary>
    public string? ProviderSession { get; init; }

    /// <summary>When somebody signed in.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The last refresh, or the sign-in.</summary>
    public DateTimeOffset LastUsedAt { get; private set; }

    /// <summary>Over from then on, unless refreshed.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>When it was signed out, or a token was used twice; <see langword="null"/> while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Begins a session.</summary>
    /// <returns>The session and its first refresh token.</returns>
    public static (Session Session, string RefreshToken) Begin(
        Guid account, string? device, DateTimeOffset now, bool onPages = false, ExternalSession? from = null)
    {
        var family = RandomNumberGenerator.GetBytes(FamilyBytes);
        var session = new Session
        {
            Id = Guid.CreateVersion7(now),
            AccountId = account,
            FamilyHash = SHA256.HashData(family),
            OnPages = onPages,
            Device = device,
            ExternalIdentityId = from?.IdentityId,
            ProviderSession = from?.ProviderSession,
            CreatedAt = now,
        };
        return (session, session.NextToken(family, now));
    }

    /// <summary>The hash that a token's session is found by.</summary>
    /// <returns><see langword="null"/> for what cannot be a refresh token.</returns>
    public static byte[]? FamilyOf(string refreshToken) =>
        Read(refreshToken) is { } token ? SHA256.HashData(token.AsSpan(0, FamilyBytes)) : null;

    /// <summary>Decides what a refresh token of this family is good for.</summary>
    /// <param name="refreshToken">The token, found by <see cref="FamilyOf"/>.</param>
    /// <param name="now">The time.</param>
    /// <param name="next">The token that takes its place, when it is good.</param>
    public RefreshOutcome Refresh(string refreshToken, DateTimeOffset now, out string? next)
    {
        next = null;
        if (OnPages || EndedAt is not null || ExpiresAt <= now || Read(refreshToken) is not { } token)
            return RefreshOutcome.Over;

        var secret = SHA256.HashData(token.AsSpan(FamilyBytes));
        if (CryptographicOperations.FixedTimeEquals(secret, SecretHash))
        {
            EarlierSecretHash = SecretHash;
            next = NextToken(token[..FamilyBytes], now);
            return RefreshOutcome.Refreshed;
        }

        if (now - LastUsedAt <= Grace && EarlierSecretHash is not null
            && CryptographicOperations.FixedTimeEquals(secret, EarlierSecretHash))
        {
            return RefreshOutcome.Superseded;
        }

        End(now);
        return RefreshOutcome.Reused;
    }

    /// <summary>Whether a cookie's token opens this session on the pages.</summary>
    /// <param name="token">The token, found by <see cref="FamilyOf"/>.</param>
    /// <param name="now">The time.</param>
    public bool OpensPages(string token, DateTimeOffset now) =>
        OnPages && EndedAt is null && ExpiresAt > now && Read(token) is { } read
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(read.AsSpan(FamilyBytes)), SecretHash);

    /// <summary>When a session on the pages that is used now will be over.</summary>
    public DateTimeOffset ExpiryOnPages(DateTimeOffset now) => Earlier(now + IdleOnPages, CreatedAt + LongestOnPages);

    /// <summary>Ends the session; ending it again changes nothing.</summary>
    public void End(DateTimeOffset now) => EndedAt ??= now;

    private static byte[]? Read(string refreshToken)
    {
        var token = new byte[FamilyBytes + SecretBytes];
        return Base64Url.DecodeFromChars(refreshToken, token, out _, out var written) == OperationStatus.Done
            && written == token.Length ? token : null;
    }

    private string NextToken(byte[] family, DateTimeOffset now)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        SecretHash = SHA256.HashData(secret);
        LastUsedAt = now;
        ExpiresAt = OnPages ? ExpiryOnPages(now) : Earlier(now + Idle, CreatedAt + Longest);
        return Base64Url.EncodeToString([.. family, .. secret]);
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}

/// <summary>A session at a provider that one of ours rests on: it ends with it.</summary>
/// <param name="IdentityId">The link to who it is there.</param>
/// <param name="ProviderSession">The session there (<c>sid</c>), when the provider tells it.</param>
public sealed record ExternalSession(Guid IdentityId, string? ProviderSession);

/// <summary>What became of a refresh.</summary>
public enum RefreshOutcome
{
    /// <summary>There is a new token.</summary>
    Refreshed,

    /// <summary>The token was refreshed a moment ago by another request: no new one, and no harm.</summary>
    Superseded,

    /// <summary>The token was refreshed before and came again: somebody else has it, so the session has ended.</summary>
    Reused,

    /// <summary>The session had ended or expired before.</summary>
    Over,
}
