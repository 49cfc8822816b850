using System.Globalization;
using System.Text.RegularExpressions;

namespace HomeSchool.Visits.Planning;

/// <summary>A time or a day of an iCalendar file, on the clocks that it is meant on.</summary>
/// <param name="Local">What these clocks show; of a day, midnight.</param>
/// <param name="Zone">The clocks.</param>
/// <param name="IsDay">Whether it is a whole day.</param>
internal readonly record struct CalendarTime(DateTime Local, TimeZoneInfo Zone, bool IsDay)
{
    /// <summary>The instant. A time that the clocks skip is counted as if they did not; one that they show twice is the
    /// first.</summary>
    public DateTimeOffset Instant => new DateTimeOffset(Local, Offset).ToUniversalTime();

    private TimeSpan Offset =>
        Zone.IsAmbiguousTime(Local) ? Zone.GetAmbiguousTimeOffsets(Local).Max() : Zone.GetUtcOffset(Local);

    /// <summary>Another time on the same clocks.</summary>
    public CalendarTime At(DateTime local) => this with { Local = local };

    /// <summary>Whether it is later than an end; of a day, later than all of it.</summary>
    public bool IsAfter(CalendarTime end) => end.IsDay ? Local.Date > end.Local : Instant > end.Instant;

    /// <summary>Reads <c>20260907T080000</c>, the same with a <c>Z</c> for UTC, or a day <c>20260907</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="zone">The clocks of a time without <c>Z</c>.</param>
    /// <returns><see langword="null"/> when it is none, or of a year that no term has.</returns>
    public static CalendarTime? Read(string text, TimeZoneInfo zone)
    {
        const string clock = "yyyyMMdd'T'HHmmss";
        var value = text.Trim();
        var utc = value.EndsWith('Z');
        return DateTime.TryParseExact(
                utc ? value[..^1] : value, utc ? [clock] : [clock, "yyyyMMdd"], CultureInfo.InvariantCulture, DateTimeStyles.None,
                out var local)
            && local.Year is >= 2000 and < 2200
                ? new CalendarTime(local, utc ? TimeZoneInfo.Utc : zone, value.Length == 8)
                : null;
    }
}

/// <summary>How long an event takes: days as the clocks count them, then a time.</summary>
/// <param name="Days">Days.</param>
/// <param name="Time">Beside them.</param>
internal sealed partial record CalendarLength(int Days, TimeSpan Time)
{
    /// <summary>When what begins then ends.</summary>
    public DateTimeOffset EndOf(CalendarTime start) => start.At(start.Local.AddDays(Days)).Instant + Time;

    /// <summary>From a begin to an end; <see langword="null"/> when they are not alike, or the end is earlier.</summary>
    public static CalendarLength? Between(CalendarTime start, CalendarTime end) =>
        start.IsDay != end.IsDay ? null
        : start.IsDay && end.Local >= start.Local ? new CalendarLength((end.Local - start.Local).Days, TimeSpan.Zero)
        : !start.IsDay && end.Instant >= start.Instant ? new CalendarLength(0, end.Instant - start.Instant)
        : null;

    /// <summary>Reads a duration such as <c>PT45M</c>, <c>P1DT2H</c> or <c>P2W</c>.</summary>
    public static CalendarLength? Read(string text)
    {
        var match = Duration().Match(text.Trim());
        return match.Success
            ? new CalendarLength(
                (7 * Part("W")) + Part("D"),
                TimeSpan.FromHours(Part("H")) + TimeSpan.FromMinutes(Part("M")) + TimeSpan.FromSeconds(Part("S")))
            : null;

        int Part(string name) =>
            match.Groups[name] is { Success: true, Value: var digits } ? int.Parse(digits, CultureInfo.InvariantCulture) : 0;
    }

    // Longer than four digits no lesson or absence takes, whatever it is counted in.
    [GeneratedRegex(
        @"^\+?P(?=.)(?:(?<W>\d{1,2})W)?(?:(?<D>\d{1,3})D)?(?:T(?=.)(?:(?<H>\d{1,4})H)?(?:(?<M>\d{1,4})M)?(?:(?<S>\d{1,4})S)?)?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Duration();
}
