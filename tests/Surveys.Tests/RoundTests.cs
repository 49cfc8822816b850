using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-1, SUR-3, SUR-5: a round is opened for a place, reaches its families once, reminds and closes by itself.</summary>
public sealed class RoundTests(SurveysSystem system)
{
    private readonly School school = new(system);

    private DateTimeOffset InAWeek { get; } = TimeProvider.System.GetUtcNow().AddDays(7);

    [Fact]
    [Trait("Rule", "SUR-1")]
    public async Task A_district_a_school_a_grade_and_a_class_are_asked_each_with_its_families()
    {
        var (neighbour, other) = (school.Neighbour(), Guid.CreateVersion7());
        await school.EnrolAsync(3);
        await school.EnrolAsync(2, other, "08");
        await neighbour.EnrolAsync(4);
        var district = await school.OpenRoundAsync(
            school.Admin, new { districtId = school.District, readyMade = "needs", privacy = "anonymous", closesAt = InAWeek });
        var whole = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Confidential);
        var grade = await school.OpenRoundAsync(
            school.Officer,
            new { districtId = school.District, schoolId = school.Id, grade = "08", readyMade = "needs", privacy = "named", closesAt = InAWeek });
        var own = await school.OpenRoundAsync(
            school.Teacher,
            new { districtId = school.District, schoolId = school.Id, classId = school.Class, readyMade = "needs", privacy = "named", closesAt = InAWeek });

        foreach (var (round, invited) in new[] { (district, 9), (whole, 5), (grade, 2), (own, 3) })
            (await school.LinksAsync(school.Admin, round)).Count.ShouldBe(invited);
        (await school.LinksAsync(school.Teacher, district)).Count.ShouldBe(3); // of her class
        (await school.LinksAsync(school.Teacher, grade)).ShouldBeEmpty();
        (await school.ResultsAsync(school.Admin, "district", school.District, district)).Results!.Invited.ShouldBe(9);
        (await school.ResultsAsync(school.Teacher, "class", school.Class, district)).Results!.Invited.ShouldBe(3);
        (await system.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT name, aggregate_id FROM platform.outbox UNION ALL SELECT name, aggregate_id FROM platform.event_log) e
            WHERE name = 'surveys.round-opened' AND aggregate_id = $1
            """, district)).ShouldBe(2); // one a school
        // Who is asked, for those who tell the families (MSG-5).
        (await system.ScalarAsync<long>(
            """
            SELECT count(DISTINCT asked->>'invitationId')
            FROM (SELECT name, aggregate_id, payload FROM platform.outbox
                UNION ALL SELECT name, aggregate_id, payload FROM platform.event_log) e,
                jsonb_array_elements(e.payload::jsonb->'invitations') AS asked
            WHERE name = 'surveys.families-invited' AND aggregate_id = $1 AND asked->'studentIds'->>0 IS NOT NULL
            """, district)).ShouldBe(9);

        var listed = (await system.As(school.Admin).GetFromJsonAsync<Page<RoundBody>>("/api/surveys/rounds", Json.Options))!.Items;
        listed.Select(round => round.Id).ShouldBe([district, whole, grade, own], ignoreOrder: true);
        var seen = (await system.As(neighbour.Teacher).GetFromJsonAsync<Page<RoundBody>>("/api/surveys/rounds", Json.Options))!.Items;
        seen.ShouldHaveSingleItem().Id.ShouldBe(district);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    [Trait("Rule", "SUR-5")]
    public async Task What_is_left_of_a_named_round_at_its_close_shows_in_the_school_and_the_district_alone()
    {
        var other = Guid.CreateVersion7();
        await school.EnrolAsync(6);
        await school.EnrolAsync(4, other);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Named);
        foreach (var link in await school.LinksAsync(school.Officer, round))
            (await school.AnswerAsync(link, Term(5, 9))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ShownAsync()).ShouldBe([5, 0, 5, 5]); // one and four are left

        (await system.As(school.Officer).PostAsync($"/api/surveys/rounds/{round}/close", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        try
        {
            system.Ahead = TimeSpan.FromMinutes(2);
            (await Eventually.GetAsync(ShownAsync, shown => shown[2] > 5)).ShouldBe([5, 0, 10, 10]);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!
            .Questions.Single(question => question.Id == "overall").Distribution["5"].ShouldBe(10);

        async Task<int[]> ShownAsync() =>
        [
            (await school.ResultsAsync(school.Teacher, "class", school.Class, round)).Results!.Answers,
            (await school.ResultsAsync(school.Officer, "class", other, round)).Results!.Answers,
            (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers,
            (await school.ResultsAsync(school.Admin, "district", school.District, round)).Results!.Answers,
        ];
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Nobody_opens_or_closes_a_round_beyond_the_own_place()
    {
        await school.EnrolAsync(1);
        var stranger = new School(system);
        await stranger.EnrolAsync(1);
        var request = new { districtId = school.District, schoolId = school.Id, readyMade = "needs", privacy = "named", closesAt = InAWeek };
        foreach (var who in new[] { school.Teacher, stranger.Officer, stranger.Admin })
            (await system.As(who).PostAsJsonAsync("/api/surveys/rounds", request)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var round = await school.OpenRoundAsync(school.Officer, request);
        foreach (var who in new[] { school.Teacher, stranger.Officer, stranger.Admin })
            (await system.As(who).PostAsync($"/api/surveys/rounds/{round}/close", null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await system.As(school.Officer).PostAsync($"/api/surveys/rounds/{round}/close", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await school.LinksAsync(school.Officer, round)).ShouldBeEmpty();
    }

    [Theory]
    [Trait("Rule", "SUR-1")]
    [InlineData("""{"readyMade":"visitSatisfaction","privacy":"named"}""", HttpStatusCode.Conflict, "surveys.opens-by-itself")]
    [InlineData("""{"readyMade":"familyIntake","privacy":"anonymous"}""", HttpStatusCode.Conflict, "surveys.intake-is-named")]
    [InlineData("""{"privacy":"named"}""", HttpStatusCode.BadRequest, "surveys.nothing-to-open")]
    [InlineData("""{"readyMade":"needs","privacy":"named","closesAt":"2020-01-01T00:00:00Z"}""", HttpStatusCode.BadRequest, "surveys.closing-time")]
    [InlineData("""{"readyMade":"needs","privacy":"named","classId":"0199a000-0000-7000-8000-000000000001","grade":"07"}""", HttpStatusCode.BadRequest, "surveys.scope-unfit")]
    public async Task What_cannot_be_opened_is_refused_with_its_reason(string wanted, HttpStatusCode status, string code)
    {
        var request = JsonSerializer.Deserialize<Dictionary<string, object>>(wanted)!;
        request.TryAdd("districtId", school.District);
        request.TryAdd("schoolId", school.Id);
        request.TryAdd("closesAt", InAWeek);
        await school.EnrolAsync(1);
        using var refused = await system.As(school.Officer).PostAsJsonAsync("/api/surveys/rounds", request);
        refused.StatusCode.ShouldBe(status);
        var problem = (await refused.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!;
        (problem.Errors?[0].Code ?? problem.Code).ShouldBe(code);
    }

    [Theory]
    [Trait("Rule", "SUR-5")]
    [InlineData(SurveyPrivacy.Named)]
    [InlineData(SurveyPrivacy.Anonymous)]
    public async Task Families_that_have_not_answered_are_reminded_once_by_day_and_nobody_learns_more(SurveyPrivacy privacy)
    {
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        var messages = await broker.OverhearAsync();
        await school.EnrolAsync(3);
        var now = TimeProvider.System.GetUtcNow();
        var round = await school.OpenRoundAsync(
            school.Officer,
            new
            {
                districtId = school.District,
                schoolId = school.Id,
                readyMade = "needs",
                privacy,
                closesAt = now.AddDays(10),
                remindAt = now.AddDays(2),
            });
        var links = await school.LinksAsync(school.Officer, round);
        (await school.AnswerAsync(links[0], Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        try
        {
            var noon = TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai")).Date.AddDays(3).AddHours(12).AddHours(-8);
            system.Ahead = new DateTimeOffset(noon, TimeSpan.Zero).AddHours(11) - now; // 23:00: families sleep
            var turn = await system.ScalarAsync<DateTime>("SELECT now()");
            await Eventually.GetAsync(() => system.ScalarAsync<bool>("SELECT now() > $1 + interval '12 seconds'", turn), passed => passed);
            (await system.ScalarAsync<long>("SELECT count(*) FROM invitation WHERE round_id = $1 AND remind_at IS NOT NULL", round)).ShouldBe(2);
            system.Ahead = new DateTimeOffset(noon, TimeSpan.Zero).AddDays(1) - now;
            var reminded = await Eventually.GetAsync(
                () => Task.FromResult(messages.Where(m => m.Contains(round.ToString(), StringComparison.Ordinal)
                    && m.Contains("surveys.reminders-due", StringComparison.Ordinal)).ToList()),
                found => found.Count > 0);
            var told = reminded.ShouldHaveSingleItem();
            told.ShouldNotContain(links[0].Id.ToString());
            told.ShouldContain(links[1].Id.ToString());
            told.ShouldContain(links[2].Id.ToString());
            // Who is asked, about whom and until when: nothing of what anybody answered, nor when.
            using var json = JsonDocument.Parse(told[..(told.LastIndexOf('}') + 1)]);
            NamesOf(json.RootElement).ShouldBe(
                ["districtId", "schoolId", "aggregateId", "version", "occurredAt", "kind", "invitations"], ignoreOrder: true);
            json.RootElement.GetProperty("invitations").EnumerateArray().ShouldAllBe(invitation => NamesOf(invitation).Order().SequenceEqual(
                new[] { "closesAt", "guardianId", "invitationId", "studentIds" }));
            (await system.ScalarAsync<long>("SELECT count(*) FROM invitation WHERE round_id = $1 AND remind_at IS NOT NULL", round)).ShouldBe(0);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }
    }

    [Fact]
    [Trait("Rule", "ARC-3")]
    public async Task A_guardians_family_intake_goes_to_the_archive_sealed_and_each_guardian_has_an_own_one()
    {
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        var messages = await broker.OverhearAsync();
        var child = (await school.EnrolAsync(1)).Single();
        var (second, barred) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var now = TimeProvider.System.GetUtcNow();
        await system.PublishAsync(
            new GuardianshipsChanged(school.District, 2, now,
            [
                new RosterGuardianship(child.Student, second, GuardianRelation.Parent, LegalStatus.Guardian, 2, null),
                new RosterGuardianship(child.Student, barred, GuardianRelation.Parent, LegalStatus.Guardian, 3, null),
            ]),
            new GuardianRightsChanged(school.District, Guid.CreateVersion7(), 1, now, child.Student, barred, [], GuardianChannel.App));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM guardian_rights WHERE guardian_id = $1", barred), known => known == 1);
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM guardianship WHERE student_id = $1", child.Student), known => known == 3);

        var round = await school.OpenRoundAsync(SurveyKind.FamilyIntake, SurveyPrivacy.Named);
        var links = await school.LinksAsync(school.Officer, round);
        links.Select(link => link.GuardianId).ShouldBe([child.Guardian, second], ignoreOrder: true);
        var guardian = new Grant(Contracts.Role.Guardian, child.Guardian, school.District, school.Id, school.Class, child.Student);
        var mine = (await system.As(guardian).GetFromJsonAsync<List<HandedSurvey>>("/api/surveys/mine", Json.Options))!.ShouldHaveSingleItem();
        mine.GuardianId.ShouldBe(child.Guardian);

        var canary = new Canary();
        var answers = new
        {
            structure = "singleParent",
            language = "zh",
            occupation = canary.In("司机"),
            education = "tertiary",
            together = "weekly",
            worries = canary.In("不爱写作业"),
        };
        (await school.AnswerAsync(mine, answers)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var told = await Eventually.GetAsync(
            () => Task.FromResult(messages.FirstOrDefault(m => m.Contains(child.Guardian.ToString(), StringComparison.Ordinal)
                && m.Contains("content", StringComparison.Ordinal))), message => message is not null);
        canary.CountIn(string.Concat(messages)).ShouldBe(0);
        canary.CountIn(await system.DumpAsync()).ShouldBe(0);
        var answered = JsonSerializer.Deserialize<FamilyIntakeAnswered>(told![..(told!.LastIndexOf('}') + 1)], Json.Options)!;
        (answered.StudentId, answered.GuardianId).ShouldBe((child.Student, child.Guardian));
        // As the archives open it.
        var opened = await system.Vault.OpenAsync(
            school.District, new Place(FamilyIntake.Table, FamilyIntake.Column, answered.AggregateId), answered.Content, TestContext.Current.CancellationToken);
        var said = JsonSerializer.Deserialize<FamilyIntake>(opened, Json.Options)!;
        (said.Structure, said.Language, said.Occupation, said.Education, said.Views).ShouldBe(
            (FamilyStructure.SingleParent, "zh", answers.occupation, Education.Tertiary, null));
    }

    [Fact]
    [Trait("Rule", "SUR-5")]
    public async Task Results_have_distributions_means_and_the_net_promoter_score()
    {
        await school.EnrolAsync(5);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Confidential);
        var links = await school.LinksAsync(school.Teacher, round);
        for (var i = 0; i < 5; i++)
            (await school.AnswerAsync(links[i], Term(1 + i, 6 + i))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var (who, node, id) in new[] { (school.Teacher, "class", school.Class), (school.Officer, "school", school.Id), (school.Admin, "district", school.District) })
        {
            var results = (await school.ResultsAsync(who, node, id, round)).Results!;
            (results.Answers, results.ResponseRate).ShouldBe((5, 1.0));
            var questions = results.Questions.ToDictionary(question => question.Id, StringComparer.Ordinal);
            questions["overall"].Mean.ShouldBe(3);
            questions["recommend"].Nps.ShouldBe(20); // 9 and 10, less 6, of five
            questions["statements.heard"].Distribution.ShouldBe(new Dictionary<string, int>(StringComparer.Ordinal) { ["yes"] = 5 });
            questions["why"].Given.ShouldBe(2);
        }

        var texts = (await system.As(school.Officer).GetFromJsonAsync<Page<OfficersAnswer>>($"/api/surveys/answers?roundId={round}", Json.Options))!;
        texts.Items.Count.ShouldBe(5);
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public async Task Every_ready_made_page_is_small_and_takes_a_form_without_scripts()
    {
        await school.EnrolAsync(1);
        foreach (var (kind, form) in new (SurveyKind, KeyValuePair<string, string>[])[]
        {
            (SurveyKind.Needs, [new("topics", "habits"), new("topics", "other"), new("otherTopic", "阅读"), new("form", "none"), new("time", "weekend"), new("channel", "visit")]),
            (SurveyKind.FamilyIntake, [new("structure", "bothParents"), new("address", "")]),
            (SurveyKind.TermSatisfaction, [new("overall", "5"), new("recommend", "9"), new("joined", "3"),
                .. ReadyMade.All[SurveyKind.TermSatisfaction].Questions.Single(q => q.Id == "statements").Rows!.Select(row => new KeyValuePair<string, string>($"statements.{row.Id}", "yes"))]),
        })
        {
            var round = await school.OpenRoundAsync(kind, SurveyPrivacy.Named);
            var link = (await school.LinksAsync(school.Officer, round)).ShouldHaveSingleItem();
            var browser = system.As();
            browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
            var page = await browser.GetStringAsync(link.Url.PathAndQuery);
            System.Text.Encoding.UTF8.GetByteCount(page).ShouldBeLessThan(30_000);
            page.ShouldNotContain("<script");
            page.ShouldContain("<html lang=\"zh-CN\">");
            page.ShouldContain("href=\"?lang=en\"");
            (await browser.GetStringAsync(link.Url.PathAndQuery + "?lang=en")).ShouldContain("<html lang=\"en\">");

            using var wrong = new FormUrlEncodedContent(form.Where(field => field.Key != form[0].Key));
            using var refused = await browser.PostAsync(link.Url.PathAndQuery, wrong);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            var asking = await refused.Content.ReadAsStringAsync();
            asking.ShouldContain("aria-invalid");
            asking.ShouldContain($"<a href=\"#{form[0].Key}-q\">");
            using var right = new FormUrlEncodedContent(form);
            using var thanks = await browser.PostAsync(link.Url.PathAndQuery, right);
            thanks.StatusCode.ShouldBe(HttpStatusCode.OK, await thanks.Content.ReadAsStringAsync());
        }
    }

    private static string[] NamesOf(JsonElement json) => [.. json.EnumerateObject().Select(member => member.Name)];

    internal static object Needs { get; } = new { topics = new[] { "habits" }, form = "school", channel = "visit" };

    internal static object Term(int overall, int recommend, string? improve = null) => new
    {
        overall,
        recommend,
        improve,
        why = "不够",
        statements = new { heard = "yes", informed = "partly", visits = "yes", classes = "no", burden = "yes" },
    };
}
