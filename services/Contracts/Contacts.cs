namespace HomeSchool.Contracts.Contacts;

/// <summary>How school and family were in contact (VIS-12).</summary>
public enum ContactChannel
{
    /// <summary>家访.</summary>
    Visit,

    /// <summary>电话.</summary>
    Phone,

    /// <summary>联系册; text.</summary>
    ContactBook,

    /// <summary>消息; text.</summary>
    Message,

    /// <summary>面谈、家长会.</summary>
    Meeting,
}

/// <summary>What a contact was for: what the cadences of VIS-3 count.</summary>
public enum ContactPurpose
{
    /// <summary>沟通: anything else.</summary>
    Talk,

    /// <summary>反馈.</summary>
    Feedback,

    /// <summary>送教上门: a lesson at the child's home (VIS-22); by <see cref="ContactChannel.Meeting"/>.</summary>
    HomeLesson,

    /// <summary>小结.</summary>
    Summary,
}

/// <summary>
/// A service other than Visits had a contact with families (a message, the contact book, an activity): it stands in the ledger
/// from now on (VIS-12). What was said stays with that service.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The contact.</param>
/// <param name="Version">Of the contact.</param>
/// <param name="OccurredAt">When it was announced.</param>
/// <param name="StudentIds">The students it was about.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="Purpose">What for.</param>
/// <param name="HeldAt">When it was.</param>
/// <param name="Minutes">How long; 0 for text.</param>
/// <param name="GuardianTookPart">Whether a guardian took part: for text, answered or acknowledged it.</param>
/// <param name="StaffIds">The staff who took part.</param>
/// <param name="GuardianIds">The guardians who took part, as far as they are known.</param>
[EventName("platform.contact-told")]
public sealed record ContactTold(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    IReadOnlyList<Guid> StudentIds, ContactChannel Channel, ContactPurpose Purpose, DateTimeOffset HeldAt, int Minutes,
    bool GuardianTookPart, IReadOnlyList<Guid> StaffIds, IReadOnlyList<Guid> GuardianIds) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>
/// A contact stands in the ledger, or was corrected there (VIS-12). Visits have none: <see cref="Visits.VisitCompleted"/> says
/// it, and a contact must not count twice.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The entry.</param>
/// <param name="Version">Of the entry: a correction is a higher one.</param>
/// <param name="OccurredAt">When it was written.</param>
/// <param name="StudentIds">The students it was about; it counts for each.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="Purpose">What for.</param>
/// <param name="HeldOn">The day of the contact, in the district's time zone.</param>
/// <param name="Minutes">How long.</param>
/// <param name="GuardianTookPart">Whether a guardian took part.</param>
/// <param name="Deep">Whether it is a deep contact (VIS-3): long enough by the policy, with a guardian, and more than
/// text.</param>
/// <param name="Withdrawn">It was entered by mistake and counts no more.</param>
/// <param name="TermId">Of a lesson at home, which counts as a visit (VIS-22): the term that it counts in.</param>
[EventName("visits.contact-made")]
public sealed record ContactMade(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    IReadOnlyList<Guid> StudentIds, ContactChannel Channel, ContactPurpose Purpose, DateOnly HeldOn, int Minutes,
    bool GuardianTookPart, bool Deep, bool Withdrawn, Guid? TermId = null) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>The follow-ups of a contact changed: its loop is closed when all of them are (VIS-11).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The ledger's entry; of a visit, the visit.</param>
/// <param name="Version">Grows with every follow-up that is added or closed, and when a child's are erased (ARC-10).</param>
/// <param name="OccurredAt">When.</param>
/// <param name="FollowUps">How many there are; none are left when all were about a child that is erased.</param>
/// <param name="Closed">How many of them are closed.</param>
[EventName("visits.loop-changed")]
public sealed record LoopChanged(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, int FollowUps, int Closed) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>What a dispute between home and school is about.</summary>
public enum DisputeCategory
{
    /// <summary>学业与作业.</summary>
    Learning,

    /// <summary>行为与纪律.</summary>
    Conduct,

    /// <summary>同学矛盾.</summary>
    Peers,

    /// <summary>教师言行.</summary>
    StaffConduct,

    /// <summary>安全与伤害.</summary>
    Safety,

    /// <summary>收费与管理.</summary>
    Administration,

    /// <summary>其他.</summary>
    Other,
}

/// <summary>A dispute between home and school was recorded or resolved (VIS-15).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The dispute.</param>
/// <param name="Version">Of the dispute.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="TermId">The term that it began in.</param>
/// <param name="ClassId">The student's class then, if there was one.</param>
/// <param name="Category">What about.</param>
/// <param name="StartedOn">The day it began.</param>
/// <param name="ResolvedOn">The day it was resolved; <see langword="null"/> while it lasts.</param>
[EventName("visits.dispute-changed")]
public sealed record DisputeChanged(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, Guid? ClassId, DisputeCategory Category, DateOnly StartedOn, DateOnly? ResolvedOn) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}
