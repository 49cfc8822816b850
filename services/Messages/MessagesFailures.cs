using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Messages;

/// <summary>How Messages refuses.</summary>
internal static class MessagesFailures
{
    public static readonly Failure ScopeUnfit = new("messages.scope-unfit", 400,
        "班级和年级二者选一，且须指明学校。", "Give a class or a grade, not both, and the school with it.");

    public static readonly Failure AsksNoAnswer = new("messages.asks-no-answer", 409,
        "此通知不需要答复。", "This notice asks for no answer.");

    public static readonly Failure Period = new("messages.period", 400,
        "请给出不超过一年的起止日期。", "Give a first and a last day, a year apart at most.");

    public static readonly Failure TimeZone = new("messages.time-zone", 400,
        "请填写 IANA 时区，如 Asia/Shanghai。", "Give an IANA time zone, e.g. Asia/Shanghai.");
}
