using System.Security.Cryptography;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Identity.Clients;

/// <summary>
/// A program, such as a dashboard, that signs in by itself (RFC 6749 §4.4). It belongs to a district or a school, not to the
/// administrator who made it: it goes on when he leaves.
/// </summary>
public sealed class Client
{
    /// <summary>The longest name, in characters.</summary>
    public const int LongestName = 100;

    /// <summary>The client; <c>client_id</c> and <c>sub</c> in tokens.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>What it is, for administrators.</summary>
    public required string Name { get; init; }

    /// <summary>What it may at most, as <see cref="Scopes"/> writes it.</summary>
    public required string Scope { get; init; }

    /// <summary>SHA-256 of its secret.</summary>
    public byte[] SecretHash { get; private set; } = [];

    /// <summary>Grows with each new secret and with the withdrawal; <c>pv</c> in tokens: earlier ones are void.</summary>
    public int Version { get; private set; }

    /// <summary>When tokens were last made void; <see langword="null"/> while they never were.</summary>
    public DateTimeOffset? RevokedAt { get; private set; }

    /// <summary>Attempts that failed since the last that succeeded or locked.</summary>
    public int FailedAttempts { get; private set; }

    /// <summary>No attempt succeeds before; <see langword="null"/> when it never was locked since the last success.</summary>
    public DateTimeOffset? LockedUntil { get; private set; }

    /// <summary>The account that made it.</summary>
    public Guid CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>It ends then; <see langword="null"/> when nobody set an end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When somebody withdrew it; <see langword="null"/> while nobody did.</summary>
    public DateTimeOffset? WithdrawnAt { get; private set; }

    /// <summary>Gives it its first secret.</summary>
    /// <returns>The secret, which is known to nobody afterwards.</returns>
    public string NewSecret()
    {
        var secret = Secrets.NewToken();
        SecretHash = Secrets.Hash(secret);
        return secret;
    }

    /// <summary>Gives it another secret: the old one, and every token got with it, is void at once.</summary>
    /// <returns>The secret, which is known to nobody afterwards.</returns>
    public string RenewSecret(DateTimeOffset now)
    {
        Revoke(now);
        (FailedAttempts, LockedUntil) = (0, null);
        return NewSecret();
    }

    /// <summary>Ends it: its tokens are void at once.</summary>
    public void Withdraw(DateTimeOffset now)
    {
        Revoke(now);
        WithdrawnAt = now;
    }

    /// <summary>
    /// Whether this is the secret of a client that goes on. Counts as sign-ins are counted: as many failures lock it for as long.
    /// </summary>
    /// <param name="hash">SHA-256 of what was shown.</param>
    /// <param name="now">The time.</param>
    public bool Accepts(byte[] hash, DateTimeOffset now)
    {
        if (WithdrawnAt is not null || ExpiresAt <= now || LockedUntil > now)
            return false;
        if (CryptographicOperations.FixedTimeEquals(hash, SecretHash))
        {
            (FailedAttempts, LockedUntil) = (0, null);
            return true;
        }

        if (++FailedAttempts == Account.MostFailures)
            (FailedAttempts, LockedUntil) = (0, now + Account.LockTime);
        return false;
    }

    /// <summary>The role that it has.</summary>
    public Grant ToGrant() => new(Role.MachineClient, null, DistrictId, SchoolId, null, null);

    private void Revoke(DateTimeOffset now) => (Version, RevokedAt) = (Version + 1, now);
}
