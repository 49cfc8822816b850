using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Outlines;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-8")]
public sealed class JointVisitTests(VisitsSystem system) : IAsyncLifetime
{
    private static readonly NoteContent Note = new("课堂专注", "按时完成", "计算", "每天口算五分钟");

    private District district = null!;
    private HttpClient teacher = null!;
    private HttpClient colleague = null!;
    private int visits;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
        colleague = system.As(new Grant(
            Role.SubjectTeacher, district.One.Colleague, district.Id, district.One.Id, district.One.A.Id, null));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Who_comes_along_writes_one_note_and_sees_the_progress_but_not_the_rest()
    {
        var visit = await ScheduleAsync(1);
        var outline = new OutlineContent(["主动举手发言", "作业按时完成"], ["每天一起读书"], Interests: "下棋", Expectations: "考上高中");
        await teacher.PutJsonAsync($"/api/visits/{visit}/outline", new OutlineBody(outline), version: 0).ShouldSucceedAsync();
        await colleague.PutJsonAsync($"/api/visits/{visit}/note", new NoteBody(Note), version: 0).ShouldSucceedAsync();
        var changed = Note with { Advice = "每天口算十分钟" };
        await colleague.PutJsonAsync($"/api/visits/{visit}/note", new NoteBody(changed), version: 1).ShouldSucceedAsync();

        var own = await colleague.GetAsync<JointView>($"/api/visits/{visit}/note");
        own.Visit.Id.ShouldBe(visit);
        own.Progress.ShouldBe(outline.Progress);
        (own.Note, own.Prefilled).ShouldBe((changed, false));
        await colleague.TryGetAsync($"/api/visits/{visit}/outline").ShouldBeForbiddenAsync();
        await colleague.TryGetAsync($"/api/visits/{visit}/notes").ShouldBeForbiddenAsync();

        var all = await teacher.GetAsync<NotesView>($"/api/visits/{visit}/notes");
        all.Notes.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            note => note.StaffId.ShouldBe(district.One.Colleague), note => note.Content.ShouldBe(changed));
    }

    [Fact]
    public async Task A_note_is_reused_next_time()
    {
        await colleague.PutJsonAsync($"/api/visits/{await ScheduleAsync(2)}/note", new NoteBody(Note), version: 0).ShouldSucceedAsync();
        var next = await colleague.GetAsync<JointView>($"/api/visits/{await ScheduleAsync(2)}/note");
        (next.Note, next.Prefilled).ShouldBe((Note, true));
        (await colleague.GetAsync<JointView>($"/api/visits/{await ScheduleAsync(3)}/note")).Note.ShouldBeNull();
    }

    [Fact]
    public async Task Only_who_is_invited_writes_and_sees_a_note()
    {
        var visit = await ScheduleAsync(4);
        await colleague.PutJsonAsync($"/api/visits/{visit}/note", new NoteBody(Note), version: 0).ShouldSucceedAsync();
        var other = system.As(district.SubjectTeacher(district.One.A));
        await other.PutJsonAsync($"/api/visits/{visit}/note", new NoteBody(Note), version: 0)
            .ShouldBeRefusedAsync(403, "visits.not-joint-visitor");
        await other.TryGetAsync($"/api/visits/{visit}/note").ShouldBeRefusedAsync(403, "visits.not-joint-visitor");
        await system.As(district.SubjectTeacher(district.One.B)).TryGetAsync($"/api/visits/{visit}/note").ShouldBeUnknownAsync();
        await colleague.PutJsonAsync($"/api/visits/{visit}/note", new NoteBody(new NoteContent()), version: 1)
            .ShouldBeRefusedAsync(400, "request.invalid");
    }

    [Fact]
    public async Task Who_teaches_another_class_comes_along_sees_it_until_it_is_done_and_writes_a_note()
    {
        using var elsewhere = system.As(new Grant(
            Role.SubjectTeacher, district.One.Colleague, district.Id, district.One.Id, district.One.B.Id, null));
        var visit = await ScheduleAsync(5);
        (await elsewhere.GetAsync<VisitDetails>($"/api/visits/{visit}")).Visit.Id.ShouldBe(visit);
        (await elsewhere.GetAsync<Page<VisitView>>("/api/visits?mine=true")).Items.ShouldHaveSingleItem().Id.ShouldBe(visit);
        (await elsewhere.GetAsync<Page<VisitView>>("/api/visits")).Items.ShouldBeEmpty();
        await elsewhere.PutJsonAsync($"/api/visits/{visit}/note", new NoteBody(Note), version: 0).ShouldSucceedAsync();
        await teacher.OnAsync(visit, "cancel", version: 1).ShouldSucceedAsync();
        await elsewhere.TryGetAsync($"/api/visits/{visit}").ShouldBeUnknownAsync();
        (await elsewhere.GetAsync<Page<VisitView>>("/api/visits?mine=true")).Items.ShouldBeEmpty();
    }

    private async Task<Guid> ScheduleAsync(int student) => (await teacher.ScheduleAsync(new VisitRequest(
        [district.One.A.Students[student]], VisitMode.Video, Http.Now.AddHours(-2 * ++visits), VisitKind.Emergency,
        JointVisitorIds: [district.One.Colleague]))).Id;
}
