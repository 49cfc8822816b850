using System.Globalization;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Passing;

/// <summary>
/// A handover on A4, with room for both signatures and the seal (ALL-7). Of sensitive items it says only how many there are.
/// </summary>
internal sealed class HandoverSheet(
    Handover of, Student student, string? school, string? @class, string? from, string? to,
    IReadOnlyList<(string Name, IReadOnlyList<GuardianRight> May)> guardians,
    IReadOnlyList<(OwnedTable Table, long Rows)> owned, int sensitiveItems, DateOnly today) : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        return PrintPage.WriteAsync(
            httpContext, chinese, Title(chinese), Write(chinese), InternalMark.Of(httpContext, chinese));
    }

    private static string Title(bool chinese) => chinese ? "班主任交接单" : "Handover sheet of a homeroom teacher";

    private string Write(bool chinese)
    {
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
            <h1>{{Title(chinese)}}</h1>
            <dl>
            {{Row(Say("学校", "School"), school)}}{{Row(Say("班级", "Class"), @class)}}
            {{Row(Say("学生", "Student"), student.FamilyName + student.GivenName)}}{{Row(Say("学籍号", "Number"), student.Number)}}
            {{Row(Say("出生日期", "Date of birth"), student.BirthDate is { } born ? Day(born) : null)}}
            {{Row(Say("监护人", "Guardians"), string.Join(Say("；", "; "), guardians.Select(MayOf)))}}
            {{Row(Say("移交人", "From"), from)}}{{Row(Say("接收人", "To"), to)}}{{Row(Say("生效日期", "From the day"), Day(of.StartsOn))}}
            {{rows}}{{Row(Say("内部资料", "Internal material"), sensitive)}}
            {{Row(Say("状态", "State"), accepted)}}
            {{Row(Say("编号 / 版本", "Number / version"), $"{of.Id:D} / {(of.AcceptedAt is null ? 1 : 2)}")}}{{Row(Say("打印日期", "Printed on"), Day(today))}}
            </dl>
            <div class="sign">
            <div>{{Say("移交人签字 / 日期", "Handed over: signature / date")}}</div>
            <div>{{Say("接收人签字 / 日期", "Accepted: signature / date")}}</div>
            <div>{{Say("学校盖章", "Seal of the school")}}</div>
            </div>
            """;

        string Say(string zh, string en) => chinese ? zh : en;

        // What each may do on the day of printing (ARC-13); never why not.
        string MayOf((string Name, IReadOnlyList<GuardianRight> May) guardian) => guardian.Name + Say("（", " (")
            + (guardian.May.Contains(GuardianRight.PickUp) ? Say("可接送", "may pick up") : Say("不可接送", "may not pick up"))
            + Say("、", ", ")
            + (guardian.May.Contains(GuardianRight.Sign) ? Say("可签字", "may sign") : Say("不可签字", "may not sign")) + Say("）", ")");
    }

    private static string Row(string name, string? value) =>
        $"<dt>{PrintPage.Html.Encode(name)}</dt><dd>{(string.IsNullOrEmpty(value) ? "—" : PrintPage.Html.Encode(value))}</dd>\n";

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
