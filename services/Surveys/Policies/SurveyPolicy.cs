namespace HomeSchool.Surveys.Policies;

/// <summary>
/// A district's choices for surveys; the values here are the rules' defaults (SUR-2, SUR-3, SUR-4). What an invitation took from them
/// stays with it, so a change does not touch the past.
/// </summary>
/// <param name="DaysOpen">For how many days a visit's survey can be answered, 1–60.</param>
/// <param name="QuietDays">A family is invited about visits at most once in so many days, 1–365.</param>
/// <param name="MayChange">Whether an answer about a visit can be changed until the survey closes.</param>
/// <param name="SmallestCell">Results are shown and advance in steps of at least so many answers, 5–100.</param>
/// <param name="RemindFrom">The hour from which families are reminded, 0–23.</param>
/// <param name="RemindUntil">The hour from which they are left in peace until the next day, 1–24.</param>
/// <param name="TimeZone">The IANA time zone whose hours and days count (ALL-3).</param>
public sealed record SurveyPolicy(
    int DaysOpen = 7, int QuietDays = 30, bool MayChange = true, int SmallestCell = 5,
    int RemindFrom = 8, int RemindUntil = 20, string TimeZone = "Asia/Shanghai")
{
    /// <summary>An instant on the district's clocks.</summary>
    internal DateTime Local(DateTimeOffset instant) =>
        TimeZoneInfo.ConvertTime(instant, TimeZoneInfo.FindSystemTimeZoneById(TimeZone)).DateTime;

    /// <summary>Whether families may be reminded now.</summary>
    internal bool MayRemind(DateTimeOffset now) => Local(now).Hour >= RemindFrom && Local(now).Hour < RemindUntil;
}

/// <summary>The policy that a district has set.</summary>
public sealed class Policy
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>See <see cref="SurveyPolicy.DaysOpen"/>.</summary>
    public int DaysOpen { get; private set; }

    /// <summary>See <see cref="SurveyPolicy.QuietDays"/>.</summary>
    public int QuietDays { get; private set; }

    /// <summary>See <see cref="SurveyPolicy.MayChange"/>.</summary>
    public bool MayChange { get; private set; }

    /// <summary>See <see cref="SurveyPolicy.SmallestCell"/>.</summary>
    public int SmallestCell { get; private set; }

    /// <summary>See <see cref="SurveyPolicy.RemindFrom"/>.</summary>
    public int RemindFrom { get; private set; }

    /// <summary>See <see cref="SurveyPolicy.RemindUntil"/>.</summary>
    public int RemindUntil { get; private set; }

    /// <summary>See <see cref="SurveyPolicy.TimeZone"/>.</summary>
    public string TimeZone { get; private set; } = "";

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; }

    /// <summary>What it says.</summary>
    public SurveyPolicy Settings => new(DaysOpen, QuietDays, MayChange, SmallestCell, RemindFrom, RemindUntil, TimeZone);

    /// <summary>Sets all of it.</summary>
    public void Set(SurveyPolicy settings)
    {
        (DaysOpen, QuietDays, MayChange, SmallestCell, RemindFrom, RemindUntil, TimeZone) = settings;
        Version++;
    }
}
