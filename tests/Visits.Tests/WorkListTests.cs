using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Tests;

/// <summary>What is due, overdue and done, a moment after what changed it.</summary>
[Trait("Rule", "VIS-3")]
public sealed class WorkListTests(VisitsSystem system) : IAsyncLifetime
{
    private static readonly RecordRequest Record = new("聊了学习习惯", "每天阅读二十分钟", GuardianFeedback.Satisfied);
    private static readonly ContactCadence Struggling = new(1, FeedbackEveryDays: 7, VisitEveryDays: 30);

    private readonly DateOnly today = LocalTime.Day(Http.Now, "Asia/Shanghai");
    private District district = null!;
    private HttpClient teacher = null!;
    private Guid student;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
        student = district.One.A.Students[1];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "VIS-2")]
    public async Task Everybody_is_due_once_by_the_last_week_and_priority_students_first()
    {
        var lastDay = DateOnly.FromDateTime(Http.Now.UtcDateTime).AddDays(79);
        (await WorkOfAsync(WorkKind.Visit, work => work.DueOn == lastDay)).State.ShouldBe(WorkState.Later);
        await SayAsync(new ContactCadence(1), priorityUntil: today.AddDays(60));
        var first = await WorkOfAsync(WorkKind.Visit, work => work.Why!.Priority);
        first.DueOn.ShouldBe(today.AddDays(7), "the opening weeks are over, so within the days that the policy gives");
        var list = await teacher.GetAsync<Page<WorkItem>>("/api/visits/work?all=true&kind=visit");
        list.Items[0].StudentId.ShouldBe(student);
        list.Items.Count.ShouldBe(12);
        var counts = await teacher.GetAsync<WorkCounts>("/api/visits/work/counts");
        counts.Priority.ShouldBe(new WorkCount(WorkKind.Visit, 1, 0, today.AddDays(7) <= WorkAccess.SundayOf(today) ? 1 : 0, 1, 0));
    }

    [Fact]
    public async Task A_cadence_counts_from_its_day_and_a_completed_visit_moves_what_is_due()
    {
        await SayAsync(Struggling);
        (await WorkOfAsync(WorkKind.Visit, work => work.DueOn == today.AddDays(30))).Why!.EveryDays.ShouldBe(30);
        (await WorkOfAsync(WorkKind.Feedback, _ => true)).DueOn.ShouldBe(today.AddDays(7));
        (await WorkOfAsync(WorkKind.Feedback, _ => true, today.AddDays(8))).State.ShouldBe(WorkState.Overdue);

        var visit = await teacher.ScheduleAsync(new VisitRequest([student], VisitMode.Video, Http.Now.AddHours(2), VisitKind.Emergency));
        (await WorkOfAsync(WorkKind.Visit, work => work.Next is not null)).Next!.VisitId.ShouldBe(visit.Id);
        await teacher.OnAsync(visit.Id, "complete", Record with { HeldAt = Http.Now.AddMinutes(-1) }, version: 1).ShouldSucceedAsync();
        var done = await WorkOfAsync(WorkKind.Visit, work => work.Done == 1);
        (done.DoneOn, done.DueOn, done.State).ShouldBe((today, today.AddDays(30), WorkState.Done));
        (await WorkOfAsync(WorkKind.Feedback, _ => true)).DoneOn.ShouldBe(today, "a visit is a feedback, too");
    }

    [Fact]
    public async Task A_cadence_that_lapses_asks_for_nothing_from_the_next_day_without_any_event()
    {
        await SayAsync(Struggling, holdsUntil: today.AddDays(10));
        (await WorkOfAsync(WorkKind.Feedback, _ => true, today.AddDays(10))).State.ShouldBe(WorkState.Overdue);
        (await ListAsync(teacher, today.AddDays(11))).Single(work => work.StudentId == student).Kind.ShouldBe(WorkKind.Visit);
    }

    [Fact]
    [Trait("Rule", "VIS-21")]
    public async Task Holidays_stop_the_clocks_of_a_school()
    {
        await SayAsync(Struggling);
        await WorkOfAsync(WorkKind.Feedback, work => work.DueOn == today.AddDays(7));
        using var admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        var holidays = new CalendarBody([new(today.AddDays(2), DayKind.Holiday), new(today.AddDays(3), DayKind.Holiday)]);
        await admin.PutJsonAsync($"/api/visits/calendars/{district.One.Id}", holidays, 0).ShouldSucceedAsync();
        await WorkOfAsync(WorkKind.Feedback, work => work.DueOn == today.AddDays(9));
    }

    [Fact]
    public async Task The_first_contact_is_a_meeting_where_that_is_asked_for()
    {
        await SayAsync(new ContactCadence(1, DeepContactEveryDays: 30, MeetFirst: true));
        await WorkOfAsync(WorkKind.DeepContact, work => work.Why!.MeetFirst);
        await system.CountContactsAsync(Talk(VisitMode.Voice, 40));
        (await WorkOfAsync(WorkKind.Visit, work => work.Done == 0)).Kind.ShouldBe(WorkKind.Visit);
        (await WorkOfAsync(WorkKind.DeepContact, _ => true)).Done.ShouldBe(0, "a call before the first meeting");
        await system.CountContactsAsync(Talk(VisitMode.AtSchool, 30), Talk(VisitMode.Voice, 10));
        var met = await WorkOfAsync(WorkKind.DeepContact, work => work.Done > 0);
        (met.Done, met.Why!.MeetFirst).ShouldBe((2, false), "the meeting and the long call of that day; ten minutes are not deep");
    }

    [Fact]
    public async Task Excellent_students_have_several_deep_contacts_a_term_and_online_talks_count()
    {
        await SayAsync(new ContactCadence(2));
        var start = DateOnly.FromDateTime(Http.Now.UtcDateTime).AddDays(-60);
        (await WorkOfAsync(WorkKind.DeepContact, _ => true)).DueOn.ShouldBe(start.AddDays(69), "the first of two by the middle of the term");
        await system.CountContactsAsync(Talk(VisitMode.Video, 20));
        (await WorkOfAsync(WorkKind.DeepContact, work => work.Done == 1)).DueOn.ShouldBe(start.AddDays(139));
        await system.CountContactsAsync(Talk(VisitMode.Video, 20));
        (await WorkOfAsync(WorkKind.DeepContact, work => work.Done == 2)).DueOn.ShouldBeNull();
    }

    [Fact]
    public async Task A_deep_contact_by_voice_counts_where_a_visit_a_month_is_asked_for_unless_the_school_says_no()
    {
        await SayAsync(Struggling);
        await system.CountContactsAsync(Talk(VisitMode.Voice, 20));
        var counted = await WorkOfAsync(WorkKind.Visit, work => work.Done == 1);
        counted.DueOn.ShouldBe(today.AddDays(30));
        using var admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        var strict = new VisitPolicy { WorkList = new WorkListPolicy { DeepContactCountsAsVisit = false } };
        await admin.PutJsonAsync($"/api/visits/policies/{district.One.Id}", strict, 0).ShouldSucceedAsync();
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 0);
        await admin.PutJsonAsync($"/api/visits/policies/{district.One.Id}",
            new VisitPolicy { WorkList = new WorkListPolicy { OpeningWeeks = 0 } }, 1).ShouldBeRefusedAsync(400, "request.invalid");
    }

    [Fact]
    [Trait("Rule", "VIS-22")]
    public async Task Text_counts_where_a_guardian_cannot_hear_and_only_there()
    {
        var other = district.One.A.Students[2];
        await teacher.PutJsonAsync($"/api/visits/settings/{student}", new VisitSettingBody(TextCounts: true), 0).ShouldSucceedAsync();
        foreach (var (child, effective) in new[] { (student, true), (other, false) })
        {
            var visit = await teacher.ScheduleAsync(new VisitRequest([child], VisitMode.Text, Http.Now.AddHours(child == other ? 2 : 4), VisitKind.Emergency));
            var completed = await (await teacher.OnAsync(
                visit.Id, "complete", Record with { HeldAt = Http.Now.AddMinutes(-1) }, version: 1)).ReadAsync<CompletedVisit>();
            completed.Effective.ShouldBe(effective);
        }

        await WorkOfAsync(WorkKind.Visit, work => work.Done == 1);
        (await ListAsync(teacher, today)).Single(work => work.StudentId == other).Done.ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "VIS-22")]
    public async Task Online_counts_fully_for_some_and_each_lesson_at_home_is_a_visit_for_others()
    {
        await system.CountContactsAsync(Talk(VisitMode.Video, 30), Talk(VisitMode.InPerson, 60) with { Sort = ContactSort.HomeLesson });
        (await WorkOfAsync(WorkKind.Visit, work => work.StudentId == student)).Done.ShouldBe(0);
        await teacher.PutJsonAsync($"/api/visits/settings/{student}", new VisitSettingBody(OnlineCounts: true), 0).ShouldSucceedAsync();
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 1);
        await teacher.PutJsonAsync($"/api/visits/settings/{student}", new VisitSettingBody(HomeLessonsCount: true), 1).ShouldSucceedAsync();
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 1);
        await teacher.PutJsonAsync(
            $"/api/visits/settings/{student}", new VisitSettingBody(OnlineCounts: true, HomeLessonsCount: true), 2).ShouldSucceedAsync();
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 2);

        (await teacher.GetAsync<VisitSettingBody>($"/api/visits/settings/{student}")).HomeLessonsCount.ShouldBeTrue();
        await teacher.PutJsonAsync($"/api/visits/settings/{student}", new VisitSettingBody(), 1).ShouldBeOutdatedAsync();
        await system.As(district.Teacher(district.One.B)).TryGetAsync($"/api/visits/settings/{student}").ShouldBeUnknownAsync();
        await system.As(district.AtSchool(Role.SchoolAdmin, district.One)).TryGetAsync($"/api/visits/settings/{student}").ShouldBeForbiddenAsync();
    }

    [Fact]
    public async Task Who_changes_school_takes_the_history_along_and_is_seen_there_from_the_first_day()
    {
        await SayAsync(Struggling);
        await system.CountContactsAsync(Talk(VisitMode.Video, 30));
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 1);
        await MoveAsync(district.Two, district.Two.B, today.AddDays(3));
        using var there = system.As(district.Teacher(district.Two.B));

        var work = await Eventually.GetAsync(
            async () => (await ListAsync(there, today.AddDays(3))).SingleOrDefault(w => w.StudentId == student && w.Kind == WorkKind.Visit),
            found => found is not null);
        (work!.Done, work.DoneOn, work.DueOn).ShouldBe((1, today, today.AddDays(30)));
        (await ListAsync(there, today.AddDays(2))).ShouldNotContain(w => w.StudentId == student);
        (await ListAsync(teacher, today.AddDays(2))).ShouldContain(w => w.StudentId == student);
        (await ListAsync(teacher, today.AddDays(3))).ShouldNotContain(w => w.StudentId == student);
    }

    [Fact]
    public async Task Nobody_is_late_with_a_student_who_came_today()
    {
        await SayAsync(Struggling, said: Http.Now.AddDays(-40));
        (await WorkOfAsync(WorkKind.Feedback, work => work.State == WorkState.Overdue)).DueOn.ShouldBe(today.AddDays(-33));
        await MoveAsync(district.Two, district.Two.B, today);
        using var there = system.As(district.Teacher(district.Two.B));
        var work = await Eventually.GetAsync(
            async () => (await ListAsync(there, today)).SingleOrDefault(w => w.StudentId == student && w.Kind == WorkKind.Feedback),
            found => found is not null);
        (work!.DueOn, work.State).ShouldBe((today, WorkState.Due));
    }

    [Fact]
    public async Task A_term_begins_with_nothing_done_and_the_holidays_before_count_for_it()
    {
        var (start, inHolidays) = (today.AddDays(90), today.AddDays(85));
        await system.PublishAsync(new TermChanged(
            district.Id, Guid.CreateVersion7(), 1, Http.Now, "Next", start, start.AddDays(139), 20, null));
        await system.CountContactsAsync(Visit(today));
        await WorkOfAsync(WorkKind.Visit, work => work.DueOn is null);
        (await WorkOfAsync(WorkKind.Visit, work => work.Done == 0, start)).DueOn.ShouldBe(start.AddDays(139));
        (await ListAsync(teacher, inHolidays)).ShouldBeEmpty();
        await system.CountContactsAsync(Visit(inHolidays));
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 1, start);
        (await WorkOfAsync(WorkKind.Visit, work => work.DueOn is null)).Done.ShouldBe(1);
    }

    [Fact]
    public async Task Of_terms_that_overlap_the_one_that_began_first_counts_and_the_list_goes_on()
    {
        await system.PublishAsync(
            new TermChanged(district.Id, Guid.CreateVersion7(), 1, Http.Now, "Twin", today, today.AddDays(75), 10, null),
            new TermChanged(district.Id, Guid.CreateVersion7(), 1, Http.Now, "Other", today.AddDays(-7), today.AddDays(80), 12, null));
        await SayAsync(Struggling);
        await WorkOfAsync(WorkKind.Feedback, work => work.DueOn == today.AddDays(7));
        await system.CountContactsAsync(Visit(today));
        (await WorkOfAsync(WorkKind.Visit, work => work.Done == 1)).DueOn.ShouldBe(today.AddDays(30));
        (await ListAsync(teacher, today)).Count(work => work.StudentId == student).ShouldBe(2, "one row of each kind");
    }

    [Fact]
    public async Task The_weekly_feedback_of_a_class_counts_though_nobody_has_answered_yet()
    {
        await SayAsync(Struggling);
        (await WorkOfAsync(WorkKind.Feedback, _ => true)).DoneOn.ShouldBeNull();
        await teacher.PostJsonAsync("/api/visits/ledger/class", new ClassContactsRequest(
            ContactChannel.Message, [new ClassContact(student, "本周作业按时完成")])).ShouldSucceedAsync();
        var done = await WorkOfAsync(WorkKind.Feedback, work => work.Done == 1);
        (done.DoneOn, done.DueOn).ShouldBe((today, today.AddDays(7)));
        (await WorkOfAsync(WorkKind.Visit, _ => true)).Done.ShouldBe(0, "a message is no visit");
    }

    [Fact]
    [Trait("Rule", "VIS-22")]
    public async Task A_lesson_at_home_is_logged_where_such_lessons_count_and_counts_as_a_visit()
    {
        var lesson = new ContactRequest([student], ContactChannel.Meeting, "认字十个", ContactPurpose.HomeLesson, Minutes: 60);
        (await teacher.PostJsonAsync("/api/visits/ledger", lesson).MistakesAsync()).ShouldBe([("studentIds", "visits.no-home-lessons")]);
        await teacher.PutJsonAsync($"/api/visits/settings/{student}", new VisitSettingBody(HomeLessonsCount: true), 0).ShouldSucceedAsync();
        (await teacher.PostJsonAsync("/api/visits/ledger", lesson with { Channel = ContactChannel.Phone }).MistakesAsync())
            .ShouldBe([("channel", "visits.lesson-by-meeting")]);
        var entry = await (await teacher.PostJsonAsync("/api/visits/ledger", lesson)).ReadAsync<WrittenEntry>();
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 1);
        (await system.EventsOfAsync(entry.Id)).ShouldHaveSingleItem().Payload.ShouldContain(district.Term.ToString());

        var corrections = $"/api/visits/ledger/{entry.Id}/corrections";
        (await teacher.PostJsonAsync(corrections, new CorrectionRequest("改", Purpose: ContactPurpose.Talk), 1).MistakesAsync())
            .ShouldBe([("purpose", "visits.lesson-stays")]);
        await teacher.PostJsonAsync(corrections, new CorrectionRequest("记错了", Withdrawn: true), 1).ShouldSucceedAsync();
        await WorkOfAsync(WorkKind.Visit, work => work.Done == 0);
    }

    [Fact]
    [Trait("Rule", "ARC-4")]
    public async Task Who_may_not_know_of_support_needs_sees_when_visits_are_due_and_nothing_else()
    {
        await SayAsync(Struggling);
        await WorkOfAsync(WorkKind.Feedback, _ => true);
        foreach (var role in new[] { Role.VicePrincipal, Role.MoralEducationOfficer, Role.Counselor })
        {
            (await ListAsync(system.As(district.AtSchool(role, district.One)), today))
                .Where(w => w.StudentId == student).ShouldAllBe(w => w.Why != null, role.ToString());
        }

        var seen = await ListAsync(system.As(district.AtSchool(Role.SchoolAdmin, district.One)), today);
        seen.Count.ShouldBe(24);
        seen.ShouldAllBe(w => w.Kind == WorkKind.Visit && w.Why == null);
        (await ListAsync(system.As(district.Teacher(district.One.B)), today)).ShouldNotContain(w => w.StudentId == student);
        (await ListAsync(system.As(district.AtSchool(Role.VicePrincipal, district.Two)), today)).ShouldNotContain(w => w.StudentId == student);
        foreach (var other in new[] { district.SubjectTeacher(district.One.A), district.Guardian(district.One.A, 1), district.Admin() })
            await system.As(other).TryGetAsync("/api/visits/work").ShouldBeForbiddenAsync();

        var counts = await system.As(district.Admin()).GetAsync<WorkCounts>("/api/visits/work/counts");
        counts.Kinds.Single().ShouldBe(new WorkCount(WorkKind.Visit, 48, 0, 0, 48, 0), "one family's feedback is a small number");
        counts.Priority.ShouldBeNull();
        foreach (var child in district.One.A.Students)
            await SayAsync(Struggling, of: child);
        var more = await Eventually.GetAsync(
            () => system.As(district.Admin()).GetAsync<WorkCounts>("/api/visits/work/counts"), c => c.Kinds.Count == 2 && c.Kinds[1].Students == 12);
        more.Kinds[1].Kind.ShouldBe(WorkKind.Feedback);
        (await system.As(district.Admin()).GetAsync<WorkCounts>($"/api/visits/work/counts?classId={district.One.A.Id}")).Kinds.Count.ShouldBe(1);
        (await teacher.GetAsync<WorkCounts>("/api/visits/work/counts")).Kinds.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_list_is_paged_narrowed_and_asks_the_same_number_of_statements_whatever_its_length()
    {
        await WorkOfAsync(WorkKind.Visit, _ => true);
        using var officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
        var pages = new List<WorkItem>();
        for (string? after = ""; after is not null;)
        {
            var page = await officer.GetAsync<Page<WorkItem>>($"/api/visits/work?all=true&size=7&after={after}");
            (pages.Count == 0 || page.Items.Count <= 7).ShouldBeTrue();
            pages.AddRange(page.Items);
            after = page.Next;
        }

        pages.Select(w => w.StudentId).ShouldBe((await ListAsync(officer, today)).Select(w => w.StudentId));
        pages.Count.ShouldBe(24);
        (await officer.GetAsync<Page<WorkItem>>($"/api/visits/work?all=true&classId={district.One.B.Id}")).Items.Count.ShouldBe(12);
        (await officer.GetAsync<Page<WorkItem>>("/api/visits/work?all=true&grade=07&size=500")).Items.Count.ShouldBe(24);
        (await officer.GetAsync<Page<WorkItem>>("/api/visits/work")).Items.ShouldBeEmpty();
        foreach (var (query, code) in new[] { ("kind=call", "request.invalid"), ("after=x", "request.cursor-invalid") })
            await officer.TryGetAsync("/api/visits/work?" + query).ShouldBeRefusedAsync(400, code);
        foreach (var odd in new[] { "on=0001-01-01", "on=9999-12-31", "size=0" })
            await officer.TryGetAsync("/api/visits/work?" + odd).ShouldSucceedAsync();
        (await system.StatementsOfAsync(officer, "/api/visits/work?all=true&size=2"))
            .ShouldBe(await system.StatementsOfAsync(officer, "/api/visits/work?all=true&size=500"));
    }

    private Task SayAsync(
        ContactCadence cadence, DateOnly? holdsUntil = null, DateOnly? priorityUntil = null, DateTimeOffset? said = null, Guid? of = null) =>
        system.PublishAsync(new CadenceChanged(
            district.Id, district.One.Id, of ?? student, (said ?? Http.Now).UtcTicks, said ?? Http.Now, cadence, holdsUntil, priorityUntil));

    private Task MoveAsync(SchoolOfTest to, ClassOfTest @class, DateOnly on)
    {
        var began = DateOnly.FromDateTime(Http.Now.UtcDateTime).AddDays(-60);
        return system.PublishAsync(
            new RosterChanged(district.Id, district.One.Id, 2, Http.Now, [],
                [new(district.One.A.Enrolments[1], student, district.One.A.Id, "07", began, on.AddDays(-1))], []),
            new RosterChanged(district.Id, to.Id, 2, Http.Now, [], [new(Guid.CreateVersion7(), student, @class.Id, "07", on, null)], []));
    }

    private DoneContact Talk(VisitMode mode, int minutes) => new()
    {
        StudentId = student,
        Id = Guid.CreateVersion7(),
        DistrictId = district.Id,
        SchoolId = district.One.Id,
        HeldOn = today,
        Sort = ContactSort.Talk,
        Mode = mode,
        Minutes = minutes,
        GuardianTookPart = true,
    };

    private DoneContact Visit(DateOnly on) => Talk(VisitMode.InPerson, 30) with { Sort = ContactSort.Visit, HeldOn = on };

    private async Task<WorkItem> WorkOfAsync(WorkKind kind, Func<WorkItem, bool> until, DateOnly? on = null)
    {
        var found = await Eventually.GetAsync(
            async () => (await ListAsync(teacher, on ?? today)).SingleOrDefault(w => w.StudentId == student && w.Kind == kind),
            work => work is not null && until(work));
        found.ShouldNotBeNull();
        until(found).ShouldBeTrue(found.ToString());
        return found;
    }

    private static async Task<IReadOnlyList<WorkItem>> ListAsync(HttpClient client, DateOnly on) =>
        (await client.GetAsync<Page<WorkItem>>($"/api/visits/work?all=true&size=500&on={on:yyyy-MM-dd}")).Items;
}
