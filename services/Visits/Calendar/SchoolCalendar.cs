namespace HomeSchool.Visits.Calendar;

/// <summary>What is special about a day (VIS-21).</summary>
public enum DayKind
{
    /// <summary>No school, and ordinary clocks stand still (节假日).</summary>
    Holiday,

    /// <summary>School on a day that would be free, swapped for another (调休上课).</summary>
    SchoolDay,
}

/// <summary>A special day of a calendar.</summary>
/// <param name="Day">The day.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Timetable">Of a swapped day: the weekday whose timetable holds; its own when missing.</param>
/// <param name="Name">E.g. 国庆节; up to 40 characters.</param>
public sealed record SpecialDay(DateOnly Day, DayKind Kind, DayOfWeek? Timetable = null, string? Name = null);

/// <summary>
/// The days of a school (VIS-21): Monday to Friday are school days, unless the calendar says otherwise. Holidays stop ordinary
/// clocks, never those of children in danger (VIS-17, VIS-18).
/// </summary>
/// <param name="days">The district's special days and then the school's, which win.</param>
public sealed class SchoolCalendar(IEnumerable<SpecialDay> days)
{
    /// <summary>A calendar without special days.</summary>
    public static readonly SchoolCalendar Plain = new([]);

    // Nobody's holidays last longer; whatever a calendar says, counting ends.
    private const int LongestHoliday = 200;

    private readonly Dictionary<DateOnly, SpecialDay> special =
        days.GroupBy(day => day.Day).ToDictionary(group => group.Key, group => group.Last());

    /// <summary>Whether ordinary clocks stand still on a day.</summary>
    public bool IsHoliday(DateOnly day) => special.TryGetValue(day, out var found) && found.Kind == DayKind.Holiday;

    /// <summary>Whether there is school on a day.</summary>
    public bool IsSchoolDay(DateOnly day) => special.TryGetValue(day, out var found)
        ? found.Kind == DayKind.SchoolDay
        : day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);

    /// <summary>The weekday whose timetable holds on a school day.</summary>
    public DayOfWeek TimetableOf(DateOnly day) =>
        special.TryGetValue(day, out var found) && found.Timetable is { } weekday ? weekday : day.DayOfWeek;

    /// <summary>The day that an ordinary clock of so many days ends on, begun on a day: holidays do not count.</summary>
    public DateOnly After(DateOnly day, int count)
    {
        for (var holidays = 0; count > 0 && holidays < LongestHoliday;)
        {
            day = day.AddDays(1);
            if (IsHoliday(day))
                holidays++;
            else
                count--;
        }

        return day.AddDays(count);
    }
}
