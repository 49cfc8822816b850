using HomeSchool.Identity.External;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.Pages;

/// <summary>
/// Signing in by a provider on pages, and linking an account to it. The way back begins at another site, which the pages' cookies
/// do not follow: it ends at a page with one button, and what that button sends comes from us.
/// </summary>
internal static class ProviderPages
{
    private const string Path = "/account/provider";
    private const string NobodyYet = "whoever wants to sign in is nobody yet";

    private static readonly (string, string) Title = ("登录", "Sign in");

    public static void MapProviderPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/provider/{key}", Go).Open(NobodyYet).WithName("ChooseProvider");
        pages.MapGet("/provider", (string? signInCode) => Back(signInCode ?? "")).Open(NobodyYet).WithName("ShowProvider");
        pages.MapPost("/provider", SignInAsync).Open(NobodyYet).WithName("SignInByProviderOnPage");
    }

    /// <summary>What is for who is signed in.</summary>
    public static void MapLinkPage(this IEndpointRouteBuilder own) => own.MapPost("/provider/link", LinkAsync)
        .Open(AllPages.Own).WithName("LinkProviderOnPage");

    /// <summary>A link to each provider, for the sign-in.</summary>
    public static string Links(Markup m, ExternalProviders providers) => string.Concat(providers.ByKey.Values.Select(provider =>
        $"""
        <p><a href="{Path}/{provider.Key}">{m["使用", "Sign in with "]}{Markup.Encode(m[provider.Zh, provider.En])}{m["登录", ""]}</a></p>
        """));

    /// <summary>For who came by a provider that no account is linked to, and then signed in with the password.</summary>
    public static string LinkForm(Markup m) =>
        $"""
        <div class="box note"><p>{m["要将刚才使用的统一身份与此账号关联吗？以后即可直接用它登录。",
            "Link the identity that you came with to this account? From then on it signs you in."]}</p>
        <form method="post" action="{Path}/link">
        {m.Field("currentPassword", m["当前密码", "Current password"],
            $"type=\"password\" autocomplete=\"current-password\" maxlength=\"{Credentials.LongestPassword}\"")}
        <button>{m["关联", "Link it"]}</button>
        </form></div>
        """;

    private static IResult Go(string key, ExternalProviders providers, PageCookies cookies, HttpContext http)
    {
        if (!providers.ByKey.ContainsKey(key))
            return HtmlPage.Refusing(Failures.NotFound, SignInPages.Path);
        var verifier = Secrets.NewToken();
        cookies.Set(http, PageCookies.Verifier, verifier);
        return new SeeOther(
            $"/api/identity/external/{key}/start?challenge={Pkce.Challenge(verifier)}&return={Uri.EscapeDataString(Path)}");
    }

    private static HtmlPage Back(string signInCode) => new($"{Path}?signInCode={Uri.EscapeDataString(signInCode)}", Title, m =>
        $"""
        <form method="post" action="{Path}">
        <input type="hidden" name="signInCode" value="{Markup.Encode(signInCode)}">
        <button>{m["继续", "Continue"]}</button>
        </form>
        """);

    private static async Task<IResult> SignInAsync(
        [FromForm] string? signInCode, IdentityDb db, PageCookies cookies, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var (code, verifier) = (signInCode ?? "", cookies.Read(http, PageCookies.Verifier) ?? "");
        Account account;
        ExternalSession from;
        await using (var transaction = await db.Database.BeginTransactionAsync(cancel))
        {
            if (await db.LockExternalSignInAsync(code, verifier, clock.GetUtcNow(), cancel) is not { } proved)
                return HtmlPage.Refusing(IdentityFailures.SignInCodeVoid, SignInPages.Path);
            if (await db.IdentityOfAsync(proved, cancel) is not { } identity)
            {
                cookies.Set(http, PageCookies.Proved, code);
                return HtmlPage.Refusing(IdentityFailures.ProviderNotLinked, SignInPages.Path);
            }

            db.Remove(proved);
            await db.SaveChangesAsync(cancel);
            account = await db.Set<Account>().SingleAsync(a => a.Id == identity.AccountId, cancel);
            from = new ExternalSession(identity.Id, proved.ProviderSession);
            await transaction.CommitAsync(cancel);
        }

        await PageSession.BeginAsync(http, account, "SignInExternally", cancel, from);
        cookies.Delete(http, PageCookies.Verifier);
        return new SeeOther(AccountPage.Path);
    }

    private static async Task<IResult> LinkAsync(
        [FromForm] string? currentPassword, IdentityDb db, SignInSteps steps, CurrentCaller current, PageCookies cookies,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var request = new LinkProvider(
            cookies.Read(http, PageCookies.Proved) ?? "", cookies.Read(http, PageCookies.Verifier) ?? "", currentPassword ?? "");
        var result = await MyProvidersFeature.LinkAsync(request, db, steps, current, clock, http, cancel);
        if (AllPages.ProblemIn(result) is { } problem)
            return HtmlPage.Refusing(problem, AccountPage.Path);
        cookies.Delete(http, PageCookies.Proved);
        cookies.Delete(http, PageCookies.Verifier);
        return new SeeOther(AccountPage.Path + "?done=provider");
    }
}
