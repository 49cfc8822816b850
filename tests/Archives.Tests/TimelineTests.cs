using System.Net;
using HomeSchool.Archives.Timeline;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>What happens to a student appears on the timeline by itself.</summary>
[Trait("Rule", "ARC-8")]
public sealed class TimelineTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly FamilyWorld world = new(archives);

    private static DateOnly Today => FamilyWorld.Today;

    public async ValueTask InitializeAsync() => await world.CreateAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_visit_stands_there_as_planned_then_as_held_whichever_is_heard_first()
    {
        foreach (var heldFirst in new[] { false, true })
        {
            var visit = Guid.CreateVersion7();
            IEvent[] events = [Scheduled(visit, 1, days: 5), Held(visit, 3)];
            foreach (var happened in heldFirst ? events.Reverse() : events)
                await archives.PublishAsync(happened);
            await archives.PublishAsync(events[0]); // and once more
            (await RowsAsync(world.Homeroom)).Single(row => row.RefId == visit).ShouldBe(
                new TimelineRow(Today, TimelineKind.VisitHeld, "visits", visit, null));
        }
    }

    [Fact]
    public async Task A_visit_that_is_called_off_stands_there_as_that_and_a_moved_one_on_its_new_day()
    {
        var (moved, cancelled) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await archives.PublishAsync(Scheduled(moved, 1, days: 4));
        await archives.PublishAsync(Scheduled(moved, 2, days: 9));
        await archives.PublishAsync(Scheduled(cancelled, 1, days: 4));
        await archives.PublishAsync(new VisitCancelled(
            world.District.Id, world["S1"], cancelled, 2, Now, Guid.CreateVersion7(), [world["P1"]], Declined: false));
        (await RowsAsync(world.Homeroom)).Where(row => row.Source == "visits").Select(row => (row.RefId, row.Kind, row.On)).ShouldBe(
            [(moved, TimelineKind.VisitPlanned, Today.AddDays(9)), (cancelled, TimelineKind.VisitCancelled, Today)]);
    }

    [Fact]
    public async Task What_the_family_came_to_stands_there_and_what_was_noted_by_mistake_does_not()
    {
        var (meeting, mistaken, lesson) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await archives.PublishAsync(Attended(meeting, 1, withdrawn: false));
        await archives.PublishAsync(Attended(mistaken, 2, withdrawn: true));
        await archives.PublishAsync(Attended(mistaken, 1, withdrawn: false)); // heard late
        await archives.PublishAsync(new LessonAttended(
            world.District.Id, world["S1"], lesson, 1, Now, Guid.CreateVersion7(), [world["P1"]], Today));
        var (joined, calledOff) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await archives.PublishAsync(Joined(joined, 1, withdrawn: false));
        await archives.PublishAsync(Joined(calledOff, 2, withdrawn: true));
        await archives.PublishAsync(Joined(calledOff, 1, withdrawn: false)); // heard late
        (await RowsAsync(world.Homeroom)).Where(row => row.Source == "activities").Select(row => (row.RefId, row.Kind)).ShouldBe(
            [(meeting, TimelineKind.Meeting), (lesson, TimelineKind.Activity), (joined, TimelineKind.Activity)], ignoreOrder: true);

        FamilyActivityAttended Joined(Guid id, long version, bool withdrawn) =>
            new(world.District.Id, world["S1"], id, version, Now, [world["P1"]], Today, withdrawn);

        MeetingAttended Attended(Guid id, long version, bool withdrawn) => new(
            world.District.Id, world["S1"], id, version, Now, Guid.CreateVersion7(), Guid.CreateVersion7(), MeetingKind.Opening,
            [world["P1"]], Today, MadeUp: false, withdrawn);
    }

    [Fact]
    public async Task The_roster_is_on_it_and_its_corrections_are_too()
    {
        (await RowsAsync(world.Homeroom)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            row => row.Kind.ShouldBe(TimelineKind.Enrolled), row => row.ClassId.ShouldBe(world["C1"]));
        await archives.ScalarAsync<long>(
            "UPDATE enrolment SET ends_on = starts_on WHERE student_id = $1 RETURNING version", world["P1"]);
        await archives.ScalarAsync<long>(
            """
            INSERT INTO enrolment (school_id, id, district_id, student_id, class_id, grade, starts_on, ends_on, version)
            SELECT school_id, uuid_v7(), district_id, student_id, class_id, grade, starts_on + 1, NULL, version FROM enrolment
            WHERE student_id = $1 RETURNING version
            """, world["P1"]);
        // A day on which two entries refer to one enrolment, over pages of one.
        (await PagesAsync(world.Homeroom, 1)).Select(row => row.Kind).ShouldBe(
            [TimelineKind.Enrolled, TimelineKind.EnrolmentEnded, TimelineKind.Enrolled]);
    }

    [Fact]
    public async Task Pages_have_each_entry_once_the_newest_first()
    {
        var random = new Random(1);
        await PutAsync([.. Enumerable.Range(0, 60).Select(i => Entry(TimelineKind.Activity, Today.AddDays(-random.Next(5)), version: i))]);
        var all = await RowsAsync(world.Homeroom, "?size=500");
        all.Count.ShouldBe(61);
        all.Select(row => row.On).ShouldBe(all.Select(row => row.On).OrderDescending());
        (await PagesAsync(world.Homeroom, 7)).ShouldBe(all);
        await (await world.GetAsync(world.Homeroom, "P1", "timeline?after=nonsense"))
            .ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.cursor-invalid");
    }

    [Fact]
    public async Task Guardians_see_the_kinds_that_are_for_them_and_no_visits_that_they_are_not_invited_to()
    {
        await PutAsync(
            [Entry(TimelineKind.PlanStarted, Today), Entry(TimelineKind.Outcome, Today), Entry(TimelineKind.Meeting, Today),
            Entry(TimelineKind.VisitPlanned, Today)]);
        (await KindsAsync(world.Homeroom)).ShouldBe(
            [TimelineKind.Enrolled, TimelineKind.VisitPlanned, TimelineKind.Meeting, TimelineKind.PlanStarted, TimelineKind.Outcome]);
        (await KindsAsync(world.Father)).ShouldBe([TimelineKind.Enrolled, TimelineKind.VisitPlanned, TimelineKind.Meeting]);
        await world.RestrictAsync("G3", Today, null, "案号", GuardianRight.BeVisited);
        (await KindsAsync(world.Father)).ShouldBe([TimelineKind.Enrolled, TimelineKind.Meeting]);
        (await KindsAsync(world.Mother)).ShouldContain(TimelineKind.VisitPlanned);

        async Task<TimelineKind[]> KindsAsync(HttpClient client) => [.. (await RowsAsync(client)).Select(row => row.Kind).Order()];
    }

    [Fact]
    public async Task What_was_taken_off_does_not_come_back_with_an_older_version()
    {
        var plan = Entry(TimelineKind.PlanStarted, Today);
        await PutAsync([Entry(TimelineKind.PlanStarted, Today, version: 3, of: plan.RefId, withdrawn: true)]);
        await PutAsync([plan]);
        (await RowsAsync(world.Homeroom)).ShouldNotContain(row => row.RefId == plan.RefId);
    }

    [Fact]
    public async Task What_happened_at_one_school_is_not_shown_at_another_nor_in_another_class()
    {
        var visit = Guid.CreateVersion7();
        await archives.PublishAsync(Scheduled(visit, 1, days: 5));
        foreach (var other in new[] { world.OtherClass, world.OtherSchool })
            (await world.GetAsync(other, "P1", "timeline")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await archives.ScalarAsync<long>(
            "UPDATE enrolment SET school_id = $2, class_id = $3 WHERE student_id = $1 RETURNING version", world["P1"], world["S2"], world["C3"]);
        (await RowsAsync(world.OtherSchool)).ShouldNotContain(row => row.RefId == visit);
        (await RowsAsync(world.District.Admin)).ShouldContain(row => row.RefId == visit);
    }

    [Fact]
    public async Task An_erased_student_has_a_timeline_all_the_same()
    {
        await archives.EraseAsync(world.District.Id, world["P1"]);
        var visit = Guid.CreateVersion7();
        await archives.PublishAsync(Scheduled(visit, 1, days: 5));
        await ShownAsync(visit);
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private VisitScheduled Scheduled(Guid visit, long version, int days) => new(
        world.District.Id, world["S1"], visit, version, Now, Guid.CreateVersion7(), [world["P1"]], VisitMode.Video, VisitKind.Routine,
        LocalDay.Start(Today.AddDays(days)).AddHours(19));

    private VisitCompleted Held(Guid visit, long version) => new(
        world.District.Id, world["S1"], visit, version, Now, Guid.CreateVersion7(), [world["P1"]], Guid.CreateVersion7(), VisitMode.Video,
        VisitKind.Routine, Today, Effective: true);

    private TimelineEntry Entry(TimelineKind kind, DateOnly on, long version = 1, Guid? of = null, bool withdrawn = false) => new()
    {
        DistrictId = world.District.Id,
        SchoolId = world["S1"],
        StudentId = world["P1"],
        RefId = of ?? Guid.CreateVersion7(),
        On = on,
        Kind = kind,
        Source = "archives",
        Version = version,
        Withdrawn = withdrawn,
    };

    // As a command of Archives does, beside its own rows.
    private async Task PutAsync(TimelineEntry[] entries)
    {
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await TimelineEntries.PutAsync(connection, entries, CancellationToken.None);
    }

    private async Task<IReadOnlyList<TimelineRow>> RowsAsync(HttpClient client, string query = "") =>
        (await world.ReadAsync<Page<TimelineRow>>(client, "P1", "timeline" + query)).Items;

    private async Task<List<TimelineRow>> PagesAsync(HttpClient client, int size)
    {
        var rows = new List<TimelineRow>();
        string? next = "";
        while (next is not null)
        {
            var page = await world.ReadAsync<Page<TimelineRow>>(client, "P1", $"timeline?size={size}&after={next}");
            rows.AddRange(page.Items);
            next = page.Next;
        }

        return rows;
    }

    private async Task ShownAsync(Guid reference)
    {
        var rows = await Eventually.GetAsync(() => RowsAsync(world.Homeroom), rows => rows.Any(row => row.RefId == reference));
        rows.ShouldContain(row => row.RefId == reference);
    }
}
