using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>
/// What all pages that are printed and sealed have in common (ALL-7): A4, one style, nothing that runs or is fetched, and, where the page is
/// sensitive, a watermark by which the audit tells who printed it.
/// </summary>
public static class PrintPage
{
    /// <summary>Encodes text, Chinese as it is.</summary>
    public static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>Answers with a page in one language, or in both, which begins with Chinese.</summary>
    /// <param name="http">The request.</param>
    /// <param name="chinese">The language.</param>
    /// <param name="title">The title, encoded already.</param>
    /// <param name="body">What is on it, as HTML.</param>
    /// <param name="watermark">Who prints it and when, as the audit has it; <see langword="null"/> without one.</param>
    /// <param name="landscape">For wide tables.</param>
    public static async Task WriteAsync(
        HttpContext http, bool chinese, string title, string body, string? watermark = null, bool landscape = false)
    {
        Begin(http.Response, chinese, images: false);
        await http.Response.WriteAsync(Head(chinese, title, watermark, landscape, "") + body + End, http.RequestAborted);
    }

    /// <summary>Answers with a page that has pictures in it, as <c>data:</c>, and is written part by part.</summary>
    /// <param name="http">The request.</param>
    /// <param name="chinese">The language.</param>
    /// <param name="title">The title, encoded already.</param>
    /// <param name="body">What is on it, as HTML.</param>
    /// <param name="style">What it looks like beside what all pages have in common: CSS.</param>
    public static async Task WriteAsync(HttpContext http, bool chinese, string title, IAsyncEnumerable<string> body, string style)
    {
        ArgumentNullException.ThrowIfNull(body);
        Begin(http.Response, chinese, images: true);
        await http.Response.WriteAsync(Head(chinese, title, null, false, style), http.RequestAborted);
        await foreach (var part in body.WithCancellation(http.RequestAborted))
            await http.Response.WriteAsync(part, http.RequestAborted);
        await http.Response.WriteAsync(End, http.RequestAborted);
    }

    private const string End = "\n</body>\n</html>";

    private static void Begin(HttpResponse response, bool chinese, bool images)
    {
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentLanguage = chinese ? "zh-CN" : "en";
        response.Headers.Append("Vary", "Accept-Language");
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = (images ? "img-src data:; " : "")
            + "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
    }

    private static string Head(bool chinese, string title, string? watermark, bool landscape, string style)
    {
        var mark = watermark is null
            ? ""
            : $"<div class=\"watermark\" aria-hidden=\"true\">{string.Concat(Enumerable.Repeat($"<span>{Html.Encode(watermark)}</span>", 24))}</div>\n";
        return
            $$"""
            <!DOCTYPE html>
            <html lang="{{(chinese ? "zh-CN" : "en")}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{title}}</title>
            <style>
            @page { size: A4{{(landscape ? " landscape" : "")}}; margin: 20mm }
            body { max-width: {{(landscape ? 66 : 44)}}rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.6 system-ui, sans-serif; color: #111; background: #fff }
            h1 { font-size: 1.5rem; text-align: center } h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem; break-after: avoid }
            small { font-weight: normal; color: #555 } .text { white-space: pre-wrap; margin: 0; overflow-wrap: anywhere }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: #555 } dd { margin: 0; white-space: pre-line }
            table { border-collapse: collapse; width: 100%; font-size: .9rem } .day { white-space: nowrap } th, td { border: 1px solid #888; padding: .2rem .4rem; text-align: left; vertical-align: top }
            tr { break-inside: avoid }
            .sign { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 2rem; margin-top: 4rem; break-inside: avoid }
            .sign div { border-top: 1px solid #111; padding-top: .3rem; min-height: 6rem }
            .watermark { position: fixed; inset: -50%; z-index: 1; display: flex; flex-wrap: wrap; align-content: center; justify-content: center;
              gap: 7rem 4rem; transform: rotate(-30deg); font-size: 1.1rem; color: rgba(0, 0, 0, .1); pointer-events: none }
            @media print { body { margin: 0; max-width: none; padding: 0 } .watermark { print-color-adjust: exact } }
            {{style}}
            </style>
            </head>
            <body>
            {{mark}}
            """;
    }
}
