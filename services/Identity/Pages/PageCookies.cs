namespace HomeSchool.Identity.Pages;

/// <summary>
/// The pages' cookies: unreadable for scripts, not sent by other sites, bound to this very host, and over TLS only (but on
/// loopback, where there is none).
/// </summary>
internal sealed class PageCookies(PublicAddress address)
{
    /// <summary>The session's token; gone when the browser closes.</summary>
    public const string Session = "homeschool-session";

    /// <summary>What stands between password and code.</summary>
    public const string Ticket = "homeschool-ticket";

    /// <summary>What this browser proves itself with when it comes back from a provider.</summary>
    public const string Verifier = "homeschool-verifier";

    /// <summary>The code of who came by a provider that no account is linked to yet.</summary>
    public const string Proved = "homeschool-proved";

    /// <summary>The chosen language.</summary>
    public const string Language = "homeschool-language";

    private static readonly TimeSpan LanguageKept = TimeSpan.FromDays(365);

    /// <summary>Reads a cookie.</summary>
    public string? Read(HttpContext http, string name) => http.Request.Cookies[NameOf(name)];

    /// <summary>Sets a cookie until the browser closes.</summary>
    public void Set(HttpContext http, string name, string value) => Append(http, name, value, null);

    /// <summary>Sets a cookie for a year.</summary>
    public void Keep(HttpContext http, string name, string value) => Append(http, name, value, LanguageKept);

    /// <summary>Takes a cookie away.</summary>
    public void Delete(HttpContext http, string name) => Append(http, name, "", TimeSpan.Zero);

    private void Append(HttpContext http, string name, string value, TimeSpan? maxAge) =>
        http.Response.Cookies.Append(NameOf(name), value, new CookieOptions
        {
            HttpOnly = true,
            Secure = address.IsEncrypted,
            SameSite = SameSiteMode.Strict,
            Path = "/",
            MaxAge = maxAge,
            IsEssential = true,
        });

    // Browsers take a cookie of this prefix from this very host only, not from one beside it in the same domain.
    private string NameOf(string name) => address.IsEncrypted ? "__Host-" + name : name;
}
