using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Compliance;

/// <summary>A document of a case on A4, with room for signature and seal (盖章). What is missing is said to be missing.</summary>
internal sealed class CaseDocument(ComplianceCase of, CaseDocumentForm form, DateOnly today) : IResult, IStatusCodeHttpResult
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        var response = httpContext.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentLanguage = chinese ? "zh-CN" : "en";
        response.Headers.Append("Vary", "Accept-Language");
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
        return response.WriteAsync(Write(chinese), httpContext.RequestAborted);
    }

    private string Write(bool chinese)
    {
        var title = chinese ? form.Zh : form.En;
        var all = CaseForm.Of(of.Kind).Parts;
        var parts = form.Parts?.Select(key => all.Single(part => part.Key == key)) ?? all;
        var sections = new StringBuilder();
        foreach (var part in parts)
        {
            var written = of.Parts.GetValueOrDefault(part.Key);
            var text = written switch
            {
                null => chinese ? "(尚未填写)" : "(not written yet)",
                { NotNeededBecause: { } because } => (chinese ? "不适用:" : "Not needed: ") + because,
                _ => written.Text!,
            };
            sections.Append(CultureInfo.InvariantCulture,
                $"<h2>{Html.Encode(chinese ? part.Zh : part.En)} <small>{Html.Encode(part.Source)}</small></h2>\n");
            sections.Append(CultureInfo.InvariantCulture, $"<p class=\"text\">{Html.Encode(text)}</p>\n");
        }

        var state = of.ClosedAt is { } closed
            ? (chinese ? "已结案 " : "Closed ") + LocalDay.Of(closed).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : chinese ? "草稿，尚未结案" : "Draft: the case is open";
        return $$"""
            <!DOCTYPE html>
            <html lang="{{(chinese ? "zh-CN" : "en")}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{Html.Encode(title)}}</title>
            <style>
            @page { size: A4; margin: 25mm 20mm }
            body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.7 system-ui, sans-serif; color: #111; background: #fff }
            h1 { font-size: 1.5rem; text-align: center } h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem; break-after: avoid }
            small { font-weight: normal; color: #555 } .text { white-space: pre-wrap; margin: 0 }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: #555 } dd { margin: 0 }
            .sign { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; margin-top: 4rem; break-inside: avoid }
            .sign div { border-top: 1px solid #111; padding-top: .3rem; min-height: 6rem }
            </style>
            </head>
            <body>
            <h1>{{Html.Encode(title)}}</h1>
            <dl>
            <dt>{{(chinese ? "事项" : "About")}}</dt><dd>{{Html.Encode(of.Title)}}{{(of.Year is { } year ? $" ({year})" : "")}}</dd>
            <dt>{{(chinese ? "编号" : "Number")}}</dt><dd>{{of.Id:D}} / {{of.Version}}</dd>
            <dt>{{(chinese ? "状态" : "State")}}</dt><dd>{{state}}</dd>
            <dt>{{(chinese ? "打印日期" : "Printed on")}}</dt><dd>{{today:yyyy-MM-dd}}</dd>
            </dl>
            {{sections}}
            <div class="sign"><div>{{(chinese ? "负责人签字 / 日期" : "Signature / date")}}</div><div>{{(chinese ? "单位盖章" : "Seal")}}</div></div>
            </body>
            </html>
            """;
    }
}

/// <summary>An answer of one JSON document a line (NDJSON), for tools.</summary>
internal sealed class JsonLines<T>(IReadOnlyList<T> lines) : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/x-ndjson";
        httpContext.Response.Headers.ContentDisposition = $"{DispositionTypeNames.Attachment}; filename=\"compliance-cases.ndjson\"";
        foreach (var line in lines)
        {
            await JsonSerializer.SerializeAsync(httpContext.Response.Body, line, Json.Options, httpContext.RequestAborted);
            await httpContext.Response.WriteAsync("\n", httpContext.RequestAborted);
        }
    }
}
