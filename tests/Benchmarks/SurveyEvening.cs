using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>A district whose families are asked twelve questions, again and again.</summary>
internal sealed class SurveyEvening
{
    /// <summary>How many families are asked.</summary>
    public const int Families = Schools * ClassesOfSchool * ClassSize;

    private const int Schools = 8;
    private const int ClassesOfSchool = 20;
    private const int ClassSize = 50;
    private const int IdLength = 16;

    // Two of each scale, so that options differ from family to family as they would.
    private static readonly byte[][] Bodies = [.. Enumerable.Range(0, 1_000).Select(i => JsonSerializer.SerializeToUtf8Bytes(new
    {
        answers = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["overall"] = 1 + (i % 5),
            ["recommend"] = i % 11,
            ["statements"] = new { heard = Agreed(i), informed = Agreed(i / 3), welcome = Agreed(i / 7) },
            ["homework"] = 1 + (i / 2 % 5),
            ["teachers"] = 1 + (i / 3 % 5),
            ["visits"] = 1 + (i / 5 % 5),
            ["safety"] = 1 + (i / 7 % 5),
            ["meals"] = 1 + (i / 11 % 5),
            ["channel"] = ((string[])["phone", "message", "visit"])[i % 3],
            ["topics"] = i % 2 == 0 ? (string[])["reading"] : ["sports", "health"],
            ["hours"] = i % 20,
            ["improve"] = "希望多一些亲子阅读活动，作业少一点。" + i.ToString(CultureInfo.InvariantCulture),
        },
    }))];

    private readonly WholeSystem system;
    private readonly NpgsqlDataSource database;
    private readonly AuthenticationHeaderValue admin;
    private readonly Guid district = Guid.CreateVersion7();
    private readonly SignedLinks links;
    private Guid definition;

    private SurveyEvening(WholeSystem system, NpgsqlDataSource database, TestIdentity issuer)
    {
        (this.system, this.database) = (system, database);
        admin = new AuthenticationHeaderValue("Bearer", issuer.Token(TestIdentity.DistrictAdmin(district)));
        // As the service makes them: to ask for the links of thousands would draw as many QR codes.
        links = new SignedLinks(
            new ConfigurationBuilder().AddInMemoryCollection(
                [new("Keys:Master", WholeSystem.MasterKey), new("PublicUrl", $"{system.Gateway.BaseAddress}")]).Build(),
            "surveys/answer-link", "/api/surveys/answers/", 2 * IdLength);
    }

    /// <summary>Tells the services of the district, and designs the survey.</summary>
    public static async Task<SurveyEvening> StartAsync(WholeSystem system, NpgsqlDataSource database, TestIdentity issuer)
    {
        var evening = new SurveyEvening(system, database, issuer);
        await evening.PublishRosterAsync();
        evening.definition = await evening.MakeAsync("/api/surveys/definitions", new
        {
            districtId = evening.district,
            kind = SurveyKind.Designed,
            content = new { title = Text("家校共育调研"), pages = new[] { new { questions = Questions() } } },
        });
        return evening;
    }

    /// <summary>What the nth family answers.</summary>
    public ByteArrayContent Body(int nth) =>
        new(Bodies[nth % Bodies.Length]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    /// <summary>Opens so many rounds and waits until all families are invited to each.</summary>
    public async Task<OpenSurveys> OpenAsync(SurveyPrivacy privacy, int rounds)
    {
        var (ids, addresses) = (new List<Guid>(), new List<Uri>());
        while (ids.Count < rounds)
            ids.Add(await OpenAsync(privacy, addresses));
        var shuffled = addresses.ToArray();
        new Random(1).Shuffle(shuffled);
        return new OpenSurveys(ids, shuffled);
    }

    /// <summary>Waits until all answers are counted: shown, or fewer in a class than results may advance by (of anonymous ones
    /// that means mixed); and until all of it is told and no event waits.</summary>
    public Task CountedAsync(OpenSurveys surveys) => Rows.UntilAsync(
        () => Rows.ScalarAsync<long>(database,
            $"""
            SELECT coalesce(sum(shown + staged_first) FILTER (WHERE staged < 5), 0)
                - (SELECT count(*) FROM untold_count) - (SELECT count(*) FROM platform.outbox)
            FROM cell WHERE round_id IN ({string.Join(',', surveys.Rounds.Select(round => $"'{round}'"))})
            """),
        surveys.Links.Count);

    /// <summary>Ends the run unless what is stored and what results say is what was answered.</summary>
    public async Task CheckAsync(Guid round, SurveyPrivacy privacy)
    {
        var stored = privacy == SurveyPrivacy.Anonymous
            ? $"""
              SELECT (SELECT count(*) FROM anonymous_answer WHERE round_id = '{round}')
                  + (SELECT count(*) FROM staged_answer s JOIN cell c USING (school_id, batch_id) WHERE c.round_id = '{round}')
              """
            : $"""
              SELECT count(*) FROM answer a JOIN invitation i ON i.school_id = a.school_id AND i.id = a.invitation_id
              WHERE i.round_id = '{round}'
              """;
        Rows.MustBe(await Rows.ScalarAsync<long>(database, stored), Families, "answers");
        Rows.MustBe(
            await Rows.ScalarAsync<long>(database, $"SELECT count(*) FROM invitation WHERE answered AND round_id = '{round}'"),
            Families, "invitations");
        var shown = await Rows.ScalarAsync<long>(database, $"SELECT sum(shown)::bigint FROM cell WHERE round_id = '{round}'");
        var results = await AskAsync<Shown>(
            HttpMethod.Get, $"/api/surveys/results?node=district&id={district}&roundId={round}", null);
        Rows.MustBe(results.Answers, shown, "answers in results");
        Rows.MustBe(results.Questions.Single(question => question.Id == "overall").Given, shown, "answers to a question");
    }

    private async Task<Guid> OpenAsync(SurveyPrivacy privacy, List<Uri> addresses)
    {
        var round = await MakeAsync("/api/surveys/rounds", new
        {
            districtId = district,
            definitionId = definition,
            privacy,
            mayChange = false,
            closesAt = TimeProvider.System.GetUtcNow().AddDays(1),
        });
        await Rows.UntilAsync(
            () => Rows.ScalarAsync<long>(database, $"SELECT count(*) FROM invitation WHERE round_id = '{round}'"), Families);
        await using var command = database.CreateCommand($"SELECT school_id, id FROM invitation WHERE round_id = '{round}'");
        await using var reader = await command.ExecuteReaderAsync();
        var named = new byte[2 * IdLength];
        while (await reader.ReadAsync())
        {
            reader.GetGuid(0).TryWriteBytes(named);
            reader.GetGuid(1).TryWriteBytes(named.AsSpan(IdLength));
            addresses.Add(links.To(named));
        }

        return round;
    }

    private async Task<Guid> MakeAsync(string address, object body) => (await AskAsync<Made>(HttpMethod.Post, address, body)).Id;

    private async Task<T> AskAsync<T>(HttpMethod method, string address, object? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, UriKind.Relative))
        {
            Content = body is null ? null : JsonContent.Create(body, options: Json.Options),
        };
        request.Headers.Authorization = admin;
        using var answer = await system.Gateway.SendAsync(request);
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<T>())!
            : throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }

    private async Task PublishRosterAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var since = DateOnly.FromDateTime(now.UtcDateTime).AddDays(-60);
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        for (var s = 0; s < Schools; s++)
        {
            var school = Guid.CreateVersion7();
            await broker.PublishAsync(new SchoolChanged(district, school, 1, now, "基准中学", null));
            for (var c = 0; c < ClassesOfSchool; c++)
            {
                var @class = Guid.CreateVersion7();
                await broker.PublishAsync(new RosterChanged(
                    district, school, 1, now, [new RosterClass(@class, "班", "07", null)],
                    [.. Enumerable.Range(0, ClassSize).Select(_ => new RosterEnrolment(
                        Guid.CreateVersion7(), Guid.CreateVersion7(), @class, "07", since, null))], []));
            }
        }

        await Rows.UntilAsync(() => Rows.ScalarAsync<long>(database, "SELECT count(*) FROM enrolment"), Families);
        // Visits makes the keys of children who come onto the roll; each is there before its family is asked anything.
        await using var keys = NpgsqlDataSource.Create(system.Databases["Keys"]);
        await Rows.UntilAsync(() => Rows.ScalarAsync<long>(keys, "SELECT count(*) FROM data_key"), Families);
    }

    private static object[] Questions() =>
    [
        Question("overall", "rating", highest: 5),
        Question("recommend", "nps"),
        Question("statements", "matrix", choices: ["no", "partly", "yes"], rows: ["heard", "informed", "welcome"]),
        .. ((string[])["homework", "teachers", "visits", "safety", "meals"]).Select(id => Question(id, "rating", highest: 5)),
        Question("channel", "single", choices: ["phone", "message", "visit"]),
        Question("topics", "multiple", choices: ["reading", "sports", "health"]),
        Question("hours", "number", lowest: 0, highest: 40),
        Question("improve", "text", highest: 500),
    ];

    private static object Question(
        string id, string type, string[]? choices = null, string[]? rows = null, int? lowest = null, int? highest = null) => new
        {
            id,
            type,
            text = Text(id),
            required = true,
            choices = choices?.Select(Choice),
            rows = rows?.Select(Choice),
            lowest,
            highest,
        };

    private static object Choice(string id) => new { id, text = Text(id) };

    private static object Text(string text) => new { zh = text, en = text };

    private static string Agreed(int i) => ((string[])["no", "partly", "yes"])[i % 3];

    private sealed record Made(Guid Id);

    private sealed record Shown(int Answers, Counted[] Questions);

    private sealed record Counted(string Id, int Given);
}

/// <summary>Surveys that are open, and for each a link for each family, in no order.</summary>
/// <param name="Rounds">The rounds.</param>
/// <param name="Links">The addresses that take answers.</param>
internal sealed record OpenSurveys(IReadOnlyList<Guid> Rounds, IReadOnlyList<Uri> Links);
