using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>SUR-2: visit satisfaction is one round a school and term.</summary>
[Trait("Rule", "SUR-2")]
public sealed class StandingRoundTests(SurveysSystem system) : IDisposable
{
    private static readonly DateOnly Today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    private readonly School school = new(system);

    public void Dispose() => system.Ahead = TimeSpan.Zero;

    [Fact]
    [Trait("Rule", "SUR-4")]
    public async Task With_its_term_it_closes_when_nothing_is_open_any_more_and_what_is_left_counts_for_the_school()
    {
        var other = Guid.CreateVersion7();
        await school.EnrolAsync(1);
        await TermAsync(1, Today.AddDays(100));
        foreach (var place in new[] { school.Class, school.Class, school.Class, other, other })
        {
            (await school.AnswerAsync(await school.OpenAsync(school.Visit(inClass: place)), 4)).StatusCode
                .ShouldBe(HttpStatusCode.NoContent);
        }

        await TermAsync(2, Today.AddDays(-2));
        var last = await school.OpenAsync(); // of a visit that was completed late; unanswered
        system.Ahead = TimeSpan.FromDays(5);
        await TurnAsync();
        (await AnswersAsync()).ShouldBe(0); // one is open still

        system.Ahead = TimeSpan.FromDays(8);
        (await Eventually.GetAsync(AnswersAsync, answers => answers > 0)).ShouldBe(5); // three and two
        (await ClosedAsync(last.RoundId)).ShouldBeTrue();
        (await system.ScalarAsync<long>(
            """
            SELECT count(*) FROM (
                SELECT name, school_id FROM platform.outbox UNION ALL SELECT name, school_id FROM platform.event_log) e
            WHERE name = 'surveys.round-closed' AND school_id = $1
            """, school.Id)).ShouldBe(0); // nobody was told that it opened

        // A visit that is recorded after that is asked about all the same, and counts with others of its school.
        var late = await school.OpenAsync();
        late.RoundId.ShouldBe(last.RoundId);
        (await ClosedAsync(late.RoundId)).ShouldBeFalse();
        (await school.AnswerAsync(late, 2)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await AnswersAsync()).ShouldBe(5);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task About_a_child_whose_surveys_are_restricted_no_visit_asks_and_what_was_asked_is_closed_to_all()
    {
        var (asked, before, after) = (school.Visit(), school.Visit(), school.Visit());
        var open = await school.OpenAsync(asked);
        var held = asked.StudentIds[0];
        var guardian = new Grant(Role.Guardian, null, school.District, school.Id, school.Class, held);
        (await MineAsync()).ShouldHaveSingleItem();
        await system.PublishAsync(new PersonalDataRestricted(
            school.District, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), held, [DataKind.Surveys]));
        (await Eventually.GetAsync(() => school.OpenOfAsync(asked.AggregateId), left => left.Count == 0)).ShouldBeEmpty();

        (await MineAsync()).ShouldBeEmpty();
        (await system.As().GetAsync(open.Url.PathAndQuery)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await school.AnswerAsync(open, 1)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        // Nor with a sibling; a family that comes behind shows that the visit was heard of.
        await system.PublishAsync(before with { StudentIds = [held, Guid.CreateVersion7()] });
        await school.OpenAsync(after);
        (await school.OpenOfAsync(before.AggregateId)).ShouldBeEmpty();
        (await system.ScalarAsync<long>("SELECT count(*) FROM invitation WHERE visit_id = $1", before.AggregateId)).ShouldBe(0);

        async Task<List<HandedSurvey>> MineAsync() =>
            (await system.As(guardian).GetFromJsonAsync<List<HandedSurvey>>(
                new Uri("/api/surveys/mine", UriKind.Relative), Json.Options))!;
    }

    private async Task TermAsync(long version, DateOnly endsOn)
    {
        await system.PublishAsync(new TermChanged(
            school.District, school.Term, version, TimeProvider.System.GetUtcNow(), "学期", Today.AddDays(-120), endsOn, 20, null));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM term WHERE id = $1 AND version = $2", school.Term, version),
            known => known > 0);
    }

    // Longer than the work that closes rounds pauses.
    private async Task TurnAsync()
    {
        var from = await system.ScalarAsync<DateTime>("SELECT now()");
        await Eventually.GetAsync(
            () => system.ScalarAsync<bool>("SELECT now() > $1 + interval '12 seconds'", from), passed => passed);
    }

    private Task<int> AnswersAsync() => system.ScalarAsync<int>(
        "SELECT coalesce(sum(shown), 0)::int FROM round_total WHERE school_id = $1 AND series_id = $2", school.Id, school.Term);

    private async Task<bool> ClosedAsync(Guid round) =>
        (await system.As(school.Admin).GetFromJsonAsync<Page<RoundBody>>("/api/surveys/rounds", Json.Options))!.Items
            .Single(one => one.Id == round).Closed;
}
