namespace HomeSchool.Archives;

/// <summary>The day where the district is (ALL-3).</summary>
internal static class LocalDay
{
    /// <summary>The zone's name, for PostgreSQL.</summary>
    public const string ZoneName = "Asia/Shanghai";

    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById(ZoneName);

    /// <summary>Today.</summary>
    public static DateOnly Today(TimeProvider clock) => Of(clock.GetUtcNow());

    /// <summary>The day of a time.</summary>
    public static DateOnly Of(DateTimeOffset time) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(time, Zone).DateTime);

    /// <summary>A time as the clocks there show it.</summary>
    public static DateTimeOffset TimeOf(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Zone);

    /// <summary>When a day begins.</summary>
    public static DateTimeOffset Start(DateOnly day)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, Zone.GetUtcOffset(midnight)).ToUniversalTime();
    }
}
