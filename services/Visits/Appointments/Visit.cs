using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;

namespace HomeSchool.Visits.Appointments;

/// <summary>Where a visit stands.</summary>
public enum VisitState
{
    /// <summary>Offered to the family, which has not answered.</summary>
    Scheduled,

    /// <summary>The family agrees.</summary>
    Confirmed,

    /// <summary>The family proposes another time; the appointment stands until it is moved.</summary>
    Proposed,

    /// <summary>The family declined: offered, not held. Final; another visit may be scheduled.</summary>
    Declined,

    /// <summary>The school called it off. Final.</summary>
    Cancelled,

    /// <summary>Under way.</summary>
    Started,

    /// <summary>Held, and its record is complete. Final.</summary>
    Completed,
}

/// <summary>
/// A home visit from its appointment to its record. Pure: every decision takes the time, and returns why it is refused or
/// <see langword="null"/> when it was taken; each grows <see cref="Version"/>.
/// </summary>
public sealed class Visit
{
    // An emergency may be entered when it has begun already, not as a way to write history.
    private static readonly TimeSpan EnteredAfterwards = TimeSpan.FromDays(1);

    private readonly List<VisitStudent> students = [];

    private Visit()
    {
    }

    /// <summary>The school whose teacher visits.</summary>
    public Guid SchoolId { get; private init; }

    /// <summary>The visit.</summary>
    public Guid Id { get; private init; }

    /// <summary>The school's district.</summary>
    public Guid DistrictId { get; private init; }

    /// <summary>The term that it counts in.</summary>
    public Guid TermId { get; private set; }

    /// <summary>The family visited: the smallest id of the students' guardians, or of the students when none is known.</summary>
    public Guid FamilyId { get; private init; }

    /// <summary>Who visits; of a completed visit, who did.</summary>
    public Guid TeacherId { get; private set; }

    /// <summary>Staff who come along (VIS-8).</summary>
    public Guid[] JointVisitorIds { get; private set; } = [];

    /// <summary>Whom it is about; several when siblings share it.</summary>
    public IReadOnlyList<VisitStudent> Students => students;

    /// <summary>Why.</summary>
    public VisitKind Kind { get; private init; }

    /// <summary>How, as agreed.</summary>
    public VisitMode Mode { get; private set; }

    /// <summary>The appointment's begin, on a whole minute.</summary>
    public DateTimeOffset StartsAt { get; private set; }

    /// <summary>The appointment's expected length.</summary>
    public int Minutes { get; private set; }

    /// <summary>What it will be about; may be sensitive, so never part of an event.</summary>
    public string[] Topics { get; private init; } = [];

    /// <summary>The IANA time zone whose days it counts by, as the policy says when the appointment is made.</summary>
    public string TimeZone { get; private set; } = "";

    /// <summary>From when it may be started, as the policy says when the appointment is made.</summary>
    public DateTimeOffset OpensAt { get; private set; }

    /// <summary>The last day for its record (VIS-10, VIS-21), as policy and calendar say when the appointment is made.</summary>
    public DateOnly RecordDueOn { get; private set; }

    /// <summary>When to remind the family (VIS-6), as the policy says when the appointment is made; <see langword="null"/> for never, or done.</summary>
    public DateTimeOffset? RemindAt { get; private set; }

    /// <summary>Where it stands.</summary>
    public VisitState State { get; private set; }

    /// <summary>What the family proposes instead, while <see cref="VisitState.Proposed"/>.</summary>
    public DateTimeOffset? ProposedStartsAt { get; private set; }

    /// <summary>The revision that calendars see (iTIP SEQUENCE); grows when the appointment is moved or called off.</summary>
    public int Sequence { get; private set; }

    /// <summary>Which of the links made so far is good: it grows when somebody who may hold one is no longer to be visited (ARC-13).</summary>
    public int LinkSerial { get; private set; }

    /// <summary>When it was scheduled.</summary>
    public DateTimeOffset ScheduledAt { get; private init; }

    /// <summary>When it was started, if somebody said so.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>When it began in fact; with the rest of <c>Held…</c>, known once it is completed.</summary>
    public DateTimeOffset? HeldAt { get; private set; }

    /// <summary>The day of <see cref="HeldAt"/> in <see cref="TimeZone"/>.</summary>
    public DateOnly? HeldOn { get; private set; }

    /// <summary>How long it took.</summary>
    public int? HeldMinutes { get; private set; }

    /// <summary>How it was held.</summary>
    public VisitMode? HeldMode { get; private set; }

    /// <summary>Whether a guardian took part.</summary>
    public bool? GuardianTookPart { get; private set; }

    /// <summary>
    /// Whether it is an effective contact (VIS-1): the record is complete, a guardian took part, and it was more than text, unless
    /// text counts with this family (VIS-22).
    /// <see langword="null"/> until it is completed.
    /// </summary>
    public bool? Effective { get; private set; }

    /// <summary>When it changed last.</summary>
    public DateTimeOffset ChangedAt { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Whether the appointment still stands: answered or not, neither begun nor called off.</summary>
    public bool IsOpen => State is VisitState.Scheduled or VisitState.Confirmed or VisitState.Proposed;

    /// <summary>The appointment's end.</summary>
    public DateTimeOffset EndsAt => StartsAt.AddMinutes(Minutes);

    /// <summary>All staff who visit.</summary>
    public IEnumerable<Guid> VisitorIds => [TeacherId, .. JointVisitorIds];

    /// <summary>Makes an appointment, with the notice that VIS-6 asks for.</summary>
    public static (Visit? Visit, Problem? Refused) Schedule(
        VisitPlan plan, VisitPolicy policy, SchoolCalendar calendar, DateTimeOffset now)
    {
        if (NoticeMissed(plan.Kind, plan.StartsAt, policy, now) is { } refused)
            return (null, refused);
        var visit = new Visit
        {
            SchoolId = plan.SchoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = plan.DistrictId,
            FamilyId = plan.FamilyId,
            TeacherId = plan.TeacherId,
            JointVisitorIds = [.. plan.JointVisitorIds],
            Kind = plan.Kind,
            Topics = [.. plan.Topics],
            ScheduledAt = now,
        };
        visit.students.AddRange(plan.Students.Select(s => new VisitStudent(plan.DistrictId, s.StudentId, s.ClassId)));
        visit.Appoint(plan.TermId, plan.Mode, plan.StartsAt, plan.Minutes, policy, calendar, now);
        visit.Changed(now);
        return (visit, null);
    }

    /// <summary>
    /// Moves the appointment. To the very time that the family proposed, it is agreed and needs no notice; otherwise the family
    /// is asked again.
    /// </summary>
    public Problem? Move(
        Guid termId, VisitMode mode, DateTimeOffset startsAt, int minutes, VisitPolicy policy, SchoolCalendar calendar,
        DateTimeOffset now)
    {
        if (!IsOpen)
            return VisitsFailures.NotOpen;
        var agreed = startsAt == ProposedStartsAt && mode == Mode && minutes == Minutes && startsAt > now;
        if (!agreed && NoticeMissed(Kind, startsAt, policy, now) is { } refused)
            return refused;
        Appoint(termId, mode, startsAt, minutes, policy, calendar, now);
        (State, ProposedStartsAt) = (agreed ? VisitState.Confirmed : VisitState.Scheduled, null);
        Sequence++;
        Changed(now);
        return null;
    }

    /// <summary>The family agrees (VIS-6).</summary>
    public Problem? Confirm(DateTimeOffset now)
    {
        if (CannotAnswer(now) is { } refused)
            return refused;
        (State, ProposedStartsAt) = (VisitState.Confirmed, null);
        Changed(now);
        return null;
    }

    /// <summary>The family proposes another time (VIS-6).</summary>
    public Problem? Propose(DateTimeOffset startsAt, DateTimeOffset now)
    {
        if (CannotAnswer(now) is { } refused)
            return refused;
        if (startsAt <= now)
            return VisitsFailures.StartPassed;
        (State, ProposedStartsAt) = (VisitState.Proposed, startsAt);
        Changed(now);
        return null;
    }

    /// <summary>The family declines (VIS-6): it counts as offered.</summary>
    public Problem? Decline(DateTimeOffset now)
    {
        if (CannotAnswer(now) is { } refused)
            return refused;
        (State, ProposedStartsAt) = (VisitState.Declined, null);
        Sequence++;
        Changed(now);
        return null;
    }

    /// <summary>Somebody else visits (VIS-20); the appointment stays as the family knows it.</summary>
    public Problem? HandOver(Guid teacher, DateTimeOffset now)
    {
        if (!IsOpen)
            return VisitsFailures.NotOpen;
        TeacherId = teacher;
        JointVisitorIds = [.. JointVisitorIds.Where(visitor => visitor != teacher)];
        Changed(now);
        return null;
    }

    /// <summary>The school calls it off, also when it has begun and nobody was there.</summary>
    public Problem? Cancel(DateTimeOffset now)
    {
        if (!IsOpen && State != VisitState.Started)
            return VisitsFailures.NotOpen;
        (State, ProposedStartsAt) = (VisitState.Cancelled, null);
        Sequence++;
        Changed(now);
        return null;
    }

    /// <summary>Begins it, at the earliest a little before the appointment (the policy says how much).</summary>
    public Problem? Start(DateTimeOffset now)
    {
        if (!IsOpen)
            return VisitsFailures.NotOpen;
        if (now < OpensAt)
            return VisitsFailures.TooEarly.Because(LocalTime.Text(OpensAt, TimeZone));
        (State, ProposedStartsAt, StartedAt) = (VisitState.Started, null, now);
        Changed(now);
        return null;
    }

    /// <summary>
    /// Completes it with its record (VIS-10). What the teacher does not say comes from the appointment; starting it first is not
    /// needed, so that a forgotten tap costs nothing.
    /// </summary>
    public Problem? Complete(VisitHeld held, DateTimeOffset now)
    {
        if (State == VisitState.Completed)
            return VisitsFailures.AlreadyCompleted;
        if (!IsOpen && State != VisitState.Started)
            return VisitsFailures.NotOpen;
        if (held.At > now || held.At < ScheduledAt - EnteredAfterwards)
            return VisitsFailures.HeldAtImpossible;
        if (held.At is null && now < OpensAt)
            return VisitsFailures.TooEarly.Because(LocalTime.Text(OpensAt, TimeZone));

        var begun = held.At ?? StartedAt ?? (StartsAt < now ? StartsAt : now);
        (HeldAt, HeldOn) = (begun, LocalTime.Day(begun, TimeZone));
        (HeldMinutes, HeldMode) = (held.Minutes ?? Minutes, held.Mode ?? Mode);
        GuardianTookPart = held.GuardianTookPart;
        Effective = held.GuardianTookPart && (HeldMode != VisitMode.Text || held.TextCounts);
        (State, ProposedStartsAt) = (VisitState.Completed, null);
        Changed(now);
        return null;
    }

    /// <summary>Whom it is about, for what is written about it: all of its students.</summary>
    public Subject ToSubject() => new(DistrictId, SchoolId, [.. students.Select(student => student.StudentId)]);

    /// <summary>The event of an appointment that was made or moved.</summary>
    public VisitScheduled ToScheduled() =>
        new(DistrictId, SchoolId, Id, Version, ChangedAt, TermId, StudentIds(), Mode, Kind, StartsAt);

    /// <summary>The event of an appointment that the family agreed to.</summary>
    public VisitConfirmed ToConfirmed() =>
        new(DistrictId, SchoolId, Id, Version, ChangedAt, TermId, StudentIds(), StartsAt);

    /// <summary>The event of a proposal.</summary>
    public VisitTimeProposed ToTimeProposed() =>
        new(DistrictId, SchoolId, Id, Version, ChangedAt, TermId, StudentIds(), StartsAt, ProposedStartsAt!.Value);

    /// <summary>The event of an appointment that was declined or called off.</summary>
    public VisitCancelled ToCancelled() =>
        new(DistrictId, SchoolId, Id, Version, ChangedAt, TermId, StudentIds(), State == VisitState.Declined);

    /// <summary>The event of a completed visit.</summary>
    public VisitCompleted ToCompleted() => new(
        DistrictId, SchoolId, Id, Version, ChangedAt, TermId, StudentIds(), FamilyId, HeldMode!.Value, Kind, HeldOn!.Value,
        Effective!.Value, [.. Students.Select(student => student.ClassId).OfType<Guid>().Distinct()]);

    private static Problem? NoticeMissed(VisitKind kind, DateTimeOffset startsAt, VisitPolicy policy, DateTimeOffset now)
    {
        if (kind == VisitKind.Emergency)
            return startsAt < now - EnteredAfterwards ? (Problem)VisitsFailures.StartPassed : null;
        var earliest = policy.EarliestStart(now);
        return startsAt < earliest
            ? VisitsFailures.NoticeTooShort.Because(policy.NoticeDays, LocalTime.Text(earliest, policy.TimeZone))
            : null;
    }

    private Problem? CannotAnswer(DateTimeOffset now) =>
        !IsOpen ? (Problem)VisitsFailures.NotOpen
        : now >= StartsAt ? (Problem)VisitsFailures.AnswerTooLate
        : null;

    private void Appoint(
        Guid termId, VisitMode mode, DateTimeOffset startsAt, int minutes, VisitPolicy policy, SchoolCalendar calendar,
        DateTimeOffset now)
    {
        (TermId, Mode, StartsAt, Minutes) = (termId, mode, startsAt, minutes);
        TimeZone = policy.TimeZone;
        var remindAt = startsAt.AddHours(-policy.ReminderHours);
        RemindAt = policy.ReminderHours > 0 && remindAt > now ? remindAt : null; // an invitation that comes later reminds by itself
        OpensAt = startsAt.AddMinutes(-policy.StartEarlyMinutes);
        RecordDueOn = calendar.After(LocalTime.Day(startsAt, TimeZone), policy.RecordDueDays);
    }

    private void Changed(DateTimeOffset now)
    {
        ChangedAt = now;
        Version++;
    }

    private Guid[] StudentIds() => [.. students.Select(student => student.StudentId)];
}

/// <summary>A student whom a visit is about.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class when the visit was scheduled, whose teachers see it, if there was one.</param>
public sealed record VisitStudent(Guid DistrictId, Guid StudentId, Guid? ClassId);

/// <summary>All that makes an appointment, found in the roster or asked for.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school whose teacher visits.</param>
/// <param name="TermId">The term that it counts in.</param>
/// <param name="FamilyId">See <see cref="Visit.FamilyId"/>.</param>
/// <param name="TeacherId">Who visits.</param>
/// <param name="JointVisitorIds">Who comes along.</param>
/// <param name="Students">With their classes.</param>
/// <param name="Mode">How.</param>
/// <param name="Kind">Why.</param>
/// <param name="StartsAt">On a whole minute.</param>
/// <param name="Minutes">The expected length.</param>
/// <param name="Topics">What about.</param>
public sealed record VisitPlan(
    Guid DistrictId, Guid SchoolId, Guid TermId, Guid FamilyId, Guid TeacherId, IReadOnlyList<Guid> JointVisitorIds,
    IReadOnlyList<(Guid StudentId, Guid? ClassId)> Students, VisitMode Mode, VisitKind Kind,
    DateTimeOffset StartsAt, int Minutes, IReadOnlyList<string> Topics);

/// <summary>How a visit was held, as far as it differs from the appointment.</summary>
/// <param name="At">When it began; <see langword="null"/>: when it was started, or else as agreed.</param>
/// <param name="Minutes">How long it took; <see langword="null"/>: as agreed.</param>
/// <param name="Mode">How; <see langword="null"/>: as agreed.</param>
/// <param name="GuardianTookPart">Whether a guardian took part.</param>
/// <param name="TextCounts">Whether text counts like speech with this family (VIS-22).</param>
public sealed record VisitHeld(DateTimeOffset? At, int? Minutes, VisitMode? Mode, bool GuardianTookPart, bool TextCounts = false);
