using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Results;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-5: what families wrote is read and searched; SUR-4: as far as the counters of their classes show it, and without whose.</summary>
[Trait("Rule", "SUR-4")]
[Trait("Rule", "SUR-5")]
public sealed class TextsTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    public async Task Texts_show_and_change_with_the_steps_of_their_class_and_no_search_sees_further()
    {
        await school.EnrolAsync(6);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Confidential);
        var links = await school.LinksAsync(school.Teacher, round);
        for (var i = 0; i < 4; i++)
            await WriteAsync(i, $"建议{9 - i}");
        (await TextsAsync(round)).ShouldBeEmpty();
        (await TextsAsync(round, search: "建议9")).ShouldBeEmpty();
        await WriteAsync(4, "建议5");
        (await TextsAsync(round)).ShouldBe(["建议5", "建议6", "建议7", "建议8", "建议9"]); // in no order of theirs

        await WriteAsync(5, "第六家");
        await WriteAsync(0, "改了主意");
        (await TextsAsync(round)).ShouldBe(["建议5", "建议6", "建议7", "建议8", "建议9"]);
        (await TextsAsync(round, search: "第六")).ShouldBeEmpty();
        (await TextsAsync(round, search: "主意")).ShouldBeEmpty();
        (await TextsAsync(round, search: "建议9")).ShouldBe(["建议9"]);

        for (var i = 1; i < 4; i++)
            await WriteAsync(i, "也改了");
        (await TextsAsync(round)).ShouldBe(["也改了", "也改了", "也改了", "建议5", "改了主意", "第六家"], ignoreOrder: true);
        var body = await system.As(school.Teacher).GetStringAsync(Address("class", school.Class, round));
        foreach (var link in links)
        {
            body.ShouldNotContain(link.Id.ToString());
            body.ShouldNotContain(link.StudentIds.Single().ToString());
        }

        async Task WriteAsync(int family, string text) =>
            (await school.AnswerAsync(links[family], RoundTests.Term(5, 9, text))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_family_that_changes_its_answer_again_and_again_is_never_shown_alone()
    {
        await school.EnrolAsync(5);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Confidential);
        var links = await school.LinksAsync(school.Teacher, round);
        for (var i = 0; i < 6; i++)
            await school.AnswerAsync(links[0], RoundTests.Term(5, i, "一家之言"));
        (await school.ResultsAsync(school.Teacher, "class", school.Class, round)).Results!.Answers.ShouldBe(0);
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Questions.ShouldBeEmpty();
        (await TextsAsync(round)).ShouldBeEmpty();
        foreach (var link in links.Skip(1))
            await school.AnswerAsync(link, RoundTests.Term(5, 9));
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(5);
    }

    [Fact]
    public async Task Anonymous_texts_show_only_mixed_and_what_is_left_at_close_only_as_the_schools_or_never()
    {
        var other = Guid.CreateVersion7();
        await school.EnrolAsync(8);
        await school.EnrolAsync(2, other);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Anonymous);
        var own = await school.LinksAsync(school.Teacher, round);
        for (var i = 0; i < 4; i++)
            await school.AnswerAsync(own[i], RoundTests.Term(5, 9, $"匿名{9 - i}"));
        (await TextsAsync(round)).ShouldBeEmpty();
        await school.AnswerAsync(own[4], RoundTests.Term(5, 9, "匿名5"));
        string[] mixed = ["匿名5", "匿名6", "匿名7", "匿名8", "匿名9"];
        (await Eventually.GetAsync(() => TextsAsync(round), texts => texts.Length > 0)).ShouldBe(mixed);

        var left = (await school.LinksAsync(school.Officer, round)).Where(link => own.Take(5).All(answered => answered.Id != link.Id));
        foreach (var link in left)
            (await school.AnswerAsync(link, RoundTests.Term(5, 9, "留到最后"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await TextsAsync(round, search: "最后")).ShouldBeEmpty();
        await system.As(school.Officer).PostAsync($"/api/surveys/rounds/{round}/close", null);
        try
        {
            system.Ahead = TimeSpan.FromMinutes(2);
            await Eventually.GetAsync(
                () => system.ScalarAsync<long>("SELECT count(*) FROM anonymous_answer WHERE round_id = $1", round), all => all == 10);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        (await TextsAsync(round)).ShouldBe(mixed);
        (await TextsAsync(round, search: "最后", who: school.Officer, node: "school", id: school.Id)).Length.ShouldBe(5);
        (await TextsAsync(round, who: school.Officer, node: "class", id: other)).ShouldBeEmpty();
        (await TextsAsync(round, who: school.Admin, node: "district", id: school.District)).Length.ShouldBe(10);
    }

    [Fact]
    public async Task A_districts_texts_come_in_pages_of_whole_classes_each_once()
    {
        var crowded = school.Neighbour();
        await crowded.EnrolClassesAsync(60);
        var writing = await crowded.EnrolAsync(5);
        var round = await crowded.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Confidential);
        var links = await crowded.LinksAsync(crowded.Teacher, round);
        links.Count.ShouldBe(writing.Length);
        foreach (var link in links)
            await crowded.AnswerAsync(link, RoundTests.Term(5, 9, link.Id.ToString("N")));
        var (texts, pages, after) = (new List<string>(), 0, (string?)null);
        do
        {
            var page = (await system.As(school.Admin).GetFromJsonAsync<Page<SurveyText>>(
                $"{Address("district", school.District, round)}{(after is null ? "" : $"&after={after}")}", Json.Options))!;
            texts.AddRange(page.Items.Select(text => text.Text));
            (pages, after) = (pages + 1, page.Next);
        }
        while (after is not null);

        pages.ShouldBe(2);
        texts.ShouldBe(links.Select(link => link.Id.ToString("N")), ignoreOrder: true);
        (await StatementsAsync("class", crowded.Class, crowded.Teacher)).ShouldBe(
            await StatementsAsync("district", school.District, school.Admin));

        async Task<int> StatementsAsync(string node, Guid id, Grant who) =>
            (await system.StatementsOfAsync(who, Address(node, id, round))).Count;
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    [Trait("Rule", "ALL-2")]
    public async Task Texts_are_read_where_one_may_see_results_and_each_reading_is_audited()
    {
        var child = (await school.EnrolAsync(1)).Single();
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Confidential);
        (await TextsAsync(round)).ShouldBeEmpty();
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE action = 'ReadSurveyTexts' AND subject_id = $1 AND school_id = $2", round, school.Id))
            .ShouldBe(1);
        var (neighbour, stranger) = (school.Teacher with { ClassId = Guid.CreateVersion7() }, new School(system));
        foreach (var (who, node, id) in new[]
        {
            (neighbour, "class", school.Class), (school.Teacher, "school", school.Id), (school.Officer, "district", school.District),
            (stranger.Officer, "school", school.Id), (stranger.Admin, "district", school.District),
        })
        {
            (await system.As(who).GetAsync(Address(node, id, round))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        var guardian = new Grant(Role.Guardian, child.Guardian, school.District, school.Id, school.Class, child.Student);
        (await system.As(guardian).GetAsync(Address("class", school.Class, round))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        // What families say of themselves is in the child's archive, with that one's rules.
        var intake = await school.OpenRoundAsync(SurveyKind.FamilyIntake, SurveyPrivacy.Named);
        (await system.As(school.Officer).GetAsync(Address("school", school.Id, intake))).StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    private static string Address(string node, Guid id, Guid round, string? search = null) =>
        $"/api/surveys/texts?node={node}&id={id}&roundId={round}&search={Uri.EscapeDataString(search ?? "")}";

    private async Task<string[]> TextsAsync(
        Guid round, string? search = null, Grant? who = null, string node = "class", Guid? id = null) =>
        [.. (await system.As(who ?? school.Teacher).GetFromJsonAsync<Page<SurveyText>>(
            Address(node, id ?? school.Class, round, search), Json.Options))!.Items.Select(text => text.Text)];
}
