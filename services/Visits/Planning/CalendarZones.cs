using System.Globalization;
using HomeSchool.Visits.Appointments;

namespace HomeSchool.Visits.Planning;

/// <summary>
/// The time zones of an iCalendar file. A name that is known (IANA, or Windows as Outlook writes it) is that zone; any other is
/// what
/// the file's own <c>VTIMEZONE</c> says: its last standard time, and its last daylight saving time if that recurs each year.
/// </summary>
/// <param name="floating">The clocks of times that name none: the school's.</param>
/// <param name="defined">The components of the file.</param>
internal sealed class CalendarZones(TimeZoneInfo floating, IEnumerable<CalendarPart> defined)
{
    private static readonly Dictionary<string, DayOfWeek> Weekdays = new(StringComparer.Ordinal)
    {
        ["SU"] = DayOfWeek.Sunday,
        ["MO"] = DayOfWeek.Monday,
        ["TU"] = DayOfWeek.Tuesday,
        ["WE"] = DayOfWeek.Wednesday,
        ["TH"] = DayOfWeek.Thursday,
        ["FR"] = DayOfWeek.Friday,
        ["SA"] = DayOfWeek.Saturday,
    };

    private readonly Dictionary<string, TimeZoneInfo?> known = new(StringComparer.Ordinal);

    private readonly Dictionary<string, CalendarPart> own = defined.Where(part => part["TZID"] is not null)
        .GroupBy(part => part["TZID"]!.Value, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);

    /// <summary>The clocks of a property; <see langword="null"/> when it names some that nobody knows.</summary>
    public TimeZoneInfo? Of(CalendarLine line)
    {
        if (!line.Parameters.TryGetValue("TZID", out var name))
            return floating;
        if (!known.TryGetValue(name, out var zone))
            known[name] = zone = LocalTime.Zone(name) ?? (own.TryGetValue(name, out var part) ? Read(name, part) : null);
        return zone;
    }

    private static TimeZoneInfo? Read(string name, CalendarPart part)
    {
        if (Last(part, "STANDARD") is not { } standard || Offset(standard) is not { } offset)
            return null;
        var daylight = Last(part, "DAYLIGHT");
        if (daylight is null)
            return TimeZoneInfo.CreateCustomTimeZone(name, offset, name, name);
        if (Offset(daylight) is not { } saving || Turn(daylight) is not { } begins || Turn(standard) is not { } ends
            || begins.Equals(ends))
        {
            return null;
        }

        var rule = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            DateTime.MinValue.Date, DateTime.MaxValue.Date, saving - offset, begins, ends);
        return TimeZoneInfo.CreateCustomTimeZone(name, offset, name, name, name, [rule]);
    }

    private static CalendarPart? Last(CalendarPart zone, string name) =>
        zone.Named(name).MaxBy(part => part["DTSTART"]?.Value, StringComparer.Ordinal);

    // E.g. +0800. .NET has offsets of whole minutes up to 14 hours.
    private static TimeSpan? Offset(CalendarPart part)
    {
        var text = part["TZOFFSETTO"]?.Value.Trim() ?? "";
        return text is ['+' or '-', ..]
            && TimeSpan.TryParseExact(text[1..], ["hhmm", "hhmmss"], CultureInfo.InvariantCulture, out var time)
            && time <= TimeSpan.FromHours(14) && time.Seconds == 0
                ? text[0] == '-' ? -time : time
                : null;
    }

    // Each year at a weekday of a month: FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU.
    private static TimeZoneInfo.TransitionTime? Turn(CalendarPart part)
    {
        var rule = (part["RRULE"]?.Value ?? "").ToUpperInvariant().Split(';').Select(pair => pair.Split('='))
            .Where(pair => pair.Length == 2).GroupBy(pair => pair[0], StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First()[1], StringComparer.Ordinal);
        if (rule.GetValueOrDefault("FREQ") != "YEARLY" || rule.ContainsKey("UNTIL")
            || !int.TryParse(rule.GetValueOrDefault("BYMONTH"), NumberStyles.None, CultureInfo.InvariantCulture, out var month)
            || month is < 1 or > 12 || rule.GetValueOrDefault("BYDAY") is not { Length: >= 3 } day
            || !Weekdays.TryGetValue(day[^2..], out var weekday)
            || !int.TryParse(day[..^2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var week)
            || week is not (-1 or (>= 1 and <= 4))
            || CalendarTime.Read(At2000(part["DTSTART"]?.Value), TimeZoneInfo.Utc) is not { } at)
        {
            return null;
        }

        // What .NET calls the fifth is the last.
        return TimeZoneInfo.TransitionTime.CreateFloatingDateRule(
            DateTime.MinValue.Date + at.Local.TimeOfDay, month, week == -1 ? 5 : week, weekday);
    }

    // Rules began when zones did; only the time of day is of interest.
    private static string At2000(string? start) => start is { Length: > 8 } ? "20000101" + start[8..] : "";
}
