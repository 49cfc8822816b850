using System.Net;
using System.Text;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-4: anonymous cannot be undone, neither by who has the database, its log and the broker, nor by who watches results.</summary>
[Trait("Rule", "SUR-4")]
public sealed class AnonymityTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    public async Task An_attacker_with_database_log_and_broker_cannot_pair_invitation_and_answer()
    {
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        var messages = await broker.OverhearAsync();
        const int Families = 20;
        await school.EnrolAsync(Families);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Anonymous);
        var links = await school.LinksAsync(school.Teacher, round);
        var canary = new Canary();
        var (log, traces) = (await LogPositionAsync(), await TracesAsync());
        var lengths = new HashSet<int>();
        for (var i = 0; i < Families; i++)
        {
            (await school.AnswerAsync(links[i], RoundTests.Term(1 + (i % 5), 5, canary.In(new string('长', i * 20) + $"#{i}#"))))
                .StatusCode.ShouldBe(HttpStatusCode.NoContent);
            if (i % 5 < 4)
            {
                // Before mixing: row versions do pair an invitation with its ciphertext, which is what they have.
                var staged = await system.RowsAsync(
                    """
                    SELECT i.id, length(s.content) FROM invitation i JOIN staged_answer s ON i.xmin = s.xmin AND i.school_id = s.school_id
                    WHERE i.round_id = $1
                    """, row => (Invitation: row.GetGuid(0), Length: row.GetInt32(1)), round);
                staged.Count.ShouldBe(1 + (i % 5));
                lengths.UnionWith(staged.Select(row => row.Length));
                system.BatchKeysOf(school.District).ShouldBe(1);
                canary.CountIn(await system.DumpAsync()).ShouldBe(0);
            }
            else
            {
                await MixedAsync(round, i + 1);
            }
        }

        lengths.Count.ShouldBe(1); // a length tells nothing
        system.BatchKeysOf(school.District).ShouldBe(0); // and nobody opens what a copy of before may have
        (await system.ScalarAsync<long>("SELECT count(*) FROM staged_answer WHERE school_id = $1", school.Id)).ShouldBe(0);

        // After mixing, for an attacker who even has the vault: five at a time, in an order that is not the families'.
        var mixed = await system.RowsAsync(
            "SELECT id, xmin::text, content FROM anonymous_answer WHERE round_id = $1 ORDER BY ctid",
            row => (Id: row.GetGuid(0), Transaction: row.GetString(1), Content: row.GetFieldValue<byte[]>(2)), round);
        var stored = new List<int>();
        foreach (var (id, _, content) in mixed)
        {
            var opened = await system.Vault.OpenAsync(
                school.District, AnonymousAnswer.SealedContent.Of(id), content, TestContext.Current.CancellationToken);
            var text = Answers.Read(opened)["improve"].GetString()!;
            stored.Add(int.Parse(text.Split('#')[1], System.Globalization.CultureInfo.InvariantCulture));
        }

        stored.Order().ShouldBe(Enumerable.Range(0, Families));
        stored.ShouldNotBe(Enumerable.Range(0, Families));
        mixed.Zip(stored).OrderBy(row => row.First.Id).Select(row => row.Second).ShouldNotBe(stored); // nor do ids say
        mixed.GroupBy(row => row.Transaction, StringComparer.Ordinal).ShouldAllBe(batch => batch.Count() == 5);
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM invitation i JOIN anonymous_answer a ON i.xmin = a.xmin WHERE i.round_id = $1", round)).ShouldBe(0);

        // No trace of an answer: neither audit, idempotency key nor event, and no time.
        (await TracesAsync()).ShouldBe(traces);
        canary.CountIn(string.Concat(messages)).ShouldBe(0);
        // Who is asked is told before anybody answers, and nothing of it afterwards.
        messages.Where(message => !message.Contains("surveys.families-invited", StringComparison.Ordinal))
            .ShouldNotContain(message => links.Any(link => message.Contains(link.Id.ToString(), StringComparison.Ordinal)));
        canary.CountIn(await LogSinceAsync(log)).ShouldBe(0);
        canary.CountIn(await system.DumpAsync()).ShouldBe(0);
        (await system.ScalarAsync<long>(
            """
            SELECT count(*) FROM information_schema.columns WHERE table_name IN ('staged_answer', 'anonymous_answer', 'cell', 'cell_count')
            AND data_type NOT IN ('uuid', 'integer', 'text', 'bytea', 'boolean')
            """)).ShouldBe(0);

        async Task<(long Audit, long Keys, long Events)> TracesAsync() => (
            await system.ScalarAsync<long>("SELECT count(*) FROM platform.audit WHERE school_id = $1 OR action = 'AnswerSurvey' AND district_id = $2", school.Id, school.District),
            await system.ScalarAsync<long>("SELECT count(*) FROM platform.idempotency WHERE client LIKE 'link:%'"),
            await system.ScalarAsync<long>(
                """
                SELECT count(*) FROM (SELECT school_id, name FROM platform.outbox UNION ALL SELECT school_id, name FROM platform.event_log) e
                WHERE school_id = $1
                """, school.Id));
    }

    [Fact]
    [Trait("Rule", "SUR-3")]
    public async Task Fifty_anonymous_answers_at_once_by_one_link_are_one_and_none_is_changed()
    {
        await school.EnrolAsync(1);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        var link = (await school.LinksAsync(school.Teacher, round)).Single();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => school.AnswerAsync(link, RoundTests.Needs)));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(answer => answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable).ShouldBe(49);
        (await system.ScalarAsync<long>("SELECT count(*) FROM staged_answer WHERE school_id = $1", school.Id)).ShouldBe(1);
        (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var browser = system.As();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        (await browser.GetAsync(link.Url.PathAndQuery)).StatusCode.ShouldBe(HttpStatusCode.OK); // reading does not tell
    }

    [Fact]
    public async Task Results_advance_in_steps_at_every_level_together_and_what_is_left_at_close_shows_as_the_schools_alone()
    {
        var other = Guid.CreateVersion7();
        await school.EnrolAsync(8);
        await school.EnrolAsync(3, other);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        var links = (await school.LinksAsync(school.Officer, round)).ToArray();
        var own = (await school.LinksAsync(school.Teacher, round)).ToArray();
        foreach (var link in own[..5])
        {
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (await ShownAsync()).ShouldBeSubsetOf([0, 5]);
        }

        await MixedAsync(round, 5);
        foreach (var link in links.Where(link => own[..5].All(answered => answered.Id != link.Id))) // three of each class: too few
        {
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (await ShownAsync()).ShouldBe([5, 0, 5, 5]);
        }

        (await system.As(school.Officer).PostAsync($"/api/surveys/rounds/{round}/close", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        try
        {
            system.Ahead = TimeSpan.FromMinutes(2);
            await MixedAsync(round, 11);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        (await ShownAsync()).ShouldBe([5, 0, 11, 11]); // three and three: six, of which nobody can say in which class
        system.BatchKeysOf(school.District).ShouldBe(0);
        (await system.ScalarAsync<long>("SELECT count(*) FROM anonymous_answer WHERE round_id = $1 AND class_id = $2", round, other)).ShouldBe(0);

        async Task<int[]> ShownAsync() =>
        [
            (await school.ResultsAsync(school.Teacher, "class", school.Class, round)).Results!.Answers,
            (await school.ResultsAsync(school.Officer, "class", other, round)).Results!.Answers,
            (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers,
            (await school.ResultsAsync(school.Admin, "district", school.District, round)).Results!.Answers,
        ];
    }

    [Fact]
    public async Task After_a_restore_what_nobody_can_open_is_listed_and_forgotten_and_the_class_answers_and_closes_again()
    {
        await school.EnrolAsync(8);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        var links = await school.LinksAsync(school.Officer, round);
        foreach (var link in links.Take(2))
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        system.LoseBatchKeys(school.District);
        (await school.AnswerAsync(links[2], RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        (await system.StepAsync("lost-answers")).ShouldContain($"{school.Id} {round} 2");
        (await system.ScalarAsync<long>("SELECT count(*) FROM staged_answer WHERE school_id = $1", school.Id)).ShouldBe(2);
        (await system.StepAsync("lost-answers forget")).ShouldContain("2 anonymous answers");
        (await system.ScalarAsync<long>("SELECT count(*) FROM staged_answer WHERE school_id = $1", school.Id)).ShouldBe(0);
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE district_id = $1 AND action = 'ForgetLostAnswers'", school.District)).ShouldBe(1);

        foreach (var link in links.Skip(2).Take(5))
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await MixedAsync(round, 5);
        (await school.AnswerAsync(links[0], RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.Conflict); // spent, and nobody knows whose
    }

    [Fact]
    [Trait("Rule", "ALL-10")]
    public async Task A_class_that_came_with_a_number_but_without_the_answers_that_waited_takes_its_step_by_the_answers()
    {
        await school.EnrolAsync(8);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        var links = await school.LinksAsync(school.Officer, round);
        foreach (var link in links.Take(3))
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        // As a district arrives elsewhere: staged answers and the name of their batch stay with their keys, the number comes along.
        await system.RowsAsync("DELETE FROM staged_answer WHERE school_id = $1", _ => 0, school.Id);
        await system.RowsAsync("UPDATE cell SET batch_id = NULL WHERE school_id = $1", _ => 0, school.Id);

        foreach (var link in links.Skip(3).Take(2))
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Eventually.GetAsync(
            () => system.ScalarAsync<int>("SELECT sum(staged)::int FROM cell WHERE school_id = $1", school.Id),
            staged => staged == 2)).ShouldBe(2);
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(0); // two, not five
        foreach (var link in links.Skip(5))
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await MixedAsync(round, 5);
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(5);
    }

    [Fact]
    public async Task Fewer_than_five_left_at_close_are_never_shown()
    {
        await school.EnrolAsync(4);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        foreach (var link in await school.LinksAsync(school.Officer, round))
            await school.AnswerAsync(link, RoundTests.Needs);
        await system.As(school.Officer).PostAsync($"/api/surveys/rounds/{round}/close", null);
        try
        {
            system.Ahead = TimeSpan.FromMinutes(2);
            await MixedAsync(round, 4);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        var results = (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!;
        results.Answers.ShouldBe(0);
        results.Questions.ShouldBeEmpty();
        (await system.ScalarAsync<long>("SELECT count(*) FROM anonymous_answer WHERE round_id = $1 AND shown", round)).ShouldBe(0);
    }

    [Fact]
    public async Task The_officer_finds_no_anonymous_answer_among_those_that_say_whose_they_are()
    {
        await school.EnrolAsync(5);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        foreach (var link in await school.LinksAsync(school.Officer, round))
            await school.AnswerAsync(link, RoundTests.Needs);
        await MixedAsync(round, 5);
        (await system.As(school.Officer).GetStringAsync("/api/surveys/answers")).ShouldContain("\"items\":[]");
    }

    private Task<long> MixedAsync(Guid round, int answers) => Eventually.GetAsync(
        async () => await system.ScalarAsync<long>("SELECT count(*) FROM anonymous_answer WHERE round_id = $1", round)
            - 1000 * system.BatchKeysOf(school.District), mixed => mixed == answers);

    private Task<string> LogPositionAsync() => system.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text");

    // The write-ahead log since a position, as bytes: what a stolen archive of it has.
    private async Task<string> LogSinceAsync(string position)
    {
        var files = await system.RowsAsync(
            """
            SELECT pg_read_binary_file('pg_wal/' || name) FROM pg_ls_waldir()
            WHERE name BETWEEN pg_walfile_name($1::pg_lsn) AND pg_walfile_name(pg_current_wal_lsn()) ORDER BY name
            """, row => Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(0)), position);
        files.ShouldNotBeEmpty();
        return string.Concat(files);
    }
}
