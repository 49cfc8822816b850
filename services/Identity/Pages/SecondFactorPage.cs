using System.Globalization;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;

namespace HomeSchool.Identity.Pages;

/// <summary>
/// Two-step verification: turning it on with an app (QR code or typed secret), the recovery codes to print, and turning it off.
/// </summary>
internal static class SecondFactorPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/account/second-factor";

    private static readonly (string, string) Title = ("两步验证", "Two-step verification");

    public static void MapSecondFactorPage(this IEndpointRouteBuilder own)
    {
        var page = own.MapGroup("/second-factor");
        page.MapGet("", ShowAsync).Open(AllPages.Own).WithName("ShowSecondFactor");
        page.MapPost("", BeginAsync).Open(AllPages.Own).WithName("BeginSecondFactorOnPage");
        page.MapPost("/confirm", ConfirmAsync).Open(AllPages.Own).WithName("ConfirmSecondFactorOnPage");
        page.MapPost("/recovery-codes", RenewCodesAsync).Open(AllPages.Own).WithName("RenewRecoveryCodesOnPage");
        page.MapPost("/end", EndAsync).Open(AllPages.Own).WithName("EndSecondFactorOnPage");
    }

    private static async Task<HtmlPage> ShowAsync(SecondFactors factors, CurrentCaller current, CancellationToken cancel) =>
        await PageAsync(null, factors, current, cancel);

    private static async Task<HtmlPage> PageAsync(
        Problem? problem, SecondFactors factors, CurrentCaller current, CancellationToken cancel)
    {
        var factor = AllPages.ValueIn<MySecondFactor>(await MySecondFactorFeature.ReadAsync(factors, current, cancel));
        return new HtmlPage(Path, Title, m => factor.Since is null ? Off(m) : On(m, factor)) { Problem = problem };
    }

    private static async Task<HtmlPage> BeginAsync(
        [FromForm] string? password, IdentityDb db, SignInSteps steps, SecondFactors factors, CurrentCaller current,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var result = await MySecondFactorFeature.BeginAsync(
            new BeginSecondFactor(password ?? ""), db, steps, factors, current, clock, http, cancel);
        return AllPages.ProblemIn(result) is { } problem
            ? await PageAsync(problem, factors, current, cancel)
            : Waiting(AllPages.ValueIn<Enrolment>(result), null);
    }

    private static async Task<HtmlPage> ConfirmAsync(
        [FromForm] string? code, IdentityDb db, SecondFactors factors, Visitor visitor, CurrentCaller current,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var result = await MySecondFactorFeature.ConfirmAsync(
            new ConfirmSecondFactor(code ?? ""), db, factors, current, clock, http, cancel);
        if (AllPages.ProblemIn(result) is not { } problem)
        {
            return Codes(
                AllPages.ValueIn<RecoveryCodes>(result),
                ("两步验证已启用，其他设备均已退出。", "Two-step verification is on; all other devices are signed out."));
        }

        return await factors.WaitingAsync(visitor.Account.Id, clock.GetUtcNow(), cancel) is { } secret
            ? Waiting(Enrolment.Of(secret, visitor.Account.UserName), problem)
            : await PageAsync(problem, factors, current, cancel);
    }

    private static async Task<HtmlPage> RenewCodesAsync(
        [FromForm] string? password, [FromForm] string? code, IdentityDb db, SignInSteps steps, SecondFactors factors,
        CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        var result = await MySecondFactorFeature.RenewCodesAsync(
            new ProveBoth(password ?? "", code ?? ""), db, steps, factors, current, http, cancel);
        return AllPages.ProblemIn(result) is { } problem
            ? await PageAsync(problem, factors, current, cancel)
            : Codes(
                AllPages.ValueIn<RecoveryCodes>(result),
                ("恢复码已更换，原有的恢复码全部作废。", "These are your new recovery codes; the ones before are void."));
    }

    private static async Task<IResult> EndAsync(
        [FromForm] string? password, [FromForm] string? code, IdentityDb db, SignInSteps steps, SecondFactors factors,
        CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var result = await MySecondFactorFeature.EndAsync(
            new ProveBoth(password ?? "", code ?? ""), db, steps, factors, current, clock, http, cancel);
        return AllPages.ProblemIn(result) is { } problem
            ? await PageAsync(problem, factors, current, cancel)
            : new SeeOther(AccountPage.Path + "?done=second-factor-off");
    }

    private static string Off(Markup m) =>
        $"""
        <p>{m["启用后，登录时除密码外还需输入手机应用显示的 6 位验证码。即使密码泄露，他人也无法登录。",
            "With it, signing in takes your password and the six digits that an app on your phone shows. "
            + "Whoever learns your password cannot sign in."]}</p>
        <p>{m["请先在手机上安装一个身份验证器应用（支持 TOTP,如手机自带的密码管理或任一验证器）。",
            "You need an authenticator app on your phone first (any that can do TOTP)."]}</p>
        <form method="post" action="{Path}">
        {PasswordField(m, "password")}
        <button>{m["开始启用", "Begin"]}</button>
        </form>
        {Back(m)}
        """;

    private static HtmlPage Waiting(Enrolment enrolment, Problem? problem) => new(Path, Title, m =>
        $"""
        <h2>{m["1. 扫描二维码", "1. Scan this code"]}</h2>
        <p>{m["用身份验证器应用扫描。", "With your authenticator app."]}</p>
        <div class="qr" role="img" aria-label="{m["验证器应用的二维码；无法扫描时请使用下方密钥",
            "QR code for the app; the key below is the same"]}">{enrolment.QrCode}</div>
        <p>{m["无法扫描？请在应用中手动输入密钥（类型：基于时间）:", "Cannot scan? Type this key into the app (type: time-based):"]}<br>
        <code>{string.Join(' ', enrolment.Secret.Chunk(4).Select(four => new string(four)))}</code></p>
        <h2>{m["2. 输入验证码", "2. Enter the code"]}</h2>
        <form method="post" action="{Path}/confirm">
        {m.Field("code", m["应用显示的 6 位数字", "The six digits that the app shows"],
            "inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"20\"")}
        <button>{m["确认启用", "Turn it on"]}</button>
        </form>
        {Back(m)}
        """)
    {
        Problem = problem,
    };

    private static HtmlPage Codes(RecoveryCodes codes, (string, string) notice) => new(Path, ("恢复码", "Recovery codes"), m =>
        $"""
        <p><strong>{m["请现在打印或抄写，它们只显示这一次。", "Print them or write them down now: they are shown this once."]}</strong>
        {m["手机遗失时，每个恢复码可代替验证码登录一次。请妥善保管，不要与密码放在一起。",
            "If you lose your phone, each of them signs you in once in place of a code. Keep them safe, and not with your "
            + "password."]}</p>
        <ol class="codes">{string.Concat(codes.Codes.Select(code => $"<li><code>{code}</code></li>"))}</ol>
        <p class="screen"><a href="{AccountPage.Path}">{m["已保存，返回我的账号", "I have kept them: back to my account"]}</a></p>
        """)
    {
        Notice = notice,
    };

    private static string On(Markup m, MySecondFactor factor) =>
        $"""
        <p>{m["已启用，自 ", "On since "]}{Markup.Time(factor.Since!.Value)}{m["。剩余恢复码:", ". Recovery codes left: "]}
        {factor.RecoveryCodesLeft.ToString(CultureInfo.InvariantCulture)}</p>
        <h2>{m["更换恢复码", "New recovery codes"]}</h2>
        <form method="post" action="{Path}/recovery-codes">
        {PasswordField(m, "renew-password")}
        {CodeField(m, "renew-code")}
        <button class="quiet">{m["更换恢复码", "Get new recovery codes"]}</button>
        </form>
        <h2>{m["停用两步验证", "Turn it off"]}</h2>
        <p>{m["更换手机时，请先停用，再用新手机重新启用。停用后其他设备将全部退出。",
            "For another phone, turn it off and on again. All other devices will be signed out."]}</p>
        <form method="post" action="{Path}/end">
        {PasswordField(m, "end-password")}
        {CodeField(m, "end-code")}
        <button class="danger">{m["停用", "Turn it off"]}</button>
        </form>
        {Back(m)}
        """;

    private static string PasswordField(Markup m, string id) => m.Field("password", m["当前密码", "Your password"],
        $"type=\"password\" autocomplete=\"current-password\" maxlength=\"{Credentials.LongestPassword}\"", id: id);

    private static string CodeField(Markup m, string id) => m.Field("code", m["验证码或恢复码", "Code, or a recovery code"],
        "autocomplete=\"one-time-code\" autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"40\"", id: id);

    private static string Back(Markup m) =>
        $"""<p class="screen"><a href="{AccountPage.Path}">{m["返回我的账号", "Back to my account"]}</a></p>""";
}
