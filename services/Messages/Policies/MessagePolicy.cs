using System.Text.Json;
using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.OffHours;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Wording;

namespace HomeSchool.Messages.Policies;

/// <summary>A district's choices for messages; the values here are the rules' defaults (MSG-4).</summary>
/// <param name="TimelyHours">Within how many hours a notice must have reached a guardian to be timely, 1–168.</param>
/// <param name="RemindPauseHours">A guardian is reminded of a notice at most once in so many hours, 1–168.</param>
/// <param name="TimeZone">The IANA time zone whose days count (ALL-3).</param>
public sealed record MessagePolicy(int TimelyHours = 24, int RemindPauseHours = 12, string TimeZone = "Asia/Shanghai")
{
    /// <summary>From when on nothing but what is urgent leaves (MSG-6), local time.</summary>
    public TimeOnly QuietFrom { get; init; } = new(21, 0);

    /// <summary>Until when; the same time as <see cref="QuietFrom"/> for no quiet hours.</summary>
    public TimeOnly QuietUntil { get; init; } = new(7, 0);

    /// <summary>When a day's messages leave as one, local time (MSG-6).</summary>
    public TimeOnly DigestAt { get; init; } = new(18, 0);

    /// <summary>Wordings that wait for a moderator in classes' groups (MSG-3); <see langword="null"/>: <see cref="GroupWords.Default"/>.</summary>
    public GroupWords? GroupWords { get; init; }

    /// <summary>Wordings that staff are warned of (VIS-14); <see langword="null"/>: <see cref="ToneWord.Defaults"/>.</summary>
    public IReadOnlyList<ToneWord>? ToneWords { get; init; }

    /// <summary>When teachers work who have set no hours of their own (MSG-6), local time; 1–21 stretches.</summary>
    public IReadOnlyList<WorkingTime> WorkingWeek { get; init; } = UsualWeek;

    /// <summary>Whom a family turns to about safety while a teacher is off (MSG-6), such as a number, up to 100 characters; without it,
    /// the school's staff on duty.</summary>
    public string? SafetyContact { get; init; }

    /// <summary>Above how many notices a week for a guardian the publisher is warned (ALL-6), 1–100.</summary>
    public int NoticesAWeek { get; init; } = 5;

    /// <summary>Above how many minutes a week for a teacher, visits aside, the publisher is warned (ALL-6), 1–2,400.</summary>
    public int TeacherMinutesAWeek { get; init; } = 30;

    private static readonly WorkingTime[] UsualWeek =
    [
        .. new[] { DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday }
            .Select(day => new WorkingTime(day, new TimeOnly(7, 30), new TimeOnly(18, 0))),
    ];

    /// <summary>The first moment from this one on at which what is not urgent may leave.</summary>
    internal DateTimeOffset EndOfQuiet(DateTimeOffset instant)
    {
        var local = TimeOnly.FromDateTime(Local(instant));
        // IsBetween has its begin and not its end, goes over midnight, and is empty where both are the same.
        return QuietFrom != QuietUntil && local.IsBetween(QuietFrom, QuietUntil) ? Next(instant, QuietUntil) : instant;
    }

    /// <summary>The next time after this one at which a day's messages leave as one.</summary>
    internal DateTimeOffset NextDigest(DateTimeOffset instant) => Next(instant, DigestAt);

    /// <summary>The day of an instant on the district's calendar.</summary>
    internal DateOnly Day(DateTimeOffset instant) =>
        DateOnly.FromDateTime(Local(instant));

    /// <summary>The first moment of a day on the district's calendar.</summary>
    internal DateTimeOffset Begin(DateOnly day)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
    }

    private DateTime Local(DateTimeOffset instant) =>
        TimeZoneInfo.ConvertTime(instant, TimeZoneInfo.FindSystemTimeZoneById(TimeZone)).DateTime;

    // A time that the clocks jump over is taken as if they had not: an hour off, once a year.
    private DateTimeOffset Next(DateTimeOffset instant, TimeOnly at)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        for (var day = Day(instant); ; day = day.AddDays(1))
        {
            var local = day.ToDateTime(at);
            var next = new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
            if (next > instant)
                return next;
        }
    }
}

/// <summary>The policy that a district has set.</summary>
public sealed class Policy
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it says; replaced as a whole.</summary>
    public MessagePolicy Settings { get; private set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Sets all of it.</summary>
    public void Set(MessagePolicy settings)
    {
        Settings = settings;
        Version++;
    }

    /// <summary>As it is stored. A member that a later version adds has its default.</summary>
    internal static MessagePolicy Read(string text) => JsonSerializer.Deserialize<MessagePolicy>(text, Json.Options)!;

    /// <summary>As it is stored.</summary>
    internal static string Write(MessagePolicy settings) => JsonSerializer.Serialize(settings, Json.Options);
}
