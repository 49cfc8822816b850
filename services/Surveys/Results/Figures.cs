using System.Globalization;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Surveys.Definitions;

namespace HomeSchool.Surveys.Results;

/// <summary>The results of a node (SUR-5), as far as they are shown (SUR-4).</summary>
/// <param name="Invited">Invitations.</param>
/// <param name="Answers">Answers that are shown; 0 below five.</param>
/// <param name="ResponseRate">Shown answers over invitations, 0–1; <see langword="null"/> when nobody is invited.</param>
/// <param name="Questions">One for each question, and for each row of a matrix.</param>
public sealed record SurveyResults(int Invited, int Answers, double? ResponseRate, IReadOnlyList<QuestionResults> Questions);

/// <summary>The results of one question, or of one row of a matrix.</summary>
/// <param name="Id">The question; of a matrix, with its row: <c>question.row</c>.</param>
/// <param name="Given">How many options were given: with several choices, more than answers.</param>
/// <param name="Mean">The mean of numbers; <see langword="null"/> for what is no number.</param>
/// <param name="Nps">The net promoter score, -100 to 100: the share of 9 and 10 less that of 0 to 6; <see langword="null"/> for other
/// questions.</param>
/// <param name="Distribution">How often each option was given.</param>
public sealed record QuestionResults(
    string Id, int Given, double? Mean, double? Nps, IReadOnlyDictionary<string, int> Distribution);

/// <summary>How often an option was given.</summary>
/// <param name="Question">The question; of a matrix, with its row: <c>question.row</c>.</param>
/// <param name="Option">The choice, number or date; empty for a text.</param>
/// <param name="Times">How often.</param>
internal sealed record OptionCount(string Question, string Option, int Times)
{
    /// <summary>The option of a question that takes numbers.</summary>
    public int Number => int.Parse(Option, CultureInfo.InvariantCulture);
}

/// <summary>A question as it is counted, and shown in a column of its own: of a matrix, one row.</summary>
/// <param name="Question">The question.</param>
/// <param name="Row">The row of a matrix.</param>
internal sealed record CountedQuestion(Question Question, Choice? Row)
{
    /// <summary>The question; of a matrix, with its row: <c>question.row</c>.</summary>
    public string Id => Row is null ? Question.Id : $"{Question.Id}.{Row.Id}";

    /// <summary>What is asked.</summary>
    public string TextIn(bool chinese) => Row is null ? Question.Text.In(chinese) : $"{Question.Text.In(chinese)} {Row.Text.In(chinese)}";

    /// <summary>What an option says; a number or a date is itself.</summary>
    public string OptionIn(string option, bool chinese) =>
        Question.Choices?.FirstOrDefault(choice => choice.Id == option)?.Text.In(chinese) ?? option;
}

/// <summary>Makes figures of counts.</summary>
internal static class Figures
{
    /// <summary>The results that counts make.</summary>
    public static SurveyResults Of(Definition asked, int invited, int shown, IEnumerable<OptionCount> counts)
    {
        var given = counts.ToLookup(count => count.Question, StringComparer.Ordinal);
        return new SurveyResults(
            invited, shown, invited == 0 ? null : (double)shown / invited,
            [.. asked.Counted().Where(one => given.Contains(one.Id))
                .Select(one => Of(one.Question, one.Id, [.. given[one.Id].OrderBy(count => Rank(one.Question, count.Option))]))]);
    }

    /// <summary>Adds the counts of several nodes up.</summary>
    public static IEnumerable<OptionCount> Sum(IEnumerable<OptionCount> counts) => counts
        .GroupBy(count => (count.Question, count.Option))
        .Select(same => new OptionCount(same.Key.Question, same.Key.Option, same.Sum(count => count.Times)));

    /// <summary>The questions as they are counted.</summary>
    public static IEnumerable<CountedQuestion> Counted(this Definition definition) => definition.Questions.SelectMany(question =>
        question.Rows is { } rows ? rows.Select(row => new CountedQuestion(question, row)) : [new CountedQuestion(question, null)]);

    /// <summary>The ids, as they are counted, of the questions that two definitions ask alike: the same words, options and conditions.
    /// Whether an answer was demanded is no difference.</summary>
    public static HashSet<string> Alike(Definition one, Definition other)
    {
        var known = other.Questions.Select(Write).ToHashSet(StringComparer.Ordinal);
        return one.Counted().Where(counted => known.Contains(Write(counted.Question))).Select(counted => counted.Id)
            .ToHashSet(StringComparer.Ordinal);

        static string Write(Question question) => JsonSerializer.Serialize(question with { Required = false }, Json.Options);
    }

    private static QuestionResults Of(Question question, string id, OptionCount[] counts)
    {
        var all = counts.Sum(count => count.Times);
        return new QuestionResults(
            id, all,
            question.IsNumeric ? counts.Sum(count => (double)count.Number * count.Times) / all : null,
            question.Type == QuestionType.Nps
                ? 100.0 * (counts.Where(count => count.Number >= 9).Sum(count => count.Times)
                    - counts.Where(count => count.Number <= 6).Sum(count => count.Times)) / all
                : null,
            counts.ToDictionary(count => count.Option, count => count.Times, StringComparer.Ordinal));
    }

    // Numbers and choices in their own order; dates in time's.
    private static (int, string) Rank(Question question, string option) =>
        question.IsNumeric ? (int.Parse(option, CultureInfo.InvariantCulture), "")
        : question.Choices is { } choices ? (choices.TakeWhile(choice => choice.Id != option).Count(), "")
        : (0, option);
}
