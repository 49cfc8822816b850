using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Policies;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Surveys.Tests;

/// <summary>What a district decides and designs holds in its schools, and its rounds end in all of them.</summary>
public sealed class DistrictRoundTests(SurveysSystem system)
{
    private static readonly Definition Design = new(
        new("午餐", "Lunch"),
        [
            new([
                new("eats", QuestionType.Single, new("在校吃吗", "Does your child eat here?"), true, Choices("yes", "no")),
                new("what", QuestionType.Single, new("吃什么", "What?"), false, Choices("rice", "bread"), ShownIf: [new("eats", Comparison.AnyOf, ["yes"])]),
                new("why", QuestionType.Text, new("为什么", "Why?"), true, Highest: 20, ShownIf: [new("what", Comparison.NoneOf, ["rice"])]),
            ]),
        ]);

    private readonly School school = new(system);

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task A_round_that_a_school_opens_advances_in_the_districts_steps()
    {
        await school.EnrolAsync(6);
        using var change = new HttpRequestMessage(HttpMethod.Put, new Uri($"/api/surveys/policies/{school.District}", UriKind.Relative))
        {
            Content = JsonContent.Create(new SurveyPolicy(SmallestCell: 6)),
            Headers = { { "If-Match", "\"0\"" } },
        };
        using var changed = await system.As(school.Admin).SendAsync(change);
        changed.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Named);
        var links = await school.LinksAsync(school.Officer, round);
        foreach (var link in links.Take(5))
            (await school.AnswerAsync(link, RoundTests.Term(5, 9))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(0);
        (await school.AnswerAsync(links[5], RoundTests.Term(5, 9))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(6);
    }

    [Fact]
    [Trait("Rule", "SUR-1")]
    public async Task A_school_opens_what_its_district_designed_and_does_not_change_it()
    {
        await school.EnrolAsync(1);
        using var made = await system.As(school.Admin).PostAsJsonAsync(
            "/api/surveys/definitions", new { districtId = school.District, kind = "designed", content = Design }, Json.Options);
        var design = (await made.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!;
        (await DesignsAsync(school.Teacher)).ShouldBe([design.Id!.Value]);
        (await DesignsAsync(new School(system).Officer)).ShouldBeEmpty();
        (await school.LinksAsync(school.Officer, await OpenAsync(design))).Count.ShouldBe(1);
        using var change = new HttpRequestMessage(HttpMethod.Put, new Uri($"/api/surveys/definitions/{design.Id}", UriKind.Relative))
        {
            Content = JsonContent.Create(new { content = Design }, options: Json.Options),
            Headers = { { "If-Match", "\"1\"" } },
        };
        using var refused = await system.As(school.Officer).SendAsync(change);
        refused.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task<Guid[]> DesignsAsync(Grant who) =>
            [.. (await system.As(who).GetFromJsonAsync<Page<DesignBody>>("/api/surveys/definitions", Json.Options))!
                .Items.Select(one => one.Id!.Value)];
    }

    [Fact]
    [Trait("Rule", "SUR-6")]
    public async Task A_page_shows_what_is_to_be_mended_though_an_answer_that_does_not_count_hides_it()
    {
        await school.EnrolAsync(1);
        using var made = await system.As(school.Officer).PostAsJsonAsync(
            "/api/surveys/definitions",
            new { districtId = school.District, schoolId = school.Id, kind = "designed", content = Design }, Json.Options);
        var round = await OpenAsync((await made.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!);
        var link = (await school.LinksAsync(school.Officer, round)).ShouldHaveSingleItem().Url.PathAndQuery;
        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        (await browser.GetStringAsync(link)).ShouldContain("#why-q { display: none }");
        using var form = new FormUrlEncodedContent([new("eats", "no"), new("what", "rice")]);
        using var refused = await browser.PostAsync(link, form);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await refused.Content.ReadAsStringAsync();
        page.ShouldContain("<title>有错误：");
        page.ShouldContain("<a href=\"#why-q\">");
        page.ShouldNotContain("#why-q { display: none }");
        page.ShouldContain("#what-q { display: none }");
    }

    [Fact]
    public async Task A_districts_round_stands_once_in_the_list_and_is_closed_when_it_is_in_all_schools()
    {
        var neighbour = school.Neighbour();
        await school.EnrolAsync(1);
        await neighbour.EnrolAsync(1);
        var round = await school.OpenRoundAsync(
            school.Admin,
            new
            {
                districtId = school.District,
                readyMade = "needs",
                privacy = "named",
                closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
            });
        foreach (var one in new[] { school, neighbour })
        {
            (await RowAsync(school.Admin)).ShouldSatisfyAllConditions(row => row.SchoolId.ShouldBeNull(), row => row.Closed.ShouldBeFalse());
            await system.ScalarAsync<Guid>(
                "UPDATE survey_round SET closed_at = now() WHERE id = $1 AND school_id = $2 RETURNING id", round, one.Id);
        }

        (await RowAsync(school.Admin)).Closed.ShouldBeTrue();
        (await RowAsync(school.Officer)).SchoolId.ShouldBe(school.Id);

        async Task<RoundBody> RowAsync(Grant who) =>
            (await system.As(who).GetFromJsonAsync<Page<RoundBody>>("/api/surveys/rounds", Json.Options))!.Items.ShouldHaveSingleItem();
    }

    [Fact]
    [Trait("Rule", "SUR-2")]
    public async Task Closing_a_round_also_ends_the_invitations_that_are_being_written_in_that_moment()
    {
        await school.EnrolAsync(1);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Named);
        await using var connection = new NpgsqlConnection(system.Database);
        await connection.OpenAsync();
        await using var inviting = await connection.BeginTransactionAsync();
        await using (var invite = new NpgsqlCommand(
            """
            WITH held AS MATERIALIZED (SELECT id FROM survey_round WHERE id = $1 FOR UPDATE),
                copy AS (SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid()))).* FROM invitation i, held
                    WHERE i.round_id = held.id)
            INSERT INTO invitation SELECT * FROM copy
            """, connection, inviting)
        { Parameters = { new() { Value = round } } })
        {
            (await invite.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        var closing = system.As(school.Officer).PostAsync($"/api/surveys/rounds/{round}/close", null);
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
            waiting => waiting > 0);
        await inviting.CommitAsync();
        using var closed = await closing;
        closed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await system.ScalarAsync<long>("SELECT count(*) FROM invitation WHERE round_id = $1 AND closes_at <= now()", round)).ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task An_answer_that_went_with_an_erased_child_is_not_given_a_second_time()
    {
        var survey = await school.OpenAsync();
        (await school.AnswerAsync(survey, 5)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await system.ScalarAsync<Guid>(
            """
            DELETE FROM answer a USING invitation i WHERE i.visit_id = $1 AND a.invitation_id = i.id RETURNING a.invitation_id
            """, survey.VisitId!);
        using var again = await school.AnswerAsync(survey, 1);
        again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [Trait("Rule", "SUR-1")]
    [InlineData("a", "A", Comparison.AtMost, "5", 1, "pages[0].questions[1].id", "surveys.id-twice")]
    [InlineData("a\n", "b", Comparison.AtMost, "5", 1, "pages[0].questions[0].id", "surveys.id-unfit")]
    [InlineData("a", "b", Comparison.AtLeast, "6", 1, "pages[0].questions[1].shownIf[0]", "surveys.condition-unfit")]
    [InlineData("a", "b", Comparison.AtMost, "0", 1, "pages[0].questions[1].shownIf[0]", "surveys.condition-unfit")]
    [InlineData("a", "b", Comparison.AtMost, "5", 20, "pages", "surveys.too-many-fields")]
    public void What_a_form_could_not_send_or_nobody_could_be_asked_is_refused(
        string first, string second, Comparison comparison, string limit, int matrices, string field, string code)
    {
        var rows = Choices([.. Enumerable.Range(0, 50).Select(i => $"r{i}")]);
        var definition = new Definition(
            new("题", "T"),
            [
                new([
                    new(first, QuestionType.Rating, new("评", "Rate"), Highest: 5),
                    new(second, QuestionType.Text, new("写", "Write"), Highest: 5, ShownIf: [new(first, comparison, [limit])]),
                    .. Enumerable.Range(0, matrices).Select(i =>
                        new Question($"m{i}", QuestionType.Matrix, new("表", "Grid"), false, Choices("yes"), rows)),
                ]),
            ]);
        var mistake = DefinitionCheck.Mistakes(definition).ShouldHaveSingleItem();
        (mistake.Field, mistake.Code).ShouldBe((field, code));
    }

    [Fact]
    [Trait("Rule", "SUR-1")]
    public void A_condition_of_blanks_without_end_is_refused_at_once()
    {
        var survey = $$"""
            {"title":"T","elements":[{"type":"comment","name":"f","visibleIf":"{a} = 1{{new string(' ', 100_000)}}x"}]}
            """;
        SurveyJs.Read(System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(survey))
            .Mistakes.ShouldContain(mistake => mistake.Field == "elements[0].visibleIf" || mistake.Field == "pages[0].elements[0].visibleIf");
    }

    private static Choice[] Choices(params string[] ids) => [.. ids.Select(id => new Choice(id, new(id, id)))];

    private Task<Guid> OpenAsync(DesignBody design) => school.OpenRoundAsync(
        school.Officer,
        new
        {
            districtId = school.District,
            schoolId = school.Id,
            definitionId = design.Id,
            privacy = "named",
            closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
        });
}
