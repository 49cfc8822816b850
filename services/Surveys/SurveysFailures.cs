using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys;

/// <summary>How Surveys refuses.</summary>
internal static class SurveysFailures
{
    public static readonly Failure Closed = new("surveys.closed", 410,
        "此问卷已截止，感谢您的关注。", "This survey is closed. Thank you for your interest.");

    public static readonly Failure AnsweredAlready = new("surveys.answered-already", 409,
        "您已提交过答卷，学校设置为不可修改。", "You have answered already; the school has set that answers stay as they are.");

    public static readonly Failure AnswerNeeded = new("surveys.answer-needed", 400,
        "请回答此题。", "Please answer this question.");

    public static readonly Failure NumberOutOfRange = new("surveys.number-out-of-range", 400,
        "请填写 {0} 到 {1} 之间的整数。", "Give a whole number from {0} to {1}.");

    public static readonly Failure TextTooLong = new("surveys.text-too-long", 400,
        "请填写不超过 {0} 个字的文字。", "Give text of at most {0} characters.");

    public static readonly Failure NoSuchQuestion = new("surveys.no-such-question", 400,
        "问卷中没有此题，请删除。", "The survey has no such question; remove it.");

    public static readonly Failure NodeNeeded = new("surveys.node-needed", 400,
        "请用 node=class|school|district 和 id 指明范围。", "Say which node: node=class|school|district and its id.");

    public static readonly Failure OutOfRange = new("surveys.policy-out-of-range", 400,
        "请填写 {0} 到 {1} 之间的整数。", "Give a whole number from {0} to {1}.");
}
