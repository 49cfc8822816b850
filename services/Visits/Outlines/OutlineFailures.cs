using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Outlines;

/// <summary>How an outline or a note is refused.</summary>
internal static class OutlineFailures
{
    /// <summary>The visit has no outline, or one that lacks something mandatory (VIS-7).</summary>
    public static readonly Failure OutlineMissing = new("visits.outline-missing", 409,
        "家访提纲尚不完整，请先补充 errors 中列出的内容；应急家访不受此限。",
        "The outline is not complete: add what errors lists first. Emergencies need none.");

    /// <summary>Somebody who was not invited to come along (VIS-8).</summary>
    public static readonly Failure NotJoint = new("visits.not-joint-visitor", 403,
        "只有受邀参加这次家访的教师可以填写。", "Only staff invited to this visit write a note for it.");

    /// <summary>A note that says nothing.</summary>
    public static readonly Failure NoteEmpty = new("visits.note-empty", 400,
        "请至少填写一项。", "Write one of them at least.");

    private static readonly Failure Progress = new("visits.outline-progress", 400,
        "请写出足够的在校进步点。", "Write enough points of progress at school.");

    private static readonly Failure Tasks = new("visits.outline-tasks", 400,
        "请写出希望家庭做什么。", "Write what the family is asked to do.");

    private static readonly Failure Questions = new("visits.outline-questions", 400,
        "请写出家长的问题，或注明家长没有问题。", "Write the parents' questions, or that they have none.");

    /// <summary>What is said of a mandatory part that is missing.</summary>
    public static Failure Of(string part) => part switch
    {
        OutlineContent.ProgressPart => Progress,
        OutlineContent.TasksPart => Tasks,
        _ => Questions,
    };
}
