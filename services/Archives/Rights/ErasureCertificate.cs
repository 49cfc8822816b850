using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace HomeSchool.Archives.Rights;

/// <summary>
/// What an erasure erased and what stays and why, on A4 in both languages, with room for signature and seal (盖章). Numbers and counts
/// only: it must not bring back what it says is gone.
/// </summary>
internal sealed class ErasureCertificate(PersonalDataRequest request, IReadOnlyList<PersonalDataReply> replies)
    : IResult, IStatusCodeHttpResult
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
        return response.WriteAsync(Write(), httpContext.RequestAborted);
    }

    private string Write()
    {
        var (erased, kept) = (new StringBuilder(), new StringBuilder());
        foreach (var reply in replies)
        {
            foreach (var table in reply.Tables)
            {
                erased.Append(CultureInfo.InvariantCulture,
                    $"<tr><td>{reply.Service}</td><td>{Html.Encode(table.Table)}</td><td>{table.Rows}</td></tr>\n");
            }

            foreach (var stays in reply.Kept)
            {
                var (zh, en) = RightsTexts.Because(stays.Because);
                var until = stays.Until?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "–";
                kept.Append(CultureInfo.InvariantCulture,
                    $"<tr><td>{reply.Service}</td><td>{Html.Encode(stays.What)}</td><td>{stays.Rows?.ToString(CultureInfo.InvariantCulture) ?? "–"}</td>"
                    + $"<td>{Html.Encode(zh)}<br><span lang=\"en\">{Html.Encode(en)}</span></td><td>{until}</td></tr>\n");
            }
        }

        return $$"""
            <!DOCTYPE html>
            <html lang="zh-CN">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>资料删除证明 · Certificate of erasure</title>
            <style>
            @page { size: A4; margin: 20mm }
            body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.6 system-ui, sans-serif; color: #111; background: #fff }
            h1 { font-size: 1.5rem; text-align: center } h2 { font-size: 1.1rem; break-after: avoid }
            table { border-collapse: collapse; width: 100% } th, td { border: 1px solid #888; padding: .2rem .4rem; text-align: left }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: #555 } dd { margin: 0 }
            .sign { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; margin-top: 4rem; break-inside: avoid }
            .sign div { border-top: 1px solid #111; padding-top: .3rem; min-height: 6rem }
            </style>
            </head>
            <body>
            <h1>资料删除证明<br><span lang="en">Certificate of erasure</span></h1>
            <dl>
            <dt>请求编号 Request</dt><dd>{{request.Id:D}}</dd>
            <dt>学生编号 Child</dt><dd>{{request.StudentId:D}}</dd>
            <dt>提出 Asked</dt><dd>{{Day(request.AskedAt)}}</dd>
            <dt>批准 Granted</dt><dd>{{Day(request.DecidedAt)}}</dd>
            <dt>完成 Finished</dt><dd>{{Day(request.EndedAt)}}</dd>
            <dt>范围 Extent</dt><dd>{{(request.Kinds is { } kinds ? string.Join(", ", kinds) : "全部 all")}}</dd>
            <dt>密钥 Key</dt><dd>{{(request.KeyDestroyed
                ? "已销毁；备份中的加密内容从此无法读取。Destroyed: what backups hold in cipher can be read no more."
                : "保留（仅删除部分类别）。Kept: only some kinds were erased.")}}</dd>
            </dl>
            <h2>已删除 <span lang="en">Erased</span></h2>
            <table><tr><th>系统 Service</th><th>表 Table</th><th>行数 Rows</th></tr>
            {{erased}}</table>
            <h2>保留及理由 <span lang="en">What stays, and why</span></h2>
            <table><tr><th>系统 Service</th><th>内容 What</th><th>行数 Rows</th><th>理由 Why</th><th>至 Until</th></tr>
            {{kept}}</table>
            <div class="sign"><div>负责人签字 / 日期 Signature / date</div><div>单位盖章 Seal</div></div>
            </body>
            </html>
            """;
    }

    private static string Day(DateTimeOffset? time) =>
        time is { } at ? LocalDay.Of(at).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "–";
}
