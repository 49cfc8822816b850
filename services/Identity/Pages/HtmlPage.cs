using System.Security.Cryptography;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity.Pages;

/// <summary>
/// A page for any phone, without scripts, fonts or pictures from elsewhere: in Chinese or English, nothing of it is kept, nothing
/// frames it.
/// </summary>
/// <param name="address">Where the page is read, with its query: the switch of languages leads there.</param>
/// <param name="title">The title in both languages.</param>
/// <param name="body">What stands below it.</param>
internal sealed class HtmlPage(string address, (string Zh, string En) title, Func<Markup, string> body)
    : IResult, IStatusCodeHttpResult
{
    private const string Style =
        """

        body { font: 1.0625rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; margin: 0;
          color: #1a1a1a; background: #fff }
        header { border-bottom: 1px solid #c6cdd5 }
        header div, main { max-width: 34rem; margin: 0 auto; padding: .75rem 1rem }
        header div { display: flex; justify-content: space-between; align-items: center }
        header a { padding: .5rem 0 }
        main { padding-bottom: 3rem }
        h1 { font-size: 1.5rem; line-height: 1.3; margin: .75rem 0 }
        h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.25rem 0 .5rem }
        a { color: #0b5394 }
        label { display: block; font-weight: 600; margin-top: 1rem }
        .hint { color: #555; margin: 0 } .whole { white-space: nowrap }
        input, select { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem; margin-top: .25rem;
          border: 1px solid #6b7280; border-radius: .3rem; background: #fff; color: inherit }
        button { font: inherit; min-height: 2.75rem; padding: .5rem 1.25rem; margin-top: 1.25rem; border-radius: .3rem;
          border: 2px solid #0b5394; background: #0b5394; color: #fff; cursor: pointer }
        button.quiet { background: #fff; color: #0b5394 }
        button.danger { background: #fff; color: #a40000; border-color: #a40000 }
        form > button:not(.quiet):not(.danger) { width: 100% }
        :focus-visible { outline: 3px solid #b45f06; outline-offset: 2px }
        [aria-invalid] { border: 2px solid #a40000 }
        .mistake { color: #a40000; margin: .25rem 0 0 }
        .box { border: 2px solid #a40000; border-radius: .3rem; padding: .25rem 1rem; margin: 1rem 0 }
        .box h2 { margin: .5rem 0; color: #a40000 } .box ul { margin: .5rem 0; padding-left: 1.25rem }
        .box p { margin: .5rem 0 }
        .box.done { border-color: #2d6a1e } .box.note { border-color: #8a5a00 }
        .rows { list-style: none; padding: 0; margin: 0 }
        .rows li { border-top: 1px solid #c6cdd5; padding: .75rem 0; display: flex; gap: 1rem; align-items: center;
          justify-content: space-between }
        .rows div { min-width: 0; overflow-wrap: anywhere } .rows button { margin: 0; white-space: nowrap }
        .rows strong { display: block }
        .apart { border-top: 1px solid #c6cdd5; margin-top: 2.5rem }
        details { margin-top: 1.5rem } summary { cursor: pointer; padding: .5rem 0; color: #0b5394 }
        code { font: 1.05em/1.8 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }
        .qr svg { display: block; width: 13rem; height: 13rem; margin: 0 auto; max-width: 100% }
        .codes { list-style: none; padding: .75rem 1rem; border: 1px solid #6b7280; border-radius: .3rem; columns: 14rem 2 }
        @media print { header, form, .screen { display: none } }

        """;

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <inheritdoc/>
    public int? StatusCode { get; init; } = StatusCodes.Status200OK;

    /// <summary>What was wrong with the form that was sent; stands above the body, and at its fields.</summary>
    public Problem? Problem { get; init; }

    /// <summary>What has just been done; stands above the body.</summary>
    public (string Zh, string En)? Notice { get; init; }

    /// <summary>A page that only says why not.</summary>
    /// <param name="problem">Why.</param>
    /// <param name="back">The page to go back to.</param>
    public static HtmlPage Refusing(Problem problem, string back) => new(
        back, ("无法完成", "This cannot be done"), m => $"""<p><a href="{Markup.Encode(back)}">{m["返回", "Back"]}</a></p>""")
    {
        Problem = problem,
    };

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var markup = new Markup(PageLanguage.IsChinese(httpContext), MistakesOf(Problem));
        var response = httpContext.Response;
        response.StatusCode = Problem?.Failure.Status ?? StatusCode!.Value;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentLanguage = markup["zh-CN", "en"];
        response.Headers.Append("Vary", "Accept-Language, Cookie");
        response.Headers.CacheControl = "no-store";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["X-Robots-Tag"] = "noindex";
        // An address may hold a secret: it does not leave this site. Without any, forms of older browsers come with no origin
        // (SameOrigin).
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers.ContentSecurityPolicy = Policy;
        return response.WriteAsync(Document(markup), httpContext.RequestAborted);
    }

    private static IReadOnlyList<FieldMistake> MistakesOf(Problem? problem) =>
        problem is null ? []
        : problem.Mistakes.Count > 0 ? problem.Mistakes
        : [problem.Failure.At("")];

    private string Document(Markup m)
    {
        var heading = m[title.Zh, title.En];
        var other = address + (address.Contains('?', StringComparison.Ordinal) ? '&' : '?') + "lang=" + m["en", "zh"];
        var problem = Problem is null ? "" : m["错误:", "Error: "];
        return
            $"""
            <!DOCTYPE html>
            <html lang="{m["zh-CN", "en"]}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{problem}{heading} – {m["家校协同平台", "HomeSchool"]}</title>
            <style>{Style}</style>
            </head>
            <body>
            <header><div>
            <strong>{m["家校协同平台", "HomeSchool"]}</strong>
            <a href="{Markup.Encode(other)}" lang="{m["en", "zh-CN"]}" hreflang="{m["en", "zh-CN"]}">{m["English", "中文"]}</a>
            </div></header>
            <main>
            <h1>{heading}</h1>
            {m.Summary()}
            {(Notice is { } notice ? $"""<div class="box done" role="status"><p>{m[notice.Zh, notice.En]}</p></div>""" : "")}
            {body(m)}
            </main>
            </body>
            </html>

            """;
    }
}

/// <summary>Leads on to a page after a form: reloading it does not send the form again.</summary>
/// <param name="path">A path of ours, never one that a request brought.</param>
internal sealed class SeeOther(string path) : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status303SeeOther;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCode!.Value;
        httpContext.Response.Headers.Location = path;
        httpContext.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
