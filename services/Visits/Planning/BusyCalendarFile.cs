using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Appointments;

namespace HomeSchool.Visits.Planning;

/// <summary>A stretch of time that somebody is busy.</summary>
/// <param name="From">Begin.</param>
/// <param name="Until">End; itself free.</param>
public sealed record BusySpan(DateTimeOffset From, DateTimeOffset Until);

/// <summary>
/// Reads from an iCalendar file when somebody is busy (VIS-23): its events (RFC 5545) with their repetitions, exceptions and
/// changed
/// occurrences. What is cancelled, or marked as free time (<c>TRANSP:TRANSPARENT</c>), takes none.
/// </summary>
internal sealed class BusyCalendarFile
{
    /// <summary>Occurrences at most, past ones and those of free time included.</summary>
    public const int MostOccurrences = 20_000;

    private const string Example = "20260907T080000";

    private readonly List<FieldMistake> mistakes = [];
    private readonly CalendarZones zones;
    private readonly BusySpan window;
    private int occurrences;

    private BusyCalendarFile(CalendarZones zones, BusySpan window) => (this.zones, this.window) = (zones, window);

    /// <summary>Reads a file; an event with a mistake is left out, and the others are read.</summary>
    /// <param name="text">The file.</param>
    /// <param name="zone">The school's time zone, which times without one are in.</param>
    /// <param name="window">Only what lies in this time is of interest: rules may be endless.</param>
    public static (int Events, IReadOnlyList<BusySpan> Times, IReadOnlyList<FieldMistake> Mistakes) Read(
        string text, TimeZoneInfo zone, BusySpan window)
    {
        if (ICalendarReader.Objects(text) is not { Count: > 0 } objects || objects.Any(one => one.Name != "VCALENDAR"))
            return (0, [], [PlanningFailures.NoCalendar.At("file")]);
        var file = new BusyCalendarFile(new CalendarZones(zone, objects.SelectMany(one => one.Named("VTIMEZONE"))), window);
        var events = objects.SelectMany(one => one.Named("VEVENT")).Select(file.Event).OfType<CalendarEvent>().ToArray();
        var changed = events.Where(e => e.Changes is not null)
            .ToLookup(e => e.Uid, e => e.Changes!.Value.Instant, StringComparer.Ordinal);
        var times = new List<BusySpan>();
        foreach (var one in events)
        {
            var moved = one.Changes is null ? changed[one.Uid].ToHashSet() : [];
            times.AddRange(file.Spans(one, moved));
            if (file.occurrences > MostOccurrences)
                return (events.Length, [], [PlanningFailures.Occurrences.At($"line {one.Line}", MostOccurrences)]);
        }

        return (events.Length, [.. times.OrderBy(time => time.From)], file.mistakes);
    }

    private IEnumerable<BusySpan> Spans(CalendarEvent e, HashSet<DateTimeOffset> moved)
    {
        // A day more, because the window's end is another time on other clocks.
        var last = window.Until.UtcDateTime.AddDays(1);
        var times = (e.Rule?.Of(e.Start, last) ?? [e.Start.Local]).Concat(e.Added.Select(time => time.Local))
            .TakeWhile(_ => ++occurrences <= MostOccurrences);
        return
        [
            .. times.Select(e.Start.At)
                .Where(at => e.TakesTime && !moved.Contains(at.Instant) && !e.Removed.Any(gone => IsSame(gone, at)))
                .Select(at => new BusySpan(at.Instant, e.Length.EndOf(at)))
                .Where(time => time.From < time.Until && time.From < window.Until && time.Until > window.From),
        ];
    }

    // Calendars also take out occurrences by their day.
    private static bool IsSame(CalendarTime gone, CalendarTime at) =>
        gone.IsDay ? gone.Local == at.Local.Date : gone.Instant == at.Instant;

    private CalendarEvent? Event(CalendarPart part)
    {
        var before = mistakes.Count;
        if (part["DTSTART"] is not { } begin)
        {
            mistakes.Add(PlanningFailures.Property.At($"line {part.Number}, DTSTART", part.Number, "DTSTART", Example));
            return null;
        }

        if (Time(begin, begin.Value) is not { } start)
            return null;
        var changes = part["RECURRENCE-ID"] is { } line ? Changed(line) : null;
        var length = Length(part, start);
        Recurrence? rule = null;
        if (part["RRULE"] is { } repeats && (rule = Recurrence.Read(repeats.Value, start)) is null)
            mistakes.Add(PlanningFailures.Rule.At($"line {repeats.Number}, RRULE", repeats.Number));
        var added = Times(part, "RDATE")
            .Select(time => start.At(TimeZoneInfo.ConvertTime(time.Instant, start.Zone).DateTime)).ToArray();
        var removed = Times(part, "EXDATE").ToArray();
        if (mistakes.Count > before)
            return null;
        return new CalendarEvent(
            part.Number, part["UID"]?.Value ?? $"line {part.Number}", start, length, changes, rule, added, removed,
            TakesTime: !Is(part, "STATUS", "CANCELLED") && !Is(part, "TRANSP", "TRANSPARENT"));
    }

    private CalendarTime? Changed(CalendarLine line)
    {
        if (!line.Parameters.ContainsKey("RANGE"))
            return Time(line, line.Value);
        mistakes.Add(PlanningFailures.Range.At($"line {line.Number}, RECURRENCE-ID", line.Number));
        return null;
    }

    private CalendarLength Length(CalendarPart part, CalendarTime start)
    {
        if (part["DTEND"] is { } end)
        {
            if (Time(end, end.Value) is { } at)
            {
                if (CalendarLength.Between(start, at) is { } length)
                    return length;
                mistakes.Add(PlanningFailures.Hours.At($"line {end.Number}, DTEND"));
            }
        }
        else if (part["DURATION"] is { } duration)
        {
            if (CalendarLength.Read(duration.Value) is { } length)
                return length;
            mistakes.Add(Property(duration, "PT45M"));
        }

        // Without either, a day is a whole day, and a time takes none (RFC 5545, 3.6.1).
        return new CalendarLength(start.IsDay ? 1 : 0, TimeSpan.Zero);
    }

    private IEnumerable<CalendarTime> Times(CalendarPart part, string name) => part.Lines.Where(line => line.Name == name)
        .SelectMany(line => line.Value.Split(',').Select(text => Time(line, text))).OfType<CalendarTime>();

    private CalendarTime? Time(CalendarLine line, string text)
    {
        if (zones.Of(line) is not { } zone)
            mistakes.Add(PlanningFailures.Zone.At($"line {line.Number}, {line.Name}", line.Number, line.Parameters["TZID"]));
        else if (CalendarTime.Read(text, zone) is { } time)
            return time;
        else
            mistakes.Add(Property(line, Example));
        return null;
    }

    private static FieldMistake Property(CalendarLine line, string example) =>
        PlanningFailures.Property.At($"line {line.Number}, {line.Name}", line.Number, line.Name, example);

    private static bool Is(CalendarPart part, string name, string value) =>
        string.Equals(part[name]?.Value.Trim(), value, StringComparison.OrdinalIgnoreCase);

    private sealed record CalendarEvent(
        int Line, string Uid, CalendarTime Start, CalendarLength Length, CalendarTime? Changes, Recurrence? Rule,
        CalendarTime[] Added, CalendarTime[] Removed, bool TakesTime);
}
