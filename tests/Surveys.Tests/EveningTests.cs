using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-6: a whole district answers in one evening. Answers of one moment are one commit, none spoils another, and who
/// would have to wait for too long is sent away before anybody is slow.</summary>
[Trait("Rule", "SUR-6")]
public sealed class EveningTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    public async Task Answers_of_one_moment_are_one_commit_and_what_is_wrong_with_one_concerns_it_alone()
    {
        var links = await OpenAsync(SurveyPrivacy.Confidential, families: 21);
        Task<HttpResponseMessage> first, wrong, unreadable, twice;
        List<Task<HttpResponseMessage>> good;
        await using (await HoldAsync(links[0]))
        {
            first = AnswerAsync(links[0]);
            await WaitingAsync(); // while it waits for its row, the others gather
            wrong = system.As().PostAsJsonAsync(links[1], new { answers = new { topics = "none" } });
            unreadable = system.As().PostAsync(links[2], new StringContent("{", System.Text.Encoding.UTF8, "application/json"));
            good = [.. links[1..].Select(AnswerAsync)];
            twice = AnswerAsync(links[0]);
            await GatheredAsync(good.Count + 2);
        }

        (await first).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await wrong).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await unreadable).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await twice).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await Task.WhenAll(good)).ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.NoContent);
        (await CountAsync("SELECT count(*) FROM answer WHERE school_id = $1")).ShouldBe(21);
        (await CountAsync("SELECT count(DISTINCT xmin::text) FROM answer WHERE school_id = $1")).ShouldBeLessThanOrEqualTo(3);
        (await CountAsync("SELECT sum(shown + staged_first)::bigint FROM cell WHERE school_id = $1")).ShouldBe(21);
        (await CountAsync("SELECT count(*) FROM platform.audit WHERE school_id = $1 AND action = 'AnswerSurvey'")).ShouldBe(21);
    }

    [Fact]
    public async Task An_answer_that_the_database_refuses_fails_alone()
    {
        var links = await OpenAsync(SurveyPrivacy.Confidential, families: 10);
        var bad = InvitationOf(links[5]);
        await system.RowsAsync(
            $"""
            CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $f$
            BEGIN IF NEW.invitation_id = '{bad}' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $f$;
            CREATE TRIGGER refuse_one BEFORE INSERT ON answer FOR EACH ROW EXECUTE FUNCTION refuse_one()
            """, _ => 0);
        try
        {
            Task<HttpResponseMessage>[] answers;
            await using (await HoldAsync(links[0]))
            {
                var first = AnswerAsync(links[0]);
                await WaitingAsync();
                answers = [first, .. links[1..].Select(AnswerAsync)];
                await GatheredAsync(answers.Length - 1);
            }

            var statuses = (await Task.WhenAll(answers)).Select(answer => answer.StatusCode).ToArray();
            statuses[5].ShouldBe(HttpStatusCode.InternalServerError);
            statuses.Count(status => status == HttpStatusCode.NoContent).ShouldBe(9);
        }
        finally
        {
            await system.RowsAsync("DROP FUNCTION refuse_one CASCADE", _ => 0);
        }

        (await CountAsync("SELECT count(*) FROM answer WHERE school_id = $1")).ShouldBe(9);
        (await CountAsync("SELECT sum(shown + staged_first)::bigint FROM cell WHERE school_id = $1")).ShouldBe(9);
        (await AnswerAsync(links[5])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Who_would_wait_for_too_long_is_refused_at_once_with_the_form_as_it_was_filled_in_and_who_was_let_in_is_stored()
    {
        var links = await OpenAsync(SurveyPrivacy.Confidential, families: 400);
        var sent = new List<Task<HttpResponseMessage>>();
        TimeSpan took;
        HttpResponseMessage page;
        await using (await HoldAsync(links[0]))
        {
            sent.Add(AnswerAsync(links[0]));
            await WaitingAsync();
            var refusal = await Eventually.GetAsync(
                () =>
                {
                    sent.Add(AnswerAsync(links[sent.Count]));
                    return Task.FromResult(sent.Find(one => one.IsCompletedSuccessfully));
                },
                refused => refused is not null);
            var answer = await refusal!;
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull();
            (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe("surveys.busy");

            using var browser = system.As();
            browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
            browser.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
            using var form = new FormUrlEncodedContent([new("topics", "reading"), new("topics", "exams"), new("worries", "<b>夜里\"睡\"不好</b>")]);
            var watch = Stopwatch.StartNew();
            page = await browser.PostAsync(links[^1], form);
            took = watch.Elapsed;
        }

        took.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        page.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        page.Headers.RetryAfter.ShouldNotBeNull();
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("Many families are answering right now");
        html.ShouldContain("""<input type="hidden" name="topics" value="exams">""");
        html.ShouldContain("&lt;b&gt;夜里&quot;睡&quot;不好&lt;/b&gt;");

        var statuses = (await Task.WhenAll(sent)).Select(answer => answer.StatusCode).ToArray();
        statuses.ShouldBeSubsetOf([HttpStatusCode.NoContent, HttpStatusCode.ServiceUnavailable]);
        (await CountAsync("SELECT count(*) FROM answer WHERE school_id = $1"))
            .ShouldBe(statuses.Count(status => status == HttpStatusCode.NoContent));
        (await AnswerAsync(links[^1])).StatusCode.ShouldBe(HttpStatusCode.NoContent); // it has caught up
    }

    [Fact]
    public async Task However_many_answer_results_tell_it_about_once_a_second_and_in_the_end_all_of_it()
    {
        var links = await OpenAsync(SurveyPrivacy.Confidential, families: 60);
        var watch = Stopwatch.StartNew();
        foreach (var link in links)
            (await AnswerAsync(link)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        const string Told =
            """
            FROM (SELECT name, school_id, payload FROM platform.outbox UNION ALL SELECT name, school_id, payload FROM platform.event_log) e
            WHERE name = 'surveys.answers-counted' AND school_id = $1
            """;
        (await Eventually.GetAsync(
            () => CountAsync($"SELECT coalesce(max((payload::jsonb ->> 'answers')::bigint), 0) {Told}"), answers => answers == 60)).ShouldBe(60);
        (await CountAsync($"SELECT count(*) {Told}")).ShouldBeLessThanOrEqualTo(2 + (long)watch.Elapsed.TotalSeconds);
    }

    [Theory]
    [InlineData(SurveyPrivacy.Confidential)]
    [InlineData(SurveyPrivacy.Anonymous)]
    public async Task No_answer_that_was_taken_is_lost_and_none_counts_twice_when_the_service_is_killed_meanwhile(SurveyPrivacy privacy)
    {
        const int Families = 600;
        var links = await OpenAsync(privacy, Families);
        await using var service = await system.StartReplicaAsync();
        var taken = new ConcurrentDictionary<Uri, bool>();
        var next = -1;
        var answering = Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var i && i < Families)
                await UntilAnsweredAsync(links[i]);
        }));
        for (var kill = 1; kill <= 3; kill++)
        {
            var after = kill * Families / 5;
            await Eventually.GetAsync(() => Task.FromResult(taken.Count), count => count >= after);
            await service.KillAsync();
            await service.StartAsync();
        }

        await answering;
        taken.Count.ShouldBe(Families);
        var stored = privacy == SurveyPrivacy.Anonymous
            ? "SELECT (SELECT count(*) FROM staged_answer WHERE school_id = $1) + (SELECT count(*) FROM anonymous_answer WHERE school_id = $1)"
            : "SELECT count(*) FROM answer WHERE school_id = $1";
        (await CountAsync(stored)).ShouldBe(Families);
        (await CountAsync("SELECT count(*) FROM invitation WHERE answered AND school_id = $1")).ShouldBe(Families);
        (await CountAsync("SELECT sum(shown + staged_first)::bigint FROM cell WHERE school_id = $1")).ShouldBe(Families);

        // As a browser does: again, when nothing came back. 409 says that it had arrived.
        async Task UntilAnsweredAsync(Uri link)
        {
            while (!taken.ContainsKey(link))
            {
                try
                {
                    using var answer = await service.Client.PostAsJsonAsync(link, new { answers = RoundTests.Needs });
                    if (answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Conflict)
                        taken[link] = true;
                    else
                        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                }
                catch (HttpRequestException)
                {
                    await Task.Delay(20);
                }
            }
        }
    }

    [Theory]
    [InlineData(SurveyPrivacy.Confidential)]
    [InlineData(SurveyPrivacy.Anonymous)]
    [Trait("Rule", "SUR-3")]
    [Trait("Goal", "R8")]
    public async Task One_answer_an_invitation_whoever_sends_many_at_the_same_time_through_several_replicas(SurveyPrivacy privacy)
    {
        const int Writers = 24;
        const int ToEach = 20;
        var attempts = int.Parse(Environment.GetEnvironmentVariable("HOMESCHOOL_ATTEMPTS") ?? "2000", CultureInfo.InvariantCulture);
        var links = await OpenAsync(privacy, Math.Max(1, attempts / ToEach));
        await using var other = await system.StartReplicaAsync();
        HttpClient[] replicas = [system.As(), other.Client];
        // All that are sent to one family are sent at about the same time.
        var targets = links.SelectMany(link => Enumerable.Repeat(link, ToEach)).ToArray();
        var answers = new ConcurrentDictionary<HttpStatusCode, int>();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            while (Interlocked.Increment(ref next) is var i && i < targets.Length)
            {
                using var answer = await replicas[(i + writer) % 2].PostAsJsonAsync(targets[i], new { answers = RoundTests.Needs });
                answers.AddOrUpdate(answer.StatusCode, 1, (_, count) => count + 1);
            }
        }));

        foreach (var (status, count) in answers)
            TestContext.Current.TestOutputHelper?.WriteLine($"{status,-20} {count,7}");
        answers.Keys.ShouldBeSubsetOf([HttpStatusCode.NoContent, HttpStatusCode.Conflict]);
        answers[HttpStatusCode.NoContent].ShouldBe(links.Length);
        answers.Values.Sum().ShouldBe(targets.Length);
        (await CountAsync("SELECT count(*) FROM invitation WHERE answered AND school_id = $1")).ShouldBe(links.Length);
        (await CountAsync("SELECT sum(shown + staged_first)::bigint FROM cell WHERE school_id = $1")).ShouldBe(links.Length);
        (await CountAsync(
            """
            SELECT (SELECT count(*) FROM answer WHERE school_id = $1) + (SELECT count(*) FROM staged_answer WHERE school_id = $1)
                + (SELECT count(*) FROM anonymous_answer WHERE school_id = $1)
            """)).ShouldBe(links.Length);
    }

    // A round of the ready-made needs survey whose answers cannot be changed.
    private async Task<Uri[]> OpenAsync(SurveyPrivacy privacy, int families)
    {
        foreach (var chunk in Enumerable.Range(0, families).Chunk(500))
            await school.EnrolAsync(chunk.Length);
        var round = await school.OpenRoundAsync(school.Officer, new
        {
            districtId = school.District,
            schoolId = school.Id,
            readyMade = SurveyKind.Needs,
            privacy,
            mayChange = false,
            closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
        });
        var links = await system.LinksAsync(round);
        links.Length.ShouldBe(families);
        return links;
    }

    private Task<HttpResponseMessage> AnswerAsync(Uri link) => system.As().PostAsJsonAsync(link, new { answers = RoundTests.Needs });

    private Task<Npgsql.NpgsqlConnection> HoldAsync(Uri link) =>
        system.HoldAsync("SELECT FROM invitation WHERE id = $1 FOR UPDATE", InvitationOf(link));

    // Until a statement of the service waits for a lock.
    private async Task WaitingAsync() => (await Eventually.GetAsync(
        () => system.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
        waiting => waiting > 0)).ShouldBeGreaterThan(0);

    private async Task GatheredAsync(int answers) =>
        (await Eventually.GetAsync(() => Task.FromResult(system.WaitingAnswers), waiting => waiting >= answers)).ShouldBe(answers);

    private static Guid InvitationOf(Uri link)
    {
        var token = System.Buffers.Text.Base64Url.DecodeFromChars(link.OriginalString.Split('/')[^1]);
        return new Guid(token.AsSpan(16, 16));
    }

    private Task<long> CountAsync(string sql) => system.ScalarAsync<long>(sql, school.Id);
}
