using System.Globalization;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>A sample on A4 (VIS-13): what it was drawn from, by what, what came of it, and how anybody draws it again.</summary>
internal sealed class SpotCheckSheet(
    SpotCheck check, IReadOnlyList<Guid> population, IReadOnlyList<SpotCheckRecord> records, string zone)
    : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        return PrintPage.WriteAsync(httpContext, chinese, chinese ? "家访记录抽查" : "Spot check of visits' records", Body(chinese));
    }

    private string Body(bool chinese)
    {
        string T(string zh, string en) => chinese ? zh : en;
        var rows = string.Concat(records.Select(r =>
            $"""
            <tr><td>{Number(r.Position)}</td><td>{r.VisitId}</td>
            <td>{Number(r.RecordVersion)}</td><td>{Number(r.Score)}</td></tr>

            """));
        return
            $"""
            <h1>{T("家访记录抽查", "Spot check of visits' records")}</h1>
            <dl>
            <dt>{T("编号", "Number")}</dt><dd>{check.Id}</dd>
            <dt>{T("抽取时间", "Drawn")}</dt><dd>{LocalTime.Text(check.DrawnAt, zone)}</dd>
            <dt>{T("种子", "Seed")}</dt><dd class="text">{PrintPage.Html.Encode(check.Seed)}</dd>
            <dt>{T("种子来源", "Chosen by")}</dt>
            <dd>{(check.SeedWasGiven ? T("德育干部指定", "the officer") : T("系统随机生成", "the service, at random"))}</dd>
            <dt>{T("算法", "Algorithm")}</dt><dd>{check.Algorithm}</dd>
            <dt>{T("总体", "Drawn from")}</dt>
            <dd>{check.PopulationSize} {T("份记录，编号附后", "records, listed below")}</dd>
            <dt>SHA-256</dt><dd class="text">{check.PopulationHash}</dd>
            </dl>
            <h2>{T("抽中的记录", "Drawn records")}</h2>
            <table>
            <thead><tr><th>{T("次序", "Place")}</th><th>{T("家访", "Visit")}</th>
            <th>{T("评分所依版本", "Graded version")}</th><th>{T("得分", "Score")}</th></tr></thead>
            <tbody>
            {rows}</tbody>
            </table>
            <h2>{T("如何复核", "How to draw again")}</h2>
            <p>{T(
                "以种子（UTF-8）为密钥，对每个家访编号（小写、带连字符）计算 HMAC-SHA-256，按结果的十六进制从小到大排列，取前若干个：",
                "With the seed (UTF-8) as the key, take HMAC-SHA-256 of each visit's number (lower case, with hyphens), "
                    + "order by the result in hexadecimal, and take the first:")}</p>
            <p><code>printf %s {T("家访编号", "NUMBER")} | openssl dgst -sha256 -hmac {T("种子", "SEED")}</code></p>
            <p>{T(
                "编号按字典序、以换行（LF）相连后的 SHA-256 应与上面的一致。",
                "SHA-256 of the numbers in order, with LF between them, is the one above.")}</p>
            <h2>{T("总体：全部记录的家访编号", "Drawn from: the numbers of all visits")}</h2>
            <p class="text">{string.Join('\n', population)}</p>
            """;
    }

    private static string Number(IFormattable? number) => number?.ToString(null, CultureInfo.InvariantCulture) ?? "–";
}
