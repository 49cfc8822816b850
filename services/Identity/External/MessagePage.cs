using System.Text.Encodings.Web;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity.External;

/// <summary>What a browser shows that comes back from a provider, or cannot be sent there: one sentence in both languages, and
/// the way back. All that goes well goes on without a page.</summary>
/// <param name="failure">Why it does not go on.</param>
/// <param name="back">A path on our own host, when it is known.</param>
internal sealed class MessagePage(Failure failure, string? back = null) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => failure.Status;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = failure.Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        // The address may hold a code.
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
        var link = back is null ? ""
            : $"""<p><a href="{HtmlEncoder.Default.Encode(back)}">返回 <span lang="en">Back</span></a></p>""";
        return response.WriteAsync(
            $$"""
            <!DOCTYPE html>
            <html lang="zh-CN">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>家校协同平台：登录 HomeSchool: sign in</title>
            <style>
            body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 26rem; margin: 2rem auto; padding: 0 1rem }
            </style>
            <p role="alert">{{failure.Zh}}<br><span lang="en">{{failure.En}}</span></p>
            {{link}}
            </html>
            """,
            httpContext.RequestAborted);
    }
}
