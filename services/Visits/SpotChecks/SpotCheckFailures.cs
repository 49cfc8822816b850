using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>How spot checks refuse a request.</summary>
internal static class SpotCheckFailures
{
    /// <summary>No record is among those to draw from.</summary>
    public static readonly Failure NothingToDraw = new("visits.nothing-to-draw", 409,
        "所选范围内没有已完成的家访记录。", "There is no completed record to draw from.");

    /// <summary>The record has no such version.</summary>
    public static readonly Failure NoSuchVersion = new("visits.no-such-version", 400,
        "该记录没有这个版本，请填写所阅版本。", "The record has no such version; give the one that was read.");

    /// <summary>Only what was graded as excellent becomes a case.</summary>
    public static readonly Failure NotExcellent = new("visits.not-excellent", 409,
        "请先评分并标记为优秀。", "Grade the record and mark it as excellent first.");

    /// <summary>The text has something by which somebody could be found.</summary>
    public static readonly Failure NotAnonymous = new("visits.not-anonymous", 400,
        "文中含有号码、网址或邮箱，请删除后重试；姓名请改为“某同学”等。",
        "The text has a number, a web or a mail address; remove it, and write “a student” and the like for names.");

    /// <summary>The teacher who wrote the record has not agreed.</summary>
    public static readonly Failure ConsentMissing = new("visits.consent-missing", 409,
        "须先由填写记录的班主任同意。", "The teacher who held the visit has to agree first.");

    /// <summary>The case has left the state that this needs.</summary>
    public static readonly Failure CaseDecided = new("visits.case-decided", 409,
        "该案例已共享或已撤回。", "This case is shared or withdrawn already.");
}
