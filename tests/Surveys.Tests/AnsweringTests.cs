using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;

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
        var before = await system.As(school.Teacher).GetStringAsync(survey.Url.PathAndQuery);
        (await system.As().PostAsJsonAsync(survey.Url.PathAndQuery, new { answers = new { conversation = 1, helpful = 0, comment = "只给德育干部看" } }))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await system.As(school.Teacher).GetStringAsync(survey.Url.PathAndQuery)).ShouldBe(before);
        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        var page = await browser.GetStringAsync(survey.Url.PathAndQuery);
        page.ShouldNotContain("只给德育干部看");
        page.ShouldNotContain("checked");
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task Only_who_answered_changes_the_answer_and_not_who_handed_the_link_out()
    {
        var (survey, other) = (await school.OpenAsync(), await school.OpenAsync());
        (await school.AnswerAsync(survey, 2)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var given = await school.AnswerAsync(other, 3);
        var proof = given.Headers.Location!.OriginalString.Split('?')[1];
        foreach (var address in new[] { survey.Url.PathAndQuery, $"{survey.Url.PathAndQuery}?{proof}", $"{survey.Url.PathAndQuery}?change=x" })
        {
            using var refused = await system.As(school.Teacher).PostAsJsonAsync(address, new { answers = new { conversation = 5, helpful = 10 } });
            refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        }

        (await AnswersAsync(survey))["conversation"].GetInt32().ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task A_browser_is_led_to_the_thanks_and_from_there_to_the_change()
    {
        var survey = await school.OpenAsync();
        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var form = new FormUrlEncodedContent([new("conversation", "2"), new("helpful", "8")]);
        using var thanks = await browser.PostAsync(survey.Url.PathAndQuery + "?lang=en", form);
        thanks.RequestMessage!.Method.ShouldBe(HttpMethod.Get); // so that loading it anew sends nothing
        var page = await thanks.Content.ReadAsStringAsync();
        page.ShouldContain("Your answer has arrived.");
        var change = page.Split("href=\"?change=")[1].Split('"')[0];
        (await browser.GetStringAsync($"{survey.Url.PathAndQuery}?change={change}")).ShouldContain("您正在修改答卷");
        using var better = new FormUrlEncodedContent([new("conversation", "4"), new("helpful", "8")]);
        using var changed = await browser.PostAsync($"{survey.Url.PathAndQuery}?change={change}", better);
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await AnswersAsync(survey))["conversation"].GetInt32().ShouldBe(4);

        using var endless = new FormUrlEncodedContent(Enumerable.Range(0, 2_000).Select(i => new KeyValuePair<string, string>($"f{i}", "x")));
        using var refused = await browser.PostAsync(survey.Url.PathAndQuery, endless);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task The_audit_does_not_tell_who_gave_a_confidential_answer()
    {
        var survey = await school.OpenAsync();
        (await school.AnswerAsync(survey, 2)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await system.ScalarAsync<string>(
            "SELECT actor || ' ' || subject_kind FROM platform.audit WHERE school_id = $1 AND action = 'AnswerSurvey'", school.Id))
            .ShouldBe("link survey-round");
        (await system.ScalarAsync<long>("SELECT count(*) FROM platform.audit a WHERE a.school_id = $1 AND a::text LIKE $2",
            school.Id, $"%{survey.Id}%")).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task Fifty_answers_at_once_are_one_answer()
    {
        var survey = await school.OpenAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => school.AnswerAsync(survey, 1 + (i % 5))));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict).ShouldBe(49);
        (await system.ScalarAsync<long>("SELECT count(*) FROM answer WHERE invitation_id = $1", survey.Id)).ShouldBe(1);

        // What is counted, with those of four others, is what the one answer says.
        var said = (await AnswersAsync(survey))["conversation"].ToString();
        for (var i = 0; i < 4; i++)
            (await school.AnswerAsync(await school.OpenAsync(), 5)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await system.ScalarAsync<long>(
            "SELECT sum(shown)::bigint FROM cell_count WHERE school_id = $1 AND question_id = 'conversation'", school.Id)).ShouldBe(5);
        (await system.ScalarAsync<int>(
            "SELECT shown FROM cell_count WHERE school_id = $1 AND question_id = 'conversation' AND option = $2", school.Id, said))
            .ShouldBe(said == "5" ? 5 : 1);
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task The_same_request_sent_again_is_answered_alike_and_another_one_with_its_key_is_refused()
    {
        var survey = await school.OpenAsync();
        using var browser = system.As();
        browser.DefaultRequestHeaders.Add(IdempotencyKey.Header, "of-this-form");
        var first = await browser.PostAsJsonAsync(survey.Url.PathAndQuery, new { answers = new { conversation = 4, helpful = 8 } });
        first.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var again = await browser.PostAsJsonAsync(survey.Url.PathAndQuery, new { answers = new { conversation = 4, helpful = 8 } });
        again.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        again.Headers.Contains(IdempotencyKey.ReplayedHeader).ShouldBeTrue();
        (await system.ScalarAsync<long>("SELECT version FROM answer WHERE invitation_id = $1", survey.Id)).ShouldBe(1);
        (await browser.PostAsJsonAsync(survey.Url.PathAndQuery, new { answers = new { conversation = 1, helpful = 8 } }))
            .StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await AnswersAsync(survey))["conversation"].GetInt32().ShouldBe(4);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    [Trait("Rule", "ARC-7")]
    public async Task What_is_kept_of_a_request_to_answer_it_alike_again_tells_nothing_of_the_answer()
    {
        var (survey, canary, key) = (await school.OpenAsync(), new Canary(), $"form-{Guid.CreateVersion7():N}");
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new { answers = new { conversation = 1, helpful = 0, comment = canary.In("只给德育干部看") } });
        using var browser = system.As();
        browser.DefaultRequestHeaders.Add(IdempotencyKey.Header, key);
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        (await browser.PostAsync(survey.Url.PathAndQuery, content)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var dump = await system.DumpAsync();
        dump.ShouldContain(key);
        canary.CountIn(dump).ShouldBe(0);
        // Nor a hash that who guesses the few answers that there are could make himself.
        dump.ShouldNotContain(Convert.ToHexStringLower(SHA256.HashData(body)));
        dump.ShouldNotContain(survey.Url.Segments[^1]);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task What_waits_to_be_counted_is_in_no_dump_and_counts_all_the_same()
    {
        var surveys = new List<HandedSurvey>();
        for (var i = 0; i < 5; i++)
            surveys.Add(await school.OpenAsync());
        // Columns that could hold a choice in clear, before and after one answer: nothing comes in.
        var before = await CellsAsync();
        (await school.AnswerAsync(surveys[0], 3, helpful: 7)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await school.AnswerAsync(surveys[0], 2, helpful: 7)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await CellsAsync()).ShouldBe(before);
        var waiting = await system.RowsAsync(
            "SELECT encode(content, 'escape') FROM staged_count WHERE school_id = $1", row => row.GetString(0), school.Id);
        waiting.Count.ShouldBe(2);
        waiting.ShouldAllBe(content => !content.Contains("conversation", StringComparison.Ordinal));

        foreach (var survey in surveys.Skip(1))
            (await school.AnswerAsync(survey, 5, helpful: 7)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var results = (await school.ResultsAsync(school.Teacher, "class", school.Class)).Results!;
        results.Questions.Single(question => question.Id == "conversation").Distribution
            .Select(option => (option.Key, option.Value)).ShouldBe([("2", 1), ("5", 4)], ignoreOrder: true);
        (await system.ScalarAsync<long>("SELECT count(*) FROM staged_count WHERE school_id = $1", school.Id)).ShouldBe(0);

        async Task<string> CellsAsync() => string.Join('\n', await system.RowsAsync(
            "SELECT (to_jsonb(c) - 'staged' - 'staged_first')::text FROM cell c WHERE school_id = $1",
            row => row.GetString(0), school.Id));
    }

    [Fact]
    [Trait("Rule", "SUR-1")]
    public async Task Every_row_of_a_table_that_is_wrong_or_missing_is_named_to_programs_and_on_the_page()
    {
        Choice Choice(string id) => new(id, new("选" + id, id));
        var grid = new Question(
            "grid", QuestionType.Matrix, new("表", "Grid"), true, [Choice("no"), Choice("yes")],
            [.. "abcd".Select(row => Choice($"r{row}"))]);
        using var made = await system.As(school.Officer).PostAsJsonAsync(
            "/api/surveys/definitions",
            new
            {
                districtId = school.District,
                schoolId = school.Id,
                kind = "designed",
                content = new Definition(new("题", "T"), [new([grid])]),
            },
            Json.Options);
        await school.EnrolAsync(1);
        var round = await school.OpenRoundAsync(school.Officer, new
        {
            districtId = school.District,
            schoolId = school.Id,
            definitionId = (await made.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!.Id,
            privacy = "named",
            closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
        });
        var survey = (await school.LinksAsync(school.Officer, round)).Single();
        (await MistakesAsync(new { grid = new { ra = "yes", rb = "maybe", rx = "yes" } })).ShouldBe(
        [
            ("answers.grid.rb", "surveys.no-such-choice"), ("answers.grid.rx", "surveys.no-such-choice"),
            ("answers.grid.rc", "surveys.answer-needed"), ("answers.grid.rd", "surveys.answer-needed"),
        ], ignoreOrder: true);
        (await MistakesAsync(new { })).Select(mistake => mistake.Field)
            .ShouldBe(["answers.grid.ra", "answers.grid.rb", "answers.grid.rc", "answers.grid.rd"], ignoreOrder: true);

        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var form = new FormUrlEncodedContent([new("grid.ra", "yes"), new("grid.rb", "maybe")]);
        var page = await (await browser.PostAsync(survey.Url.PathAndQuery, form)).Content.ReadAsStringAsync();
        foreach (var row in new[] { "rb", "rc", "rd" })
            page.ShouldContain($"id=\"grid.{row}-error\"");
        page.ShouldNotContain("id=\"grid.ra-error\"");
        page.ShouldNotContain("id=\"grid-error\"");

        async Task<IEnumerable<(string Field, string Code)>> MistakesAsync(object answers)
        {
            using var refused = await school.AnswerAsync(survey, answers);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            return (await refused.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Errors!
                .Select(error => (error.Field, error.Code));
        }
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    [Trait("Rule", "SUR-3")]
    public async Task The_link_of_a_guardian_who_may_not_see_the_child_any_more_leads_nowhere_and_says_so_politely()
    {
        var (child, second) = ((await school.EnrolAsync(1)).Single(), Guid.CreateVersion7());
        await system.PublishAsync(new GuardianshipsChanged(
            school.District, 2, TimeProvider.System.GetUtcNow(),
            [new RosterGuardianship(child.Student, second, GuardianRelation.Parent, LegalStatus.Guardian, 2, null)]));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM guardianship WHERE guardian_id = $1", second),
            known => known > 0);
        var round = await school.OpenRoundAsync(SurveyKind.FamilyIntake, SurveyPrivacy.Named);
        var links = await school.LinksAsync(school.Officer, round);
        var barred = links.Single(link => link.GuardianId == child.Guardian);
        var other = links.Single(link => link.GuardianId == second);
        await system.PublishAsync(new GuardianRightsChanged(
            school.District, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), child.Student, child.Guardian, [],
            GuardianChannel.App));

        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var refused = await Eventually.GetAsync(
            () => browser.GetAsync(barred.Url.PathAndQuery), answer => answer.StatusCode == HttpStatusCode.NotFound);
        var page = await refused.Content.ReadAsStringAsync();
        page.ShouldContain("此链接已失效，打不开问卷。如有疑问，请与学校联系。");
        page.ShouldNotContain("<form");
        (await (await browser.GetAsync(barred.Url.PathAndQuery + "?lang=en")).Content.ReadAsStringAsync())
            .ShouldContain("This link no longer opens a survey. If you have a question, please ask the school.");
        using var answered = await school.AnswerAsync(barred, new { occupation = "司机" });
        answered.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answered.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe("surveys.no-such-link");
        (await browser.GetAsync(other.Url.PathAndQuery)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    [Trait("Rule", "ALL-2")]
    public async Task Who_is_officer_of_two_schools_reads_one_at_a_time_and_leaves_the_audit_row_of_that_school()
    {
        var neighbour = school.Neighbour();
        var survey = await school.OpenAsync();
        (await school.AnswerAsync(survey, 4)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var officer = system.As(school.Officer, neighbour.Officer);
        (await officer.GetAsync(new Uri("/api/surveys/answers", UriKind.Relative))).StatusCode
            .ShouldBe(HttpStatusCode.BadRequest);
        (await ReadsAsync(school.Id)).ShouldBe(0);
        foreach (var (address, reads) in new[] { ("answers", 1), ("answers.csv", 2) })
        {
            var read = new Uri($"/api/surveys/{address}?schoolId={school.Id}&roundId={survey.RoundId}", UriKind.Relative);
            (await officer.GetAsync(read)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await ReadsAsync(school.Id)).ShouldBe(reads);
        }

        (await ReadsAsync(neighbour.Id)).ShouldBe(0);
        (await officer.GetAsync(new Uri($"/api/surveys/answers?schoolId={new School(system).Id}", UriKind.Relative)))
            .StatusCode.ShouldBe(HttpStatusCode.NotFound);

        Task<long> ReadsAsync(Guid at) => system.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE school_id = $1 AND subject_kind = 'survey-answers'", at);
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
        var closes = TimeZoneInfo.ConvertTime(survey.ClosesAt, TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"));
        page.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"请在 {closes:yyyy年M月d日 HH:mm} 之前填写。"));
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
        again.ShouldContain(
            string.Create(CultureInfo.InvariantCulture, $"Please answer before {closes:HH:mm} on {closes:d MMMM yyyy}."));

        using var wrong = new FormUrlEncodedContent([new("conversation", "many")]);
        using var refused = await browser.PostAsync(survey.Url.PathAndQuery, wrong);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var mistaken = await refused.Content.ReadAsStringAsync();
        mistaken.ShouldContain("Give a whole number from 1 to 5.");
        mistaken.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"Please answer before {closes:HH:mm}"));
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

    // As the officer reads them, who alone may.
    private async Task<IReadOnlyDictionary<string, JsonElement>> AnswersAsync(HandedSurvey survey) =>
        (await system.As(school.Officer).GetFromJsonAsync<Page<OfficersAnswer>>(
            new Uri("/api/surveys/answers?size=500", UriKind.Relative), Json.Options))!
            .Items.Single(answer => answer.InvitationId == survey.Id).Answers!;
}
