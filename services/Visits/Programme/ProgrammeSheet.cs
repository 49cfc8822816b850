using System.Globalization;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Roster;

namespace HomeSchool.Visits.Programme;

/// <summary>A programme on A4, with its version and number and room for signature and seal (ALL-7).</summary>
internal sealed class ProgrammeSheet(VisitProgramme programme, Term term, string zone) : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        return PrintPage.WriteAsync(httpContext, chinese, PrintPage.Html.Encode(programme.Content.Title), Body(chinese));
    }

    private string Body(bool chinese)
    {
        var content = programme.Content;
        var sections = new StringBuilder();
        Section("目标", "Targets", content.Quotas.Select(quota => chinese
            ? $"第 {quota.Week} 周末前完成 {quota.SharePercent}%" : $"{quota.SharePercent} % by the end of week {quota.Week}"));
        Section("主题", "Themes", content.Themes);
        Section("阶段", "Phases", content.Phases.Select(phase => $"{phase.Name}  {Day(phase.From)} – {Day(phase.To)}"));
        Section("沟通提纲", "What to talk about", content.Prompts);

        return $$"""
            <h1>{{PrintPage.Html.Encode(content.Title)}}</h1>
            <dl>
            <dt>{{(chinese ? "学期" : "Term")}}</dt><dd>{{Day(term.StartsOn)}} – {{Day(term.EndsOn)}}</dd>
            <dt>{{(chinese ? "编号" : "Number")}}</dt><dd>{{programme.SchoolId:D}} / {{programme.TermId:D}}</dd>
            <dt>{{(chinese ? "版本" : "Version")}}</dt>
            <dd>{{programme.Version}} ({{LocalTime.Text(programme.PublishedAt, zone)}})</dd>
            </dl>
            {{sections}}
            <div class="sign"><div>{{(chinese ? "负责人签字 / 日期" : "Signature / date")}}</div><div>{{(chinese ? "单位盖章" : "Seal")}}</div></div>
            """;

        void Section(string zh, string en, IEnumerable<string> lines)
        {
            var items = string.Concat(lines.Select(line => $"<li>{PrintPage.Html.Encode(line)}</li>"));
            if (items.Length > 0)
                sections.Append(CultureInfo.InvariantCulture, $"<h2>{(chinese ? zh : en)}</h2>\n<ul>{items}</ul>\n");
        }
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
