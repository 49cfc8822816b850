using System.Globalization;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Emergencies;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Protection;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.SpotChecks;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Policies;

/// <summary>
/// What a district, or a school for itself, decides about visits. The defaults are those of the rules; a member that is left out
/// has its default.
/// </summary>
public sealed record VisitPolicy
{
    /// <summary>The IANA time zone whose days and hours count (ALL-3).</summary>
    public string TimeZone { get; init; } = "Asia/Shanghai";

    /// <summary>When visits are preferred, Monday to Friday (VIS-4).</summary>
    public Window Weekdays { get; init; } = new(new TimeOnly(19, 0), new TimeOnly(21, 0));

    /// <summary>When visits are preferred on Saturday and Sunday (VIS-4).</summary>
    public Window Weekends { get; init; } = new(new TimeOnly(9, 0), new TimeOnly(11, 0));

    /// <summary>The shortest usual visit in minutes, and what is assumed when nobody says (VIS-4).</summary>
    public int ShortestMinutes { get; init; } = 30;

    /// <summary>The longest usual visit in minutes (VIS-4).</summary>
    public int LongestMinutes { get; init; } = 45;

    /// <summary>Visits of one teacher on one day without a warning (VIS-4).</summary>
    public int MostPerDay { get; init; } = 2;

    /// <summary>Visits of one teacher from Monday to Sunday without a warning (VIS-4).</summary>
    public int MostPerWeek { get; init; } = 6;

    /// <summary>Days of 24 hours between the invitation and the visit, emergencies apart (VIS-6).</summary>
    public int NoticeDays { get; init; } = 3;

    /// <summary>Days after the visit until its record is due (VIS-10).</summary>
    public int RecordDueDays { get; init; } = 3;

    /// <summary>Hours before its appointment at which the family is reminded; 0 for never (VIS-6).</summary>
    public int ReminderHours { get; init; } = 24;

    /// <summary>Minutes before its appointment at which a visit may be started.</summary>
    public int StartEarlyMinutes { get; init; } = 30;

    /// <summary>Preparing and recording visits (VIS-7, VIS-10, VIS-14, VIS-16).</summary>
    public RecordPolicy Records { get; init; } = new();

    /// <summary>The closing weeks of a term, which plans leave to what comes late (VIS-2).</summary>
    public int ClosingWeeks { get; init; } = 4;

    /// <summary>What counts for what, and when it is due (VIS-2, VIS-3).</summary>
    public WorkListPolicy WorkList { get; init; } = new();

    /// <summary>Contacts, follow-ups and disputes.</summary>
    public LedgerPolicy Ledger { get; init; } = new();

    /// <summary>The checklist of spot checks (VIS-13).</summary>
    public SpotCheckPolicy SpotChecks { get; init; } = new();

    /// <summary>Emergencies and alarms (VIS-9, VIS-18).</summary>
    public EmergencyPolicy Emergencies { get; init; } = new();

    /// <summary>What people are told when a child is in danger (VIS-17, VIS-18).</summary>
    public ProtectionPolicy Protection { get; init; } = new();

    /// <summary>The earliest whole minute for which a visit may be scheduled now (VIS-6).</summary>
    public DateTimeOffset EarliestStart(DateTimeOffset now) =>
        LocalTime.ToMinute(now.AddDays(NoticeDays).AddMinutes(1).AddTicks(-1));

    /// <summary>What to warn of about an appointment (VIS-4); none of it is a refusal.</summary>
    /// <param name="startsAt">The appointment's begin.</param>
    /// <param name="minutes">Its length.</param>
    /// <param name="others">For each visitor, when their other visits begin.</param>
    public IEnumerable<Warning> Warnings(
        DateTimeOffset startsAt, int minutes, IEnumerable<IEnumerable<DateTimeOffset>> others)
    {
        var local = LocalTime.At(startsAt, TimeZone).DateTime;
        var window = local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? Weekends : Weekdays;
        var end = local.TimeOfDay + TimeSpan.FromMinutes(minutes);
        if (local.TimeOfDay < window.From.ToTimeSpan() || end > window.To.ToTimeSpan())
            yield return Warning.OutsideWindow(window);
        if (minutes < ShortestMinutes || minutes > LongestMinutes)
            yield return Warning.UnusualLength(ShortestMinutes, LongestMinutes);

        var day = DateOnly.FromDateTime(local);
        var days = others.Select(starts => starts.Select(start => LocalTime.Day(start, TimeZone)).ToArray()).ToArray();
        if (days.Any(visitor => visitor.Count(other => other == day) + 1 > MostPerDay))
            yield return Warning.FullDay(MostPerDay);
        if (days.Any(visitor => visitor.Count(other => Monday(other) == Monday(day)) + 1 > MostPerWeek))
            yield return Warning.FullWeek(MostPerWeek);
    }

    private static DateOnly Monday(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
}

/// <summary>Hours of a day.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End, later than <paramref name="From"/>.</param>
public sealed record Window(TimeOnly From, TimeOnly To)
{
    /// <summary>E.g. <c>19:00–21:00</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:HH:mm}–{To:HH:mm}");
}

/// <summary>Something about an appointment that its maker should know (VIS-4, VIS-23); the appointment stands all the
/// same.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Zh">The text in Chinese.</param>
/// <param name="En">The text in English.</param>
public sealed record Warning(string Code, string Zh, string En)
{
    /// <summary>A lesson, duty or absence of somebody who visits (VIS-23).</summary>
    internal static readonly Warning VisitorBusy = new("visits.visitor-busy",
        "家访教师此时有课、值班或请假。", "One who visits has lessons, duty or leave at this time.");

    /// <summary>In the reader's language.</summary>
    internal WarningText In(bool chinese) => new(Code, chinese ? Zh : En);

    internal static Warning OutsideWindow(Window window) => new("visits.outside-window",
        $"不在建议时段 {window} 内。",
        $"Outside the preferred hours {window}.");

    internal static Warning UnusualLength(int shortest, int longest) => new("visits.unusual-length",
        $"建议时长为 {shortest}–{longest} 分钟。", $"The usual length is {shortest}–{longest} minutes.");

    internal static Warning FullDay(int most) => new("visits.full-day",
        $"该教师当天的家访已超过建议的 {most} 次。", $"More than the suggested {most} visits of this teacher on that day.");

    internal static Warning FullWeek(int most) => new("visits.full-week",
        $"该教师当周的家访已超过建议的 {most} 次。", $"More than the suggested {most} visits of this teacher in that week.");
}
