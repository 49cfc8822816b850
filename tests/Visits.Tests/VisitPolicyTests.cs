using System.Globalization;
using HomeSchool.Visits.Policies;
namespace HomeSchool.Visits.Tests;

public sealed class VisitPolicyTests
{
    private static readonly VisitPolicy Policy = new();

    // 7 September 2026 is a Monday.
    [Theory]
    [Trait("Rule", "VIS-4")]
    [InlineData("2026-09-07T19:00", 30, "")]
    [InlineData("2026-09-07T20:30", 30, "")]
    [InlineData("2026-09-07T20:31", 30, "visits.outside-window")]
    [InlineData("2026-09-07T18:59", 30, "visits.outside-window")]
    [InlineData("2026-09-07T09:00", 30, "visits.outside-window")]
    [InlineData("2026-09-12T09:00", 45, "")]
    [InlineData("2026-09-13T10:15", 45, "")]
    [InlineData("2026-09-12T19:00", 30, "visits.outside-window")]
    [InlineData("2026-09-07T19:00", 29, "visits.unusual-length")]
    [InlineData("2026-09-07T19:00", 46, "visits.unusual-length")]
    [InlineData("2026-09-07T23:50", 60, "visits.outside-window visits.unusual-length")]
    public void Unusual_times_and_lengths_are_warned_of(string local, int minutes, string codes) =>
        Codes(Policy.Warnings(LocalTime.Read(local, Policy.TimeZone)!.Value, minutes, [])).ShouldBe(codes);

    [Fact]
    [Trait("Rule", "VIS-4")]
    public void More_than_two_visits_a_day_and_six_a_week_are_warned_of_for_the_visitor_who_has_most()
    {
        var monday = LocalTime.Read("2026-09-07T19:00", Policy.TimeZone)!.Value;
        Warned([monday.AddMinutes(45)]).ShouldBe("");
        Warned([monday.AddMinutes(45), monday.AddMinutes(-45)]).ShouldBe("visits.full-day");
        Warned([], [monday.AddMinutes(45), monday.AddMinutes(-45)]).ShouldBe("visits.full-day");
        Warned([.. Enumerable.Range(1, 5).Select(day => monday.AddDays(day))]).ShouldBe("");
        Warned([.. Enumerable.Range(1, 6).Select(day => monday.AddDays(day))]).ShouldBe("visits.full-week");
        Warned([.. Enumerable.Range(1, 6).Select(day => monday.AddDays(-day))]).ShouldBe(""); // the week before

        string Warned(params DateTimeOffset[][] others) => Codes(Policy.Warnings(monday, 30, others));
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public void Windows_follow_the_clocks_through_daylight_saving()
    {
        var berlin = Policy with { TimeZone = "Europe/Berlin" };
        // 19:00 on the clocks is 17:00 UTC in summer and 18:00 UTC in winter.
        berlin.Warnings(new DateTimeOffset(2026, 10, 23, 17, 0, 0, TimeSpan.Zero), 30, []).ShouldBeEmpty();
        berlin.Warnings(new DateTimeOffset(2026, 10, 26, 17, 0, 0, TimeSpan.Zero), 30, []).ShouldNotBeEmpty();
        berlin.Warnings(new DateTimeOffset(2026, 10, 26, 18, 0, 0, TimeSpan.Zero), 30, []).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("2026-03-29T02:30", null)] // the clocks skip it
    [InlineData("2026-03-29 03:30", "2026-03-29T01:30:00+00:00")]
    [InlineData("tomorrow", null)]
    [InlineData("0001-01-01T00:00", null)]
    [InlineData(null, null)]
    public void Local_times_are_read_as_the_clocks_show_them(string? text, string? utc) =>
        LocalTime.Read(text, "Europe/Berlin")
            .ShouldBe(utc is null ? null : DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture));

    [Fact]
    [Trait("Rule", "VIS-1")]
    public void A_day_in_the_holidays_counts_in_the_next_term_and_after_the_last_term_in_that()
    {
        var autumn = Term(new DateOnly(2026, 9, 1), new DateOnly(2027, 1, 20));
        var spring = Term(new DateOnly(2027, 2, 20), new DateOnly(2027, 7, 5));
        Roster.Term.Of(new DateOnly(2026, 8, 20), [spring, autumn]).ShouldBe(autumn);
        Roster.Term.Of(new DateOnly(2026, 12, 31), [spring, autumn]).ShouldBe(autumn);
        Roster.Term.Of(new DateOnly(2027, 2, 1), [spring, autumn]).ShouldBe(spring);
        Roster.Term.Of(new DateOnly(2027, 8, 1), [spring, autumn]).ShouldBe(spring);
        Roster.Term.Of(new DateOnly(2027, 8, 1), []).ShouldBeNull();
    }

    private static string Codes(IEnumerable<Warning> warnings) => string.Join(' ', warnings.Select(warning => warning.Code));

    private static Roster.Term Term(DateOnly from, DateOnly to) => new() { Id = Guid.CreateVersion7(), StartsOn = from, EndsOn = to };
}
