using System.Globalization;
using System.Text.RegularExpressions;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys.Definitions;

/// <summary>What a definition must be so that families can answer it and answers can be counted.</summary>
internal static partial class DefinitionCheck
{
    private const int MostPages = 20;
    private const int MostQuestions = 100;
    private const int MostChoices = 50;
    private const int MostConditions = 5;
    private const int MostNumbers = 1_000;
    private const int MostText = 2_000;
    private const int MostTextInAll = 20_000;
    private const int MostFields = 1_000; // of the page's form, with some left of what a server reads

    /// <summary>The mistakes of a definition, each with its path; none when it is right.</summary>
    public static List<FieldMistake> Mistakes(Definition definition)
    {
        var mistakes = new List<FieldMistake>();
        Check(mistakes, "title", definition.Title);
        Count(mistakes, "pages", definition.Pages.Count, 1, MostPages);
        if (definition.Questions.Count() > MostQuestions)
            mistakes.Add(SurveysFailures.TooMany.At("pages", MostQuestions));
        if (definition.Questions.Sum(Fields) > MostFields)
            mistakes.Add(SurveysFailures.TooManyFields.At("pages", MostFields));
        var earlier = new Dictionary<string, Question>(StringComparer.Ordinal);
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase); // as the names of a form's fields are compared
        foreach (var (page, at) in definition.Pages.Select((page, i) => (page, $"pages[{i}]")))
        {
            if (page.Title is { } title)
                Check(mistakes, $"{at}.title", title);
            Count(mistakes, $"{at}.questions", page.Questions.Count, 1, MostQuestions);
            foreach (var (question, path) in page.Questions.Select((question, i) => (question, $"{at}.questions[{i}]")))
            {
                Check(mistakes, path, question, earlier);
                earlier.TryAdd(question.Id, question);
                if (!ids.Add(question.Id))
                    mistakes.Add(SurveysFailures.IdTwice.At($"{path}.id"));
            }
        }

        var texts = definition.Questions.Where(question => question.Type == QuestionType.Text)
            .Sum(question => (long)(question.Highest ?? 0));
        if (texts > MostTextInAll)
            mistakes.Add(SurveysFailures.TooMuchText.At("pages", MostTextInAll));
        return mistakes;
    }

    private static void Check(List<FieldMistake> mistakes, string path, Question question, Dictionary<string, Question> earlier)
    {
        Check(mistakes, $"{path}.id", question.Id);
        Check(mistakes, $"{path}.text", question.Text);
        Check(mistakes, $"{path}.choices", question.Choices,
            question.Type is QuestionType.Single or QuestionType.Multiple or QuestionType.Matrix);
        Check(mistakes, $"{path}.rows", question.Rows, question.Type == QuestionType.Matrix);
        switch (question.Type)
        {
            case QuestionType.Rating:
                Bound(mistakes, $"{path}.highest", question.Highest, 2, 10);
                break;
            case QuestionType.Text:
                Bound(mistakes, $"{path}.highest", question.Highest, 1, MostText);
                break;
            case QuestionType.Number when question is { Lowest: { } lowest, Highest: { } highest }:
                if (highest <= lowest || (long)highest - lowest >= MostNumbers)
                    mistakes.Add(SurveysFailures.TooManyNumbers.At($"{path}.highest", MostNumbers));
                break;
            case QuestionType.Number:
                mistakes.Add(SurveysFailures.TooManyNumbers.At($"{path}.highest", MostNumbers));
                break;
            default:
                break;
        }

        var conditions = question.ShownIf ?? [];
        Count(mistakes, $"{path}.shownIf", conditions.Count, 0, MostConditions);
        foreach (var (condition, at) in conditions.Select((condition, i) => (condition, $"{path}.shownIf[{i}]")))
            Check(mistakes, at, condition, earlier);
    }

    private static void Check(List<FieldMistake> mistakes, string path, Condition condition, Dictionary<string, Question> earlier)
    {
        if (!earlier.TryGetValue(condition.Question, out var about))
        {
            mistakes.Add(SurveysFailures.NotEarlier.At($"{path}.question"));
            return;
        }

        var fits = condition.Is switch
        {
            Comparison.Answered => condition.Values.Count == 0,
            Comparison.AnyOf or Comparison.NoneOf => about.Type is QuestionType.Single or QuestionType.Multiple
                && condition.Values.Count > 0
                && condition.Values.All(value => about.Choices?.Any(choice => choice.Id == value) == true),
            // A number that no answer reaches, or every one, is a mistake of whoever designed it.
            _ => about.IsNumeric && condition.Values.Count == 1
                && int.TryParse(condition.Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit)
                && limit >= about.Range.From && limit <= about.Range.To,
        };
        if (!fits)
            mistakes.Add(SurveysFailures.ConditionUnfit.At(path));
    }

    private static void Check(List<FieldMistake> mistakes, string path, IReadOnlyList<Choice>? choices, bool needed)
    {
        if (!needed)
        {
            if (choices is not null)
                mistakes.Add(SurveysFailures.NotOfThisType.At(path));
            return;
        }

        Count(mistakes, path, choices?.Count ?? 0, 1, MostChoices);
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (choice, at) in (choices ?? []).Select((choice, i) => (choice, $"{path}[{i}]")))
        {
            Check(mistakes, $"{at}.id", choice.Id);
            Check(mistakes, $"{at}.text", choice.Text);
            if (!ids.Add(choice.Id))
                mistakes.Add(SurveysFailures.IdTwice.At($"{at}.id"));
        }
    }

    private static void Check(List<FieldMistake> mistakes, string path, Wording wording)
    {
        foreach (var (language, text) in new[] { ("zh", wording.Zh), ("en", wording.En) })
        {
            if (string.IsNullOrWhiteSpace(text) || text.Length > 500 || text.Any(char.IsControl))
                mistakes.Add(Failures.Text.At($"{path}.{language}", 1, 500));
        }
    }

    private static void Check(List<FieldMistake> mistakes, string path, string id)
    {
        if (!Ids().IsMatch(id))
            mistakes.Add(SurveysFailures.IdUnfit.At(path));
    }

    private static void Count(List<FieldMistake> mistakes, string path, int count, int least, int most)
    {
        if (count < least || count > most)
            mistakes.Add(Failures.List.At(path, least, most));
    }

    // How many values a browser sends at most.
    private static int Fields(Question question) => question.Type switch
    {
        QuestionType.Multiple => question.Choices?.Count ?? 0,
        QuestionType.Matrix => question.Rows?.Count ?? 0,
        _ => 1,
    };

    private static void Bound(List<FieldMistake> mistakes, string path, int? number, int least, int most)
    {
        if (number is null || number < least || number > most)
            mistakes.Add(Failures.Range.At(path, least, most));
    }

    // They become names in forms, in style sheets and in spreadsheets' headings.
    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]{0,39}\z", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Ids();
}
