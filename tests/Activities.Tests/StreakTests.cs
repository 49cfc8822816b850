using HomeSchool.Activities.FamilyActivities;

namespace HomeSchool.Activities.Tests;

/// <summary>ACT-4: which day a tap counts for, which missed day can be made up, what a streak is; without a service.</summary>
public sealed class StreakTests
{
    private static readonly DateOnly First = new(2026, 10, 20);

    [Theory]
    [Trait("Rule", "ACT-4")]
    [InlineData("", 4, 0, 0, 0)]
    [InlineData("1", 1, 1, 1, 1)]
    [InlineData("1234", 4, 4, 4, 4)]
    [InlineData("123", 4, 3, 3, 3)] // today is not over
    [InlineData("12", 4, 2, 0, 2)] // yesterday is
    [InlineData("124", 4, 3, 1, 2)]
    [InlineData("421", 4, 3, 1, 2)] // in whatever order they come
    public void A_streak_is_the_days_in_a_row_and_a_day_that_is_not_over_breaks_none(
        string days, int today, int count, int current, int longest)
    {
        var streak = Streak.Of(
            [.. days.Select(day => First.AddDays(day - '1'))], First.AddDays(20), First.AddDays(today - 1));
        streak.ShouldBe(new Streak(count, current, longest));
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public void After_the_end_a_streak_stays_as_it_was_on_the_last_day()
    {
        DateOnly[] all = [.. Enumerable.Range(0, 21).Select(First.AddDays)];
        Streak.Of(all, First.AddDays(20), First.AddDays(90)).ShouldBe(new Streak(21, 21, 21));
        Streak.Of(all[..20], First.AddDays(20), First.AddDays(20)).ShouldBe(new Streak(20, 20, 20)); // the last evening
        Streak.Of(all[..20], First.AddDays(20), First.AddDays(21)).ShouldBe(new Streak(20, 0, 20));
    }

    [Theory]
    [Trait("Rule", "ACT-4")]
    [InlineData("Asia/Shanghai", "2026-10-20T15:59:59Z", "2026-10-20")]
    [InlineData("Asia/Shanghai", "2026-10-20T16:00:00Z", "2026-10-21")] // midnight
    [InlineData("Asia/Shanghai", "2026-10-20T23:59:59+08:00", "2026-10-20")]
    [InlineData("Asia/Shanghai", "2026-10-20T20:00:00-07:00", "2026-10-21")] // a family that is travelling
    [InlineData("Europe/Berlin", "2026-10-24T21:59:59Z", "2026-10-24")]
    [InlineData("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25")] // the day has 25 hours …
    [InlineData("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25")] // … to its last second
    [InlineData("Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-26")]
    public void A_tap_counts_for_the_day_of_its_moment_on_the_clocks_of_the_place(string zone, string at, string day)
    {
        var happened = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
        Marathon(zone).Tapped(happened, happened.AddHours(50), out var counted).ShouldBeNull(); // it arrives two days later
        counted.ShouldBe(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public void A_tap_that_is_too_late_or_to_come_or_on_no_day_of_it_does_not_count()
    {
        var marathon = Marathon("Asia/Shanghai");
        var noon = new DateTimeOffset(2026, 10, 22, 4, 0, 0, TimeSpan.Zero);
        marathon.Tapped(noon, noon.AddDays(3), out _).ShouldBeNull();
        marathon.Tapped(noon, noon.AddDays(3).AddSeconds(1), out _).ShouldBe(FamilyActivityFailures.TooOld);
        marathon.Tapped(noon.AddMinutes(6), noon, out _).ShouldBe(FamilyActivityFailures.Ahead);
        marathon.Tapped(DateTimeOffset.MinValue, noon, out _).ShouldBe(FamilyActivityFailures.TooOld);
        marathon.Tapped(DateTimeOffset.MaxValue, noon, out _).ShouldBe(FamilyActivityFailures.Ahead);
        marathon.Tapped(null, noon.AddDays(-3), out _).ShouldBe(FamilyActivityFailures.NoDayOfIt);
        marathon.Tapped(null, noon.AddDays(19), out _).ShouldBe(FamilyActivityFailures.NoDayOfIt);

        // A clock that is three minutes fast does not reach into tomorrow.
        var night = new DateTimeOffset(2026, 10, 22, 23, 58, 0, TimeSpan.FromHours(8));
        marathon.Tapped(night.AddMinutes(3), night, out var day).ShouldBeNull();
        day.ShouldBe(new DateOnly(2026, 10, 22));
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public void A_missed_day_is_made_up_within_the_days_and_as_often_as_the_activity_lets()
    {
        var marathon = Marathon("Asia/Shanghai");
        var today = new DateTimeOffset(2026, 10, 24, 4, 0, 0, TimeSpan.Zero);
        marathon.MadeUp(First.AddDays(3), 0, today).ShouldBeNull();
        marathon.MadeUp(First.AddDays(2), 0, today).ShouldBeNull();
        marathon.MadeUp(First.AddDays(1), 0, today).ShouldBe(FamilyActivityFailures.NoMakeUp); // three days ago
        marathon.MadeUp(First.AddDays(3), 3, today).ShouldBe(FamilyActivityFailures.NoMakeUp); // three times already
        marathon.MadeUp(First.AddDays(4), 0, today).ShouldBe(FamilyActivityFailures.NotMissed); // today
        marathon.MadeUp(First.AddDays(-1), 0, today).ShouldBe(FamilyActivityFailures.NotMissed);
    }

    private static FamilyActivity Marathon(string zone) => new()
    {
        StartsOn = First,
        EndsOn = First.AddDays(20),
        TimeZone = zone,
        MakeUpDays = 2,
        MakeUps = 3,
    };
}
