using System.Globalization;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Outlines;

namespace HomeSchool.Visits.Records;

/// <summary>
/// An outline or a record on A4, without scripts (ALL-7): room for signatures and the seal, code and version, and a watermark
/// that says who printed it and when. Visits knows nobody's name, so names are written by hand. An internal part is not printed.
/// </summary>
internal sealed class PrintedSheet : IResult, IStatusCodeHttpResult
{
    private readonly string code;
    private readonly string mark;
    private readonly Func<Texts, (string Title, IEnumerable<(string Name, string? Value)> Rows)> write;

    private PrintedSheet(
        string code, Visit visit, Caller caller, DateTimeOffset now,
        Func<Texts, (string Title, IEnumerable<(string Name, string? Value)> Rows)> write)
    {
        this.code = code;
        this.write = write;
        mark = $"内部资料 · {caller.Name} · {LocalTime.Text(now, visit.TimeZone)}";
    }

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <summary>A record.</summary>
    public static PrintedSheet OfRecord(Visit visit, RecordView record, Caller caller, DateTimeOffset now) => new(
        FormattableString.Invariant($"VR-{visit.Id:N}-{record.Version}"), visit, caller, now, t => (
            t["家访记录", "Record of a home visit"],
            [
                (t["家访日期", "Held on"], Day(record.HeldOn)),
                (t["时长（分钟）", "Minutes"], visit.HeldMinutes?.ToString(CultureInfo.InvariantCulture)),
                (t["交流内容", "What was talked about"], record.Content.Summary),
                (t["达成的约定", "What was agreed"], record.Content.Agreed),
                (t["家长反馈", "The guardian's feedback"], t.Feedback(record.Content.Feedback)),
                (t["家长的话", "In the guardian's words"], record.Content.FeedbackText),
                (t["学生情况", "The student"], Text(record.Content.Student)),
                (t["家庭情况", "The family"], Text(record.Content.Family)),
                (t["教育需求", "Needs"], Text(record.Content.Needs)),
                (t["假期书单", "Holiday reading"], Lines(record.Content.Holiday?.Reading)),
                (t["假期家务", "Holiday tasks"], Lines(record.Content.Holiday?.Tasks)),
                (t["内部资料", "Internal part"], record.HasInternal
                    ? t["有（不在本单）", "there is one (not on this sheet)"]
                    : t["无", "none"]),
                (t["填写时间", "Written"], LocalTime.Text(record.RecordedAt, visit.TimeZone)),
                (t["版本", "Version"], record.Version.ToString(CultureInfo.InvariantCulture)),
            ]));

    /// <summary>An outline.</summary>
    public static PrintedSheet OfOutline(Visit visit, OutlineView outline, long version, Caller caller, DateTimeOffset now) => new(
        FormattableString.Invariant($"VO-{visit.Id:N}-{version}"), visit, caller, now, t => (
            t["家访提纲", "Outline of a home visit"],
            [
                (t["预约时间", "Appointment"], LocalTime.Text(visit.StartsAt, visit.TimeZone)),
                (t["预计时长（分钟）", "Minutes"], visit.Minutes.ToString(CultureInfo.InvariantCulture)),
                (t["在校进步点", "Progress at school"], Lines(outline.Content.Progress)),
                (t["希望家庭做的事", "What the family is asked to do"], Lines(outline.Content.Tasks)),
                (t["家长的问题", "The parents' questions"],
                    Lines([.. outline.FamilyQuestions ?? [], .. outline.Content.Questions ?? []])),
                (t["在家的兴趣", "Interests at home"], outline.Content.Interests),
                (t["亲子时间", "Time together"], outline.Content.TimeTogether),
                (t["家长的期望", "Expectations"], outline.Content.Expectations),
                (t["上次的约定", "Agreed last time"], outline.LastAgreed),
                (t["版本", "Version"], version.ToString(CultureInfo.InvariantCulture)),
            ]));

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        var t = new Texts(chinese);
        var (title, rows) = write(t);
        return PrintPage.WriteAsync(httpContext, chinese, title, Body(t, title, rows), mark);
    }

    private string Body(Texts t, string title, IEnumerable<(string Name, string? Value)> rows) =>
        $"""
        <h1>{title}</h1>
        <dl>
        {Row(t["学生", "Student"], "________________")}{Row(t["班级", "Class"], "________________")}
        {string.Concat(rows.Where(row => !string.IsNullOrEmpty(row.Value)).Select(row => Row(row.Name, row.Value!)))}
        {Row(t["编号", "Code"], code)}
        </dl>
        <div class="sign">
        <div>{t["家访教师签字 / 日期", "Teacher: signature / date"]}</div>
        <div>{t["家长签字 / 日期", "Guardian: signature / date"]}</div>
        <div>{t["学校盖章", "Seal of the school"]}</div>
        </div>
        """;

    private static string Row(string name, string value) => $"<dt>{PrintPage.Html.Encode(name)}</dt><dd>{PrintPage.Html.Encode(value)}</dd>\n";

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Lines(IReadOnlyList<string>? lines) => string.Join('\n', lines ?? []);

    private static string? Text(RecordDimension? dimension) =>
        dimension is null ? null : Lines([.. dimension.Chips ?? [], .. new[] { dimension.Text }.OfType<string>()]);

    private sealed class Texts(bool chinese)
    {
        public string this[string zh, string en] => chinese ? zh : en;

        public string Feedback(GuardianFeedback feedback) => feedback switch
        {
            GuardianFeedback.Satisfied => this["满意", "satisfied"],
            GuardianFeedback.Neutral => this["一般", "neutral"],
            GuardianFeedback.Concerned => this["有顾虑", "concerned"],
        };
    }
}
