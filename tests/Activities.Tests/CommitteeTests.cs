using System.Net;
using System.Text.Json;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Activities.Tests;

/// <summary>ACT-6, ACT-8: parent committees, what parents offer, and the development of staff.</summary>
public sealed class CommitteeTests(ActivitiesSystem system)
{
    private readonly TestSchool school = new(system);

    private string Committee => $"/api/activities/committees/{school.Class}";

    [Fact]
    [Trait("Rule", "ACT-6")]
    public async Task A_committee_is_three_to_five_guardians_of_the_class_and_the_class_knows_them()
    {
        var children = await school.EnrolAsync(6);
        var stranger = (await school.EnrolAsync(1, Guid.CreateVersion7()))[0];
        Child[] twice = [children[0], children[1], children[1]];
        foreach (var wrong in new[] { children[..2], children, twice, [.. children[..2], stranger] })
            await NameAsync(school.Teacher, wrong, HttpStatusCode.BadRequest);
        await NameAsync(school.Teacher, children[..5]);
        await NameAsync(school.Officer, children[1..4]);
        foreach (var who in new[] { children[5].Parent, school.Teacher, school.Officer })
        {
            var members = (await system.GetAsync(who, Committee)).GetProperty("members").EnumerateArray().ToArray();
            members.Select(member => member.GetProperty("guardianId").GetGuid())
                .ShouldBe(children[1..4].Select(child => child.Guardian), ignoreOrder: true);
            members.ShouldAllBe(member => member.GetProperty("role").GetString() == "groupModeration");
        }

        foreach (var who in new[] { stranger.Parent, new TestSchool(system).Officer })
            await system.GetAsync(who, Committee, HttpStatusCode.NotFound);
        await NameAsync(new TestSchool(system).Officer, children[..3], HttpStatusCode.NotFound);
        // Whoever keeps the class's group learns who moderates it (MSG-3).
        var named = (await system.PublishedAsync<CommitteeNamed>(school.Class)).OrderBy(one => one.Version).ToArray();
        named.Select(one => (one.Version, one.Members.Count)).ShouldBe([(1, 5), (2, 3)]);
        named[1].Members.ShouldBe(
            children[1..4].Select(child => new CommitteeSeat(child.Guardian, child.Student, true)), ignoreOrder: true);
        await NameAsync(children[0].Parent, children[..3], HttpStatusCode.Forbidden);
    }

    [Fact]
    [Trait("Rule", "ACT-6")]
    public async Task What_a_parent_offers_is_kept_with_consent_alone_and_only_for_those_it_is_for()
    {
        var child = (await school.EnrolAsync(1))[0];
        await OfferAsync(child, "消防演练", consent: false, forSchool: true, HttpStatusCode.BadRequest);
        var own = await OfferAsync(child, "消防演练", consent: true, forSchool: false);
        var open = await OfferAsync(child, "急救培训", consent: true, forSchool: true);
        (await SkillsAsync(school.Teacher)).ShouldBe(["消防演练", "急救培训"]);
        (await SkillsAsync(school.Officer)).ShouldBe(["急救培训"]);
        (await SkillsAsync(school.Officer, "&use=lecturer")).ShouldBeEmpty();
        await system.GetAsync(school.Officer, "/api/activities/resources?use=9", HttpStatusCode.BadRequest);
        (await SkillsAsync(school.Officer, "&use=careerDay&field=safety")).ShouldBe(["急救培训"]);
        (await SkillsAsync(new TestSchool(system).Officer)).ShouldBeEmpty();
        await system.GetAsync(child.Parent, "/api/activities/resources", HttpStatusCode.Forbidden);
        (await system.DumpAsync()).ShouldNotContain("急救");

        var other = (await school.EnrolAsync(1, Guid.CreateVersion7()))[0];
        var path = $"/api/activities/resources/{own}";
        await system.SendAsync(other.Parent, HttpMethod.Delete, path, null, HttpStatusCode.NotFound);
        await system.SendAsync(child.Parent, HttpMethod.Delete, path, null, HttpStatusCode.NoContent);
        (await system.GetAsync(child.Parent, "/api/activities/resources/mine")).EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("id").GetGuid().ShouldBe(open);
        (await SkillsAsync(school.Teacher)).ShouldBe(["急救培训"]);
    }

    [Fact]
    [Trait("Rule", "ACT-8")]
    public async Task Books_and_reflections_are_their_authors_alone()
    {
        await school.EnrolAsync(1);
        var (author, colleague) = (school.Teacher, school.Teacher);
        const string notes = "/api/activities/development-notes";
        var written = (await system.SendAsync(
            author, HttpMethod.Post, notes, new { schoolId = school.Id, kind = "book", text = "《爱的教育》" }, HttpStatusCode.Created))
            .GetProperty("id").GetGuid();
        await system.SendAsync(
            author, HttpMethod.Post, notes, new { schoolId = school.Id, kind = "caseReflection", text = "一次谈话" },
            HttpStatusCode.Created);
        (await system.GetAsync(author, notes)).GetProperty("items").EnumerateArray()
            .Select(note => note.GetProperty("text").GetString()).ShouldBe(["一次谈话", "《爱的教育》"]);
        foreach (var who in new[] { colleague, school.Officer })
            (await system.GetAsync(who, notes)).GetProperty("items").GetArrayLength().ShouldBe(0);
        await system.GetAsync(school.Admin, notes, HttpStatusCode.Forbidden);
        await system.SendAsync(colleague, HttpMethod.Delete, $"{notes}/{written}", null, HttpStatusCode.NotFound);
        await system.SendAsync(author, HttpMethod.Delete, $"{notes}/{written}", null, HttpStatusCode.NoContent);
        (await system.GetAsync(author, notes)).GetProperty("items").GetArrayLength().ShouldBe(1);
        (await system.DumpAsync()).ShouldNotContain("谈话");
    }

    [Fact]
    [Trait("Rule", "ACT-8")]
    public async Task A_training_has_a_roll_and_the_school_sees_how_many_of_its_teachers_were_at_one()
    {
        await school.EnrolAsync(1);
        var (today, now) = (DateOnly.FromDateTime(system.Now.UtcDateTime), system.Now);
        Guid[] staff = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];
        await system.PublishAsync(new RosterChanged(
            school.District, school.Id, 2, now, [], [],
            [.. staff.Select(person => new RosterPost(
                Guid.CreateVersion7(), person, null, StaffRole.Teacher, null, today.AddDays(-30), null))]));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM post WHERE school_id = $1", school.Id), count => count == 3);
        const string trainings = "/api/activities/trainings";
        var training = await PlanAsync("teachers", today.AddDays(-1));
        await PlanAsync("teachers", today.AddYears(3), HttpStatusCode.BadRequest); // in no term
        await RollAsync(await PlanAsync("officers", today.AddDays(-1)), staff[1..]);
        await RollAsync(await PlanAsync("teachers", today.AddDays(9)), staff, HttpStatusCode.Conflict); // still to come
        await RollAsync(training, [Guid.CreateVersion7()], HttpStatusCode.BadRequest);
        await RollAsync(training, staff);
        await RollAsync(training, staff[..1]);

        var rate = await system.GetAsync(school.Officer, $"{trainings}/rate?schoolId={school.Id}&termId={school.Term}");
        (rate.GetProperty("teachers").GetInt32(), rate.GetProperty("trained").GetInt32()).ShouldBe((3, 1));
        var listed = (await system.GetAsync(school.Officer, trainings)).GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("id").GetGuid() == training);
        listed.GetProperty("staffIds").EnumerateArray().ShouldHaveSingleItem().GetGuid().ShouldBe(staff[0]);
        await system.GetAsync(school.Teacher, trainings, HttpStatusCode.Forbidden);
        (await system.GetAsync(new TestSchool(system).Officer, trainings)).GetProperty("items").GetArrayLength().ShouldBe(0);

        async Task<Guid> PlanAsync(string audience, DateOnly heldOn, HttpStatusCode expected = HttpStatusCode.Created)
        {
            var answer = await system.SendAsync(
                school.Officer, HttpMethod.Post, trainings,
                new { schoolId = school.Id, @for = audience, topic = "privacy", title = "隐私保护", heldOn }, expected);
            return expected == HttpStatusCode.Created ? answer.GetProperty("id").GetGuid() : default;
        }

        Task<JsonElement> RollAsync(Guid id, Guid[] staffIds, HttpStatusCode expected = HttpStatusCode.NoContent) =>
            system.SendAsync(school.Officer, HttpMethod.Put, $"{trainings}/{id}/roll", new { staffIds }, expected);
    }

    private Task<JsonElement> NameAsync(Grant who, Child[] members, HttpStatusCode expected = HttpStatusCode.NoContent) =>
        system.SendAsync(
            who, HttpMethod.Put, Committee,
            new { members = members.Select(child => new { guardianId = child.Guardian, role = "groupModeration" }) }, expected);

    private async Task<Guid> OfferAsync(
        Child child, string skill, bool consent, bool forSchool, HttpStatusCode expected = HttpStatusCode.Created)
    {
        var answer = await system.SendAsync(
            child.Parent, HttpMethod.Post, "/api/activities/resources",
            new { studentId = child.Student, field = "safety", use = "careerDay", skill, consent, forSchool }, expected);
        return expected == HttpStatusCode.Created ? answer.GetProperty("id").GetGuid() : default;
    }

    private async Task<string?[]> SkillsAsync(Grant who, string filter = "") =>
        [.. (await system.GetAsync(who, $"/api/activities/resources?size=50{filter}")).GetProperty("items").EnumerateArray()
            .Select(resource => resource.GetProperty("skill").GetString())];
}
