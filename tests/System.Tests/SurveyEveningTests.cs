using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.SystemTests;

/// <summary>
/// SUR-6: families answer through the gateway while the service, its database and the broker are killed, one after another. Each
/// family answers a number of its own, so that results say of every single answer whether it is there, and how often: of anonymous
/// ones, too.
/// </summary>
[Collection("servers")] // it kills servers
public sealed class SurveyEveningTests : IAsyncLifetime
{
    private const int Schools = 2;
    private const int Families = Schools * ((3 * 60) + (2 * 3)); // of each round
    private const int Writers = 16;

    // Of classes that are smaller than results may show, so that what is left when a round closes is always enough to be shown.
    private static readonly int[] ClassSizes = [60, 60, 60, 3, 3];

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private readonly string batchKeys = Directory.CreateTempSubdirectory("homeschool-batches-").FullName;
    private readonly Guid district = Guid.CreateVersion7();
    private readonly ConcurrentDictionary<Family, bool> taken = new();
    private readonly ConcurrentQueue<string> refused = new();
    private readonly CancellationTokenSource wrong = new();

    // What the second, third and last quarter of the families wait for: so that each kill meets families who answer.
    private readonly TaskCompletionSource[] killed = [new(), new(), new()];

    private Servers servers = null!;
    private TestIdentity identity = null!;
    private ServiceProcess surveys = null!;
    private ServiceProcess gateway = null!;
    private string database = "";
    private Task answering = Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        identity = await TestIdentity.StartAsync();
        database = await servers.CreateDatabaseAsync();
        var (port, gatewayPort) = (ServiceProcess.FreePort(), ServiceProcess.FreePort());
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__surveys-db"] = database,
            ["ConnectionStrings__keys-db"] = await servers.CreateDatabaseAsync(),
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["Keys__Master"] = WholeSystem.MasterKey,
            ["PublicUrl"] = $"http://127.0.0.1:{gatewayPort}",
            ["Surveys__BatchKeys"] = batchKeys,
        };
        foreach (var nobody in (string[])["archives", "visits", "insights", "activities", "messages"])
            settings[$"services__{nobody}__http__0"] = "http://127.0.0.1:9";
        settings["services__surveys__http__0"] = $"http://127.0.0.1:{port}";
        settings["services__identity__http__0"] = identity.Address;
        var assembly = WholeSystem.Built("services/Surveys", "Surveys");
        await ServiceProcess.RunAsync(assembly, "migrate", settings);
        surveys = new ServiceProcess(assembly, settings, port);
        gateway = new ServiceProcess(WholeSystem.Built("gateway", "Gateway"), settings, gatewayPort);
        await Task.WhenAll(surveys.StartAsync(), gateway.StartAsync());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await wrong.CancelAsync();
        await answering.ContinueWith(_ => { }, TaskScheduler.Default);
        await gateway.DisposeAsync();
        await surveys.DisposeAsync();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
        wrong.Dispose();
        Directory.Delete(batchKeys, recursive: true);
    }

    [Fact]
    [Trait("Rule", "SUR-6")]
    [Trait("Rule", "SUR-3")]
    [Trait("Goal", "R1")]
    public async Task No_answer_is_lost_or_counts_twice_when_service_database_and_broker_are_killed_while_families_answer()
    {
        await EnrolAsync();
        var definition = await MakeAsync("/api/surveys/definitions", new
        {
            districtId = district,
            kind = SurveyKind.Designed,
            content = new { title = Text("今晚"), pages = new[] { new { questions = new[] { Number() } } } },
        });
        var rounds = new Dictionary<SurveyPrivacy, Guid>();
        var families = new List<Family>();
        foreach (var privacy in (SurveyPrivacy[])[SurveyPrivacy.Confidential, SurveyPrivacy.Anonymous])
        {
            rounds[privacy] = await MakeAsync("/api/surveys/rounds", new
            {
                districtId = district,
                definitionId = definition,
                privacy,
                mayChange = false,
                closesAt = TimeProvider.System.GetUtcNow().AddDays(1),
            });
            families.AddRange((await LinksAsync(rounds[privacy])).Select((link, i) => new Family(privacy, i, link)));
        }

        var all = families.ToArray();
        new Random(20261123).Shuffle(all);
        answering = AnswerAsync(all);

        await TakenAsync(all.Length / 12);
        await surveys.KillAsync();
        await RefusedOnceKilledAsync(0);
        await surveys.StartAsync();

        await TakenAsync((all.Length / 4) + 1);
        await Servers.ControlAsync("postgres", "kill");
        NpgsqlConnection.ClearAllPools();
        await RefusedOnceKilledAsync(1);
        await Servers.ControlAsync("postgres", "start");

        await TakenAsync((all.Length / 2) + 1);
        await Servers.ControlAsync("rabbitmq", "kill");
        try
        {
            killed[2].SetResult();
            await TakenAsync(all.Length * 5 / 6); // nobody who answers needs the broker
        }
        finally
        {
            await Servers.ControlAsync("rabbitmq", "start");
        }

        await TakenAsync(all.Length);
        await answering;
        await CloseAsync(rounds.Values);
        foreach (var (privacy, round) in rounds)
            await ReconcileAsync(privacy, round);
        (await Eventually.GetAsync(() => CountAsync("SELECT count(*) FROM platform.outbox"), waiting => waiting == 0, seconds: 60))
            .ShouldBe(0, "events wait although the broker is back");
    }

    // Each writer sends one answer after another, a few a second, so that the evening lasts until all is killed.
    private Task AnswerAsync(Family[] all)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            try
            {
                using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
                while (Interlocked.Increment(ref next) is var i && i < all.Length)
                {
                    if (i * 4 / all.Length is > 0 and var quarter)
                        await killed[quarter - 1].Task.WaitAsync(wrong.Token);
                    await pace.WaitForNextTickAsync(wrong.Token);
                    await UntilTakenAsync(all[i]);
                }
            }
            catch
            {
                await wrong.CancelAsync(); // the others need not go on
                throw;
            }
        }));
    }

    // As a browser or a program does: again with the same key, when it was refused for now or nothing came back.
    private async Task UntilTakenAsync(Family family)
    {
        var key = Guid.CreateVersion7().ToString();
        var tries = 0;
        while (!wrong.IsCancellationRequested)
        {
            var again = TimeSpan.FromMilliseconds(100);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, family.Link)
                {
                    Content = JsonContent.Create(new { answers = new { mine = family.Number } }),
                    Headers = { { "Idempotency-Key", key } },
                };
                using var answer = await gateway.Client.SendAsync(request, wrong.Token);
                // Of an anonymous answer no key is kept: 409 says that it had arrived.
                if (answer.StatusCode == HttpStatusCode.NoContent
                    || (answer.StatusCode == HttpStatusCode.Conflict && family.Privacy == SurveyPrivacy.Anonymous && tries > 0))
                {
                    taken.TryAdd(family, true).ShouldBeTrue();
                    return;
                }

                var said = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(wrong.Token)}";
                refused.Enqueue(said);
                answer.StatusCode.ShouldBeOneOf(
                    [HttpStatusCode.TooManyRequests, HttpStatusCode.ServiceUnavailable], $"{family}, try {tries}: {said}");
                again = answer.Headers.RetryAfter.ShouldNotBeNull(said).Delta.ShouldNotBeNull(said);
            }
            catch (HttpRequestException e)
            {
                refused.Enqueue(e.Message); // cut off in the middle of the reply
            }

            tries++;
            await Task.Delay(again, wrong.Token);
        }
    }

    private async Task TakenAsync(int atLeast)
    {
        // Longer than any server takes to come back, with the time that it is not asked again.
        var count = await Eventually.GetAsync(
            () => Task.FromResult(taken.Count), count => count >= atLeast || wrong.IsCancellationRequested, seconds: 40);
        if (wrong.IsCancellationRequested)
            await answering;
        count.ShouldBeGreaterThanOrEqualTo(
            atLeast, $"nothing more is taken; the last refusals: {string.Join("; ", refused.Reverse().Take(5))}\n{surveys.Output}");
    }

    // The next families answer, in vain.
    private async Task RefusedOnceKilledAsync(int which)
    {
        var before = refused.Count;
        killed[which].SetResult();
        (await Eventually.GetAsync(() => Task.FromResult(refused.Count), count => count > before || wrong.IsCancellationRequested))
            .ShouldBeGreaterThan(before, "what was killed still answers");
    }

    private async Task CloseAsync(IEnumerable<Guid> rounds)
    {
        foreach (var round in rounds)
        {
            using var closed = await AskAsync(HttpMethod.Post, $"/api/surveys/rounds/{round}/close", null);
            // Results are final a minute after the end, when no answer can be under way: as if the minute were over.
            await CountAsync(
                $"""
                WITH ended AS (UPDATE survey_round SET closes_at = closes_at - interval '2 minutes' WHERE id = '{round}'),
                    over AS (UPDATE invitation SET closes_at = closes_at - interval '2 minutes' WHERE round_id = '{round}')
                SELECT 0::bigint
                """);
        }
    }

    private async Task ReconcileAsync(SurveyPrivacy privacy, Guid round)
    {
        var results = await Eventually.GetAsync(
            () => GetAsync<Shown>($"/api/surveys/results?node=district&id={district}&roundId={round}"),
            shown => shown.Answers >= Families);
        results.Answers.ShouldBe(Families, $"{privacy}");
        results.Invited.ShouldBe(Families);
        var given = results.Questions.ShouldHaveSingleItem().Distribution;
        Enumerable.Range(0, Families).Where(number => !given.ContainsKey(Name(number))).ShouldBeEmpty($"{privacy}: lost");
        given.Where(answers => answers.Value != 1).ShouldBeEmpty($"{privacy}: counted twice");

        (await CountAsync($"SELECT count(*) FROM invitation WHERE answered AND round_id = '{round}'")).ShouldBe(Families);
        (await CountAsync(privacy == SurveyPrivacy.Anonymous
            ? $"SELECT count(*) + (SELECT count(*) FROM staged_answer) FROM anonymous_answer WHERE round_id = '{round}'"
            : $"SELECT count(*) FROM answer JOIN invitation i ON i.id = invitation_id WHERE i.round_id = '{round}'")).ShouldBe(Families);
        // That an anonymous answer came is written nowhere.
        (await CountAsync($"SELECT count(*) FROM platform.audit WHERE action = 'AnswerSurvey' AND subject_id = '{round}'"))
            .ShouldBe(privacy == SurveyPrivacy.Anonymous ? 0 : Families);
    }

    private async Task EnrolAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var since = DateOnly.FromDateTime(now.UtcDateTime).AddDays(-60);
        await using var broker = await RawBroker.ConnectAsync(servers.RabbitMq);
        for (var s = 0; s < Schools; s++)
        {
            var school = Guid.CreateVersion7();
            await broker.PublishAsync(new SchoolChanged(district, school, 1, now, "今晚中学", null));
            foreach (var size in ClassSizes)
            {
                var @class = Guid.CreateVersion7();
                await broker.PublishAsync(new RosterChanged(
                    district, school, 1, now, [new RosterClass(@class, "班", "07", null)],
                    [.. Enumerable.Range(0, size).Select(_ => new RosterEnrolment(
                        Guid.CreateVersion7(), Guid.CreateVersion7(), @class, "07", since, null))], []));
            }
        }

        (await Eventually.GetAsync(() => CountAsync("SELECT count(*) FROM enrolment"), count => count == Families)).ShouldBe(Families);
    }

    private Task<List<Uri>> LinksAsync(Guid round) => Eventually.GetAsync(
        async () =>
        {
            var links = new List<Uri>();
            string? after = null;
            do
            {
                var page = await GetAsync<Page<Handed>>($"/api/surveys/invitations?roundId={round}&size=100&after={after}");
                links.AddRange(page.Items.Select(one => one.Url));
                after = page.Next;
            }
            while (after is not null);
            return links;
        },
        links => links.Count == Families);

    private async Task<Guid> MakeAsync(string address, object body)
    {
        using var answer = await AskAsync(HttpMethod.Post, address, body);
        return (await answer.Content.ReadFromJsonAsync<Made>(Web))!.Id;
    }

    private async Task<T> GetAsync<T>(string address)
    {
        using var answer = await AskAsync(HttpMethod.Get, address, null);
        return (await answer.Content.ReadFromJsonAsync<T>(Web))!;
    }

    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, string address, object? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, UriKind.Relative))
        {
            Content = body is null ? null : JsonContent.Create(body, options: Json.Options),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", identity.Token(TestIdentity.DistrictAdmin(district)));
        var answer = await gateway.Client.SendAsync(request);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{address}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return answer;
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static object Number() =>
        new { id = "mine", type = "number", text = Text("您的号码"), required = true, lowest = 0, highest = Families - 1 };

    private static object Text(string text) => new { zh = text, en = text };

    private static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Who answers one round.</summary>
    private sealed record Family(SurveyPrivacy Privacy, int Number, Uri Link);

    private sealed record Made(Guid Id);

    private sealed record Handed(Uri Url);

    private sealed record Shown(int Invited, int Answers, Counted[] Questions);

    private sealed record Counted(string Id, Dictionary<string, int> Distribution);
}
