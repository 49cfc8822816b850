using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "ALL-1")]
public sealed class ReadVisitsTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private Appointment ofA = null!;
    private Appointment ofB = null!;
    private Appointment ofTwo = null!;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        ofA = await ScheduleAsync(district.One.A, 1, Http.Evening(), district.One.Colleague);
        ofB = await ScheduleAsync(district.One.B, 1, Http.Evening());
        ofTwo = await ScheduleAsync(district.Two.A, 1, Http.Evening());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Everybody_lists_what_their_role_reaches_and_nothing_else()
    {
        await ShouldList(district.Teacher(district.One.A), "", ofA);
        await ShouldList(district.SubjectTeacher(district.One.B), "", ofB);
        await ShouldList(district.AtSchool(Role.Counselor, district.One), "", ofA, ofB);
        await ShouldList(district.AtSchool(Role.SchoolAdmin, district.Two), "", ofTwo);
        await ShouldList(district.Guardian(district.One.A, 1), "", ofA);
        await ShouldList(district.Guardian(district.One.A, 2), "");
        await ShouldList(district.Admin(), $"?schoolId={district.One.Id}", ofA, ofB);
        await ShouldList(district.Teacher(district.One.A), $"?schoolId={district.Two.Id}");
        await system.As(district.Admin()).TryGetAsync("/api/visits").ShouldBeRefusedAsync(400, "request.invalid");
        await system.As(new District().Admin()).TryGetAsync($"/api/visits/{ofA.Id}").ShouldBeUnknownAsync();
        (await system.As(district.Admin()).GetAsync<VisitDetails>($"/api/visits/{ofTwo.Id}")).Visit.Id.ShouldBe(ofTwo.Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "ARC-13")]
    public async Task A_guardian_who_may_not_be_visited_is_shown_no_appointment_and_blocks_none(bool oldOnesCome)
    {
        var (child, parent) = (district.One.A.Students[1], district.One.A.Guardians[1]);
        var guardian = district.Guardian(district.One.A, 1) with { PersonId = parent };
        await ShouldList(guardian, "", ofA);
        await system.PublishAsync(Rights(2, GuardianRight.See));
        if (oldOnesCome)
            await system.PublishAsync(Rights(1, Enum.GetValues<GuardianRight>()));
        var shown = await Eventually.GetAsync(() => VisitsAsync(guardian), visits => visits.Count == 0);
        shown.ShouldBeEmpty();
        await system.As(guardian).TryGetAsync($"/api/visits/{ofA.Id}").ShouldBeUnknownAsync();
        await system.As(guardian).TryGetAsync($"/api/visits/{ofA.Id}/invitation.ics").ShouldBeUnknownAsync();
        await system.As(guardian).OnAsync(ofA.Id, "answer", new AnswerRequest(AnswerKind.Confirm), version: 1).ShouldBeUnknownAsync();
        // With a role beside it, too; and as staff one sees what staff see.
        (await VisitsAsync(guardian, district.Teacher(district.One.B))).ShouldBe([ofB.Id]);
        (await VisitsAsync(guardian, district.Teacher(district.One.A))).ShouldBe([ofA.Id]);
        (await VisitsAsync(guardian, district.AtSchool(Role.SchoolAdmin, district.Two))).ShouldBe([ofTwo.Id]);
        var next = await ScheduleAsync(district.One.A, 1, Http.Evening(days: 9));
        (await system.CountAsync("SELECT count(*) FROM busy WHERE visit_id = $1", next.Id)).ShouldBe(2); // teacher and child

        await system.PublishAsync(Rights(3, GuardianRight.BeVisited));
        (await Eventually.GetAsync(() => VisitsAsync(guardian), visits => visits.Count == 2)).ShouldBe([ofA.Id, next.Id]);

        async Task<IReadOnlyList<Guid>> VisitsAsync(params Grant[] grants) =>
            [.. (await system.As(grants).GetAsync<Page<VisitView>>("/api/visits")).Items.Select(visit => visit.Id)];

        GuardianRightsChanged Rights(long version, params GuardianRight[] rights) => new(
            district.Id, Guid.CreateVersion7(), version, Http.Now, child, parent, rights, GuardianChannel.App);
    }

    [Fact]
    public async Task Somebody_with_several_roles_sees_what_each_of_them_reaches()
    {
        var both = system.As(district.Teacher(district.One.A), district.Guardian(district.Two.A, 1));
        (await both.GetAsync<Page<VisitView>>("/api/visits")).Items.Select(v => v.Id)
            .ShouldBe([ofA.Id, ofTwo.Id], ignoreOrder: true);
        var more = system.As(district.Admin(), district.Guardian(district.Two.A, 1));
        (await more.GetAsync<VisitDetails>($"/api/visits/{ofB.Id}")).Visit.Id.ShouldBe(ofB.Id);
    }

    [Fact]
    public async Task What_a_visit_is_about_is_for_those_whom_it_concerns()
    {
        foreach (var (grant, sees) in new[]
        {
            (district.Teacher(district.One.A), true), (district.AtSchool(Role.Counselor, district.One), true),
            (district.AtSchool(Role.SchoolAdmin, district.One), true), (district.Guardian(district.One.A, 1), true),
            (district.SubjectTeacher(district.One.A), false), (district.Admin(), false),
        })
        {
            var details = await system.As(grant).GetAsync<VisitDetails>($"/api/visits/{ofA.Id}");
            (details.Topics is not null, details.Answers is not null).ShouldBe((sees, sees), grant.Role.ToString());
        }

        // Who comes along sees it too.
        var joint = district.SubjectTeacher(district.One.A) with { PersonId = district.One.Colleague };
        (await system.As(joint).GetAsync<VisitDetails>($"/api/visits/{ofA.Id}")).Topics.ShouldNotBeNull();
    }

    [Fact]
    public async Task Lists_are_narrowed_and_paged()
    {
        var teacher = system.As(district.Teacher(district.One.A));
        var ids = new List<Guid> { ofA.Id };
        for (var i = 0; i < 5; i++)
            ids.Add((await ScheduleAsync(district.One.A, 2 + i, Http.Evening().AddMinutes(30 * (i + 1)))).Id);

        var seen = new List<Guid>();
        for (string? after = ""; after is not null;)
        {
            var page = await teacher.GetAsync<Page<VisitView>>($"/api/visits?size=2&after={after}");
            page.Items.Count.ShouldBeLessThanOrEqualTo(2);
            seen.AddRange(page.Items.Select(v => v.Id));
            after = page.Next;
        }

        seen.ShouldBe(ids);
        await ShouldList(district.Teacher(district.One.A), $"?studentId={district.One.A.Students[1]}", ofA);
        await ShouldList(district.AtSchool(Role.Counselor, district.One), $"?classId={district.One.B.Id}", ofB);
        await ShouldList(district.AtSchool(Role.Counselor, district.One), $"?teacherId={district.One.Colleague}", ofA);
        await ShouldList(district.AtSchool(Role.Counselor, district.One), "?state=cancelled");
        await ShouldList(district.Teacher(district.One.A) with { PersonId = district.One.Colleague }, "?mine=true", ofA);
        var (from, to) = (Uri.EscapeDataString($"{ofA.StartsAt:o}"), Uri.EscapeDataString($"{ofA.StartsAt.AddMinutes(1):o}"));
        await ShouldList(district.Teacher(district.One.A), $"?from={from}&to={to}", ofA);
        await teacher.TryGetAsync("/api/visits?after=nonsense").ShouldBeRefusedAsync(400, "request.cursor-invalid");
        foreach (var odd in new[] { "?size=-1", "?size=99999", "?from=0001-01-01", "?to=9999-12-31T23:59:59Z" })
            await teacher.TryGetAsync("/api/visits" + odd).ShouldSucceedAsync();
        foreach (var wrong in new[] { "?size=x", "?state=lost", "?state=99", "?from=soon", "?classId=1", "?mine=maybe" })
            (await (await teacher.TryGetAsync("/api/visits" + wrong)).ProblemAsync()).Status.ShouldBe(400, wrong);
    }

    [Fact]
    public async Task The_database_closes_every_table_and_shows_a_school_its_own_rows_only()
    {
        (await system.OpenTablesAsync()).ShouldBe(["__EFMigrationsHistory", "work_mark"]);
        var admin = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        await admin.PutJsonAsync($"/api/visits/policies/{district.One.Id}", new VisitPolicy(), version: 0).ShouldSucceedAsync();
        var (teacher, guardian) = (system.As(district.Teacher(district.One.A)), system.As(district.Guardian(district.One.A)));
        var visit = await teacher.ScheduleAsync(
            new VisitRequest([district.One.A.Students[0]], VisitMode.Video, Http.Now.AddMinutes(5), VisitKind.Emergency));
        await guardian.OnAsync(visit.Id, "answer", new AnswerRequest(AnswerKind.Confirm), version: 1).ShouldSucceedAsync();
        var record = new RecordRequest("a", "b", GuardianFeedback.Neutral);
        await teacher.OnAsync(visit.Id, "complete", record, version: 2).ShouldSucceedAsync();

        (await system.SeenAsync([district.One.Id], district.One.Id)).Values.ShouldAllBe(rows => rows > 0);
        (await system.SeenAsync([district.Two.Id], district.One.Id)).Values.ShouldAllBe(rows => rows == 0);
        (await system.SeenAsync([], district.One.Id)).Values.ShouldAllBe(rows => rows == 0);
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        using var answer = await system.AsNobody().GetAsync(new Uri("/openapi/visits.json", UriKind.Relative));
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadAsStringAsync()).ShouldContain("/api/visits/{id}/complete");
    }

    [Fact]
    [Trait("Rule", "VIS-4")]
    public async Task A_district_sets_its_policy_and_a_school_its_own()
    {
        var admin = system.As(district.Admin());
        var path = $"/api/visits/policies/{district.Id}";
        Said(await admin.GetAsync<VisitPolicy>(path)).ShouldBe(Said(new VisitPolicy()));
        var oneDay = new VisitPolicy { NoticeDays = 1 };
        await admin.PutJsonAsync(path, oneDay).ShouldBeRefusedAsync(428, "request.if-match-needed");
        await admin.PutJsonAsync(path, oneDay, version: 0).ShouldSucceedAsync();
        await admin.PutJsonAsync(path, oneDay, version: 0).ShouldBeOutdatedAsync();
        await ScheduleAsync(district.One.A, 2, Http.Now.AddDays(1.1));

        var own = new VisitPolicy { NoticeDays = 4, Weekdays = new Window(new TimeOnly(8, 0), new TimeOnly(22, 0)) };
        var ofSchool = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        Said(await ofSchool.GetAsync<VisitPolicy>($"/api/visits/policies/{district.One.Id}")).ShouldBe(Said(oneDay));
        await ofSchool.PutJsonAsync($"/api/visits/policies/{district.One.Id}", own, version: 0).ShouldSucceedAsync();
        await ScheduleAsync(district.Two.A, 2, Http.Now.AddDays(1.1));
        await system.As(district.Teacher(district.One.A))
            .TryScheduleAsync(new VisitRequest([district.One.A.Students[3]], VisitMode.Video, Http.Now.AddDays(3.5)))
            .ShouldBeRefusedAsync(422, "visits.notice-too-short");

        // Others' policies are not for them.
        await ofSchool.PutJsonAsync(path, own, version: 1).ShouldBeUnknownAsync();
        await ofSchool.PutJsonAsync($"/api/visits/policies/{district.Two.Id}", own, version: 0).ShouldBeUnknownAsync();
        await system.As(district.Teacher(district.One.A)).PutJsonAsync(path, own, version: 1).ShouldBeForbiddenAsync();
        Said(await admin.GetAsync<VisitPolicy>($"/api/visits/policies/{district.One.Id}")).ShouldBe(Said(own));

        // A record's lists are equal only when they are one.
        static string Said(VisitPolicy policy) => JsonSerializer.Serialize(policy, Json.Options);
    }

    [Fact]
    public async Task A_policy_that_makes_no_sense_is_refused()
    {
        var wrong = new VisitPolicy
        {
            TimeZone = "Mars/Olympus",
            Weekdays = new Window(new TimeOnly(21, 0), new TimeOnly(19, 0)),
            LongestMinutes = 20,
            NoticeDays = -1,
        };
        var put = system.As(district.Admin()).PutJsonAsync($"/api/visits/policies/{district.Id}", wrong, version: 0);
        (await put.MistakesAsync()).Select(mistake => mistake.Field)
            .ShouldBe(["timeZone", "weekdays", "longestMinutes", "noticeDays"]);
    }

    private async Task ShouldList(Grant grant, string filter, params Appointment[] expected)
    {
        var page = await system.As(grant).GetAsync<Page<VisitView>>("/api/visits" + filter);
        page.Items.Select(v => v.Id).ShouldBe(expected.Select(v => v.Id), ignoreOrder: true, $"{grant.Role} {filter}");
    }

    private Task<Appointment> ScheduleAsync(ClassOfTest @class, int student, DateTimeOffset at, params Guid[] joint) =>
        system.As(district.Teacher(@class)).ScheduleAsync(
            new VisitRequest([@class.Students[student]], VisitMode.Video, at, Topics: ["作业"], JointVisitorIds: joint));
}
