namespace HomeSchool.Messages.OffHours;

/// <summary>A stretch of working time on a weekday.</summary>
/// <param name="Day">The weekday on which it begins.</param>
/// <param name="From">When it begins, local time of the district.</param>
/// <param name="Until">When it ends; at or before <paramref name="From"/>, on the day after.</param>
public sealed record WorkingTime(DayOfWeek Day, TimeOnly From, TimeOnly Until);

/// <summary>Days on which somebody does not work.</summary>
/// <param name="From">The first day, on the district's calendar.</param>
/// <param name="Until">The last day, at most a year later.</param>
/// <param name="Reply">What families are told in these days, up to 200 characters, in the teacher's own words; nothing about a
/// child.</param>
public sealed record Absence(DateOnly From, DateOnly Until, string? Reply = null)
{
    /// <summary>Whether a day is one of them.</summary>
    internal bool Covers(DateOnly day) => From <= day && day <= Until;
}

/// <summary>
/// Says when somebody works and when not (MSG-6): a week that comes again and again, without the days of absence. A stretch over
/// midnight belongs to both of its days, so that an absence takes the half that lies in it.
/// </summary>
/// <param name="zone">The time zone of the hours and days.</param>
/// <param name="week">The stretches, at least one; they may overlap.</param>
/// <param name="absences">The days of absence.</param>
internal sealed class WorkingHours(TimeZoneInfo zone, IReadOnlyList<WorkingTime> week, IReadOnlyList<Absence> absences)
{
    /// <summary>When working time begins again; <see langword="null"/> at an instant that is within it.</summary>
    public DateTimeOffset? BackAt(DateTimeOffset instant)
    {
        var today = DayOf(instant);
        // A week after the last absence there is working time, whatever the week looks like.
        var last = absences.Select(absence => absence.Until).Append(today).Max().AddDays(8);
        for (var day = today; day <= last; day = day.AddDays(1))
        {
            foreach (var (from, until) in On(day).OrderBy(piece => piece.From))
            {
                if (from > instant)
                    return from;
                if (until > instant)
                    return null;
            }
        }

        throw new InvalidOperationException("A week without working time must not be kept.");
    }

    /// <summary>The absence of an instant; <see langword="null"/> when it is an ordinary day.</summary>
    public Absence? AbsenceAt(DateTimeOffset instant) => absences.FirstOrDefault(absence => absence.Covers(DayOf(instant)));

    private DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);

    // The working time of a day: what begins on it, and what the evening before has left.
    private IEnumerable<(DateTimeOffset From, DateTimeOffset Until)> On(DateOnly day)
    {
        if (absences.Any(absence => absence.Covers(day)))
            yield break;
        var (midnight, end) = (day.ToDateTime(TimeOnly.MinValue), day.AddDays(1).ToDateTime(TimeOnly.MinValue));
        foreach (var time in week)
        {
            var isOver = time.Until <= time.From;
            if (time.Day == day.DayOfWeek)
                yield return (Instant(day.ToDateTime(time.From)), Instant(isOver ? end : day.ToDateTime(time.Until)));
            if (isOver && time.Day == day.AddDays(-1).DayOfWeek && time.Until > TimeOnly.MinValue)
                yield return (Instant(midnight), Instant(day.ToDateTime(time.Until)));
        }
    }

    // Of a time that comes twice, the first; a time that the clocks jump over is when they have jumped. So a later time is never
    // sooner.
    private DateTimeOffset Instant(DateTime local)
    {
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
