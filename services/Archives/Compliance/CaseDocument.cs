using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Compliance;

/// <summary>A document of a case on A4, with room for signature and seal (盖章). What is missing is said to be missing.</summary>
internal sealed class CaseDocument(ComplianceCase of, CaseDocumentForm form, DateOnly today) : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        return PrintPage.WriteAsync(
            httpContext, chinese, PrintPage.Html.Encode(chinese ? form.Zh : form.En), Write(chinese),
            // What goes to the authority or those concerned is theirs; the whole record is not.
            form.Parts is null ? InternalMark.Of(httpContext, chinese) : null);
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
                null => chinese ? "（尚未填写）" : "(not written yet)",
                { NotNeededBecause: { } because } => (chinese ? "不适用：" : "Not needed: ") + because,
                _ => written.Text!,
            };
            sections.Append(CultureInfo.InvariantCulture,
                $"<h2>{PrintPage.Html.Encode(chinese ? part.Zh : part.En)} <small>{PrintPage.Html.Encode(part.Source)}</small></h2>\n");
            sections.Append(CultureInfo.InvariantCulture, $"<p class=\"text\">{PrintPage.Html.Encode(text)}</p>\n");
        }

        var state = of.ClosedAt is { } closed
            ? (chinese ? "已结案 " : "Closed ") + LocalDay.Of(closed).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : chinese ? "草稿，尚未结案" : "Draft: the case is open";
        return $$"""
            <h1>{{PrintPage.Html.Encode(title)}}</h1>
            <dl>
            <dt>{{(chinese ? "事项" : "About")}}</dt><dd>{{PrintPage.Html.Encode(of.Title)}}{{(of.Year is { } year ? $" ({year})" : "")}}</dd>
            <dt>{{(chinese ? "编号" : "Number")}}</dt><dd>{{of.Id:D}} / {{of.Version}}</dd>
            <dt>{{(chinese ? "状态" : "State")}}</dt><dd>{{state}}</dd>
            <dt>{{(chinese ? "打印日期" : "Printed on")}}</dt><dd>{{today:yyyy-MM-dd}}</dd>
            </dl>
            {{sections}}
            <div class="sign"><div>{{(chinese ? "负责人签字 / 日期" : "Signature / date")}}</div><div>{{(chinese ? "单位盖章" : "Seal")}}</div></div>
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
