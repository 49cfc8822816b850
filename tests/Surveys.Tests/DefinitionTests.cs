using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Surveys.Definitions;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-1: definitions are data, checked as data, in a form that other tools write.</summary>
[Trait("Rule", "SUR-1")]
public sealed class DefinitionTests(SurveysSystem system)
{
    private static readonly Definition Everything = new(
        new("全部题型", "All types"),
        [
            new([
                new("one", QuestionType.Single, new("单选", "Single"), true, Choices("a", "b")),
                new("many", QuestionType.Multiple, new("多选", "Multiple"), false, Choices("a", "b", "c")),
                new("stars", QuestionType.Rating, new("评分", "Rating"), true, Highest: 5),
            ], new("第一页", "First page")),
            new([
                new("nps", QuestionType.Nps, new("推荐", "Recommend")),
                new("grid", QuestionType.Matrix, new("矩阵", "Matrix"), true, Choices("no", "yes"), Choices("r1", "r2")),
                new("why", QuestionType.Text, new("为什么", "Why"), true, Highest: 20,
                    ShownIf: [new("one", Comparison.AnyOf, ["a"]), new("stars", Comparison.AtMost, ["2"])]),
                new("times", QuestionType.Number, new("次数", "How often"), Lowest: -5, Highest: 50),
                new("day", QuestionType.Date, new("日期", "Day")),
                new("not", QuestionType.Text, new("其他", "Else"), false, Highest: 10, ShownIf: [new("many", Comparison.NoneOf, ["c"])]),
            ]),
        ]);

    private readonly School school = new(system);

    public static TheoryData<SurveyKind> Kinds => [.. ReadyMade.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_ready_made_is_right_in_both_languages_and_goes_through_SurveyJS_unchanged(SurveyKind kind)
    {
        var definition = ReadyMade.All[kind];
        DefinitionCheck.Mistakes(definition).ShouldBeEmpty();
        foreach (var text in definition.Questions.Select(question => question.Text).Append(definition.Title))
        {
            text.Zh.ShouldContain(c => c >= 0x4e00);
            text.En.ShouldNotContain(c => c >= 0x4e00);
        }

        RoundTrip(definition).ShouldBe(definition.Write());
    }

    [Fact]
    public void Every_type_and_condition_goes_through_SurveyJS_unchanged()
    {
        DefinitionCheck.Mistakes(Everything).ShouldBeEmpty();
        RoundTrip(Everything).ShouldBe(Everything.Write());
    }

    [Theory]
    [InlineData("""{"title":"T","pages":[{"elements":[{"type":"file","name":"f"}]}]}""", "pages[0].elements[0].type")]
    [InlineData("""{"title":"T","pages":[{"elements":[{"type":"text","name":"f","inputType":"color"}]}]}""", "pages[0].elements[0].inputType")]
    [InlineData("""{"title":"T","pages":[{"elements":[{"type":"text","name":"f","validators":[]}]}]}""", "pages[0].elements[0].validators")]
    [InlineData("""{"title":"T","triggers":[],"pages":[{"elements":[{"type":"comment","name":"f"}]}]}""", "triggers")]
    [InlineData("""{"title":"T","pages":[{"elements":[{"type":"comment","name":"f","visibleIf":"{a} = 1 or {b} = 2"}]}]}""", "pages[0].elements[0].visibleIf")]
    [InlineData("""{"title":"T","pages":[{"elements":[{"type":"radiogroup","name":"f","choices":[{"value":"a","imageLink":"x"}]}]}]}""", "pages[0].elements[0].choices[0].imageLink")]
    [InlineData("""{"title":"T","pages":[{"elements":[{"type":"rating","name":"f","rateMin":0,"rateMax":5}]}]}""", "pages[0].elements[0].rateMax")]
    [InlineData("""{"title":{"default":"T","fr":"T"},"pages":[{"elements":[{"type":"comment","name":"f"}]}]}""", "title.fr")]
    [InlineData("""{"title":"T"}""", "pages")]
    [InlineData("[]", "surveyJs")]
    [InlineData("\"\\ud800\"", "surveyJs")]
    public void What_cannot_be_represented_is_refused_with_its_path(string survey, string path)
    {
        var (definition, mistakes) = SurveyJs.Read(JsonSerializer.Deserialize<JsonElement>(survey));
        definition.ShouldBeNull();
        mistakes.ShouldContain(mistake => mistake.Field == path);
    }

    [Fact]
    public void A_survey_as_SurveyJS_writes_it_by_hand_is_understood()
    {
        var (definition, mistakes) = SurveyJs.Read(JsonSerializer.Deserialize<JsonElement>(
            """
            {"title":"午餐","elements":[
              {"type":"dropdown","name":"like","title":{"default":"喜欢吗","en":"Do you like it?"},"isRequired":true,"choices":["yes",{"value":"no","text":"不"}]},
              {"type":"rating","name":"taste","visibleIf":"{like} = 'yes'"},
              {"type":"comment","name":"why","visibleIf":"{like} <> 'yes' and {taste} <= 2"}]}
            """));
        mistakes.ShouldBeEmpty();
        var questions = definition!.Questions.ToArray();
        questions[0].Text.ShouldBe(new Wording("喜欢吗", "Do you like it?"));
        questions[1].ShouldBe(new Question("taste", QuestionType.Rating, new("taste", "taste"), Highest: 5, ShownIf: questions[1].ShownIf));
        questions[2].ShownIf!.Select(condition => condition.Is).ShouldBe([Comparison.NoneOf, Comparison.AtMost]);
    }

    [Theory]
    [InlineData("""{"one":"b","stars":3,"grid":{"r1":"no","r2":"yes"}}""", null, null)]
    [InlineData("""{"one":"a","stars":3,"grid":{"r1":"no","r2":"yes"}}""", null, null)] // stars too many for the question
    [InlineData("""{"one":"a","stars":2,"grid":{"r1":"no","r2":"yes"}}""", "answers.why", "surveys.answer-needed")]
    [InlineData("""{"one":"a","stars":2,"why":" ","grid":{"r1":"no","r2":"yes"}}""", "answers.why", "surveys.answer-needed")]
    [InlineData("""{"one":"c","stars":3,"grid":{"r1":"no","r2":"yes"}}""", "answers.one", "surveys.no-such-choice")]
    [InlineData("""{"one":"b","many":["a","a"],"stars":3,"grid":{"r1":"no","r2":"yes"}}""", "answers.many", "surveys.no-such-choice")]
    [InlineData("""{"one":"b","stars":3,"grid":{"r1":"no"}}""", "answers.grid.r2", "surveys.answer-needed")]
    [InlineData("""{"one":"b","stars":3,"grid":{"r1":"no","r2":"perhaps"}}""", "answers.grid.r2", "surveys.no-such-choice")]
    [InlineData("""{"one":"b","stars":3,"grid":{"r1":"no","r2":"yes"},"day":"2026-02-30"}""", "answers.day", "surveys.not-a-date")]
    [InlineData("""{"one":"b","stars":3,"grid":{"r1":"no","r2":"yes"},"times":-6}""", "answers.times", "surveys.number-out-of-range")]
    [InlineData("""{"one":"b","stars":3,"grid":{"r1":"no","r2":"yes"},"nps":11}""", "answers.nps", "surveys.number-out-of-range")]
    [InlineData("""{"one":"b","stars":3,"grid":{"r1":"no","r2":"yes"},"not":"\ud800"}""", "answers.not", "surveys.unreadable")]
    public void Answers_are_checked_by_type_and_condition(string answers, string? field, string? code)
    {
        var (_, mistakes) = Everything.Check(JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(answers)!);
        if (field is null)
            mistakes.ShouldBeEmpty();
        else
            (mistakes.ShouldHaveSingleItem().Field, mistakes[0].Code).ShouldBe((field, code));
    }

    [Fact]
    public void What_is_not_asked_is_not_kept()
    {
        var (kept, mistakes) = Everything.Check(JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(
            """{"one":"b","stars":1,"why":"hidden","grid":{"r1":"no","r2":"yes"},"many":["c"],"not":"hidden"}""")!);
        mistakes.ShouldBeEmpty();
        kept.Keys.ShouldBe(["one", "many", "stars", "grid"], ignoreOrder: true);
        Everything.Counted(kept).ShouldBe(
            [("one", "b"), ("many", "c"), ("stars", "1"), ("grid.r1", "no"), ("grid.r2", "yes")], ignoreOrder: true);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public void No_answer_is_longer_than_what_anonymous_ones_are_filled_up_to()
    {
        var most = Everything.MostBytes();
        foreach (var c in new[] { 'a', '"', '\\', '\n', '家', '\u2028', '\uE000' })
        {
            var longest = JsonSerializer.SerializeToElement(new
            {
                one = "a",
                many = new[] { "a", "b" },
                stars = 1,
                nps = 10,
                grid = new { r1 = "yes", r2 = "yes" },
                why = new string(c, 19) + "x",
                times = -5,
                day = "2026-12-31",
                not = new string(c, 9) + "x",
            });
            var (kept, mistakes) = Everything.Check(longest.Deserialize<Dictionary<string, JsonElement>>()!);
            mistakes.ShouldBeEmpty();
            Answers.Write(kept).Length.ShouldBeLessThanOrEqualTo(most);
        }
    }

    [Fact]
    public async Task A_school_designs_a_survey_and_hears_all_that_is_wrong_with_it()
    {
        var design = JsonNode.Parse(Everything.Write())!;
        design["pages"]![0]!["questions"]![0]!["id"] = "1";
        design["pages"]![1]!["questions"]![3]!["highest"] = 100_000;
        design["title"]!["en"] = "";
        using var refused = await DesignAsync(design);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Errors!.Select(error => (error.Field, error.Code)).ShouldBe(
        [
            ("title.en", "request.text"), ("pages[0].questions[0].id", "surveys.id-unfit"),
            ("pages[1].questions[2].shownIf[0].question", "surveys.not-earlier"), ("pages[1].questions[3].highest", "surveys.too-many-numbers"),
        ], ignoreOrder: true);

        using var made = await DesignAsync(JsonNode.Parse(Everything.Write())!);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var body = (await made.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!;
        (body.Kind, body.Version).ShouldBe((SurveyKind.Designed, 1));
        var exported = await system.As(school.Officer).GetFromJsonAsync<JsonElement>($"/api/surveys/definitions/{body.Id}/surveyjs", Json.Options);
        using var imported = await system.As(school.Officer).PostAsJsonAsync(
            "/api/surveys/definitions", new { districtId = school.District, schoolId = school.Id, kind = "designed", surveyJs = exported });
        (await imported.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!.Content.Write().ShouldBe(Everything.Write());
    }

    [Fact]
    public async Task A_round_keeps_the_version_that_it_was_opened_with()
    {
        await school.EnrolAsync(1);
        using var made = await DesignAsync(JsonNode.Parse(Everything.Write())!);
        var design = (await made.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!;
        var round = await school.OpenRoundAsync(
            school.Teacher,
            new
            {
                districtId = school.District,
                schoolId = school.Id,
                classId = school.Class,
                definitionId = design.Id,
                privacy = "confidential",
                closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
            });

        using var change = new HttpRequestMessage(HttpMethod.Put, $"/api/surveys/definitions/{design.Id}")
        {
            Content = JsonContent.Create(new { content = ReadyMade.All[SurveyKind.Needs] }, options: Json.Options),
        };
        change.Headers.Add("If-Match", "\"1\"");
        using var changed = await system.As(school.Officer).SendAsync(change);
        (await changed.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!.Version.ShouldBe(2);

        var link = (await school.LinksAsync(school.Teacher, round)).ShouldHaveSingleItem();
        var asked = await system.As().GetStringAsync(link.Url.PathAndQuery);
        asked.ShouldContain("All types");
        (await school.AnswerAsync(link, new { one = "b", stars = 3, grid = new { r1 = "no", r2 = "yes" } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private static Choice[] Choices(params string[] ids) => [.. ids.Select(id => new Choice(id, new("选" + id, id)))];

    private static string RoundTrip(Definition definition)
    {
        var (read, mistakes) = SurveyJs.Read(JsonSerializer.Deserialize<JsonElement>(SurveyJs.Write(definition).ToJsonString()));
        mistakes.ShouldBeEmpty();
        return read!.Write();
    }

    private Task<HttpResponseMessage> DesignAsync(JsonNode content) => system.As(school.Officer).PostAsJsonAsync(
        "/api/surveys/definitions", new { districtId = school.District, schoolId = school.Id, kind = "designed", content }, Json.Options);
}
