using System.Diagnostics;
using System.Net;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P1: families of one district answer twelve questions through the gateway, by 64 connections that never rest, one request in
/// ten a second try that is refused; only what was accepted counts, and the time ends when all of it is counted and no outbox
/// holds anything. Beside it <see cref="BareAnswers"/>, which inserts an equal row for each. Then open loop at 70 % of our
/// median. An answer too few, too many or not counted ends the run.
/// </summary>
internal static class P1
{
    private const int Rounds = 5;
    private const int Surveys = 4; // of eight thousand families each: a round takes some seconds
    private const int Answers = Surveys * SurveyEvening.Families;
    private const int Connections = 64;
    private const int OpenLoopSeconds = 10;
    private const double OpenLoopShare = 0.7;

    // The second try comes so much later that the first was answered, as a rule.
    private const int Behind = 4 * Connections;

    public static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("homeschool-batches-").FullName;
        await using var issuer = await TestIdentity.StartAsync();
        await using var system = await WholeSystem.StartAsync(
            ("services__identity__http__0", issuer.Address), // tokens of the benchmark's own
            ("Gateway__AddressPerMinute", "100000000"), ("Gateway__AddressBurst", "1000000"), ("Surveys__BatchKeys", folder));
        await using var surveys = NpgsqlDataSource.Create(system.Databases["Surveys"]);
        var evening = await SurveyEvening.StartAsync(system, surveys, issuer);

        await OursAsync(SurveyPrivacy.Confidential); // warming up
        await using var bare = await BareAnswers.StartAsync(
            system.Databases["Identity"],
            (int)await Rows.ScalarAsync<double>(surveys, "SELECT avg(length(content))::float8 FROM answer"));
        await BareAsync();
        var idle = Memory();
        foreach (var privacy in (SurveyPrivacy[])[SurveyPrivacy.Confidential, SurveyPrivacy.Anonymous])
        {
            List<double> ours = [], limit = [];
            for (var round = 0; round < Rounds; round++)
            {
                ours.Add(await OursAsync(privacy));
                limit.Add(await BareAsync());
            }

            var what = privacy.ToString().ToLowerInvariant();
            Figures.Print("P1", $"{what} answers until all are counted, 64 connections", "answers/s", ours, limit, "≥ 100 %");
            var latencies = await LatenciesAsync(privacy, OpenLoopShare * Figures.Median(ours));
            Figures.Print("P1", $"{what} answers at 70 % of it, p50", "ms", [Figures.Median(latencies)], "–");
            Figures.Print("P1", $"{what} answers at 70 % of it, p99", "ms", [Figures.Percentile(latencies, 99)], "< 250 ms");
        }

        Figures.Print("P1", "memory of Surveys and gateway (PSS), beside before", "MB", [Memory()], [idle], "flat");
        Directory.Delete(folder, recursive: true);

        double Memory() =>
            P11.ProportionalMegabytes(system.Parts["Surveys"].Id) + P11.ProportionalMegabytes(system.Parts["Gateway"].Id);

        async Task<double> OursAsync(SurveyPrivacy privacy)
        {
            var open = await evening.OpenAsync(privacy, Surveys);
            var sent = WithSecondTries(open.Links);
            var statuses = new HttpStatusCode[sent.Length];
            var watch = Stopwatch.StartNew();
            await ClosedLoop.RunAsync(sent.Length, Connections, async i =>
            {
                using var answer = await system.Gateway.PostAsync(open.Links[sent[i]], evening.Body(sent[i]));
                statuses[i] = answer.StatusCode;
            });
            await evening.CountedAsync(open);
            var rate = Answers / watch.Elapsed.TotalSeconds;
            Rows.MustBe(statuses.LongCount(status => status == HttpStatusCode.NoContent), Answers, "accepted");
            Rows.MustBe(statuses.LongCount(status => status < HttpStatusCode.InternalServerError), sent.Length, "answered");
            foreach (var round in open.Rounds)
                await evening.CheckAsync(round, privacy);
            return rate;
        }

        async Task<double> BareAsync()
        {
            await bare.EmptyAsync();
            var ids = Enumerable.Range(0, Answers).Select(_ => Guid.CreateVersion7()).ToArray();
            var watch = Stopwatch.StartNew();
            await ClosedLoop.RunAsync(Answers, Connections, async i =>
            {
                using var answer = await bare.Client.PostAsync(new Uri($"/answers/{ids[i]}", UriKind.Relative), evening.Body(i));
                answer.EnsureSuccessStatusCode();
            });
            var rate = Answers / watch.Elapsed.TotalSeconds;
            Rows.MustBe(await bare.CountAsync(), Answers, "bare");
            return rate;
        }

        async Task<double[]> LatenciesAsync(SurveyPrivacy privacy, double perSecond)
        {
            var count = (int)(perSecond * OpenLoopSeconds);
            var open = await evening.OpenAsync(privacy, 1 + (count / SurveyEvening.Families));
            var milliseconds = new double[count];
            await OpenLoop.RunAsync(perSecond, count, async i =>
            {
                var begin = Stopwatch.GetTimestamp();
                using var answer = await system.Gateway.PostAsync(open.Links[i], evening.Body(i));
                milliseconds[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
                answer.EnsureSuccessStatusCode();
            });
            return milliseconds;
        }
    }

    // After nine first tries a second one, of a family that had its answer before.
    private static int[] WithSecondTries(IReadOnlyList<Uri> links) =>
        [.. Enumerable.Range(0, links.Count).SelectMany(i => i % 9 == 8 ? (int[])[i, i - Math.Min(Behind, i / 2)] : [i])];
}
