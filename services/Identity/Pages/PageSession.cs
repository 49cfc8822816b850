using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.Pages;

/// <summary>Who looks at a page.</summary>
internal sealed class Visitor
{
    /// <summary>The account.</summary>
    public Account Account { get; private set; } = null!;

    /// <summary>Whether roles of the account wait for a second factor.</summary>
    public bool RolesWait { get; private set; }

    /// <summary>Whether there are invitations to manage.</summary>
    public bool MayInvite { get; private set; }

    internal void Is(Account account, Caller caller, bool rolesWait) =>
        (Account, RolesWait, MayInvite) = (account, rolesWait, caller.With(Permission.AccountInvite).Any());
}

/// <summary>
/// The session of a browser: a cookie whose token stands in the database as a hash. It makes the caller that handlers of the API
/// know, with the roles as they are now: no token that tells older ones, and no other way to decide.
/// </summary>
internal static class PageSession
{
    // The time of the last use is for people: not every look at a page is a write.
    private static readonly TimeSpan Noted = TimeSpan.FromMinutes(1);

    /// <summary>Lets who is signed in go on, and sends everybody else to the sign-in.</summary>
    public static async ValueTask<object?> OpenAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        return await RecogniseAsync(http, http.RequestAborted) ? await next(invocation) : new SeeOther(SignInPages.Path);
    }

    /// <summary>Begins a session in this browser.</summary>
    /// <param name="http">The request.</param>
    /// <param name="account">Whose; it has proved itself.</param>
    /// <param name="action">How, for the audit.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="from">The provider's session that it rests on; <see langword="null"/> for a password.</param>
    public static async Task BeginAsync(
        HttpContext http, Account account, string action, CancellationToken cancel, ExternalSession? from = null)
    {
        var services = http.RequestServices;
        await using var transaction = await services.GetRequiredService<IdentityDb>().Database.BeginTransactionAsync(cancel);
        var (_, token) = await services.GetRequiredService<SignInSteps>().BeginSessionAsync(
            account, BrowserName.Of(http.Request.Headers.UserAgent.ToString()), action, http, cancel, onPages: true,
            from: from);
        await transaction.CommitAsync(cancel);
        var cookies = services.GetRequiredService<PageCookies>();
        cookies.Set(http, PageCookies.Session, token);
        cookies.Delete(http, PageCookies.Ticket);
    }

    private static async Task<bool> RecogniseAsync(HttpContext http, CancellationToken cancel)
    {
        var services = http.RequestServices;
        if (services.GetRequiredService<PageCookies>().Read(http, PageCookies.Session) is not { } token
            || Session.FamilyOf(token) is not { } family)
        {
            return false;
        }

        var db = services.GetRequiredService<IdentityDb>();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var session = await db.Set<Session>().AsNoTracking().SingleOrDefaultAsync(s => s.FamilyHash == family, cancel);
        if (session?.OpensPages(token, now) != true)
            return false;
        if (now - session.LastUsedAt > Noted)
        {
            var expires = session.ExpiryOnPages(now);
            await db.Set<Session>().Where(s => s.Id == session.Id).ExecuteUpdateAsync(
                set => set.SetProperty(s => s.LastUsedAt, now).SetProperty(s => s.ExpiresAt, expires), cancel);
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var account = await db.Set<Account>().AsNoTracking().SingleAsync(a => a.Id == session.AccountId, cancel);
        var (grants, rolesWait) = await services.GetRequiredService<SecondFactorPolicy>()
            .GrantsInForceAsync(db, account.Id, now, cancel);
        await transaction.CommitAsync(cancel);

        var caller = new Caller(account.Id, $"account:{account.Id:N}", [.. grants.Select(grant => grant.ToGrant())])
        {
            SessionId = session.Id,
            PermissionVersion = account.PermissionVersion,
        };
        services.GetRequiredService<CurrentCaller>().Caller = caller;
        services.GetRequiredService<CurrentTenancy>().Scope = caller.ScopeOf(Permission.AccountInvite);
        services.GetRequiredService<Visitor>().Is(account, caller, rolesWait);
        return true;
    }
}

/// <summary>What the list of sessions calls a browser, roughly: so that people know theirs.</summary>
internal static class BrowserName
{
    // The more special first: browsers name those whose pages they can show, too.
    private static readonly (string Sign, string Name)[] Browsers =
    [
        ("MicroMessenger/", "微信 WeChat"), ("Edg/", "Edge"), ("HuaweiBrowser/", "Huawei Browser"), ("MiuiBrowser/", "Mi Browser"),
        ("QQBrowser/", "QQ Browser"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ];

    private static readonly (string Sign, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("OpenHarmony", "HarmonyOS"), ("Android", "Android"), ("Windows", "Windows"),
        ("Mac OS X", "Mac"), ("Linux", "Linux"),
    ];

    /// <summary>E.g. <c>Chrome · Android</c>.</summary>
    public static string? Of(string userAgent)
    {
        var names = new[] { Browsers, Systems }
            .Select(list => list.FirstOrDefault(known => userAgent.Contains(known.Sign, StringComparison.Ordinal)).Name)
            .OfType<string>().ToArray();
        return names.Length == 0 ? null : string.Join(" · ", names);
    }
}
