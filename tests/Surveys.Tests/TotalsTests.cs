using System.Net;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-5: results of schools and districts are kept as sums, and reading them costs what it costs.</summary>
[Trait("Rule", "SUR-5")]
public sealed class TotalsTests(SurveysSystem system)
{
    private const int Stripes = 16;

    private readonly School school = new(system);

    [Fact]
    public async Task Reading_costs_the_same_for_one_class_and_for_many_schools_with_many()
    {
        await school.EnrolAsync(1);
        var small = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Confidential);
        var large = new School(system);
        School[] schools = [large, .. Enumerable.Range(0, 24).Select(_ => large.Neighbour())];
        foreach (var one in schools)
            await one.EnrolClassesAsync(8);
        var round = await large.OpenRoundAsync(
            large.Admin,
            new
            {
                districtId = large.District,
                readyMade = "needs",
                privacy = "confidential",
                closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
            });
        (await large.ResultsAsync(large.Admin, "district", large.District, round)).Results!.Invited.ShouldBe(schools.Length * 8);

        foreach (var (node, of, ofLarge) in new[] { ("district", school.District, large.District), ("school", school.Id, large.Id) })
        {
            var few = await system.StatementsOfAsync(school.Admin, $"/api/surveys/results?node={node}&id={of}&roundId={small}");
            var many = await system.StatementsOfAsync(
                large.Admin, $"/api/surveys/results?node={node}&id={ofLarge}&roundId={round}");
            many.ShouldBe(few); // the same statements, and none of them goes through classes:
            many.ShouldNotContain(statement => statement.Contains("FROM cell", StringComparison.Ordinal));
        }

        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM round_total WHERE district_id = $1 AND school_id = '00000000-0000-0000-0000-000000000000'", large.District))
            .ShouldBeInRange(2, Stripes);
    }

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task Schools_and_the_district_are_the_sums_of_their_classes_however_many_answer_at_once()
    {
        var neighbour = school.Neighbour();
        var answers = new List<Task<HttpResponseMessage>>();
        foreach (var one in new[] { school, neighbour })
        {
            var other = Guid.CreateVersion7();
            await one.EnrolAsync(11);
            await one.EnrolAsync(7, other);
            foreach (var privacy in new[] { SurveyPrivacy.Confidential, SurveyPrivacy.Anonymous })
            {
                var round = await one.OpenRoundAsync(SurveyKind.TermSatisfaction, privacy);
                answers.AddRange((await one.LinksAsync(one.Officer, round)).Select((link, i) =>
                    one.AnswerAsync(link, RoundTests.Term(1 + (i % 5), i % 11))));
            }

            for (var visit = 0; visit < 6; visit++)
                answers.Add(one.AnswerAsync(await one.OpenAsync(), 1 + (visit % 5)));
        }

        (await Task.WhenAll(answers)).ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.NoContent);
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM cell WHERE district_id = $1 AND staged >= 5", school.District),
            waiting => waiting == 0);
        (await DeviationsAsync()).ShouldBe(0);
        (await system.ScalarAsync<long>("SELECT sum(shown)::bigint FROM cell WHERE district_id = $1", school.District)).ShouldBeGreaterThan(50);
    }

    // Rows of any level that are not what their classes make them: numbers, and options one by one.
    private Task<long> DeviationsAsync() => system.ScalarAsync<long>(
        """
        WITH part AS (
            SELECT c.district_id, c.school_id, coalesce(r.term_id, r.id) AS series_id, c.invited, c.shown, '' AS option
            FROM cell c JOIN survey_round r ON r.school_id = c.school_id AND r.id = c.round_id
            UNION ALL
            SELECT c.district_id, c.school_id, coalesce(r.term_id, r.id), 0, c.shown, c.question_id || '=' || c.option
            FROM cell_count c JOIN survey_round r ON r.school_id = c.school_id AND r.id = c.round_id),
        expected AS (
            SELECT district_id, node, series_id, option, sum(invited) AS invited, sum(shown) AS shown
            FROM part CROSS JOIN LATERAL (VALUES (school_id), ('00000000-0000-0000-0000-000000000000'::uuid)) AS n (node)
            GROUP BY 1, 2, 3, 4),
        kept AS (
            SELECT district_id, school_id AS node, series_id, '' AS option, invited, shown FROM round_total
            UNION ALL
            SELECT district_id, school_id, series_id, key, 0, value::int FROM round_total CROSS JOIN LATERAL jsonb_each_text(counts)),
        found AS (SELECT district_id, node, series_id, option, sum(invited) AS invited, sum(shown) AS shown FROM kept GROUP BY 1, 2, 3, 4)
        SELECT count(*) FROM expected FULL JOIN found USING (district_id, node, series_id, option)
        WHERE district_id = $1 AND (coalesce(expected.invited, 0) <> coalesce(found.invited, 0)
            OR coalesce(expected.shown, 0) <> coalesce(found.shown, 0))
        """, school.District);
}
