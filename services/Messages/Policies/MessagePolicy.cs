using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Messages.Policies;

/// <summary>A district's choices for messages; the values here are the rules' defaults (MSG-4).</summary>
/// <param name="TimelyHours">Within how many hours a notice must have reached a guardian to be timely, 1–168.</param>
/// <param name="RemindPauseHours">A guardian is reminded of a notice at most once in so many hours, 1–168.</param>
/// <param name="TimeZone">The IANA time zone whose days count (ALL-3).</param>
public sealed record MessagePolicy(int TimelyHours = 24, int RemindPauseHours = 12, string TimeZone = "Asia/Shanghai")
{
    /// <summary>The day of an instant on the district's calendar.</summary>
    internal DateOnly Day(DateTimeOffset instant) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, TimeZoneInfo.FindSystemTimeZoneById(TimeZone)).DateTime);

    /// <summary>The first moment of a day on the district's calendar.</summary>
    internal DateTimeOffset Begin(DateOnly day)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
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
