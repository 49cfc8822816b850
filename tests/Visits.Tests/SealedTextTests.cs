using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Outlines;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.SpotChecks;

namespace HomeSchool.Visits.Tests;

/// <summary>What people wrote about a visit is ciphertext wherever it is stored or sent, gone with the student's key.</summary>
[Trait("Rule", "ARC-7")]
[Trait("Rule", "VIS-10")]
[Trait("Goal", "R7")]
public sealed class SealedTextTests(VisitsSystem system) : IAsyncLifetime
{
    private readonly Canary canary = new();
    private District district = null!;
    private HttpClient teacher = null!;
    private int visits;

    private RecordRequest Record => new(
        canary.In("家里最近有变化"), canary.In("每天通话"), GuardianFeedback.Concerned, canary.In("有些担心"),
        new RecordDimension([canary.In("")[..30]], canary.In("情绪低落")), new RecordDimension(Text: canary.In("父母分居")),
        new RecordDimension(Text: canary.In("希望心理辅导")), Holiday: new HolidayPlan([canary.In("书单")], [canary.In("家务")]),
        Internal: canary.In("正在服药"));

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task It_is_found_in_no_dump_no_message_and_no_log()
    {
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        var messages = await broker.OverhearAsync();
        await using var process = await system.StartProcessAsync();
        var client = system.SignIn(process.Client, district.Teacher(district.One.A));
        var visit = await client.ScheduleAsync(Request(district.One.A.Students[1]));
        await PrepareAsync(process, client, visit.Id);
        await client.OnAsync(visit.Id, "complete", Record with { Summary = canary.In("孩子很懒惰") }, version: 1)
            .ShouldBeRefusedAsync(422, "wording.tone");
        await client.OnAsync(visit.Id, "complete", Record, version: 1).ShouldSucceedAsync();
        await client.PutJsonAsync(
            $"/api/visits/{visit.Id}/record", new RecordTexts(Record.Summary, canary.In("每晚通话"), GuardianFeedback.Neutral),
            version: 1).ShouldSucceedAsync();
        await client.TryGetAsync($"/api/visits/{visit.Id}/record/internal?version=1").ShouldSucceedAsync();
        await client.TryGetAsync($"/api/visits/{visit.Id}/record/print").ShouldSucceedAsync();
        (await client.GetAsync<RecordView>($"/api/visits/{visit.Id}/record")).Content.Summary.ShouldBe(Record.Summary);

        var answered = await client.ScheduleAsync(
            new VisitRequest([district.One.A.Students[2]], VisitMode.InPerson, Http.Evening()));
        var parent = system.As(new Grant(
            Role.Guardian, district.One.A.Guardians[2], district.Id, district.One.Id, district.One.A.Id,
            district.One.A.Students[2]));
        await parent.OnAsync(answered.Id, "answer", new AnswerRequest(AnswerKind.Decline, Reason: canary.In("住院")), version: 1)
            .ShouldSucceedAsync();
        (await client.GetAsync<VisitDetails>($"/api/visits/{answered.Id}")).Answers!.Single().Reason.ShouldBe(canary.In("住院"));
        await client.OnAsync(visit.Id, "complete", Record with { Minutes = 481 }, version: 2)
            .ShouldBeRefusedAsync(400, "request.invalid");

        await WriteAboutAsync(client, visit.Id);

        // Each of them has what it can have, so an empty one proves nothing.
        foreach (var id in new[] { visit.Id, answered.Id })
        {
            (await Eventually.GetAsync(() => Task.FromResult(string.Concat(messages)), all => Says(all, id, "visits.visit-c")))
                .ShouldSatisfyAllConditions(all => Says(all, id, "visits.visit-c").ShouldBeTrue());
        }

        var (dump, keys) = await system.DumpAsync();
        dump.ShouldContain(visit.Id.ToString());
        keys.ShouldContain(district.One.A.Students[1].ToString());
        process.Output.ShouldContain("\"LogLevel\":\"Debug\"");
        canary.CountIn(Record.Summary).ShouldBe(1);

        canary.CountIn(dump).ShouldBe(0);
        canary.CountIn(keys).ShouldBe(0);
        canary.CountIn(string.Concat(messages)).ShouldBe(0);
        canary.CountIn(process.Output).ShouldBe(0);
    }

    [Fact]
    public async Task A_record_that_is_moved_to_another_visit_is_not_read_there()
    {
        var (one, other) = (await CompleteAsync(district.One.A.Students[3]), await CompleteAsync(district.One.A.Students[3]));
        await system.CountAsync(
            $"""
            WITH moved AS (UPDATE visit_record SET content = (SELECT content FROM visit_record WHERE visit_id = '{other}')
                WHERE visit_id = $1 RETURNING 1) SELECT count(*) FROM moved
            """, one);
        await teacher.TryGetAsync($"/api/visits/{one}/record").ShouldBeRefusedAsync(409, "keys.tampered");
        (await teacher.GetAsync<RecordView>($"/api/visits/{other}/record")).Content.Summary.ShouldBe(Record.Summary);
    }

    [Fact]
    public async Task An_erased_students_records_are_unreadable_in_a_restored_backup_too_and_others_stay()
    {
        var (student, sibling) = (district.One.A.Students[0], district.One.B.Students[0]);
        var erased = await CompleteAsync(student);
        var shared = await CompleteAsync(student, sibling);
        var kept = await CompleteAsync(district.One.A.Students[4]);
        var backup = (await system.DumpAsync()).Visits;
        (await system.StepAsync($"erase-student {district.Id} {student}")).ShouldContain("60 s");

        var restored = await system.AsOnRestoredAsync(backup, district.Teacher(district.One.A));
        await restored.TryGetAsync($"/api/visits/{erased}/record").ShouldBeRefusedAsync(410, "keys.erased");
        await restored.TryGetAsync($"/api/visits/{shared}/record").ShouldBeRefusedAsync(410, "keys.erased");
        (await restored.GetAsync<RecordView>($"/api/visits/{kept}/record")).Content.Summary.ShouldBe(Record.Summary);

        // Nothing can be written about the student any more, and nothing of the attempt stays.
        var later = await restored.ScheduleAsync(Request(student));
        await restored.OnAsync(later.Id, "complete", Record, version: 1).ShouldBeRefusedAsync(410, "keys.erased");
        (await restored.GetAsync<VisitDetails>($"/api/visits/{later.Id}")).Visit.State.ShouldBe(VisitState.Scheduled);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Of_a_visit_to_siblings_the_facts_stay_for_one_and_nothing_of_the_erased_other()
    {
        var (gone, stays) = (district.One.A.Students[0], district.One.B.Students[0]);
        var visit = await teacher.ScheduleAsync(Request(gone, stays) with { Topics = ["小明的作业"] });
        await teacher.OnAsync(visit.Id, "complete", Record, version: 1).ShouldSucceedAsync();
        var asked = new PersonalDataAsked(
            district.Id, Guid.CreateVersion7(), 1, Http.Now, gone, district.Parent, PersonalDataMatter.Erasure, null);
        await system.PublishAsync(asked);
        await Eventually.GetAsync(
            () => system.EventsOfAsync(asked.AggregateId),
            events => events.Exists(e => e.Name == "platform.personal-data-answered"));

        using var other = system.As(district.Teacher(district.One.B));
        var left = await other.GetAsync<VisitDetails>($"/api/visits/{visit.Id}");
        left.Visit.Students.Select(student => student.StudentId).ShouldBe([stays]);
        left.Visit.State.ShouldBe(VisitState.Completed);
        left.Topics.ShouldBeEmpty();
        var entry = (await other.GetAsync<Page<LedgerRow>>($"/api/visits/ledger?studentId={stays}")).Items.Single();
        (entry.Id, entry.Channel).ShouldBe((visit.Id, ContactChannel.Visit));
        // What was written about both tells of both: nobody can tell it apart, so it goes.
        await other.TryGetAsync($"/api/visits/{visit.Id}/record").ShouldBeUnknownAsync();
        // The work list's mark of the visit is taken within a moment.
        (await Eventually.GetAsync(
            () => system.CountAsync(
                """
                SELECT sum((xpath('/row/count/text()', query_to_xml(format(
                    'SELECT count(*) FROM public.%I t WHERE t::text LIKE %L', relname, '%' || $1 || '%'), false, true,
                    '')))[1]::text::bigint)::bigint
                FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                """, gone),
            count => count == 0)).ShouldBe(0);
    }

    // What is written before a visit, and a draft that is left as it is.
    private async Task PrepareAsync(ServiceProcess process, HttpClient client, Guid visit)
    {
        var points = new[] { canary.In("主动发言"), canary.In("作业整洁") };
        var outline = new OutlineContent(
            points, points, points, Interests: canary.In("下棋"), TimeTogether: canary.In("爬山"), Expectations: canary.In("开朗"));
        await client.PutJsonAsync($"/api/visits/{visit}/outline", new OutlineBody(outline), version: 0).ShouldSucceedAsync();
        var guardian = system.SignIn(
            new HttpClient { BaseAddress = process.Client.BaseAddress },
            new Grant(
                Role.Guardian, district.One.A.Guardians[1], district.Id, district.One.Id, district.One.A.Id,
                district.One.A.Students[1]));
        await guardian.PutJsonAsync($"/api/visits/{visit}/questions", new QuestionsBody([canary.In("睡得好吗")])).ShouldSucceedAsync();
        var colleague = system.SignIn(
            new HttpClient { BaseAddress = process.Client.BaseAddress },
            new Grant(Role.Counselor, district.One.Colleague, district.Id, district.One.Id, null, null));
        var note = new NoteContent(canary.In("安静"), canary.In("按时"), canary.In("睡眠"), canary.In("早睡"));
        await colleague.PutJsonAsync($"/api/visits/{visit}/note", new NoteBody(note), version: 0).ShouldSucceedAsync();
        await colleague.TryGetAsync($"/api/visits/{visit}/note").ShouldSucceedAsync();
        await client.TryGetAsync($"/api/visits/{visit}/outline").ShouldSucceedAsync();

        var other = await client.ScheduleAsync(Request(district.One.A.Students[5]));
        var draft = new RecordDraft(canary.In("聊到搬家"), Internal: canary.In("失业"));
        await client.PutJsonAsync($"/api/visits/{other.Id}/draft", new DraftBody(1, draft)).ShouldSucceedAsync();
        var texts = new Dictionary<string, string>(StringComparer.Ordinal) { ["summary"] = canary.In("太懒惰") };
        await client.PostJsonAsync("/api/visits/tone", new ToneRequest(district.One.Id, texts)).ShouldSucceedAsync();
    }

    // What else is written about a family: contacts, follow-ups, disputes, and what an officer says of the record.
    private async Task WriteAboutAsync(HttpClient client, Guid visit)
    {
        var student = district.One.A.Students[1];
        var contact = new ContactRequest([student], ContactChannel.Phone, canary.In("聊了作业"), FeedbackText: canary.In("会配合"));
        var entry = await (await client.PostJsonAsync("/api/visits/ledger", contact)).ReadAsync<WrittenEntry>();
        var left = new FollowUpsRequest([new NewFollowUp(canary.In("再打电话"))]);
        var added = await (await client.PostJsonAsync($"/api/visits/ledger/{entry.Id}/follow-ups", left)).ReadAsync<WrittenEntries>();
        await client.PostJsonAsync($"/api/visits/follow-ups/{added.Ids[0]}/close", new OutcomeRequest(canary.In("已说清")), 1)
            .ShouldSucceedAsync();
        var dispute = await (await client.PostJsonAsync(
            "/api/visits/disputes", new DisputeRequest(student, DisputeCategory.Learning, canary.In("作业太多")))).ReadAsync<WrittenEntry>();
        await client.PostJsonAsync($"/api/visits/disputes/{dispute.Id}/resolve", new ResolutionRequest(canary.In("已减量")), 1)
            .ShouldSucceedAsync();

        var officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
        var check = await (await officer.PostJsonAsync("/api/visits/spot-checks", new SpotCheckRequest(district.One.Id, 1)))
            .ReadAsync<SpotCheckView>();
        var record = $"/api/visits/spot-checks/{check.Id}/records/{visit}";
        await officer.PutJsonAsync(record, new GradeRequest(1, [5, 5, 5, 5], true, canary.In("记录具体")), 0).ShouldSucceedAsync();
        (await client.GetAsync<LedgerEntryView>($"/api/visits/ledger/{entry.Id}")).Versions.Single().Line.ShouldBe(contact.Line);
        (await client.GetAsync<DisputeView>($"/api/visits/disputes/{dispute.Id}")).Cause.ShouldBe(canary.In("作业太多"));
    }

    private static bool Says(string all, Guid id, string name) =>
        all.Contains(id.ToString(), StringComparison.Ordinal) && all.Contains(name, StringComparison.Ordinal);

    // Each at a time of its own.
    private VisitRequest Request(params Guid[] students) =>
        new(students, VisitMode.Video, Http.Now.AddHours(-2 * ++visits), VisitKind.Emergency,
            JointVisitorIds: [district.One.Colleague]);

    private async Task<Guid> CompleteAsync(params Guid[] students)
    {
        var visit = await teacher.ScheduleAsync(Request(students));
        await teacher.OnAsync(visit.Id, "complete", Record, version: 1).ShouldSucceedAsync();
        return visit.Id;
    }
}
