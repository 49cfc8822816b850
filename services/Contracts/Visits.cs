namespace HomeSchool.Contracts.Visits;

/// <summary>How a visit is held (家访方式).</summary>
public enum VisitMode
{
    /// <summary>入户（实地）.</summary>
    InPerson,

    /// <summary>视频.</summary>
    Video,

    /// <summary>语音.</summary>
    Voice,

    /// <summary>文字; complements other contacts, is none by itself (VIS-1).</summary>
    Text,

    /// <summary>到校面谈.</summary>
    AtSchool,
}

/// <summary>Why a visit is held (家访类型).</summary>
public enum VisitKind
{
    /// <summary>常规.</summary>
    Routine,

    /// <summary>重点.</summary>
    Priority,

    /// <summary>应急; exempt from the notice period (VIS-6).</summary>
    Emergency,
}

/// <summary>A visit was agreed on or moved: planned, not yet held (INS-5).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school of the teacher who visits.</param>
/// <param name="AggregateId">The visit.</param>
/// <param name="Version">Of the visit.</param>
/// <param name="OccurredAt">When it was scheduled.</param>
/// <param name="TermId">The term that the visit counts in.</param>
/// <param name="StudentIds">The students it is about; siblings share one visit.</param>
/// <param name="Mode">How.</param>
/// <param name="Kind">Why.</param>
/// <param name="StartsAt">The appointment's begin.</param>
[EventName("visits.visit-scheduled")]
public sealed record VisitScheduled(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, IReadOnlyList<Guid> StudentIds, VisitMode Mode, VisitKind Kind, DateTimeOffset StartsAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A guardian answered an appointment, or it was called off; the visit is not held as it was planned.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school of the teacher who visits.</param>
/// <param name="AggregateId">The visit.</param>
/// <param name="Version">Of the visit.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="TermId">The term that the visit counts in.</param>
/// <param name="StudentIds">The students it is about.</param>
/// <param name="Declined">The guardian declined: it counts as offered; otherwise the school cancelled it.</param>
[EventName("visits.visit-cancelled")]
public sealed record VisitCancelled(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, IReadOnlyList<Guid> StudentIds, bool Declined) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A visit was held and its record is complete (VIS-10). Moves coverage (INS-1) and opens the satisfaction survey (SUR-2).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school of the teacher who visited.</param>
/// <param name="AggregateId">The visit.</param>
/// <param name="Version">Of the visit.</param>
/// <param name="OccurredAt">When it was completed.</param>
/// <param name="TermId">The term that it counts in.</param>
/// <param name="StudentIds">The students it was about; it counts for each.</param>
/// <param name="FamilyId">The family visited: what "at most one survey a family" counts by.</param>
/// <param name="Mode">How it was held.</param>
/// <param name="Kind">Why it was held.</param>
/// <param name="HeldOn">The day it was held, in the district's time zone.</param>
/// <param name="Effective">Its record is complete, a guardian took part, and the mode is more than text (VIS-1).</param>
/// <param name="ClassIds">The classes that the students were in.</param>
[EventName("visits.visit-completed")]
public sealed record VisitCompleted(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, IReadOnlyList<Guid> StudentIds, Guid FamilyId, VisitMode Mode, VisitKind Kind, DateOnly HeldOn, bool Effective,
    IReadOnlyList<Guid>? ClassIds = null) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>The family agreed to an appointment (VIS-6).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school of the teacher who visits.</param>
/// <param name="AggregateId">The visit.</param>
/// <param name="Version">Of the visit.</param>
/// <param name="OccurredAt">When it answered.</param>
/// <param name="TermId">The term that the visit counts in.</param>
/// <param name="StudentIds">The students it is about.</param>
/// <param name="StartsAt">The appointment's begin.</param>
[EventName("visits.visit-confirmed")]
public sealed record VisitConfirmed(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, IReadOnlyList<Guid> StudentIds, DateTimeOffset StartsAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>The family proposed another time (VIS-6); the appointment stands until the school moves it.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school of the teacher who visits.</param>
/// <param name="AggregateId">The visit.</param>
/// <param name="Version">Of the visit.</param>
/// <param name="OccurredAt">When it answered.</param>
/// <param name="TermId">The term that the visit counts in.</param>
/// <param name="StudentIds">The students it is about.</param>
/// <param name="StartsAt">The appointment's begin.</param>
/// <param name="ProposedStartsAt">The begin that the family proposes.</param>
[EventName("visits.visit-time-proposed")]
public sealed record VisitTimeProposed(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, IReadOnlyList<Guid> StudentIds, DateTimeOffset StartsAt, DateTimeOffset ProposedStartsAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>
/// What share of the students is to be visited by when (VIS-2), as the policy of a school or district says from now on, or a school's
/// programme for a term (VIS-19). The newest for a place and term counts. For services only.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school; <see langword="null"/> for the district's policy.</param>
/// <param name="AggregateId">The school or district.</param>
/// <param name="Version">Of the policy; with a term, of the programme.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="TermId">The programme's term; <see langword="null"/> for a policy, which holds where no programme does.</param>
/// <param name="Quotas">The shares, growing with the weeks; everybody is to be visited by the last week in any case.</param>
[EventName("visits.quotas-set")]
public sealed record QuotasSet(
    Guid DistrictId, Guid? SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, Guid? TermId,
    IReadOnlyList<VisitQuota> Quotas) : IEvent;

/// <summary>A share of the students, visited by the end of a teaching week.</summary>
/// <param name="Week">The teaching week, 1–53.</param>
/// <param name="SharePercent">The share, 0–100.</param>
public sealed record VisitQuota(int Week, int SharePercent);

/// <summary>A family is to be reminded of its appointment (VIS-6), once for each time that was agreed on. For services only.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school of the teacher who visits.</param>
/// <param name="AggregateId">The visit.</param>
/// <param name="Version">Of the visit.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="StudentIds">The students it is about.</param>
/// <param name="StartsAt">The appointment's begin.</param>
[EventName("visits.reminder-due")]
public sealed record VisitReminderDue(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, IReadOnlyList<Guid> StudentIds,
    DateTimeOffset StartsAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>
/// Somebody is to be reached now, quiet hours or not (VIS-9, VIS-18): who they are and no more, neither why nor about whom. It
/// comes again, with a higher version, as long as the alarm goes on. For services that deliver; no dashboard shows it.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The alarm; its people read it from Visits.</param>
/// <param name="Version">How often it has called.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Roles">Whoever has one of these roles at the school, or at the class where they hold at classes.</param>
/// <param name="ClassId">The class; <see langword="null"/> when the student is in none.</param>
/// <param name="StaffIds">Staff beside them: on duty, or leads.</param>
[EventName("visits.alert-due")]
public sealed record AlertDue(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    IReadOnlyList<Role> Roles, Guid? ClassId, IReadOnlyList<Guid> StaffIds) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>No first contact with the family in time after an emergency was reported (VIS-9).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The emergency.</param>
/// <param name="Version">Of the emergency.</param>
/// <param name="OccurredAt">When it was found.</param>
/// <param name="ClassId">The class; <see langword="null"/> when the student is in none.</param>
/// <param name="DueAt">When the time was over.</param>
[EventName("visits.emergency-breached")]
public sealed record EmergencyBreached(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid? ClassId, DateTimeOffset DueAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}
