using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys;

/// <summary>
/// The page behind a link or QR code: one small document without scripts, fonts or pictures, for any phone. It shows the questions,
/// thanks for the answer, or says why it cannot.
/// </summary>
internal sealed class SurveyPage : IResult, IStatusCodeHttpResult
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly Func<Texts, string> body;

    private SurveyPage(int status, Func<Texts, string> body) => (StatusCode, this.body) = (status, body);

    /// <inheritdoc/>
    public int? StatusCode { get; }

    /// <summary>Shows the questions.</summary>
    public static SurveyPage Of(Definition definition, bool answered) =>
        new(StatusCodes.Status200OK, t => Form(t, definition, answered));

    /// <summary>Says that the answer has arrived.</summary>
    public static SurveyPage Thanking(Invitation invitation) => new(StatusCodes.Status200OK, t =>
        $"""
        <p role="status">{t["谢谢您！您的答卷已收到。", "Thank you! Your answer has arrived."]}</p>
        <p>{t["只有学校德育干部能看到是谁填写的。", "Only the school's moral-education officer can see who answered."]}</p>
        {(invitation.MayChange ? $"""<p><a href="">{t["修改答卷", "Change the answer"]}</a></p>""" : "")}
        """);

    /// <summary>Says why not, and which questions are at fault.</summary>
    public static SurveyPage Refusing(Problem problem) => new(problem.Failure.Status, t =>
        $"""
        <p role="alert">{Html.Encode(t[problem.Failure.Zh, problem.Failure.En])}</p>
        {string.Concat(problem.Mistakes.Select(mistake => $"<p>{Html.Encode(t[mistake.Zh, mistake.En])}</p>"))}
        <p><a href="">{t["返回问卷", "Back to the survey"]}</a></p>
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
        // The address is the key: it must not travel on in a Referer, nor into a frame or an index.
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["X-Robots-Tag"] = "noindex";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        return response.WriteAsync(Document(texts, body(texts)), httpContext.RequestAborted);
    }

    private static string Document(Texts t, string body) =>
        $$"""
        <!DOCTYPE html>
        <html lang="{{t["zh-CN", "en"]}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{t["家访满意度", "How was the home visit?"]}}</title>
        <style>
        body { font: 18px/1.5 sans-serif; max-width: 32em; margin: 0 auto; padding: 1em; color: #1a1a1a; background: #fff }
        fieldset { border: 1px solid #767676; margin: 1em 0 } legend { font-weight: bold }
        .numbers label { display: inline-block; min-width: 2.6em; padding: .6em .3em; text-align: center }
        .numbers input { width: 1.3em; height: 1.3em; display: block; margin: 0 auto }
        textarea, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6em }
        button { background: #0b5394; border: 2px solid #0b5394; color: #fff }
        </style>
        </head>
        <body>
        <main>
        <h1>{{t["家访满意度", "How was the home visit?"]}}</h1>
        {{body}}
        </main>
        </body>
        </html>

        """;

    private static string Form(Texts t, Definition definition, bool answered)
    {
        var form = new StringBuilder();
        if (answered)
            form.Append(CultureInfo.InvariantCulture, $"""<p role="status">{t["您已填写；如需修改，请重新填写全部问题。", "You have answered; to change it, answer all questions anew."]}</p>""");
        form.Append(CultureInfo.InvariantCulture,
            $"""<p>{t["只有学校德育干部能看到是谁填写的。", "Only the school's moral-education officer can see who answered."]}</p><form method="post">""");
        foreach (var question in definition.Questions)
        {
            form.Append(question.Type == QuestionType.Text ? TextField(t, question) : Numbers(t, question));
        }

        return form.Append(CultureInfo.InvariantCulture, $"<button>{t["提交", "Send"]}</button></form>").ToString();
    }

    private static string TextField(Texts t, Question question) =>
        $"""
        <p><label for="{question.Id}">{Html.Encode(t[question.Zh, question.En])}</label>
        <textarea id="{question.Id}" name="{question.Id}" rows="3" maxlength="{Invariant(question.Highest)}"></textarea></p>

        """;

    private static string Numbers(Texts t, Question question)
    {
        var choices = Enumerable.Range(question.Lowest, question.Highest - question.Lowest + 1).Select(Invariant).Select(number =>
            $"""
            <label><input type="radio" name="{question.Id}" value="{number}"{(question.Required ? " required" : "")}>{number}</label>

            """);
        return $"""
            <fieldset class="numbers"><legend>{Html.Encode(t[question.Zh, question.En])}</legend>
            {string.Concat(choices)}</fieldset>

            """;
    }

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Texts(bool chinese)
    {
        public string this[string zh, string en] => chinese ? zh : en;
    }
}
