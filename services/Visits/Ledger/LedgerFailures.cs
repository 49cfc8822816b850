using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Ledger;

/// <summary>How the ledger refuses a request.</summary>
internal static class LedgerFailures
{
    /// <summary>A visit's entry is its record's, and what another service announced is that service's.</summary>
    public static readonly Failure WrittenElsewhere = new("visits.written-elsewhere", 409,
        "该条目来自家访记录或其他模块，请在那里填写或更正。", "This entry comes from a visit's record or another service; write or correct it there.");

    /// <summary>A lesson at home is a meeting.</summary>
    public static readonly Failure LessonByMeeting = new("visits.lesson-by-meeting", 400,
        "送教上门请选择面谈(meeting)。", "A lesson at home is a meeting.");

    /// <summary>A student whose lessons at home do not count as visits.</summary>
    public static readonly Failure NoHomeLessons = new("visits.no-home-lessons", 400,
        "该生未设置“送教上门计为家访”，请先在家访设置中开启。",
        "Lessons at home do not count as visits for this student; switch that on in the student's visit settings first.");

    /// <summary>What is a lesson at home stays one, and what is none does not become one.</summary>
    public static readonly Failure LessonStays = new("visits.lesson-stays", 400,
        "送教上门与其他用途不能互相更改，请撤回本条后重新记录。",
        "A lesson at home cannot become anything else, nor anything else a lesson: withdraw the entry and write a new one.");

    /// <summary>A contact that has not been yet.</summary>
    public static readonly Failure NotYet = new("visits.not-yet", 400,
        "时间不能晚于现在。", "It cannot be later than now.");

    /// <summary>A dispute begins in the last year and is resolved between its begin and today.</summary>
    public static readonly Failure DayOfDispute = new("visits.day-of-dispute", 400,
        "应为一年之内、不晚于今天的日期；解决日期不早于开始日期。",
        "Choose a day of the last year, not later than today; a resolution not before the begin.");

    /// <summary>A day that has gone by.</summary>
    public static readonly Failure DayPassed = new("visits.day-passed", 400,
        "日期应为今天或以后一年之内。", "Choose today or a day within a year.");

    /// <summary>Somebody who is no guardian of the student.</summary>
    public static readonly Failure NotGuardian = new("visits.not-guardian", 400,
        "不是该学生的监护人。", "Not a guardian of the student.");

    /// <summary>A student whom the entry is not about.</summary>
    public static readonly Failure WhichStudent = new("visits.which-student", 400,
        "请指明是条目中的哪一名学生。", "Say which of the entry's students.");

    /// <summary>A follow-up that has its outcome.</summary>
    public static readonly Failure AlreadyClosed = new("visits.already-closed", 409,
        "该事项已办结。", "This is closed already.");
}
