using System.Text.Encodings.Web;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity;

/// <summary>
/// The page behind a link that makes an account: a form in both languages that works on any phone, without JavaScript and without
/// cookies. It posts to the address it came from, where the same handler as for JSON decides.
/// </summary>
internal sealed class AccountPage : IResult, IStatusCodeHttpResult
{
    /// <summary>The form of an invitation.</summary>
    public static readonly Form Invitation = new(
        "accept", "code", "text", "家校协同平台:接受邀请", "HomeSchool: accept an invitation",
        "已有账号?请先登录,再在账号中输入邀请码。", "You have an account? Sign in, and enter the code there.");

    /// <summary>The form of the first administrator.</summary>
    public static readonly Form FirstAdmin = new(
        "first-admin", "token", "hidden", "家校协同平台:创建首位管理员", "HomeSchool: create the first administrator",
        "此账号管理整个区县。", "This account administers the whole district.");

    private readonly string html;

    private AccountPage(int status, string title, string body)
    {
        StatusCode = status;
        html = $$"""
            <!DOCTYPE html>
            <html lang="zh-CN">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{title}}</title>
            <style>
            body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 26rem; margin: 2rem auto; padding: 0 1rem }
            label { display: block; margin-top: 1rem } span { color: #595959 }
            input, select, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin-top: .2rem }
            button { margin-top: 1.5rem } [role=alert] { color: #a40000; padding: 0; list-style: none }
            </style>
            <h1>{{title}}</h1>
            {{body}}
            </html>
            """;
    }

    /// <inheritdoc/>
    public int? StatusCode { get; }

    /// <summary>The empty form.</summary>
    /// <param name="form">Which.</param>
    /// <param name="secret">The link's code or token, as it came.</param>
    public static AccountPage Show(Form form, string? secret) => Show(form, StatusCodes.Status200OK, secret ?? "", "", []);

    /// <summary>What a posted form gets: that it is done, or the form again with what is wrong.</summary>
    /// <param name="form">Which.</param>
    /// <param name="result">What the handler of the command answered.</param>
    /// <param name="sent">What was posted.</param>
    public static AccountPage Answer(Form form, object? result, IFormCollection sent)
    {
        if (((result as INestedHttpResult)?.Result ?? result) is not Problem problem)
        {
            return new AccountPage(
                StatusCodes.Status201Created, form.Zh,
                $"<p role=\"status\">账号已创建,现在可以登录。<br><span lang=\"en\">The account is ready; you can sign in.</span></p>");
        }

        var (userName, password) = (sent["userName"].ToString(), sent["password"].ToString());
        IEnumerable<(string Zh, string En)> mistakes = problem.Failure == Failures.Invalid
            ? Credentials.Mistakes(userName, password, out _).Select(mistake => (mistake.Zh, mistake.En))
            : [(problem.Failure.Zh, problem.Failure.En)];
        return Show(form, problem.Failure.Status, sent[form.Secret].ToString(), userName, mistakes);
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = StatusCode!.Value;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        // The address holds the secret: it must not travel on.
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        return response.WriteAsync(html, httpContext.RequestAborted);
    }

    private static AccountPage Show(
        Form form, int status, string secret, string userName, IEnumerable<(string Zh, string En)> mistakes)
    {
        var alerts = string.Concat(mistakes.Select(m => $"<li>{m.Zh}<br><span lang=\"en\">{m.En}</span></li>"));
        var code =
            $"""<input name="{form.Secret}" type="{form.SecretType}" value="{Encode(secret)}" required autocomplete="off">""";
        return new AccountPage(status, form.Zh,
            $"""
            <p lang="en">{form.En}</p>
            <p>{form.HintZh}<br><span lang="en">{form.HintEn}</span></p>
            <ul role="alert">{alerts}</ul>
            <form method="post" action="{form.Action}">
            {(form.SecretType == "hidden" ? code : $"<label>邀请码 <span lang=\"en\">Code</span>{code}</label>")}
            <label>用户名(手机号、邮箱或工号) <span lang="en">User name (phone, e-mail or staff number)</span>
            <input name="userName" value="{Encode(userName)}" required maxlength="{Credentials.LongestUserName}"
             autocomplete="username">
            </label>
            <label>密码(至少 {Credentials.ShortestPassword} 个字符)
            <span lang="en">Password (at least {Credentials.ShortestPassword} characters)</span>
            <input name="password" type="password" required minlength="{Credentials.ShortestPassword}"
             maxlength="{Credentials.LongestPassword}" autocomplete="new-password">
            </label>
            <label>语言 <span lang="en">Language</span>
            <select name="language">
            <option value="{nameof(DisplayLanguage.Zh)}">中文</option>
            <option value="{nameof(DisplayLanguage.En)}" lang="en">English</option>
            </select>
            </label>
            <button>创建账号 <span lang="en">Create account</span></button>
            </form>
            """);
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>What the two forms differ in.</summary>
    /// <param name="Action">The last part of the address.</param>
    /// <param name="Secret">The field that carries the link's secret.</param>
    /// <param name="SecretType">Whether a person may have to type it.</param>
    /// <param name="Zh">Title in Chinese.</param>
    /// <param name="En">Title in English.</param>
    /// <param name="HintZh">A hint in Chinese.</param>
    /// <param name="HintEn">The same in English.</param>
    public sealed record Form(
        string Action, string Secret, string SecretType, string Zh, string En, string HintZh, string HintEn);
}

internal static class AccountPageAnswers
{
    /// <summary>
    /// Lets a command that a form posts answer with the page instead of JSON. Add it before the command's own filter: then it
    /// also sees what the database refused.
    /// </summary>
    public static RouteHandlerBuilder AnswerOnPage(this RouteHandlerBuilder endpoint, AccountPage.Form form) => endpoint
        .AddEndpointFilter(async (invocation, next) =>
            AccountPage.Answer(form, await next(invocation), await invocation.HttpContext.Request.ReadFormAsync()))
        // There is no cookie that a foreign page could make use of: the secret in the form is all that counts.
        .DisableAntiforgery()
        .ExcludeFromDescription();
}
