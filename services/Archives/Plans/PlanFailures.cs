using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Plans;

/// <summary>How requests about plans, watching and support are refused.</summary>
internal static class PlanFailures
{
    /// <summary>A plan that is over.</summary>
    public static readonly Failure PlanClosed = new("archives.plan-closed", 409,
        "该计划已结束。", "This plan is closed.");

    /// <summary>A plan that has begun already.</summary>
    public static readonly Failure PlanBegun = new("archives.plan-begun", 409,
        "该计划已开始。", "This plan has begun already.");

    /// <summary>A plan that has not begun, or is over.</summary>
    public static readonly Failure PlanDoesNotRun = new("archives.plan-does-not-run", 409,
        "该计划尚未开始或已结束。", "This plan has not begun, or is over.");

    /// <summary>Nobody on the school's staff.</summary>
    public static readonly Failure NoStaff = new("archives.no-staff", 400,
        "该人员不在本校。", "This person is not on the staff of the school.");

    /// <summary>An entry of the watch list that is over.</summary>
    public static readonly Failure WatchEnded = new("archives.watch-ended", 409,
        "该关注已结束。", "This watch is over.");

    /// <summary>A task that is done already.</summary>
    public static readonly Failure TaskDone = new("archives.task-done", 409,
        "该任务已完成。", "This task is done already.");

    /// <summary>A resource that the school does not have, or has no longer.</summary>
    public static readonly Failure NoResource = new("archives.no-resource", 400,
        "本校没有此资源，或已停用。", "The school has no such resource, or has it no longer.");

    /// <summary>Support that was referred or closed already.</summary>
    public static readonly Failure SupportDecided = new("archives.support-decided", 409,
        "该帮扶申请的状态不允许此操作。", "This support is not in a state that allows it.");
}
