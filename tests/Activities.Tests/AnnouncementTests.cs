using System.Net;
using System.Text;
using System.Text.Json;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;

namespace HomeSchool.Activities.Tests;

/// <summary>What others hear of activities and parent classes, and what an erasure makes room for.</summary>
public sealed class AnnouncementTests(ActivitiesSystem system)
{
    private const string Activities = "/api/activities/family-activities";

    private readonly TestSchool school = new(system);

    private DateOnly Today => DateOnly.FromDateTime(system.Now.UtcDateTime.AddHours(8));

    [Fact]
    [Trait("Rule", "ARC-8")]
    public async Task A_family_stands_on_its_timeline_when_it_first_came_and_not_if_the_activity_was_called_off()
    {
        var children = await school.EnrolAsync(2);
        var id = await PlanAsync(seats: null);
        var path = $"{Activities}/{id}";
        foreach (var child in children)
            await SignUpAsync(child, id);
        await system.SendAsync(children[0].Parent, HttpMethod.Post, path + "/check-ins", new { studentId = children[0].Student });
        await system.SendAsync(children[0].Parent, HttpMethod.Post, path + "/check-ins", new { studentId = children[0].Student });
        var came = (await system.PublishedAsync<FamilyActivityAttended>(id)).ShouldHaveSingleItem();
        (came.Version, came.On, came.Withdrawn).ShouldBe((1, Today, false));
        came.StudentIds.ShouldBe([children[0].Student]);

        await system.SendAsync(
            school.Teacher, HttpMethod.Put, path, new { title = "改名" }, HttpStatusCode.NoContent, ifMatch: 1);
        for (var twice = 0; twice < 2; twice++)
            await system.SendAsync(school.Teacher, HttpMethod.Post, path + "/cancel", null, HttpStatusCode.NoContent);
        var withdrawn = (await system.PublishedAsync<FamilyActivityAttended>(id)).Single(e => e.Version == 2);
        withdrawn.Withdrawn.ShouldBeTrue();
        withdrawn.StudentIds.ShouldBe([children[0].Student]);
        (await system.PublishedAsync<FamilyActivityPlanned>(id)).Select(e => (e.Version, e.Cancelled))
            .ShouldBe([(1, false), (2, false), (3, true)], ignoreOrder: true);
        await system.SendAsync(
            children[1].Parent, HttpMethod.Post, path + "/check-ins", new { studentId = children[1].Student }, HttpStatusCode.Conflict);
    }

    [Fact]
    [Trait("Rule", "ACT-3")]
    public async Task A_parent_class_is_called_off_and_whoever_signed_up_is_to_be_told()
    {
        var children = await school.EnrolAsync(3);
        var id = await PlanLessonAsync(seats: 1);
        var path = $"/api/activities/parent-classes/{id}";
        foreach (var child in children[..2])
            await system.SendAsync(child.Parent, HttpMethod.Post, path + "/seat", new { });
        await system.SendAsync(children[0].Parent, HttpMethod.Post, path + "/cancel", null, HttpStatusCode.Forbidden);
        await system.SendAsync(new TestSchool(system).Officer, HttpMethod.Post, path + "/cancel", null, HttpStatusCode.NotFound);
        for (var twice = 0; twice < 2; twice++)
            await system.SendAsync(school.Officer, HttpMethod.Post, path + "/cancel", null, HttpStatusCode.NoContent);
        var told = (await system.PublishedAsync<LessonCancelled>(id)).ShouldHaveSingleItem();
        told.GuardianIds.ShouldBe([children[0].Guardian, children[1].Guardian]);
        told.StudentIds.ShouldBe([children[0].Student, children[1].Student]);
        told.Version.ShouldBe(2);

        await system.SendAsync(children[2].Parent, HttpMethod.Post, path + "/seat", new { }, HttpStatusCode.Conflict);
        await system.SendAsync(children[2].Parent, HttpMethod.Post, path + "/live", null, HttpStatusCode.Conflict);
        (await system.GetAsync(children[0].Parent, "/api/activities/parent-classes")).GetProperty("items")[0]
            .GetProperty("cancelled").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Seats_of_a_family_that_is_erased_go_to_whoever_waits_longest()
    {
        var children = await school.EnrolAsync(4);
        var (lesson, activity) = (await PlanLessonAsync(seats: 1), await PlanAsync(seats: 1));
        foreach (var child in children)
        {
            await system.SendAsync(child.Parent, HttpMethod.Post, $"/api/activities/parent-classes/{lesson}/seat", new { });
            await SignUpAsync(child, activity);
        }

        await system.EraseAsync(school.District, children[0].Student);
        var seats = (await system.GetAsync(school.Officer, $"/api/activities/parent-classes/{lesson}/seats")).EnumerateArray()
            .Select(s => s.GetProperty("guardianId").GetGuid()).ToArray();
        seats.ShouldBe([children[1].Guardian, children[2].Guardian, children[3].Guardian]);
        (await system.ScalarAsync<Guid[]>(
            "SELECT array_agg(guardian_id) FROM lesson_sign_up WHERE lesson_id = $1 AND seat_no IS NOT NULL", lesson))
            .ShouldBe([children[1].Guardian]);
        var signUp = await system.ScalarAsync<Guid>(
            "SELECT id FROM lesson_sign_up WHERE lesson_id = $1 AND seat_no IS NOT NULL", lesson);
        (await system.PublishedAsync<SeatGiven>(signUp)).ShouldHaveSingleItem().GuardianId.ShouldBe(children[1].Guardian);
        (await system.ScalarAsync<Guid[]>(
            "SELECT array_agg(student_id) FROM family_sign_up WHERE activity_id = $1 AND seated", activity))
            .ShouldBe([children[1].Student]);
    }

    [Fact]
    [Trait("Rule", "ALL-7")]
    [Trait("Rule", "ACT-2")]
    public async Task The_covenant_is_printed_and_a_signature_on_paper_counts_as_any_other()
    {
        var children = await school.EnrolAsync(2);
        var covenant = $"/api/activities/classes/{school.Class}/covenant";
        await system.SendAsync(
            school.Teacher, HttpMethod.Put, covenant, new { promises = new[] { "每天<b>阅读</b>" } }, HttpStatusCode.NoContent, 0);
        var (status, page, answer) = await system.RawAsync(school.Teacher, HttpMethod.Get, covenant + "/print?lang=zh");
        status.ShouldBe(HttpStatusCode.OK);
        var html = Encoding.UTF8.GetString(page);
        html.ShouldContain("家校公约");
        html.ShouldContain("学校盖章");
        html.ShouldContain($"CV-{school.Class:N}-1");
        html.ShouldContain("每天&lt;b&gt;阅读");
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("default-src 'none'");
        (await system.RawAsync(new TestSchool(system).Teacher, HttpMethod.Get, covenant + "/print")).Status
            .ShouldBe(HttpStatusCode.NotFound);

        await EnterAsync(children[0], children[0].Guardian);
        await EnterAsync(children[0], children[0].Guardian); // twice is once
        await EnterAsync(children[0], children[1].Guardian, HttpStatusCode.BadRequest);
        await EnterAsync(children[0], children[0].Guardian, HttpStatusCode.NotFound, version: 2);
        await system.SendAsync(
            children[0].Parent, HttpMethod.Post, covenant + "/paper-signatures",
            new { version = 1, studentId = children[0].Student, guardianId = children[0].Guardian }, HttpStatusCode.Forbidden);
        (await system.GetAsync(school.Teacher, covenant + "/signatures")).EnumerateArray()
            .Single(f => f.GetProperty("studentId").GetGuid() == children[0].Student).GetProperty("guardians").GetInt32().ShouldBe(1);
        (await system.GetAsync(children[0].Parent, covenant)).GetProperty("signedFor").GetArrayLength().ShouldBe(1);
        await school.AllowAsync(children[1], GuardianRight.See);
        await EnterAsync(children[1], children[1].Guardian, HttpStatusCode.Conflict);

        Task EnterAsync(Child child, Guid guardian, HttpStatusCode expected = HttpStatusCode.NoContent, long version = 1) =>
            system.SendAsync(
                school.Teacher, HttpMethod.Post, covenant + "/paper-signatures",
                new { version, studentId = child.Student, guardianId = guardian }, expected);
    }

    private Task<JsonElement> SignUpAsync(Child child, Guid activity) => system.SendAsync(
        child.Parent, HttpMethod.Put, $"{Activities}/{activity}/sign-ups/{child.Student}", new { });

    private async Task<Guid> PlanAsync(int? seats) => (await system.SendAsync(
        school.Teacher, HttpMethod.Post, Activities,
        new { schoolId = school.Id, classId = school.Class, kind = "careerDay", title = "职业体验", startsOn = Today, seats },
        HttpStatusCode.Created)).GetProperty("id").GetGuid();

    private async Task<Guid> PlanLessonAsync(int seats) => (await system.SendAsync(
        school.Officer, HttpMethod.Post, $"/api/activities/schools/{school.Id}/parent-classes",
        new
        {
            series = "亲子沟通",
            title = "工作坊",
            lecturerKind = "counselor",
            lecturer = "王老师",
            startsAt = system.Now.AddHours(24),
            minutes = 60,
            seats,
        },
        HttpStatusCode.Created)).GetProperty("id").GetGuid();
}
