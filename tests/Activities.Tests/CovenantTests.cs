using System.Net;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;

namespace HomeSchool.Activities.Tests;

/// <summary>A class's covenant: versions and signatures (ACT-2).</summary>
[Trait("Rule", "ACT-2")]
public sealed class CovenantTests(ActivitiesSystem system)
{
    [Fact]
    public async Task Guardians_sign_the_version_they_read_and_a_new_one_is_to_be_signed_anew()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(2);
        var covenant = $"/api/activities/classes/{school.Class}/covenant";
        await system.GetAsync(children[0].Parent, covenant, HttpStatusCode.NotFound);
        await SignAsync(children[0], 1, HttpStatusCode.NotFound);
        await PublishAsync("每天阅读二十分钟", 0);
        await PublishAsync("又一次", 0, HttpStatusCode.PreconditionFailed);

        await SignAsync(children[0], 1);
        await SignAsync(children[0], 1); // twice is once
        var read = await system.GetAsync(children[0].Parent, covenant);
        read.GetProperty("signedFor").EnumerateArray().ShouldHaveSingleItem().GetGuid().ShouldBe(children[0].Student);
        (await system.GetAsync(children[1].Parent, covenant)).GetProperty("signedFor").GetArrayLength().ShouldBe(0);
        (await SignedAsync()).ShouldBe([(children[0].Student, 1), (children[1].Student, 0)], ignoreOrder: true);

        await PublishAsync("每天交谈十分钟", 1);
        await SignAsync(children[1], 1, HttpStatusCode.Conflict);
        await SignAsync(children[1], 2);
        (await SignedAsync()).ShouldBe([(children[0].Student, 0), (children[1].Student, 1)], ignoreOrder: true);
        (await system.GetAsync(children[0].Parent, covenant)).GetProperty("promises")[0].GetString().ShouldBe("每天交谈十分钟");
        var before = await system.GetAsync(children[0].Parent, covenant + "?version=1");
        (before.GetProperty("promises")[0].GetString(), before.GetProperty("signedFor").GetArrayLength())
            .ShouldBe(("每天阅读二十分钟", 1));
        (await system.PublishedAsync<CovenantPublished>(school.Class)).Select(e => e.Version).ShouldBe([1, 2]);

        Task PublishAsync(string promise, long ifMatch, HttpStatusCode expected = HttpStatusCode.NoContent) => system.SendAsync(
            school.Teacher, HttpMethod.Put, covenant, new { promises = new[] { promise } }, expected, ifMatch);

        Task SignAsync(Child child, long version, HttpStatusCode expected = HttpStatusCode.NoContent) =>
            system.SendAsync(child.Parent, HttpMethod.Post, covenant + "/signatures", new { version }, expected);

        async Task<IEnumerable<(Guid, int)>> SignedAsync() => (await system.GetAsync(school.Teacher, covenant + "/signatures"))
            .EnumerateArray().Select(f => (f.GetProperty("studentId").GetGuid(), f.GetProperty("guardians").GetInt32()));
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Who_may_not_sign_for_the_child_reads_and_does_not_sign()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var stranger = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0];
        var covenant = $"/api/activities/classes/{school.Class}/covenant";
        await system.SendAsync(
            school.Teacher, HttpMethod.Put, covenant, new { promises = new[] { "守时" } }, HttpStatusCode.NoContent, 0);
        await system.GetAsync(stranger.Parent, covenant, HttpStatusCode.NotFound);
        await school.AllowAsync(child, GuardianRight.See);
        await system.GetAsync(child.Parent, covenant);
        await system.SendAsync(
            child.Parent, HttpMethod.Post, covenant + "/signatures", new { version = 1 }, HttpStatusCode.Forbidden);
    }
}
