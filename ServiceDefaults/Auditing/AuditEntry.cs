using System.Security.Cryptography;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Auditing;

/// <summary>
/// One line of the audit (ALL-2): who did what to which thing, when and why. Ids only, never content. The keyed MAC shows that a
/// row was written by this service and not changed; sealing rows into a chain is a step of its own, after the command
/// (<see cref="AuditSealer"/>).
/// </summary>
public sealed class AuditEntry
{
    /// <summary>Time-ordered key.</summary>
    public Guid Id { get; init; }

    /// <summary>When (UTC, microseconds: what the database keeps).</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Who: <c>account:…</c>, <c>client:…</c> (a machine), <c>provider:…</c>, <c>link:…</c>, <c>system</c>, or
    /// <c>operator</c>: a step on the server.</summary>
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

    /// <summary>All of the above as bytes, the same for ever; see the README of ServiceDefaults.</summary>
    public byte[] Canonical() => AuditChain.Canonical(
        Id.ToString("N"), AuditChain.Microseconds(At), Actor, Action, Permission, DistrictId.ToString("N"),
        SchoolId?.ToString("N"), SubjectKind, SubjectId?.ToString("N"), Reason, CorrelationId);

    /// <summary>What somebody did on the server itself, by a step of the service.</summary>
    /// <param name="key">The service's key.</param>
    /// <param name="now">When.</param>
    /// <param name="action">The step, named like an endpoint.</param>
    /// <param name="district">The district it happened in.</param>
    /// <param name="kind">What kind of thing.</param>
    /// <param name="subject">Which thing.</param>
    /// <param name="reason">What else is to be known; no names.</param>
    public static AuditEntry ByOperator(
        AuditKey key, DateTimeOffset now, string action, Guid district, string kind, Guid subject, string? reason = null) =>
        By("operator", key, now, action, district, null, kind, subject, reason);

    /// <summary>What the service did by itself, on its day.</summary>
    /// <param name="key">The service's key.</param>
    /// <param name="now">When.</param>
    /// <param name="action">What it did, named like an endpoint.</param>
    /// <param name="district">The district it happened in.</param>
    /// <param name="school">The school, if it is of one.</param>
    /// <param name="kind">What kind of thing.</param>
    /// <param name="subject">Which thing.</param>
    /// <param name="reason">What else is to be known; no names.</param>
    public static AuditEntry ByItself(
        AuditKey key, DateTimeOffset now, string action, Guid district, Guid? school, string kind, Guid subject, string? reason) =>
        By("schedule", key, now, action, district, school, kind, subject, reason);

    private static AuditEntry By(
        string actor, AuditKey key, DateTimeOffset now, string action, Guid district, Guid? school, string kind, Guid subject,
        string? reason) =>
        new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            Actor = actor,
            Action = action,
            Permission = actor,
            DistrictId = district,
            SchoolId = school,
            SubjectKind = kind,
            SubjectId = subject,
            Reason = reason,
            CorrelationId = Guid.CreateVersion7(now).ToString("N"),
        }.Signed(key);

    /// <summary>Seals the row with the service's key, for code that writes it by <see cref="Insert"/>.</summary>
    public AuditEntry Signed(AuditKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Mac = key.Mac(this);
        return this;
    }

    /// <summary>A command that adds signed rows, for code that works without a <see cref="ServiceDb"/>.</summary>
    public static NpgsqlBatchCommand Insert(IReadOnlyCollection<AuditEntry> entries)
    {
        return new NpgsqlBatchCommand(
            """
            INSERT INTO platform.audit (id, at, actor, action, permission, district_id, school_id, subject_kind, subject_id,
                reason, correlation_id, mac)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """)
        {
            Parameters =
            {
                Of(entry => entry.Id), Of(entry => entry.At), Of(entry => entry.Actor), Of(entry => entry.Action),
                Of(entry => entry.Permission), Of(entry => entry.DistrictId), Of(entry => entry.SchoolId),
                Of(entry => entry.SubjectKind), Of(entry => entry.SubjectId), Of(entry => entry.Reason),
                Of(entry => entry.CorrelationId), Of(entry => entry.Mac),
            },
        };

        NpgsqlParameter<T[]> Of<T>(Func<AuditEntry, T> value) => new() { TypedValue = [.. entries.Select(value)] };
    }

    /// <summary>The columns that <see cref="Read"/> reads, of the table <c>a</c>.</summary>
    internal const string Columns =
        "a.id, a.at, a.actor, a.action, a.permission, a.district_id, a.school_id, a.subject_kind, a.subject_id, a.reason, "
        + "a.correlation_id, a.mac";

    /// <summary>Reads a row.</summary>
    /// <param name="reader">Stands on the row.</param>
    /// <param name="first">Where <see cref="Columns"/> begin.</param>
    internal static AuditEntry Read(NpgsqlDataReader reader, int first)
    {
        return new AuditEntry
        {
            Id = reader.GetGuid(first),
            At = reader.GetFieldValue<DateTimeOffset>(first + 1),
            Actor = reader.GetString(first + 2),
            Action = reader.GetString(first + 3),
            Permission = reader.GetString(first + 4),
            DistrictId = reader.GetGuid(first + 5),
            SchoolId = Id(6),
            SubjectKind = reader.GetString(first + 7),
            SubjectId = Id(8),
            Reason = reader.IsDBNull(first + 9) ? null : reader.GetString(first + 9),
            CorrelationId = reader.GetString(first + 10),
            Mac = reader.GetFieldValue<byte[]>(first + 11),
        };

        Guid? Id(int column) => reader.IsDBNull(first + column) ? null : reader.GetGuid(first + column);
    }
}

/// <summary>The service's own audit key, derived from the master key.</summary>
/// <param name="key">32 bytes.</param>
public sealed class AuditKey(byte[] key)
{
    /// <summary>The MAC that an untouched row carries.</summary>
    public byte[] Mac(AuditEntry entry) => HMACSHA256.HashData(key, entry.Canonical());

    /// <summary>
    /// What an idempotency row keeps instead of a request: of an address that is a link, and of a body with few possible contents, a
    /// plain hash would tell them.
    /// </summary>
    internal byte[] MacOf(ReadOnlySpan<byte> request) => HMACSHA256.HashData(key, (byte[])[.. "request:"u8, .. request]);

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

    internal bool IsApart { get; private set; }

    /// <summary>
    /// The request leaves no row here, nor an idempotency key, since whoever may read the audit must not learn that there is a
    /// case (VIS-17). The handler writes a trail of its own, in the same transaction.
    /// </summary>
    public void KeepApart() => IsApart = true;

    /// <summary>Names the thing that is changed or read.</summary>
    /// <param name="kind">What it is, e.g. <c>visit</c>.</param>
    /// <param name="subject">Which one.</param>
    /// <param name="district">Its district.</param>
    /// <param name="school">Its school; <see langword="null"/> for the whole district.</param>
    /// <param name="reason">The reason that the caller gave, where one is asked for.</param>
    public void About(string kind, Guid? subject, Guid district, Guid? school, string? reason = null) =>
        (Kind, Subject, District, School, Reason) = (kind, subject, district, school, reason);
}
