using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Messages;

/// <summary>How Messages refuses.</summary>
internal static class MessagesFailures
{
    public static readonly Failure ScopeUnfit = new("messages.scope-unfit", 400,
        "班级和年级二者选一，且须指明学校。", "Give a class or a grade, not both, and the school with it.");

    public static readonly Failure AsksNoAnswer = new("messages.asks-no-answer", 409,
        "此通知不需要答复。", "This notice asks for no answer.");

    public static readonly Failure NobodyOnPaper = new("messages.nobody-on-paper", 409,
        "此通知的家长都可通过手机收到，无需纸质通知。", "All guardians of this notice have the app: nobody needs it on paper.");

    public static readonly Failure TooManySheets = new("messages.too-many-sheets", 409,
        "超过 {0} 份，请按班级打印（classId）。", "More than {0} sheets: print class by class (classId).");

    public static readonly Failure HasApp = new("messages.has-app", 409,
        "该家长使用手机接收通知，由家长本人确认。", "This guardian has the app, which says so itself.");

    public static readonly Failure ReachedAt = new("messages.reached-at", 400,
        "请填写通知发布之后、不晚于现在的时间。", "Give a time after the notice was published, and not to come.");

    public static readonly Failure Period = new("messages.period", 400,
        "请给出不超过一年的起止日期。", "Give a first and a last day, a year apart at most.");

    public static readonly Failure TimeZone = new("messages.time-zone", 400,
        "请填写 IANA 时区，如 Asia/Shanghai。", "Give an IANA time zone, e.g. Asia/Shanghai.");

    public static readonly Failure Week = new("messages.week", 400,
        "请给出近两个月内、不晚于下周的日期。", "Give a day of the last two months, or of next week at the latest.");

    public static readonly Failure NotInClass = new("messages.not-in-class", 400,
        "该学生不在本班，或重复出现。", "This student is not in the class, or stands here twice.");

    public static readonly Failure NothingSaid = new("messages.nothing-said", 400,
        "请至少填写一项。", "Fill in one of them at least.");

    public static readonly Failure Habits = new("messages.habits", 400,
        "请从列表中选择，每项一次。", "Choose from the list, each once.");

    public static readonly Failure WorkingTime = new("messages.working-time", 400,
        "请填写星期几、起止时间，起止不能相同。", "Give a weekday, and two different times from and until.");

    // Delivery (MSG-5, MSG-6).
    public static readonly Failure ChannelOff = new("messages.channel-off", 409,
        "此渠道尚未开通，请选择其他渠道。", "This channel is not set up here; choose another one.");

    public static readonly Failure Address = new("messages.address", 400,
        "请填写该渠道的有效地址：邮箱、手机号或企业微信账号。",
        "Give an address of that channel: an e-mail address, a mobile number or a WeCom account.");

    public static readonly Failure TooManyCodes = new("messages.too-many-codes", 409,
        "今天的验证码次数已用完，请明天再试。", "No more codes today; please try again tomorrow.");

    public static readonly Failure CodeWrong = new("messages.code-wrong", 409,
        "验证码不正确或已过期，请重新获取。", "The code is wrong or has expired; ask for a new one.");

    public static readonly Failure QuietHours = new("messages.digest-in-quiet-hours", 400,
        "每日汇总时间不能在免打扰时段内。", "The daily digest cannot be within the quiet hours.");

    public static readonly Failure RobotAddress = new("messages.robot-address", 400,
        "请填写企业微信或钉钉群机器人的 Webhook 地址。", "Give the webhook address of a WeCom or DingTalk group robot.");

    public static readonly Failure NotDead = new("messages.not-dead", 409,
        "此消息不在死信列表中。", "This message is not in the dead-letter list.");
}
