using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Outlines;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// The page behind a link or QR code: one small document without scripts, fonts or pictures, for any phone. It shows an
/// appointment and takes the answer, or says why it cannot.
/// </summary>
internal sealed class AppointmentPage : IResult, IStatusCodeHttpResult
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly Visit? visit;
    private readonly DateTimeOffset? askedAt;
    private readonly Failure? failure;

    private AppointmentPage(Visit? visit, DateTimeOffset? askedAt, Failure? failure) =>
        (this.visit, this.askedAt, this.failure) = (visit, askedAt, failure);

    /// <inheritdoc/>
    public int? StatusCode => failure?.Status ?? StatusCodes.Status200OK;

    /// <summary>Shows an appointment, and when the family has said what it wants to ask.</summary>
    public static AppointmentPage Of(Visit visit, DateTimeOffset? askedAt) => new(visit, askedAt, null);

    /// <summary>Says why not.</summary>
    public static AppointmentPage Refusing(Failure failure) => new(null, null, failure);

    /// <summary>Whether the request comes from a browser.</summary>
    public static bool IsWantedBy(HttpContext http) => http.Request.GetTypedHeaders().Accept
        .Any(type => string.Equals(type.MediaType.Value, "text/html", StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        var response = httpContext.Response;
        response.StatusCode = StatusCode!.Value;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentLanguage = chinese ? "zh-CN" : "en";
        response.Headers.Append("Vary", "Accept, Accept-Language");
        // The address is the key: it must not travel on in a Referer, nor into a frame or an index.
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["X-Robots-Tag"] = "noindex";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        var texts = new Texts(chinese);
        var body = visit is null ? Refusal(texts, failure!) : Body(texts, visit, askedAt);
        return response.WriteAsync(Document(texts, body), httpContext.RequestAborted);
    }

    private static string Document(Texts t, string body) =>
        $$"""
        <!DOCTYPE html>
        <html lang="{{t["zh-CN", "en"]}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{t["家访预约", "Home visit"]}}</title>
        <style>
        body { font: 18px/1.5 sans-serif; max-width: 32em; margin: 0 auto; padding: 1em; color: #1a1a1a; background: #fff }
        dt { color: #555 } dd { margin: 0 0 .6em; font-weight: bold }
        button, input, textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .6em; margin: .3em 0 }
        button { background: #fff; border: 2px solid #0b5394; color: #0b5394 } button.main { background: #0b5394; color: #fff }
        fieldset { border: 1px solid #999; margin: 1em 0 }
        </style>
        </head>
        <body>
        <main>
        <h1>{{t["家访预约", "Home visit"]}}</h1>
        {{body}}
        {{t.Switch}}
        </main>
        </body>
        </html>

        """;

    private static string Refusal(Texts t, Failure failure) =>
        $"""
        <p role="alert">{Html.Encode(t[failure.Zh, failure.En])}</p>
        <p><a href="">{t["重新打开", "Open again"]}</a></p>
        """;

    private static string Body(Texts t, Visit visit, DateTimeOffset? askedAt)
    {
        var topics = string.Join("<br>", visit.Topics.Select(Html.Encode));
        var proposed = visit.ProposedStartsAt is { } at ? LocalTime.Text(at, visit.TimeZone) : "";
        return
            $"""
            <p role="status">{t.State(visit.State)}</p>
            <dl>
            {Entry(t["时间", "When"], t.When(visit))}
            {Entry(t["方式", "How"], t.Mode(visit.Mode))}
            {Entry(t["预计时长", "Expected length"], $"{Number(visit.Minutes)} {t["分钟", "minutes"]}")}
            {Entry(t["交流内容", "Topics"], topics)}
            {Entry(t["您提议的时间", "You proposed"], proposed)}
            </dl>
            {(visit.IsOpen ? Forms(t, visit, askedAt) : "")}
            """;
    }

    private static string Entry(string name, string html) => html.Length == 0 ? "" : $"<dt>{name}</dt><dd>{html}</dd>";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Forms(Texts t, Visit visit, DateTimeOffset? askedAt)
    {
        var asked = askedAt is not { } at ? "" : $"""
            <p role="status">{t["已收到您的问题，时间：", "Your questions arrived: "]}{LocalTime.Text(at, visit.TimeZone)}
            {t["。再次提交将替换原来的内容。", ". Sending again replaces them."]}</p>
            """;
        var version = $"""<input type="hidden" name="version" value="{Number(visit.Version)}">""";
        return
            $"""
            <form method="post">{version}
            <button class="main" name="answer" value="confirm">{t["同意", "Confirm"]}</button>
            </form>
            <form method="post">{version}
            <fieldset><legend>{t["换个时间", "Another time"]}</legend>
            <label>{t["希望的时间（当地时间，如 2026-09-01 19:00）", "Time that suits you (local, e.g. 2026-09-01 19:00)"]}
            <input type="datetime-local" name="startsAt" required></label>
            <button name="answer" value="propose">{t["提议", "Propose"]}</button></fieldset>
            </form>
            <form method="post">{version}
            <fieldset><legend>{t["谢绝", "Decline"]}</legend>
            <label>{t["原因（可不填）", "Reason (optional)"]}
            <textarea name="reason" rows="2" maxlength="{Number(AnswerVisit.LongestReason)}"></textarea></label>
            <button name="answer" value="decline">{t["谢绝", "Decline"]}</button></fieldset>
            </form>
            <form method="post">{version}
            <fieldset><legend>{t["想问老师的问题", "What you would like to ask"]}</legend>{asked}
            <label>{t["每行一个，最多 10 个；没有问题请留空提交", "One a line, 10 at most; send it empty if there are none"]}
            <textarea name="questions" rows="4" maxlength="{Number(AskQuestions.LongestTogether)}"></textarea></label>
            <button name="answer" value="ask">{t["提交", "Send"]}</button></fieldset>
            </form>
            """;
    }

    private sealed class Texts(bool chinese)
    {
        public string this[string zh, string en] => chinese ? zh : en;

        public string Switch => Language.Switch(chinese);

        public string When(Visit visit)
        {
            var at = LocalTime.At(visit.StartsAt, visit.TimeZone);
            return chinese
                ? at.ToString("yyyy年M月d日 dddd HH:mm", CultureInfo.GetCultureInfo("zh-CN"))
                : at.ToString("dddd, d MMMM yyyy, HH:mm", CultureInfo.GetCultureInfo("en-GB"));
        }

        public string Mode(VisitMode mode) => mode switch
        {
            VisitMode.InPerson => this["入户家访", "at your home"],
            VisitMode.Video => this["视频", "by video"],
            VisitMode.Voice => this["语音", "by voice"],
            VisitMode.Text => this["文字", "by text"],
            VisitMode.AtSchool => this["到校面谈", "at school"],
        };

        public string State(VisitState state) => state switch
        {
            VisitState.Scheduled => this["老师邀请您预约家访，请答复。", "The teacher would like to visit; please answer."],
            VisitState.Confirmed => this["您已同意此时间。", "You have confirmed this time."],
            VisitState.Proposed => this["您已提议其他时间，请等待老师回复。", "You have proposed another time; the teacher will reply."],
            VisitState.Declined => this["您已谢绝此次家访。", "You have declined this visit."],
            VisitState.Cancelled => this["此次家访已取消。", "This visit was called off."],
            VisitState.Started or VisitState.Completed => this["此次家访已进行。", "This visit has taken place."],
        };
    }
}
