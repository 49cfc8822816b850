using System.Globalization;
using HomeSchool.Messages.OffHours;
using HomeSchool.Messages.Policies;

namespace HomeSchool.Messages.Tests;

/// <summary>When a teacher works, and when again (MSG-6): the decision alone.</summary>
[Trait("Rule", "MSG-6")]
public sealed class WorkingHoursTests
{
    private static readonly WorkingTime[] Usual = [.. new MessagePolicy().WorkingWeek];

    [Theory]
    [InlineData("2026-11-23T07:29+08:00", "2026-11-23T07:30+08:00")] // Monday, before work
    [InlineData("2026-11-23T07:30+08:00", null)]
    [InlineData("2026-11-23T17:59+08:00", null)]
    [InlineData("2026-11-23T18:00+08:00", "2026-11-24T07:30+08:00")]
    [InlineData("2026-11-27T18:00+08:00", "2026-11-30T07:30+08:00")] // Friday evening
    [InlineData("2026-11-28T12:00+08:00", "2026-11-30T07:30+08:00")]
    [InlineData("2026-11-22T23:45Z", null)] // 07:45 there
    public void In_the_usual_week_evenings_and_weekends_are_off(string at, string? back) =>
        BackAt("Asia/Shanghai", Usual, [], at).ShouldBe(Time(back));

    [Theory]
    [InlineData("2026-11-23T19:59+08:00", "2026-11-23T20:00+08:00")]
    [InlineData("2026-11-23T23:59+08:00", null)]
    [InlineData("2026-11-24T00:00+08:00", null)]
    [InlineData("2026-11-24T05:59+08:00", null)]
    [InlineData("2026-11-24T06:00+08:00", "2026-11-30T20:00+08:00")]
    public void A_stretch_over_midnight_goes_on_until_the_morning(string at, string? back) =>
        BackAt("Asia/Shanghai", [Of(DayOfWeek.Monday, 20, 6)], [], at).ShouldBe(Time(back));

    [Theory]
    [InlineData("2026-11-23T23:59+08:00", null)]
    [InlineData("2026-11-24T00:00+08:00", "2026-11-30T20:00+08:00")]
    public void An_absence_takes_the_half_of_the_night_that_lies_in_it(string at, string? back) =>
        BackAt("Asia/Shanghai", [Of(DayOfWeek.Monday, 20, 6)], [new Absence(new(2026, 11, 24), new(2026, 11, 24))], at)
            .ShouldBe(Time(back));

    [Fact]
    public void Who_comes_back_in_the_middle_of_a_night_is_back_at_midnight() =>
        BackAt(
            "Asia/Shanghai", [Of(DayOfWeek.Monday, 20, 6)], [new Absence(new(2026, 11, 23), new(2026, 11, 23))],
            "2026-11-23T21:00+08:00").ShouldBe(Time("2026-11-24T00:00+08:00"));

    [Fact]
    public void Absences_one_after_the_other_end_with_the_last()
    {
        Absence[] absences =
            [new(new(2026, 11, 30), new(2027, 1, 3)), new(new(2026, 11, 23), new(2026, 11, 27)), new(new(2027, 1, 4), new(2027, 1, 4))];
        BackAt("Asia/Shanghai", Usual, absences, "2026-11-23T09:00+08:00").ShouldBe(Time("2027-01-05T07:30+08:00"));
    }

    [Theory]
    // The clocks jump from 02:00 to 03:00 on 8 March: 02:30 is when they have jumped, and 03:30 is half an hour later.
    [InlineData("2026-03-08T01:59-05:00", "2026-03-08T03:00-04:00")]
    [InlineData("2026-03-08T03:29-04:00", null)]
    [InlineData("2026-03-08T03:30-04:00", "2026-03-15T02:30-04:00")]
    // And back from 02:00 to 01:00 on 1 November: 01:30 is the first of two.
    [InlineData("2026-11-01T01:29-04:00", "2026-11-01T01:30-04:00")]
    [InlineData("2026-11-01T01:30-04:00", null)]
    [InlineData("2026-11-01T01:30-05:00", null)]
    [InlineData("2026-11-01T02:00-05:00", "2026-11-08T01:30-05:00")]
    public void Hours_hold_on_the_days_on_which_the_clocks_change(string at, string? back)
    {
        WorkingTime[] week = at.StartsWith("2026-03", StringComparison.Ordinal)
            ? [new(DayOfWeek.Sunday, new TimeOnly(2, 30), new TimeOnly(3, 30))]
            : [new(DayOfWeek.Sunday, new TimeOnly(1, 30), new TimeOnly(2, 0))];
        BackAt("America/New_York", week, [], at).ShouldBe(Time(back));
    }

    [Fact]
    public void Of_two_teachers_the_one_who_works_is_enough_and_else_the_first_who_is_back_counts()
    {
        var policy = new MessagePolicy();
        var at = Time("2026-11-23T20:00+08:00")!.Value;
        var late = new OwnHours([Of(DayOfWeek.Monday, 19, 21)]);
        var early = new OwnHours([Of(DayOfWeek.Tuesday, 6, 9)]);
        OffHoursReply.Of(policy, [early, late], at).ShouldBeNull();
        OffHoursReply.Of(policy, [new OwnHours(), early], at)!.BackAt.ShouldBe(Time("2026-11-24T06:00+08:00")!.Value);
        OffHoursReply.Of(policy, [], at).ShouldBeNull();
    }

    private static WorkingTime Of(DayOfWeek day, int from, int until) => new(day, new TimeOnly(from, 0), new TimeOnly(until, 0));

    private static DateTimeOffset? BackAt(
        string zone, IReadOnlyList<WorkingTime> week, IReadOnlyList<Absence> absences, string at) =>
        new WorkingHours(TimeZoneInfo.FindSystemTimeZoneById(zone), week, absences).BackAt(Time(at)!.Value);

    private static DateTimeOffset? Time(string? text) =>
        text is null ? null : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
