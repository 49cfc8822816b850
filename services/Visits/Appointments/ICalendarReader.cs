using System.Globalization;
using System.Text;

namespace HomeSchool.Visits.Appointments;

/// <summary>A property of an iCalendar object.</summary>
/// <param name="Name">In capitals.</param>
/// <param name="Parameters">By their names, in capitals.</param>
/// <param name="Value">As it stands there: a text is still escaped.</param>
/// <param name="Number">The line of the file that it begins on, from 1.</param>
internal sealed record CalendarLine(string Name, IReadOnlyDictionary<string, string> Parameters, string Value, int Number)
{
    /// <summary>The value as a text.</summary>
    public string Text => Value.Replace("\\n", "\n", StringComparison.OrdinalIgnoreCase)
        .Replace("\\,", ",", StringComparison.Ordinal).Replace("\\;", ";", StringComparison.Ordinal)
        .Replace("\\\\", "\\", StringComparison.Ordinal);

    /// <summary>The value as an instant: in UTC, in the zone of its <c>TZID</c>, or floating on the clocks of a zone.</summary>
    /// <returns><see langword="null"/> when it cannot be read, or when the clocks skip that time.</returns>
    public DateTimeOffset? Instant(string zone)
    {
        const string clock = "yyyyMMdd'T'HHmmss";
        if (DateTime.TryParseExact(Value, clock + "'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var utc))
            return new DateTimeOffset(utc.ToUniversalTime());
        var named = Parameters.TryGetValue("TZID", out var id) ? id : zone;
        return LocalTime.IsZone(named)
            && DateTime.TryParseExact(Value, clock, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
                ? LocalTime.Read(local.ToString("s", CultureInfo.InvariantCulture), named)
                : null;
    }
}

/// <summary>A component of an iCalendar object, such as an event or a time zone.</summary>
/// <param name="Name">In capitals, e.g. <c>VEVENT</c>.</param>
/// <param name="Number">The line of the file that it begins on, from 1.</param>
internal sealed record CalendarPart(string Name, int Number)
{
    /// <summary>Its own properties.</summary>
    public List<CalendarLine> Lines { get; } = [];

    /// <summary>The components in it.</summary>
    public List<CalendarPart> Parts { get; } = [];

    /// <summary>The first property of a name.</summary>
    public CalendarLine? this[string name] => Lines.Find(line => line.Name == name);

    /// <summary>The components of a name.</summary>
    public IEnumerable<CalendarPart> Named(string name) => Parts.Where(part => part.Name == name);
}

/// <summary>Reads iCalendar (RFC 5545): its lines, unfolded, and how they are nested. What they mean, the caller knows.</summary>
internal static class ICalendarReader
{
    private static readonly string[] LineEnds = ["\r\n", "\n", "\r"];

    /// <summary>The lines of a file; a line that is no property is left out.</summary>
    public static IEnumerable<CalendarLine> Read(string text)
    {
        var lines = text.TrimStart('\uFEFF').Split(LineEnds, StringSplitOptions.None);
        for (var i = 0; i < lines.Length;)
        {
            var (number, whole) = (i + 1, new StringBuilder(lines[i++]));
            for (; i < lines.Length && lines[i] is [' ' or '\t', ..]; i++)
                whole.Append(lines[i].AsSpan(1));
            var line = whole.ToString();
            if (Split(line, ':', 2) is not [{ Length: > 0 } head, var value])
                continue;
            var parts = Split(head, ';', int.MaxValue);
            yield return new CalendarLine(
                parts[0].ToUpperInvariant(),
                parts.Skip(1).Select(part => part.Split('=', 2)).Where(pair => pair.Length == 2)
                    .GroupBy(pair => pair[0].ToUpperInvariant(), StringComparer.Ordinal)
                    .ToDictionary(group => group.Key, group => group.First()[1].Trim('"'), StringComparer.Ordinal),
                value, number);
        }
    }

    /// <summary>The objects of a file, each with its components.</summary>
    /// <returns><see langword="null"/> when a component does not end where it should.</returns>
    public static IReadOnlyList<CalendarPart>? Objects(string text)
    {
        var file = new CalendarPart("", 0);
        var open = new Stack<CalendarPart>([file]);
        foreach (var line in Read(text))
        {
            var name = line.Value.Trim().ToUpperInvariant();
            if (line.Name == "BEGIN")
            {
                var part = new CalendarPart(name, line.Number);
                open.Peek().Parts.Add(part);
                open.Push(part);
            }
            else if (line.Name != "END")
            {
                open.Peek().Lines.Add(line);
            }
            else if (open.Count > 1 && open.Peek().Name == name)
            {
                open.Pop();
            }
            else
            {
                return null;
            }
        }

        return open.Count == 1 ? file.Parts : null;
    }

    // A quoted parameter may hold colons and semicolons.
    private static List<string> Split(string line, char sign, int most)
    {
        var (parts, from, quoted) = (new List<string>(), 0, false);
        for (var i = 0; i < line.Length && parts.Count < most - 1; i++)
        {
            if (line[i] == '"')
                quoted = !quoted;
            if (line[i] != sign || quoted)
                continue;
            parts.Add(line[from..i]);
            from = i + 1;
        }

        parts.Add(line[from..]);
        return parts;
    }
}
