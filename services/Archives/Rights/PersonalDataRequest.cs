using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Rights;

/// <summary>How far a request has come.</summary>
public enum RequestState
{
    /// <summary>Somebody has to decide.</summary>
    Asked,

    /// <summary>Refused, with a reason.</summary>
    Refused,

    /// <summary>Granted; services are at it.</summary>
    Running,

    /// <summary>The copy can be fetched.</summary>
    Ready,

    /// <summary>Erased; the certificate can be printed.</summary>
    Erased,

    /// <summary>The copy was kept for its time and is gone.</summary>
    Expired,

    /// <summary>
    /// What was to be erased is kept by law or a hold, and restricted: nobody reads it in ordinary work. It is erased when that ends.
    /// </summary>
    Restricted,
}

/// <summary>Why a request is refused, in writing (条例 34). No reason tells of a case: those that law or a hold keep are all
/// <see cref="KeptByLaw"/>.</summary>
public enum RefusalReason
{
    /// <summary>Who asks has not shown to be the child's guardian.</summary>
    NotProven,

    /// <summary>The law asks for keeping it, or its period is not over (PIPL 47).</summary>
    KeptByLaw,

    /// <summary>It is still needed for what it was gathered for (PIPL 47).</summary>
    StillNeeded,

    /// <summary>The same was asked for and done a short while ago.</summary>
    Repeated,
}

/// <summary>A request for a copy of a child's data, or for its erasure (ARC-10).</summary>
public sealed class PersonalDataRequest
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The request.</summary>
    public Guid Id { get; init; }

    /// <summary>The child's school; the last one, when the child has left.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian who asks; <see langword="null"/> when a period of retention is over.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>Copy or erasure.</summary>
    public PersonalDataMatter Matter { get; init; }

    /// <summary>What is to be erased; <see langword="null"/> for all.</summary>
    public DataKind[]? Kinds { get; init; }

    /// <summary>The account that asked, and alone fetches the copy; <see langword="null"/> for retention.</summary>
    public Guid? AccountId { get; init; }

    /// <summary>Whether the guardian asked on paper, and somebody of the school entered it.</summary>
    public bool OnPaper { get; init; }

    /// <summary>When it was asked.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The last day for deciding and doing it.</summary>
    public DateOnly DueOn { get; init; }

    /// <summary>How far it has come.</summary>
    public RequestState State { get; private set; }

    /// <summary>The account that decided; <see langword="null"/> when nobody had to.</summary>
    public Guid? DecidedBy { get; private set; }

    /// <summary>When it was granted or refused.</summary>
    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>Why it was refused.</summary>
    public RefusalReason? Refusal { get; private set; }

    /// <summary>While it is restricted: the last day for which the law keeps it; <see langword="null"/> when only a hold
    /// does.</summary>
    public DateOnly? KeptUntil { get; private set; }

    /// <summary>By when every service should have answered.</summary>
    public DateTimeOffset? AnswersDueAt { get; private set; }

    /// <summary>When the last service had answered.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Days that a copy is kept.</summary>
    public int CopyDays { get; init; }

    /// <summary>When the copy goes.</summary>
    public DateTimeOffset? ExpiresAt { get; private set; }

    /// <summary>Whether the key of the child's texts is destroyed.</summary>
    public bool KeyDestroyed { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>Whether a school works with some of it every day, of a child on the roll: it can be neither erased nor hidden then.</summary>
    public bool IsOfDailyWork =>
        Kinds is null || Kinds.Any(kind => kind is DataKind.Basics or DataKind.Support or DataKind.Visits);

    /// <summary>Whether both are about some kind of data.</summary>
    internal bool Overlaps(PersonalDataRequest other) =>
        Kinds is null || other.Kinds is null || Kinds.Intersect(other.Kinds).Any();

    /// <summary>Whether something is still to be done that is due.</summary>
    public bool IsOverdue(DateTimeOffset now) =>
        (State is RequestState.Asked or RequestState.Running && LocalDay.Of(now) > DueOn)
        || (State == RequestState.Running && now > AnswersDueAt);

    /// <summary>Grants it: what the services are told.</summary>
    /// <param name="account">Who decided; <see langword="null"/> when nobody has to.</param>
    /// <param name="settings">The district's.</param>
    /// <param name="now">When.</param>
    /// <returns>What to announce, or why it cannot be granted any more.</returns>
    public (PersonalDataAsked? Asked, Failure? Refused) Grant(Guid? account, PersonalDataSettings settings, DateTimeOffset now)
    {
        if (State is not (RequestState.Asked or RequestState.Restricted))
            return (null, RightsFailures.Decided);
        if (State == RequestState.Asked)
            (DecidedBy, DecidedAt) = (account, now);
        (State, Refusal, KeptUntil) = (RequestState.Running, null, null);
        AnswersDueAt = now.AddHours(settings.AnswerHours);
        Version++;
        return (new PersonalDataAsked(DistrictId, Id, 1, now, StudentId, GuardianId, Matter, Kinds), null);
    }

    /// <summary>Restricts what it asks to erase, which law or a hold keeps (PIPL 47).</summary>
    /// <param name="account">Who decided; <see langword="null"/> when a period of retention is over.</param>
    /// <param name="refusal"><see cref="RefusalReason.KeptByLaw"/> when the law keeps it; <see langword="null"/> when a hold does.</param>
    /// <param name="until">The last day for which the law does; <see langword="null"/> when only a hold keeps it.</param>
    /// <param name="now">When.</param>
    /// <returns>What to announce, or why it cannot be decided any more.</returns>
    public (PersonalDataRestricted? Restricted, Failure? Refused) Restrict(
        Guid? account, RefusalReason? refusal, DateOnly? until, DateTimeOffset now)
    {
        if (State != RequestState.Asked || Matter != PersonalDataMatter.Erasure)
            return (null, RightsFailures.Decided);
        (State, DecidedBy, DecidedAt, Refusal, KeptUntil) = (RequestState.Restricted, account, now, refusal, until);
        Version++;
        return (Restriction(now), null);
    }

    /// <summary>Says once more what is restricted by it, or that nothing is.</summary>
    public PersonalDataRestricted Restriction(DateTimeOffset now) => new(
        DistrictId, Id, Version, now, StudentId, State == RequestState.Restricted ? Kinds ?? Enum.GetValues<DataKind>() : []);

    /// <summary>Ends a restriction: the child is on the roll again, and what was kept is needed.</summary>
    /// <returns>What to announce.</returns>
    public PersonalDataRestricted Release(DateTimeOffset now)
    {
        (State, Refusal, KeptUntil) = (RequestState.Refused, RefusalReason.StillNeeded, null);
        Version++;
        return Restriction(now);
    }

    /// <summary>Refuses it.</summary>
    public Failure? Refuse(Guid? account, RefusalReason reason, DateTimeOffset now)
    {
        if (State != RequestState.Asked)
            return RightsFailures.Decided;
        (State, DecidedBy, DecidedAt, Refusal) = (RequestState.Refused, account, now, reason);
        Version++;
        return null;
    }
}

/// <summary>What a service does for a request: expected when it is granted, answered once.</summary>
public sealed class PersonalDataReply
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The request.</summary>
    public Guid RequestId { get; init; }

    /// <summary>The service.</summary>
    public string Service { get; init; } = "";

    /// <summary>When it answered; <see langword="null"/> while it has not.</summary>
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Which of its answers counts.</summary>
    public Guid? RunId { get; init; }

    /// <summary>How many pieces its part of a copy has.</summary>
    public int Parts { get; init; }

    /// <summary>What there was.</summary>
    public IReadOnlyList<PersonalDataCount> Tables { get; init; } = [];

    /// <summary>What stays.</summary>
    public IReadOnlyList<PersonalDataKept> Kept { get; init; } = [];
}

/// <summary>A piece of a service's part of a copy, until the copy expires.</summary>
public sealed class PersonalDataPiece
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The piece.</summary>
    public Guid Id { get; init; }

    /// <summary>The request.</summary>
    public Guid RequestId { get; init; }

    /// <summary>The service.</summary>
    public string Service { get; init; } = "";

    /// <summary>Of which answer.</summary>
    public Guid RunId { get; init; }

    /// <summary>Which piece, from 1.</summary>
    public int Number { get; init; }

    /// <summary>Bytes of a JSON document, sealed under the child's key.</summary>
    public byte[] Content { get; init; } = [];
}

/// <summary>That nothing about a child may be erased: a proceeding needs it as it is.</summary>
public sealed class LegalHold
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The hold.</summary>
    public Guid Id { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>Why, sealed.</summary>
    public byte[] Reason { get; init; } = [];

    /// <summary>The account that set it.</summary>
    public Guid? SetBy { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset SetAt { get; init; }

    /// <summary>When it was lifted; <see langword="null"/> while it holds.</summary>
    public DateTimeOffset? LiftedAt { get; set; }

    internal static readonly ServiceDefaults.Keys.SealedColumn SealedReason = new("archives.legal_hold", "reason", "id");
}

/// <summary>What a district decides about requests; a member that is left out has its default.</summary>
public sealed record PersonalDataSettings
{
    /// <summary>Days in which a request is decided and done, 1–30.</summary>
    public int DeadlineDays { get; init; } = 15;

    /// <summary>Hours in which a service should have answered, 1–240.</summary>
    public int AnswerHours { get; init; } = 24;

    /// <summary>Days that a copy can be fetched, 1–30.</summary>
    public int CopyDays { get; init; } = 7;

    /// <summary>Megabytes of files in a copy at most, 0–10,000; what is more is named in it, and fetched file by file.</summary>
    public int CopyFileMegabytes { get; init; } = 500;

    /// <summary>
    /// Kinds of sensitive items whose content a guardian's copy has. None by default: what a teacher noted of an injury can be the trace
    /// of a protected case. <see cref="Sensitive.SensitiveKind.Violence"/> never is.
    /// </summary>
    public IReadOnlyList<Sensitive.SensitiveKind> GuardiansSee { get; init; } = [];
}

/// <summary>What a district has decided.</summary>
public sealed class PersonalDataPolicy
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it says; replaced as a whole.</summary>
    public PersonalDataSettings Settings { get; set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}
