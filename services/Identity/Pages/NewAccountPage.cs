using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity.Pages;

/// <summary>
/// The page behind a link that makes an account: an invitation's, or the first administrator's. It posts to the address it came
/// from, where the same handler as for JSON decides.
/// </summary>
/// <param name="Path">Its address.</param>
/// <param name="Secret">The field that carries the link's secret.</param>
/// <param name="IsTyped">Whether people may type the secret.</param>
/// <param name="Title">The title.</param>
internal sealed record NewAccountPage(string Path, string Secret, bool IsTyped, (string Zh, string En) Title)
{
    /// <summary>For an invitation.</summary>
    public static readonly NewAccountPage Invitation = new(
        "/api/identity/invitations/accept", "code", true, ("接受邀请", "Accept an invitation"));

    /// <summary>For the first administrator.</summary>
    public static readonly NewAccountPage FirstAdmin = new(
        "/api/identity/first-admin", "token", false, ("创建首位管理员", "Create the first administrator"));

    /// <summary>What to know before one chooses a password.</summary>
    public static string PasswordHint(Markup m) => m[
        $"至少 {Credentials.ShortestPassword} 个字符；几个不相关的词最好",
        $"At least {Credentials.ShortestPassword} characters; several unrelated words are best"];

    /// <summary>The empty form.</summary>
    /// <param name="secret">The link's code or token, as it came.</param>
    public HtmlPage Show(string? secret) => Form(secret ?? "", "", null);

    /// <summary>What a posted form gets: that it is done, or the form again with what is wrong.</summary>
    /// <param name="result">What the handler of the command answered.</param>
    /// <param name="sent">What was posted.</param>
    public HtmlPage Answer(object? result, IFormCollection sent) => AllPages.ProblemIn(result) is { } problem
        ? Form(sent[Secret].ToString(), sent["userName"].ToString(), problem)
        : new HtmlPage(Path, Title, m => $"""<p><a href="{SignInPages.Path}">{m["登录", "Sign in"]}</a></p>""")
        {
            StatusCode = StatusCodes.Status201Created,
            Notice = ("账号已创建，现在可以登录。", "The account is ready; you can sign in."),
        };

    private HtmlPage Form(string secret, string userName, Problem? problem) =>
        new(secret.Length == 0 ? Path : $"{Path}?{Secret}={Uri.EscapeDataString(secret)}", Title, m =>
        $"""
        {(IsTyped
            ? $"""
            <p>{m["已有账号？请先", "You have an account already?"]} <a href="{SignInPages.Path}">{m["登录", "Sign in"]}</a>{m[
                ",再在“我的账号”中输入邀请码。", " first, and enter the code there."]}</p>
            """
            : $"<p>{m["此账号管理整个区县。", "This account administers the whole district."]}</p>")}
        <form method="post" action="{Path}">
        {(IsTyped
            ? m.Field(Secret, m["邀请码", "Code"], "autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\"", secret)
            : $"""<input type="hidden" name="{Secret}" value="{Markup.Encode(secret)}">""")}
        {m.Field("userName", m["用户名", "User name"],
            "autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
            + $"maxlength=\"{Credentials.LongestUserName}\"", userName,
            m["手机号、邮箱或工号", "Phone number, e-mail address or staff number"])}
        {m.Field("password", m["密码", "Password"],
            $"type=\"password\" autocomplete=\"new-password\" minlength=\"{Credentials.ShortestPassword}\" "
            + $"maxlength=\"{Credentials.LongestPassword}\"", hint: PasswordHint(m))}
        <label for="language">{m["通知语言", "Language of messages"]}</label>
        <select id="language" name="language">
        <option value="{nameof(DisplayLanguage.Zh)}"{(m.IsChinese ? " selected" : "")} lang="zh-CN">中文</option>
        <option value="{nameof(DisplayLanguage.En)}"{(m.IsChinese ? "" : " selected")} lang="en">English</option>
        </select>
        <button>{m["创建账号", "Create account"]}</button>
        </form>
        """)
        {
            Problem = problem,
        };
}

internal static class NewAccountAnswers
{
    /// <summary>
    /// Lets a command that a form posts answer with the page instead of JSON. Add it before the command's own filter: then it
    /// also sees what the database refused.
    /// </summary>
    public static RouteHandlerBuilder AnswerOnPage(this RouteHandlerBuilder endpoint, NewAccountPage page) => endpoint
        .AsPages()
        .AddEndpointFilter(async (invocation, next) =>
            page.Answer(await next(invocation), await invocation.HttpContext.Request.ReadFormAsync()));
}
