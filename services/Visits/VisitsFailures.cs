using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits;

/// <summary>How Visits refuses a request.</summary>
internal static class VisitsFailures
{
    /// <summary>A visitor is busy (VIS-4). It does not say with what: that may be another school's business.</summary>
    public static readonly Failure StaffDoubleBooked = new("visits.double-booked", 409,
        "该时段家访教师已有其他安排，请换一个时间。", "A visiting teacher is already booked at that time; choose another.");

    /// <summary>The family is busy (VIS-4). It does not say with what: that may be another school's business.</summary>
    public static readonly Failure FamilyDoubleBooked = new("visits.double-booked", 409,
        "该时段这个家庭已有其他安排，请换一个时间。", "The family is already booked at that time; choose another.");

    /// <summary>The invitation would come too late (VIS-6).</summary>
    public static readonly Failure NoticeTooShort = new("visits.notice-too-short", 422,
        "家访须至少提前 {0} 天预约，最早可约 {1};紧急情况请选“应急”。",
        "A visit needs {0} days' notice: {1} at the earliest. For an emergency choose that kind.");

    /// <summary>A time that has gone by.</summary>
    public static readonly Failure StartPassed = new("visits.start-passed", 422,
        "所选时间已过。", "That time has passed.");

    /// <summary>A calendar's reply is to something else.</summary>
    public static readonly Failure OtherInvitation = new("visits.other-invitation", 422,
        "该日历回复不是针对本次预约的（UID 不符）。", "This calendar reply is to another invitation: its UID is not this visit's.");

    /// <summary>A calendar's reply says neither yes nor no nor another time.</summary>
    public static readonly Failure ReplyUnclear = new("visits.reply-unclear", 422,
        "无法理解该日历回复：请发送 METHOD:REPLY（PARTSTAT 为 ACCEPTED 或 DECLINED），或带 DTSTART 的 METHOD:COUNTER，最大 64 KB。",
        "This calendar reply cannot be understood: send METHOD:REPLY with PARTSTAT ACCEPTED or DECLINED, or METHOD:COUNTER with a "
        + "DTSTART; 64 KB at most.");

    /// <summary>Days that a substitution cannot have.</summary>
    public static readonly Failure SubstitutionDays = new("visits.substitution-days", 400,
        "代班从今天或以后开始，最后一天不早于第一天，且不超过一年。",
        "A substitution begins today or later, and ends on or after its first day, within a year.");

    /// <summary>A day of a calendar stands there twice.</summary>
    public static readonly Failure DayTwice = new("visits.day-twice", 422,
        "该日期重复，请只保留一行。", "This day is there twice; keep one.");

    /// <summary>The archives have announced no term.</summary>
    public static readonly Failure NoTerm = new("visits.no-term", 409,
        "尚无学期数据，请先导入名册中的学期。", "No term is known yet; import the roster's terms first.");

    /// <summary>The visit has begun, is over, or was called off.</summary>
    public static readonly Failure NotOpen = new("visits.not-open", 409,
        "该家访已开始、已结束或已取消，无法进行此操作。", "The visit has begun, is over or was called off; this cannot be done any more.");

    /// <summary>The appointment's time has come.</summary>
    public static readonly Failure AnswerTooLate = new("visits.answer-too-late", 409,
        "预约时间已到，无法再答复，请直接联系老师。", "The appointment's time has come; please call the teacher instead.");

    /// <summary>Long before the appointment.</summary>
    public static readonly Failure TooEarly = new("visits.too-early", 409,
        "家访时间未到，最早 {0} 可以开始；如已提前家访，请填写实际时间 heldAt。",
        "It is not time yet: {0} at the earliest. If the visit was held before, say when in heldAt.");

    /// <summary>One visit has one record.</summary>
    public static readonly Failure AlreadyCompleted = new("visits.already-completed", 409,
        "该家访的记录已完成。", "The record of this visit is complete already.");

    /// <summary>A visit is not held in the future, nor long before it was scheduled.</summary>
    public static readonly Failure HeldAtImpossible = new("visits.held-at-impossible", 422,
        "实际家访时间应在预约之后、此刻之前。", "The visit must have been held after it was scheduled and before now.");

    /// <summary>A link whose appointment has begun (VIS-6).</summary>
    public static readonly Failure LinkExpired = new("visits.link-expired", 410,
        "链接已过期，请联系老师。", "This link has expired; please ask the teacher.");

    /// <summary>The whole district's visits are asked for at once.</summary>
    public static readonly Failure SchoolNeeded = new("visits.school-needed", 400,
        "请指明学校。", "Say which school.");

    /// <summary>A visit goes to one family.</summary>
    public static readonly Failure NotOneFamily = new("visits.not-one-family", 400,
        "一次家访只能涵盖同一家庭的孩子。", "One visit goes to the children of one family.");

    /// <summary>The caller is no visitor and names none.</summary>
    public static readonly Failure TeacherNeeded = new("visits.teacher-needed", 400,
        "请指明家访教师。", "Say which teacher visits.");

    /// <summary>A visitor who does not work at the school on that day.</summary>
    public static readonly Failure NotStaff = new("visits.not-staff", 400,
        "当天不是该校教职工。", "Not on the school's staff on that day.");

    /// <summary>A word that is none of those that can stand there.</summary>
    public static readonly Failure Choice = new("visits.choice", 400,
        "应为以下之一:{0}。", "Must be one of {0}.");

    /// <summary>A time zone that does not exist.</summary>
    public static readonly Failure TimeZone = new("visits.time-zone", 400,
        "请使用 IANA 时区名称，如 Asia/Shanghai。", "Use an IANA time zone, e.g. Asia/Shanghai.");

    /// <summary>Hours that end before they begin.</summary>
    public static readonly Failure Window = new("visits.window", 400,
        "结束时间应晚于开始时间。", "The end must be later than the begin.");

    /// <summary>More, or longer, questions than a visit has time for.</summary>
    public static readonly Failure QuestionsTooMany = new("visits.questions-too-many", 400,
        "最多 10 个问题，每行一个，每个不超过 300 字。请返回修改。",
        "Ten questions at most, one a line, of up to 300 characters each. Go back and shorten them.");
}
