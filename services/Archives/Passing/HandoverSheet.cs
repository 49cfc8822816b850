using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Passing;

/// <summary>
/// A handover on A4, with room for both signatures and the seal (ALL-7). Of sensitive items it says only how many there are.
/// </summary>
internal sealed class HandoverSheet(
    Handover of, Student student, string? school, string? @class, string? from, string? to, IReadOnlyList<string> guardians,
    IReadOnlyList<(OwnedTable Table, long Rows)> owned, int sensitiveItems, DateOnly today) : IResult, IStatusCodeHttpResult
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
        var title = Say("班主任交接单", "Handover sheet of a homeroom teacher");
        var accepted = of.AcceptedAt is { } time
            ? Say("已接收 ", "Accepted ") + Day(LocalDay.Of(time))
            : Say("尚未接收", "Not accepted yet");
        var sensitive = sensitiveItems == 0
            ? Say("无", "None")
            : string.Create(CultureInfo.InvariantCulture, $"{sensitiveItems}")
                + Say(
                    " 项（内部资料，内容不在本单；接收后按规定权限查阅）",
                    " (internal material, not on this sheet; to be read after acceptance, as the policy lets)");
        var rows = string.Concat(
            owned.Select(item => Row(chinese ? item.Table.Zh : item.Table.En, string.Create(CultureInfo.InvariantCulture, $"{item.Rows}"))));
        return $$"""
            <!DOCTYPE html>
            <html lang="{{Say("zh-CN", "en")}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{title}}</title>
            <style>
            @page { size: A4; margin: 25mm 20mm }
            body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.7 system-ui, sans-serif; color: #111; background: #fff }
            h1 { font-size: 1.5rem; text-align: center }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: #555 } dd { margin: 0 }
            .sign { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 2rem; margin-top: 4rem; break-inside: avoid }
            .sign div { border-top: 1px solid #111; padding-top: .3rem; min-height: 6rem }
            </style>
            </head>
            <body>
            <h1>{{title}}</h1>
            <dl>
            {{Row(Say("学校", "School"), school)}}{{Row(Say("班级", "Class"), @class)}}
            {{Row(Say("学生", "Student"), student.FamilyName + student.GivenName)}}{{Row(Say("学籍号", "Number"), student.Number)}}
            {{Row(Say("出生日期", "Date of birth"), student.BirthDate is { } born ? Day(born) : null)}}
            {{Row(Say("监护人", "Guardians"), string.Join(Say("、", ", "), guardians))}}
            {{Row(Say("移交人", "From"), from)}}{{Row(Say("接收人", "To"), to)}}{{Row(Say("生效日期", "From the day"), Day(of.StartsOn))}}
            {{rows}}{{Row(Say("内部资料", "Internal material"), sensitive)}}
            {{Row(Say("状态", "State"), accepted)}}
            {{Row(Say("编号", "Number of this sheet"), $"{of.Id:D}")}}{{Row(Say("打印日期", "Printed on"), Day(today))}}
            </dl>
            <div class="sign">
            <div>{{Say("移交人签字 / 日期", "Handed over: signature / date")}}</div>
            <div>{{Say("接收人签字 / 日期", "Accepted: signature / date")}}</div>
            <div>{{Say("学校盖章", "Seal of the school")}}</div>
            </div>
            </body>
            </html>
            """;

        string Say(string zh, string en) => chinese ? zh : en;
    }

    private static string Row(string name, string? value) =>
        $"<dt>{Html.Encode(name)}</dt><dd>{(string.IsNullOrEmpty(value) ? "—" : Html.Encode(value))}</dd>\n";

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
