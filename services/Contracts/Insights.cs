namespace HomeSchool.Contracts.Insights;

/// <summary>The coverage of a school moved (INS-1): its figures as they are now, at most one event a second for a school and term.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school, which is also the aggregate.</param>
/// <param name="Version">Grows with every change of any figure of the school, whatever the term.</param>
/// <param name="OccurredAt">When it was announced.</param>
/// <param name="TermId">The term.</param>
/// <param name="OnRoll">Students on roll in the term.</param>
/// <param name="Planned">Of these, with a visit agreed or held.</param>
/// <param name="Visited">Of these, visited.</param>
/// <param name="Effective">Of these, with an effective contact (VIS-1).</param>
[EventName("insights.coverage-changed")]
public sealed record CoverageChanged(
    Guid DistrictId, Guid SchoolId, long Version, DateTimeOffset OccurredAt,
    Guid TermId, int OnRoll, int Planned, int Visited, int Effective) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;

    Guid IEvent.AggregateId => SchoolId;
}
