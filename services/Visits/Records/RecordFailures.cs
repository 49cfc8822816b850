using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Records;

/// <summary>How a record is refused.</summary>
internal static class RecordFailures
{
    /// <summary>A wording that labels or complains (VIS-14); a hint, not a refusal for good.</summary>
    public static readonly Failure Tone = new("visits.tone", 422,
        "有些说法可能让家长或孩子受伤，请看 errors；如不需修改，请带 acceptTone 再次提交。",
        "Some wording may hurt the family; see errors. To keep it, send it again with acceptTone.");

    /// <summary>An internal part that others may read (ARC-7).</summary>
    public static readonly Failure InternalOnly = new("visits.internal-only", 403,
        "这一部分是内部资料，您不在可查阅的人员之列。", "This part is internal; the policy does not let you read it.");

    /// <summary>A role that no policy can let read internal parts.</summary>
    public static readonly Failure InternalReader = new("visits.internal-reader", 400,
        "只能选择可阅读家访记录的角色。", "Choose among the roles that read visits' records.");
}
