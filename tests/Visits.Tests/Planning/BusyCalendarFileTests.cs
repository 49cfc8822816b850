using System.Globalization;
using HomeSchool.Visits.Planning;

namespace HomeSchool.Visits.Tests.Planning;

/// <summary>What a calendar file says, beside what a second implementation makes of it.</summary>
[Trait("Rule", "VIS-23")]
public sealed class BusyCalendarFileTests
{
    private const string Shanghai =
        """
        BEGIN:VTIMEZONE
        TZID:Asia/Shanghai
        BEGIN:STANDARD
        DTSTART:19700101T000000
        TZOFFSETFROM:+0800
        TZOFFSETTO:+0800
        END:STANDARD
        END:VTIMEZONE
        """;

    private const string NewYork =
        """
        BEGIN:VTIMEZONE
        TZID:Of the school, not of any list
        BEGIN:DAYLIGHT
        DTSTART:20070311T020000
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
        TZOFFSETFROM:-0500
        TZOFFSETTO:-0400
        END:DAYLIGHT
        BEGIN:STANDARD
        DTSTART:20071104T020000
        RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
        TZOFFSETFROM:-0400
        TZOFFSETTO:-0500
        END:STANDARD
        END:VTIMEZONE
        """;

    private static readonly TimeZoneInfo School = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    private static readonly BusySpan Term = new(
        new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.FromHours(8)),
        new DateTimeOffset(2027, 1, 31, 0, 0, 0, TimeSpan.FromHours(8)));

    [Fact]
    public async Task Events_with_exceptions_changes_and_other_clocks_are_read_as_another_implementation_reads_them()
    {
        var calendar = Calendar(
            Shanghai, NewYork,
            Event("lesson", "DTSTART;TZID=Asia/Shanghai:20260907T080000", "DTEND;TZID=Asia/Shanghai:20260907T084500",
                "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=30", "EXDATE;TZID=Asia/Shanghai:20260914T080000,20260916T080000",
                "RDATE;TZID=Asia/Shanghai:20260919T090000", "SUMMARY:语文\\, 一\r\n  年级"),
            // Of one week the lesson is later, of another it falls out, of a third it is free.
            Event("lesson", "RECURRENCE-ID;TZID=Asia/Shanghai:20260921T080000", "DTSTART;TZID=Asia/Shanghai:20260922T100000",
                "DURATION:PT1H30M"),
            Event("lesson", "RECURRENCE-ID;TZID=Asia/Shanghai:20260923T080000", "DTSTART;TZID=Asia/Shanghai:20260923T080000",
                "DURATION:PT45M", "STATUS:CANCELLED"),
            Event("lesson", "RECURRENCE-ID;TZID=Asia/Shanghai:20260928T080000", "DTSTART;TZID=Asia/Shanghai:20260928T080000",
                "DURATION:PT45M", "TRANSP:TRANSPARENT"),
            Event("leave", "DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:20261024"),
            Event("one day", "DTSTART;VALUE=DATE:20261105"),
            Event("each day off", "DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;INTERVAL=3;UNTIL=20261215"),
            Event("no time", "DTSTART:20261106T010000Z"),
            Event("floating", "DTSTART:20261107T190000", "DURATION:PT2H"),
            Event("night", "DTSTART:20261108T150000Z", "DTEND:20261108T230000Z", "RRULE:FREQ=DAILY;UNTIL=20261112T150000Z"),
            Event("overseas", "DTSTART;TZID=\"Of the school, not of any list\":20261020T200000", "DURATION:P0DT1H",
                "RRULE:FREQ=WEEKLY;INTERVAL=1;WKST=SU;UNTIL=20261125T000000Z"),
            Event("off", "DTSTART:20261109T010000Z", "DURATION:PT1H", "STATUS:CANCELLED"),
            Event("free", "DTSTART:20261110T010000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"));
        var (events, times, mistakes) = BusyCalendarFile.Read("\uFEFF" + calendar, School, Term);
        mistakes.ShouldBeEmpty();
        events.ShouldBe(13);
        times.ShouldContain(new BusySpan(At("2026-09-22T10:00"), At("2026-09-22T11:30")));
        times.ShouldNotContain(time => time.From == At("2026-09-23T08:00") || time.From == At("2026-09-16T08:00"));
        // Over there the clocks are set back on 1 November.
        times.ShouldContain(time => time.From == new DateTimeOffset(2026, 10, 28, 0, 0, 0, TimeSpan.Zero));
        times.ShouldContain(time => time.From == new DateTimeOffset(2026, 11, 4, 1, 0, 0, TimeSpan.Zero));
        await ShouldBeAsReadThereAsync(times, calendar);
    }

    [Fact]
    public async Task Rules_drawn_at_random_are_read_as_another_implementation_reads_them()
    {
        // Not in the hour that the clocks show twice: there RFC 5545 (3.3.5) means the first, and the other implementation the
        // second.
        var random = new Random(20261122);
        string[] days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
        var events = Enumerable.Range(0, 300).Select(i =>
        {
            var start = new DateTime(2026, 6, 1, random.Next(3, 24), 15 * random.Next(4), 0).AddDays(random.Next(200));
            var daily = random.Next(3) == 0;
            var by = days.Where(_ => random.Next(3) == 0).Append(days[(int)start.DayOfWeek]).Distinct(StringComparer.Ordinal)
                .ToArray();
            var interval = daily && by.Length > 1 ? 1 : random.Next(1, 4);
            var zone = random.Next(3) switch
            {
                0 => "",
                1 => ";TZID=Asia/Shanghai",
                _ => ";TZID=\"Of the school, not of any list\"",
            };
            var suffix = zone.Length == 0 ? "Z" : "";
            var end = random.Next(3) switch
            {
                0 => $";COUNT={random.Next(1, 40)}",
                1 => $";UNTIL={Stamp(start.AddDays(random.Next(150)))}Z",
                _ => "",
            };
            var rule = $"RRULE:FREQ={(daily ? "DAILY" : "WEEKLY")};INTERVAL={interval}{end}"
                + (daily && by.Length == 1 ? "" : $";BYDAY={string.Join(',', by)};WKST={days[random.Next(7)]}");
            return Event(
                $"event {i}", $"DTSTART{zone}:{Stamp(start)}{suffix}", $"DURATION:PT{random.Next(20, 100)}M", rule,
                $"EXDATE{zone}:{Stamp(start.AddDays(7 * random.Next(6)))}{suffix}");
        });
        var calendar = Calendar([Shanghai, NewYork, .. events]);
        var (_, times, mistakes) = BusyCalendarFile.Read(calendar, School, Term);
        mistakes.ShouldBeEmpty();
        times.Count.ShouldBeGreaterThan(5_000);
        await ShouldBeAsReadThereAsync(times, calendar);
    }

    [Fact]
    public void A_time_that_the_clocks_show_twice_is_the_first_and_one_that_they_skip_is_as_if_they_did_not()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        // The examples of RFC 5545, 3.3.5.
        CalendarTime.Read("20071104T013000", zone)!.Value.Instant
            .ShouldBe(new DateTimeOffset(2007, 11, 4, 5, 30, 0, TimeSpan.Zero));
        CalendarTime.Read("20070311T023000", zone)!.Value.Instant
            .ShouldBe(new DateTimeOffset(2007, 3, 11, 7, 30, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Mistakes_are_told_by_line_and_property_and_the_rest_is_read()
    {
        var calendar = Calendar(
            Event("fine", "DTSTART;TZID=China Standard Time:20261105T080000", "DURATION:PT45M"), // Outlook's name
            Event("no begin", "SUMMARY:x"),
            Event("begin", "DTSTART:tomorrow"),
            Event("zone", "DTSTART;TZID=/dev/zero:20261105T080000"),
            Event("length", "DTSTART:20261105T080000Z", "DURATION:PT99999999999M"),
            Event("end", "DTSTART:20261105T080000Z", "DTEND:20261105T070000Z"),
            Event("monthly", "DTSTART:20261105T080000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY"),
            Event("never", "DTSTART:20261105T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=MO"),
            Event("all later", "DTSTART:20261105T080000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261105T080000Z"));
        var (events, times, mistakes) = BusyCalendarFile.Read(calendar, School, Term);
        (events, times.Count).ShouldBe((1, 1));
        times[0].From.ShouldBe(At("2026-11-05T08:00"));
        mistakes.Select(m => (m.Field, m.Code)).ShouldBe(
        [
            ("line 8, DTSTART", "visits.busy-property"), ("line 14, DTSTART", "visits.busy-property"),
            ("line 18, DTSTART", "visits.busy-zone"), ("line 23, DURATION", "visits.busy-property"),
            ("line 28, DTEND", "visits.hours"), ("line 34, RRULE", "visits.busy-rule"),
            ("line 40, RRULE", "visits.busy-rule"), ("line 45, RECURRENCE-ID", "visits.busy-range"),
        ]);
        mistakes[0].Zh.ShouldContain("第 8 行的 DTSTART");

        BusyCalendarFile.Read("staffId,weekday\n", School, Term).Mistakes.Single().Code.ShouldBe("visits.busy-no-calendar");
        BusyCalendarFile.Read(calendar[..^20], School, Term).Mistakes.Single().Code.ShouldBe("visits.busy-no-calendar");
        var many = Calendar(Enumerable.Range(0, 10).Select(i =>
            Event($"{i}", "DTSTART:20100101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")));
        BusyCalendarFile.Read(many, School, Term).Mistakes.Single().Code.ShouldBe("visits.busy-too-many");
    }

    internal static string Event(string uid, params string[] lines) =>
        string.Join("\r\n", ["BEGIN:VEVENT", $"UID:{uid}", .. lines, "END:VEVENT"]);

    internal static string Calendar(params IEnumerable<string> parts) => string.Join(
        "\r\n",
        ["BEGIN:VCALENDAR", "VERSION:2.0", .. parts.Select(part => part.ReplaceLineEndings("\r\n")), "END:VCALENDAR", ""]);

    internal static string Stamp(DateTime at) => at.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);

    private static DateTimeOffset At(string local) => LocalTime.Read(local, "Asia/Shanghai")!.Value;

    private static async Task ShouldBeAsReadThereAsync(IReadOnlyList<BusySpan> times, string calendar)
    {
        var there = await CalendarObjects.BusyAsync(calendar, Term);
        times.Except(there).ShouldBeEmpty();
        there.Except(times).ShouldBeEmpty();
        times.Count.ShouldBe(there.Length);
    }
}
