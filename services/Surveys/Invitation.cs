using System.Text.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Surveys;

/// <summary>A family's invitation to one survey, opened by a completed visit (SUR-2). A school fact.</summary>
public sealed class Invitation
{
    /// <summary>The school of the visit.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The invitation.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it is about.</summary>
    public SurveyKind Kind { get; init; }

    /// <summary>The version of the questions, frozen with the invitation (SUR-1).</summary>
    public int DefinitionVersion { get; init; }

    /// <summary>The completed visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The family.</summary>
    public Guid FamilyId { get; init; }

    /// <summary>The children that the visit was about.</summary>
    public Guid[] StudentIds { get; init; } = [];

    /// <summary>The class that the answer counts in; all zeros when the visit names none. Of siblings in several, the first.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The term that the answer counts in.</summary>
    public Guid TermId { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>When the one reminder is due (SUR-2); sending it is the messages' work.</summary>
    public DateTimeOffset ReminderDueAt { get; init; }

    /// <summary>Until when the family is not invited again (SUR-2); the database sees to it.</summary>
    public DateTimeOffset QuietUntil { get; init; }

    /// <summary>Until when it can be answered.</summary>
    public DateTimeOffset ClosesAt { get; init; }

    /// <summary>Whether an answer can be changed until then (SUR-3).</summary>
    public bool MayChange { get; init; }

    /// <summary>In steps of how many answers results advance (SUR-4).</summary>
    public int SmallestCell { get; init; }

    /// <summary>The answer, once there is one.</summary>
    public Answer? Answer { get; private set; }

    /// <summary>Whom the answer is about: the children of the visit.</summary>
    public Subject ToSubject() => new(DistrictId, SchoolId, StudentIds);

    /// <summary>Takes an answer (SUR-3).</summary>
    /// <param name="answers">The answers, sealed.</param>
    /// <param name="now">The time.</param>
    /// <returns>Why not; <see langword="null"/> when it is taken.</returns>
    public Failure? Take(byte[] answers, DateTimeOffset now)
    {
        if (now >= ClosesAt)
            return SurveysFailures.Closed;
        if (Answer is null)
            Answer = new Answer { SchoolId = SchoolId, InvitationId = Id, DistrictId = DistrictId };
        else if (!MayChange)
            return SurveysFailures.AnsweredAlready;
        Answer.Set(answers, now);
        return null;
    }
}

/// <summary>A family's answer. Confidential (SUR-4): only the officer sees whose it is; all others see results of five or more.</summary>
public sealed class Answer
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The invitation that it answers: one answer for each, whatever is sent at the same time (SUR-3).</summary>
    public Guid InvitationId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What was answered, by the question's id, as JSON; sealed.</summary>
    public byte[] Answers { get; private set; } = [];

    /// <summary>When it was given or last changed.</summary>
    public DateTimeOffset AnsweredAt { get; private set; }

    /// <summary>1 for the first; of two changes at the same time one is refused.</summary>
    public long Version { get; private set; }

    /// <summary>The column of the answers.</summary>
    internal static readonly SealedColumn SealedAnswers = new("surveys.answer", "answers", "invitation_id");

    /// <summary>Where the answers of an invitation stand.</summary>
    internal static Place AnswersOf(Guid invitation) => SealedAnswers.Of(invitation);

    /// <summary>What was answered, as it is stored under a key.</summary>
    internal static byte[] Write(Dictionary<string, JsonElement> answers) =>
        JsonSerializer.SerializeToUtf8Bytes(answers, Json.Options);

    /// <summary>What was answered.</summary>
    internal static Dictionary<string, JsonElement> Read(byte[] answers) =>
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(answers, Json.Options)!;

    internal void Set(byte[] answers, DateTimeOffset now)
    {
        Answers = answers;
        AnsweredAt = now;
        Version++;
    }
}
