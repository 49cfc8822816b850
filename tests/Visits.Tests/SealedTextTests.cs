using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

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
        new RecordDimension(Text: canary.In("希望心理辅导")));

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
        await client.OnAsync(visit.Id, "complete", Record, version: 1).ShouldSucceedAsync();
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
        await teacher.TryGetAsync($"/api/visits/{one}/record").ShouldBeRefusedAsync(500, "service.internal");
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

    private static bool Says(string all, Guid id, string name) =>
        all.Contains(id.ToString(), StringComparison.Ordinal) && all.Contains(name, StringComparison.Ordinal);

    // Each at a time of its own.
    private VisitRequest Request(params Guid[] students) =>
        new(students, VisitMode.Video, Http.Now.AddHours(-2 * ++visits), VisitKind.Emergency);

    private async Task<Guid> CompleteAsync(params Guid[] students)
    {
        var visit = await teacher.ScheduleAsync(Request(students));
        await teacher.OnAsync(visit.Id, "complete", Record, version: 1).ShouldSucceedAsync();
        return visit.Id;
    }
}
