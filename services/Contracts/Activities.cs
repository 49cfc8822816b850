namespace HomeSchool.Contracts.Activities;

/// <summary>The parent meetings of a term (ACT-1).</summary>
public enum MeetingKind
{
    /// <summary>学期初家长会.</summary>
    Opening,

    /// <summary>期中家长会.</summary>
    Midterm,

    /// <summary>期末家长会.</summary>
    Closing,
}

/// <summary>A class's parent meeting was planned, moved or called off (ACT-1): its families are to be invited, or told.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The meeting.</param>
/// <param name="Version">Of the meeting.</param>
/// <param name="OccurredAt">When it was planned or changed.</param>
/// <param name="TermId">The term that it counts in.</param>
/// <param name="ClassId">The class.</param>
/// <param name="Kind">Which of the term's meetings.</param>
/// <param name="StartsAt">Its begin.</param>
/// <param name="Cancelled">Whether it was called off.</param>
[EventName("activities.meeting-planned")]
public sealed record MeetingPlanned(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, Guid ClassId, MeetingKind Kind, DateTimeOffset StartsAt, bool Cancelled) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>Families came to a parent meeting, or it was made up with them (ACT-1).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The meeting.</param>
/// <param name="Version">Of what is said about these students and this meeting: a correction has a higher one.</param>
/// <param name="OccurredAt">When it was noted.</param>
/// <param name="TermId">The term that it counts in.</param>
/// <param name="ClassId">The class.</param>
/// <param name="Kind">Which of the term's meetings.</param>
/// <param name="StudentIds">Whose families.</param>
/// <param name="On">The day of the meeting, or of the make-up.</param>
/// <param name="MadeUp">Whether it was made up.</param>
/// <param name="Withdrawn">It had been noted by mistake.</param>
[EventName("activities.meeting-attended")]
public sealed record MeetingAttended(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, Guid ClassId, MeetingKind Kind, IReadOnlyList<Guid> StudentIds, DateOnly On, bool MadeUp,
    bool Withdrawn) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A class has a new version of its covenant: guardians are to sign it (ACT-2).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The class.</param>
/// <param name="Version">Of the covenant.</param>
/// <param name="OccurredAt">When it was published.</param>
[EventName("activities.covenant-published")]
public sealed record CovenantPublished(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A parent class was planned or changed (ACT-3).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The parent class.</param>
/// <param name="Version">Of the parent class.</param>
/// <param name="OccurredAt">When it was planned or changed.</param>
/// <param name="TermId">The term that it counts in.</param>
/// <param name="Grades">The grades that it is for; empty for all.</param>
/// <param name="StartsAt">Its begin.</param>
/// <param name="Seats">Seats of its workshop; 0 without one.</param>
[EventName("activities.lesson-planned")]
public sealed record LessonPlanned(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, IReadOnlyList<string> Grades, DateTimeOffset StartsAt, int Seats) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A family that waited has a seat in a workshop now: it is to be told (ACT-3).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The sign-up.</param>
/// <param name="Version">2: it waited with 1.</param>
/// <param name="OccurredAt">When the seat became free.</param>
/// <param name="LessonId">The parent class.</param>
/// <param name="StudentId">Whose family.</param>
/// <param name="GuardianId">Who signed up.</param>
[EventName("activities.seat-given")]
public sealed record SeatGiven(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid LessonId, Guid StudentId, Guid GuardianId) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>Families took part in a parent class: live, or in its workshop (ACT-3). A replay does not count as that.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The parent class.</param>
/// <param name="Version">1: nobody is asked whether it was so.</param>
/// <param name="OccurredAt">When it was noted.</param>
/// <param name="TermId">The term that it counts in.</param>
/// <param name="StudentIds">Whose families.</param>
/// <param name="On">The day.</param>
[EventName("activities.lesson-attended")]
public sealed record LessonAttended(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, IReadOnlyList<Guid> StudentIds, DateOnly On) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>What a guardian suggested about an activity was answered (ACT-7): the guardian is to be told.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The suggestion.</param>
/// <param name="Version">1: it is answered once.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="StudentId">Whose guardian it was.</param>
/// <param name="GuardianId">Who suggested it.</param>
[EventName("activities.suggestion-answered")]
public sealed record SuggestionAnswered(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, Guid StudentId, Guid GuardianId) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>The parent committee of a class was named, or named anew (ACT-6): all of it.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The class.</param>
/// <param name="Version">Of the committee.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Members">Its members.</param>
[EventName("activities.committee-named")]
public sealed record CommitteeNamed(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    IReadOnlyList<CommitteeSeat> Members) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A member of a parent committee.</summary>
/// <param name="GuardianId">The guardian.</param>
/// <param name="StudentId">The guardian's child in the class.</param>
/// <param name="ModeratesGroup">Whether the guardian moderates the class's group (MSG-3).</param>
public sealed record CommitteeSeat(Guid GuardianId, Guid StudentId, bool ModeratesGroup);

/// <summary>What families do together (ACT-4).</summary>
public enum FamilyActivityKind
{
    /// <summary>亲子阅读马拉松: 21 consecutive days.</summary>
    ReadingMarathon,

    /// <summary>职业体验日.</summary>
    CareerDay,

    /// <summary>社区服务.</summary>
    CommunityService,
}

/// <summary>A parent class was called off (ACT-3): who signed up for its workshop is to be told, with a seat or in line.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The parent class.</param>
/// <param name="Version">Of the parent class.</param>
/// <param name="OccurredAt">When it was called off.</param>
/// <param name="TermId">The term that it would have counted in.</param>
/// <param name="StartsAt">When it would have begun.</param>
/// <param name="StudentIds">Whose families had signed up, in the order of <paramref name="GuardianIds"/>.</param>
/// <param name="GuardianIds">Who had signed up.</param>
[EventName("activities.lesson-cancelled")]
public sealed record LessonCancelled(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, DateTimeOffset StartsAt, IReadOnlyList<Guid> StudentIds, IReadOnlyList<Guid> GuardianIds) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A family activity was planned, changed or called off (ACT-4): families are to be invited, or told.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The activity.</param>
/// <param name="Version">Of the activity.</param>
/// <param name="OccurredAt">When it was planned or changed.</param>
/// <param name="ClassId">The class; <see langword="null"/> for the whole school.</param>
/// <param name="Kind">What it is.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day.</param>
/// <param name="Cancelled">Whether it was called off.</param>
[EventName("activities.family-activity-planned")]
public sealed record FamilyActivityPlanned(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid? ClassId, FamilyActivityKind Kind, DateOnly StartsOn, DateOnly EndsOn, bool Cancelled) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>Families took part in a family activity for the first time (ACT-4), or it was called off after they had.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The activity.</param>
/// <param name="Version">Of what is said about these students and this activity: 1, and 2 when it was called off.</param>
/// <param name="OccurredAt">When it was noted.</param>
/// <param name="StudentIds">Whose families.</param>
/// <param name="On">Their first day; of an activity that was called off, the first of its days.</param>
/// <param name="Withdrawn">The activity was called off: it stands on no timeline.</param>
[EventName("activities.family-activity-attended")]
public sealed record FamilyActivityAttended(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    IReadOnlyList<Guid> StudentIds, DateOnly On, bool Withdrawn) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}
