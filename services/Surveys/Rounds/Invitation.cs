using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Surveys.Answering;

namespace HomeSchool.Surveys.Rounds;

/// <summary>
/// An invitation to one answer. About a visit it is the family's; otherwise there is one for each child, so that a class's results are about
/// that class, and for the family intake one for each guardian, who answers about the own occupation and views. A school fact.
/// </summary>
public sealed class Invitation
{
    /// <summary>SQL: whether the invitation <c>i</c> still stands; whom a court has barred since, or who is no guardian any more, is
    /// asked nothing (ARC-13).</summary>
    internal const string Stands =
        """
        (i.guardian_id IS NULL OR EXISTS (
            SELECT FROM guardianship g LEFT JOIN guardian_rights h ON h.student_id = g.student_id AND h.guardian_id = g.guardian_id
            WHERE g.student_id = ANY (i.student_ids) AND g.guardian_id = i.guardian_id AND g.withdrawn_on IS NULL
                AND coalesce(h.may_see, true)))
        """;

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The invitation.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The round.</summary>
    public Guid RoundId { get; init; }

    /// <summary>The completed visit that opened it, if one did (SUR-2).</summary>
    public Guid? VisitId { get; init; }

    /// <summary>The family that was visited.</summary>
    public Guid? FamilyId { get; init; }

    /// <summary>The children it is about.</summary>
    public Guid[] StudentIds { get; init; } = [];

    /// <summary>The guardian who is asked, of a family intake.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>The class that the answer counts in; all zeros for none. Of siblings in several, the first.</summary>
    public Guid ClassId { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>When the one reminder is due (SUR-2); <see langword="null"/> when none is, or any more.</summary>
    public DateTimeOffset? RemindAt { get; init; }

    /// <summary>Until when the family is not invited about visits again (SUR-2); the database sees to it.</summary>
    public DateTimeOffset? QuietUntil { get; init; }

    /// <summary>Until when it can be answered.</summary>
    public DateTimeOffset ClosesAt { get; init; }

    /// <summary>Whether an answer can be changed until then (SUR-3).</summary>
    public bool MayChange { get; init; }

    /// <summary>Whether it was answered; with that, an anonymous one is spent.</summary>
    public bool Answered { get; init; }

    /// <summary>The answer, once there is one that says whose it is.</summary>
    public Answer? Answer { get; internal set; }

    /// <summary>Whom the answer is about.</summary>
    public Subject ToSubject() => new(DistrictId, SchoolId, StudentIds);

    /// <summary>Whether an answer can be taken (SUR-3).</summary>
    /// <param name="privacy">The round's.</param>
    /// <param name="changes">Whether who sends it gave the answer that there is.</param>
    /// <param name="now">The time.</param>
    /// <returns>Why not; <see langword="null"/> when it can.</returns>
    public Failure? Refusal(SurveyPrivacy privacy, bool changes, DateTimeOffset now)
    {
        if (now >= ClosesAt)
            return SurveysFailures.Closed;
        // An answer that was erased with one of the children was counted all the same: there is no second one.
        var mayChange = changes && MayChange && Answer is not null && privacy != SurveyPrivacy.Anonymous;
        return Answered && !mayChange ? SurveysFailures.AnsweredAlready : null;
    }
}
