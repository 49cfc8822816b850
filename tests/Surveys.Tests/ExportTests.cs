using System.Net;
using System.Net.Http.Json;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Definitions;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-5: results and answers as tables for a spreadsheet.</summary>
[Trait("Rule", "SUR-5")]
public sealed class ExportTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    [Trait("Rule", "SUR-4")]
    [Trait("Rule", "ALL-2")]
    public async Task Results_go_out_by_class_school_and_district_as_far_as_one_reaches_and_hide_what_is_hidden()
    {
        var other = Guid.CreateVersion7();
        await school.EnrolAsync(5);
        await school.EnrolAsync(4, other);
        var round = await OpenAsync(SurveyPrivacy.Confidential);
        foreach (var link in await school.LinksAsync(school.Officer, round))
            (await school.AnswerAsync(link, new { sum = "two", why = "好" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var table = await TableAsync(school.Admin, $"results.csv?roundId={round}");
        table[0][..4].ShouldBe(["范围", "学校", "年级", "班级"]);
        table.Select(row => row[0]).ShouldBe(["范围", "区县", "区县", "学校", "学校", "班级", "班级", "班级"], ignoreOrder: true);
        var hidden = table.Single(row => row[5] == $"{other}");
        hidden[6..9].ShouldBe(["4", "0", "0"]);
        hidden.Length.ShouldBe(9);
        var shown = table.Single(row => row[5] == $"{school.Class}" && row[9] == "sum");
        shown[1..4].ShouldBe(["学校", "07", "班"]);
        shown[6..11].ShouldBe(["5", "5", "1", "sum", "'=1+1"]); // somebody's words are no formula
        shown[13..].ShouldBe(["two", "'+2", "5", "1"]);

        (await TableAsync(school.Teacher, $"results.csv?roundId={round}")).Skip(1).Select(row => row[5]).Distinct(StringComparer.Ordinal)
            .ShouldBe([$"{school.Class}"]);
        (await TableAsync(school.Officer, $"results.csv?roundId={round}")).ShouldNotContain(row => row[0] == "区县");
        (await system.As(new School(system).Officer).GetAsync($"/api/surveys/results.csv?roundId={round}")).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);
        (await system.As(school.Officer).GetAsync($"/api/surveys/results.pdf?roundId={round}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE action = 'ExportSurveyResults' AND subject_id = $1", round)).ShouldBe(3);

        var book = await system.As(school.Admin).GetByteArrayAsync($"/api/surveys/results.xlsx?roundId={round}");
        book[..2].ShouldBe("PK"u8.ToArray());
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    [Trait("Rule", "ALL-2")]
    public async Task Single_answers_go_out_to_the_officer_alone_and_never_those_of_an_anonymous_round()
    {
        var children = await school.EnrolAsync(2);
        var round = await OpenAsync(SurveyPrivacy.Named);
        foreach (var link in await school.LinksAsync(school.Officer, round))
            await school.AnswerAsync(link, new { sum = "two", why = "=HYPERLINK(\"http://example.org\",\"点我\")" });
        var table = await TableAsync(school.Officer, $"answers.csv?roundId={round}");
        table[0][4..].ShouldBe(["'=1+1", "为什么？"]);
        table.Skip(1).Select(row => row[0]).ShouldBe(children.Select(child => $"{child.Student}"), ignoreOrder: true);
        table[1][4..].ShouldBe(["'+2", "'=HYPERLINK(\"http://example.org\",\"点我\")"]);
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE action = 'ExportSurveyAnswers' AND subject_id = $1", round)).ShouldBe(1);

        foreach (var who in new[] { school.Teacher, school.Admin, school.Officer with { Role = Role.SchoolAdmin } })
            (await system.As(who).GetAsync($"/api/surveys/answers.csv?roundId={round}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await system.As(new School(system).Officer).GetAsync($"/api/surveys/answers.csv?roundId={round}")).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);
        var anonymous = await OpenAsync(SurveyPrivacy.Anonymous);
        (await system.As(school.Officer).GetAsync($"/api/surveys/answers.xlsx?roundId={anonymous}")).StatusCode
            .ShouldBe(HttpStatusCode.Conflict);
    }

    private async Task<Guid> OpenAsync(SurveyPrivacy privacy)
    {
        var content = new Definition(
            new Wording("测验", "Quiz"),
            [
                new QuestionPage(
                [
                    new Question("sum", QuestionType.Single, new Wording("=1+1", "=1+1"), Choices: [new Choice("two", new Wording("+2", "+2"))]),
                    new Question("why", QuestionType.Text, new Wording("为什么？", "Why?"), Highest: 100),
                ]),
            ]);
        using var made = await system.As(school.Officer).PostAsJsonAsync(
            "/api/surveys/definitions", new DesignRequest(school.District, SurveyKind.Designed, school.Id, content), Json.Options);
        var design = (await made.Content.ReadFromJsonAsync<DesignBody>(Json.Options))!.Id;
        return await school.OpenRoundAsync(
            school.Officer,
            new
            {
                districtId = school.District,
                schoolId = school.Id,
                definitionId = design,
                privacy,
                closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
            });
    }

    // No field of these tables has a line break.
    private async Task<string[][]> TableAsync(Grant who, string path)
    {
        var bytes = await system.As(who).GetByteArrayAsync($"/api/surveys/{path}");
        bytes[..3].ShouldBe(Encoding.UTF8.Preamble.ToArray());
        return [.. Encoding.UTF8.GetString(bytes[3..]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(Fields)];
    }

    private static string[] Fields(string line)
    {
        var (fields, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                field.Append(line[++i]);
            else if (line[i] == '"')
                quoted = !quoted;
            else if (line[i] == ',' && !quoted)
                Next();
            else
                field.Append(line[i]);
        }

        Next();
        return [.. fields];

        void Next()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }
}
