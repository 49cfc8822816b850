using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Outlines;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;

namespace HomeSchool.Visits.Tests;

/// <summary>Drafts, versions, internal parts, prints and due dates of records; and what the guardian reads of them.</summary>
[Trait("Rule", "VIS-10")]
public sealed class RecordTests(VisitsSystem system) : IAsyncLifetime
{
    private static readonly RecordRequest Record = new("聊了学习习惯", "每天阅读二十分钟", GuardianFeedback.Satisfied);

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
    public async Task An_older_draft_never_replaces_a_newer_one_and_the_same_may_come_twice()
    {
        var visit = await ScheduleAsync(1);
        (await KeepAsync(visit, 1, "一")).ShouldBe(1);
        (await KeepAsync(visit, 3, "三")).ShouldBe(3);
        (await KeepAsync(visit, 3, "三")).ShouldBe(3);
        (await KeepAsync(visit, 2, "二")).ShouldBe(3);
        var kept = await teacher.GetAsync<DraftBody>($"/api/visits/{visit}/draft");
        (kept.Revision, kept.Draft.Summary).ShouldBe((3, "三"));
        await system.As(district.Teacher(district.One.B)).TryGetAsync($"/api/visits/{visit}/draft").ShouldBeUnknownAsync();
        await system.As(district.AtSchool(Role.VicePrincipal, district.One)).TryGetAsync($"/api/visits/{visit}/draft")
            .ShouldBeForbiddenAsync();
    }

    [Fact]
    public async Task A_draft_is_gone_with_the_record_and_does_not_come_back_late()
    {
        var visit = await ScheduleAsync(2);
        await KeepAsync(visit, 1, "一");
        await teacher.OnAsync(visit, "complete", Record, version: 1).ShouldSucceedAsync();
        await teacher.TryGetAsync($"/api/visits/{visit}/draft").ShouldBeUnknownAsync();
        await teacher.PutJsonAsync($"/api/visits/{visit}/draft", new DraftBody(2, new RecordDraft("二")))
            .ShouldBeRefusedAsync(409, "visits.not-open");
        (await system.CountAsync("SELECT count(*) FROM visit_draft WHERE visit_id = $1", visit)).ShouldBe(0);
    }

    [Fact]
    public async Task Of_a_draft_and_a_record_at_one_time_the_record_stays_and_the_draft_does_not()
    {
        for (var round = 0; round < 5; round++)
        {
            var visit = await ScheduleAsync(3);
            var drafts = Enumerable.Range(1, 6).Select(i => teacher.PutJsonAsync(
                $"/api/visits/{visit}/draft", new DraftBody(i, new RecordDraft($"{i}")))).ToList();
            drafts.Insert(3, teacher.OnAsync(visit, "complete", Record, version: 1));
            var answers = await Task.WhenAll(drafts);
            answers[3].StatusCode.ShouldBe(HttpStatusCode.OK);
            answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK || answer.StatusCode == HttpStatusCode.Conflict);
            (await system.CountAsync("SELECT count(*) FROM visit_draft WHERE visit_id = $1", visit)).ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_corrected_record_is_a_new_version_and_the_old_one_stays()
    {
        var visit = await CompleteAsync(4, Record);
        var corrected = new RecordTexts("聊了阅读习惯", Record.Agreed, GuardianFeedback.Neutral);
        var path = $"/api/visits/{visit}/record";
        await teacher.PutJsonAsync(path, corrected).ShouldBeRefusedAsync(428, "request.if-match-needed");
        await teacher.PutJsonAsync(path, corrected, version: 1).ShouldSucceedAsync();
        await teacher.PutJsonAsync(path, corrected, version: 1).ShouldBeOutdatedAsync();

        var read = await teacher.GetAsync<RecordView>(path);
        (read.Version, read.Content.Summary).ShouldBe((2, "聊了阅读习惯"));
        read.Versions.Select(version => (version.Version, version.AuthorId))
            .ShouldBe([(1, district.One.A.Teacher), (2, district.One.A.Teacher)]);
        read.Versions[1].RecordedAt.ShouldBeGreaterThan(read.Versions[0].RecordedAt);
        (await teacher.GetAsync<RecordView>(path + "?version=1")).Content.Summary.ShouldBe(Record.Summary);
        await teacher.TryGetAsync(path + "?version=3").ShouldBeUnknownAsync();
        await system.As(district.AtSchool(Role.VicePrincipal, district.One)).PutJsonAsync(path, corrected, version: 2)
            .ShouldBeForbiddenAsync();
        (await system.AuditOfAsync(visit)).ShouldContain(entry => entry.Action == "CorrectVisitRecord");
        (await teacher.GetAsync<LedgerEntryView>($"/api/visits/ledger/{visit}")).Versions.Select(version => version.Facts.Feedback)
            .ShouldBe([GuardianFeedback.Neutral, Record.GuardianFeedback]);
        (await system.EventsOfAsync(visit)).Count(e => e.Name == "visits.visit-completed").ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "ARC-7")]
    public async Task An_internal_part_is_read_by_whom_the_policy_names_and_others_see_that_there_is_one()
    {
        var visit = await CompleteAsync(5, Record with { Internal = "母亲住院" });
        var path = $"/api/visits/{visit}/record";
        var (counselor, officer) =
            (district.AtSchool(Role.Counselor, district.One), district.AtSchool(Role.MoralEducationOfficer, district.One));
        foreach (var reader in new[] { district.Teacher(district.One.A), counselor })
            (await system.As(reader).GetAsync<InternalView>(path + "/internal?reason=x")).Text.ShouldBe("母亲住院");
        // A correction of the rest, also by somebody who may not read it, loses nothing.
        await teacher.PutJsonAsync(path, new RecordTexts("聊了阅读", Record.Agreed, GuardianFeedback.Neutral), version: 1)
            .ShouldSucceedAsync();
        (await system.As(counselor).GetAsync<InternalView>(path + "/internal")).Text.ShouldBe("母亲住院");
        await system.As(officer).TryGetAsync(path + "/internal").ShouldBeRefusedAsync(403, "visits.internal-only");
        using (var read = await system.As(officer).TryGetAsync(path))
        {
            var text = await read.Content.ReadAsStringAsync();
            text.ShouldContain("\"hasInternal\":true");
            text.ShouldNotContain("母亲住院");
        }

        (await system.AuditOfAsync(visit)).Count(entry => entry == ("ReadInternalPart", "x")).ShouldBe(2);
        await SetPolicyAsync(new RecordPolicy { InternalReaders = [Role.MoralEducationOfficer] });
        (await system.As(officer).GetAsync<InternalView>(path + "/internal")).Text.ShouldBe("母亲住院");
        await system.As(counselor).TryGetAsync(path + "/internal").ShouldBeRefusedAsync(403, "visits.internal-only");
        await system.As(district.Teacher(district.One.B)).TryGetAsync(path + "/internal").ShouldBeUnknownAsync();
    }

    [Fact]
    [Trait("Rule", "ALL-7")]
    public async Task A_record_prints_on_A4_without_its_internal_part()
    {
        var visit = await CompleteAsync(6, Record with { Internal = "母亲住院", Holiday = new HolidayPlan(["《城南旧事》"]) });
        using var answer = await teacher.TryGetAsync($"/api/visits/{visit}/record/print");
        var page = await answer.Content.ReadAsStringAsync();
        foreach (var part in (string[])["size: A4", "学校盖章", Record.Agreed, "《城南旧事》", $"VR-{visit:N}-1", "内部资料 · account:"])
            page.ShouldContain(part);
        page.ShouldNotContain("母亲住院");
        page.ShouldNotContain("<script");
        (await system.AuditOfAsync(visit)).ShouldContain(entry => entry.Action == "PrintVisitRecord");
    }

    [Fact]
    public async Task Records_to_be_written_are_listed_the_longest_due_first_by_teacher_and_school()
    {
        var (first, second) = (await ScheduleAsync(7), await ScheduleAsync(8));
        await CompleteAsync(9, Record);
        await teacher.ScheduleAsync(new VisitRequest([district.One.A.Students[10]], VisitMode.Video, Http.Evening()));
        var path = $"/api/visits/records/due?schoolId={district.One.Id}&size=1";
        var officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
        var page = await officer.GetAsync<Page<DueRecord>>(path);
        var rest = await officer.GetAsync<Page<DueRecord>>($"{path}&after={page.Next}");
        rest.Next.ShouldBeNull();
        new[] { page, rest }.Select(p => p.Items.Single()).ShouldSatisfyAllConditions(
            due => due.Select(record => record.VisitId).ShouldBe([first, second], ignoreOrder: true),
            due => due.ShouldAllBe(record => !record.Overdue && record.TeacherId == district.One.A.Teacher));
        (await officer.GetAsync<Page<DueRecord>>($"/api/visits/records/due?teacherId={district.One.B.Teacher}")).Items.ShouldBeEmpty();
        (await system.As(district.Teacher(district.One.B)).GetAsync<Page<DueRecord>>("/api/visits/records/due")).Items.ShouldBeEmpty();

        var later = system.AsIn(TimeSpan.FromDays(6), district.Teacher(district.One.A));
        (await later.GetAsync<Page<DueRecord>>("/api/visits/records/due")).Items.ShouldContain(r => r.VisitId == first && r.Overdue);
        var completed = await (await later.OnAsync(first, "complete", Record, version: 1)).ReadAsync<CompletedVisit>();
        completed.Late.ShouldBeTrue();
        (await later.GetAsync<RecordView>($"/api/visits/{first}/record")).Late.ShouldBeTrue();
    }

    [Fact]
    [Trait("Rule", "VIS-16")]
    public async Task A_guardian_reads_what_was_agreed_and_the_holiday_plan_and_nothing_else()
    {
        var plan = new HolidayPlan(["《城南旧事》"], ["每天洗碗"]);
        var visit = await CompleteAsync(1, Record with { Holiday = plan, Internal = "母亲住院" });
        using (var answer = await system.As(Guardian(1)).TryGetAsync($"/api/visits/{visit}/agreement"))
        {
            var text = await answer.Content.ReadAsStringAsync();
            foreach (var part in (string[])[Record.Agreed, "《城南旧事》", "每天洗碗", "satisfied"])
                text.ShouldContain(part);
            text.ShouldNotContain(Record.Summary);
            text.ShouldNotContain("母亲住院");
        }

        await system.As(Guardian(2)).TryGetAsync($"/api/visits/{visit}/agreement").ShouldBeUnknownAsync();
        await teacher.TryGetAsync($"/api/visits/{visit}/agreement").ShouldBeForbiddenAsync();

        // Of a visit to siblings, who is guardian of one only does not read about the other.
        var shared = await teacher.ScheduleAsync(new VisitRequest(
            [district.One.A.Students[0], district.One.B.Students[0]], VisitMode.Video, Http.Now.AddHours(-20), VisitKind.Emergency));
        await teacher.OnAsync(shared.Id, "complete", Record, version: 1).ShouldSucceedAsync();
        await system.As(district.Guardian(district.One.A)).TryGetAsync($"/api/visits/{shared.Id}/agreement").ShouldBeUnknownAsync();
        await system.As(district.Guardian(district.One.A), district.Guardian(district.One.B))
            .TryGetAsync($"/api/visits/{shared.Id}/agreement").ShouldSucceedAsync();
    }

    [Fact]
    [Trait("Rule", "VIS-16")]
    public async Task In_the_closing_weeks_a_record_without_a_holiday_plan_is_warned_of()
    {
        (await CompletedAsync(teacher, await ScheduleAsync(3), Record)).Warnings.ShouldBeEmpty();

        var closing = system.AsIn(TimeSpan.FromDays(60), district.Teacher(district.One.A)); // the term's 18th week
        (await CompletedAsync(closing, await EmergencyIn(closing, 4, hours: -1), Record)).Warnings
            .ShouldHaveSingleItem().Code.ShouldBe("visits.holiday-plan-missing");
        var planned = Record with { Holiday = new HolidayPlan(Tasks: ["每天洗碗"]) };
        (await CompletedAsync(closing, await EmergencyIn(closing, 5, hours: -3), planned)).Warnings.ShouldBeEmpty();

        async Task<Guid> EmergencyIn(HttpClient client, int student, int hours) => (await client.ScheduleAsync(new VisitRequest(
            [district.One.A.Students[student]], VisitMode.Video, Http.Now.AddDays(60).AddHours(hours), VisitKind.Emergency))).Id;
        static async Task<CompletedVisit> CompletedAsync(HttpClient client, Guid visit, RecordRequest record) =>
            await (await client.OnAsync(visit, "complete", record, version: 1)).ReadAsync<CompletedVisit>();
    }

    [Fact]
    [Trait("Rule", "VIS-10")]
    public async Task A_summary_with_what_is_no_character_is_refused()
    {
        var visit = await ScheduleAsync(10);
        await teacher.OnAsync(visit, "complete", Record with { Summary = "聊了\uFFFE学习" }, version: 1)
            .ShouldBeRefusedAsync(400, "request.invalid");
    }

    [Fact]
    [Trait("Rule", "VIS-14")]
    public async Task Wording_is_hinted_at_once_with_the_passage_and_one_tap_goes_on()
    {
        var visit = await ScheduleAsync(6);
        var harsh = Record with { Summary = "孩子很懒惰，上课走神", Needs = new RecordDimension(Text: "又不交作业") };
        var problem = await (await teacher.OnAsync(visit, "complete", harsh, version: 1)).ProblemAsync();
        (problem.Status, problem.Code).ShouldBe((422, "wording.tone"));
        problem.Errors!.Select(error => error.Field).ShouldBe(["summary", "needs.text"]);
        problem.Errors![0].Message.ShouldStartWith("第 4–5 字");
        await teacher.OnAsync(visit, "complete", harsh with { AcceptTone = true }, version: 1).ShouldSucceedAsync();
        await teacher.PutJsonAsync(
            $"/api/visits/{visit}/record", new RecordTexts("孩子真笨", "约定", GuardianFeedback.Neutral), version: 1)
            .ShouldBeRefusedAsync(422, "wording.tone");

        // The guardian's own words, and what is internal, are not looked at.
        await CompleteAsync(7, Record with { FeedbackText = "他太懒惰了", Internal = "孩子自称懒惰" });
        var outline = new OutlineBody(new OutlineContent(["不再懒惰"]));
        await teacher.PutJsonAsync($"/api/visits/{await ScheduleAsync(8)}/outline", outline, version: 0)
            .ShouldBeRefusedAsync(422, "wording.tone");
    }

    [Fact]
    [Trait("Rule", "VIS-14")]
    public async Task A_district_has_words_of_its_own_and_texts_are_looked_at_while_they_are_written()
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal) { ["summary"] = "孩子很懒惰，是个小霸王" };
        var request = new ToneRequest(district.One.Id, texts);
        var hint = (await (await teacher.PostJsonAsync("/api/visits/tone", request)).ReadAsync<ToneAnswer>()).Hints.ShouldHaveSingleItem();
        (hint.Field, hint.Start, hint.Length, hint.Kind).ShouldBe(("summary", 3, 2, ToneKind.Label));
        await SetPolicyAsync(new RecordPolicy { ToneWords = [new ToneWord("小霸王", ToneKind.Label, "写具体行为", "Say what happened")] });
        hint = (await (await teacher.PostJsonAsync("/api/visits/tone", request)).ReadAsync<ToneAnswer>()).Hints.ShouldHaveSingleItem();
        (hint.Start, hint.En).ShouldBe((8, "Say what happened"));
    }

    private Grant Guardian(int student) => new(
        Role.Guardian, district.One.A.Guardians[student], district.Id, district.One.Id, district.One.A.Id,
        district.One.A.Students[student]);

    private Task SetPolicyAsync(RecordPolicy records) => system.As(district.AtSchool(Role.SchoolAdmin, district.One))
        .PutJsonAsync($"/api/visits/policies/{district.One.Id}", new VisitPolicy { Records = records }, version: 0)
        .ShouldSucceedAsync();

    private async Task<long> KeepAsync(Guid visit, long revision, string summary) =>
        (await (await teacher.PutJsonAsync(
            $"/api/visits/{visit}/draft", new DraftBody(revision, new RecordDraft(summary)))).ReadAsync<KeptDraft>()).Revision;

    private async Task<Guid> CompleteAsync(int student, RecordRequest record)
    {
        var visit = await ScheduleAsync(student);
        await teacher.OnAsync(visit, "complete", record, version: 1).ShouldSucceedAsync();
        return visit;
    }

    private async Task<Guid> ScheduleAsync(int student) => (await teacher.ScheduleAsync(new VisitRequest(
        [district.One.A.Students[student]], VisitMode.Video, Http.Now.AddHours(-2 * ++visits), VisitKind.Emergency))).Id;
}
