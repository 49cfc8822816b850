using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Emergencies;

/// <summary>What has happened (VIS-9).</summary>
public enum EmergencyKind
{
    /// <summary>情绪危机.</summary>
    EmotionalCrisis,

    /// <summary>成绩骤降.</summary>
    GradeDrop,

    /// <summary>旷课、离家.</summary>
    Absence,

    /// <summary>严重冲突.</summary>
    Conflict,

    /// <summary>家庭突发变故.</summary>
    FamilyEvent,

    /// <summary>其他.</summary>
    Other,
}

/// <summary>Where an emergency stands.</summary>
public enum EmergencyState
{
    /// <summary>The clock runs.</summary>
    Reported,

    /// <summary>Begun: the family was reached.</summary>
    InContact,

    /// <summary>A visit is appointed or held.</summary>
    Visiting,

    /// <summary>Over, with a follow-up. Final.</summary>
    Closed,
}

/// <summary>
/// An emergency from its report to its follow-up (VIS-9). Pure: every decision takes the time, and returns why it is refused or
/// <see langword="null"/> when it was taken; each grows <see cref="Version"/>.
/// </summary>
public sealed class Emergency
{
    private Emergency()
    {
    }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; private init; }

    /// <summary>The emergency, and its alarm.</summary>
    public Guid Id { get; private init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; private init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; private init; }

    /// <summary>The student's class when it was reported.</summary>
    public Guid? ClassId { get; private init; }

    /// <summary>What has happened.</summary>
    public EmergencyKind Kind { get; private init; }

    /// <summary>The same in words; sealed.</summary>
    public byte[]? Text { get; private init; }

    /// <summary>The staff member who reported it; <see langword="null"/> when the account has none.</summary>
    public Guid? ReportedBy { get; private init; }

    /// <summary>When it was reported.</summary>
    public DateTimeOffset ReportedAt { get; private init; }

    /// <summary>Until when the family must have been reached, as the policy says at the report.</summary>
    public DateTimeOffset DueAt { get; private init; }

    /// <summary>Where it stands.</summary>
    public EmergencyState State { get; private set; }

    /// <summary>When the first contact with the family was logged: that is when the visit has begun.</summary>
    public DateTimeOffset? ContactedAt { get; private set; }

    /// <summary>Who reached the family.</summary>
    public Guid? ContactedBy { get; private set; }

    /// <summary>How.</summary>
    public VisitMode? ContactMode { get; private set; }

    /// <summary>When it was found that the time had gone by without a contact; it stays.</summary>
    public DateTimeOffset? BreachedAt { get; private set; }

    /// <summary>The visit.</summary>
    public Guid? VisitId { get; private set; }

    /// <summary>The follow-up that it was closed with, one like any other (VIS-11).</summary>
    public Guid? FollowUpId { get; private set; }

    /// <summary>When it was closed.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>When it changed last.</summary>
    public DateTimeOffset ChangedAt { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; }

    /// <summary>The column of the text.</summary>
    internal static readonly SealedColumn SealedText = new("visits.emergency", "text", "id");

    /// <summary>Reports an emergency.</summary>
    internal static Emergency Report(
        Guid id, ChildOnRoll child, EmergencyKind kind, byte[]? text, Guid? reporter, DateTimeOffset now) => new()
        {
            SchoolId = child.SchoolId,
            Id = id,
            DistrictId = child.DistrictId,
            StudentId = child.StudentId,
            ClassId = child.ClassId,
            Kind = kind,
            Text = text,
            ReportedBy = reporter,
            ReportedAt = now,
            DueAt = now.AddHours(child.Policy.Emergencies.HoursToContact),
            ChangedAt = now,
            Version = 1,
        };

    /// <summary>The family was reached. Too late, it is a breach, also when nobody has noticed yet.</summary>
    public Problem? Contact(Guid? by, VisitMode mode, DateTimeOffset now)
    {
        if (State != EmergencyState.Reported)
            return EmergencyFailures.ContactLogged;
        if (now >= DueAt)
            BreachedAt ??= now;
        (State, ContactedAt, ContactedBy, ContactMode) = (EmergencyState.InContact, now, by, mode);
        Changed(now);
        return null;
    }

    /// <summary>The time has gone by.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Breach(DateTimeOffset now)
    {
        if (State != EmergencyState.Reported || BreachedAt is not null || now < DueAt)
            return false;
        BreachedAt = now;
        Changed(now);
        return true;
    }

    /// <summary>A visit is appointed; another one may take its place.</summary>
    public Problem? Visit(Guid visit, DateTimeOffset now)
    {
        if (State == EmergencyState.Closed)
            return EmergencyFailures.Closed;
        if (State == EmergencyState.Reported)
            return EmergencyFailures.NoContact;
        (State, VisitId) = (EmergencyState.Visiting, visit);
        Changed(now);
        return null;
    }

    /// <summary>Closes it with its follow-up, without which it cannot be closed.</summary>
    public Problem? Close(Guid followUp, DateTimeOffset now)
    {
        if (State != EmergencyState.Visiting)
        {
            return State == EmergencyState.Closed ? EmergencyFailures.Closed
                : State == EmergencyState.Reported ? EmergencyFailures.NoContact
                : EmergencyFailures.NoVisit;
        }

        (State, ClosedAt, FollowUpId) = (EmergencyState.Closed, now, followUp);
        Changed(now);
        return null;
    }

    /// <summary>The event of a breach.</summary>
    public EmergencyBreached ToBreached() => new(DistrictId, SchoolId, Id, Version, ChangedAt, ClassId, DueAt);

    /// <summary>Whom it is about, for what is written about it.</summary>
    public Subject ToSubject() => new(DistrictId, SchoolId, StudentId);

    private void Changed(DateTimeOffset now)
    {
        ChangedAt = now;
        Version++;
    }
}
