using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys;

/// <summary>One answer with whose it is.</summary>
/// <param name="InvitationId">The invitation.</param>
/// <param name="VisitId">The visit it is about.</param>
/// <param name="StudentIds">The children that the visit was about.</param>
/// <param name="AnsweredAt">When it was given or last changed.</param>
/// <param name="Answers">By the question's id; <see langword="null"/> when they are erased.</param>
public sealed record OfficersAnswer(
    Guid InvitationId, Guid VisitId, IReadOnlyList<Guid> StudentIds, DateTimeOffset AnsweredAt,
    IReadOnlyDictionary<string, JsonElement>? Answers);

/// <summary>Answers with whose they are: confidential, for the school's officer alone, and each reading leaves an audit row (SUR-4).</summary>
internal static class ReadAnswers
{
    public static void MapReadAnswers(this IEndpointRouteBuilder api) =>
        api.MapGet("/answers", ListAsync).Command(Permission.SurveyAnswerRead).Sensitive().WithName("ReadSurveyAnswers");

    private static async Task<Results<Ok<Page<OfficersAnswer>>, Problem>> ListAsync(
        SurveysDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.SurveyAnswerRead).ToArray();
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var limit = Cursor.Size(size);
        var rows = await db.Invitations.AsNoTracking()
            .Where(i => schools.Contains(i.SchoolId) && i.Answer != null && i.Id > last)
            .OrderBy(i => i.Id).Take(limit + 1)
            .Include(i => i.Answer)
            .ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(row => row.Answer!.Answers), cancel);
        var answers = new List<OfficersAnswer>();
        foreach (var row in rows)
        {
            var opened = await vault.OpenAsync(row.DistrictId, Answer.AnswersOf(row.Id), row.Answer!.Answers, cancel);
            answers.Add(new OfficersAnswer(
                row.Id, row.VisitId, row.StudentIds, row.Answer.AnsweredAt, opened is null ? null : Answer.Read(opened)));
        }

        audit.About("survey-answers", null, grants[0].DistrictId, grants[0].SchoolId);
        return TypedResults.Ok(Page.From(answers, limit, answer => answer.InvitationId));
    }
}
