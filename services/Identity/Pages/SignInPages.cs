using HomeSchool.Identity.External;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.Pages;

/// <summary>Signing in on pages: the password, then the code where there is a second factor; and signing out.</summary>
internal static class SignInPages
{
    /// <summary>The page for who is not signed in.</summary>
    public const string Path = "/account/sign-in";

    private const string CodePath = "/account/code";
    private const string NobodyYet = "whoever wants to sign in is nobody yet";

    private static readonly (string, string) Title = ("登录", "Sign in");
    private static readonly (string, string) SignedOut = ("您已退出登录。", "You are signed out.");

    public static void MapSignInPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/sign-in", (string? done, ExternalProviders providers) => Password("", null, done, providers)).Open(NobodyYet).WithName("ShowSignIn");
        pages.MapPost("/sign-in", SignInAsync).Open(NobodyYet).WithName("SignInOnPage");
        pages.MapGet("/code", ShowCode).Open(NobodyYet).WithName("ShowCode");
        pages.MapPost("/code", SignInWithCodeAsync).Open(NobodyYet).WithName("SignInWithCodeOnPage");
    }

    /// <summary>What is for who is signed in.</summary>
    public static void MapSignOutPage(this IEndpointRouteBuilder own) => own.MapPost("/sign-out", SignOutAsync)
        .Open(AllPages.Own).WithName("SignOutOnPage");

    private static async Task<IResult> SignInAsync(
        [FromForm] string? userName, [FromForm] string? password, SignInSteps steps, PageCookies cookies,
        ExternalProviders providers, HttpContext http, CancellationToken cancel)
    {
        switch (await steps.ShowPasswordAsync(userName ?? "", password ?? "", http, cancel))
        {
            case null:
                return Password(userName ?? "", IdentityFailures.SignInRefused, null, providers);
            case (var account, true):
                cookies.Set(http, PageCookies.Ticket, steps.TicketFor(account, null));
                return new SeeOther(CodePath);
            case (var account, false):
                await PageSession.BeginAsync(http, account, "SignIn", cancel);
                return new SeeOther(AccountPage.Path);
        }
    }

    private static IResult ShowCode(SignInSteps steps, PageCookies cookies, HttpContext http) =>
        cookies.Read(http, PageCookies.Ticket) is { } ticket && steps.Read(ticket) is not null
            ? Code(null)
            : new SeeOther(Path);

    private static async Task<IResult> SignInWithCodeAsync(
        [FromForm] string? code, SignInSteps steps, PageCookies cookies, ExternalProviders providers, HttpContext http,
        CancellationToken cancel)
    {
        if (cookies.Read(http, PageCookies.Ticket) is not { } kept || steps.Read(kept) is not { } ticket)
            return Password("", IdentityFailures.TicketVoid, null, providers);
        if (await steps.ShowCodeAsync(ticket, code ?? "", http, cancel) is not var (account, shown))
            return Code(IdentityFailures.CodeRefused);
        await PageSession.BeginAsync(http, account, SignInSteps.ActionOf(shown), cancel);
        return new SeeOther(AccountPage.Path);
    }

    private static async Task<IResult> SignOutAsync(
        IdentityDb db, Visitor visitor, CurrentCaller current, PageCookies cookies, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var session = await db.Set<Session>().SingleAsync(s => s.Id == current.Caller.SessionId, cancel);
        session.End(clock.GetUtcNow());
        db.Audit(http, "SignOut", visitor.Account, session.Id);
        await db.SaveChangesAsync(cancel);
        cookies.Delete(http, PageCookies.Session);
        return new SeeOther(Path + "?done=signed-out");
    }

    private static HtmlPage Password(string userName, Problem? problem, string? done, ExternalProviders providers) => new(Path, Title, m =>
        $"""
        <form method="post" action="{Path}">
        {m.Field("userName", m["用户名", "User name"],
            "autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
            + $"maxlength=\"{Credentials.LongestUserName}\"", userName,
            m["手机号、邮箱或工号", "Phone number, e-mail address or staff number"])}
        {m.Field("password", m["密码", "Password"],
            $"type=\"password\" autocomplete=\"current-password\" maxlength=\"{Credentials.LongestPassword}\"")}
        <button>{m["登录", "Sign in"]}</button>
        </form>
        {ProviderPages.Links(m, providers)}
        {OtherWays(m)}
        """)
    {
        Problem = problem,
        Notice = done == "signed-out" ? SignedOut : null,
    };

    private static string OtherWays(Markup m) =>
        $"""
        <p>{m["没有账号？请使用学校发给您的邀请链接或邀请码:",
            "No account yet? Use the link or the code of the invitation from the school:"]}
        <a href="{NewAccountPage.Invitation.Path}">{m["输入邀请码", "enter a code"]}</a></p>
        """;

    private static HtmlPage Code(Problem? problem) => new(CodePath, ("两步验证", "Two-step verification"), m =>
        $"""
        <form method="post" action="{CodePath}">
        {m.Field("code", m["验证码", "Code"], "inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"20\"",
            hint: m["身份验证器应用中显示的 6 位数字", "The six digits that your authenticator app shows"])}
        <button>{m["登录", "Sign in"]}</button>
        </form>
        <details>
        <summary>{m["手机不在身边？使用恢复码", "No phone at hand? Use a recovery code"]}</summary>
        <form method="post" action="{CodePath}">
        {m.Field("code", m["恢复码", "Recovery code"],
            "autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"40\"",
            hint: m["形如 <span class=\"whole\">7K2M-Q0XV-93TD-RB5H</span>,每个只能用一次",
                "Like <span class=\"whole\">7K2M-Q0XV-93TD-RB5H</span>; each works once"], id: "recovery")}
        <button>{m["登录", "Sign in"]}</button>
        </form>
        <p>{m["恢复码也遗失了？请联系学校管理员重置两步验证。",
            "Lost these too? Ask your school's administrator to reset two-step verification."]}</p>
        </details>
        <p><a href="{Path}">{m["返回登录", "Back to the sign-in"]}</a></p>
        """)
    {
        Problem = problem,
    };
}
