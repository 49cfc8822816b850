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
