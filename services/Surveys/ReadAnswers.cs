using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys;

/// <summary>One answer with whose it is.</summary>
/// <param name="InvitationId">The invitation.</param>
/// <param name="VisitId">The visit it is about.</param>
/// <param name="StudentIds">The children that the visit was about.</param>
/// <param name="AnsweredAt">When it was given or last changed.</param>
/// <param name="Answers">By the question's id.</param>
public sealed record OfficersAnswer(
    Guid InvitationId, Guid VisitId, IReadOnlyList<Guid> StudentIds, DateTimeOffset AnsweredAt, IReadOnlyDictionary<string, JsonElement> Answers);

/// <summary>Answers with whose they are: confidential, for the school's officer alone, and each reading leaves an audit row (SUR-4).</summary>
internal static class ReadAnswers
{
    public static void MapReadAnswers(this IEndpointRouteBuilder api) =>
        api.MapGet("/answers", ListAsync).Command(Permission.SurveyAnswerRead).Sensitive().WithName("ReadSurveyAnswers");

    private static async Task<Results<Ok<Page<OfficersAnswer>>, Problem>> ListAsync(
        SurveysDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.SurveyAnswerRead).ToArray();
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var limit = Cursor.Size(size);
        var rows = await db.Invitations.AsNoTracking()
            .Where(i => schools.Contains(i.SchoolId) && i.Answer != null && i.Id > last)
            .OrderBy(i => i.Id).Take(limit + 1)
            .Select(i => new OfficersAnswer(i.Id, i.VisitId, i.StudentIds, i.Answer!.AnsweredAt, i.Answer.Answers))
            .ToListAsync(cancel);
        audit.About("survey-answers", null, grants[0].DistrictId, grants[0].SchoolId);
        return TypedResults.Ok(Page.From(rows, limit, row => row.InvitationId));
    }
}
