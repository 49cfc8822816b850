using System.Net;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Ledger;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-11")]
public sealed class FollowUpTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;
    private Guid entry;

    private ClassOfTest Class => district.One.A;

    private static DateOnly Today => LocalTime.Day(Http.Now, "Asia/Shanghai");

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(Class));
        var contact = new ContactRequest([Class.Students[1]], ContactChannel.Phone, "x");
        entry = (await (await teacher.PostJsonAsync("/api/visits/ledger", contact)).ReadAsync<WrittenEntry>()).Id;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Several_follow_ups_have_owner_day_and_text_and_the_loop_is_closed_with_the_last_of_them()
    {
        var ids = await AddAsync(
            new NewFollowUp("约心理老师"), new NewFollowUp("看作业", district.One.Colleague, Today.AddDays(2)));
        var rows = await ListAsync(teacher, $"entryId={entry}");
        rows.Select(f => (f.Id, f.OwnerId, f.DueOn, f.State)).ShouldBe(
        [
            (ids[1], district.One.Colleague, Today.AddDays(2), FollowUpState.Open),
            (ids[0], Class.Teacher, Today.AddDays(7), FollowUpState.Open),
        ]);
        (await LoopAsync()).ShouldBe(new Loop(2, 0));

        await CloseAsync(teacher, ids[0], "已约").ShouldSucceedAsync();
        (await LoopAsync()).IsClosed.ShouldBeFalse();
        await CloseAsync(teacher, ids[1], "已看").ShouldSucceedAsync();
        (await LoopAsync()).IsClosed.ShouldBeTrue();
        var view = await teacher.GetAsync<FollowUpView>($"/api/visits/follow-ups/{ids[0]}");
        (view.Text, view.Outcome, view.ClosedBy, view.Facts.State).ShouldBe(("约心理老师", "已约", Class.Teacher, FollowUpState.Closed));
        await CloseAsync(teacher, ids[0], "再次", 2).ShouldBeRefusedAsync(409, "visits.already-closed");

        var told = (await system.EventsOfAsync(entry)).Where(e => e.Name == "visits.loop-changed").Select(e => e.Payload).ToArray();
        told.Length.ShouldBe(3);
        told[^1].ShouldContain("\"followUps\":2,\"closed\":2");
        string.Concat(told).ShouldNotContain("约");
        (await AddAsync(new NewFollowUp("再约"))).Count.ShouldBe(1);
        (await LoopAsync()).IsClosed.ShouldBeFalse("one more is open");
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task An_erasure_announces_the_loops_that_it_changes_and_what_is_told_goes_on_in_order()
    {
        var (gone, stays) = (Class.Students[0], district.One.B.Students[0]);
        teacher = system.As(district.Teacher(Class), district.Teacher(district.One.B));
        entry = (await (await teacher.PostJsonAsync(
            "/api/visits/ledger", new ContactRequest([gone, stays], ContactChannel.Phone, "x"))).ReadAsync<WrittenEntry>()).Id;
        var ids = await AddAsync(
            new NewFollowUp("一", StudentId: gone), new NewFollowUp("二", StudentId: gone), new NewFollowUp("三", StudentId: stays));
        await CloseAsync(teacher, ids[2], "x").ShouldSucceedAsync();

        await EraseAsync(gone, DataKind.Support);
        (await ToldAsync()).Length.ShouldBe(2, "what was erased has no follow-ups");
        await EraseAsync(gone);
        (await ToldAsync())[^1].ShouldBe((3, 1, 1));
        (await LoopAsync(stays)).IsClosed.ShouldBeTrue();
        await AddAsync(new NewFollowUp("四", StudentId: stays));
        (await ToldAsync())[^1].ShouldBe((4, 2, 1));
        await EraseAsync(stays);
        (await ToldAsync())[^1].ShouldBe((5, 0, 0));
    }

    [Fact]
    public async Task Closing_needs_an_outcome_and_a_follow_up_a_text()
    {
        var id = (await AddAsync(new NewFollowUp("x"))).Single();
        (await CloseAsync(teacher, id, " ").MistakesAsync()).ShouldBe([("outcome", "request.text")]);
        await teacher.PostJsonAsync($"/api/visits/follow-ups/{id}/close", new OutcomeRequest("x"))
            .ShouldBeRefusedAsync(428, "request.if-match-needed");
        (await TryAddAsync(new NewFollowUp(" ")).MistakesAsync()).ShouldBe([("items[0].text", "request.text")]);
        (await TryAddAsync(new NewFollowUp("x", Guid.CreateVersion7(), Today.AddDays(-1))).MistakesAsync()).ShouldBe(
            [("items.ownerId", "visits.not-staff"), ("items[0].dueOn", "visits.day-passed")]);
    }

    [Fact]
    public async Task Overdue_is_what_the_day_says_without_anything_having_run()
    {
        var id = (await AddAsync(new NewFollowUp("x", DueOn: Today.AddDays(1)))).Single();
        (await ListAsync(teacher, "state=open")).Single().Id.ShouldBe(id);
        (await ListAsync(teacher, "state=overdue")).ShouldBeEmpty();
        var later = system.AsIn(TimeSpan.FromDays(2), district.Teacher(Class));
        (await ListAsync(later, "state=overdue")).Single().State.ShouldBe(FollowUpState.Overdue);
        (await ListAsync(later, "state=open")).ShouldBeEmpty();
        await CloseAsync(later, id, "x").ShouldSucceedAsync();
        (await ListAsync(later, "state=overdue")).ShouldBeEmpty();
        (await ListAsync(later, "state=closed")).Single().Id.ShouldBe(id);
    }

    [Fact]
    [Trait("Rule", "VIS-21")]
    public async Task Holidays_stop_the_clock_and_none_is_a_due_day()
    {
        var closed = Enumerable.Range(1, 5).Select(i => new SpecialDay(Today.AddDays(i), DayKind.Holiday)).ToArray();
        await system.As(district.Admin()).PutJsonAsync($"/api/visits/calendars/{district.Id}", new CalendarBody(closed), 0)
            .ShouldSucceedAsync();
        await AddAsync(new NewFollowUp("x"), new NewFollowUp("x", DueOn: Today.AddDays(2)), new NewFollowUp("x", DueOn: Today.AddDays(6)));
        (await ListAsync(teacher)).Select(f => f.DueOn).ShouldBe([Today.AddDays(6), Today.AddDays(6), Today.AddDays(12)]);
    }

    [Fact]
    public async Task Of_two_who_close_the_last_two_one_closes_the_loop_and_of_many_who_close_the_same_one_wins()
    {
        var ids = await AddAsync(new NewFollowUp("a"), new NewFollowUp("b"));
        foreach (var answer in await Task.WhenAll(ids.Select(id => CloseAsync(teacher, id, "x"))))
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await system.EventsOfAsync(entry))[^1].Payload.ShouldContain("\"followUps\":2,\"closed\":2");

        var same = (await AddAsync(new NewFollowUp("c"))).Single();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => CloseAsync(teacher, same, "x")));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.NoContent || a.StatusCode == HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task An_owner_sees_what_he_owns_supervisors_all_and_a_reassigned_one_moves()
    {
        var id = (await AddAsync(new NewFollowUp("x"))).Single();
        var subject = system.As(district.SubjectTeacher(Class) with { PersonId = district.One.Colleague });
        (await ListAsync(subject)).ShouldBeEmpty();
        await subject.TryGetAsync($"/api/visits/follow-ups/{id}").ShouldBeUnknownAsync();
        await teacher.PostJsonAsync($"/api/visits/follow-ups/{id}/owner", new OwnerRequest(district.One.Colleague), 1).ShouldSucceedAsync();
        (await ListAsync(subject, "mine=true")).Single().Id.ShouldBe(id);
        await CloseAsync(subject, id, "x", 1).ShouldBeOutdatedAsync();
        await CloseAsync(subject, id, "x", 2).ShouldSucceedAsync();

        (await ListAsync(system.As(district.AtSchool(Role.VicePrincipal, district.One)), $"classId={Class.Id}")).Count.ShouldBe(1);
        (await ListAsync(system.As(district.Teacher(district.One.B)))).ShouldBeEmpty();
        await system.As(district.Teacher(district.One.B)).PostJsonAsync(
            $"/api/visits/ledger/{entry}/follow-ups", new FollowUpsRequest([new NewFollowUp("x")])).ShouldBeUnknownAsync();
        await system.As(district.Guardian(Class, 1)).TryGetAsync("/api/visits/follow-ups").ShouldBeForbiddenAsync();
    }

    private static async Task<IReadOnlyList<FollowUpRow>> ListAsync(HttpClient client, string filter = "") =>
        (await client.GetAsync<Page<FollowUpRow>>("/api/visits/follow-ups?" + filter)).Items;

    private static Task<HttpResponseMessage> CloseAsync(HttpClient client, Guid id, string outcome, long version = 1) =>
        client.PostJsonAsync($"/api/visits/follow-ups/{id}/close", new OutcomeRequest(outcome), version);

    private Task<HttpResponseMessage> TryAddAsync(params NewFollowUp[] items) =>
        teacher.PostJsonAsync($"/api/visits/ledger/{entry}/follow-ups", new FollowUpsRequest(items));

    private async Task<IReadOnlyList<Guid>> AddAsync(params NewFollowUp[] items) =>
        (await (await TryAddAsync(items)).ReadAsync<WrittenEntries>()).Ids;

    private Task<Loop> LoopAsync() => LoopAsync(Class.Students[1]);

    private async Task<Loop> LoopAsync(Guid student) =>
        (await teacher.GetAsync<Page<LedgerRow>>($"/api/visits/ledger?studentId={student}")).Items.Single().Loop;

    private async Task<(long Version, int FollowUps, int Closed)[]> ToldAsync() =>
    [
        .. (await system.EventsOfAsync(entry)).Where(e => e.Name == "visits.loop-changed")
            .Select(e => JsonSerializer.Deserialize<LoopChanged>(e.Payload, Json.Options)!)
            .Select(loop => (loop.Version, loop.FollowUps, loop.Closed)),
    ];

    private async Task EraseAsync(Guid student, params DataKind[] kinds)
    {
        var asked = new PersonalDataAsked(
            district.Id, Guid.CreateVersion7(), 1, Http.Now, student, district.Parent, PersonalDataMatter.Erasure,
            kinds.Length == 0 ? null : kinds);
        await system.PublishAsync(asked);
        (await Eventually.GetAsync(() => system.EventsOfAsync(asked.AggregateId), events => events.Count > 0)).ShouldNotBeEmpty();
    }
}
