using System.Globalization;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Records;

namespace HomeSchool.Visits.Ledger;

/// <summary>
/// A ledger on A4, with room for signature and seal, its number and a mark of who printed it (ALL-7). Visits knows no names:
/// students have the end of their id and room to write the name.
/// </summary>
internal sealed class LedgerSheet(IReadOnlyList<LedgerSheet.Line> lines, string printedBy, DateTimeOffset now, string zone)
    : IResult, IStatusCodeHttpResult
{
    /// <summary>The most entries on a sheet, the newest.</summary>
    public const int MostRows = 500;

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        var title = chinese ? "家校沟通台账" : "Ledger of contacts between school and family";
        var mark = $"{printedBy} · {LocalTime.Text(now, zone)}";
        return PrintPage.WriteAsync(httpContext, chinese, title, Body(chinese, title), mark, landscape: true);
    }

    private string Body(bool chinese, string title)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMddHHmmss}-{Tail(lines[0].Entry.SchoolId)}");
        var rows = string.Concat(lines.Select(line =>
            $"""
            <tr><td class="day">{Day(line.Entry.HeldOn)}</td><td class="day">…{Tail(line.Entry.StudentId)}</td>
            <td>{Channel(line.Entry.Channel)}</td>
            <td>{line.Entry.Minutes}</td><td>{(line.Entry.GuardianTookPart ? "✓" : "")}</td><td>{Text(line)}</td>
            <td>{Feedback(line)}</td><td>{line.Loop.Closed}/{line.Loop.FollowUps}</td></tr>

            """));
        return $$"""
            <h1>{{title}}</h1>
            <p>{{Say("编号", "Number")}} {{number}}</p>
            <table>
            <thead><tr><th>{{Say("日期", "Day")}}</th><th>{{Say("学生", "Student")}}</th><th>{{Say("方式", "Channel")}}</th>
            <th>{{Say("分钟", "Minutes")}}</th><th>{{Say("家长参与", "Guardian")}}</th><th>{{Say("内容", "What about")}}</th>
            <th>{{Say("家长反馈", "Feedback")}}</th><th>{{Say("跟进（已办/全部）", "Follow-ups (closed/all)")}}</th></tr></thead>
            <tbody>
            {{rows}}</tbody>
            </table>
            <div class="sign">
            <div>{{Say("班主任签字 / 日期", "Homeroom teacher: signature / date")}}</div>
            <div>{{Say("德育干部签字 / 日期", "Officer: signature / date")}}</div>
            <div>{{Say("学校盖章", "Seal of the school")}}</div>
            </div>
            """;

        string Say(string zh, string en) => chinese ? zh : en;

        string Text(Line line) => line.Content is { } content ? PrintPage.Html.Encode(content.Line)
            : line.Entry.Content is not null ? Say("已按规定删除", "Erased")
            : line.Entry.Channel == ContactChannel.Visit ? Say("见家访记录 …", "See the record of visit …") + Tail(line.Entry.Id)
            : Say("见原消息 …", "See the message …") + Tail(line.Entry.Id);

        string Feedback(Line line) => string.Join(
            Say("：", ": "),
            new[] { Tap(line.Entry.Feedback), line.Content?.FeedbackText is { } text ? PrintPage.Html.Encode(text) : null }
                .OfType<string>());

        string? Tap(GuardianFeedback? feedback) => feedback switch
        {
            GuardianFeedback.Satisfied => Say("满意", "Satisfied"),
            GuardianFeedback.Neutral => Say("一般", "Neutral"),
            GuardianFeedback.Concerned => Say("有顾虑", "Concerned"),
            _ => null,
        };

        string Channel(ContactChannel channel) => channel switch
        {
            ContactChannel.Visit => Say("家访", "Visit"),
            ContactChannel.Phone => Say("电话", "Phone"),
            ContactChannel.ContactBook => Say("联系册", "Contact book"),
            ContactChannel.Message => Say("消息", "Message"),
            _ => Say("面谈", "Meeting"),
        };
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Tail(Guid id) => id.ToString("N")[^8..];

    /// <summary>An entry, with its text where the ledger has it.</summary>
    internal sealed record Line(LedgerEntry Entry, Loop Loop, LedgerContent? Content);
}
