namespace HomeSchool.Archives.Passing;

/// <summary>How a student comes or goes (ARC-15).</summary>
public enum TransferKind
{
    /// <summary>区内转学: to another school of the district, which must accept.</summary>
    Within,

    /// <summary>转出: to a school outside.</summary>
    Out,

    /// <summary>休学: on leave; the place at the school is kept.</summary>
    Leave,

    /// <summary>复学: back at the school that was left, with the same archive.</summary>
    Return,

    /// <summary>转入: from a school outside, see <see cref="AdmitStudent"/>.</summary>
    In,
}

/// <summary>How far a transfer has come.</summary>
public enum TransferState
{
    /// <summary>The other school is to accept it.</summary>
    Proposed,

    /// <summary>Done.</summary>
    Accepted,

    /// <summary>The other school refused.</summary>
    Refused,

    /// <summary>Taken back by the school that proposed it.</summary>
    Cancelled,
}

/// <summary>How a guardian's consent was given.</summary>
public enum ConsentForm
{
    /// <summary>Signed on paper, which the school keeps.</summary>
    Signed,

    /// <summary>By the guardian's own account.</summary>
    Online,

    /// <summary>Orally, noted by the school.</summary>
    Oral,
}

/// <summary>The duty of the law by which more than the basics goes along without consent.</summary>
public enum LegalDuty
{
    /// <summary>义务教育学籍转接.</summary>
    SchoolRecords,

    /// <summary>未成年人保护（强制报告、个案移交）.</summary>
    ChildProtection,

    /// <summary>特殊教育安置.</summary>
    SpecialEducation,
}

/// <summary>
/// A student's change of school, leave of absence, or return (ARC-15). Both schools see it. The next school gets the basics; what the
/// school keeps under seal goes along only with a guardian's consent or by a duty of the law, and when that school takes it.
/// </summary>
public sealed class Transfer
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The transfer.</summary>
    public Guid Id { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>What kind.</summary>
    public TransferKind Kind { get; init; }

    /// <summary>The school that lets go; <see langword="null"/> for a return, and from outside.</summary>
    public Guid? FromSchoolId { get; init; }

    /// <summary>The school that takes; <see langword="null"/> outside the district and for a leave.</summary>
    public Guid? ToSchoolId { get; init; }

    /// <summary>The first day at the next school, of the absence, or back.</summary>
    public DateOnly FirstDay { get; init; }

    /// <summary>How far it has come.</summary>
    public TransferState State { get; private set; }

    /// <summary>When it was proposed.</summary>
    public DateTimeOffset ProposedAt { get; init; }

    /// <summary>When it was decided.</summary>
    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>The guardian who consents that more goes along.</summary>
    public Guid? ConsentBy { get; private set; }

    /// <summary>How.</summary>
    public ConsentForm? ConsentForm { get; private set; }

    /// <summary>When.</summary>
    public DateOnly? ConsentOn { get; private set; }

    /// <summary>The duty by which more goes along.</summary>
    public LegalDuty? Duty { get; private set; }

    /// <summary>When the next school took what goes along.</summary>
    public DateTimeOffset? ReceivedAt { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Whether more than the basics may go along.</summary>
    public bool MoreGoesAlong => ConsentBy is not null || Duty is not null;

    /// <summary>Decides it, once.</summary>
    public void Decide(TransferState state, DateTimeOffset now)
    {
        (State, DecidedAt) = (state, now);
        Version++;
    }

    /// <summary>Records why more goes along: exactly one of the two.</summary>
    public void GoAlong(GuardianConsent? consent, LegalDuty? duty)
    {
        (ConsentBy, ConsentForm, ConsentOn, Duty) = (consent?.GuardianId, consent?.Form, consent?.On, duty);
        Version++;
    }

    /// <summary>The next school took it.</summary>
    public void Receive(DateTimeOffset now)
    {
        ReceivedAt = now;
        Version++;
    }
}

/// <summary>A guardian's consent that more than the basics goes to the next school.</summary>
/// <param name="GuardianId">Who consents.</param>
/// <param name="Form">How.</param>
/// <param name="On">When; not later than today.</param>
public sealed record GuardianConsent(Guid GuardianId, ConsentForm Form, DateOnly On);
