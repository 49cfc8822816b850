using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-2: a completed visit opens its survey by itself, once, and not too often.</summary>
public sealed class OpeningTests(SurveysSystem system)
{
    private readonly School school = new(system);

    [Fact]
    [Trait("Rule", "SUR-2")]
    public async Task A_completed_visit_opens_its_survey_for_seven_days_and_announces_it()
    {
        var survey = await school.OpenAsync();
        (survey.ClosesAt - TimeProvider.System.GetUtcNow()).TotalDays.ShouldBeInRange(6.99, 7.01);
        survey.Qr.ShouldStartWith("<svg");
        (await system.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT * FROM platform.outbox UNION ALL SELECT position, message_id, name, district_id, school_id,
                aggregate_id, version, occurred_at, traceparent, payload FROM platform.event_log) e
            WHERE name = 'surveys.survey-opened' AND aggregate_id = $1
                OR name = 'surveys.families-invited' AND payload::jsonb->'invitations'->0->>'invitationId' = $1::text
            """, survey.Id)).ShouldBe(2);
        (await system.ScalarAsync<double>(
            "SELECT extract(epoch FROM closes_at - remind_at)::float8 / 86400 FROM invitation WHERE id = $1", survey.Id)).ShouldBe(3.5, 0.01);
    }

    [Fact]
    public async Task What_a_visit_causes_keeps_the_visits_correlation_id()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var visit = school.Visit();
        await system.PublishAsync(Trace, visit);
        var survey = (await Eventually.GetAsync(() => school.OpenOfAsync(visit.AggregateId), surveys => surveys.Count > 0)).ShouldHaveSingleItem();
        (await system.ScalarAsync<string>(
            """
            SELECT traceparent FROM (SELECT aggregate_id, traceparent FROM platform.outbox
                UNION ALL SELECT aggregate_id, traceparent FROM platform.event_log) e WHERE aggregate_id = $1
            """, survey.Id)).ShouldBe(Trace);
    }

    [Fact]
    [Trait("Rule", "SUR-2")]
    public async Task The_same_visit_announced_again_and_again_opens_one_survey()
    {
        var visit = school.Visit();
        await system.PublishAsync([.. Enumerable.Repeat(visit, 20)]);
        await ShouldHaveOpenedAsync(1);
    }

    [Fact]
    [Trait("Rule", "SUR-2")]
    public async Task A_family_visited_many_times_at_once_is_asked_once_in_thirty_days()
    {
        var family = Guid.CreateVersion7();
        await system.PublishAsync([.. Enumerable.Range(0, 20).Select(_ => school.Visit(family))]);
        await ShouldHaveOpenedAsync(1);
    }

    [Fact]
    [Trait("Rule", "SUR-2")]
    public async Task The_quiet_time_of_a_family_holds_in_all_its_schools()
    {
        var family = Guid.CreateVersion7();
        var sibling = new School(system);
        await school.OpenAsync(school.Visit(family));
        await system.PublishAsync(sibling.Visit(family));
        await sibling.OpenAsync(); // a survey behind it shows that the one before was looked at
        (await sibling.CountOpenAsync()).ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "SUR-2")]
    public async Task A_visit_without_the_family_leaves_nothing_to_ask()
    {
        await system.PublishAsync(school.Visit(effective: false));
        await ShouldHaveOpenedAsync(0);
    }

    // One more survey of the same school, published last, shows that what was published before has been consumed.
    private async Task ShouldHaveOpenedAsync(int surveys)
    {
        await school.OpenAsync();
        (await Eventually.GetAsync(school.CountOpenAsync, open => open == surveys + 1, seconds: 5)).ShouldBe(surveys + 1);
    }
}
