using System.Globalization;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Planning;

/// <summary>A line of a file of timetables and absences.</summary>
/// <param name="StaffId">The staff member.</param>
/// <param name="Weekday">Of a timetable; <see langword="null"/> for an absence.</param>
/// <param name="From">From this hour.</param>
/// <param name="To">Until this hour.</param>
/// <param name="StartsOn">The first day.</param>
/// <param name="EndsOn">The last day.</param>
public sealed record BusyLine(Guid StaffId, DayOfWeek? Weekday, TimeOnly From, TimeOnly To, DateOnly StartsOn, DateOnly EndsOn);

/// <summary>
/// Reads timetables and absences from CSV (VIS-23). Of each line the weekday may be missing, for an absence; and the hours, for
/// whole days: <code>
/// staffId,weekday,from,to,firstDay,lastDay
/// 0192…,周二,18:30,20:10,2026-09-01,2027-01-20
/// 0192…,,,,2026-10-12,2026-10-23
/// </code>
/// </summary>
internal static class BusyHoursFile
{
    /// <summary>Lines with times at most.</summary>
    public const int MostLines = 20_000;

    private const string Header = "staffId,weekday,from,to,firstDay,lastDay";
    private const int Columns = 6;

    private static readonly TimeOnly EndOfDay = new(23, 59);

    private static readonly Dictionary<string, DayOfWeek> Weekdays = Names().ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a file; a line with a mistake is left out, and the others are read.</summary>
    public static (IReadOnlyList<BusyLine> Lines, IReadOnlyList<FieldMistake> Mistakes) Read(string text)
    {
        var (read, mistakes) = (new List<BusyLine>(), new List<FieldMistake>());
        var lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        if (!lines[0].Trim().Equals(Header, StringComparison.OrdinalIgnoreCase))
            return (read, [PlanningFailures.Columns.At("line 1", Header)]);
        if (lines.Length > MostLines)
            return (read, [Failures.List.At("lines", 1, MostLines)]);
        for (var i = 1; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
                continue;
            var found = mistakes.Count;
            var line = ReadLine(lines[i], i + 1, mistakes);
            if (mistakes.Count == found)
                read.Add(line);
        }

        return (read, mistakes);
    }

    private static BusyLine ReadLine(string line, int number, List<FieldMistake> mistakes)
    {
        var cells = Array.ConvertAll(line.Split(','), cell => cell.Trim().Trim('"').Trim());
        Array.Resize(ref cells, Columns);
        var staff = Cell(0, "staffId", "0192a3f0-…", text => Guid.TryParse(text, out var id) ? id : null, default(Guid?));
        var weekday = Cell(1, "weekday", "周一 / Monday / 1", Weekday, default(DayOfWeek?), true);
        var from = Cell(2, "from", "18:30", Time, TimeOnly.MinValue, true);
        var to = Cell(3, "to", "20:10", Time, EndOfDay, true);
        var first = Cell(4, "firstDay", "2026-09-01", Day, default(DateOnly?));
        var last = Cell(5, "lastDay", "2027-01-20", Day, default(DateOnly?));
        if (from >= to)
            mistakes.Add(PlanningFailures.Hours.At($"line {number}, to"));
        if (last < first)
            mistakes.Add(PlanningFailures.Hours.At($"line {number}, lastDay"));
        return new BusyLine(
            staff ?? Guid.Empty, weekday, from ?? TimeOnly.MinValue, to ?? EndOfDay, first ?? default, last ?? default);

        T? Cell<T>(int column, string name, string example, Func<string, T?> read, T? missing, bool mayBeMissing = false)
            where T : struct
        {
            var cell = cells[column] ?? "";
            var value = cell.Length == 0 && mayBeMissing ? missing : read(cell);
            if (value is null && !(cell.Length == 0 && mayBeMissing))
                mistakes.Add(PlanningFailures.Cell.At($"line {number}, {name}", number, name, example));
            return value;
        }
    }

    private static DayOfWeek? Weekday(string text) => Weekdays.TryGetValue(text, out var day) ? day : null;

    private static TimeOnly? Time(string text) => TimeOnly.TryParseExact(
        text, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    // Years that no term has would overflow a calendar.
    private static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is >= 2000 and < 2200 ? day : null;

    private static IEnumerable<KeyValuePair<string, DayOfWeek>> Names()
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
        {
            var number = day == DayOfWeek.Sunday ? 7 : (int)day;
            yield return new(day.ToString(), day);
            yield return new(number.ToString(CultureInfo.InvariantCulture), day);
            yield return new("周" + "一二三四五六日"[number - 1], day);
            yield return new("星期" + "一二三四五六日"[number - 1], day);
        }
    }
}
