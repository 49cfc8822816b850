namespace HomeSchool.Contracts.Surveys;

/// <summary>What a survey is about (SUR-1).</summary>
public enum SurveyKind
{
    /// <summary>家访满意度; opens by itself when a visit completes (SUR-2).</summary>
    VisitSatisfaction,
}

/// <summary>A family was invited to a survey. Says neither which family nor which child.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The invitation.</param>
/// <param name="Version">Of the invitation.</param>
/// <param name="OccurredAt">When it was opened.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="VisitId">The completed visit that opened it.</param>
/// <param name="ClosesAt">Until when it can be answered.</param>
[EventName("surveys.survey-opened")]
public sealed record SurveyOpened(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    SurveyKind Kind, Guid VisitId, DateTimeOffset ClosesAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>
/// How many families of a school have answered by now. Comes once for several answers (SUR-4: no event tells of a single
/// answer), so the count grows in steps of at least five.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school, which is also the aggregate.</param>
/// <param name="Version">Grows with the count.</param>
/// <param name="OccurredAt">When it was counted.</param>
/// <param name="Kind">What the survey is about.</param>
/// <param name="Answers">Answers of the school by now.</param>
[EventName("surveys.answers-counted")]
public sealed record SurveyAnswersCounted(
    Guid DistrictId, Guid SchoolId, long Version, DateTimeOffset OccurredAt, SurveyKind Kind, long Answers) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;

    Guid IEvent.AggregateId => SchoolId;
}
