using System.Globalization;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;

namespace HomeSchool.Identity.Pages;

/// <summary>What somebody sees who is signed in: roles, password, second factor, sessions, and a field for a further
/// invitation.</summary>
internal static class AccountPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/account";

    private static readonly Dictionary<string, (string, string)> Notices = new(StringComparer.Ordinal)
    {
        ["password"] = ("密码已修改，其他设备均已退出。", "The password is changed; all other devices are signed out."),
        ["second-factor-off"] = (
            "两步验证已停用，其他设备均已退出。", "Two-step verification is off; all other devices are signed out."),
        ["session"] = ("该设备已退出。", "That device is signed out."),
        ["sessions"] = ("其他设备均已退出。", "All other devices are signed out."),
        ["provider"] = ("已关联，以后可直接用统一身份登录。", "It is linked, and signs you in from now on."),
        ["role"] = ("邀请已接受，新角色已加入您的账号。", "The invitation is accepted; your account has the new role."),
    };

    public static void MapAccountPage(this IEndpointRouteBuilder own)
    {
        own.MapGet("", ShowAsync).Open(AllPages.Own).WithName("ShowAccount");
        own.MapPost("/sessions/{id:guid}/end", MySessionsFeature.EndAsync)
            .ThenShow(Path, "session").OpenCommand(AllPages.Own).WithName("EndSessionOnPage");
        own.MapPost("/sessions/end-others", MySessionsFeature.EndOthersAsync)
            .ThenShow(Path, "sessions").OpenCommand(AllPages.Own).WithName("EndOtherSessionsOnPage");
        own.MapPost("/roles", AcceptAsync)
            .ThenShow(Path, "role").OpenCommand(AllPages.Own).WithName("AcceptInvitationSignedInOnPage");
    }

    private static async Task<IResult> AcceptAsync(
        [FromForm] string? code, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel) =>
        await AcceptInvitationFeature.AcceptSignedInAsync(
            new AcceptWithAccount(code ?? ""), db, current, audit, clock, cancel);

    private static async Task<HtmlPage> ShowAsync(
        string? done, Visitor visitor, IdentityDb db, SecondFactors factors, CurrentCaller current, PageCookies cookies,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var sessions = AllPages.ValueIn<IReadOnlyList<MySession>>(await MySessionsFeature.ListAsync(db, current, clock, cancel));
        var factor = AllPages.ValueIn<MySecondFactor>(await MySecondFactorFeature.ReadAsync(factors, current, cancel));
        var roles = current.Caller.Grants.Select(grant => grant.Role).Distinct().ToArray();
        var mayLink = cookies.Read(http, PageCookies.Proved) is not null;
        return new HtmlPage(Path, ("我的账号", "My account"), m =>
            $"""
            {(mayLink ? ProviderPages.LinkForm(m) : "")}
            {(visitor.RolesWait
                ? $"""
                <div class="box note"><p>{m[
                    "您的部分角色必须启用两步验证后才能使用。", "Some of your roles can be used only with two-step verification."]}
                <a href="{SecondFactorPage.Path}">{m["现在启用", "Turn it on"]}</a></p></div>
                """
                : "")}
            <p><strong>{Markup.Encode(visitor.Account.UserName)}</strong><br>
            {string.Join(m["、", ", "], roles.Select(role => ReadMeFeature.NameOf(role, m.IsChinese)))}</p>
            {(visitor.MayInvite
                ? $"""<p><a href="{InvitationsPage.Path}">{m["管理邀请", "Invitations"]}</a></p>"""
                : "")}

            <h2>{m["登录与安全", "Sign-in and security"]}</h2>
            <ul class="rows">
            <li><div><strong>{m["密码", "Password"]}</strong></div>
            <a href="{PasswordPage.Path}">{m["修改密码", "Change the password"]}</a></li>
            <li><div><strong>{m["两步验证", "Two-step verification"]}</strong>
            {FactorState(m, factor)}</div>
            <a href="{SecondFactorPage.Path}">{m[
                factor.Since is null ? "启用" : "管理", factor.Since is null ? "Turn it on" : "Manage"]}</a></li>
            </ul>

            <h2>{m["已登录的设备", "Where you are signed in"]}</h2>
            <ul class="rows">
            {string.Concat(sessions.Select(session => Device(m, session)))}
            </ul>
            {(sessions.Count > 1
                ? $"""
                <form method="post" action="{Path}/sessions/end-others">
                <button class="danger">{m["退出其他所有设备", "Sign out everywhere else"]}</button>
                </form>
                """
                : "")}

            <h2>{m["接受新的邀请", "Accept another invitation"]}</h2>
            <form method="post" action="{Path}/roles">
            {m.Field("code", m["邀请码", "Code"], "autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\"",
                hint: m["另一个孩子或另一所学校发给您的邀请码，形如 <span class=\"whole\">7K2M-Q0XV-93TD-RB5H</span>",
                    "From another school, or for another child; like <span class=\"whole\">7K2M-Q0XV-93TD-RB5H</span>"])}
            <button>{m["加入我的账号", "Add it to my account"]}</button>
            </form>

            <form class="apart" method="post" action="{Path}/sign-out">
            <button class="quiet">{m["退出登录", "Sign out"]}</button>
            </form>
            """)
        {
            Notice = done is not null && Notices.TryGetValue(done, out var notice) ? notice : null,
        };
    }

    private static string FactorState(Markup m, MySecondFactor factor) => factor.Since is null
        ? m["未启用：只凭密码即可登录", "Off: the password alone opens your account"]
        : m["已启用", "On"] + m[",剩余恢复码 ", "; recovery codes left: "]
            + factor.RecoveryCodesLeft.ToString(CultureInfo.InvariantCulture);

    private static string Device(Markup m, MySession session)
    {
        var name = session.Device is { } device ? Markup.Encode(device) : m["未知设备", "Unknown device"];
        return
            $"""
            <li><div><strong>{name}</strong>
            {m["最近使用", "Last used"]} {Markup.Time(session.LastUsedAt)}</div>
            {(session.IsThis
                ? $"<span>{m["本设备", "This one"]}</span>"
                : $"""
                <form method="post" action="{Path}/sessions/{session.Id}/end">
                <button class="quiet" aria-label="{m["退出 ", "Sign out "]}{name}">{m["退出", "Sign out"]}</button></form>
                """)}
            </li>

            """;
    }
}
