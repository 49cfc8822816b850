using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-12")]
public sealed class LedgerTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;
    private HttpClient officer = null!;

    private ClassOfTest Class => district.One.A;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(Class));
        officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_call_is_logged_with_student_channel_and_a_line_and_announced_without_the_line()
    {
        var entry = await LogAsync(new ContactRequest([Class.Students[1]], ContactChannel.Phone, "聊了作业"));
        var row = (await ListAsync(teacher, $"studentId={Class.Students[1]}")).ShouldHaveSingleItem();
        (row.Channel, row.Minutes, row.GuardianTookPart, row.Deep, row.ClassId).ShouldBe((ContactChannel.Phone, 5, true, false, Class.Id));
        row.StaffIds.ShouldBe([Class.Teacher]);
        row.AuthorId.ShouldBe(Class.Teacher);

        var (name, payload) = (await system.EventsOfAsync(entry.Id)).ShouldHaveSingleItem();
        name.ShouldBe("visits.contact-made");
        payload.ShouldContain(Class.Students[1].ToString());
        payload.ShouldNotContain("作业");
        (await teacher.GetAsync<LedgerEntryView>($"/api/visits/ledger/{entry.Id}")).Versions.Single().Line.ShouldBe("聊了作业");
        (await system.AuditOfAsync(entry.Id)).Select(a => a.Action).ShouldBe(["LogContact", "ReadLedgerEntry"]);
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task Long_enough_with_a_guardian_and_more_than_text_is_a_deep_contact_and_the_policy_says_how_long()
    {
        var call = new ContactRequest([Class.Students[1]], ContactChannel.Phone, "x", Minutes: 20);
        (await LogAsync(call)).Deep.ShouldBeTrue();
        (await LogAsync(call with { Minutes = 19 })).Deep.ShouldBeFalse();
        (await LogAsync(call with { GuardianTookPart = false })).Deep.ShouldBeFalse();
        (await LogAsync(call with { Channel = ContactChannel.Message, GuardianTookPart = true })).Deep.ShouldBeFalse();

        var admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        await admin.PutJsonAsync(
            $"/api/visits/policies/{district.One.Id}",
            new VisitPolicy { WorkList = new WorkListPolicy { DeepContactMinutes = 15 } }, 0)
            .ShouldSucceedAsync();
        (await LogAsync(call with { Minutes = 15 })).Deep.ShouldBeTrue();
        (await admin.PutJsonAsync(
            $"/api/visits/policies/{district.One.Id}",
            new VisitPolicy { WorkList = new WorkListPolicy { DeepContactMinutes = 0 } }, 1)
            .MistakesAsync()).ShouldBe([("workList.deepContactMinutes", "request.range")]);
    }

    [Fact]
    [Trait("Rule", "VIS-10")]
    public async Task A_completed_visit_stands_in_the_ledger_of_each_sibling_and_counts_once()
    {
        Guid[] siblings = [Class.Students[0], district.One.B.Students[0]];
        var visit = await teacher.ScheduleAsync(new VisitRequest(siblings, VisitMode.InPerson, Http.Now, VisitKind.Emergency, Minutes: 40));
        var record = new RecordRequest("聊了习惯", "每天阅读", GuardianFeedback.Satisfied, "谢谢");
        await teacher.OnAsync(visit.Id, "complete", record, version: 1).ShouldSucceedAsync();

        var rows = await ListAsync(officer, $"schoolId={district.One.Id}");
        rows.Select(row => (row.Id, row.StudentId)).ShouldBe(siblings.Select(s => (visit.Id, s)), ignoreOrder: true);
        rows.ShouldAllBe(row => row.Channel == ContactChannel.Visit && row.Minutes == 40 && row.Deep && row.AuthorId == Class.Teacher
            && row.Feedback == GuardianFeedback.Satisfied);
        (await ListAsync(teacher)).Select(row => row.StudentId).ShouldBe([Class.Students[0]], "of the own class");
        (await system.EventsOfAsync(visit.Id)).ShouldAllBe(e => e.Name != "visits.contact-made");
        await teacher.PostJsonAsync($"/api/visits/ledger/{visit.Id}/corrections", new CorrectionRequest("x"), 1).ShouldBeUnknownAsync();
        await officer.PostJsonAsync($"/api/visits/ledger/{visit.Id}/corrections", new CorrectionRequest("x"), 1)
            .ShouldBeRefusedAsync(409, "visits.written-elsewhere");
        (await teacher.PostJsonAsync(
            "/api/visits/ledger", new ContactRequest([Class.Students[0]], ContactChannel.Visit, "x")).MistakesAsync())
            .ShouldBe([("channel", "visits.written-elsewhere")]);
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task A_class_gets_its_weekly_feedback_in_one_request_with_as_many_round_trips_as_one_student()
    {
        ClassContactsRequest Feedback(int students) => new(
            ContactChannel.Message, [.. Class.Students.Take(students).Select((s, i) => new ClassContact(s, $"本周表现 {i}"))]);
        var written = await (await teacher.PostJsonAsync("/api/visits/ledger/class", Feedback(12))).ReadAsync<WrittenEntries>();
        written.Ids.Distinct().Count().ShouldBe(12);
        (await RoundTripsAsync(Feedback(12))).ShouldBe(await RoundTripsAsync(Feedback(2)));

        var rows = await ListAsync(teacher, $"classId={Class.Id}&channel=message&size=500");
        rows.Count.ShouldBe(26);
        rows.ShouldAllBe(row => row.Purpose == ContactPurpose.Feedback && !row.GuardianTookPart && row.Minutes == 0);
        (await teacher.GetAsync<LedgerEntryView>($"/api/visits/ledger/{written.Ids[7]}")).Versions.Single().Line.ShouldBe("本周表现 7");
        await teacher.PostJsonAsync("/api/visits/ledger/class", Feedback(1) with
        {
            Entries = [new ClassContact(Class.Students[1], "x"), new ClassContact(district.One.B.Students[1], "x")],
        }).ShouldBeUnknownAsync();
    }

    [Fact]
    public async Task A_correction_is_a_new_version_and_the_old_one_stays_with_author_and_time()
    {
        var entry = await LogAsync(new ContactRequest([Class.Students[1]], ContactChannel.Phone, "打错了", Minutes: 25));
        var path = $"/api/visits/ledger/{entry.Id}/corrections";
        await officer.PostJsonAsync(path, new CorrectionRequest("实为面谈", ContactChannel.Meeting), 1).ShouldSucceedAsync();
        await teacher.PostJsonAsync(path, new CorrectionRequest("x"), 1).ShouldBeOutdatedAsync();
        await teacher.PostJsonAsync(path, new CorrectionRequest("记错了学生", Withdrawn: true), 2).ShouldSucceedAsync();

        var view = await teacher.GetAsync<LedgerEntryView>($"/api/visits/ledger/{entry.Id}");
        view.Versions.Select(v => (v.Facts.Version, v.Facts.Channel, v.Line, v.Facts.Withdrawn)).ShouldBe(
        [
            (3, ContactChannel.Meeting, "记错了学生", true), (2, ContactChannel.Meeting, "实为面谈", false),
            (1, ContactChannel.Phone, "打错了", false),
        ]);
        view.Versions.Select(v => v.Facts.AuthorId == Class.Teacher).ShouldBe([true, false, true]);
        (await ListAsync(teacher)).ShouldHaveSingleItem().Version.ShouldBe(3);
        (await system.EventsOfAsync(entry.Id))[^1].Payload.ShouldContain("\"withdrawn\":true");

        // The database itself refuses, whatever a request may try.
        (await system.TryAsServiceAsync(district.One.Id, "UPDATE ledger_entry SET minutes = 1 WHERE id = $1", entry.Id)).ShouldBe("42501");
        (await system.TryAsServiceAsync(district.One.Id, "DELETE FROM ledger_entry WHERE id = $1", entry.Id)).ShouldBe("42501");
    }

    [Fact]
    public async Task Of_many_corrections_at_one_time_one_wins()
    {
        var entry = await LogAsync(new ContactRequest([Class.Students[1]], ContactChannel.Phone, "x"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => teacher.PostJsonAsync(
            $"/api/visits/ledger/{entry.Id}/corrections", new CorrectionRequest($"第 {i} 次"), 1)));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK || a.StatusCode == HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Teachers_see_their_class_officers_their_school_and_guardians_what_they_took_part_in()
    {
        var student = Class.Students[1];
        var mine = await LogAsync(new ContactRequest(
            [student], ContactChannel.Phone, "x", GuardianIds: [Class.Guardians[1]], Feedback: GuardianFeedback.Concerned));
        var unnamed = await LogAsync(new ContactRequest([student], ContactChannel.Meeting, "x"));
        await LogAsync(new ContactRequest([student], ContactChannel.Message, "x"));
        await LogAsync(new ContactRequest([student], ContactChannel.Phone, "x", GuardianTookPart: false));

        (await ListAsync(officer)).Count.ShouldBe(4);
        (await ListAsync(system.As(district.Teacher(district.One.B)))).ShouldBeEmpty();
        (await ListAsync(system.As(district.AtSchool(Role.VicePrincipal, district.Two)))).ShouldBeEmpty();
        var parent = system.As(district.Guardian(Class, 1) with { PersonId = Class.Guardians[1] });
        var seen = await ListAsync(parent);
        seen.Select(row => row.Id).ShouldBe([unnamed.Id, mine.Id]);
        seen[1].Feedback.ShouldBe(GuardianFeedback.Concerned);
        (await ListAsync(system.As(district.Guardian(Class, 1)))).Select(row => row.Id).ShouldBe([unnamed.Id], "another guardian of the child");
        await teacher.PostJsonAsync(
            $"/api/visits/ledger/{mine.Id}/corrections", new CorrectionRequest("记错了学生", Withdrawn: true), 1).ShouldSucceedAsync();
        (await ListAsync(parent)).Select(row => row.Id).ShouldBe([unnamed.Id], "another family's, written here by mistake");

        foreach (var (other, status) in new[]
        {
            (district.Teacher(district.One.B), 404), (district.AtSchool(Role.Counselor, district.Two), 404),
            (district.SubjectTeacher(Class), 403), (district.Guardian(Class, 1), 403), (district.Admin(), 403),
        })
        {
            using var refused = await system.As(other).TryGetAsync($"/api/visits/ledger/{mine.Id}");
            ((int)refused.StatusCode).ShouldBe(status, other.Role.ToString());
        }

        (await teacher.PostJsonAsync(
            "/api/visits/ledger",
            new ContactRequest([student], ContactChannel.Phone, "x", StaffIds: [Guid.CreateVersion7()], GuardianIds: [Class.Guardians[2]]))
            .MistakesAsync()).ShouldBe([("staffIds", "visits.not-staff"), ("guardianIds", "visits.not-guardian")]);
    }

    [Fact]
    public async Task What_other_services_tell_of_contacts_stands_in_the_ledger_and_is_announced_once()
    {
        var told = new ContactTold(
            district.Id, district.One.Id, Guid.CreateVersion7(), 1, Http.Now, [Class.Students[3]], ContactChannel.ContactBook,
            ContactPurpose.Summary, Http.Now.AddDays(-1), 0, true, [Class.Teacher], [Class.Guardians[3]]);
        await system.PublishAsync(told);
        // Two versions in one batch would be one.
        await Eventually.GetAsync(() => ListAsync(teacher), rows => rows.Count == 1);
        await system.PublishAsync(told, told with { Version = 2, GuardianTookPart = false });
        var row = (await Eventually.GetAsync(() => ListAsync(teacher), rows => rows.Count == 1 && rows[0].Version == 2))
            .ShouldHaveSingleItem();
        (row.Id, row.ClassId, row.Purpose, row.GuardianTookPart).ShouldBe((told.AggregateId, Class.Id, ContactPurpose.Summary, false));
        row.StaffIds.ShouldBe([Class.Teacher]);
        var entry = await teacher.GetAsync<LedgerEntryView>($"/api/visits/ledger/{told.AggregateId}");
        entry.Versions.Select(v => v.Line).ShouldBe([null, null]);
        (await system.EventsOfAsync(told.AggregateId)).ShouldAllBe(e => e.Name == "visits.contact-made");
    }

    [Fact]
    public async Task Pages_follow_one_another_and_filters_narrow()
    {
        for (var i = 0; i < 5; i++)
            await LogAsync(new ContactRequest([Class.Students[i + 1]], i % 2 == 0 ? ContactChannel.Phone : ContactChannel.Meeting, $"{i}"));
        var first = await teacher.GetAsync<Page<LedgerRow>>("/api/visits/ledger?size=3");
        var rest = await teacher.GetAsync<Page<LedgerRow>>($"/api/visits/ledger?size=3&after={first.Next}");
        first.Items.Concat(rest.Items).Select(row => row.StudentId).ShouldBe(Class.Students[1..6].Reverse());
        rest.Next.ShouldBeNull();
        (await ListAsync(teacher, "channel=meeting")).Count.ShouldBe(2);
        (await ListAsync(teacher, $"staffId={Class.Teacher}")).Count.ShouldBe(5);
        (await ListAsync(teacher, $"to={DateOnly.FromDateTime(Http.Now.UtcDateTime).AddDays(-2):yyyy-MM-dd}")).ShouldBeEmpty();
        (await teacher.TryGetAsync("/api/visits/ledger?channel=smoke").MistakesAsync()).ShouldBe([("channel", "visits.choice")]);
        await teacher.TryGetAsync("/api/visits/ledger?after=x").ShouldBeRefusedAsync(400, "request.cursor-invalid");
    }

    [Fact]
    [Trait("Rule", "ALL-7")]
    public async Task A_students_ledger_prints_on_A4_with_room_for_a_seal_and_the_print_is_logged()
    {
        await LogAsync(new ContactRequest([Class.Students[1]], ContactChannel.Phone, "聊了<作业>", FeedbackText: "会<配合>"));
        using var answer = await teacher.TryGetAsync($"/api/visits/ledger/sheet?studentId={Class.Students[1]}");
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        page.ShouldContain("A4");
        page.ShouldContain("盖章");
        page.ShouldContain("class=\"watermark\"");
        page.ShouldNotContain("<作业>");
        page.ShouldContain("&lt;配合&gt;");
        (await system.AuditOfAsync(Class.Students[1])).Select(a => a.Action).ShouldBe(["PrintLedger"]);
        await system.As(district.Teacher(district.One.B)).TryGetAsync($"/api/visits/ledger/sheet?studentId={Class.Students[1]}")
            .ShouldBeUnknownAsync();
    }

    private static async Task<IReadOnlyList<LedgerRow>> ListAsync(HttpClient client, string filter = "") =>
        (await client.GetAsync<Page<LedgerRow>>("/api/visits/ledger?" + filter)).Items;

    private async Task<WrittenEntry> LogAsync(ContactRequest request) =>
        await (await teacher.PostJsonAsync("/api/visits/ledger", request)).ReadAsync<WrittenEntry>();

    private async Task<int> RoundTripsAsync(ClassContactsRequest request)
    {
        using var statements = Statements.Count();
        await teacher.PostJsonAsync("/api/visits/ledger/class", request).ShouldSucceedAsync();
        statements.RoundTrips.ShouldBeGreaterThan(3);
        return statements.RoundTrips;
    }
}
