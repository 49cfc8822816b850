using System.Net;
using System.Text.Json;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;

namespace HomeSchool.Activities.Tests;

/// <summary>Parent classes: who sees them, live and again, workshops, methods (ACT-3).</summary>
[Trait("Rule", "ACT-3")]
public sealed class LessonTests(ActivitiesSystem system) : IDisposable
{
    private const string Lessons = "/api/activities/parent-classes";

    /// <inheritdoc/>
    public void Dispose() => system.Ahead = TimeSpan.Zero;

    [Fact]
    public async Task A_series_is_for_the_families_of_its_grades()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var older = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7(), grade: "09"))[0];
        var id = await PlanAsync(school, grades: ["07"]);
        var all = await PlanAsync(school);

        (await SeenAsync(child)).ShouldBe([id, all], ignoreOrder: true);
        (await SeenAsync(older)).ShouldBe([all]);
        await system.SendAsync(older.Parent, HttpMethod.Post, $"{Lessons}/{id}/seat", new { }, HttpStatusCode.NotFound);
        (await system.GetAsync(school.Teacher, Lessons + "?series=小升初衔接")).GetProperty("items").GetArrayLength().ShouldBe(2);
        (await system.GetAsync(school.Teacher, Lessons + "?series=x")).GetProperty("items").GetArrayLength().ShouldBe(0);
        await school.AllowAsync(child, GuardianRight.See);
        (await SeenAsync(child)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_list_costs_as_many_statements_however_long_it_is()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        await PlanAsync(school);
        var one = await system.StatementsOfAsync(child.Parent, Lessons);
        foreach (var hours in new[] { 25, 26, 27 })
            await PlanAsync(school, hours);
        (await system.StatementsOfAsync(child.Parent, Lessons)).Count.ShouldBe(one.Count);
    }

    [Fact]
    public async Task Parent_classes_are_in_their_weeks_and_their_addresses_are_web_addresses()
    {
        var school = new TestSchool(system);
        await school.EnrolAsync(1);
        foreach (var days in new[] { -20, 100 })
            (await RefusedAsync(school, days: days)).ShouldBe("activities.lesson-weeks");
        (await RefusedAsync(school, liveUrl: "javascript:alert(1)")).ShouldBe("activities.lesson-address");
        (await RefusedAsync(school, topicId: Guid.CreateVersion7())).ShouldBe("activities.no-topic");
        (await RefusedAsync(school, seats: 501)).ShouldBe("request.range");
    }

    [Fact]
    public async Task A_topic_of_questions_becomes_a_parent_class()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var question = (await system.SendAsync(
            child.Parent, HttpMethod.Post, "/api/activities/questions", new { studentId = child.Student, text = "手机" },
            HttpStatusCode.Created)).GetProperty("id").GetGuid();
        var topic = (await system.SendAsync(
            school.Officer, HttpMethod.Post, $"/api/activities/schools/{school.Id}/topics",
            new { title = "手机", questionIds = new[] { question } }, HttpStatusCode.Created)).GetProperty("id").GetGuid();
        await PlanAsync(school, topicId: topic);
        (await system.GetAsync(child.Parent, Lessons)).GetProperty("items")[0].GetProperty("topicId").GetGuid().ShouldBe(topic);
    }

    [Fact]
    public async Task The_address_is_given_while_it_is_live_and_then_the_replay_whose_views_count()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var id = await PlanAsync(school, hours: 1);
        await WatchAsync(child, id, "live", HttpStatusCode.Conflict);
        await WatchAsync(child, id, "replay-views", HttpStatusCode.Conflict);
        system.Ahead = TimeSpan.FromMinutes(50);
        (await WatchAsync(child, id, "live")).GetProperty("url").GetString().ShouldBe("https://live.school.example/1");
        system.Ahead = TimeSpan.FromHours(3);
        await WatchAsync(child, id, "live", HttpStatusCode.Conflict);
        await system.SendAsync(
            school.Officer, HttpMethod.Put, $"{Lessons}/{id}/replay", new { url = "http://replay.school.example" },
            HttpStatusCode.BadRequest);
        await system.SendAsync(
            school.Officer, HttpMethod.Put, $"{Lessons}/{id}/replay", new { url = "https://replay.school.example/1" },
            HttpStatusCode.NoContent);
        await WatchAsync(child, id, "replay-views");
        (await WatchAsync(child, id, "replay-views")).GetProperty("url").GetString().ShouldBe("https://replay.school.example/1");

        var seen = (await system.GetAsync(school.Teacher, Lessons)).GetProperty("items")[0];
        (seen.GetProperty("watched").GetInt32(), seen.GetProperty("replayViews").GetInt32()).ShouldBe((1, 2));
        seen.ToString().ShouldNotContain("https://");
        (await system.PublishedAsync<LessonAttended>(id)).ShouldHaveSingleItem().StudentIds.ShouldBe([child.Student]);
    }

    [Fact]
    public async Task Methods_are_mastered_by_a_tick_or_by_practice_and_a_class_counts_who_masters_two()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(3);
        var id = await PlanAsync(school, hours: 1, seats: 1);
        await system.SendAsync(children[0].Parent, HttpMethod.Post, $"{Lessons}/{id}/seat", new { });
        await system.SendAsync(children[2].Parent, HttpMethod.Post, $"{Lessons}/{id}/seat", new { });
        await TickAsync(children[1], id, 0, HttpStatusCode.Conflict); // not taught yet
        system.Ahead = TimeSpan.FromHours(2);
        await NoteAsync(school, id, children[2].Student, HttpStatusCode.BadRequest); // waits, without a seat
        await NoteAsync(school, id, children[0].Student);
        await NoteAsync(school, id, children[0].Student);
        await TickAsync(children[1], id, 0);
        await TickAsync(children[1], id, 0);
        await TickAsync(children[1], id, 2, HttpStatusCode.NotFound); // it teaches two
        (await MasteredAsync(school)).ShouldBe((3, 1));
        await TickAsync(children[1], id, 1);
        (await MasteredAsync(school)).ShouldBe((3, 2));
        (await system.GetAsync(school.Officer, $"{Lessons}/{id}/seats")).EnumerateArray()
            .Select(s => s.GetProperty("attended").GetBoolean()).ShouldBe([true, false]);
    }

    private static object Request(
        DateTimeOffset startsAt, string[]? grades = null, int seats = 0, string? liveUrl = "https://live.school.example/1",
        Guid? topicId = null) => new
        {
            series = "小升初衔接",
            title = "青春期沟通",
            lecturerKind = "expert",
            lecturer = "李老师",
            startsAt,
            minutes = 90,
            grades = grades ?? [],
            methods = new[] { "积极倾听", "我信息" },
            liveUrl,
            seats,
            topicId,
        };

    private async Task<Guid> PlanAsync(
        TestSchool school, double hours = 24, string[]? grades = null, int seats = 0, Guid? topicId = null) =>
        (await system.SendAsync(
            school.Officer, HttpMethod.Post, $"/api/activities/schools/{school.Id}/parent-classes",
            Request(system.Now.AddHours(hours), grades, seats, topicId: topicId), HttpStatusCode.Created))
            .GetProperty("id").GetGuid();

    private async Task<string?> RefusedAsync(
        TestSchool school, int days = 1, int seats = 0, string? liveUrl = null, Guid? topicId = null) => (await system.SendAsync(
        school.Officer, HttpMethod.Post, $"/api/activities/schools/{school.Id}/parent-classes",
        Request(system.Now.AddDays(days), null, seats, liveUrl, topicId), HttpStatusCode.BadRequest))
        .GetProperty("errors")[0].GetProperty("code").GetString();

    private async Task<Guid[]> SeenAsync(Child child) =>
    [
        .. (await system.GetAsync(child.Parent, Lessons)).GetProperty("items").EnumerateArray()
            .Select(lesson => lesson.GetProperty("id").GetGuid()),
    ];

    private Task<JsonElement> WatchAsync(Child child, Guid id, string what, HttpStatusCode expected = HttpStatusCode.OK) =>
        system.SendAsync(child.Parent, HttpMethod.Post, $"{Lessons}/{id}/{what}", new { }, expected);

    private Task<JsonElement> TickAsync(Child child, Guid id, int method, HttpStatusCode expected = HttpStatusCode.NoContent) =>
        system.SendAsync(child.Parent, HttpMethod.Post, $"{Lessons}/{id}/methods/{method}/tried", new { }, expected);

    private Task<JsonElement> NoteAsync(TestSchool school, Guid id, Guid student, HttpStatusCode expected = HttpStatusCode.NoContent) =>
        system.SendAsync(
            school.Officer, HttpMethod.Post, $"{Lessons}/{id}/attendance", new { studentIds = new[] { student } }, expected);

    private async Task<(int OnRoll, int Mastered)> MasteredAsync(TestSchool school)
    {
        var counted = (await system.GetAsync(school.Teacher, $"/api/activities/schools/{school.Id}/methods")).EnumerateArray()
            .ShouldHaveSingleItem();
        return (counted.GetProperty("onRoll").GetInt32(), counted.GetProperty("mastered").GetInt32());
    }
}
