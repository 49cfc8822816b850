using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Leavers;

namespace HomeSchool.Visits.Tests;

/// <summary>Visits of students who have left their school.</summary>
[Trait("Rule", "ARC-15")]
[Trait("Rule", "VIS-20")]
[Collection("Replicas that work ahead of time")]
public sealed class LeaverTests(VisitsSystem system)
{
    [Fact]
    public async Task A_visit_whose_students_have_left_is_listed_and_called_off_a_day_later_and_nothing_else_is()
    {
        var district = await system.CreateDistrictAsync();
        var (@class, today) = (district.One.A, LocalTime.Day(Http.Now, "Asia/Shanghai"));
        using var teacher = system.As(district.Teacher(@class));
        using var admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        var left = await VisitAsync([@class.Students[1]], 0);
        var stays = await VisitAsync([@class.Students[2]], 1);
        // Of two siblings one stays.
        var siblings = await VisitAsync([@class.Students[0], district.One.B.Students[0]], 2);
        var mended = await VisitAsync([@class.Students[3]], 3);
        var emergency = await VisitAsync([@class.Students[4]], 4, VisitKind.Emergency);
        int[] leavers = [0, 1, 3, 4];
        await LeaveAsync(2, today.AddDays(2), leavers);

        using (system.WorkingIn(TimeSpan.Zero))
        {
            (await ListedAsync(found => found.Count == 3)).ShouldBe([left, mended, emergency]);
        }

        var listed = (await teacher.GetAsync<List<StrandedVisitView>>(Path())).ToDictionary(s => s.Visit.Id);
        listed[left].EndsAt.ShouldBe(listed[left].NoticedAt.AddDays(1));
        listed[emergency].EndsAt.ShouldBeNull("people decide");
        using var elsewhere = system.As(district.AtSchool(Role.SchoolAdmin, district.Two));
        await elsewhere.TryGetAsync(Path()).ShouldBeUnknownAsync();

        // One was entered by mistake.
        await LeaveAsync(3, null, 3);
        using (system.WorkingIn(TimeSpan.FromHours(25)))
        {
            (await ListedAsync(found => found.Count == 2)).ShouldBe([left, emergency]);
            (await Eventually.GetAsync(() => StateAsync(left), state => state == VisitState.Cancelled))
                .ShouldBe(VisitState.Cancelled);
        }

        foreach (var other in new[] { stays, siblings, mended, emergency })
            (await StateAsync(other)).ShouldBe(VisitState.Scheduled);
        (await system.EventsOfAsync(left)).Select(e => e.Name).ShouldBe(["visits.visit-scheduled", "visits.visit-cancelled"]);
        (await system.CountAsync("SELECT count(*) FROM busy WHERE visit_id = $1", left)).ShouldBe(0);
        (await admin.GetAsync<List<StrandedVisitView>>(Path())).Single(s => s.Visit.Id == left).EndedAt.ShouldNotBeNull();

        string Path() => $"/api/visits/schools/{district.One.Id}/stranded-visits";

        async Task<Guid> VisitAsync(Guid[] students, int day, VisitKind kind = VisitKind.Routine) => (await teacher.ScheduleAsync(
            new VisitRequest(students, VisitMode.Video, Http.Evening(20, minute: 0).AddDays(day), kind))).Id;

        Task LeaveAsync(long version, DateOnly? last, params int[] who) => system.PublishAsync(new RosterChanged(
            district.Id, district.One.Id, version, Http.Now, [],
            [.. who.Select(i => new RosterEnrolment(
                @class.Enrolments[i], @class.Students[i], @class.Id, "07", today.AddDays(-60), last))], []));

        async Task<Guid[]> ListedAsync(Func<IReadOnlyCollection<Guid>, bool> until) => await Eventually.GetAsync(
            async () => (await admin.GetAsync<List<StrandedVisitView>>(Path())).Select(s => s.Visit.Id).ToArray(), until);

        async Task<VisitState> StateAsync(Guid visit) =>
            (await teacher.GetAsync<VisitDetails>($"/api/visits/{visit}")).Visit.State;
    }
}
