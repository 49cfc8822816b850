using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Records;

/// <summary>How a record is refused.</summary>
internal static class RecordFailures
{
    /// <summary>An internal part that others may read (ARC-7).</summary>
    public static readonly Failure InternalOnly = new("visits.internal-only", 403,
        "这一部分是内部资料，您不在可查阅的人员之列。", "This part is internal; the policy does not let you read it.");

    /// <summary>A role that no policy can let read internal parts.</summary>
    public static readonly Failure InternalReader = new("visits.internal-reader", 400,
        "只能选择可阅读家访记录的角色。", "Choose among the roles that read visits' records.");
}
