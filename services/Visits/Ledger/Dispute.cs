using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Ledger;

/// <summary>A dispute between home and school about a student (VIS-15).</summary>
public sealed class Dispute
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The dispute.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The student's class when it was recorded, if there was one.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The term that it began in, which it counts in.</summary>
    public Guid TermId { get; init; }

    /// <summary>The day it began.</summary>
    public DateOnly StartedOn { get; init; }

    /// <summary>What about.</summary>
    public DisputeCategory Category { get; init; }

    /// <summary>The staff in it.</summary>
    public Guid[] StaffIds { get; init; } = [];

    /// <summary>The guardians in it.</summary>
    public Guid[] GuardianIds { get; init; } = [];

    /// <summary>How it came about; sealed.</summary>
    public required byte[] Cause { get; init; }

    /// <summary>How it was resolved; sealed.</summary>
    public byte[]? Resolution { get; private set; }

    /// <summary>The day it was resolved.</summary>
    public DateOnly? ResolvedOn { get; private set; }

    /// <summary>Who recorded it; <see langword="null"/> when the account is no staff member's.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When it was recorded.</summary>
    public DateTimeOffset RecordedAt { get; init; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>The column of the cause.</summary>
    internal static readonly SealedColumn SealedCause = new("visits.dispute", "cause", "id");

    /// <summary>The column of the resolution.</summary>
    internal static readonly SealedColumn SealedResolution = new("visits.dispute", "resolution", "id");

    /// <summary>Resolves it.</summary>
    /// <returns>Whether it still lasted.</returns>
    internal bool Resolve(byte[] resolution, DateOnly day)
    {
        if (ResolvedOn is not null)
            return false;
        (Resolution, ResolvedOn) = (resolution, day);
        Version++;
        return true;
    }

    internal DisputeChanged ToEvent(DateTimeOffset now) =>
        new(DistrictId, SchoolId, Id, Version, now, TermId, ClassId, Category, StartedOn, ResolvedOn);
}
