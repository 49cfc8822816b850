using System.Globalization;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Sheets;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Rounds;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Results;

/// <summary>
/// The answers to a named or confidential round as a table, with whose they are (SUR-5): as <see cref="ReadAnswers"/>, for the school's
/// officer alone and in the audit. An anonymous round has none to give (SUR-4).
/// </summary>
internal static class ExportAnswers
{
    private static readonly Wording[] Columns =
    [
        new("学生编号", "Student ids"), new("监护人编号", "Guardian id"), new("班级编号", "Class id"), new("作答时间(UTC)", "Answered at (UTC)"),
    ];

    public static void MapExportAnswers(this IEndpointRouteBuilder api) =>
        api.MapGet("/answers.{format:regex(^(csv|xlsx)$)}", ExportAsync)
            .WithName("ExportSurveyAnswers")
            .WithSummary("The answers to a round that is not anonymous, and whose they are, as .csv or .xlsx; logged.")
            .Command(Permission.SurveyAnswerRead).Sensitive();

    private static async Task<Results<PushStreamHttpResult, Problem>> ExportAsync(
        string format, Guid roundId, SurveysDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel, Guid? schoolId = null)
    {
        if (ReadAnswers.SchoolOf(current, schoolId) is not { } grant)
            return schoolId is null ? Problem.Of([SurveysFailures.SchoolNeeded.At("schoolId")]) : (Problem)Failures.NotFound;
        if (await db.Rounds.AsNoTracking().SingleOrDefaultAsync(r => r.Id == roundId && r.SchoolId == grant.SchoolId, cancel)
            is not { } round)
        {
            return (Problem)Failures.NotFound;
        }

        if (round.Privacy == SurveyPrivacy.Anonymous)
            return (Problem)SurveysFailures.NoSingleAnswers;
        audit.About("survey-answers", roundId, round.DistrictId, round.SchoolId);
        http.Response.Headers.CacheControl = "no-store";
        var chinese = Language.IsChinese(http);
        var questions = round.Definition.Counted().ToArray();
        return Sheet.Answer(Enum.Parse<SheetFormat>(format, ignoreCase: true), "survey-answers", async sheet =>
        {
            await sheet.WriteAsync(
                [.. Columns.Select(column => column.In(chinese)), .. questions.Select(question => question.TextIn(chinese))], cancel);
            List<Invitation> page;
            var last = Guid.Empty;
            do
            {
                page = await db.Invitations.AsNoTracking()
                    .Where(i => i.SchoolId == grant.SchoolId && i.RoundId == roundId && i.Answer != null && i.Id > last)
                    .OrderBy(i => i.Id).Take(Cursor.MaximumSize).Include(i => i.Answer).ToListAsync(cancel);
                await vault.FetchAsync(page.Select(invitation => invitation.Answer!.Content), cancel);
                foreach (var invitation in page)
                {
                    var opened = await vault.OpenAsync(
                        invitation.DistrictId, Answer.SealedContent.Of(invitation.Id), invitation.Answer!.Content, cancel);
                    var answers = opened is null ? [] : Answers.Read(opened);
                    await sheet.WriteAsync(
                        [
                            string.Join(' ', invitation.StudentIds), $"{invitation.GuardianId}", $"{invitation.ClassId}",
                            invitation.Answer.AnsweredAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                            .. questions.Select(question => Value(question, answers, chinese)),
                        ],
                        cancel);
                    last = invitation.Id;
                }
            }
            while (page.Count == Cursor.MaximumSize);
        });
    }

    private static object? Value(CountedQuestion counted, Dictionary<string, JsonElement> answers, bool chinese)
    {
        if (!answers.TryGetValue(counted.Question.Id, out var answer))
            return null;
        if (counted.Row is { } row)
            return answer.TryGetProperty(row.Id, out var chosen) ? counted.OptionIn(chosen.GetString()!, chinese) : null;
        return answer.ValueKind switch
        {
            JsonValueKind.Number => answer.GetInt32(),
            JsonValueKind.Array => string.Join(
                chinese ? "；" : "; ", answer.EnumerateArray().Select(choice => counted.OptionIn(choice.GetString()!, chinese))),
            _ => counted.OptionIn(answer.GetString()!, chinese),
        };
    }
}
