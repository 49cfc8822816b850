using System.Globalization;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Archives;

/// <summary>The watermark of sensitive prints (ALL-7).</summary>
internal static class InternalMark
{
    /// <summary>内部资料, who prints it and when: what the audit row of the print says, too.</summary>
    public static string Of(HttpContext http, bool chinese)
    {
        var account = http.RequestServices.GetRequiredService<CurrentCaller>().Caller.AccountId?.ToString("N")[^8..];
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        return string.Create(
            CultureInfo.InvariantCulture, $"{(chinese ? "内部资料" : "Internal")} {account} {LocalDay.Of(now):yyyy-MM-dd}");
    }
}
