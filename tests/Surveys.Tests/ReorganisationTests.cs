using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Rounds;
using HomeSchool.Testing;

namespace HomeSchool.Surveys.Tests;

/// <summary>Schools merge and split while families are asked: who has the class now sees and ends what is open; results stay.</summary>
[Trait("Rule", "ALL-10")]
public sealed class ReorganisationTests : IDisposable
{
    private readonly SurveysSystem system;
    private readonly School school;
    private readonly School successor;

    public ReorganisationTests(SurveysSystem system)
    {
        this.system = system;
        school = new School(system);
        successor = school.Neighbour();
    }

    public void Dispose() => system.Ahead = TimeSpan.Zero;

    [Fact]
    public async Task A_school_that_takes_classes_over_sees_and_ends_what_asks_them_and_the_results_stay()
    {
        var child = (await school.EnrolAsync(6))[0];
        await successor.EnrolAsync(1);
        var round = await school.OpenRoundAsync(SurveyKind.TermSatisfaction, SurveyPrivacy.Confidential);
        (await LinksAsync(successor.Officer)).ShouldBeEmpty();
        (await CloseAsync(successor.Officer, round)).ShouldBe(HttpStatusCode.NotFound);
        await MoveAsync(2, Move(school, successor));

        var links = await LinksAsync(successor.Officer);
        links.Count.ShouldBe(6);
        (await LinksAsync(successor.Teacher, $"?classId={successor.Class}")).Count.ShouldBe(6);
        (await LinksAsync(school.Admin, $"?classId={successor.Class}")).Count.ShouldBe(6);
        foreach (var who in new[] { school.Officer, school.Teacher, school.Neighbour().Officer, new School(system).Officer })
            (await LinksAsync(who)).ShouldBeEmpty();
        (await RoundsAsync(successor.Officer)).ShouldContain(round);
        (await RoundsAsync(successor.Teacher)).ShouldContain(round);
        (await RoundsAsync(school.Neighbour().Officer)).ShouldBeEmpty();
        var guardian = new Grant(Role.Guardian, child.Guardian, school.District, successor.Id, successor.Class, child.Student);
        (await MineAsync(guardian)).ShouldHaveSingleItem().StudentIds.ShouldBe([child.Student]);
        (await MineAsync(guardian with { StudentId = Guid.CreateVersion7() })).ShouldBeEmpty();

        foreach (var link in links.Take(5))
            (await school.AnswerAsync(link, RoundTests.Term(4, 8))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var who in new[] { successor.Teacher, school.Neighbour().Officer })
            (await CloseAsync(who, round)).ShouldBe(HttpStatusCode.NotFound);
        (await CloseAsync(successor.Officer, round)).ShouldBe(HttpStatusCode.NoContent);
        (await CloseAsync(successor.Officer, round)).ShouldBe(HttpStatusCode.NoContent);
        (await school.AnswerAsync(links[5], RoundTests.Term(4, 8))).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await ClosedAsync(round)).ShouldBeTrue();
        (await RoundsAsync(successor.Officer)).ShouldBeEmpty();
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(5);
        (await school.ResultsAsync(successor.Officer, "school", successor.Id, round)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_school_that_keeps_a_part_ends_that_part_alone_and_results_are_as_they_stay_when_both_have_ended()
    {
        var kept = Guid.CreateVersion7();
        await school.EnrolAsync(3);
        await school.EnrolAsync(3, kept);
        await successor.EnrolAsync(1);
        var round = await school.OpenRoundAsync(SurveyKind.Needs, SurveyPrivacy.Anonymous);
        await MoveAsync(2, Move(school, successor));
        var own = await LinksAsync(school.Officer);
        var moved = await LinksAsync(successor.Officer);
        (own.Count, moved.Count).ShouldBe((3, 3));

        (await school.AnswerAsync(own[0], RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await school.AnswerAsync(own[1], RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await CloseAsync(school.Officer, round)).ShouldBe(HttpStatusCode.NoContent);
        (await school.AnswerAsync(own[2], RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.Gone);
        system.Ahead = TimeSpan.FromMinutes(2);
        foreach (var link in moved)
            (await school.AnswerAsync(link, RoundTests.Needs)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        system.Ahead = TimeSpan.Zero;
        (await CloseAsync(successor.Officer, round)).ShouldBe(HttpStatusCode.NoContent);
        (await ClosedAsync(round)).ShouldBeTrue();
        (await school.ResultsAsync(school.Officer, "school", school.Id, round)).Results!.Answers.ShouldBe(5); // two and three
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whichever_of_two_moves_is_heard_first_who_has_the_class_in_the_end_is_responsible(bool lastFirst)
    {
        var third = school.Neighbour();
        await school.EnrolAsync(2);
        var round = await school.OpenRoundAsync(school.Teacher, new
        {
            districtId = school.District,
            schoolId = school.Id,
            classId = school.Class,
            readyMade = "needs",
            privacy = "named",
            closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
        });
        ClassesMoved[] moves = [Event(2, Move(school, successor)), Event(3, Move(successor, third))];
        foreach (var move in lastFirst ? moves.Reverse() : moves)
        {
            await system.PublishAsync(move);
            await KnownAsync(move);
        }

        (await LinksAsync(third.Teacher)).Count.ShouldBe(2);
        (await LinksAsync(successor.Teacher)).ShouldBeEmpty();
        (await LinksAsync(school.Teacher)).ShouldBeEmpty();
        (await CloseAsync(successor.Teacher, round)).ShouldBe(HttpStatusCode.NotFound);
        (await CloseAsync(third.Teacher, round)).ShouldBe(HttpStatusCode.NoContent); // it asked the class alone
        (await LinksAsync(third.Teacher)).ShouldBeEmpty();
    }

    private static MovedClass Move(School from, School to) => new(from.Id, from.Class, to.Id, to.Class);

    private ClassesMoved Event(long version, MovedClass moved) => new(
        school.District, version, TimeProvider.System.GetUtcNow(),
        DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), [moved]);

    private async Task MoveAsync(long version, MovedClass moved)
    {
        var move = Event(version, moved);
        await system.PublishAsync(move);
        await KnownAsync(move);
    }

    private Task<long> KnownAsync(ClassesMoved move) => Eventually.GetAsync(
        () => system.ScalarAsync<long>(
            "SELECT count(*) FROM moved_class WHERE from_school_id = $1 AND version >= $2",
            move.Classes[0].FromSchoolId, move.Version),
        known => known > 0);

    private async Task<IReadOnlyList<HandedSurvey>> LinksAsync(Grant asWhom, string query = "") =>
        (await system.As(asWhom).GetFromJsonAsync<Page<HandedSurvey>>(
            new Uri("/api/surveys/invitations" + query, UriKind.Relative), Json.Options))!.Items;

    private async Task<IEnumerable<Guid>> RoundsAsync(Grant asWhom) =>
        (await system.As(asWhom).GetFromJsonAsync<Page<RoundBody>>("/api/surveys/rounds", Json.Options))!.Items
            .Select(round => round.Id);

    private async Task<List<HandedSurvey>> MineAsync(Grant guardian) =>
        (await system.As(guardian).GetFromJsonAsync<List<HandedSurvey>>(
            new Uri("/api/surveys/mine", UriKind.Relative), Json.Options))!;

    private async Task<HttpStatusCode> CloseAsync(Grant asWhom, Guid round)
    {
        using var answer = await system.As(asWhom).PostAsync(
            new Uri($"/api/surveys/rounds/{round}/close", UriKind.Relative), null);
        return answer.StatusCode;
    }

    // As the district sees it, two minutes later.
    private async Task<bool> ClosedAsync(Guid round)
    {
        system.Ahead = TimeSpan.FromMinutes(2);
        var closed = await Eventually.GetAsync(
            async () => (await system.As(school.Admin).GetFromJsonAsync<Page<RoundBody>>(
                "/api/surveys/rounds", Json.Options))!.Items.Single(one => one.Id == round).Closed,
            closed => closed);
        system.Ahead = TimeSpan.Zero;
        return closed;
    }
}
