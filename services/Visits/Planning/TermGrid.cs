using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;

namespace HomeSchool.Visits.Planning;

/// <summary>
/// The times of a term at which visits may begin, by policy and calendar: in the preferred hours (VIS-4), one after the other at
/// the distance of the longest usual visit; beside them, less liked, in the two hours before on school days and in the evening on
/// free days; on holidays never (VIS-21). It turns clock times and instants into the slots of <see cref="PlanCalendar"/>.
/// </summary>
internal sealed class TermGrid
{
    private static readonly TimeSpan Before = TimeSpan.FromHours(2);

    private readonly DateOnly monday;
    private readonly string zone;
    private readonly List<DateTimeOffset> starts = [];
    private readonly List<TimeOnly> clock = [];
    private readonly List<int> dayOfSlot = [];
    private readonly List<bool> preferred = [];
    private readonly TimeSpan length;

    /// <summary>The grid of what is left of a term.</summary>
    /// <param name="term">The term.</param>
    /// <param name="policy">Hours and lengths.</param>
    /// <param name="openingWeeks">The weeks of the first quota (VIS-2), 0 for none.</param>
    /// <param name="school">Holidays and swapped days.</param>
    /// <param name="earliest">No slot begins before.</param>
    public TermGrid(Term term, VisitPolicy policy, int openingWeeks, SchoolCalendar school, DateTimeOffset earliest)
    {
        (School, zone, length) = (school, policy.TimeZone, TimeSpan.FromMinutes(policy.ShortestMinutes));
        FirstDay = LocalTime.Day(earliest, zone) is var day && day > term.StartsOn ? day : term.StartsOn;
        monday = FirstDay.AddDays(-(((int)FirstDay.DayOfWeek + 6) % 7));
        var days = Math.Max(0, term.EndsOn.DayNumber - monday.DayNumber + 1);
        for (var i = 0; i < days; i++)
        {
            var date = monday.AddDays(i);
            if (date >= FirstDay && !school.IsHoliday(date))
                AddDay(i, date, policy, earliest);
        }

        Calendar = new PlanCalendar(
            [.. dayOfSlot], [.. preferred], [.. Enumerable.Range(0, days).Select(i => i / 7)],
            [.. Enumerable.Range(0, days).Select(i => TeachingWeek(monday.AddDays(i)))],
            From(term.StartsOn.AddDays(7 * openingWeeks)), From(term.EndsOn.AddDays(1 - (7 * policy.ClosingWeeks))));

        int TeachingWeek(DateOnly date) => Math.Max(1, ((date.DayNumber - term.StartsOn.DayNumber) / 7) + 1);
    }

    /// <summary>Holidays and swapped days.</summary>
    public SchoolCalendar School { get; }

    /// <summary>The first day that may have slots.</summary>
    public DateOnly FirstDay { get; }

    /// <summary>The slots.</summary>
    public PlanCalendar Calendar { get; }

    /// <summary>When a slot begins.</summary>
    public DateTimeOffset StartOf(int slot) => starts[slot];

    /// <summary>The slot that begins at an instant; -1 when none does.</summary>
    public int SlotAt(DateTimeOffset start) => starts.BinarySearch(start) is var slot and >= 0 ? slot : -1;

    /// <summary>The first slot on a day or after it.</summary>
    public int From(DateOnly date)
    {
        var slot = dayOfSlot.BinarySearch(date.DayNumber - monday.DayNumber);
        if (slot < 0)
            return ~slot;
        while (slot > 0 && dayOfSlot[slot - 1] == dayOfSlot[slot])
            slot--;
        return slot;
    }

    /// <summary>The days of instants as <see cref="PlanTeacher.AgreedDays"/> counts them; those outside are left out.</summary>
    public IEnumerable<int> Days(IEnumerable<DateTimeOffset> instants) =>
        instants.Select(at => LocalTime.Day(at, zone).DayNumber - monday.DayNumber).Where(day => day >= 0 && day < Calendar.Days);

    /// <summary>Takes the slots out whose visit would meet a time.</summary>
    public void Take(SlotSet slots, DateTimeOffset from, DateTimeOffset to)
    {
        var slot = starts.BinarySearch(from - length);
        for (slot = slot < 0 ? ~slot : slot + 1; slot < starts.Count && starts[slot] < to; slot++)
            slots.Remove(slot);
    }

    /// <summary>The slots on days that are so, whose visit meets hours of the day.</summary>
    public IEnumerable<int> At(Func<DateOnly, bool> isSo, TimeOnly from, TimeOnly to)
    {
        for (var slot = 0; slot < starts.Count; slot++)
        {
            var begin = clock[slot].ToTimeSpan();
            if (begin < to.ToTimeSpan() && begin + length > from.ToTimeSpan() && isSo(monday.AddDays(dayOfSlot[slot])))
                yield return slot;
        }
    }

    private void AddDay(int index, DateOnly date, VisitPolicy policy, DateTimeOffset earliest)
    {
        var step = TimeSpan.FromMinutes(policy.LongestMinutes);
        var (evening, morning) = (policy.Weekdays, policy.Weekends);
        if (School.IsSchoolDay(date))
        {
            var begin = evening.From.ToTimeSpan();
            var before = (int)Math.Min(Before / step, begin / step);
            Add(begin - (before * step), begin, false);
            Add(begin, evening.To.ToTimeSpan(), true);
        }
        else
        {
            Add(morning.From.ToTimeSpan(), morning.To.ToTimeSpan(), true);
            if (evening.From >= morning.To)
                Add(evening.From.ToTimeSpan(), evening.To.ToTimeSpan(), false);
        }

        void Add(TimeSpan from, TimeSpan to, bool liked)
        {
            var clocks = TimeZoneInfo.FindSystemTimeZoneById(zone);
            for (var at = from; at + length <= to; at += step)
            {
                var local = date.ToDateTime(TimeOnly.FromTimeSpan(at));
                if (clocks.IsInvalidTime(local))
                    continue; // the clocks skip it
                var start = new DateTimeOffset(local, clocks.GetUtcOffset(local)).ToUniversalTime();
                if (start < earliest || (starts.Count > 0 && start < starts[^1] + length))
                    continue;
                starts.Add(start);
                clock.Add(TimeOnly.FromTimeSpan(at));
                dayOfSlot.Add(index);
                preferred.Add(liked);
            }
        }
    }
}
