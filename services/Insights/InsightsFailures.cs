using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Insights;

/// <summary>How Insights refuses a request.</summary>
internal static class InsightsFailures
{
    /// <summary>Coverage is counted for other places only.</summary>
    public static readonly Failure NodeUnknown = new("insights.node-unknown", 400,
        "node 应为 class、grade、school 或 district。", "node must be class, grade, school or district.");

    /// <summary>A grade was asked for without saying which.</summary>
    public static readonly Failure GradeNeeded = new("insights.grade-needed", 400,
        "查询年级时请用 grade 指明年级。", "Say which grade with grade.");

    /// <summary>The district has no term that could be meant.</summary>
    public static readonly Failure NoTerm = new("insights.no-term", 404,
        "该区县还没有学期，请先导入名册。", "The district has no term yet; import a roster first.");

    /// <summary>A position of the feed that this service did not give out.</summary>
    public static readonly Failure PositionInvalid = new("insights.position-invalid", 400,
        "Last-Event-ID(或 after)应为此前收到的事件编号。", "Last-Event-ID (or after) must be the id of an event received before.");

    /// <summary>What followed the position is no longer kept.</summary>
    public static readonly Failure PositionGone = new("insights.position-gone", 410,
        "该位置之后的事件已不再保留：请先读取当前数据，再不带 Last-Event-ID 重新订阅。",
        "Events after this position are no longer kept: read the current figures, then subscribe again without Last-Event-ID.");
}
