using System.Net;
using System.Text.Json;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;

namespace HomeSchool.Activities.Tests;

/// <summary>Parent meetings: invitation, attendance, make-up, reach (ACT-1).</summary>
[Trait("Rule", "ACT-1")]
public sealed class MeetingTests(ActivitiesSystem system) : IDisposable
{
    private const string Meetings = "/api/activities/meetings";

    /// <inheritdoc/>
    public void Dispose() => system.Ahead = TimeSpan.Zero;

    [Fact]
    public async Task The_families_of_the_class_see_its_meeting_and_nobody_else_does()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var other = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0];
        var id = await PlanAsync(school, TimeSpan.FromDays(1));

        var seen = (await system.GetAsync(child.Parent, Meetings)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        seen.GetProperty("id").GetGuid().ShouldBe(id);
        seen.GetProperty("agenda").EnumerateArray().Select(line => line.GetString()).ShouldBe(["签署公约", "征集困惑"]);
        seen.GetProperty("reached").GetArrayLength().ShouldBe(0);
        (await system.GetAsync(other.Parent, Meetings)).GetProperty("items").GetArrayLength().ShouldBe(0);

        await school.AllowAsync(child, GuardianRight.See);
        (await system.GetAsync(child.Parent, Meetings)).GetProperty("items").GetArrayLength().ShouldBe(0);
        var invited = (await system.PublishedAsync<MeetingPlanned>(id)).ShouldHaveSingleItem();
        (invited.ClassId, invited.Kind, invited.Cancelled).ShouldBe((school.Class, MeetingKind.Opening, false));
    }

    [Fact]
    public async Task A_class_has_each_meeting_of_the_term_once()
    {
        var school = new TestSchool(system);
        await school.EnrolAsync(1);
        await PlanAsync(school, TimeSpan.FromDays(1));
        var refused = await system.SendAsync(
            school.Teacher, HttpMethod.Post, Meetings, Request(school, TimeSpan.FromDays(2)), HttpStatusCode.Conflict);
        refused.GetProperty("code").GetString().ShouldBe("activities.meeting-twice");
        await system.SendAsync(
            school.Teacher, HttpMethod.Post, Meetings, Request(school, TimeSpan.FromDays(2), "midterm"), HttpStatusCode.Created);
        refused = await system.SendAsync(
            school.Teacher, HttpMethod.Post, Meetings, Request(school, TimeSpan.FromDays(200), "closing"),
            HttpStatusCode.BadRequest);
        refused.GetProperty("errors")[0].GetProperty("code").GetString().ShouldBe("activities.no-term");
    }

    [Fact]
    public async Task A_meeting_is_moved_and_called_off_until_it_begins_and_families_are_told()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var id = await PlanAsync(school, TimeSpan.FromDays(1));
        var change = new { startsAt = system.Now.AddDays(3), location = "礼堂", agenda = Array.Empty<string>() };
        await system.SendAsync(
            school.Teacher, HttpMethod.Put, $"{Meetings}/{id}", change, HttpStatusCode.PreconditionFailed, 9);
        await system.SendAsync(school.Teacher, HttpMethod.Put, $"{Meetings}/{id}", change, ifMatch: 1);
        (await system.GetAsync(child.Parent, Meetings)).GetProperty("items")[0].GetProperty("location").GetString()
            .ShouldBe("礼堂");

        var past = await PlanAsync(school, TimeSpan.FromHours(-1), "midterm");
        await system.SendAsync(school.Teacher, HttpMethod.Delete, $"{Meetings}/{past}", null, HttpStatusCode.Conflict);
        await system.SendAsync(school.Teacher, HttpMethod.Put, $"{Meetings}/{past}", change, HttpStatusCode.Conflict, 1);
        await system.SendAsync(school.Teacher, HttpMethod.Delete, $"{Meetings}/{id}", null, HttpStatusCode.NoContent);
        (await system.PublishedAsync<MeetingPlanned>(id)).Select(e => (e.Version, e.Cancelled))
            .ShouldBe([(1, false), (2, false), (3, true)]);
    }

    [Fact]
    public async Task A_guardian_checks_in_by_the_code_that_is_shown_and_only_while_it_holds()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(2);
        var stranger = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0];
        var id = await PlanAsync(school, TimeSpan.FromMinutes(20));
        var early = await PlanAsync(school, TimeSpan.FromHours(2), "midterm");
        await system.SendAsync(school.Teacher, HttpMethod.Post, $"{Meetings}/{early}/code", new { }, HttpStatusCode.Conflict);
        await CheckInAsync(children[0], id, "", HttpStatusCode.Conflict);

        var first = await CodeAsync(school, id);
        var code = await CodeAsync(school, id);
        await CheckInAsync(children[0], id, first, HttpStatusCode.Conflict); // the one before has ended
        await CheckInAsync(stranger, id, code, HttpStatusCode.NotFound);
        await CheckInAsync(children[0], id, $" {code.ToLowerInvariant()} ", HttpStatusCode.NoContent);
        await CheckInAsync(children[0], id, code, HttpStatusCode.NoContent); // twice is once
        system.Ahead = TimeSpan.FromMinutes(11);
        await CheckInAsync(children[1], id, code, HttpStatusCode.Conflict);
        system.Ahead = TimeSpan.Zero;

        (await ReachedAsync(school, id)).ShouldBe(new Dictionary<Guid, string?>
        {
            [children[0].Student] = "code",
            [children[1].Student] = null,
        }, ignoreOrder: true);
        (await system.PublishedAsync<MeetingAttended>(id)).ShouldHaveSingleItem().StudentIds.ShouldBe([children[0].Student]);
        (await system.GetAsync(children[0].Parent, Meetings)).GetProperty("items").EnumerateArray()
            .Single(m => m.GetProperty("id").GetGuid() == id).GetProperty("reached")[0].GetGuid().ShouldBe(children[0].Student);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Who_is_not_to_be_invited_cannot_check_in()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var id = await PlanAsync(school, TimeSpan.FromMinutes(5));
        await school.AllowAsync(child, GuardianRight.See);
        await CheckInAsync(child, id, await CodeAsync(school, id), HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Absent_families_are_reached_by_a_make_up_and_each_class_counts()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(3);
        var next = Guid.CreateVersion7();
        var other = (await school.EnrolAsync(1, next))[0];
        var id = await PlanAsync(school, TimeSpan.FromHours(-1));
        var attendance = $"{Meetings}/{id}/attendance";
        await NoteAsync(school, attendance, [children[0].Student], null);
        await NoteAsync(school, attendance, [children[1].Student], Today);
        await NoteAsync(school, attendance, [other.Student], null, HttpStatusCode.BadRequest);
        await NoteAsync(school, attendance, [children[2].Student], Today.AddDays(2), HttpStatusCode.BadRequest);
        (await ReachedAsync(school, id)).ShouldBe(new Dictionary<Guid, string?>
        {
            [children[0].Student] = "teacher",
            [children[1].Student] = "makeUp",
            [children[2].Student] = null,
        }, ignoreOrder: true);

        var all = await system.GetAsync(school.Officer, $"/api/activities/schools/{school.Id}/reach?termId={school.Term}");
        all.EnumerateArray().ToDictionary(c => c.GetProperty("classId").GetGuid(), Figures).ShouldBe(
            new Dictionary<Guid, (int, int?, int?)> { [school.Class] = (3, 2, null), [next] = (1, null, null) },
            ignoreOrder: true);
        (await system.GetAsync(school.Teacher, $"/api/activities/schools/{school.Id}/reach?termId={school.Term}"))
            .GetArrayLength().ShouldBe(1);

        await system.SendAsync(
            school.Teacher, HttpMethod.Post, attendance + "/corrections", new { studentIds = new[] { children[0].Student } },
            HttpStatusCode.NoContent);
        (await ReachedAsync(school, id))[children[0].Student].ShouldBeNull();
        (await system.PublishedAsync<MeetingAttended>(id)).Select(e => (e.StudentIds.Single(), e.Version, e.MadeUp, e.Withdrawn))
            .ShouldBe(
            [
                (children[0].Student, 1, false, false), (children[1].Student, 1, true, false),
                (children[0].Student, 2, false, true),
            ]);

        static (int, int?, int?) Figures(JsonElement c) =>
            (c.GetProperty("onRoll").GetInt32(), Number(c, "opening"), Number(c, "midterm"));
    }

    [Fact]
    public async Task Nobody_has_come_before_it_begins()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var id = await PlanAsync(school, TimeSpan.FromHours(1));
        await NoteAsync(school, $"{Meetings}/{id}/attendance", [child.Student], null, HttpStatusCode.Conflict);
    }

    private static DateOnly Today =>
        DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);

    private static int? Number(JsonElement of, string name) =>
        of.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null;

    private object Request(TestSchool school, TimeSpan ahead, string kind = "opening") => new
    {
        classId = school.Class,
        kind,
        startsAt = system.Now + ahead,
        location = "七年级(3)班教室",
        agenda = new[] { "签署公约", "征集困惑" },
    };

    private async Task<Guid> PlanAsync(TestSchool school, TimeSpan ahead, string kind = "opening") =>
        (await system.SendAsync(school.Teacher, HttpMethod.Post, Meetings, Request(school, ahead, kind), HttpStatusCode.Created))
            .GetProperty("id").GetGuid();

    private async Task<string> CodeAsync(TestSchool school, Guid meeting) =>
        (await system.SendAsync(school.Teacher, HttpMethod.Post, $"{Meetings}/{meeting}/code", new { }))
            .GetProperty("code").GetString()!;

    private Task<JsonElement> CheckInAsync(Child child, Guid meeting, string code, HttpStatusCode expected) =>
        system.SendAsync(child.Parent, HttpMethod.Post, $"{Meetings}/{meeting}/check-in", new { code }, expected);

    private Task<JsonElement> NoteAsync(
        TestSchool school, string path, Guid[] studentIds, DateOnly? madeUpOn,
        HttpStatusCode expected = HttpStatusCode.NoContent) =>
        system.SendAsync(school.Teacher, HttpMethod.Post, path, new { studentIds, madeUpOn }, expected);

    private async Task<Dictionary<Guid, string?>> ReachedAsync(TestSchool school, Guid meeting) =>
        (await system.GetAsync(school.Teacher, $"{Meetings}/{meeting}/families")).EnumerateArray().ToDictionary(
            family => family.GetProperty("studentId").GetGuid(),
            family => family.TryGetProperty("how", out var how) ? how.GetString() : null);
}
