using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.Meetings;

/// <summary>How parent meetings are refused.</summary>
internal static class MeetingFailures
{
    public static readonly Failure Twice = new("activities.meeting-twice", 409,
        "本学期该班已有这一次家长会；请修改原有的，缺席家庭用补会登记。",
        "The class has this meeting of the term already: change that one, and make it up with the families that were absent.");

    public static readonly Failure NotBegun = new("activities.meeting-not-begun", 409,
        "家长会尚未开始，不能登记出席。", "The meeting has not begun; nobody can have come yet.");

    public static readonly Failure Begun = new("activities.meeting-begun", 409,
        "家长会已经开始，不能再修改或取消。", "The meeting has begun; it can neither be changed nor called off.");

    public static readonly Failure CodeWrong = new("activities.code-wrong", 409,
        "签到码不对或已过期，请看现场最新的签到码，或请老师登记。",
        "The code is wrong or over; take the one that is shown now, or ask the teacher to note you.");

    public static readonly Failure Future = new("activities.make-up-in-future", 400,
        "补会日期应在家长会当天至今天之间。", "A make-up is on a day between the meeting's and today.");
}
