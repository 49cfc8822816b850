using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Needs;

/// <summary>How requests about support needs are refused.</summary>
internal static class NeedFailures
{
    /// <summary>Tiers hold for a term, and there is none.</summary>
    public static readonly Failure NoTerm = new("archives.no-term", 409,
        "名册中没有当前或之后的学期，请先导入学期。", "The roster has no term now or later; import one first.");

    /// <summary>It was confirmed, dismissed or ended already.</summary>
    public static readonly Failure AttentionDecided = new("archives.attention-decided", 409,
        "该提醒已处理。", "This was decided already.");

    /// <summary>What the system raises nobody writes.</summary>
    public static readonly Failure CauseComputed = new("archives.cause-computed", 400,
        "此类提醒由系统根据成绩和作业产生，不能填写。", "This is raised from scores and homework; nobody writes it.");

    /// <summary>A guardian tells of the family.</summary>
    public static readonly Failure CauseOfStaff = new("archives.cause-of-staff", 403,
        "此类提醒由教职工填写；家庭变故请选择 familyChange。", "This is for staff; a guardian can tell of a change in the family (familyChange).");

    /// <summary>A score that is no number up to the maximum, or no level.</summary>
    public static readonly Failure ScoreInvalid = new("archives.score-invalid", 400,
        "请填写 0 到满分之间的数字（最多两位小数）；没有满分时填写等级 A–E。",
        "Give a number from 0 to the maximum (two decimals at most), or a level from A to E where there is no maximum.");

    /// <summary>An outcome of a term that is over.</summary>
    public static readonly Failure TermOver = new("archives.term-over", 409,
        "学期已结束，结果不再更改。", "The term is over; its outcomes do not change any more.");

    /// <summary>A file of scores or homework that cannot be taken at all.</summary>
    public static readonly Failure FileRefused = new("archives.file-refused", 422,
        "文件无法读取，未做任何更改；原因见 errors。", "The file cannot be read and nothing was changed; see errors.");
}
