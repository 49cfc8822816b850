using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.ServiceDefaults.Auditing;

/// <summary>
/// One line of the audit (ALL-2): who did what to which thing, when and why. Ids only, never content. The keyed MAC shows that a
/// row was written by this service and not changed; sealing rows into a chain is a step of its own, after the command.
/// </summary>
public sealed class AuditEntry
{
    /// <summary>Time-ordered key.</summary>
    public Guid Id { get; init; }

    /// <summary>When (UTC, microseconds: what the database keeps).</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Who: <c>account:…</c>, <c>link:…</c> or <c>system</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>The endpoint's name, e.g. <c>ScheduleVisit</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The permission that let the caller in; <c>open</c> where none was asked.</summary>
    public required string Permission { get; init; }

    /// <summary>The district it happened in.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school it happened in; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>What kind of thing, e.g. <c>visit</c>.</summary>
    public required string SubjectKind { get; init; }

    /// <summary>Which thing.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>The reason that the caller gave, where one is asked for.</summary>
    public string? Reason { get; init; }

    /// <summary>Ties it to the request in the logs of every service.</summary>
    public required string CorrelationId { get; init; }

    /// <summary>HMAC-SHA-256 over all of the above.</summary>
    public byte[] Mac { get; private set; } = [];

    internal AuditEntry Signed(AuditKey key)
    {
        Mac = key.Mac(this);
        return this;
    }
}

/// <summary>The service's own audit key, derived from the master key.</summary>
/// <param name="key">32 bytes.</param>
public sealed class AuditKey(byte[] key)
{
    /// <summary>The MAC that an untouched row carries.</summary>
    public byte[] Mac(AuditEntry entry)
    {
        // Each field with its length before it: no two different rows give the same bytes.
        var text = new StringBuilder();
        foreach (var field in new[]
        {
            entry.Id.ToString("N"), entry.At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), entry.Actor,
            entry.Action, entry.Permission, entry.DistrictId.ToString("N"), entry.SchoolId?.ToString("N"), entry.SubjectKind,
            entry.SubjectId?.ToString("N"), entry.Reason, entry.CorrelationId,
        })
        {
            text.Append(CultureInfo.InvariantCulture, $"{field?.Length ?? -1}:{field};");
        }

        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Whether the row is as this service wrote it.</summary>
    public bool Verify(AuditEntry entry) => CryptographicOperations.FixedTimeEquals(Mac(entry), entry.Mac);
}

/// <summary>What the current request did, for its audit row. Handlers say it with <see cref="About"/>.</summary>
public sealed class AuditTrail
{
    internal string Kind { get; private set; } = "";

    internal Guid? Subject { get; private set; }

    internal Guid? District { get; private set; }

    internal Guid? School { get; private set; }

    internal string? Reason { get; private set; }

    /// <summary>Names the thing that is changed or read.</summary>
    /// <param name="kind">What it is, e.g. <c>visit</c>.</param>
    /// <param name="subject">Which one.</param>
    /// <param name="district">Its district.</param>
    /// <param name="school">Its school; <see langword="null"/> for the whole district.</param>
    /// <param name="reason">The reason that the caller gave, where one is asked for.</param>
    public void About(string kind, Guid? subject, Guid district, Guid? school, string? reason = null) =>
        (Kind, Subject, District, School, Reason) = (kind, subject, district, school, reason);
}
