using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>Completed visits open their satisfaction surveys by themselves; the families answer (SUR-2 to SUR-5).</summary>
internal sealed class SurveyChapter(
    Client anybody, Scene scene, People people, Dashboards dashboards, Visits visits, Narrator narrator)
{
    private const string Completed = "homeschool.visits.visit-completed";
    private const string Opened = "homeschool.surveys.survey-opened";

    /// <summary>Both families answer.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        var (first, second) = await narrator.StepAsync("Each family's satisfaction survey has opened by itself", async () =>
        {
            var opened = (await OpenedAsync(visits.First, cancel), await OpenedAsync(visits.Second, cancel));
            return (opened, $"both open {narrator.Milliseconds(visits.CompletedAt)} ms after the gateway's answer at the latest");
        });
        await narrator.StepAsync("The district's dashboard saw visits completed and surveys opened as it happened", () =>
            SeesAllAsync(dashboards.District, first, second, cancel));
        await narrator.StepAsync("The school's dashboard comes back with its Last-Event-ID and sees what it missed", async () =>
        {
            await dashboards.School.ConnectAsync(cancel);
            return await SeesAllAsync(dashboards.School, first, second, cancel);
        });

        string? own = null;
        if (people.Guardian is { } guardian)
        {
            await narrator.StepAsync("The first family's guardian signs in and finds this survey alone", async () =>
            {
                var mine = (await guardian.GetAsync("/api/surveys/mine", cancel)).As<List<OpenSurvey>>();
                Expect.Equal(first.Id, mine.SingleOrDefault()?.Id, "The guardian's only survey");
                own = mine[0].Url.PathAndQuery;
                return $"open until {first.ClosesAt:yyyy-MM-dd}";
            });
        }

        var link = first.Url.PathAndQuery;
        await AnswerAsync("The first family", link, 5, 10, cancel);
        await AnswerAsync("The second family", second.Url.PathAndQuery, 4, 8, cancel);
        await AnswerAgainAsync(link, own, cancel);
        await ResultsAreSafeAsync(cancel);
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

    private static async Task<string> SeesAllAsync(
        Dashboard dashboard, OpenSurvey first, OpenSurvey second, CancellationToken cancel)
    {
        foreach (var survey in (OpenSurvey[])[first, second])
        {
            var completed = await dashboard.SeesAsync(
                "a visit completed", e => e.Type == Completed && e.Subject == survey.VisitId, cancel);
            var opened = await dashboard.SeesAsync(
                "its survey opened", e => e.Type == Opened && e.Subject == survey.Id, cancel);
            Expect.That(completed.Position < opened.Position, "A survey opened before its visit was completed.");
        }

        return "completed, then its survey opened; twice";
    }

    private Task AnswerAsync(string who, string link, int conversation, int helpful, CancellationToken cancel) =>
        narrator.StepAsync($"{who} opens its link and answers; an incomplete answer is refused", async () =>
        {
            var survey = (await anybody.GetAsync(link, cancel)).As<LinkedSurvey>();
            (await anybody.PostAsync(link, new { answers = new { conversation } }, cancel))
                .IsRefused(HttpStatusCode.BadRequest, "request.invalid");
            (await anybody.PostAsync(link, new { answers = new { conversation, helpful, comment = "谢谢老师" } }, cancel)).IsDone();
            return $"{survey.Pages.Sum(page => page.Questions.Count)} questions, the last one optional";
        });

    private async Task AnswerAgainAsync(string link, string? own, CancellationToken cancel)
    {
        var again = new { answers = new { conversation = 3, helpful = 7 } };
        await narrator.StepAsync("Whoever else has the link cannot put another answer in its place", async () =>
            (await anybody.PostAsync(link, again, cancel)).IsRefused(HttpStatusCode.Conflict, "surveys.answered-already"));
        if (own is null)
            return;
        await narrator.StepAsync("The family changes its answer by the link that is its own", async () =>
        {
            (await anybody.PostAsync(own, again, cancel)).IsDone();
            return "changed";
        });
    }

    private async Task ResultsAreSafeAsync(CancellationToken cancel)
    {
        var path = $"/api/surveys/results?node=class&id={scene.Class.Id}";
        await narrator.StepAsync("Results of fewer than five answers are not shown: nobody can be guessed", async () =>
        {
            var results = (await people.SchoolAdmin.GetAsync(path, cancel)).As<Results>();
            Expect.That(results.Invited >= 2, $"{results.Invited} families are invited.");
            Expect.That(results.Answers is 0 or >= 5, $"{results.Answers} answers are shown.");
            return $"{results.Invited} families of the class invited, {results.Answers} answers shown";
        });
        if (people.Strangers is not var (_, stranger))
            return;
        await narrator.StepAsync("Another school's teacher sees neither the surveys nor the results", async () =>
        {
            var open = await stranger.ListAsync<OpenSurvey>($"/api/surveys/invitations?visitId={visits.First}", cancel);
            Expect.Equal(0, open.Count, "The number of surveys that the stranger sees");
            return (await stranger.GetAsync(path, cancel)).IsRefused(HttpStatusCode.NotFound, "request.not-found");
        });
    }

    private sealed record OpenSurvey(Guid Id, Guid VisitId, DateTimeOffset ClosesAt, Uri Url);

    private sealed record LinkedSurvey(IReadOnlyList<QuestionPage> Pages);

    private sealed record QuestionPage(IReadOnlyList<Question> Questions);

    private sealed record Question(string Id);

    private sealed record Results(int Invited, int Answers);
}
