using System.Globalization;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.Extensions.Primitives;

namespace HomeSchool.Surveys.Definitions;

/// <summary>Answers by the question's id, and what a definition says to them. Nothing here asks the database.</summary>
internal static class Answers
{
    /// <summary>Checks answers against the questions (SUR-1).</summary>
    /// <param name="definition">The questions, as they were opened.</param>
    /// <param name="given">By the question's id, as they came.</param>
    /// <returns>The answers as they are kept, and the mistakes; answers are complete when there is no mistake. An answer to a question
    /// that, by the other answers, is not asked is left out.</returns>
    public static (Dictionary<string, JsonElement> Kept, List<FieldMistake> Mistakes) Check(
        this Definition definition, IReadOnlyDictionary<string, JsonElement> given)
    {
        var kept = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var mistakes = given.Keys.Except(definition.Questions.Select(question => question.Id), StringComparer.Ordinal)
            .Select(id => SurveysFailures.NoSuchQuestion.At($"answers.{id}")).ToList();
        foreach (var question in definition.Questions.Where(question => IsAsked(question, kept)))
        {
            var field = $"answers.{question.Id}";
            if (!given.TryGetValue(question.Id, out var answer))
                answer = default;
            if (!IsReadable(answer))
            {
                mistakes.Add(SurveysFailures.Unreadable.At(field));
            }
            else if (IsBlank(answer))
            {
                if (question.Required)
                    mistakes.AddRange(Missing(question, [], field));
            }
            else if (Mistakes(question, answer, field) is { Count: > 0 } wrong)
            {
                mistakes.AddRange(wrong);
            }
            else
            {
                kept[question.Id] = answer;
            }
        }

        return (kept, mistakes);
    }

    /// <summary>Whether a question is asked, given the answers to those before it.</summary>
    public static bool IsAsked(Question question, IReadOnlyDictionary<string, JsonElement> earlier) =>
        question.ShownIf?.All(condition => Holds(condition, earlier)) ?? true;

    /// <summary>What results count of answers: question (of a matrix, with its row) and option.</summary>
    public static IEnumerable<(string Question, string Option)> Counted(
        this Definition definition, IReadOnlyDictionary<string, JsonElement> answers) =>
        definition.Questions.Where(question => answers.ContainsKey(question.Id)).SelectMany(question =>
        {
            var answer = answers[question.Id];
            return question.Type switch
            {
                QuestionType.Multiple => answer.EnumerateArray().Select(choice => (question.Id, choice.GetString()!)),
                QuestionType.Matrix => answer.EnumerateObject().Select(row => ($"{question.Id}.{row.Name}", row.Value.GetString()!)),
                QuestionType.Text => [(question.Id, "")],
                _ => (IEnumerable<(string, string)>)[(question.Id, answer.ToString())],
            };
        });

    /// <summary>Reads a form, which has texts only; what is no number stays a text and is named as a mistake.</summary>
    public static Dictionary<string, JsonElement> FromForm(this Definition definition, IFormCollection form)
    {
        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var question in definition.Questions)
        {
            object? answer = question.Type switch
            {
                QuestionType.Matrix => question.Rows!.Select(row => (row.Id, Value: form[$"{question.Id}.{row.Id}"]))
                    .Where(row => !StringValues.IsNullOrEmpty(row.Value))
                    .ToDictionary(row => row.Id, row => row.Value.ToString(), StringComparer.Ordinal) is { Count: > 0 } rows ? rows : null,
                _ when StringValues.IsNullOrEmpty(form[question.Id]) => null,
                QuestionType.Multiple => form[question.Id].ToArray(),
                _ when question.IsNumeric && int.TryParse(
                    form[question.Id].ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
                // Forms send line breaks as CR LF, and count them as one character.
                _ => form[question.Id].ToString().ReplaceLineEndings("\n"),
            };
            if (answer is not null)
                given[question.Id] = JsonSerializer.SerializeToElement(answer, Json.Options);
        }

        return given;
    }

    /// <summary>Answers as they are kept, before they are sealed.</summary>
    public static byte[] Write(Dictionary<string, JsonElement> answers) => JsonSerializer.SerializeToUtf8Bytes(answers, Json.Options);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Dictionary<string, JsonElement> Read(ReadOnlySpan<byte> answers) =>
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(answers, Json.Options)!;

    /// <summary>The most bytes that <see cref="Write"/> needs for any right answer. Anonymous answers are filled up to it, since a
    /// length would tell one answer from another (SUR-4).</summary>
    public static int MostBytes(this Definition definition) => 2 + definition.Questions.Sum(question =>
        question.Id.Length + 4 + question.Type switch
        {
            QuestionType.Single => 2 + question.Choices!.Max(choice => choice.Id.Length),
            QuestionType.Multiple => 2 + question.Choices!.Sum(choice => choice.Id.Length + 3),
            QuestionType.Matrix => 2 + question.Rows!.Sum(row => row.Id.Length + 6 + question.Choices!.Max(choice => choice.Id.Length)),
            QuestionType.Text => 2 + (6 * question.Highest!.Value), // \u0000, at most
            _ => 12,
        });

    private static bool Holds(Condition condition, IReadOnlyDictionary<string, JsonElement> earlier)
    {
        if (!earlier.TryGetValue(condition.Question, out var answer))
            return condition.Is == Comparison.NoneOf;
        return condition.Is switch
        {
            Comparison.AnyOf => Chosen(answer).Intersect(condition.Values, StringComparer.Ordinal).Any(),
            Comparison.NoneOf => !Chosen(answer).Intersect(condition.Values, StringComparer.Ordinal).Any(),
            Comparison.AtLeast => answer.GetInt32() >= Number(condition),
            Comparison.AtMost => answer.GetInt32() <= Number(condition),
            _ => true,
        };
    }

    private static int Number(Condition condition) => int.Parse(condition.Values[0], CultureInfo.InvariantCulture);

    private static IEnumerable<string> Chosen(JsonElement answer) => answer.ValueKind == JsonValueKind.Array
        ? answer.EnumerateArray().Select(choice => choice.GetString()!)
        : [answer.GetString()!];

    /// <summary>Whether JSON holds text only that there can be: half a surrogate pair, escaped, passes the parser and is none.</summary>
    public static bool IsReadable(JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.String => json.GetString() is not null,
                JsonValueKind.Array => json.EnumerateArray().All(IsReadable),
                JsonValueKind.Object => json.EnumerateObject().All(member => member.Name is not null && IsReadable(member.Value)),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsBlank(JsonElement answer) => answer.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => true,
        JsonValueKind.String => string.IsNullOrWhiteSpace(answer.GetString()),
        JsonValueKind.Array => answer.GetArrayLength() == 0,
        _ => false,
    };

    private static List<FieldMistake> Mistakes(Question question, JsonElement answer, string field) =>
        question.Type == QuestionType.Matrix ? MatrixMistakes(question, answer, field)
        : Mistake(question, answer, field) is { } mistake ? [mistake] : [];

    private static FieldMistake? Mistake(Question question, JsonElement answer, string field) => question.Type switch
    {
        QuestionType.Single => IsChoice(question, answer) ? null : SurveysFailures.NoSuchChoice.At(field),
        QuestionType.Multiple => answer.ValueKind == JsonValueKind.Array
            && answer.EnumerateArray().All(choice => IsChoice(question, choice))
            && answer.EnumerateArray().DistinctBy(choice => choice.GetString(), StringComparer.Ordinal).Count() == answer.GetArrayLength()
                ? null : SurveysFailures.NoSuchChoice.At(field),
        QuestionType.Text => IsText(answer, question.Highest!.Value)
            ? null : SurveysFailures.TextTooLong.At(field, question.Highest!.Value),
        QuestionType.Date => answer.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(
            answer.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
                ? null : SurveysFailures.NotADate.At(field),
        _ => answer.ValueKind == JsonValueKind.Number && answer.TryGetInt32(out var number)
            && number >= question.Range.From && number <= question.Range.To
            && answer.GetRawText() == number.ToString(CultureInfo.InvariantCulture)
                ? null : SurveysFailures.NumberOutOfRange.At(field, question.Range.From, question.Range.To),
    };

    // Every row that is wrong, and every one that is missing: nobody sends a survey once for each.
    private static List<FieldMistake> MatrixMistakes(Question question, JsonElement answer, string field)
    {
        if (answer.ValueKind != JsonValueKind.Object)
            return [SurveysFailures.NoSuchChoice.At(field)];
        var rows = new HashSet<string>(StringComparer.Ordinal);
        var mistakes = new List<FieldMistake>();
        foreach (var row in answer.EnumerateObject())
        {
            if (question.Rows!.All(known => known.Id != row.Name) || !rows.Add(row.Name) || !IsChoice(question, row.Value))
                mistakes.Add(SurveysFailures.NoSuchChoice.At($"{field}.{row.Name}"));
        }

        return question.Required ? [.. mistakes, .. Missing(question, rows, field)] : mistakes;
    }

    // What a question that must be answered lacks: of a matrix, each row that has no answer.
    private static IEnumerable<FieldMistake> Missing(Question question, HashSet<string> given, string field) =>
        question.Rows is { } rows
            ? rows.Where(row => !given.Contains(row.Id)).Select(row => SurveysFailures.AnswerNeeded.At($"{field}.{row.Id}"))
            : [SurveysFailures.AnswerNeeded.At(field)];

    private static bool IsChoice(Question question, JsonElement answer) => answer.ValueKind == JsonValueKind.String
        && question.Choices!.Any(choice => answer.ValueEquals(choice.Id));

    // Line breaks and tabs are fine; other control characters no keyboard writes.
    private static bool IsText(JsonElement answer, int most) => answer.ValueKind == JsonValueKind.String
        && answer.GetString()!.Length <= most && !answer.GetString()!.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
}
