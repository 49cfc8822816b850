using System.Net;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Timeline;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>Plans, the watch list and support: who writes, who sees, and what others must not learn.</summary>
public sealed class PlanTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly NeedScene scene = new(archives);

    private static DateOnly Today => NeedScene.Today;

    public async ValueTask InitializeAsync() => await scene.OpenAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Writes every sealed text of plans, watching and support once, and reads it back.</summary>
    internal static async Task WriteEverythingAsync(NeedScene scene, Func<HttpClient, HttpClient> by, Canary canary)
    {
        var plan = await by(scene.Homeroom).DoAsync(
            scene.OfStudent("plans"), new PlanRequest(PlanKind.Individual, canary.In("目标"), Today, canary.In("措施"))).MadeAsync();
        var address = scene.District.Address($"plans/{plan}");
        await by(scene.Homeroom).DoAsync(new Uri($"{address}/begin", UriKind.Relative), new PlanBeginning(PlanForm.Oral)).ShouldBeDoneAsync();
        await by(scene.Homeroom).DoAsync(new Uri($"{address}/review", UriKind.Relative), new PlanReview(canary.In("进展"), Today)).ShouldBeDoneAsync();
        var read = await by(scene.Guardian).SeeAsync<PlanBody>(address);
        (read.Goals, read.Measures, read.Note).ShouldBe((canary.In("目标"), canary.In("措施"), canary.In("进展")));

        var watch = await by(scene.Counselor).DoAsync(
            scene.OfStudent("watch"), new WatchRequest(WatchLevel.Close, Today, canary.In("量表"))).MadeAsync();
        await by(scene.Counselor).DoAsync(
            scene.District.Address($"watch/{watch}/tasks"), new TaskRequest(scene.HomeroomTeacher, canary.In("每天观察"), Today)).MadeAsync();
        (await by(scene.Counselor).SeeAsync<WatchBody>(scene.District.Address($"watch/{watch}"))).ShouldSatisfyAllConditions(
            body => body.Why.ShouldBe(canary.In("量表")), body => body.Tasks.ShouldHaveSingleItem().What.ShouldBe(canary.In("每天观察")));

        var support = await by(scene.Guardian).DoAsync(scene.OfStudent("support"), new SupportRequest(canary.In("需要辅导"))).MadeAsync();
        await by(scene.Officer).DoAsync(
            scene.District.Address($"support/{support}/close"), new SupportClosing(SupportResult.NotTaken, canary.In("家庭自行解决"))).ShouldBeDoneAsync();
        (await by(scene.Officer).SeeAsync<SupportBody>(scene.District.Address($"support/{support}"))).ShouldSatisfyAllConditions(
            body => body.Wish.ShouldBe(canary.In("需要辅导")), body => body.Note.ShouldBe(canary.In("家庭自行解决")));
    }

    [Fact]
    [Trait("Rule", "ARC-8")]
    public async Task A_plan_stands_on_the_timeline_with_its_last_step_for_those_who_may_see_needs()
    {
        var plan = await DraftAsync(PlanKind.SmallGoal);
        (await StepsAsync(scene.Homeroom)).ShouldBeEmpty();
        await scene.Homeroom.DoAsync(At(plan, "begin"), new PlanBeginning(PlanForm.Paper)).ShouldBeDoneAsync();
        (await StepsAsync(scene.Homeroom)).ShouldBe([(plan, TimelineKind.PlanStarted)]);
        await scene.Homeroom.DoAsync(At(plan, "review"), new PlanReview("有进步", Today)).ShouldBeDoneAsync();
        (await StepsAsync(scene.Homeroom)).ShouldBe([(plan, TimelineKind.PlanReviewed)]);
        await scene.Homeroom.DoAsync(At(plan, "close"), new PlanClosing(PlanOutcome.Met)).ShouldBeDoneAsync();
        (await StepsAsync(scene.Homeroom)).ShouldBe([(plan, TimelineKind.PlanEnded)]);
        (await StepsAsync(scene.Guardian)).ShouldBeEmpty();
        (await StepsAsync(scene.SchoolAdmin)).ShouldBeEmpty();

        async Task<List<(Guid, TimelineKind)>> StepsAsync(HttpClient by) =>
            [.. (await by.SeeAllAsync<TimelineRow>(scene.OfStudent("timeline"))).Where(row => row.Source == "archives"
                && row.Kind is not (TimelineKind.Enrolled or TimelineKind.EnrolmentEnded)).Select(row => (row.RefId, row.Kind))];
    }

    [Fact]
    [Trait("Rule", "ARC-6")]
    public async Task A_plan_is_drafted_begun_with_the_family_reviewed_and_closed()
    {
        var plan = await DraftAsync(PlanKind.SmallGoal);
        var address = At(plan);
        await scene.Guardian.GetAsync(address).ShouldBeHiddenAsync(); // a draft is not the family's yet
        (await scene.Guardian.SeeAllAsync<PlanRow>(scene.OfSchool("plans"))).ShouldBeEmpty();
        await scene.Homeroom.DoAsync(At(plan, "review"), new PlanReview("太早", Today))
            .ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.plan-does-not-run");
        await scene.Homeroom.DoAsync(At(plan, "close"), new PlanClosing(PlanOutcome.Met))
            .ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.plan-does-not-run");
        await scene.Homeroom.PutAsync(address, Plan("每天读二十分钟"), 9).ShouldBeRefusedAsync(HttpStatusCode.PreconditionFailed, "request.changed-meanwhile");
        await scene.Counselor.PutAsync(address, Plan("每天读二十分钟"), 1).ShouldBeDoneAsync();
        await scene.Homeroom.DoAsync(At(plan, "begin"), new PlanBeginning(PlanForm.Paper)).ShouldBeDoneAsync();
        await scene.Homeroom.DoAsync(At(plan, "begin"), new PlanBeginning(PlanForm.Paper))
            .ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.plan-begun");
        await scene.Homeroom.DoAsync(At(plan, "review"), new PlanReview("进步明显", Today.AddDays(14))).ShouldBeDoneAsync();

        var seen = await scene.Guardian.SeeAsync<PlanBody>(address);
        (seen.Row.State, seen.Goals, seen.Note, seen.AgreedBy, seen.Row.ReviewOn).ShouldBe(
            (PlanState.Reviewed, "每天读二十分钟", "进步明显", PlanForm.Paper, Today.AddDays(14)));
        (await scene.Guardian.SeeAllAsync<PlanRow>(scene.OfSchool("plans"))).ShouldHaveSingleItem().Id.ShouldBe(plan);
        await scene.Homeroom.DoAsync(At(plan, "close"), new PlanClosing(PlanOutcome.PartlyMet)).ShouldBeDoneAsync();
        await scene.Homeroom.PutAsync(address, Plan("晚了"), 5).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.plan-closed");
        (await scene.Homeroom.SeeAllAsync<PlanRow>(scene.OfSchool("plans?running=true"))).ShouldBeEmpty();
        (await scene.Homeroom.SeeAllAsync<PlanRow>(scene.OfSchool("plans?running=false"))).ShouldHaveSingleItem().Outcome.ShouldBe(PlanOutcome.PartlyMet);
    }

    [Fact]
    [Trait("Rule", "ARC-6")]
    public async Task A_draft_that_is_given_up_was_never_the_familys()
    {
        var plan = await DraftAsync(PlanKind.Individual);
        await scene.Homeroom.DoAsync(At(plan, "close"), new PlanClosing(PlanOutcome.GivenUp, "家长暂不配合")).ShouldBeDoneAsync();
        await scene.Guardian.GetAsync(At(plan)).ShouldBeHiddenAsync();
        (await scene.Guardian.SeeAllAsync<PlanRow>(scene.OfSchool("plans"))).ShouldBeEmpty();
        (await scene.Homeroom.SeeAllAsync<PlanRow>(scene.OfSchool("plans"))).ShouldHaveSingleItem().State.ShouldBe(PlanState.Closed);
    }

    [Fact]
    [Trait("Rule", "ARC-6")]
    public async Task Wrong_plans_are_refused_and_others_find_none()
    {
        await scene.Homeroom.DoAsync(scene.OfStudent("plans"), Plan(" ")).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Homeroom.DoAsync(scene.OfStudent("plans"), Plan("x") with { ReviewOn = Today.AddDays(-1) })
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Homeroom.DoAsync(scene.OfStudent("plans"), Plan("x") with { OwnerId = Guid.CreateVersion7() })
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        var plan = await DraftAsync(PlanKind.Individual);
        foreach (var client in await scene.StrangersAsync())
        {
            await client.GetAsync(At(plan)).ShouldBeHiddenAsync();
            await client.DoAsync(scene.OfStudent("plans"), Plan("x")).ShouldBeHiddenAsync();
            await client.DoAsync(At(plan, "begin"), new PlanBeginning(PlanForm.Oral)).ShouldBeHiddenAsync();
            await client.PutAsync(At(plan, $"marks/{Today:yyyy-MM-dd}"), new MarkRequest()).ShouldBeHiddenAsync();
        }

        (await scene.OtherHomeroom.SeeAllAsync<PlanRow>(scene.OfSchool("plans"))).ShouldBeEmpty();
        foreach (var client in new[] { scene.Guardian, scene.Subject, scene.Vice })
            await client.DoAsync(scene.OfStudent("plans"), Plan("x")).ShouldBeForbiddenAsync();
        await scene.SchoolAdmin.GetAsync(At(plan)).ShouldBeForbiddenAsync();
    }

    [Fact]
    [Trait("Rule", "ARC-6")]
    [Trait("Rule", "VIS-3")]
    public async Task A_contract_is_ticked_by_school_and_family_and_each_week_is_summed_up()
    {
        var plan = await BegunAsync(PlanKind.BehaviourContract);
        var today = $"marks/{Today:yyyy-MM-dd}";
        await scene.Guardian.PutAsync(At(plan, today), new MarkRequest(2)).ShouldBeDoneAsync();
        await scene.Guardian.PutAsync(At(plan, today), new MarkRequest(3, PlanForm.Oral)).ShouldBeDoneAsync(); // what was said last
        await scene.Guardian.PutAsync(At(plan, today), new MarkRequest(4)).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Guardian.PutAsync(At(plan, $"marks/{Today.AddDays(1):yyyy-MM-dd}"), new MarkRequest())
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Guardian.PutAsync(At(plan, $"marks/{Today.AddDays(-1):yyyy-MM-dd}"), new MarkRequest()) // before it began
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        var small = await BegunAsync(PlanKind.SmallGoal, scene.Classmate);
        var ofClass = scene.OfSchool($"classes/{scene.Class}/plan-marks");
        await scene.Subject.DoAsync(ofClass, new ClassMarksRequest(Today, [new(plan, 2), new(small)], PlanForm.Paper)).ShouldBeDoneAsync();
        await scene.Subject.DoAsync(ofClass, new ClassMarksRequest(Today, [new(small, 2)])).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Subject.DoAsync(ofClass, new ClassMarksRequest(Today, [new(small), new(small)]))
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Subject.DoAsync(ofClass, new ClassMarksRequest(Today, [new(Guid.CreateVersion7())])).ShouldBeHiddenAsync();
        await scene.OtherHomeroom.DoAsync(ofClass, new ClassMarksRequest(Today, [new(plan)])).ShouldBeHiddenAsync();
        await scene.Guardian.DoAsync(ofClass, new ClassMarksRequest(Today, [new(plan)])).ShouldBeHiddenAsync();
        (await archives.ScalarAsync<long>(
            """
            SELECT count(DISTINCT aggregate_id) FROM (SELECT name, aggregate_id, payload FROM platform.outbox
                UNION ALL SELECT name, aggregate_id, payload FROM platform.event_log) AS e
            WHERE name = 'platform.contact-told' AND payload LIKE '%' || $1 || '%' AND payload LIKE '%"feedback"%'
            """, scene.Student.ToString())).ShouldBe(2, "the family's tick and the school's of that day; a small goal's is no feedback");

        archives.Clock.DaysAhead = 7;
        await scene.Homeroom.PutAsync(At(plan, $"marks/{Today.AddDays(7):yyyy-MM-dd}"), new MarkRequest(1)).ShouldBeDoneAsync();
        var monday = Today.AddDays(-(((int)Today.DayOfWeek + 6) % 7));
        (await scene.Guardian.SeeAsync<PlanBody>(At(plan))).Weeks.ShouldBe(
            [new PlanWeek(monday.AddDays(7), 1, 1, 0, 0), new PlanWeek(monday, 1, 2, 1, 3)]);
        (await scene.Homeroom.SeeAllAsync<PlanRow>(scene.OfSchool($"plans?classId={scene.Class}"))).Select(row => (row.Id, row.KeptToday)).ShouldBe(
            [(plan, 1), (small, null)], ignoreOrder: true);
    }

    [Fact]
    [Trait("Rule", "ARC-6")]
    public async Task Ticks_at_once_leave_one_for_each_side()
    {
        var plan = await BegunAsync(PlanKind.BehaviourContract);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? scene.Homeroom : scene.Guardian)
            .PutAsync(At(plan, $"marks/{Today:yyyy-MM-dd}"), new MarkRequest(1))));
        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.NoContent);
        var week = (await scene.Homeroom.SeeAsync<PlanBody>(At(plan))).Weeks.ShouldHaveSingleItem();
        (week.DaysAtSchool, week.KeptAtSchool, week.DaysAtHome, week.KeptAtHome).ShouldBe((1, 1, 1, 1));
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task While_a_contract_runs_feedback_is_daily()
    {
        var plan = await BegunAsync(PlanKind.BehaviourContract);
        await scene.Homeroom.DoAsync(At(plan, "close"), new PlanClosing(PlanOutcome.GivenUp)).ShouldBeDoneAsync();
        await BegunAsync(PlanKind.SmallGoal); // changes no cadence
        (await scene.EventsAsync<CadenceChanged>()).Select(e => e.Cadence.FeedbackEveryDays).ShouldBe([1, null]);
    }

    [Fact]
    [Trait("Rule", "ARC-11")]
    public async Task The_watch_list_is_the_counselors_and_others_see_only_their_task()
    {
        var watch = await scene.Counselor.DoAsync(
            scene.OfStudent("watch"), new WatchRequest(WatchLevel.Close, Today.AddDays(7), "量表偏高")).MadeAsync();
        var address = scene.District.Address($"watch/{watch}");
        var task = await scene.Counselor.DoAsync(
            scene.District.Address($"watch/{watch}/tasks"), new TaskRequest(scene.HomeroomTeacher, "每天观察情绪", Today.AddDays(9))).MadeAsync();
        (await scene.Counselor.SeeAllAsync<WatchRow>(scene.OfSchool("watch-list?mine=true"))).ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(row => row.Level.ShouldBe(WatchLevel.Close), row => row.Overdue.ShouldBeFalse());

        foreach (var client in new[] { scene.Homeroom, scene.Subject, scene.Vice, scene.Officer, scene.Guardian, scene.SchoolAdmin, scene.District.Admin })
        {
            await client.GetAsync(address).ShouldBeForbiddenAsync();
            await client.GetAsync(scene.OfSchool("watch-list")).ShouldBeForbiddenAsync();
        }

        var mine = await scene.Homeroom.GetStringAsync(Tasks);
        mine.ShouldContain("每天观察情绪");
        foreach (var trace in new[] { "量表", "close", "watch", $"{watch}", "level" })
            mine.ShouldNotContain(trace, Case.Insensitive);
        foreach (var client in new[] { scene.Subject, scene.Vice, scene.Officer, scene.OtherHomeroom })
        {
            (await client.SeeAllAsync<TaskBody>(Tasks)).ShouldBeEmpty();
            await client.DoAsync(scene.District.Address($"student-tasks/{task}/done")).ShouldBeHiddenAsync();
        }

        await scene.Guardian.GetAsync(Tasks).ShouldBeForbiddenAsync();
        (await scene.Guardian.GetStringAsync(new Uri(scene.OfStudent("").ToString().TrimEnd('/'), UriKind.Relative))).ShouldNotContain($"{watch}");
        (await scene.Guardian.SeeAllAsync<PlanRow>(scene.OfSchool("plans"))).ShouldBeEmpty();
        (await archives.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT payload::text FROM platform.outbox UNION ALL SELECT payload::text FROM platform.event_log) e (payload)
            WHERE payload LIKE '%' || $1 || '%'
            """, $"{watch}")).ShouldBe(0);

        await scene.Homeroom.DoAsync(scene.District.Address($"student-tasks/{task}/done")).ShouldBeDoneAsync();
        await scene.Homeroom.DoAsync(scene.District.Address($"student-tasks/{task}/done"))
            .ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.task-done");
        (await scene.Homeroom.SeeAllAsync<TaskBody>(Tasks)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ARC-11")]
    public async Task A_watch_is_reviewed_by_whoever_has_its_version_and_ends()
    {
        var request = new WatchRequest(WatchLevel.Notice, Today, "初次访谈");
        await scene.Counselor.DoAsync(scene.OfStudent("watch"), request with { Why = "" }).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Counselor.DoAsync(scene.OfStudent("watch"), request with { ReviewOn = Today.AddDays(-1) })
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        var watch = await scene.Counselor.DoAsync(scene.OfStudent("watch"), request).MadeAsync();
        var address = scene.District.Address($"watch/{watch}");
        archives.Clock.DaysAhead = 1;
        (await scene.Counselor.SeeAllAsync<WatchRow>(scene.OfSchool("watch-list"))).ShouldHaveSingleItem().Overdue.ShouldBeTrue();
        var review = request with { Level = WatchLevel.Crisis, ReviewOn = Today.AddDays(2), Why = "情况加重" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => scene.Counselor.PutAsync(address, review, 1)));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed).ShouldBe(2);
        (await scene.Counselor.SeeAsync<WatchBody>(address)).Why.ShouldBe("情况加重");
        using var otherSchool = archives.Client(new Grant(
            Role.Counselor, Guid.CreateVersion7(), scene.District.Id, await scene.IdAsync("school", "S2", "school_id"), null, null));
        await otherSchool.GetAsync(address).ShouldBeHiddenAsync();
        await otherSchool.GetAsync(scene.OfSchool("watch-list")).ShouldBeHiddenAsync();
        await scene.Counselor.DoAsync(scene.District.Address($"watch/{watch}/end")).ShouldBeDoneAsync();
        await scene.Counselor.DoAsync(scene.District.Address($"watch/{watch}/end")).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.watch-ended");
        (await scene.Counselor.SeeAllAsync<WatchRow>(scene.OfSchool("watch-list"))).ShouldBeEmpty();
        (await scene.Counselor.SeeAllAsync<WatchRow>(scene.OfSchool("watch-list?ended=true"))).ShouldHaveSingleItem();
    }

    [Fact]
    [Trait("Rule", "ARC-12")]
    public async Task Support_is_asked_for_referred_to_a_resource_and_closed_and_shared_with_the_family_or_not()
    {
        var room = await scene.Counselor.DoAsync(
            scene.OfSchool("support-resources"), new ResourceRequest(ResourceKind.CounselingRoom, "心理辅导室")).MadeAsync();
        (await scene.Guardian.SeeAllAsync<ResourceBody>(scene.OfSchool("support-resources"))).ShouldHaveSingleItem().Name.ShouldBe("心理辅导室");
        var id = await scene.Homeroom.DoAsync(scene.OfStudent("support"), new SupportRequest("课后情绪疏导")).MadeAsync();
        var address = scene.District.Address($"support/{id}");
        await scene.Guardian.GetAsync(address).ShouldBeHiddenAsync();
        (await scene.Guardian.SeeAllAsync<SupportRow>(scene.OfSchool("support"))).ShouldBeEmpty();

        await scene.Counselor.DoAsync(At("refer"), new Referral(Guid.CreateVersion7())).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Counselor.DoAsync(At("close"), new SupportClosing(SupportResult.Helped))
            .ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.support-decided"); // nothing was done yet
        await scene.Homeroom.DoAsync(At("refer"), new Referral(room)).ShouldBeForbiddenAsync();
        await scene.Counselor.DoAsync(At("refer"), new Referral(room, scene.HomeroomTeacher, Shared: true)).ShouldBeDoneAsync();
        var shared = await scene.Guardian.SeeAsync<SupportBody>(address);
        (shared.Row.State, shared.Row.ResourceId, shared.Row.ResponsibleId, shared.Wish).ShouldBe(
            (SupportState.Referred, room, scene.HomeroomTeacher, null));
        await scene.Counselor.DoAsync(At("close"), new SupportClosing(SupportResult.Helped, "三次辅导后好转", Shared: true)).ShouldBeDoneAsync();
        (await scene.Guardian.SeeAsync<SupportBody>(address)).ShouldSatisfyAllConditions(
            body => body.Note.ShouldBe("三次辅导后好转"), body => body.Row.Result.ShouldBe(SupportResult.Helped));
        await scene.Counselor.DoAsync(At("refer"), new Referral(room)).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.support-decided");

        Uri At(string what) => scene.District.Address($"support/{id}/{what}");
    }

    [Fact]
    [Trait("Rule", "ARC-12")]
    public async Task A_guardian_asks_too_and_sees_how_far_the_own_wish_has_come_and_strangers_see_nothing()
    {
        var room = await scene.Officer.DoAsync(
            scene.OfSchool("support-resources"), new ResourceRequest(ResourceKind.Community, "社区四点半课堂")).MadeAsync();
        await scene.Guardian.DoAsync(scene.OfStudent("support"), new SupportRequest("")).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        var id = await scene.Guardian.DoAsync(scene.OfStudent("support"), new SupportRequest("放学后无人照看")).MadeAsync();
        var address = scene.District.Address($"support/{id}");
        await scene.Officer.DoAsync(scene.District.Address($"support/{id}/refer"), new Referral(room)).ShouldBeDoneAsync();
        (await scene.Guardian.SeeAsync<SupportBody>(address)).ShouldSatisfyAllConditions(
            body => body.Wish.ShouldBe("放学后无人照看"), body => body.Row.State.ShouldBe(SupportState.Referred), body => body.Row.ResourceId.ShouldBeNull());
        (await scene.Guardian.SeeAllAsync<SupportRow>(scene.OfSchool("support"))).ShouldHaveSingleItem().ResourceId.ShouldBeNull();
        (await scene.Homeroom.SeeAllAsync<SupportRow>(scene.OfSchool("support?state=referred"))).ShouldHaveSingleItem().ResourceId.ShouldBe(room);
        foreach (var client in await scene.StrangersAsync())
        {
            await client.GetAsync(address).ShouldBeHiddenAsync();
            await client.DoAsync(scene.OfStudent("support"), new SupportRequest("x")).ShouldBeHiddenAsync();
        }

        (await scene.OtherHomeroom.SeeAllAsync<SupportRow>(scene.OfSchool("support"))).ShouldBeEmpty();
        await scene.Subject.GetAsync(address).ShouldBeForbiddenAsync();
        (await scene.Officer.DeleteAsync(scene.OfSchool($"support-resources/{room}"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await scene.Homeroom.SeeAllAsync<ResourceBody>(scene.OfSchool("support-resources"))).ShouldBeEmpty();
    }

    private static readonly Uri Tasks = new("/api/archives/student-tasks", UriKind.Relative);

    private static PlanRequest Plan(string goals, PlanKind kind = PlanKind.SmallGoal) => new(kind, goals, Today.AddDays(30), "先易后难");

    private Uri At(Guid plan, string what = "") => scene.District.Address($"plans/{plan}/{what}".TrimEnd('/'));

    private Task<Guid> DraftAsync(PlanKind kind, Guid? student = null) =>
        scene.Homeroom.DoAsync(scene.OfStudent("plans", student), Plan("每天读十分钟", kind)).MadeAsync();

    private async Task<Guid> BegunAsync(PlanKind kind, Guid? student = null)
    {
        var plan = await DraftAsync(kind, student);
        await scene.Homeroom.DoAsync(At(plan, "begin"), new PlanBeginning(PlanForm.Oral)).ShouldBeDoneAsync();
        return plan;
    }
}
