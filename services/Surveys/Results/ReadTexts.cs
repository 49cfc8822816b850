using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Definitions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Results;

/// <summary>What a family wrote; nothing of which family, when, or what else it answered.</summary>
/// <param name="QuestionId">The question.</param>
/// <param name="Text">What was written.</param>
public sealed record SurveyText(string QuestionId, string Text);

/// <summary>
/// What families wrote (SUR-5), searched and in pages. A text is shown when the counters of its class show its answer, and with the
/// others of its step (SUR-4); in the order of the alphabet, so that neither time nor family nor another answer can be told from its
/// place. A search looks at these same texts and no others.
/// </summary>
internal static class ReadTexts
{
    // A page is whole classes: texts of a part of one would say which answers to several questions are one family's.
    private const int MostCells = 50;
    private const int EnoughAnswers = 500;
    private const int LongestSearch = 100;

    public static void MapReadTexts(this IEndpointRouteBuilder api) =>
        api.MapGet("/texts", ListAsync)
            .WithName("ReadSurveyTexts")
            .WithSummary("What families wrote in a round, at a class, a school or the district; searched, without names, logged.")
            .WithDescription("A page is some classes; where none of them has what is searched for, it is empty and yet has a next one.")
            .Command(Permission.SurveyRead).Sensitive();

    private static async Task<Results<Ok<Page<SurveyText>>, Problem>> ListAsync(
        SurveysDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel, string? node = null,
        Guid? id = null, Guid? roundId = null, Guid? termId = null, string? questionId = null, string? search = null, string? after = null)
    {
        if (!Cursor.TryRead<CellPlace>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (Node.Of(node, id, current) is not { } place)
            return (Problem)SurveysFailures.NodeNeeded;
        if (roundId is null == termId is null)
            return Problem.Of([SurveysFailures.RoundNeeded.At("roundId")]);
        if (search?.Length > LongestSearch)
            return Problem.Of([SurveysFailures.SearchTooLong.At("search", LongestSearch)]);

        var rounds = new Series(roundId, termId).Rounds(db);
        var (school, @class) = last ?? new CellPlace(Guid.Empty, Guid.Empty);
        var cells = await (
            from cell in place.Cells(db)
            join round in rounds on new { cell.SchoolId, Id = cell.RoundId } equals new { round.SchoolId, round.Id }
            where last == null || cell.SchoolId > school || (cell.SchoolId == school && cell.ClassId > @class)
            orderby cell.SchoolId, cell.ClassId
            select cell).Take(MostCells + 1).ToListAsync(cancel);
        if (cells.Count == 0 && last is null)
            return (Problem)Failures.NotFound;
        if (await rounds.OrderBy(round => round.SchoolId).FirstOrDefaultAsync(cancel) is not { } asked)
            return (Problem)Failures.NotFound;
        if (asked.Kind == SurveyKind.FamilyIntake)
            return (Problem)SurveysFailures.IntakeIsInTheArchive;
        var questions = asked.Definition.Questions
            .Where(question => question.Type == QuestionType.Text && (questionId is null || question.Id == questionId))
            .Select(question => question.Id).ToArray();
        if (questions.Length == 0 && questionId is not null)
            return Problem.Of([SurveysFailures.NoSuchQuestion.At("questionId")]);

        var read = Enough(cells);
        audit.About(
            "survey-texts", roundId ?? termId, asked.DistrictId,
            place.Level == ResultNode.District ? null : cells.FirstOrDefault()?.SchoolId);
        var answers = asked.Privacy == SurveyPrivacy.Anonymous
            ? await AnonymousAsync(db, read, cancel)
            : await OfInvitationsAsync(db, read, cancel);
        var texts = await OpenAsync(vault, answers, questions, search?.Trim() ?? "", cancel);
        return TypedResults.Ok(new Page<SurveyText>(
            [.. texts.OrderBy(text => Array.IndexOf(questions, text.QuestionId)).ThenBy(text => text.Text, StringComparer.Ordinal)],
            read.Count == cells.Count ? null : Cursor.Write(new CellPlace(read[^1].SchoolId, read[^1].ClassId))));
    }

    private static List<Cell> Enough(List<Cell> cells)
    {
        var answers = 0;
        return [.. cells.Take(MostCells).TakeWhile(cell =>
        {
            var more = answers < EnoughAnswers;
            answers += cell.Shown;
            return more;
        })];
    }

    private static async Task<List<SealedAnswer>> AnonymousAsync(SurveysDb db, List<Cell> cells, CancellationToken cancel)
    {
        var (schools, rounds, classes) = Keys(cells);
        var read = cells.Select(cell => (cell.SchoolId, cell.ClassId)).ToHashSet();
        return (await db.Set<AnonymousAnswer>().AsNoTracking()
            .Where(answer => schools.Contains(answer.SchoolId) && rounds.Contains(answer.RoundId) && classes.Contains(answer.ClassId)
                && answer.Shown)
            .ToListAsync(cancel)).Where(answer => read.Contains((answer.SchoolId, answer.ClassId)))
            .Select(answer => new SealedAnswer(answer.DistrictId, AnonymousAnswer.SealedContent.Of(answer.Id), answer.Content)).ToList();
    }

    // By way of the invitation: of a child whose surveys are restricted (ARC-10) there is none.
    private static async Task<List<SealedAnswer>> OfInvitationsAsync(SurveysDb db, List<Cell> cells, CancellationToken cancel)
    {
        var (schools, rounds, classes) = Keys(cells);
        var read = cells.Select(cell => (cell.SchoolId, cell.ClassId)).ToHashSet();
        var answers = await (
            from invitation in db.Invitations.AsNoTracking()
            join cell in db.Set<Cell>() on new { invitation.SchoolId, invitation.RoundId, invitation.ClassId }
                equals new { cell.SchoolId, cell.RoundId, cell.ClassId }
            let answer = invitation.Answer
            where schools.Contains(invitation.SchoolId) && rounds.Contains(invitation.RoundId) && classes.Contains(invitation.ClassId)
                && answer != null && (answer.Step <= cell.Step || answer.Earlier != null)
            select new
            {
                invitation.DistrictId,
                invitation.SchoolId,
                invitation.ClassId,
                invitation.Id,
                IsShown = answer.Step <= cell.Step,
                Content = answer.Step <= cell.Step ? answer.Content : answer.Earlier,
            }).ToListAsync(cancel);
        return [.. answers.Where(answer => read.Contains((answer.SchoolId, answer.ClassId))).Select(answer => new SealedAnswer(
            answer.DistrictId, (answer.IsShown ? Answer.SealedContent : Answer.SealedEarlier).Of(answer.Id), answer.Content!))];
    }

    private static (Guid[] Schools, Guid[] Rounds, Guid[] Classes) Keys(List<Cell> cells) => (
        [.. cells.Select(cell => cell.SchoolId).Distinct()], [.. cells.Select(cell => cell.RoundId).Distinct()],
        [.. cells.Select(cell => cell.ClassId).Distinct()]);

    private static async Task<List<SurveyText>> OpenAsync(
        KeyVault vault, List<SealedAnswer> answers, string[] questions, string search, CancellationToken cancel)
    {
        await vault.FetchAsync(answers.Select(answer => answer.Content), cancel);
        var texts = new List<SurveyText>();
        foreach (var answer in answers)
        {
            if (await vault.OpenAsync(answer.DistrictId, answer.Place, answer.Content, cancel) is not { } opened)
                continue; // erased
            var given = Answers.Read(opened);
            texts.AddRange(questions.Where(given.ContainsKey).Select(question => new SurveyText(question, given[question].GetString()!))
                .Where(text => text.Text.Contains(search, StringComparison.OrdinalIgnoreCase)));
        }

        return texts;
    }

    private sealed record CellPlace(Guid SchoolId, Guid ClassId);

    private sealed record SealedAnswer(Guid DistrictId, Place Place, byte[] Content);
}
