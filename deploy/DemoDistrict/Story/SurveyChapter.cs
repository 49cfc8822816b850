using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>Completed visits open their satisfaction surveys by themselves; the families answer (SUR-2 to SUR-5).</summary>
internal sealed class SurveyChapter(
    Client anybody, Scene scene, People people, Dashboards dashboards, Visits visits, Narrator narrator)
{
    private const string Completed = "homeschool.visits.visit-completed";
    private const string Opened = "homeschool.surveys.survey-opened";

    public async Task TellAsync(CancellationToken cancel)
    {
        var (first, second) = await OpenAsync(cancel);
        await ResumeAsync(first, second, cancel);
        var link = first.Url.PathAndQuery;
        if (people.Guardian is { } guardian)
        {
            await narrator.StepAsync("The first family's guardian signs in and finds the survey, and no other family's", async () =>
            {
                var mine = (await guardian.GetAsync("/api/surveys/mine", cancel)).As<List<OpenSurvey>>();
                Expect.Equal(visits.First, mine.Select(survey => survey.VisitId).SingleOrDefault(), "The only survey's visit");
                link = mine[0].Url.PathAndQuery;
                return $"open until {mine[0].ClosesAt:yyyy-MM-dd}";
            });
        }

        await AnswerAsync("The first family", link, 5, 10, cancel);
        await AnswerAsync("The second family", second.Url.PathAndQuery, 4, 8, cancel);
        await AnswerAgainAsync(link, cancel);
        await narrator.StepAsync("Results of fewer than five answers are not shown: nobody can be guessed", async () =>
        {
            var results = await ResultsAsync(cancel);
            Expect.That(results.Answers is 0 or >= 5, $"{results.Answers} answers are shown.");
            return $"{results.Invited} families invited, {results.Answers} answers shown";
        });
        if (people.Strangers is { } strangers)
        {
            await narrator.StepAsync("The other school's teacher sees neither surveys nor results", async () =>
            {
                var open = await strangers.Teacher.ListAsync<OpenSurvey>($"/api/surveys/invitations?visitId={visits.First}", cancel);
                Expect.Equal(0, open.Count, "The number of surveys that the stranger sees");
                return (await strangers.Teacher.GetAsync($"/api/surveys/results?node=class&id={scene.Class.Id}", cancel))
                    .IsRefused(HttpStatusCode.NotFound, "request.not-found");
            });
        }
    }

    private async Task<(OpenSurvey First, OpenSurvey Second)> OpenAsync(CancellationToken cancel)
    {
        OpenSurvey? first = null, second = null;
        await narrator.StepAsync("Each family's satisfaction survey has opened by itself", async () =>
        {
            first = await OpenedAsync(visits.First, cancel);
            second = await OpenedAsync(visits.Second, cancel);
            var results = await ResultsAsync(cancel);
            Expect.That(results.Invited >= 2, $"{results.Invited} families of the class are invited.");
            return $"both open {narrator.Milliseconds(visits.CompletedAt)} ms after the gateway's answer at the latest";
        });
        return (first!, second!);
    }

    private async Task<OpenSurvey> OpenedAsync(Guid visit, CancellationToken cancel)
    {
        var open = await narrator.UntilAsync(
            "the visit's survey is open",
            () => people.Teacher.ListAsync<OpenSurvey>($"/api/surveys/invitations?visitId={visit}", cancel),
            surveys => surveys.Count > 0, cancel);
        Expect.Equal(1, open.Count, "The number of surveys of one visit");
        return open[0];
    }

    private async Task ResumeAsync(OpenSurvey first, OpenSurvey second, CancellationToken cancel)
    {
        await narrator.StepAsync("The district's dashboard saw visits completed and surveys opened as it happened", () =>
            SeesAllAsync(dashboards.District));
        await narrator.StepAsync("The school's dashboard comes back with its Last-Event-ID and sees what it missed", async () =>
        {
            await dashboards.School.ConnectAsync(cancel);
            return await SeesAllAsync(dashboards.School);
        });

        async Task<string> SeesAllAsync(Dashboard dashboard)
        {
            foreach (var (visit, survey) in ((Guid, OpenSurvey)[])[(visits.First, first), (visits.Second, second)])
            {
                var completed = await dashboard.SeesAsync(
                    "a visit completed", e => e.Type == Completed && e.Subject == visit, cancel);
                var opened = await dashboard.SeesAsync(
                    "its survey opened", e => e.Type == Opened && e.Subject == survey.Id, cancel);
                Expect.That(completed.Position < opened.Position, "A survey opened before its visit was completed.");
            }

            return "completed, then its survey opened; twice";
        }
    }

    private async Task AnswerAsync(string who, string link, int conversation, int helpful, CancellationToken cancel)
    {
        await narrator.StepAsync($"{who} opens its link and answers; an incomplete answer is refused", async () =>
        {
            var survey = (await anybody.GetAsync(link, cancel)).As<LinkedSurvey>();
            (await anybody.PostAsync(link, new { answers = new { conversation } }, cancel))
                .IsRefused(HttpStatusCode.BadRequest, "request.invalid");
            (await anybody.PostAsync(link, new { answers = new { conversation, helpful, comment = "谢谢老师" } }, cancel)).IsDone();
            return $"{survey.Questions.Count} questions, the last one optional";
        });
    }

    private async Task AnswerAgainAsync(string link, CancellationToken cancel)
    {
        var survey = (await anybody.GetAsync(link, cancel)).As<LinkedSurvey>();
        var again = new { answers = new { conversation = 3, helpful = 7 } };
        await narrator.StepAsync(
            survey.MayChange ? "The policy lets a family change its answer: it changes, and stays one" : "A family answers once",
            async () =>
            {
                var before = await ResultsAsync(cancel);
                var answer = await anybody.PostAsync(link, again, cancel);
                if (!survey.MayChange)
                    return answer.IsRefused(HttpStatusCode.Conflict, "surveys.answered-already");
                answer.IsDone();
                var after = await ResultsAsync(cancel);
                Expect.Equal(before.Invited, after.Invited, "The number of families invited");
                return "changed";
            });
    }

    private async Task<Results> ResultsAsync(CancellationToken cancel) =>
        (await people.SchoolAdmin.GetAsync($"/api/surveys/results?node=class&id={scene.Class.Id}", cancel)).As<Results>();

    private sealed record OpenSurvey(Guid Id, Guid VisitId, DateTimeOffset ClosesAt, Uri Url);

    private sealed record LinkedSurvey(IReadOnlyList<Question> Questions, bool MayChange);

    private sealed record Question(string Id);

    private sealed record Results(int Invited, int Answers);
}
