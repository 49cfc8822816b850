using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Surveys.Results;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>What is kept of a child only because law or a hold does.</summary>
[Trait("Rule", "ARC-10")]
public sealed class RestrictedTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    public async Task What_is_restricted_is_in_no_ordinary_read_and_is_read_for_its_purpose_by_who_decides_for_the_district()
    {
        var children = await school.EnrolAsync(6);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Confidential);
        var links = (await school.LinksAsync(school.Officer, round)).OrderBy(link => Array.FindIndex(
            children, child => child.Student == link.StudentIds.Single())).ToArray();
        for (var i = 0; i < 5; i++)
            await school.AnswerAsync(links[i], RoundTests.Term(5, 9, $"第{i}家的话"));
        var (held, silent) = (children[0].Student, children[5].Student);
        var reads = $"/api/surveys/districts/{school.District}/students/{held}/restricted-reads";
        (await ReadAsync()).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await system.PublishAsync([.. new[] { held, silent }.Select(student => new PersonalDataRestricted(
            school.District, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), student, [DataKind.Surveys]))]);
        (await Eventually.GetAsync(() => school.LinksAsync(school.Officer, round), open => open.Count == 4))
            .ShouldNotContain(link => link.StudentIds.Contains(held) || link.StudentIds.Contains(silent));
        foreach (var link in new[] { links[0], links[5] })
        {
            (await system.As().GetAsync(link.Url.PathAndQuery)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await school.AnswerAsync(link, RoundTests.Term(1, 1))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        var officer = system.As(school.Officer);
        (await officer.GetFromJsonAsync<Page<OfficersAnswer>>($"/api/surveys/answers?roundId={round}", Json.Options))!.Items
            .SelectMany(answer => answer.StudentIds).ShouldBe(children[1..5].Select(child => child.Student), ignoreOrder: true);
        (await officer.GetStringAsync($"/api/surveys/answers.csv?roundId={round}")).ShouldSatisfyAllConditions(
            table => table.ShouldNotContain($"{held}"), table => table.ShouldContain($"{children[1].Student}"));
        (await officer.GetStringAsync($"/api/surveys/texts?node=school&id={school.Id}&roundId={round}")).ShouldSatisfyAllConditions(
            texts => texts.ShouldNotContain("第0家的话"), texts => texts.ShouldContain("第1家的话"));
        // What was counted stays counted: it tells of nobody.
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(5);
        // Nobody is asked about the child any more.
        var next = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        (await school.LinksAsync(school.Officer, next)).Count.ShouldBe(4);

        using var shown = await ReadAsync();
        shown.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await shown.Content.ReadAsStringAsync()).ShouldContain("第0家的话");
        foreach (var who in new[] { school.Officer, new School(system).Admin })
            (await system.As(who).PostAsJsonAsync(reads, new RestrictedRead(RestrictedPurpose.Proceeding), Json.Options)).IsSuccessStatusCode.ShouldBeFalse();

        Task<HttpResponseMessage> ReadAsync() =>
            system.As(school.Admin).PostAsJsonAsync(reads, new RestrictedRead(RestrictedPurpose.Proceeding), Json.Options);
    }

    [Fact]
    [Trait("Rule", "SUR-5")]
    public async Task Nobody_is_reminded_about_a_child_whose_surveys_are_restricted()
    {
        var children = await school.EnrolAsync(2);
        var now = TimeProvider.System.GetUtcNow();
        var round = await school.OpenRoundAsync(
            school.Officer,
            new
            {
                districtId = school.District,
                schoolId = school.Id,
                readyMade = "needs",
                privacy = "named",
                closesAt = now.AddDays(10),
                remindAt = now.AddDays(2),
            });
        await system.PublishAsync(new PersonalDataRestricted(
            school.District, Guid.CreateVersion7(), 1, now, children[0].Student, [DataKind.Surveys]));
        await Eventually.GetAsync(() => school.LinksAsync(school.Officer, round), open => open.Count == 1);
        try
        {
            system.Ahead = new DateTimeOffset(now.UtcDateTime.Date.AddDays(4).AddHours(4), TimeSpan.Zero) - now; // noon there
            await Eventually.GetAsync(() => DueAsync(children[1].Student), due => due == 0);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        (await DueAsync(children[0].Student)).ShouldBe(1);

        Task<long> DueAsync(Guid student) => system.ScalarAsync<long>(
            "SELECT count(*) FROM invitation WHERE round_id = $1 AND $2 = ANY (student_ids) AND remind_at IS NOT NULL", round, student);
    }
}
