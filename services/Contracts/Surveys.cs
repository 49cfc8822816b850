using HomeSchool.Contracts.Archives;

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

/// <summary>
/// A guardian answered the family intake survey (家庭情况调研表), or corrected the answers (ARC-3). They travel as ciphertext, and open
/// with the student's key only: broker, logs and event logs have nothing to read.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school that asked.</param>
/// <param name="AggregateId">The answer.</param>
/// <param name="Version">Of the answer: grows with each correction.</param>
/// <param name="OccurredAt">When the guardian answered. Of several answers of a guardian about a child the latest counts.</param>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">Who answered.</param>
/// <param name="Content"><see cref="FamilyIntake"/> as JSON in UTF-8, sealed by the key vault for this student alone at the place
/// table
/// <see cref="FamilyIntake.Table"/>, column <see cref="FamilyIntake.Column"/>, row <paramref name="AggregateId"/>.</param>
[EventName("surveys.family-intake-answered")]
public sealed record FamilyIntakeAnswered(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid StudentId, Guid GuardianId, byte[] Content) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>
/// What a guardian answers in the family intake survey. Each may be left out; members may be added, and readers pass over those
/// that they do not know.
/// </summary>
/// <param name="Structure">Who lives with the child.</param>
/// <param name="Language">The language spoken at home (BCP 47), e.g. <c>zh</c>, <c>bo</c>.</param>
/// <param name="Occupation">The guardian's own, up to 50 characters.</param>
/// <param name="Education">The guardian's own.</param>
/// <param name="Address">Where the guardian lives, up to 200 characters.</param>
/// <param name="Views">对孩子教育的看法, up to 2,000 characters.</param>
/// <param name="Worries">目前的困惑与担忧, up to 2,000 characters.</param>
public sealed record FamilyIntake(
    FamilyStructure? Structure = null, string? Language = null, string? Occupation = null, Education? Education = null,
    string? Address = null, string? Views = null, string? Worries = null)
{
    /// <summary>The table part of the place at which it is sealed.</summary>
    public const string Table = "surveys.family_intake";

    /// <summary>The column part of the place at which it is sealed.</summary>
    public const string Column = "content";
}
