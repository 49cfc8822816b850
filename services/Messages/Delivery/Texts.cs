namespace HomeSchool.Messages.Delivery;

/// <summary>What leaves the house says, in both languages: that there is something, and where to read it.</summary>
internal sealed class Texts(IConfiguration configuration)
{
    private readonly string link = configuration["Delivery:Link"]
        ?? (configuration["PublicUrl"] ?? "http://127.0.0.1:8080").TrimEnd('/') + "/";

    /// <summary>So many things to read.</summary>
    public (string Subject, string Text) Notice(MessageLanguage language, int count, bool urgent) => (language, urgent) switch
    {
        (MessageLanguage.En, true) => (
            "Urgent message from school", $"There is an urgent safety message for you. Please sign in and read it: {link}"),
        (MessageLanguage.En, false) => (
            "Messages from school",
            $"{(count == 1 ? "There is 1 new message" : $"There are {count} new messages")} for you. Please sign in to read: {link}"),
        (_, true) => ("学校紧急消息", $"您有一条紧急安全消息，请立即登录查看：{link}"),
        _ => ("学校新消息", $"您有 {count} 条新消息，请登录查看：{link}"),
    };

    /// <summary>The code that proves an address. Who did not ask for it has nothing to do.</summary>
    public static (string Subject, string Text) Code(MessageLanguage language, string code) => language switch
    {
        MessageLanguage.En => (
            "Your confirmation code",
            $"Confirmation code: {code}. It holds for 24 hours. If you did not ask for it, ignore this message."),
        _ => ("验证码", $"验证码：{code}，24 小时内有效。如非本人操作，请忽略此消息。"),
    };

    /// <summary>That a class has a notice; everybody in the group reads it, so the link is nobody's in particular.</summary>
    public (string Subject, string Text) Robot(bool urgent) => urgent
        ? ("紧急通知", $"班级有一条紧急安全通知，请立即登录查看。An urgent class notice, please sign in: {link}")
        : ("班级通知", $"班级有一条新通知，请登录查看。A new class notice, please sign in: {link}");
}
