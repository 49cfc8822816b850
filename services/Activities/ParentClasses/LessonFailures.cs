using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.ParentClasses;

/// <summary>How parent classes are refused.</summary>
internal static class LessonFailures
{
    public static readonly Failure Weeks = new("activities.lesson-weeks", 400,
        "家长课堂安排在第 {0}–{1} 教学周。", "Parent classes are in teaching weeks {0} to {1}.");

    public static readonly Failure Address = new("activities.lesson-address", 400,
        "请填写 https 开头的网址，不超过 500 个字符。", "Give an https address of at most 500 characters.");

    public static readonly Failure NoTopic = new("activities.no-topic", 400,
        "没有这个主题，请从困惑主题中选择。", "There is no such topic; choose one of the guardians' topics.");

    public static readonly Failure NoWorkshop = new("activities.no-workshop", 409,
        "这次家长课堂没有工作坊，直接观看直播即可。", "This parent class has no workshop; just watch it live.");

    public static readonly Failure Begun = new("activities.lesson-begun", 409,
        "课堂已经开始，不能再报名、退出或修改。", "It has begun; there is no signing up, leaving or changing any more.");

    public static readonly Failure Cancelled = new("activities.lesson-cancelled", 409,
        "这次家长课堂已取消。", "This parent class was called off.");

    public static readonly Failure NotBegun = new("activities.lesson-not-begun", 409,
        "课堂尚未开始，请在开始前 15 分钟后再来。", "It has not begun; come back 15 minutes before it does.");

    public static readonly Failure LiveOver = new("activities.live-over", 409,
        "没有直播，或直播已结束；有回放时可观看回放。", "It is not live, or no longer; watch the replay when there is one.");

    public static readonly Failure NoReplay = new("activities.no-replay", 409,
        "还没有回放，请稍后再来。", "There is no replay yet; come back later.");

    public static readonly Failure SeatsGiven = new("activities.seats-given", 409,
        "已有家庭占用后面的座位，座位数不能减到这么少。", "Seats above that number are given already; there cannot be so few.");

    public static readonly Failure NotSeated = new("activities.not-seated", 400,
        "名单中有学生的家庭没有工作坊座位，请核对。", "Not all of these families have a seat in the workshop; check the list.");
}
