using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys.Definitions;

/// <summary>
/// Definitions in the JSON form of SurveyJS, so that a school can design in a tool that exists (SUR-1). The subset is what a
/// definition has: pages; <c>radiogroup</c> or <c>dropdown</c> (single), <c>checkbox</c> (multiple), <c>rating</c> (1 to n; 0 to 10 is an
/// NPS), <c>matrix</c>, <c>comment</c> and <c>text</c> (text, number, date); <c>isRequired</c>; <c>visibleIf</c> of comparisons joined by
/// <c>and</c>. Whatever else it says is refused by name with its path, never dropped: a survey must not silently ask something else.
/// </summary>
internal static partial class SurveyJs
{
    private const int DefaultText = 1_000;
    private const int LongestExpression = 500;

    private static readonly string[] OfSurvey = ["title", "pages", "elements", "locale", "showQuestionNumbers"];
    private static readonly string[] OfPage = ["name", "title", "elements"];
    private static readonly string[] OfElement = ["type", "name", "title", "isRequired", "visibleIf"];

    /// <summary>A definition as SurveyJS reads it.</summary>
    public static JsonObject Write(Definition definition) => new()
    {
        ["locale"] = "zh-cn",
        ["title"] = Text(definition.Title),
        ["pages"] = new JsonArray([.. definition.Pages.Select((page, i) =>
        {
            var written = new JsonObject { ["name"] = $"page{i + 1}" };
            if (page.Title is { } title)
                written["title"] = Text(title);
            written["elements"] = new JsonArray([.. page.Questions.Select(Element)]);
            return written;
        })]),
    };

    /// <summary>Reads a survey of SurveyJS.</summary>
    /// <returns>The definition, and what it cannot say; the definition is <see langword="null"/> when there is anything.</returns>
    public static (Definition? Definition, List<FieldMistake> Mistakes) Read(JsonElement survey)
    {
        var reading = new Reading();
        if (!Answers.IsReadable(survey))
            return (null, [SurveysFailures.Unreadable.At("surveyJs")]);
        var definition = reading.Survey(survey);
        return (reading.Mistakes.Count == 0 ? definition : null, reading.Mistakes);
    }

    private static JsonObject Element(Question question)
    {
        var element = new JsonObject
        {
            ["type"] = question.Type switch
            {
                QuestionType.Single => "radiogroup",
                QuestionType.Multiple => "checkbox",
                QuestionType.Rating or QuestionType.Nps => "rating",
                QuestionType.Matrix => "matrix",
                QuestionType.Text => "comment",
                _ => "text",
            },
            ["name"] = question.Id,
            ["title"] = Text(question.Text),
        };
        if (question.Required)
            element["isRequired"] = true;
        if (question.ShownIf is { Count: > 0 } conditions)
            element["visibleIf"] = string.Join(" and ", conditions.Select(Expression));
        switch (question.Type)
        {
            case QuestionType.Single or QuestionType.Multiple:
                element["choices"] = Choices(question.Choices!);
                break;
            case QuestionType.Matrix:
                element["columns"] = Choices(question.Choices!);
                element["rows"] = Choices(question.Rows!);
                break;
            case QuestionType.Rating or QuestionType.Nps:
                (element["rateMin"], element["rateMax"]) = (question.Range.From, question.Range.To);
                break;
            case QuestionType.Text:
                element["maxLength"] = question.Highest;
                break;
            case QuestionType.Number:
                (element["inputType"], element["min"], element["max"]) = ("number", question.Lowest, question.Highest);
                break;
            default:
                element["inputType"] = "date";
                break;
        }

        return element;
    }

    private static JsonObject Text(Wording wording) => new() { ["default"] = wording.Zh, ["zh-cn"] = wording.Zh, ["en"] = wording.En };

    private static JsonArray Choices(IReadOnlyList<Choice> choices) => new(
        [.. choices.Select(choice => new JsonObject { ["value"] = choice.Id, ["text"] = Text(choice.Text) })]);

    private static string Expression(Condition condition) => condition.Is switch
    {
        Comparison.AnyOf => $"{{{condition.Question}}} anyof [{string.Join(", ", condition.Values.Select(value => $"'{value}'"))}]",
        Comparison.NoneOf => $"{{{condition.Question}}} noneof [{string.Join(", ", condition.Values.Select(value => $"'{value}'"))}]",
        Comparison.AtLeast => $"{{{condition.Question}}} >= {condition.Values[0]}",
        Comparison.AtMost => $"{{{condition.Question}}} <= {condition.Values[0]}",
        _ => $"{{{condition.Question}}} notempty",
    };

    [GeneratedRegex(
        @"^\{(?<q>[^{}]+)\}\s*(?:(?<list>anyof|noneof)\s*\[(?<values>[^\[\]]*)\]|(?<op>=|==|<>|!=|>=|<=)\s*(?<value>'[^']*'|-?\d+)|(?<some>notempty))$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Comparisons();

    [GeneratedRegex(@"\s+and\s+(?=\{)", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex And();

    private sealed class Reading
    {
        public List<FieldMistake> Mistakes { get; } = [];

        public Definition? Survey(JsonElement survey)
        {
            if (!IsObject(survey, ""))
                return null;
            Only(survey, "", OfSurvey);
            if (survey.TryGetProperty("elements", out _) && survey.TryGetProperty("pages", out _))
                Refuse("elements");
            // SurveyJS lets a survey of one page leave the page out.
            var pages = survey.TryGetProperty("elements", out _)
                ? [Page(survey, "", heading: false)]
                : List(survey, "pages", "").Where(page => IsObject(page.Item, page.Path))
                    .Select(page => Page(page.Item, page.Path, heading: true));
            return new Definition(Text(survey, "title", ""), [.. pages]);
        }

        private QuestionPage Page(JsonElement page, string path, bool heading)
        {
            if (heading)
                Only(page, path, OfPage);
            var questions = new List<Question>();
            foreach (var (element, at) in List(page, "elements", path))
            {
                if (IsObject(element, at) && Element(element, at) is { } question)
                    questions.Add(question);
            }

            return new QuestionPage(questions, heading && page.TryGetProperty("title", out _) ? Text(page, "title", path) : null);
        }

        private Question? Element(JsonElement element, string path)
        {
            (QuestionType? type, string[] own) = (String(element, "type"), String(element, "inputType") ?? "text") switch
            {
                ("radiogroup" or "dropdown", _) => ((QuestionType?)QuestionType.Single, (string[])["choices"]),
                ("checkbox", _) => (QuestionType.Multiple, ["choices"]),
                ("rating", _) when Number(element, "rateMin", path, 1) == 0 => (QuestionType.Nps, ["rateMin", "rateMax"]),
                ("rating", _) => (QuestionType.Rating, ["rateMin", "rateMax"]),
                ("matrix", _) => (QuestionType.Matrix, ["columns", "rows"]),
                ("comment", _) => (QuestionType.Text, ["maxLength"]),
                ("text", "text") => (QuestionType.Text, ["inputType", "maxLength"]),
                ("text", "number") => (QuestionType.Number, ["inputType", "min", "max"]),
                ("text", "date") => (QuestionType.Date, ["inputType"]),
                ("text", _) => (null, ["inputType"]),
                _ => (null, []),
            };
            if (type is not { } known)
            {
                Refuse($"{path}.{(own.Length == 0 ? "type" : "inputType")}");
                return null;
            }

            Only(element, path, [.. OfElement, .. own]);
            if (known is QuestionType.Rating && Number(element, "rateMin", path, 1) != 1)
                Refuse($"{path}.rateMin");
            if (known is QuestionType.Nps && Number(element, "rateMax", path, 5) != 10)
                Refuse($"{path}.rateMax");
            var title = element.TryGetProperty("title", out _) ? Text(element, "title", path) : new Wording(Name(element), Name(element));
            return new Question(
                Name(element), known, title, IsTrue(element, "isRequired", path),
                known switch
                {
                    QuestionType.Single or QuestionType.Multiple => Choices(element, "choices", path),
                    QuestionType.Matrix => Choices(element, "columns", path),
                    _ => null,
                },
                known == QuestionType.Matrix ? Choices(element, "rows", path) : null,
                known == QuestionType.Number ? Number(element, "min", path, null) : null,
                known switch
                {
                    QuestionType.Rating => Number(element, "rateMax", path, 5),
                    QuestionType.Number => Number(element, "max", path, null),
                    QuestionType.Text => Number(element, "maxLength", path, DefaultText),
                    _ => null,
                },
                element.TryGetProperty("visibleIf", out var visible) ? Conditions(visible, $"{path}.visibleIf") : null);
        }

        private List<Condition> Conditions(JsonElement expression, string path)
        {
            var conditions = new List<Condition>();
            if (expression.ValueKind == JsonValueKind.String && expression.GetString()!.Length > LongestExpression)
            {
                Refuse(path);
                return conditions;
            }

            foreach (var part in And().Split(expression.ValueKind == JsonValueKind.String ? expression.GetString()!.Trim() : "?"))
            {
                var match = Comparisons().Match(part.Trim());
                var value = match.Groups["value"].Value.Trim('\'');
                (Comparison? comparison, string[] values) = match switch
                {
                    { Success: false } => ((Comparison?)null, (string[])[]),
                    _ when match.Groups["some"].Success => (Comparison.Answered, []),
                    _ when match.Groups["list"].Success => (
                        match.Groups["list"].Value == "anyof" ? Comparison.AnyOf : Comparison.NoneOf,
                        match.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries).Select(one => one.Trim('\'')).ToArray()),
                    _ => (match.Groups["op"].Value switch
                    {
                        ">=" => Comparison.AtLeast,
                        "<=" => Comparison.AtMost,
                        "=" or "==" => Comparison.AnyOf,
                        _ => Comparison.NoneOf,
                    }, [value]),
                };
                if (comparison is { } known)
                    conditions.Add(new Condition(match.Groups["q"].Value, known, values));
                else
                    Refuse(path);
            }

            return conditions;
        }

        private List<Choice> Choices(JsonElement element, string name, string path)
        {
            var choices = new List<Choice>();
            foreach (var (choice, at) in List(element, name, path))
            {
                if (choice.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                {
                    choices.Add(new Choice(choice.ToString(), new Wording(choice.ToString(), choice.ToString())));
                }
                else if (IsObject(choice, at))
                {
                    Only(choice, at, ["value", "text"]);
                    var value = choice.TryGetProperty("value", out var id) ? id.ToString() : "";
                    choices.Add(new Choice(
                        value, choice.TryGetProperty("text", out _) ? Text(choice, "text", at) : new Wording(value, value)));
                }
            }

            return choices;
        }

        // One text stands for both languages until somebody translates it; a text by language names them.
        private Wording Text(JsonElement element, string name, string path)
        {
            var at = Join(path, name);
            if (!element.TryGetProperty(name, out var text))
                return new Wording("", "");
            if (text.ValueKind == JsonValueKind.String)
                return new Wording(text.GetString()!, text.GetString()!);
            if (!IsObject(text, at))
                return new Wording("", "");
            Only(text, at, ["default", "zh-cn", "en"]);
            var any = String(text, "default") ?? String(text, "zh-cn") ?? String(text, "en") ?? "";
            return new Wording(String(text, "zh-cn") ?? any, String(text, "en") ?? any);
        }

        private int? Number(JsonElement element, string name, string path, int? otherwise)
        {
            if (!element.TryGetProperty(name, out var number))
                return otherwise;
            if (number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var whole))
                return whole;
            Refuse(Join(path, name));
            return otherwise;
        }

        private bool IsTrue(JsonElement element, string name, string path)
        {
            if (!element.TryGetProperty(name, out var value))
                return false;
            if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                Refuse(Join(path, name));
            return value.ValueKind == JsonValueKind.True;
        }

        private IEnumerable<(JsonElement Item, string Path)> List(JsonElement element, string name, string path)
        {
            var at = Join(path, name);
            if (element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
                return list.EnumerateArray().Select((item, i) => (item, string.Create(CultureInfo.InvariantCulture, $"{at}[{i}]")));
            Refuse(at);
            return [];
        }

        private void Only(JsonElement element, string path, IEnumerable<string> known)
        {
            foreach (var name in element.EnumerateObject().Select(member => member.Name).Except(known, StringComparer.Ordinal))
                Refuse(Join(path, name));
        }

        private bool IsObject(JsonElement element, string path)
        {
            if (element.ValueKind == JsonValueKind.Object)
                return true;
            Refuse(path.Length == 0 ? "surveyJs" : path);
            return false;
        }

        private void Refuse(string path)
        {
            var mistake = SurveysFailures.NotInSurveyJsSubset.At(path);
            if (!Mistakes.Contains(mistake))
                Mistakes.Add(mistake);
        }

        private static string Name(JsonElement element) => String(element, "name") ?? "";

        private static string? String(JsonElement element, string name) =>
            element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

        private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
    }
}
