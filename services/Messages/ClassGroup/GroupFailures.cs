using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>How what concerns a class's group is refused.</summary>
internal static class GroupFailures
{
    public static readonly Failure RulesUnread = new("messages.group-rules-unread", 409,
        "请先阅读并确认最新的班级群公约（第 {0} 版）。", "Read and acknowledge the newest rules of the group first (version {0}).");

    public static readonly Failure RulesNewer = new("messages.group-rules-newer", 409,
        "班级群公约已有新的版本，请阅读后再确认。", "The rules have a newer version; read it before you acknowledge.");

    public static readonly Failure NotFamilys = new("messages.group-kind", 400,
        "家长可以发言或回复，每日亮点、微课堂和问答由老师发布。",
        "Families talk and answer; highlights, micro-lessons and questions come from the teachers.");

    public static readonly Failure OneOf = new("messages.one-of", 400, "应为以下之一：{0}。", "Give one of: {0}.");

    public static readonly Failure NotForAnswer = new("messages.group-answer", 400,
        "只能回复本班群内已发布的内容。", "Only what is published in this class's group can be answered.");

    public static readonly Failure ChildrenUnnamed = new("messages.group-children", 400,
        "亮点和照片须写明涉及的学生（1–{0} 名，本班在籍）。", "Name the children whom a highlight or a photo shows: 1 to {0}, of this class.");

    public static readonly Failure NoConsent = new("messages.photo-consent", 409,
        "照片中有孩子未获得家长的照片使用同意，不能发布。",
        "Not every child in the picture has a guardian's consent to photos: it cannot be published.");

    public static readonly Failure NotHeld = new("messages.group-decided", 409,
        "此内容已处理，请刷新后查看。", "This has been decided already; read the list again.");

    public static readonly Failure OwnPost = new("messages.group-own-post", 409,
        "不能审核自己发布的内容，请由其他管理员处理。", "Nobody decides on a post of their own; another moderator does.");

    public static readonly Failure ReasonNeeded = new("messages.group-reason", 400,
        "请说明理由，作者会看到。", "Say why; the author reads it.");

    public static readonly Failure NothingPrivate = new("messages.group-not-stopped", 409,
        "只有等待审核或未通过的内容可以转为私信。", "Only what waits for a moderator, or was stopped, can go as a private message.");
}
