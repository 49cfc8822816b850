using System.Globalization;

namespace HomeSchool.Visits;

/// <summary>Instants as a district's clocks and calendars show them, daylight saving included (ALL-3).</summary>
internal static class LocalTime
{
    /// <summary>The instant on the clocks of an IANA time zone.</summary>
    public static DateTimeOffset At(DateTimeOffset instant, string zone) =>
        TimeZoneInfo.ConvertTime(instant, TimeZoneInfo.FindSystemTimeZoneById(zone));

    /// <summary>Whether a name that somebody wrote is a time zone, by its IANA or its Windows name.</summary>
    public static bool IsZone(string name) => Zone(name) is not null;

    /// <summary>The time zone of a name that somebody wrote; <see langword="null"/> when there is none.</summary>
    /// <remarks>Zones are files, and what is no relative path within their folder must not be opened.</remarks>
    public static TimeZoneInfo? Zone(string name) =>
        name is [not ('/' or '.'), ..] && !name.Contains("..", StringComparison.Ordinal)
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;

    /// <summary>The day of an instant.</summary>
    public static DateOnly Day(DateTimeOffset instant, string zone) => DateOnly.FromDateTime(At(instant, zone).DateTime);

    /// <summary>E.g. <c>2026-09-01 19:00</c>: read alike in both languages.</summary>
    public static string Text(DateTimeOffset instant, string zone) =>
        At(instant, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The instant that clocks show as <paramref name="text"/> (<c>2026-09-01T19:00</c> or with a blank).</summary>
    /// <returns><see langword="null"/> when it cannot be read, or when the clocks skip that time.</returns>
    public static DateTimeOffset? Read(string? text, string zone)
    {
        string[] formats = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
        var clocks = TimeZoneInfo.FindSystemTimeZoneById(zone);
        return DateTime.TryParseExact(text?.Trim(), formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            && local.Year is > 1 and < 9999 && !clocks.IsInvalidTime(local)
                ? new DateTimeOffset(local, clocks.GetUtcOffset(local)).ToUniversalTime()
                : null;
    }

    /// <summary>In UTC, cut to the minute: what appointments are made of.</summary>
    public static DateTimeOffset ToMinute(DateTimeOffset instant)
    {
        var utc = instant.ToUniversalTime();
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMinute));
    }
}
