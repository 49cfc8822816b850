using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Surveys.Policies;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-4 and SUR-5: live results that tell nobody's answer.</summary>
public sealed class ResultsTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    [Trait("Rule", "SUR-4")]
    [Trait("Rule", "SUR-5")]
    public async Task Results_advance_in_steps_of_five_at_every_level_together()
    {
        var surveys = new List<HandedSurvey>();
        for (var i = 0; i < 11; i++)
            surveys.Add(await school.OpenAsync());

        for (var answered = 1; answered <= 11; answered++)
        {
            (await school.AnswerAsync(surveys[answered - 1], 1 + (answered % 5))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            var shown = answered / 5 * 5;
            foreach (var (who, node, id) in new[]
            {
                (school.Teacher, "class", school.Class), (school.Officer, "school", school.Id),
                (TestIdentity.DistrictAdmin(school.District), "district", school.District),
            })
            {
                var results = (await school.ResultsAsync(who, node, id)).Results!;
                (results.Invited, results.Answers).ShouldBe((11, shown));
                results.Questions.Sum(question => question.Distribution.Values.Sum()).ShouldBe(2 * shown);
            }
        }

        var conversation = (await school.ResultsAsync(school.Teacher, "class", school.Class)).Results!.Questions.Single(q => q.Id == "conversation");
        conversation.Mean.ShouldBe(3);
        conversation.Distribution.Values.ShouldAllBe(n => n == 2);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task The_difference_between_a_school_and_its_classes_tells_nothing()
    {
        var other = Guid.CreateVersion7();
        for (var i = 0; i < 5; i++)
            await school.AnswerAsync(await school.OpenAsync(), 5);
        for (var i = 0; i < 4; i++) // too few: neither the class nor the school shows them
            await school.AnswerAsync(await school.OpenAsync(school.Visit(inClass: other)), 1);

        (await school.ResultsAsync(school.Officer, "class", other)).Results!.Answers.ShouldBe(0);
        var all = (await school.ResultsAsync(school.Officer, "school", school.Id)).Results!;
        all.Answers.ShouldBe(5);
        all.Questions.Single(q => q.Id == "conversation").Mean.ShouldBe(5);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task A_changed_answer_does_not_show_until_five_more_are_staged()
    {
        var surveys = new List<HandedSurvey>();
        for (var i = 0; i < 5; i++)
        {
            surveys.Add(await school.OpenAsync());
            await school.AnswerAsync(surveys[i], 5);
        }

        for (var changed = 0; changed < 4; changed++)
        {
            await school.AnswerAsync(surveys[changed], 1);
            (await MeanAsync()).ShouldBe(5);
        }

        await school.AnswerAsync(surveys[4], 1);
        (await MeanAsync()).ShouldBe(1);
        (await school.ResultsAsync(school.Teacher, "class", school.Class)).Results!.Answers.ShouldBe(5);

        async Task<double?> MeanAsync() => (await school.ResultsAsync(school.Teacher, "class", school.Class)).Results!
            .Questions.Single(q => q.Id == "conversation").Mean;
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task Only_the_officer_sees_whose_an_answer_is_and_the_reading_is_audited()
    {
        var survey = await school.OpenAsync();
        await school.AnswerAsync(survey, 2);

        var address = new Uri("/api/surveys/answers", UriKind.Relative);
        var page = (await system.As(school.Officer).GetFromJsonAsync<Page<OfficersAnswer>>(address, Json.Options))!;
        page.Items.ShouldHaveSingleItem().VisitId.ShouldBe(survey.VisitId);
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE school_id = $1 AND action = 'ReadSurveyAnswers'", school.Id)).ShouldBe(1);

        foreach (var grant in new[] { school.Teacher, TestIdentity.DistrictAdmin(school.District), school.Officer with { Role = Role.SchoolAdmin } })
            (await system.As(grant).GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await system.As(new School(system).Officer).GetFromJsonAsync<Page<OfficersAnswer>>(address, Json.Options))!.Items.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task What_the_teacher_hands_over_does_not_say_whether_it_was_answered()
    {
        var (answered, open) = (await school.OpenAsync(), await school.OpenAsync());
        await school.AnswerAsync(answered, 2);
        var list = await system.As(school.Teacher).GetStringAsync(new Uri("/api/surveys/invitations", UriKind.Relative));
        list.ShouldContain(answered.Id.ToString());
        list.ShouldContain(open.Id.ToString());
        list.ShouldNotContain("nswer\"", Case.Insensitive);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Results_and_links_of_other_classes_and_schools_are_not_to_be_had()
    {
        await school.OpenAsync();
        var stranger = new School(system);
        await stranger.OpenAsync();
        (await school.ResultsAsync(stranger.Teacher, "class", school.Class)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await school.ResultsAsync(stranger.Officer, "school", school.Id)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await school.ResultsAsync(school.Officer, "district", school.District)).Status.ShouldBe(HttpStatusCode.NotFound);
        var neighbour = school.Teacher with { ClassId = Guid.CreateVersion7() };
        (await school.ResultsAsync(neighbour, "class", school.Class)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await school.ResultsAsync(neighbour, "school", school.Id)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await system.As(neighbour).GetFromJsonAsync<Page<HandedSurvey>>(
            new Uri("/api/surveys/invitations", UriKind.Relative), Json.Options))!.Items.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Every_table_with_schools_is_closed_by_row_level_security()
    {
        (await system.ScalarAsync<string>(
            """
            SELECT coalesce(string_agg(relname, ',' ORDER BY relname), '') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname = 'public' AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
            """)).ShouldBe("__EFMigrationsHistory");
    }

    [Fact]
    [Trait("Rule", "SUR-2")]
    public async Task A_districts_policy_holds_for_surveys_opened_after_it()
    {
        var before = await school.OpenAsync();
        var admin = system.As(TestIdentity.DistrictAdmin(school.District));
        var address = new Uri($"/api/surveys/policies/{school.District}", UriKind.Relative);
        using var change = new HttpRequestMessage(HttpMethod.Put, address) { Content = JsonContent.Create(new SurveyPolicy(DaysOpen: 3, MayChange: false)) };
        change.Headers.Add("If-Match", "\"0\"");
        (await admin.SendAsync(change)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var after = await school.OpenAsync();
        (before.ClosesAt - after.ClosesAt).TotalDays.ShouldBe(4, 0.01);
        (await school.AnswerAsync(after, 5)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await school.AnswerAsync(after, 1)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await school.AnswerAsync(before, 5)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await school.AnswerAsync(before, 1)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }
}
