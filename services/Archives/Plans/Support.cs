using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Plans;

/// <summary>What a school can offer (ARC-12).</summary>
public enum ResourceKind
{
    /// <summary>心理室.</summary>
    CounselingRoom,

    /// <summary>图书馆.</summary>
    Library,

    /// <summary>社团.</summary>
    Club,

    /// <summary>学业辅导.</summary>
    Tutoring,

    /// <summary>社区资源.</summary>
    Community,
}

/// <summary>A resource of a school or its community (ARC-12).</summary>
public sealed class SupportResource
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school whose list it is on.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The resource.</summary>
    public Guid Id { get; init; }

    /// <summary>What kind.</summary>
    public ResourceKind Kind { get; init; }

    /// <summary>The name, e.g. 校园心理辅导室; nobody's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Since when it is not offered any more.</summary>
    public DateTimeOffset? WithdrawnAt { get; set; }
}

/// <summary>How far support has come.</summary>
public enum SupportState
{
    /// <summary>Somebody asked for it.</summary>
    Requested,

    /// <summary>It was referred to a resource.</summary>
    Referred,

    /// <summary>It is over.</summary>
    Closed,
}

/// <summary>What became of support.</summary>
public enum SupportResult
{
    /// <summary>It helped.</summary>
    Helped,

    /// <summary>It did not.</summary>
    NotHelped,

    /// <summary>It did not come about.</summary>
    NotTaken,
}

/// <summary>Support for a student (帮扶, ARC-12): request, referral and result. Its texts are sealed.</summary>
public sealed class Support
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The support.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>How far it has come.</summary>
    public SupportState State { get; private set; }

    /// <summary>Who asked: a staff member or a guardian.</summary>
    public Guid AskedBy { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The resource to which it was referred.</summary>
    public Guid? ResourceId { get; private set; }

    /// <summary>The staff member who sees to it, from the referral on.</summary>
    public Guid? ResponsibleId { get; private set; }

    /// <summary>When it was referred.</summary>
    public DateTimeOffset? ReferredAt { get; private set; }

    /// <summary>What became of it.</summary>
    public SupportResult? Result { get; private set; }

    /// <summary>When it was closed.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>Whether guardians see referral and result.</summary>
    public bool Shared { get; private set; }

    /// <summary>What was asked for, sealed.</summary>
    public required byte[] Wish { get; init; }

    /// <summary>What the result was, sealed.</summary>
    public byte[]? Note { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>Refers it, or refers it anew.</summary>
    public Failure? Refer(Guid resource, Guid responsible, bool shared, DateTimeOffset now)
    {
        if (State == SupportState.Closed)
            return PlanFailures.SupportDecided;
        (State, ResourceId, ResponsibleId, Shared, ReferredAt) = (SupportState.Referred, resource, responsible, shared, now);
        Version++;
        return null;
    }

    /// <summary>Closes it; what was never referred did not come about.</summary>
    public Failure? Close(SupportResult result, byte[]? note, bool shared, DateTimeOffset now)
    {
        if (State == SupportState.Closed || (State == SupportState.Requested && result != SupportResult.NotTaken))
            return PlanFailures.SupportDecided;
        (State, Result, Note, Shared, ClosedAt) = (SupportState.Closed, result, note, shared, now);
        Version++;
        return null;
    }

    internal static readonly SealedColumn SealedWish = new("archives.support", "wish", "id");

    internal static readonly SealedColumn SealedNote = new("archives.support", "note", "id");
}
