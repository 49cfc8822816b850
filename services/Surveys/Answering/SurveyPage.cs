using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Rounds;

namespace HomeSchool.Surveys.Answering;

/// <summary>
/// The page behind a link or QR code: one small document without scripts, fonts or pictures, for any phone. It shows the questions,
/// thanks for the answer, or says why it cannot. Questions with a condition hide by style alone while it does not hold; a browser too
/// old for that shows them, and what does not apply is left out when the answer is checked.
/// </summary>
internal sealed class SurveyPage : IResult, IStatusCodeHttpResult
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly Wording Plain = new("问卷", "Survey");
    private static readonly Dictionary<string, JsonElement> Empty = [];

    /// <summary>The part of an address at which the thanks are.</summary>
    public const string Done = "done";

    private readonly Wording title;
    private readonly string style;
    private readonly Func<Texts, string> body;

    private SurveyPage(int status, Wording title, Func<Texts, string> body, string style = "") =>
        (StatusCode, this.title, this.body, this.style) = (status, title, body, style);

    /// <inheritdoc/>
    public int? StatusCode { get; }

    /// <summary>Shows the questions.</summary>
    /// <param name="round">What is asked.</param>
    /// <param name="changes">Whether an answer is given anew by who gave it.</param>
    /// <param name="closes">Until when it can be answered, on the family's clocks.</param>
    public static SurveyPage Of(Round round, bool changes, DateTime closes) =>
        new(StatusCodes.Status200OK, round.Definition.Title,
            t => $"{(changes ? "" : t.Switch)}<p>{t[closes]}</p>{Form(t, round, changes, Empty, [])}",
            Hiding(round.Definition, []));

    /// <summary>Shows the questions again, with what was answered and what is wrong with it.</summary>
    public static SurveyPage Asking(
        Round round, bool changes, DateTime closes, IReadOnlyDictionary<string, JsonElement> given,
        IReadOnlyList<FieldMistake> mistakes) =>
        new(StatusCodes.Status400BadRequest, round.Definition.Title,
            t => $"<p>{t[closes]}</p>{Form(t, round, changes, given, mistakes)}",
            Hiding(round.Definition, mistakes));

    /// <summary>Leads to the thanks for an answer that was taken.</summary>
    /// <param name="http">The request.</param>
    /// <param name="proof">What the link to change it has at its address, if it may be changed.</param>
    public static SurveyPage Taken(HttpContext http, string? proof)
    {
        var language = http.Request.Query[Language.Parameter].ToString() is ("zh" or "en") and var chosen
            ? $"&{Language.Parameter}={chosen}"
            : "";
        http.Response.Headers.Location = $"?{Done}{(proof is null ? "" : $"&{SurveyLinks.Change}={proof}")}{language}";
        return new SurveyPage(StatusCodes.Status303SeeOther, Plain, _ => "");
    }

    /// <summary>Says that the answer has arrived.</summary>
    /// <param name="round">What was asked.</param>
    /// <param name="proof">What the link to change it has at its address, if it may be changed.</param>
    public static SurveyPage Thanking(Round round, string? proof) => new(StatusCodes.Status200OK, round.Definition.Title, t =>
        $"""
        <p role="status">{t["谢谢您！您的答卷已收到。", "Thank you! Your answer has arrived."]}</p>
        <p>{Promise(t, round.Privacy)}</p>
        {(proof is null ? "" : $"""<p><a href="?{SurveyLinks.Change}={proof}">{t["修改答卷", "Change the answer"]}</a></p>""")}
        """);

    /// <summary>Says why not.</summary>
    public static SurveyPage Refusing(Problem problem) => new(problem.Failure.Status, Plain, t =>
        $"""
        <p role="alert">{Html.Encode(t[problem.Failure.Zh, problem.Failure.En])}</p>
        """);

    /// <summary>Says why not now. The page holds what was filled in, and a button sends it again. It shows nothing of the survey, so
    /// that it comes at once also while the database is slow.</summary>
    public static SurveyPage AskingLater(Problem problem, IFormCollection given) => new(problem.Failure.Status, Plain, t =>
        $"""
        <p role="alert">{Html.Encode(t[problem.Failure.Zh, problem.Failure.En])}</p>
        <form method="post">
        {string.Concat(given.SelectMany(field => field.Value.Select(value =>
            $"""<input type="hidden" name="{Html.Encode(field.Key)}" value="{Html.Encode(value ?? "")}">""")))}
        <button>{t["再次提交", "Send again"]}</button></form>
        <p>{t["已填写的内容都在本页中，不会丢失。", "All that you filled in is on this page."]}</p>
        """);

    /// <summary>Whether the request comes from a browser.</summary>
    public static bool IsWantedBy(HttpContext http) => http.Request.GetTypedHeaders().Accept
        .Any(type => string.Equals(type.MediaType.Value, "text/html", StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var texts = new Texts(Language.IsChinese(httpContext));
        var response = httpContext.Response;
        response.StatusCode = StatusCode!.Value;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentLanguage = texts["zh-CN", "en"];
        response.Headers.Append("Vary", "Accept, Accept-Language");
        if (StatusCode == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "5";
        // The address is the key: it must not travel on in a Referer, nor into a frame or an index.
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["X-Robots-Tag"] = "noindex";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        return response.WriteAsync(Document(texts), httpContext.RequestAborted);
    }

    private string Document(Texts t) =>
        $$"""
        <!DOCTYPE html>
        <html lang="{{t["zh-CN", "en"]}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{(StatusCode == StatusCodes.Status400BadRequest ? t["有错误：", "Error: "] : "")}}{{Html.Encode(t[title])}}</title>
        <style>
        body { font: 18px/1.5 sans-serif; max-width: 34em; margin: 0 auto; padding: 1em; color: #1a1a1a; background: #fff }
        body { overflow-wrap: break-word }
        h1 { font-size: 1.4em; line-height: 1.3 } h2 { font-size: 1.15em; margin: 1.6em 0 .4em }
        fieldset, .q { border: 1px solid #767676; border-radius: .4em; margin: 1em 0; padding: .6em .8em; min-width: 0 }
        legend, .q > label { font-weight: bold; padding: 0 .2em }
        legend { float: left; width: 100%; margin-bottom: .3em } legend + * { clear: both }
        .choice { display: flex; align-items: center; gap: .6em; min-height: 2.7em }
        input[type=radio], input[type=checkbox] { width: 1.4em; height: 1.4em; flex: none; margin: 0; accent-color: #0b5394 }
        .numbers { display: flex; flex-wrap: wrap; gap: .2em } .numbers label { min-width: 2.7em; padding: .4em 0; text-align: center }
        .numbers input { display: block; margin: 0 auto .2em }
        .row { border: 0; border-top: 1px solid #ccc; border-radius: 0; margin: .4em 0 0; padding: .4em 0 0 }
        .row legend { font-weight: normal }
        .row div { display: flex; flex-wrap: wrap; gap: 0 1.2em }
        textarea, input[type=number], input[type=date], button { font: inherit; width: 100%; box-sizing: border-box }
        textarea, input[type=number], input[type=date], button { padding: .6em; border: 1px solid #767676; border-radius: .3em }
        button { background: #0b5394; border-color: #0b5394; color: #fff; min-height: 2.9em } a { color: #0b5394 }
        :focus-visible { outline: 3px solid #b45f06; outline-offset: 2px }
        .wrong { border: 2px solid #b00020 } .error { color: #b00020; clear: both; margin: .2em 0 }
        {{style}}
        </style>
        </head>
        <body>
        <main>
        <h1>{{Html.Encode(t[title])}}</h1>
        {{body(t)}}
        </main>
        </body>
        </html>

        """;

    private static string Form(
        Texts t, Round round, bool changes, IReadOnlyDictionary<string, JsonElement> given, IReadOnlyList<FieldMistake> mistakes)
    {
        var state = mistakes.Count > 0
            ? $"""
              <p role="alert" class="error">{t["请改正标出的题目后再提交：", "Please mend the marked questions and send again:"]}
              {Links(t, round.Definition, mistakes)}</p>
              """
            : changes ? $"""
              <p role="status">{t["您正在修改答卷，请重新填写全部问题。", "You are changing your answer: answer all questions anew."]}</p>
              """
            : $"""
              <p>{t["如果您已填写过，不必再填。", "If you have answered already, there is nothing more to do."]}</p>
              """;
        var form = new StringBuilder(
            $"""
            {state}<p>{Promise(t, round.Privacy)}</p><p>{t["带 * 的题目必答。", "Questions with * need an answer."]}</p>
            <form method="post">

            """);
        foreach (var page in round.Definition.Pages)
        {
            if (page.Title is { } heading)
                form.Append(CultureInfo.InvariantCulture, $"<h2>{Html.Encode(t[heading])}</h2>");
            foreach (var question in page.Questions)
            {
                var answer = given.TryGetValue(question.Id, out var one) ? one : default;
                form.Append(Field(t, question, answer, mistakes));
            }
        }

        return form.Append(CultureInfo.InvariantCulture, $"<button>{t["提交", "Send"]}</button></form>").ToString();
    }

    // Each wrong question by its text, to get there without scrolling through all that is right.
    private static string Links(Texts t, Definition definition, IReadOnlyList<FieldMistake> mistakes) => string.Join(
        t["；", "; "], definition.Questions.Where(question => Wrong(question, mistakes) is not null)
            .Select(question => $"""<a href="#{question.Id}-q">{Html.Encode(t[question.Text])}</a>"""));

    private static FieldMistake? Wrong(Question question, IReadOnlyList<FieldMistake> mistakes)
    {
        var field = $"answers.{question.Id}";
        return mistakes.FirstOrDefault(m => m.Field == field || m.Field.StartsWith(field + ".", StringComparison.Ordinal));
    }

    private static FieldMistake? Wrong(Question matrix, Choice row, IReadOnlyList<FieldMistake> mistakes) =>
        mistakes.FirstOrDefault(m => m.Field == $"answers.{matrix.Id}.{row.Id}");

    private static string Promise(Texts t, SurveyPrivacy privacy) => privacy switch
    {
        SurveyPrivacy.Named => t["实名填写：学校德育干部能看到是谁填写的。", "Not anonymous: the school's moral-education officer sees who answered."],
        SurveyPrivacy.Confidential => t["只有学校德育干部能看到是谁填写的。", "Only the school's moral-education officer can see who answered."],
        _ => t["匿名填写：提交后不可修改，谁也查不到是谁填写的。", "Anonymous: once sent it stays as it is, and nobody can find out who wrote it."],
    };

    private static string Field(Texts t, Question question, JsonElement answer, IReadOnlyList<FieldMistake> mistakes)
    {
        var wrong = Wrong(question, mistakes);
        // A question with a condition may be hidden: the browser must not insist on it.
        var required = question is { Required: true, ShownIf: null or { Count: 0 } };
        var name = Html.Encode(t[question.Text]) + (question.Required ? " *" : "");
        var error = Error(t, question.Id, wrong);
        var invalid = Invalid(question.Id, wrong);
        var attributes = (required ? " required" : "") + invalid;
        var mark = wrong is null ? "" : " wrong";
        string Group(string inner, string amiss, string kind = "choices") =>
            $"""
            <fieldset id="{question.Id}-q" class="{mark}"><legend>{name}</legend>
            <div class="{kind}">{inner}</div>{amiss}</fieldset>

            """;
        string Single(string inner) =>
            $"""
            <div class="q{mark}" id="{question.Id}-q"><label for="{question.Id}">{name}</label>{inner}{error}</div>

            """;

        switch (question.Type)
        {
            case QuestionType.Rating or QuestionType.Nps:
                return Group(string.Concat(Enumerable.Range(question.Range.From, question.Range.To - question.Range.From + 1).Select(Invariant)
                    .Select(n => $"""<label><input type="radio" name="{question.Id}" value="{n}"{attributes}{Checked(answer, n)}>{n}</label>""")), error, "numbers");
            case QuestionType.Single:
                return Group(string.Concat(question.Choices!.Select(
                    choice => Option(t, "radio", question.Id, choice, attributes, answer))), error);
            case QuestionType.Multiple:
                return Group(string.Concat(question.Choices!.Select(
                    choice => Option(t, "checkbox", question.Id, choice, invalid, answer))), error);
            case QuestionType.Matrix:
                // Each row says what is wrong with it; the question, what is wrong with all of them.
                var ofAll = wrong is not null && question.Rows!.All(row => Wrong(question, row, mistakes) is null);
                return Group(string.Concat(question.Rows!.Select(row =>
                {
                    var cell = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(row.Id, out var chosen) ? chosen : default;
                    var (id, amiss) = ($"{question.Id}.{row.Id}", Wrong(question, row, mistakes));
                    var marks = (required ? " required" : "") + (ofAll ? invalid : Invalid(id, amiss));
                    return $"""<fieldset class="row"><legend>{Html.Encode(t[row.Text])}</legend><div>"""
                        + string.Concat(question.Choices!.Select(choice => Option(t, "radio", id, choice, marks, cell)))
                        + $"</div>{Error(t, id, amiss)}</fieldset>";
                })), ofAll ? error : "");
            case QuestionType.Text:
                return Single(
                    $"""
                    <textarea id="{question.Id}" name="{question.Id}" rows="3" maxlength="{Invariant(question.Highest!.Value)}"{attributes}>
                    {Html.Encode(Text(answer))}</textarea>
                    """);
            case QuestionType.Number:
                return Single(
                    $"""
                    <input type="number" inputmode="numeric" id="{question.Id}" name="{question.Id}" min="{Invariant(question.Range.From)}"
                    max="{Invariant(question.Range.To)}" value="{Html.Encode(Text(answer))}"{attributes}>
                    """);
            default:
                return Single($"""<input type="date" id="{question.Id}" name="{question.Id}" value="{Html.Encode(Text(answer))}"{attributes}>""");
        }
    }

    private static string Error(Texts t, string id, FieldMistake? wrong) =>
        wrong is null ? "" : $"""<p class="error" id="{id}-error">{Html.Encode(t[wrong.Zh, wrong.En])}</p>""";

    private static string Invalid(string id, FieldMistake? wrong) =>
        wrong is null ? "" : $""" aria-invalid="true" aria-describedby="{id}-error" """;

    private static string Option(Texts t, string type, string name, Choice choice, string attributes, JsonElement answer) =>
        $"""
        <label class="choice"><input type="{type}" name="{name}" value="{choice.Id}"{attributes}{Checked(answer, choice.Id)}>
        {Html.Encode(t[choice.Text])}</label>
        """;

    private static string Checked(JsonElement answer, string value) => answer.ValueKind switch
    {
        JsonValueKind.String or JsonValueKind.Number when answer.ToString() == value => " checked",
        JsonValueKind.Array when answer.EnumerateArray().Any(one => one.ToString() == value) => " checked",
        _ => "",
    };

    private static string Text(JsonElement answer) => answer.ValueKind is JsonValueKind.String or JsonValueKind.Number ? answer.ToString() : "";

    // For each condition: hidden unless one of the answers that fulfil it is checked. Numbers and texts that are typed are not seen by a
    // style sheet; questions that depend on them are always shown.
    private static string Hiding(Definition definition, IReadOnlyList<FieldMistake> mistakes)
    {
        var questions = definition.Questions.ToDictionary(question => question.Id, StringComparer.Ordinal);
        var rules = new StringBuilder();
        // What is to be mended is seen: a style also counts answers to questions that are hidden themselves, as the check does not.
        foreach (var question in definition.Questions.Where(question => Wrong(question, mistakes) is null))
        {
            foreach (var condition in question.ShownIf ?? [])
            {
                var about = questions[condition.Question];
                if (Fulfilling(about, condition) is not { } values)
                    continue;
                var any = string.Join(',', values.Select(value => $"""input[name="{about.Id}"][value="{value}"]:checked"""));
                var unless = condition.Is == Comparison.NoneOf ? $":has({any})" : $":not(:has({any}))";
                rules.Append(CultureInfo.InvariantCulture, $"form{unless} #{question.Id}-q {{ display: none }}\n");
            }
        }

        return rules.ToString();
    }

    private static IEnumerable<string>? Fulfilling(Question about, Condition condition) => (condition.Is, about.Type) switch
    {
        (Comparison.AnyOf or Comparison.NoneOf, _) => condition.Values,
        (Comparison.AtLeast, QuestionType.Rating or QuestionType.Nps) => Numbers(about).Where(n => n >= Limit(condition)).Select(Invariant),
        (Comparison.AtMost, QuestionType.Rating or QuestionType.Nps) => Numbers(about).Where(n => n <= Limit(condition)).Select(Invariant),
        (Comparison.Answered, QuestionType.Single or QuestionType.Multiple) => about.Choices!.Select(choice => choice.Id),
        (Comparison.Answered, QuestionType.Rating or QuestionType.Nps) => Numbers(about).Select(Invariant),
        _ => null,
    };

    private static IEnumerable<int> Numbers(Question question) =>
        Enumerable.Range(question.Range.From, question.Range.To - question.Range.From + 1);

    private static int Limit(Condition condition) => int.Parse(condition.Values[0], CultureInfo.InvariantCulture);

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Texts(bool chinese)
    {
        public string this[string zh, string en] => chinese ? zh : en;

        // Not where somebody has filled something in: it would be gone.
        public string Switch => Language.Switch(chinese);

        public string this[Wording wording] => chinese ? wording.Zh : wording.En;

        public string this[DateTime closes] => chinese
            ? string.Create(CultureInfo.InvariantCulture, $"请在 {closes:yyyy年M月d日 HH:mm} 之前填写。")
            : string.Create(CultureInfo.InvariantCulture, $"Please answer before {closes:HH:mm} on {closes:d MMMM yyyy}.");
    }
}
