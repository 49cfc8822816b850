namespace HomeSchool.Activities;

/// <summary>Instants as a district's clocks and calendars show them, daylight saving included (ALL-3).</summary>
internal static class LocalTime
{
    /// <summary>The time zone of a name that somebody wrote; <see langword="null"/> when there is none.</summary>
    /// <remarks>Zones are files, and what is no relative path within their folder must not be opened.</remarks>
    public static TimeZoneInfo? Zone(string name) =>
        name is [not ('/' or '.'), ..] && !name.Contains("..", StringComparison.Ordinal)
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;

    /// <summary>The day of an instant on the clocks of an IANA time zone.</summary>
    public static DateOnly Day(DateTimeOffset instant, string zone) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, TimeZoneInfo.FindSystemTimeZoneById(zone)).DateTime);
}
