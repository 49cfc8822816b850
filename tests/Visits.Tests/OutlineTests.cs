using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Outlines;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-7")]
public sealed class OutlineTests(VisitsSystem system) : IAsyncLifetime
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(9);
    private static readonly RecordRequest Record = new("聊了学习习惯", "每天阅读二十分钟", GuardianFeedback.Satisfied);

    private static readonly OutlineContent Whole = new(
        ["主动举手发言", "作业按时完成"], ["每天一起读书"], NoQuestions: true, Interests: "下棋", TimeTogether: "周末爬山");

    private District district = null!;
    private HttpClient teacher = null!;
    private int visits;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_visit_starts_when_progress_tasks_and_questions_are_there()
    {
        var visit = await ScheduleRoutineAsync(1);
        var later = system.AsIn(Ahead, district.Teacher(district.One.A));
        (await MissingAsync(later.OnAsync(visit, "start", version: 1))).ShouldBe(["progress", "tasks", "questions"]);
        (await MissingAsync(later.OnAsync(visit, "complete", Record, version: 1))).ShouldBe(["progress", "tasks", "questions"]);

        var partly = new OutlineContent(["主动举手发言"], ["每天一起读书"]);
        (await (await later.PutJsonAsync(Path(visit), new OutlineBody(partly), version: 0)).ReadAsync<OutlineState>())
            .Missing.ShouldBe(["progress", "questions"]);
        await system.AsIn(Ahead - TimeSpan.FromDays(8), Guardian(1))
            .PutJsonAsync($"/api/visits/{visit}/questions", new QuestionsBody(["孩子和同学相处得怎么样？"])).ShouldSucceedAsync();
        (await MissingAsync(later.OnAsync(visit, "start", version: 1))).ShouldBe(["progress"]);

        var whole = new OutlineBody(partly with { Progress = ["主动举手发言", "作业按时完成"] });
        await later.PutJsonAsync(Path(visit), whole, version: 0).ShouldBeOutdatedAsync();
        await later.PutJsonAsync(Path(visit), whole, version: 1).ShouldSucceedAsync();
        var read = await later.GetAsync<OutlineView>(Path(visit));
        read.Missing.ShouldBeEmpty();
        read.FamilyQuestions.ShouldBe(["孩子和同学相处得怎么样？"]);
        read.Content.Progress.ShouldBe(["主动举手发言", "作业按时完成"]);
        await later.OnAsync(visit, "start", version: 1).ShouldSucceedAsync();
        await later.OnAsync(visit, "complete", Record, version: 2).ShouldSucceedAsync();
        await later.PutJsonAsync(Path(visit), whole, version: 2).ShouldBeRefusedAsync(409, "visits.not-open");
    }

    [Fact]
    public async Task An_emergency_starts_without_and_so_does_a_visit_where_the_school_asks_for_none()
    {
        var emergency = await ScheduleAsync(1);
        await teacher.OnAsync(emergency, "start", version: 1).ShouldSucceedAsync();

        var routine = await ScheduleRoutineAsync(2);
        var later = system.AsIn(Ahead, district.Teacher(district.One.A));
        await later.OnAsync(routine, "start", version: 1).ShouldBeRefusedAsync(409, "visits.outline-missing");
        await SetPolicyAsync(new RecordPolicy { OutlineRequired = false });
        await later.OnAsync(routine, "start", version: 1).ShouldSucceedAsync();
    }

    [Fact]
    public async Task A_new_outline_begins_with_what_was_said_and_agreed_before()
    {
        var before = await ScheduleAsync(3);
        await teacher.PutJsonAsync(Path(before), new OutlineBody(Whole), version: 0).ShouldSucceedAsync();
        await teacher.OnAsync(before, "complete", Record, version: 1).ShouldSucceedAsync();

        var next = await ScheduleAsync(3);
        var read = await teacher.GetAsync<OutlineView>(Path(next));
        read.Prefilled.ShouldBeTrue();
        (read.Content.Interests, read.Content.TimeTogether, read.LastAgreed).ShouldBe(("下棋", "周末爬山", Record.Agreed));
        read.Content.Progress.ShouldBeNull(); // new each time
        read.Earlier.ShouldHaveSingleItem().VisitId.ShouldBe(before);
        read.Missing.ShouldBe(["progress", "tasks", "questions"]);
        (await teacher.GetAsync<OutlineView>(Path(await ScheduleAsync(4)))).Earlier.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_prompts_are_the_districts_or_the_schools_own()
    {
        var visit = await ScheduleAsync(5);
        (await teacher.GetAsync<OutlineView>(Path(visit))).Template.Progress.ShouldBe(OutlineTemplate.Default.Progress);
        await SetPolicyAsync(new RecordPolicy { Outline = OutlineTemplate.Default with { Progress = ["本月读书节的表现"] } });
        (await teacher.GetAsync<OutlineView>(Path(visit))).Template.Progress.ShouldBe(["本月读书节的表现"]);
    }

    [Fact]
    public async Task A_family_asks_by_its_link_and_no_other_family_asks()
    {
        var visit = await ScheduleRoutineAsync(6);
        var link = (await teacher.GetAsync<HandedLink>($"/api/visits/{visit}/answer-link")).Url.PathAndQuery;
        await system.AsNobody().PutJsonAsync($"{link}/questions", new QuestionsBody([])).ShouldSucceedAsync();
        var read = await teacher.GetAsync<OutlineView>(Path(visit));
        read.FamilyQuestions.ShouldBe([]);
        read.Missing.ShouldBe(["progress", "tasks"]); // none is an answer too
        await system.As(Guardian(7)).PutJsonAsync($"/api/visits/{visit}/questions", new QuestionsBody(["?"])).ShouldBeUnknownAsync();
        await system.AsNobody().PutJsonAsync($"{link}x/questions", new QuestionsBody([])).ShouldBeUnknownAsync();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task An_outline_is_for_staff_of_the_class_and_their_supervisors_and_each_read_is_audited()
    {
        var visit = await ScheduleAsync(8);
        await teacher.PutJsonAsync(Path(visit), new OutlineBody(Whole), version: 0).ShouldSucceedAsync();
        foreach (var (other, status) in new[]
        {
            (district.AtSchool(Role.VicePrincipal, district.One), 200), (district.AtSchool(Role.Counselor, district.One), 200),
            (district.Teacher(district.One.B), 404), (district.Teacher(district.Two.A), 404),
            (district.SubjectTeacher(district.One.A), 403), (Guardian(8), 403), (district.Admin(), 403),
        })
        {
            using var answer = await system.As(other).TryGetAsync(Path(visit));
            ((int)answer.StatusCode).ShouldBe(status, other.Role.ToString());
        }

        (await system.AuditOfAsync(visit)).Count(entry => entry.Action == "ReadVisitOutline").ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "ALL-7")]
    public async Task An_outline_prints_on_A4_with_room_for_the_seal_and_a_code()
    {
        var visit = await ScheduleAsync(9);
        await teacher.PutJsonAsync(
            Path(visit), new OutlineBody(Whole with { Interests = "<script>alert(1)</script>" }), version: 0).ShouldSucceedAsync();
        using var answer = await teacher.TryGetAsync(Path(visit) + "/print");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        var page = await answer.Content.ReadAsStringAsync();
        foreach (var part in (string[])["size: A4", "学校盖章", "家长签字", "主动举手发言", $"VO-{visit:N}-1", "内部资料 · account:"])
            page.ShouldContain(part);
        page.ShouldNotContain("<script");
        (await system.AuditOfAsync(visit)).ShouldContain(entry => entry.Action == "PrintVisitOutline");
    }

    private static string Path(Guid visit) => $"/api/visits/{visit}/outline";

    private static async Task<string[]> MissingAsync(Task<HttpResponseMessage> answer)
    {
        var problem = await (await answer).ProblemAsync();
        (problem.Status, problem.Code).ShouldBe((409, "visits.outline-missing"));
        return [.. problem.Errors!.Select(error => error.Field)];
    }

    private Grant Guardian(int student) => new(
        Role.Guardian, district.One.A.Guardians[student], district.Id, district.One.Id, district.One.A.Id,
        district.One.A.Students[student]);

    private Task SetPolicyAsync(RecordPolicy records) => system.As(district.AtSchool(Role.SchoolAdmin, district.One))
        .PutJsonAsync($"/api/visits/policies/{district.One.Id}", new VisitPolicy { Records = records }, version: 0)
        .ShouldSucceedAsync();

    private async Task<Guid> ScheduleAsync(int student) => (await teacher.ScheduleAsync(new VisitRequest(
        [district.One.A.Students[student]], VisitMode.Video, Http.Now.AddHours(-2 * ++visits), VisitKind.Emergency))).Id;

    private async Task<Guid> ScheduleRoutineAsync(int student) => (await teacher.ScheduleAsync(new VisitRequest(
        [district.One.A.Students[student]], VisitMode.InPerson, Http.Evening(minute: student)))).Id;
}
