using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Definitions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Results;

/// <summary>One answer with whose it is.</summary>
/// <param name="InvitationId">The invitation.</param>
/// <param name="RoundId">The round.</param>
/// <param name="VisitId">The visit it is about, if it is about one.</param>
/// <param name="StudentIds">The children it is about.</param>
/// <param name="GuardianId">The guardian who was asked; <see langword="null"/> when the family was.</param>
/// <param name="AnsweredAt">When it was given or last changed.</param>
/// <param name="Answers">By the question's id; <see langword="null"/> when they are erased.</param>
public sealed record OfficersAnswer(
    Guid InvitationId, Guid RoundId, Guid? VisitId, IReadOnlyList<Guid> StudentIds, Guid? GuardianId, DateTimeOffset AnsweredAt,
    IReadOnlyDictionary<string, JsonElement>? Answers);

/// <summary>Named and confidential answers with whose they are: for the school's officer alone, and each reading leaves an audit row (SUR-4).</summary>
internal static class ReadAnswers
{
    public static void MapReadAnswers(this IEndpointRouteBuilder api) =>
        api.MapGet("/answers", ListAsync)
            .WithName("ReadSurveyAnswers")
            .WithSummary("The answers to rounds that are not anonymous, and whose they are; logged.")
            .Command(Permission.SurveyAnswerRead).Sensitive();

    private static async Task<Results<Ok<Page<OfficersAnswer>>, Problem>> ListAsync(
        SurveysDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel,
        Guid? roundId = null, Guid? schoolId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (SchoolOf(current, schoolId) is not { } grant)
            return schoolId is null ? Problem.Of([SurveysFailures.SchoolNeeded.At("schoolId")]) : (Problem)Failures.NotFound;
        var limit = Cursor.Size(size);
        var rows = await db.Invitations.AsNoTracking()
            .Where(i => i.SchoolId == grant.SchoolId && i.Answer != null && i.Id > last && (roundId == null || i.RoundId == roundId))
            .OrderBy(i => i.Id).Take(limit + 1)
            .Include(i => i.Answer)
            .ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(row => row.Answer!.Content), cancel);
        var answers = new List<OfficersAnswer>();
        foreach (var row in rows)
        {
            var opened = await vault.OpenAsync(row.DistrictId, Answer.SealedContent.Of(row.Id), row.Answer!.Content, cancel);
            answers.Add(new OfficersAnswer(
                row.Id, row.RoundId, row.VisitId, row.StudentIds, row.GuardianId, row.Answer.AnsweredAt,
                opened is null ? null : Answers.Read(opened)));
        }

        audit.About("survey-answers", roundId, grant.DistrictId, grant.SchoolId);
        return TypedResults.Ok(Page.From(answers, limit, answer => answer.InvitationId));
    }

    /// <summary>The school whose answers are read: one, since the audit's row is that school's.</summary>
    public static Grant? SchoolOf(CurrentCaller current, Guid? school)
    {
        var grants = current.Caller.With(Permission.SurveyAnswerRead)
            .Where(grant => grant.SchoolId is not null && (school is null || grant.SchoolId == school))
            .DistinctBy(grant => grant.SchoolId).ToArray();
        return grants.Length == 1 ? grants[0] : null;
    }
}
