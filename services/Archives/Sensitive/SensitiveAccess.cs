using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Sensitive;

/// <summary>How far a wish for access has come.</summary>
public enum AccessState
{
    /// <summary>It waits for an approver.</summary>
    Asked,

    /// <summary>It holds, until its last day.</summary>
    Granted,

    /// <summary>An approver said no.</summary>
    Refused,

    /// <summary>It was taken back.</summary>
    Withdrawn,
}

/// <summary>
/// Access to kinds of a student's sensitive items that the policy does not give: asked for a purpose and a time by who needs it, decided
/// by a named approver (ARC-7).
/// </summary>
public sealed class SensitiveAccess
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The access.</summary>
    public Guid Id { get; init; }

    /// <summary>The school whose items it is about.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The staff member whose access it is.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The kinds of items.</summary>
    public required SensitiveKind[] Kinds { get; init; }

    /// <summary>What for, sealed: it may tell what is known about the student.</summary>
    public required byte[] Purpose { get; init; }

    /// <summary>The last day.</summary>
    public DateOnly Until { get; private set; }

    /// <summary>How far it has come.</summary>
    public AccessState State { get; private set; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The staff member who decided.</summary>
    public Guid? ApproverId { get; private set; }

    /// <summary>When it was decided.</summary>
    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>When it was taken back.</summary>
    public DateTimeOffset? WithdrawnAt { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>A wish that waits for an approver.</summary>
    public static SensitiveAccess Ask(
        Guid id, Enrolment at, Guid staff, SensitiveKind[] kinds, byte[] purpose, DateOnly until, DateTimeOffset now) => new()
        {
            DistrictId = at.DistrictId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = at.StudentId,
            StaffId = staff,
            Kinds = kinds,
            Purpose = purpose,
            Until = until,
            AskedAt = now,
        };

    /// <summary>Whether it opens items of a kind on a day.</summary>
    public bool Opens(SensitiveKind kind, DateOnly day) => State == AccessState.Granted && day <= Until && Kinds.Contains(kind);

    /// <summary>Grants or refuses.</summary>
    /// <param name="granted">Whether it holds from now on.</param>
    /// <param name="until">An earlier last day than was asked for.</param>
    /// <param name="approver">Who decides; never for oneself.</param>
    /// <param name="now">When.</param>
    public Failure? Decide(bool granted, DateOnly? until, Guid approver, DateTimeOffset now)
    {
        if (State != AccessState.Asked)
            return ArchivesFailures.AccessDecided;
        if (approver == StaffId)
            return ArchivesFailures.OwnAccess;
        State = granted ? AccessState.Granted : AccessState.Refused;
        if (until < Until)
            Until = until.Value;
        (ApproverId, DecidedAt) = (approver, now);
        Version++;
        return null;
    }

    /// <summary>Takes it back; what was refused stays so.</summary>
    public Failure? Withdraw(DateTimeOffset now)
    {
        if (State is not (AccessState.Asked or AccessState.Granted))
            return ArchivesFailures.AccessDecided;
        State = AccessState.Withdrawn;
        WithdrawnAt = now;
        Version++;
        return null;
    }

    internal static readonly SealedColumn SealedPurpose = new("archives.sensitive_access", "purpose", "id");

    internal static Place PurposeOf(Guid access) => SealedPurpose.Of(access);
}
