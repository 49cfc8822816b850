using System.Net;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Activities.Tests;

/// <summary>Guardians' questions become topics that families vote for (ACT-2).</summary>
[Trait("Rule", "ACT-2")]
public sealed class QuestionTests(ActivitiesSystem system)
{
    [Fact]
    public async Task Questions_are_merged_into_a_topic_that_the_schools_families_vote_for()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(2);
        var other = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0];
        var canary = new Canary();
        var first = await AskAsync(children[0], canary.In("孩子沉迷手机怎么办"));
        var second = await AskAsync(other, "作业拖到十一点");
        var seen = await ListAsync(school.Officer, school);
        seen.Select(q => q.GetProperty("id").GetGuid()).ShouldBe([second, first]);
        canary.CountIn(seen[1].GetProperty("text").GetString()!).ShouldBe(1);
        seen[1].ToString().ShouldNotContain($"{children[0].Guardian}"); // who asked stays unknown
        canary.CountIn(await system.DumpAsync()).ShouldBe(0);
        (await ListAsync(school.Teacher, school)).ShouldHaveSingleItem().GetProperty("id").GetGuid().ShouldBe(first);

        var topic = await MakeAsync(school, "手机与作业", [first]);
        await MergeAsync(school, topic, first, HttpStatusCode.BadRequest); // it is in one already
        await MergeAsync(school, topic, second);
        (await ListAsync(school.Officer, school, "?merged=false")).ShouldBeEmpty();

        foreach (var parent in new[] { children[0], children[0], other })
            await VoteAsync(parent, topic);
        (await TopicAsync(children[0])).ShouldBe((topic, 2, 2, true));
        (await TopicAsync(children[1])).ShouldBe((topic, 2, 2, false));
        await system.SendAsync(
            other.Parent, HttpMethod.Delete, $"/api/activities/topics/{topic}/vote", null, HttpStatusCode.NoContent);
        (await TopicAsync(children[1])).ShouldBe((topic, 2, 1, false));
    }

    [Fact]
    public async Task A_topic_of_a_class_is_for_its_own_families_and_takes_their_questions_alone()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var other = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0];
        var (own, foreign) = (await AskAsync(child, "早睡"), await AskAsync(other, "早起"));
        var path = $"/api/activities/schools/{school.Id}/topics";
        await system.SendAsync(
            school.Teacher, HttpMethod.Post, path, new { title = "作息", questionIds = new[] { own } }, HttpStatusCode.NotFound);
        await system.SendAsync(
            school.Teacher, HttpMethod.Post, path,
            new { title = "作息", questionIds = new[] { own, foreign }, classId = school.Class },
            HttpStatusCode.BadRequest);
        var topic = (await system.SendAsync(
            school.Teacher, HttpMethod.Post, path, new { title = "作息", questionIds = new[] { own }, classId = school.Class },
            HttpStatusCode.Created)).GetProperty("id").GetGuid();
        await VoteAsync(child, topic);
        await VoteAsync(other, topic, HttpStatusCode.NotFound);
        (await system.GetAsync(other.Parent, "/api/activities/topics")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ACT-3")]
    public async Task A_topic_comes_from_the_needs_survey_too_and_says_from_which_round()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var path = $"/api/activities/schools/{school.Id}/topics";
        var (none, round) = (Array.Empty<Guid>(), Guid.CreateVersion7());
        await system.SendAsync(school.Officer, HttpMethod.Post, path, new { title = "作息", questionIds = none }, HttpStatusCode.BadRequest);
        var made = (await system.SendAsync(
            school.Officer, HttpMethod.Post, path, new { title = "作息", questionIds = none, surveyRoundId = round },
            HttpStatusCode.Created)).GetProperty("id").GetGuid();
        await VoteAsync(child, made);
        var topic = (await system.GetAsync(child.Parent, "/api/activities/topics")).GetProperty("items")[0];
        (topic.GetProperty("surveyRoundId").GetGuid(), topic.GetProperty("votes").GetInt32()).ShouldBe((round, 1));
    }

    [Fact]
    public async Task One_asks_about_ones_own_child()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(2);
        await system.SendAsync(
            children[0].Parent, HttpMethod.Post, "/api/activities/questions",
            new { studentId = children[1].Student, text = "?" },
            HttpStatusCode.NotFound);
        await system.SendAsync(
            children[0].Parent, HttpMethod.Post, "/api/activities/questions",
            new { studentId = children[0].Student, text = " " },
            HttpStatusCode.BadRequest);
    }

    private async Task<Guid> AskAsync(Child child, string text) => (await system.SendAsync(
        child.Parent, HttpMethod.Post, "/api/activities/questions", new { studentId = child.Student, text },
        HttpStatusCode.Created))
        .GetProperty("id").GetGuid();

    private async Task<JsonElement[]> ListAsync(Grant who, TestSchool school, string filter = "") =>
    [
        .. (await system.GetAsync(who, $"/api/activities/schools/{school.Id}/questions{filter}"))
            .GetProperty("items").EnumerateArray(),
    ];

    private async Task<Guid> MakeAsync(TestSchool school, string title, Guid[] questionIds) => (await system.SendAsync(
        school.Officer, HttpMethod.Post, $"/api/activities/schools/{school.Id}/topics", new { title, questionIds },
        HttpStatusCode.Created)).GetProperty("id").GetGuid();

    private Task<JsonElement> MergeAsync(TestSchool school, Guid topic, Guid question, HttpStatusCode expected = HttpStatusCode.NoContent) =>
        system.SendAsync(
            school.Officer, HttpMethod.Post, $"/api/activities/topics/{topic}/questions",
            new { questionIds = new[] { question } }, expected);

    private Task<JsonElement> VoteAsync(Child child, Guid topic, HttpStatusCode expected = HttpStatusCode.NoContent) =>
        system.SendAsync(child.Parent, HttpMethod.Put, $"/api/activities/topics/{topic}/vote", null, expected);

    private async Task<(Guid, int, int, bool)> TopicAsync(Child child)
    {
        var topic = (await system.GetAsync(child.Parent, "/api/activities/topics")).GetProperty("items").EnumerateArray()
            .ShouldHaveSingleItem();
        return (
            topic.GetProperty("id").GetGuid(), topic.GetProperty("questions").GetInt32(), topic.GetProperty("votes").GetInt32(),
            topic.GetProperty("voted").GetBoolean());
    }
}
