using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Planning;

/// <summary>How planning refuses a request.</summary>
internal static class PlanningFailures
{
    /// <summary>A visit by text alone is none (VIS-1).</summary>
    public static readonly Failure NotByText = new("visits.plan-not-by-text", 400,
        "家访计划不能以文字方式为主，请选择入户、视频或语音。", "A plan of visits by text is none; choose in person, video or voice.");

    /// <summary>A class has its grade.</summary>
    public static readonly Failure ClassOrGrade = new("visits.plan-class-or-grade", 400,
        "班级和年级只能填一个。", "Name a class or a grade, not both.");

    /// <summary>Its visits are appointments, to be moved one by one.</summary>
    public static readonly Failure AlreadyPublished = new("visits.plan-published", 409,
        "该计划已发布，请改动家访预约本身，或新建计划安排其余的家访。",
        "The plan is published: move its appointments, or propose a new plan for what is left.");

    /// <summary>A time that is not in the plan's term.</summary>
    public static readonly Failure OutsideTerm = new("visits.plan-outside-term", 400,
        "该时间不在计划的学期内。", "This time is not in the plan's term.");

    /// <summary>A student who is not at the school on the day.</summary>
    public static readonly Failure NotOnRoll = new("visits.plan-not-on-roll", 409,
        "该学生当天不在本校就读。", "The student is not at the school on that day.");

    /// <summary>An item that was published or refused.</summary>
    public static readonly Failure ItemClosed = new("visits.plan-item-closed", 409,
        "该项已处理，不能再改。", "This item is settled and cannot be changed any more.");

    /// <summary>Hours that end before they begin.</summary>
    public static readonly Failure Hours = new("visits.hours", 400,
        "结束应晚于开始。", "The end must be later than the begin.");

    /// <summary>A file without the columns of its template.</summary>
    public static readonly Failure Columns = new("visits.busy-columns", 400,
        "首行应为：{0}。", "The first line must be {0}.");

    /// <summary>A cell that cannot be read.</summary>
    public static readonly Failure Cell = new("visits.busy-cell", 400,
        "第 {0} 行“{1}”列无法读取，应如 {2}。", "Line {0}, column {1}: write it like {2}.");

    /// <summary>A file that is no iCalendar object, or ends too early.</summary>
    public static readonly Failure NoCalendar = new("visits.busy-no-calendar", 400,
        "文件不是完整的日历（.ics）文件，请重新导出后再上传。",
        "This is no whole calendar file (.ics): export it again and upload that.");

    /// <summary>A property of an event that is missing or cannot be read.</summary>
    public static readonly Failure Property = new("visits.busy-property", 400,
        "第 {0} 行的 {1} 缺失或无法读取，应如 {2}。", "Line {0}: {1} is missing or cannot be read; write it like {2}.");

    /// <summary>A time zone that nobody knows.</summary>
    public static readonly Failure Zone = new("visits.busy-zone", 400,
        "第 {0} 行的时区“{1}”无法识别，请使用如 Asia/Shanghai 的名称，或在文件中定义（VTIMEZONE）。",
        "Line {0}: the time zone {1} is not known; name one like Asia/Shanghai, or define it in the file (VTIMEZONE).");

    /// <summary>A rule that no timetable has.</summary>
    public static readonly Failure Rule = new("visits.busy-rule", 400,
        "第 {0} 行的重复规则无法读取：可按日或按周重复（FREQ、INTERVAL、COUNT、UNTIL、BYDAY、WKST）。",
        "Line {0}: the rule cannot be read; events repeat daily or weekly, with INTERVAL, COUNT, UNTIL, BYDAY and WKST.");

    /// <summary>A change of this and all later occurrences.</summary>
    public static readonly Failure Range = new("visits.busy-range", 400,
        "第 {0} 行一次改动此后所有日程（RANGE），无法读取：请把改动后的日程作为新的日程导出。",
        "Line {0} changes all later occurrences at once (RANGE): export them as an event of its own.");

    /// <summary>More occurrences than anybody's timetable has.</summary>
    public static readonly Failure Occurrences = new("visits.busy-too-many", 400,
        "文件中的日程超过 {0} 次，请缩短重复的期限。", "The file has more than {0} occurrences: let its events end earlier.");
}

/// <summary>Why a plan misses something, for people.</summary>
internal static class UnmetTexts
{
    /// <summary>The text in the caller's language.</summary>
    public static string Of(UnmetReason reason, bool chinese) => reason switch
    {
        UnmetReason.NoTeacher => chinese ? "该班没有班主任，无人家访。" : "The class has no homeroom teacher who could visit.",
        UnmetReason.NoDayLeft => chinese
            ? "除去提前通知的天数和假期，已没有可用的日子。" : "After notice and holidays no day is left for it.",
        UnmetReason.FamilyUnavailable => chinese
            ? "家长填写的时间里，这段时期没有可以家访的时段。" : "By the times that the family stated, it is never available in this period.",
        UnmetReason.TeacherUnavailable => chinese
            ? "老师的课表、请假和已有家访占满了这段时期。" : "Timetable, absences and agreed visits leave the teacher no time in this period.",
        UnmetReason.NoCommonTime => chinese
            ? "家长方便的时间与老师的空闲时间没有交集。" : "The family's times and the teacher's have none in common.",
        UnmetReason.TeacherFull => chinese
            ? "双方都方便的时段已被其他家访占用，或超过老师每天、每周的次数上限。"
            : "The times in common are taken by other visits, or exceed what a teacher may be asked for in a day or week.",
        UnmetReason.FamilyVisitedThen => chinese
            ? "余下的时段里，这个家庭已有另一次家访。" : "At the times that are left the family has another visit.",
    };
}
