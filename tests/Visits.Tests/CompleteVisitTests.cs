using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Records;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-10")]
public sealed class CompleteVisitTests(VisitsSystem system) : IAsyncLifetime
{
    private static readonly RecordRequest Record = new("聊了学习习惯", "每天阅读二十分钟", GuardianFeedback.Satisfied);

    private District district = null!;
    private HttpClient teacher = null!;
    private Appointment visit = null!;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
        visit = await ScheduleAsync(1);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "VIS-1")]
    public async Task A_visit_is_started_and_completed_with_three_fields_and_announced_without_its_content()
    {
        await teacher.OnAsync(visit.Id, "start", version: 1).ShouldSucceedAsync();
        var completed = await (await CompleteAsync(Record, version: 2)).ReadAsync<CompletedVisit>();
        completed.Effective.ShouldBeTrue();

        var (name, payload) = (await system.EventsOfAsync(visit.Id))[^1];
        name.ShouldBe("visits.visit-completed");
        payload.ShouldNotContain("阅读");
        payload.ShouldContain($"\"familyId\":\"{district.One.A.Guardians[1]}\"");
        payload.ShouldContain("\"effective\":true");
        (await teacher.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Visit.State.ShouldBe(VisitState.Completed);
    }

    [Theory]
    [Trait("Rule", "VIS-1")]
    [InlineData(VisitMode.Text, true)]
    [InlineData(VisitMode.Video, false)]
    public async Task Text_alone_or_without_a_guardian_is_no_effective_contact(VisitMode mode, bool guardian)
    {
        var record = Record with { Mode = mode, GuardianTookPart = guardian };
        (await (await CompleteAsync(record)).ReadAsync<CompletedVisit>()).Effective.ShouldBeFalse();
        (await system.EventsOfAsync(visit.Id))[^1].Payload.ShouldContain("\"effective\":false");
    }

    [Fact]
    public async Task A_second_record_is_refused_and_the_same_request_again_is_not_a_second_record()
    {
        var key = Guid.CreateVersion7().ToString();
        await CompleteAsync(Record, key: key).ShouldSucceedAsync();
        await CompleteAsync(Record, key: key).ShouldSucceedAsync();
        await CompleteAsync(Record, version: 2).ShouldBeRefusedAsync(409, "visits.already-completed");
        (await system.EventsOfAsync(visit.Id)).Count(e => e.Name == "visits.visit-completed").ShouldBe(1);
    }

    [Fact]
    public async Task Of_many_completions_at_one_time_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CompleteAsync(Record)));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK || a.StatusCode == HttpStatusCode.PreconditionFailed);
        (await system.EventsOfAsync(visit.Id)).Count(e => e.Name == "visits.visit-completed").ShouldBe(1);
    }

    [Fact]
    public async Task Summary_agreement_and_feedback_are_required_the_dimensions_are_not()
    {
        var wrong = Record with
        {
            Summary = " ",
            Agreed = new string('长', 2001),
            Student = new RecordDimension([.. Enumerable.Repeat("a", 11)], "x"),
            Minutes = 481,
        };
        (await CompleteAsync(wrong).MistakesAsync()).ShouldBe(
        [
            ("summary", "request.text"), ("agreed", "request.text"), ("student.chips", "request.list"), ("minutes", "request.range"),
        ]);
        await teacher.OnAsync(visit.Id, "complete", new { summary = "x", agreed = "y" }, version: 1)
            .ShouldBeRefusedAsync(400, "request.unreadable");
        var full = Record with { Family = new RecordDimension(["气氛融洽"]), Needs = new RecordDimension(Text: "想了解青春期") };
        await CompleteAsync(full).ShouldSucceedAsync();
    }

    [Fact]
    public async Task The_record_is_read_by_staff_of_the_class_and_their_supervisors_and_each_read_is_audited()
    {
        await CompleteAsync(Record with { FeedbackText = "谢谢老师" }).ShouldSucceedAsync();
        var path = $"/api/visits/{visit.Id}/record";
        foreach (var reader in new[]
        {
            district.Teacher(district.One.A), district.AtSchool(Role.MoralEducationOfficer, district.One),
            district.AtSchool(Role.VicePrincipal, district.One), district.AtSchool(Role.Counselor, district.One),
        })
        {
            var record = await system.As(reader).GetAsync<RecordView>(path + "?reason=" + Uri.EscapeDataString("回访准备"));
            record.Content.Summary.ShouldBe(Record.Summary);
            record.Content.FeedbackText.ShouldBe("谢谢老师");
            record.Late.ShouldBeFalse();
        }

        foreach (var (other, status) in new[]
        {
            (district.Teacher(district.One.B), 404), (district.Teacher(district.Two.A), 404),
            (district.AtSchool(Role.Counselor, district.Two), 404),
            (district.SubjectTeacher(district.One.A), 403), (district.Guardian(district.One.A, 1), 403),
            (district.AtSchool(Role.SchoolAdmin, district.One), 403), (district.Admin(), 403),
        })
        {
            using var refused = await system.As(other).TryGetAsync(path);
            ((int)refused.StatusCode).ShouldBe(status, other.Role.ToString());
        }

        (await system.AuditOfAsync(visit.Id)).Count(entry => entry == ("ReadVisitRecord", "回访准备")).ShouldBe(4);
        await teacher.TryGetAsync(path + "?reason=%00").ShouldBeRefusedAsync(400, "request.invalid");
    }

    [Fact]
    public async Task A_record_is_due_three_days_after_the_visit_and_taken_later_too()
    {
        var later = system.AsIn(TimeSpan.FromDays(5), district.Teacher(district.One.A));
        await later.OnAsync(visit.Id, "complete", Record, version: 1).ShouldSucceedAsync();
        (await later.GetAsync<RecordView>($"/api/visits/{visit.Id}/record")).Late.ShouldBeTrue();
        var shown = (await teacher.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Visit;
        shown.RecordDueOn.ShouldBe(shown.HeldOn!.Value.AddDays(3));
    }

    [Fact]
    public async Task Only_teachers_of_the_class_hold_a_visit_and_not_before_its_time()
    {
        foreach (var (other, status) in new[]
        {
            (district.Teacher(district.One.B), 404), (district.Teacher(district.Two.A), 404),
            (district.SubjectTeacher(district.One.A), 403), (district.Guardian(district.One.A, 1), 403),
            (district.AtSchool(Role.SchoolAdmin, district.One), 403),
        })
        {
            var client = system.As(other);
            using var start = await client.OnAsync(visit.Id, "start", version: 1);
            using var complete = await client.OnAsync(visit.Id, "complete", Record, version: 1);
            ((int)start.StatusCode, (int)complete.StatusCode).ShouldBe((status, status), other.Role.ToString());
        }

        var routine = await teacher.ScheduleAsync(
            new VisitRequest([district.One.A.Students[2]], VisitMode.InPerson, Http.Evening()));
        await teacher.OnAsync(routine.Id, "start", version: 1).ShouldBeRefusedAsync(409, "visits.too-early");
        await teacher.OnAsync(routine.Id, "complete", Record, version: 1).ShouldBeRefusedAsync(409, "visits.too-early");
        await teacher.OnAsync(routine.Id, "complete", Record).ShouldBeRefusedAsync(428, "request.if-match-needed");
    }

    [Fact]
    public async Task A_visit_to_siblings_counts_for_each_and_goes_to_one_family()
    {
        var siblings = new[] { district.One.A.Students[0], district.One.B.Students[0] };
        var shared = await teacher.ScheduleAsync(
            new VisitRequest(siblings, VisitMode.InPerson, Http.Now.AddHours(-3), VisitKind.Emergency));
        await teacher.OnAsync(shared.Id, "complete", Record, version: 1).ShouldSucceedAsync();
        var payload = (await system.EventsOfAsync(shared.Id))[^1].Payload;
        payload.ShouldContain(siblings[0].ToString());
        payload.ShouldContain(siblings[1].ToString());
        payload.ShouldContain($"\"familyId\":\"{district.Parent}\"");
    }

    [Fact]
    [Trait("Rule", "VIS-4")]
    public async Task Held_earlier_than_agreed_nobody_is_taken_at_the_old_time()
    {
        var later = new VisitRequest([district.One.A.Students[2]], VisitMode.Video, Http.Evening(), VisitKind.Emergency);
        var early = await teacher.ScheduleAsync(later);
        await teacher.TryScheduleAsync(later with { StudentIds = [district.One.A.Students[3]] })
            .ShouldBeRefusedAsync(409, "visits.double-booked");
        await teacher.OnAsync(early.Id, "complete", Record with { HeldAt = Http.Now.AddMinutes(-5) }, version: 1).ShouldSucceedAsync();
        await teacher.TryScheduleAsync(later with { StudentIds = [district.One.A.Students[3]] }).ShouldSucceedAsync();
    }

    private Task<Appointment> ScheduleAsync(int student) => teacher.ScheduleAsync(
        new VisitRequest([district.One.A.Students[student]], VisitMode.Video, Http.Now, VisitKind.Emergency));

    private Task<HttpResponseMessage> CompleteAsync(RecordRequest record, long version = 1, string? key = null) =>
        teacher.OnAsync(visit.Id, "complete", record, version, key);
}
