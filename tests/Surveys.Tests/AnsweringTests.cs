using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-3: by an unguessable link, one answer an invitation, changed until it closes.</summary>
public sealed class AnsweringTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task A_family_answers_by_its_link_without_an_account_and_may_change_it()
    {
        var survey = await school.OpenAsync();
        (await school.AnswerAsync(survey, 4)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await AnswersAsync(survey))["conversation"].GetInt32().ShouldBe(4);
        (await school.AnswerAsync(survey, 2)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await AnswersAsync(survey))["conversation"].GetInt32().ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task Who_handed_the_link_out_does_not_read_the_answer_by_it()
    {
        var survey = await school.OpenAsync();
        (await ReadAsync(survey)).Answered.ShouldBeFalse();
        (await system.As().PostAsJsonAsync(survey.Url.PathAndQuery, new { answers = new { conversation = 1, helpful = 0, comment = "只给德育干部看" } }))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ReadAsync(survey)).Answered.ShouldBeTrue();
        var shown = await system.As(school.Teacher).GetStringAsync(survey.Url.PathAndQuery);
        shown.ShouldNotContain("只给德育干部看");
        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        var page = await browser.GetStringAsync(survey.Url.PathAndQuery);
        page.ShouldNotContain("只给德育干部看");
        page.ShouldNotContain("checked");
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task Fifty_answers_at_once_are_one_answer()
    {
        var survey = await school.OpenAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => school.AnswerAsync(survey, 1 + (i % 5))));
        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.NoContent || answer.StatusCode == HttpStatusCode.PreconditionFailed
            || answer.StatusCode == HttpStatusCode.ServiceUnavailable);
        answers.ShouldContain(answer => answer.StatusCode == HttpStatusCode.NoContent);
        (await system.ScalarAsync<long>("SELECT count(*) FROM answer WHERE invitation_id = $1", survey.Id)).ShouldBe(1);

        // What is counted is what the one answer says.
        (await system.ScalarAsync<long>(
            "SELECT sum(shown + staged)::bigint FROM cell_count WHERE school_id = $1 AND question_id = 'conversation'", school.Id)).ShouldBe(1);
        (await system.ScalarAsync<int>(
            "SELECT value FROM cell_count WHERE school_id = $1 AND question_id = 'conversation' AND shown + staged = 1", school.Id))
            .ShouldBe((await AnswersAsync(survey))["conversation"].GetInt32());
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task A_closed_survey_takes_no_answer()
    {
        var survey = await school.OpenAsync();
        try
        {
            system.Ahead = TimeSpan.FromDays(7.1);
            using var late = await school.AnswerAsync(survey, 5);
            late.StatusCode.ShouldBe(HttpStatusCode.Gone);
            (await late.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe("surveys.closed");
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        (await system.ScalarAsync<long>("SELECT count(*) FROM answer WHERE invitation_id = $1", survey.Id)).ShouldBe(0);
    }

    [Theory]
    [Trait("Rule", "SUR-3")]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(40)]
    public async Task A_link_with_one_changed_bit_leads_nowhere(int position)
    {
        var survey = await school.OpenAsync();
        var token = survey.Url.Segments[^1].ToCharArray();
        token[position] = token[position] == 'A' ? 'B' : 'A';
        using var answer = await system.As().GetAsync(new Uri($"/api/surveys/answers/{new string(token)}", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [Trait("Rule", "SUR-3")]
    [InlineData("!!!")]
    [InlineData("abc")]
    [InlineData("链接")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    public async Task A_link_that_is_none_leads_nowhere(string token)
    {
        using var answer = await system.As().GetAsync(new Uri($"/api/surveys/answers/{token}", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [Trait("Rule", "SUR-1")]
    [InlineData("""{"answers":{"conversation":6,"helpful":8}}""", "answers.conversation", "surveys.number-out-of-range")]
    [InlineData("""{"answers":{"conversation":0,"helpful":8}}""", "answers.conversation", "surveys.number-out-of-range")]
    [InlineData("""{"answers":{"conversation":"4","helpful":8}}""", "answers.conversation", "surveys.number-out-of-range")]
    [InlineData("""{"answers":{"conversation":3.5,"helpful":8}}""", "answers.conversation", "surveys.number-out-of-range")]
    [InlineData("""{"answers":{"conversation":3}}""", "answers.helpful", "surveys.answer-needed")]
    [InlineData("""{"answers":{"conversation":3,"helpful":null}}""", "answers.helpful", "surveys.answer-needed")]
    [InlineData("""{"answers":{"conversation":3,"helpful":1,"comment":{}}}""", "answers.comment", "surveys.text-too-long")]
    [InlineData("""{"answers":{"conversation":3,"helpful":1,"comment":"a\u0000b"}}""", "answers.comment", "surveys.text-too-long")]
    [InlineData("""{"answers":{"conversation":3,"helpful":1,"more":1}}""", "answers.more", "surveys.no-such-question")]
    public async Task Answers_are_checked_against_the_questions(string body, string field, string code)
    {
        var survey = await school.OpenAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await system.As().PostAsync(survey.Url.PathAndQuery, content);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var mistake = (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Errors!.ShouldHaveSingleItem();
        (mistake.Field, mistake.Code).ShouldBe((field, code));
        (await system.ScalarAsync<long>("SELECT count(*) FROM answer WHERE invitation_id = $1", survey.Id)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public async Task The_page_works_without_scripts_in_both_languages_and_is_small()
    {
        var survey = await school.OpenAsync();
        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html,application/xhtml+xml");
        var page = await browser.GetStringAsync(survey.Url.PathAndQuery);
        page.ShouldContain("家访满意度");
        page.ShouldNotContain("<script");
        page.Length.ShouldBeLessThan(30_000);

        using var form = new FormUrlEncodedContent([new("conversation", "5"), new("helpful", "9"), new("comment", "<b>谢谢</b>")]);
        using var thanks = await browser.PostAsync(survey.Url.PathAndQuery, form);
        (await thanks.Content.ReadAsStringAsync()).ShouldContain("已收到");
        (await AnswersAsync(survey))["comment"].GetString().ShouldBe("<b>谢谢</b>");

        browser.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        var again = await browser.GetStringAsync(survey.Url.PathAndQuery);
        again.ShouldContain("How was the home visit?");
        again.ShouldContain("You have answered");

        using var wrong = new FormUrlEncodedContent([new("conversation", "many")]);
        using var refused = await browser.PostAsync(survey.Url.PathAndQuery, wrong);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("Give a whole number from 1 to 5.");
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task A_guardian_who_signs_in_finds_the_surveys_about_the_own_children_only()
    {
        var visit = school.Visit();
        var survey = await school.OpenAsync(visit);
        var own = new Grant(Role.Guardian, null, school.District, school.Id, school.Class, visit.StudentIds[0]);
        (await MineAsync(own)).ShouldHaveSingleItem().Id.ShouldBe(survey.Id);
        (await MineAsync(own with { StudentId = Guid.CreateVersion7() })).ShouldBeEmpty();
    }

    private async Task<List<HandedSurvey>> MineAsync(Grant guardian) =>
        (await system.As(guardian).GetFromJsonAsync<List<HandedSurvey>>(new Uri("/api/surveys/mine", UriKind.Relative), Json.Options))!;

    private async Task<LinkedSurvey> ReadAsync(HandedSurvey survey) =>
        (await system.As().GetFromJsonAsync<LinkedSurvey>(survey.Url.PathAndQuery, Json.Options))!;

    // As the officer reads them, who alone may.
    private async Task<IReadOnlyDictionary<string, JsonElement>> AnswersAsync(HandedSurvey survey) =>
        (await system.As(school.Officer).GetFromJsonAsync<Page<OfficersAnswer>>(
            new Uri("/api/surveys/answers?size=500", UriKind.Relative), Json.Options))!
            .Items.Single(answer => answer.InvitationId == survey.Id).Answers!;
}
