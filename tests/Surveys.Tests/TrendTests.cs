using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Results;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-5: the rounds of a survey over time.</summary>
[Trait("Rule", "SUR-5")]
public sealed class TrendTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task Rounds_are_compared_over_time_in_the_questions_that_are_the_same_and_hide_what_is_hidden()
    {
        await school.EnrolAsync(5);
        var design = await DesignAsync(school.District, school.Id, school.Officer);
        var first = await AskAsync(new { });
        await AnswerAsync(first, 5, lunch: 2, recommend: 10);
        await ChangeAsync(design, "您会推荐我们的食堂吗？");
        var second = await AskAsync(new { });
        await AnswerAsync(second, 5, lunch: 4, recommend: 9);
        var ownClass = await AskAsync(new { classId = school.Class });
        await AnswerAsync(ownClass, 4, lunch: 5, recommend: 0);

        var points = (await TrendAsync(school.Officer, "school", school.Id)).Points;
        points.Select(point => point.RoundId).ShouldBe([first, second]); // of a class alone, the third says nothing of the school
        points.Select(point => point.Results.ResponseRate).ShouldBe([1, 1]);
        points.Select(point => point.Results.Questions.Single(question => question.Id == "lunch").Mean).ShouldBe([2, 4]);
        points[0].Results.Questions.ShouldHaveSingleItem(); // the other question had other words
        points[1].Results.Questions.Single(question => question.Id == "recommend").Nps.ShouldBe(100);

        points = (await TrendAsync(school.Teacher, "class", school.Class)).Points;
        points.Select(point => point.RoundId).ShouldBe([first, second, ownClass]);
        points.Select(point => point.Results.Answers).ShouldBe([5, 5, 0]);
        points[2].Results.Questions.ShouldBeEmpty(); // four

        foreach (var (who, node, id) in new[]
        {
            (school.Admin, "district", school.District), (school.Teacher, "school", school.Id), (new School(system).Officer, "school", school.Id),
        })
        {
            (await system.As(who).GetAsync(Address(node, id))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        async Task<Guid> AskAsync(object narrower)
        {
            var request = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["districtId"] = school.District,
                ["schoolId"] = school.Id,
                ["definitionId"] = design,
                ["privacy"] = "confidential",
                ["closesAt"] = TimeProvider.System.GetUtcNow().AddDays(7),
            };
            foreach (var member in narrower.GetType().GetProperties())
                request[member.Name] = member.GetValue(narrower)!;
            return await school.OpenRoundAsync(school.Officer, request);
        }

        string Address(string node, Guid id) => $"/api/surveys/trend?node={node}&id={id}&definitionId={design}";

        async Task<SurveyTrend> TrendAsync(Grant who, string node, Guid id) =>
            (await system.As(who).GetFromJsonAsync<SurveyTrend>(Address(node, id), Json.Options))!;
    }

    [Fact]
    public async Task Visit_satisfaction_is_compared_from_term_to_term()
    {
        for (var visit = 0; visit < 5; visit++)
            await school.AnswerAsync(await school.OpenAsync(), 4);
        var next = Guid.CreateVersion7();
        for (var visit = 0; visit < 5; visit++)
            await school.AnswerAsync(await school.OpenAsync(school.Visit() with { TermId = next }), 5);
        foreach (var (who, node, id) in new[]
        {
            (school.Teacher, "class", school.Class), (school.Officer, "school", school.Id), (school.Admin, "district", school.District),
        })
        {
            var trend = (await system.As(who).GetFromJsonAsync<SurveyTrend>(
                $"/api/surveys/trend?node={node}&id={id}&readyMade=visitSatisfaction", Json.Options))!;
            trend.Points.Select(point => (point.RoundId, point.TermId)).ShouldBe([((Guid?)null, (Guid?)school.Term), (null, next)]);
            trend.Points.Select(point => point.Results.Questions.Single(question => question.Id == "conversation").Mean).ShouldBe([4, 5]);
        }
    }

    private static Definition Lunch(string recommend) => new(
        new Wording("午餐", "Lunch"),
        [
            new QuestionPage(
            [
                new Question("lunch", QuestionType.Rating, new Wording("满意吗？", "Good?"), Highest: 5),
                new Question("recommend", QuestionType.Nps, new Wording(recommend, "Recommend?")),
            ]),
        ]);

    private async Task<Guid> DesignAsync(Guid district, Guid schoolId, Grant who)
    {
        using var made = await system.As(who).PostAsJsonAsync(
            "/api/surveys/definitions", new DesignRequest(district, SurveyKind.Designed, schoolId, Lunch("您会推荐吗？")), Json.Options);
        return (await made.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!.Id!.Value;
    }

    private async Task ChangeAsync(Guid design, string recommend)
    {
        var officer = system.As(school.Officer);
        officer.DefaultRequestHeaders.IfMatch.Add(new EntityTagHeaderValue("\"1\""));
        (await officer.PutAsJsonAsync($"/api/surveys/definitions/{design}", new DesignChange(Lunch(recommend)), Json.Options))
            .StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private async Task AnswerAsync(Guid round, int families, int lunch, int recommend)
    {
        foreach (var link in (await school.LinksAsync(school.Officer, round)).Take(families))
            (await school.AnswerAsync(link, new { lunch, recommend })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }
}
