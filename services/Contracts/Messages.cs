namespace HomeSchool.Contracts.Messages;

/// <summary>
/// A notice was sent to the guardians of a school, a class or a grade of it (MSG-4). Comes once a school, when all of them
/// have it;
/// says neither what it is about nor to whom it went.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The notice; a district's is the same in all its schools.</param>
/// <param name="Version">Of the notice at the school.</param>
/// <param name="OccurredAt">When the last guardian had it.</param>
/// <param name="ClassId">The class that it was for; <see langword="null"/> for more than one.</param>
/// <param name="Guardians">How many guardians it went to.</param>
/// <param name="AsksAnswer">Whether it asks for an answer.</param>
[EventName("messages.notice-sent")]
public sealed record NoticeSent(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid? ClassId, int Guardians, bool AsksAnswer) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A class's group has a post (MSG-2). Says neither what it says nor whom it names.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The post.</param>
/// <param name="Version">Of the post.</param>
/// <param name="OccurredAt">When the class could first read it.</param>
/// <param name="ClassId">The class.</param>
/// <param name="Kind">What it is.</param>
/// <param name="ByStaff">Whether the school wrote it.</param>
[EventName("messages.group-post-published")]
public sealed record GroupPostPublished(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid ClassId, GroupPostKind Kind, bool ByStaff) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>What stands in a class's group (MSG-2).</summary>
public enum GroupPostKind
{
    /// <summary>每日亮点: something good about children who are named by id; suggested once a day.</summary>
    Highlight,

    /// <summary>共育微课堂: suggested once a week.</summary>
    MicroLesson,

    /// <summary>家长问答: suggested once a month.</summary>
    Question,

    /// <summary>交流.</summary>
    Talk,
}

/// <summary>The rules of a class's group have a new version, to be acknowledged (MSG-3).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The class.</param>
/// <param name="Version">Of the rules.</param>
/// <param name="OccurredAt">When they were published.</param>
[EventName("messages.group-rules-published")]
public sealed record GroupRulesPublished(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}
