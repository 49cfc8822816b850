namespace HomeSchool.Archives.Passing;

/// <summary>
/// That a student passes from one homeroom teacher to the next (ARC-14). Basics, open plans and follow-ups pass with the day; sensitive
/// items written before it only when the next teacher accepts.
/// </summary>
public sealed class Handover
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The handover.</summary>
    public Guid Id { get; init; }

    /// <summary>The school of the next teacher.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The homeroom teacher before; <see langword="null"/> without one, and for a deputy's handover.</summary>
    public Guid? FromStaffId { get; init; }

    /// <summary>The homeroom teacher, or deputy, who is to accept.</summary>
    public Guid ToStaffId { get; init; }

    /// <summary>The first day with the next teacher.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>When it was accepted; <see langword="null"/> while it is open.</summary>
    public DateTimeOffset? AcceptedAt { get; private set; }

    /// <summary>Accepts it; a second time changes nothing.</summary>
    public void Accept(DateTimeOffset now) => AcceptedAt ??= now;
}

/// <summary>A table of what a homeroom teacher has in hand of a student, which the next one takes over as its owner.</summary>
/// <param name="Table">It has <c>district_id</c>, <c>school_id</c> and <c>student_id</c>.</param>
/// <param name="Owner">The column of the staff member.</param>
/// <param name="Open">The condition, in SQL, for a row that is still to be worked on.</param>
/// <param name="Zh">What it holds, on the handover sheet, in Chinese.</param>
/// <param name="En">The same in English.</param>
internal sealed record OwnedTable(string Table, string Owner, string Open, string Zh, string En);
