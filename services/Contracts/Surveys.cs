using HomeSchool.Contracts.Archives;

namespace HomeSchool.Contracts.Surveys;

/// <summary>What a survey is about (SUR-1).</summary>
public enum SurveyKind
{
    /// <summary>开学初问卷: what families need at the start of a term.</summary>
    Needs,

    /// <summary>家庭情况调研表; the answers go into the child's archive (ARC-3).</summary>
    FamilyIntake,

    /// <summary>家校共育满意度调研, at the end of a term.</summary>
    TermSatisfaction,

    /// <summary>Whatever else a school or district asks.</summary>
    Designed,

    /// <summary>家访满意度; opens by itself when a visit completes (SUR-2).</summary>
    VisitSatisfaction,
}

/// <summary>Who learns whose an answer is (SUR-4).</summary>
public enum SurveyPrivacy
{
    /// <summary>实名: the school's officer sees whose it is, and the family is told so.</summary>
    Named,

    /// <summary>保密: as for <see cref="Named"/>; all others see results of five or more only.</summary>
    Confidential,

    /// <summary>匿名: nobody can tell, also not from the database.</summary>
    Anonymous,
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

/// <summary>The families of a school were invited to a round of a survey (SUR-1). Comes once a school, for all of them.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The round; a district's round is the same in all its schools.</param>
/// <param name="Version">Of the round at the school.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Privacy">Who learns whose an answer is.</param>
/// <param name="Invited">How many invitations there are.</param>
/// <param name="ClosesAt">Until when it can be answered.</param>
[EventName("surveys.round-opened")]
public sealed record SurveyRoundOpened(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    SurveyKind Kind, SurveyPrivacy Privacy, int Invited, DateTimeOffset ClosesAt) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>A round takes no more answers at a school, and its results are as they will stay.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The round.</param>
/// <param name="Version">Of the round at the school.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Kind">What it was about.</param>
[EventName("surveys.round-closed")]
public sealed record SurveyRoundClosed(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, SurveyKind Kind) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>
/// These families are asked by a round, and are to be told of it, once (MSG-5). For services only: it tells who is asked, though never
/// who answers or what.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The round.</param>
/// <param name="Version">Grows with time.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Invitations">At most <see cref="SurveyRemindersDue.MostInvitations"/>.</param>
[EventName("surveys.families-invited")]
public sealed record SurveyFamiliesInvited(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    SurveyKind Kind, IReadOnlyList<InvitationToRemind> Invitations) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>
/// These invitations of a round wait for an answer and are to be reminded, once (SUR-2, SUR-5). For services only: it tells who has not
/// answered, though never what anybody did.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="AggregateId">The round.</param>
/// <param name="Version">Grows with time.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Invitations">At most <see cref="MostInvitations"/>.</param>
[EventName("surveys.reminders-due")]
public sealed record SurveyRemindersDue(
    Guid DistrictId, Guid SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    SurveyKind Kind, IReadOnlyList<InvitationToRemind> Invitations) : IEvent
{
    /// <summary>Invitations in one event at most.</summary>
    public const int MostInvitations = 500;

    Guid? IEvent.SchoolId => SchoolId;
}

/// <summary>An invitation that waits for an answer.</summary>
/// <param name="InvitationId">The invitation.</param>
/// <param name="StudentIds">The children whose family is asked.</param>
/// <param name="GuardianId">The guardian who is asked; <see langword="null"/> when the family is.</param>
/// <param name="ClosesAt">Until when it can be answered.</param>
public sealed record InvitationToRemind(
    Guid InvitationId, IReadOnlyList<Guid> StudentIds, Guid? GuardianId, DateTimeOffset ClosesAt);

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
