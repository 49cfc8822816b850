using System.Globalization;

namespace HomeSchool.Visits.Planning;

/// <summary>
/// How an event of a timetable repeats: the daily and weekly rules of RFC 5545 (3.3.10). Months and years are no timetable's.
/// </summary>
/// <param name="Weekly">By weeks; otherwise by days.</param>
/// <param name="Interval">Every how many, 1–1,000.</param>
/// <param name="Count">How often at most, the first time included.</param>
/// <param name="Until">The last time on the clocks of the event, or a whole day; <see langword="null"/> for no end.</param>
/// <param name="Days">On which weekdays; none: the first time's, or every day.</param>
/// <param name="WeekStart">The day that weeks begin on.</param>
internal sealed record Recurrence(
    bool Weekly, int Interval, int? Count, CalendarTime? Until, IReadOnlyList<DayOfWeek> Days, DayOfWeek WeekStart)
{
    private const int LongestInterval = 1_000;
    private const int AWeek = 7;

    // In the order of DayOfWeek.
    private static readonly string[] Weekdays = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    /// <summary>Reads a rule.</summary>
    /// <param name="value">E.g. <c>FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=20</c>.</param>
    /// <param name="start">The first time, on whose clocks an end without a zone is.</param>
    /// <returns><see langword="null"/> when it is no such rule.</returns>
    public static Recurrence? Read(string value, CalendarTime start)
    {
        var rule = new Recurrence(false, 1, null, null, [], DayOfWeek.Monday);
        string? frequency = null;
        foreach (var pair in value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.ToUpperInvariant().Split('=') is not [var name, var said])
                return null;
            var read = name switch
            {
                "FREQ" => rule with { Weekly = (frequency = said) == "WEEKLY" },
                "INTERVAL" when Number(said) is { } number and <= LongestInterval => rule with { Interval = number },
                "COUNT" when Number(said) is { } number => rule with { Count = number },
                "UNTIL" when CalendarTime.Read(said, start.Zone) is { } until => rule with { Until = until },
                "BYDAY" when said.Split(',').Select(Weekday).ToArray() is var days && !days.Contains(null) =>
                    rule with { Days = [.. days.OfType<DayOfWeek>()] },
                "WKST" when Weekday(said) is { } day => rule with { WeekStart = day },
                _ => null,
            };
            if (read is null)
                return null;
            rule = read;
        }

        // Every third day, if it is a Monday: nobody means that, and there may be none.
        return frequency is "DAILY" or "WEEKLY" && (rule.Weekly || rule.Days.Count == 0 || rule.Interval == 1) ? rule : null;
    }

    /// <summary>The times of an event on its own clocks, in order.</summary>
    /// <param name="start">The first, which always counts.</param>
    /// <param name="last">None after it.</param>
    public IEnumerable<DateTime> Of(CalendarTime start, DateTime last)
    {
        var left = Count ?? int.MaxValue;
        foreach (var at in Endless(start.Local)
            .TakeWhile(at => at <= last && (Until is not { } until || !start.At(at).IsAfter(until))))
        {
            if (left-- == 0)
                yield break;
            yield return at;
        }
    }

    private IEnumerable<DateTime> Endless(DateTime start)
    {
        yield return start;
        if (!Weekly)
        {
            for (var at = start.AddDays(Interval); ; at = at.AddDays(Interval))
            {
                if (Days.Count == 0 || Days.Contains(at.DayOfWeek))
                    yield return at;
            }
        }

        var days = (Days.Count == 0 ? [start.DayOfWeek] : Days).Select(FromWeekStart).Distinct().Order().ToArray();
        for (var week = start.AddDays(-FromWeekStart(start.DayOfWeek)); ; week = week.AddDays(AWeek * Interval))
        {
            foreach (var at in days.Select(day => week.AddDays(day)).Where(at => at > start))
                yield return at;
        }

        int FromWeekStart(DayOfWeek day) => ((int)day - (int)WeekStart + AWeek) % AWeek;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    private static DayOfWeek? Weekday(string text) => Array.IndexOf(Weekdays, text) is var day and >= 0 ? (DayOfWeek)day : null;
}
