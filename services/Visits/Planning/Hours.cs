using HomeSchool.Visits.Calendar;
using NpgsqlTypes;

namespace HomeSchool.Visits.Planning;

/// <summary>When a student's family can be visited, as it has said (VIS-5); without a row, at any time.</summary>
public sealed class FamilyTimes
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it has said.</summary>
    public StatedHours Hours { get; set; } = new([], [], []);

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>Times that a family states.</summary>
/// <param name="Unavailable">Hours of the week at which it cannot be visited.</param>
/// <param name="Preferred">Hours of the week at which it would like it best; none: all alike.</param>
/// <param name="Away">Days on which it is away.</param>
public sealed record StatedHours(
    IReadOnlyList<WeeklyHours> Unavailable, IReadOnlyList<WeeklyHours> Preferred, IReadOnlyList<DaySpan> Away);

/// <summary>Hours of a weekday.</summary>
/// <param name="Day">The weekday.</param>
/// <param name="From">Begin.</param>
/// <param name="To">End, later than <paramref name="From"/>.</param>
public sealed record WeeklyHours(DayOfWeek Day, TimeOnly From, TimeOnly To);

/// <summary>Days, both included.</summary>
/// <param name="From">The first.</param>
/// <param name="Until">The last.</param>
public sealed record DaySpan(DateOnly From, DateOnly Until);

/// <summary>
/// When a staff member cannot visit (VIS-23): a lesson or duty of each week while the timetable holds, or an absence of whole
/// days or some hours. Without a weekday it holds on every day of its span.
/// </summary>
public sealed class BusyHours
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The row.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The weekday of a timetable, which follows swapped days (VIS-21); <see langword="null"/> for an absence.</summary>
    public DayOfWeek? Weekday { get; init; }

    /// <summary>The first day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>The last day.</summary>
    public DateOnly EndsOn { get; init; }

    /// <summary>From this hour of each of the days.</summary>
    public TimeOnly FromTime { get; init; }

    /// <summary>Until this hour; 23:59 for the whole day.</summary>
    public TimeOnly ToTime { get; init; }

    /// <summary>Whether they hold on a day.</summary>
    internal bool HoldOn(DateOnly day, SchoolCalendar school) =>
        day >= StartsOn && day <= EndsOn && (Weekday is null || Weekday == school.TimetableOf(day));

    /// <summary>Whether they meet an appointment.</summary>
    /// <param name="startsAt">Its begin, on the clocks of the school.</param>
    /// <param name="minutes">Its length.</param>
    /// <param name="school">Holidays and swapped days.</param>
    internal bool Meet(DateTime startsAt, int minutes, SchoolCalendar school) =>
        HoldOn(DateOnly.FromDateTime(startsAt), school) && startsAt.TimeOfDay < ToTime.ToTimeSpan()
            && startsAt.TimeOfDay + TimeSpan.FromMinutes(minutes) > FromTime.ToTimeSpan();
}

/// <summary>
/// When a staff member is busy by a calendar that was uploaded (VIS-23): the times as they stood there, day by day, so that
/// swapped days do
/// not move them. A person may have several, e.g. lessons and absences; each is replaced as a whole.
/// </summary>
public sealed class BusyCalendar
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

    /// <summary>What the person calls it.</summary>
    public required string Name { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When it was uploaded.</summary>
    public DateTimeOffset UploadedAt { get; set; }

    /// <summary>Busy times in UTC, each with its begin and without its end; the database joins those that overlap.</summary>
    public NpgsqlRange<DateTime>[] Times { get; set; } = [];

    /// <summary>The same as spans.</summary>
    internal IEnumerable<BusySpan> Spans() =>
        Times.Select(time => new BusySpan(new DateTimeOffset(time.LowerBound), new DateTimeOffset(time.UpperBound)));
}
