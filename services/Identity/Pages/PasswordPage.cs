using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;

namespace HomeSchool.Identity.Pages;

/// <summary>Changing the password.</summary>
internal static class PasswordPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/account/password";

    public static void MapPasswordPage(this IEndpointRouteBuilder own)
    {
        own.MapGet("/password", (Visitor visitor) => Page(visitor, null)).Open(AllPages.Own).WithName("ShowPassword");
        own.MapPost("/password", ChangeAsync).Open(AllPages.Own).WithName("ChangePasswordOnPage");
    }

    private static async Task<IResult> ChangeAsync(
        [FromForm] string? currentPassword, [FromForm] string? newPassword, IdentityDb db, Visitor visitor,
        SignInSteps steps, Passwords passwords, CurrentCaller current, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var request = new ChangePassword(currentPassword ?? "", newPassword ?? "");
        var result = await ChangePasswordFeature.ChangeAsync(request, db, steps, passwords, current, clock, http, cancel);
        return AllPages.ProblemIn(result) is { } problem
            ? Page(visitor, problem)
            : new SeeOther(AccountPage.Path + "?done=password");
    }

    private static HtmlPage Page(Visitor visitor, Problem? problem) => new(Path, ("修改密码", "Change the password"), m =>
        $"""
        <p>{m["修改后，其他设备将全部退出。", "All other devices will be signed out."]}</p>
        <form method="post" action="{Path}">
        <input hidden autocomplete="username" value="{Markup.Encode(visitor.Account.UserName)}">
        {m.Field("currentPassword", m["当前密码", "Current password"],
            $"type=\"password\" autocomplete=\"current-password\" maxlength=\"{Credentials.LongestPassword}\"")}
        {m.Field("newPassword", m["新密码", "New password"],
            $"type=\"password\" autocomplete=\"new-password\" minlength=\"{Credentials.ShortestPassword}\" "
            + $"maxlength=\"{Credentials.LongestPassword}\"", hint: NewAccountPage.PasswordHint(m))}
        <button>{m["修改密码", "Change the password"]}</button>
        </form>
        <p><a href="{AccountPage.Path}">{m["返回我的账号", "Back to my account"]}</a></p>
        """)
    {
        Problem = problem,
    };
}
