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
