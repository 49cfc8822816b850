using System.Net;
using System.Net.Http.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>What families answered is ciphertext wherever it is stored or sent, and gone with the student's key.</summary>
[Trait("Rule", "ARC-7")]
[Trait("Goal", "R7")]
public sealed class SealedAnswersTests(SurveysSystem system)
{
    private readonly Canary canary = new();
    private readonly School school = new(system);

    [Fact]
    public async Task A_comment_is_found_in_no_dump_and_no_message_and_read_by_the_officer()
    {
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        var messages = await broker.OverhearAsync();
        var surveys = new List<HandedSurvey>();
        for (var i = 0; i < 5; i++)
        {
            surveys.Add(await school.OpenAsync());
            (await AnswerAsync(surveys[i])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        (await OfficersAsync()).ShouldAllBe(answer => canary.CountIn(answer.Answers!["comment"].GetString()!) == 1);
        var heard = await Eventually.GetAsync(
            () => Task.FromResult(string.Concat(messages)),
            all => all.Contains("surveys.answers-counted", StringComparison.Ordinal));
        heard.ShouldContain(school.Id.ToString());
        canary.CountIn(heard).ShouldBe(0);
        var dump = await system.DumpAsync();
        dump.ShouldContain(surveys[0].Id.ToString());
        canary.CountIn(dump).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_answered_about_an_erased_student()
    {
        var visit = school.Visit();
        var survey = await school.OpenAsync(visit);
        // The service has not read this student's key before: nothing of it is in its memory.
        await system.StepAsync($"erase-student {school.District} {visit.StudentIds.Single()}");
        (await AnswerAsync(survey)).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await OfficersAsync()).ShouldBeEmpty();
        (await system.ScalarAsync<long>("SELECT count(*) FROM cell_count WHERE school_id = $1", school.Id)).ShouldBe(0);
    }

    private Task<HttpResponseMessage> AnswerAsync(HandedSurvey survey) => system.As().PostAsJsonAsync(
        survey.Url.PathAndQuery, new { answers = new { conversation = 2, helpful = 3, comment = canary.In("老师没有听我们说") } });

    private async Task<IReadOnlyList<OfficersAnswer>> OfficersAsync() =>
        (await system.As(school.Officer).GetFromJsonAsync<Page<OfficersAnswer>>(
            new Uri("/api/surveys/answers", UriKind.Relative), Json.Options))!.Items;
}
