using System.Globalization;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Rights;

/// <summary>
/// What an erasure erased and what stays and why, on A4 in both languages, with room for signature and seal (盖章). Numbers and counts
/// only: it must not bring back what it says is gone.
/// </summary>
internal sealed class ErasureCertificate(PersonalDataRequest request, IReadOnlyList<PersonalDataReply> replies)
    : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => PrintPage.WriteAsync(
        httpContext, chinese: true, "资料删除证明 · Certificate of erasure", Write());

    private string Write()
    {
        var (erased, kept) = (new StringBuilder(), new StringBuilder());
        foreach (var reply in replies)
        {
            foreach (var table in reply.Tables.Where(table => table.Rows > 0))
            {
                erased.Append(CultureInfo.InvariantCulture,
                    $"<tr><td>{RightsTexts.Of(table.Kind)}</td><td>{reply.Service}</td><td>{PrintPage.Html.Encode(table.Table)}</td>"
                    + $"<td>{table.Rows}</td></tr>\n");
            }

            foreach (var stays in reply.Kept)
            {
                var (zh, en) = RightsTexts.Because(stays.Because);
                var until = stays.Until?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "–";
                kept.Append(CultureInfo.InvariantCulture,
                    $"<tr><td>{reply.Service}</td><td>{PrintPage.Html.Encode(stays.What)}</td><td>{stays.Rows?.ToString(CultureInfo.InvariantCulture) ?? "–"}</td>"
                    + $"<td>{PrintPage.Html.Encode(zh)}<br><span lang=\"en\">{PrintPage.Html.Encode(en)}</span></td><td class=\"day\">{until}</td></tr>\n");
            }
        }

        return $$"""
            <h1>资料删除证明<br><span lang="en">Certificate of erasure</span></h1>
            <dl>
            <dt>编号 / 版本 Number / version</dt><dd>{{request.Id:D}} / {{request.Version}}</dd>
            <dt>学生编号 Child</dt><dd>{{request.StudentId:D}}</dd>
            <dt>提出 Asked</dt><dd>{{Day(request.AskedAt)}}</dd>
            <dt>批准 Granted</dt><dd>{{Day(request.DecidedAt)}}</dd>
            <dt>完成 Finished</dt><dd>{{Day(request.EndedAt)}}</dd>
            <dt>范围 Extent</dt><dd>{{(request.Kinds is { } kinds ? string.Join("；", kinds.Select(RightsTexts.Of)) : "全部 all")}}</dd>
            <dt>密钥 Key</dt><dd>{{(request.KeyDestroyed
                ? "已销毁；备份中的加密内容从此无法读取。Destroyed: what backups hold in cipher can be read no more."
                : "保留（仅删除部分类别）。Kept: only some kinds were erased.")}}</dd>
            </dl>
            <h2>已删除 <span lang="en">Erased</span></h2>
            <p>共检查 {{replies.Sum(reply => reply.Tables.Count)}} 个表，以下各表有该学生的资料，均已删除或去除身份。
            <span lang="en">Of the tables that were looked at, these had data of the child; it is deleted, or stripped of the child.</span></p>
            <table><tr><th>类别 Kind</th><th>系统 Service</th><th>表 Table</th><th>行数 Rows</th></tr>
            {{erased}}</table>
            <h2>保留及理由 <span lang="en">What stays, and why</span></h2>
            <table><tr><th>系统 Service</th><th>内容 What</th><th>行数 Rows</th><th>理由 Why</th><th>至 Until</th></tr>
            {{kept}}</table>
            <div class="sign"><div>负责人签字 / 日期 Signature / date</div><div>单位盖章 Seal</div></div>
            """;
    }

    private static string Day(DateTimeOffset? time) =>
        time is { } at ? LocalDay.Of(at).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "–";
}
