using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Gateway;

/// <summary>
/// What a browser shows when there is no place for its request: a page instead of a problem in JSON. Whoever was sending a form
/// sends it again by loading the page again: the browser still has what was filled in.
/// </summary>
internal static class BusyPage
{
    private const string Seconds = "5";

    /// <summary>Refuses a request, in the form that the client reads.</summary>
    public static Task RefuseAsync(HttpContext context, Problem problem) =>
        problem.StatusCode == StatusCodes.Status503ServiceUnavailable && IsWantedBy(context.Request)
            ? WriteAsync(context, problem.Failure)
            : problem.ExecuteAsync(context);

    private static bool IsWantedBy(HttpRequest request) => request.GetTypedHeaders().Accept
        .Any(type => string.Equals(type.MediaType.Value, "text/html", StringComparison.OrdinalIgnoreCase));

    private static Task WriteAsync(HttpContext context, Failure failure)
    {
        var chinese = Language.IsChinese(context);
        var response = context.Response;
        response.StatusCode = failure.Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.RetryAfter = Seconds;
        response.Headers.ContentLanguage = chinese ? "zh-CN" : "en";
        response.Headers.Append("Vary", "Accept, Accept-Language");
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        return response.WriteAsync(
            $$"""
            <!DOCTYPE html>
            <html lang="{{(chinese ? "zh-CN" : "en")}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{(chinese ? "请稍候" : "One moment")}}</title>
            <style>
            body { font: 18px/1.5 sans-serif; max-width: 34em; margin: 0 auto; padding: 1em; color: #1a1a1a; background: #fff }
            </style>
            </head>
            <body>
            <main>
            <h1>{{(chinese ? "请稍候" : "One moment")}}</h1>
            <p role="alert">{{(chinese ? failure.Zh : failure.En)}}</p>
            <p>{{(chinese
                ? "如果您刚才在提交表单，请几秒后刷新本页：浏览器会再次提交，已填写的内容不会丢失。"
                : "If you were sending a form, load this page again soon: the browser sends it with all that you filled in.")}}</p>
            </main>
            </body>
            </html>

            """, context.RequestAborted);
    }
}
