using System.Net;
using System.Text.Json;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Activities.Tests;

/// <summary>ACT-4: family activities, over HTTP.</summary>
public sealed class FamilyActivityTests(ActivitiesSystem system)
{
    private const string Activities = "/api/activities/family-activities";
    private const string Shanghai = "Asia/Shanghai";

    private readonly TestSchool school = new(system);

    private DateOnly Today => DayOf(system.Now);

    [Fact]
    [Trait("Rule", "ACT-4")]
    public async Task A_marathon_is_21_consecutive_days_and_its_families_see_it()
    {
        var child = (await school.EnrolAsync(1))[0];
        var planned = await PlanAsync(school.Teacher, new { kind = "readingMarathon", classId = school.Class, preview = "一起读" });
        var path = $"{Activities}/{planned}";
        var seen = await system.GetAsync(child.Parent, path);
        DateOnly.Parse(seen.GetProperty("endsOn").GetString()!, null).ShouldBe(Today.AddDays(20));
        seen.GetProperty("preview").GetString().ShouldBe("一起读");
        (await system.GetAsync(child.Parent, Activities)).GetProperty("items").GetArrayLength().ShouldBe(1);

        await system.SendAsync(
            school.Teacher, HttpMethod.Put, path, new { title = "读书", recap = "读了 100 本书" }, HttpStatusCode.NoContent,
            ifMatch: 1);
        (await system.GetAsync(child.Parent, path)).GetProperty("recap").GetString().ShouldBe("读了 100 本书");

        var request = new
        {
            schoolId = school.Id,
            classId = school.Class,
            kind = "readingMarathon",
            title = "读",
            startsOn = Today,
        };
        foreach (var (body, code) in new (object, string)[]
        {
            (new { request.schoolId, request.classId, request.kind, request.title, request.startsOn, endsOn = Today.AddDays(9) },
                "activities.marathon-days"),
            (new { request.schoolId, request.classId, request.kind, request.title, startsOn = Today.AddDays(-1) },
                "activities.family-activity-days"),
        })
        {
            (await system.SendAsync(school.Teacher, HttpMethod.Post, Activities, body, HttpStatusCode.BadRequest))
                .GetProperty("errors")[0].GetProperty("code").GetString().ShouldBe(code);
        }
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    [Trait("Rule", "ALL-1")]
    public async Task An_activity_is_for_its_class_and_nobody_else_finds_it()
    {
        var other = Guid.CreateVersion7();
        var child = (await school.EnrolAsync(1))[0];
        var neighbour = (await school.EnrolAsync(1, other))[0];
        var stranger = (await new TestSchool(system).EnrolAsync(1))[0];
        var planned = await PlanAsync(school.Teacher, new { kind = "careerDay", classId = school.Class });
        foreach (var who in new[] { neighbour.Parent, stranger.Parent, stranger.School.Teacher, stranger.School.Officer })
        {
            await system.GetAsync(who, $"{Activities}/{planned}", HttpStatusCode.NotFound);
            await system.GetAsync(who, $"{Activities}/{planned}/families", HttpStatusCode.NotFound);
        }

        await SignUpAsync(neighbour, planned, HttpStatusCode.NotFound);
        await SignUpAsync(child with { Student = neighbour.Student }, planned, HttpStatusCode.NotFound); // another's child
        await system.SendAsync(
            stranger.School.Officer, HttpMethod.Post, $"{Activities}/{planned}/cancel", null, HttpStatusCode.NotFound);
        await PlanAsync(school.Teacher, new { kind = "careerDay" }, HttpStatusCode.NotFound); // she plans for her class alone

        var whole = await PlanAsync(school.Officer, new { kind = "communityService" });
        await SignUpAsync(neighbour, whole);
        await SignUpAsync(child, whole);
        (await FamiliesAsync(school.Officer, whole)).Length.ShouldBe(2);
        (await FamiliesAsync(school.Teacher, whole)).ShouldHaveSingleItem()
            .GetProperty("studentId").GetGuid().ShouldBe(child.Student);
        (await FamiliesAsync(neighbour.Parent, whole)).ShouldHaveSingleItem()
            .GetProperty("studentId").GetGuid().ShouldBe(neighbour.Student);
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public async Task Seats_are_never_overbooked_and_who_waits_longest_moves_up()
    {
        var children = await school.EnrolAsync(12);
        var planned = await PlanAsync(school.Officer, new { kind = "careerDay", seats = 5 });
        var answers = await Task.WhenAll(children.Select(child => SignUpAsync(child, planned)));
        answers.Count(answer => answer.GetProperty("seated").GetBoolean()).ShouldBe(5);
        answers.Where(answer => !answer.GetProperty("seated").GetBoolean())
            .Select(answer => answer.GetProperty("before").GetInt32()).Order().ShouldBe([0, 1, 2, 3, 4, 5, 6]);
        (await SignUpAsync(children[0], planned)).GetProperty("seated").GetBoolean()
            .ShouldBe(answers[0].GetProperty("seated").GetBoolean()); // once more changes nothing

        var leaving = children.Zip(answers).First(pair => pair.Second.GetProperty("seated").GetBoolean()).First;
        var next = children.Zip(answers).Single(pair => pair.Second is var answer && !answer.GetProperty("seated").GetBoolean()
            && answer.GetProperty("before").GetInt32() == 0).First;
        await system.SendAsync(
            leaving.Parent, HttpMethod.Delete, $"{Activities}/{planned}/sign-ups/{leaving.Student}", null,
            HttpStatusCode.NoContent);
        (await FamiliesAsync(next.Parent, planned)).ShouldHaveSingleItem().GetProperty("seated").GetBoolean().ShouldBeTrue();
        (await SeatedAsync(planned)).ShouldBe(5);

        await system.SendAsync(
            school.Officer, HttpMethod.Put, $"{Activities}/{planned}", new { title = "职业体验", seats = 7 },
            HttpStatusCode.NoContent, ifMatch: 1);
        (await SeatedAsync(planned)).ShouldBe(7);
        await system.SendAsync(
            school.Officer, HttpMethod.Put, $"{Activities}/{planned}", new { title = "职业体验", seats = 6 },
            HttpStatusCode.Conflict, ifMatch: 2);
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public async Task A_tap_counts_once_and_a_tap_from_an_offline_phone_for_its_own_day()
    {
        var child = (await school.EnrolAsync(1))[0];
        var planned = await PlanAsync(school.Teacher, new { kind = "readingMarathon", classId = school.Class });
        await CheckInAsync(child, planned, new { }, HttpStatusCode.Conflict); // not signed up
        await SignUpAsync(child, planned);
        var (first, tapped) = (Today, system.Now);
        foreach (var _ in new[] { 1, 2 })
        {
            (await CheckInAsync(child, planned, new { })).GetProperty("streak").GetProperty("current").GetInt32().ShouldBe(1);
        }

        try
        {
            system.Ahead = TimeSpan.FromDays(2);
            // Tapped yesterday, without a network: it arrives today, and was not made up.
            var late = await CheckInAsync(child, planned, new { happenedAt = tapped.AddDays(1) });
            DateOnly.Parse(late.GetProperty("day").GetString()!, null).ShouldBe(first.AddDays(1));
            late.GetProperty("madeUp").GetBoolean().ShouldBeFalse();
            (await CheckInAsync(child, planned, new { })).GetProperty("streak").GetProperty("current").GetInt32().ShouldBe(3);
            var family = (await FamiliesAsync(school.Teacher, planned)).ShouldHaveSingleItem();
            family.GetProperty("days").GetArrayLength().ShouldBe(3);

            system.Ahead = TimeSpan.FromDays(5);
            await CheckInAsync(child, planned, new { happenedAt = tapped.AddDays(1) }, HttpStatusCode.Conflict); // too late
            await CheckInAsync(child, planned, new { happenedAt = tapped.AddDays(6) }, HttpStatusCode.BadRequest);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public async Task A_missed_day_is_made_up_by_the_rule_of_the_activity_alone()
    {
        var child = (await school.EnrolAsync(1))[0];
        var planned = await PlanAsync(
            school.Teacher, new { kind = "readingMarathon", classId = school.Class, makeUpDays = 2, makeUps = 1 });
        await SignUpAsync(child, planned);
        var (first, tapped) = (Today, system.Now);
        try
        {
            system.Ahead = TimeSpan.FromDays(2);
            (await CheckInAsync(child, planned, new { madeUpFor = first.AddDays(1) }))
                .GetProperty("madeUp").GetBoolean().ShouldBeTrue();
            var refused = await CheckInAsync(child, planned, new { madeUpFor = first }, HttpStatusCode.Conflict); // once only
            refused.GetProperty("code").GetString().ShouldBe("activities.check-in-no-make-up");
            (await CheckInAsync(child, planned, new { madeUpFor = Today }, HttpStatusCode.Conflict))
                .GetProperty("code").GetString().ShouldBe("activities.check-in-not-missed");
            // The tap of that day arrives after all: nothing was made up, so another day can be.
            (await CheckInAsync(child, planned, new { happenedAt = tapped.AddDays(1) }))
                .GetProperty("madeUp").GetBoolean().ShouldBeFalse();
            await CheckInAsync(child, planned, new { madeUpFor = first });
            await CheckInAsync(child, planned, new { madeUpFor = first, happenedAt = tapped }, HttpStatusCode.BadRequest);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    [Trait("Rule", "ALL-3")]
    public async Task Midnight_is_that_of_the_district_even_when_its_policy_changes_later()
    {
        var child = (await school.EnrolAsync(1))[0];
        var policy = $"/api/activities/policies/{school.District}";
        await system.SendAsync(
            school.Admin, HttpMethod.Put, policy, new { timeZone = "Pacific/Kiritimati" }, HttpStatusCode.NoContent, ifMatch: 0);
        var there = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(
            system.Now, TimeZoneInfo.FindSystemTimeZoneById("Pacific/Kiritimati")).DateTime);
        var planned = await PlanAsync(
            school.Teacher, new { kind = "communityService", classId = school.Class, startsOn = there });
        await SignUpAsync(child, planned);
        await system.SendAsync(
            school.Admin, HttpMethod.Put, policy, new { timeZone = "Pacific/Pago_Pago" }, HttpStatusCode.NoContent, ifMatch: 1);
        var tapped = await CheckInAsync(child, planned, new { });
        DateOnly.Parse(tapped.GetProperty("day").GetString()!, null).ShouldBe(there);
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    [Trait("Rule", "ARC-13")]
    public async Task A_guardian_who_is_not_invited_signs_nobody_up_and_one_who_sees_nothing_finds_nothing()
    {
        var children = await school.EnrolAsync(2);
        var planned = await PlanAsync(school.Officer, new { kind = "careerDay" });
        await school.AllowAsync(children[0], GuardianRight.See);
        await SignUpAsync(children[0], planned, HttpStatusCode.Forbidden);
        await school.AllowAsync(children[1]);
        await SignUpAsync(children[1], planned, HttpStatusCode.NotFound);
        await system.GetAsync(children[1].Parent, $"{Activities}/{planned}", HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public async Task Reflections_are_sealed_and_the_class_reads_those_that_are_for_it()
    {
        var children = await school.EnrolAsync(3);
        var planned = await PlanAsync(school.Teacher, new { kind = "careerDay", classId = school.Class });
        await WriteAsync(children[0], "还没有报名", false, HttpStatusCode.Conflict);
        foreach (var child in children)
            await SignUpAsync(child, planned);
        await WriteAsync(children[0], "想当消防员", false);
        await WriteAsync(children[0], "想当宇航员", true); // the last counts
        await WriteAsync(children[1], "只给老师看", false);

        (await TextsAsync(school.Teacher)).ShouldBe(["想当宇航员", "只给老师看"], ignoreOrder: true);
        (await TextsAsync(children[1].Parent)).ShouldBe(["想当宇航员", "只给老师看"], ignoreOrder: true);
        (await TextsAsync(children[2].Parent)).ShouldBe(["想当宇航员"]);
        (await system.DumpAsync()).ShouldNotContain("宇航员");

        Task<JsonElement> WriteAsync(
            Child child, string text, bool forClass, HttpStatusCode expected = HttpStatusCode.NoContent) => system.SendAsync(
                child.Parent, HttpMethod.Put, $"{Activities}/{planned}/reflections/{child.Student}", new { text, forClass },
                expected);

        async Task<string[]> TextsAsync(Grant who) =>
            [.. (await system.GetAsync(who, $"{Activities}/{planned}/reflections")).EnumerateArray()
                .Select(reflection => reflection.GetProperty("text").GetString()!)];
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public async Task Nobody_signs_up_for_what_is_cancelled_or_over()
    {
        var child = (await school.EnrolAsync(1))[0];
        var planned = await PlanAsync(school.Teacher, new { kind = "careerDay", classId = school.Class });
        try
        {
            system.Ahead = TimeSpan.FromDays(1);
            await SignUpAsync(child, planned, HttpStatusCode.Conflict);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        await system.SendAsync(school.Teacher, HttpMethod.Post, $"{Activities}/{planned}/cancel", null, HttpStatusCode.NoContent);
        await SignUpAsync(child, planned, HttpStatusCode.Conflict);
    }

    [Fact]
    [Trait("Rule", "ACT-7")]
    public async Task Suggestions_are_answered_and_stay_between_the_family_and_its_teachers()
    {
        var children = await school.EnrolAsync(2);
        var planned = await PlanAsync(school.Teacher, new { kind = "careerDay", classId = school.Class });
        var path = $"{Activities}/{planned}/suggestions";
        var made = (await system.SendAsync(
            children[0].Parent, HttpMethod.Post, path, new { studentId = children[0].Student, text = "希望安排在周末" },
            HttpStatusCode.Created)).GetProperty("id").GetGuid();
        var answer = $"/api/activities/suggestions/{made}/answer";
        await system.SendAsync(children[0].Parent, HttpMethod.Post, answer, new { text = "好" }, HttpStatusCode.Forbidden);
        await system.SendAsync(
            new TestSchool(system).Officer, HttpMethod.Post, answer, new { text = "好" }, HttpStatusCode.NotFound);
        await system.SendAsync(school.Teacher, HttpMethod.Post, answer, new { text = "下次放在周六" }, HttpStatusCode.NoContent);
        await system.SendAsync(school.Officer, HttpMethod.Post, answer, new { text = "不" }, HttpStatusCode.Conflict);
        (await system.PublishedAsync<SuggestionAnswered>(made)).ShouldHaveSingleItem().GuardianId.ShouldBe(children[0].Guardian);

        foreach (var who in new[] { children[0].Parent, school.Teacher, school.Officer })
        {
            var seen = (await system.GetAsync(who, path)).EnumerateArray().ShouldHaveSingleItem();
            seen.GetProperty("text").GetString().ShouldBe("希望安排在周末");
            seen.GetProperty("answer").GetString().ShouldBe("下次放在周六");
        }

        (await system.GetAsync(children[1].Parent, path)).GetArrayLength().ShouldBe(0);
        (await system.DumpAsync()).ShouldNotContain("周末");
    }

    private static DateOnly DayOf(DateTimeOffset at) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(Shanghai)).DateTime);

    private async Task<Guid> PlanAsync(Grant who, object what, HttpStatusCode expected = HttpStatusCode.Created)
    {
        var body = JsonSerializer.Deserialize<Dictionary<string, object>>(JsonSerializer.Serialize(what))!;
        body.TryAdd("schoolId", school.Id);
        body.TryAdd("title", "亲子活动");
        body.TryAdd("startsOn", Today);
        var answer = await system.SendAsync(who, HttpMethod.Post, Activities, body, expected);
        return expected == HttpStatusCode.Created ? answer.GetProperty("id").GetGuid() : default;
    }

    private Task<JsonElement> SignUpAsync(Child child, Guid planned, HttpStatusCode expected = HttpStatusCode.OK) =>
        system.SendAsync(child.Parent, HttpMethod.Put, $"{Activities}/{planned}/sign-ups/{child.Student}", null, expected);

    private Task<JsonElement> CheckInAsync(Child child, Guid planned, object tap, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var body = JsonSerializer.Deserialize<Dictionary<string, object>>(JsonSerializer.Serialize(tap))!;
        body["studentId"] = child.Student;
        return system.SendAsync(child.Parent, HttpMethod.Post, $"{Activities}/{planned}/check-ins", body, expected);
    }

    private async Task<JsonElement[]> FamiliesAsync(Grant who, Guid planned) =>
        [.. (await system.GetAsync(who, $"{Activities}/{planned}/families")).EnumerateArray()];

    private async Task<int> SeatedAsync(Guid planned) =>
        (await FamiliesAsync(school.Officer, planned)).Count(family => family.GetProperty("seated").GetBoolean());
}
