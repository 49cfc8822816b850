using System.Net;

namespace HomeSchool.Activities.Tests;

/// <summary>What districts and schools decide about activities.</summary>
public sealed class PolicyTests(ActivitiesSystem system)
{
    [Fact]
    public async Task A_school_has_its_districts_policy_until_it_has_its_own()
    {
        var school = new TestSchool(system);
        await school.EnrolAsync(1);
        var (ofSchool, ofDistrict) = ($"/api/activities/policies/{school.Id}", $"/api/activities/policies/{school.District}");
        (await system.GetAsync(school.Admin, ofSchool)).GetProperty("codeMinutes").GetInt32().ShouldBe(10);

        await system.SendAsync(
            school.Admin, HttpMethod.Put, ofDistrict, new { codeMinutes = 20 }, HttpStatusCode.NoContent, ifMatch: 0);
        (await system.GetAsync(school.Admin, ofSchool)).GetProperty("codeMinutes").GetInt32().ShouldBe(20);
        await system.SendAsync(
            school.Admin, HttpMethod.Put, ofSchool, new { methodsGoal = 3 }, HttpStatusCode.NoContent, ifMatch: 0);
        (await system.GetAsync(school.Admin, ofSchool)).GetProperty("codeMinutes").GetInt32().ShouldBe(10);
        (await system.GetAsync(school.Admin, ofDistrict)).GetProperty("methodsGoal").GetInt32().ShouldBe(2);

        await system.SendAsync(
            school.Admin, HttpMethod.Put, ofDistrict, new { }, HttpStatusCode.PreconditionFailed, ifMatch: 0);
        await system.GetAsync(new TestSchool(system).Admin, ofSchool, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_policy_that_cannot_be_is_refused_with_its_fields()
    {
        var school = new TestSchool(system);
        var refused = await system.SendAsync(
            school.Admin, HttpMethod.Put, $"/api/activities/policies/{school.District}",
            new { timeZone = "../etc/passwd", codeMinutes = 0, lessonsFromWeek = 9, lessonsUntilWeek = 8, methodsGoal = 99 },
            HttpStatusCode.BadRequest, ifMatch: 0);
        refused.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString())
            .ShouldBe(["timeZone", "codeMinutes", "lessonsUntilWeek", "methodsGoal"]);
    }
}
