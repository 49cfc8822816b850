using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;

namespace HomeSchool.Visits.Tests;

/// <summary>Holidays and swapped days.</summary>
public sealed class CalendarTests(VisitsSystem system)
{
    private static readonly DateOnly NationalDay = new(2026, 10, 1); // a Thursday

    [Fact]
    [Trait("Rule", "VIS-21")]
    public void Holidays_stand_still_and_swapped_days_are_school_days()
    {
        var calendar = new SchoolCalendar(
        [
            .. Enumerable.Range(0, 7).Select(i => new SpecialDay(NationalDay.AddDays(i), DayKind.Holiday)),
            new SpecialDay(new DateOnly(2026, 10, 10), DayKind.SchoolDay, DayOfWeek.Wednesday),
        ]);
        calendar.IsSchoolDay(new DateOnly(2026, 9, 30)).ShouldBeTrue();
        calendar.IsSchoolDay(NationalDay).ShouldBeFalse();
        calendar.IsSchoolDay(new DateOnly(2026, 10, 10)).ShouldBeTrue("a Saturday, swapped");
        calendar.IsSchoolDay(new DateOnly(2026, 10, 11)).ShouldBeFalse("a Sunday like any other");
        calendar.TimetableOf(new DateOnly(2026, 10, 10)).ShouldBe(DayOfWeek.Wednesday);
        calendar.After(new DateOnly(2026, 9, 29), 3).ShouldBe(new DateOnly(2026, 10, 9), "the 30th, then the 8th and the 9th");
        SchoolCalendar.Plain.After(new DateOnly(2026, 9, 29), 3).ShouldBe(new DateOnly(2026, 10, 2));
        calendar.After(NationalDay, 0).ShouldBe(NationalDay);
    }

    [Fact]
    [Trait("Rule", "VIS-21")]
    public async Task A_record_is_not_due_in_the_holidays_and_a_school_may_have_days_of_its_own()
    {
        var district = await system.CreateDistrictAsync();
        using var admin = system.As(district.Admin());
        using var one = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        var visit = Http.Evening();
        var day = LocalTime.Day(visit, "Asia/Shanghai");
        var closed = Enumerable.Range(1, 4).Select(i => new SpecialDay(day.AddDays(i), DayKind.Holiday, Name: "校庆")).ToArray();
        await admin.PutJsonAsync($"/api/visits/calendars/{district.Id}", new CalendarBody(closed), 0).ShouldSucceedAsync();
        await one.PutJsonAsync(
            $"/api/visits/calendars/{district.One.Id}", new CalendarBody([new(day.AddDays(1), DayKind.SchoolDay)]), 0).ShouldSucceedAsync();

        (await DueAsync(district, district.One)).ShouldBe(day.AddDays(6), "one of the four days is a school day there");
        (await DueAsync(district, district.Two)).ShouldBe(day.AddDays(7));
        (await one.GetAsync<CalendarBody>($"/api/visits/calendars/{district.One.Id}")).Days
            .Select(d => d.Kind).ShouldBe([DayKind.SchoolDay, DayKind.Holiday, DayKind.Holiday, DayKind.Holiday]);

        async Task<DateOnly> DueAsync(District where, SchoolOfTest school)
        {
            using var teacher = system.As(where.Teacher(school.A));
            var made = await teacher.ScheduleAsync(new VisitRequest([school.A.Students[1]], VisitMode.Video, visit));
            return (await teacher.GetAsync<VisitDetails>($"/api/visits/{made.Id}")).Visit.RecordDueOn;
        }
    }

    [Fact]
    [Trait("Rule", "VIS-21")]
    public async Task A_calendar_with_a_day_twice_is_refused_where_it_is_wrong_and_a_late_one_is_told()
    {
        var district = await system.CreateDistrictAsync();
        using var admin = system.As(district.Admin());
        var path = $"/api/visits/calendars/{district.Id}";
        var days = new[] { new SpecialDay(NationalDay, DayKind.Holiday), new SpecialDay(NationalDay, DayKind.SchoolDay) };
        (await admin.PutJsonAsync(path, new CalendarBody(days), 0).MistakesAsync()).ShouldBe([("days[1].day", "visits.day-twice")]);
        await admin.PutJsonAsync(path, new { days = new object?[] { null } }, 0).ShouldBeRefusedAsync(400, "request.unreadable");
        await admin.PutJsonAsync(path, new CalendarBody(days[..1]), 0).ShouldSucceedAsync();
        await admin.PutJsonAsync(path, new CalendarBody([]), 0).ShouldBeOutdatedAsync();
        using var teacher = system.As(district.Teacher(district.One.A));
        await teacher.PutJsonAsync(path, new CalendarBody([]), 1).ShouldBeForbiddenAsync();
    }
}
