using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>Optimistic concurrency as part of the HTTP contract: the version goes out as ETag and must come back in If-Match.</summary>
public static class ETag
{
    /// <summary>Writes the version into the response.</summary>
    public static void Set(HttpContext context, long version) =>
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>Compares the caller's <c>If-Match</c> with the version as it is now.</summary>
    /// <returns><see langword="null"/> when they agree; otherwise why not (428 when it is missing, 412 when it is older).</returns>
    public static Failure? Mismatch(HttpContext context, long version)
    {
        var sent = context.Request.Headers.IfMatch.ToString();
        if (sent.Length == 0)
            return Failures.IfMatchNeeded;
        var current = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
        return sent.Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == current || tag == "*")
            ? null
            : Failures.ChangedMeanwhile;
    }
}
