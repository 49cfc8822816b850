using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;

namespace HomeSchool.Insights.Tests;

/// <summary>Terms, teaching weeks, milestones, and the days on which enrolments begin and end.</summary>
public sealed class CoverageTimeTests(InsightsSystem system)
{
    private readonly TestDistrict district = new();

    [Theory]
    [InlineData(45, 0, 27, 14, 0)] // the last day of week 4: 30 % of 45 are 14
    [InlineData(45, 13, 27, 1, 0)]
    [InlineData(45, 14, 27, 0, 0)]
    [InlineData(45, 13, 28, 32, 1)] // the first of week 5: what is missing is overdue, and all are due by week 20
    [InlineData(45, 14, 28, 31, 0)]
    [InlineData(10, 3, 27, 0, 0)]
    [InlineData(45, 40, 139, 5, 0)]
    [InlineData(45, 40, 140, 0, 5)] // the weeks are over
    [InlineData(0, 0, 140, 0, 0)]
    [Trait("Rule", "INS-1")]
    [Trait("Rule", "VIS-2")]
    public void Due_and_overdue_follow_the_milestones_of_the_weeks(int onRoll, int visited, int day, int due, int overdue)
    {
        var term = new Term { StartsOn = new DateOnly(2026, 9, 1), EndsOn = new DateOnly(2027, 1, 20), TeachingWeeks = 20 };
        var body = CoverageBody.Of(
            new Place(), new Coverage { OnRoll = onRoll, Visited = visited }, term, [], term.StartsOn.AddDays(day));
        (body.Due, body.Overdue).ShouldBe((due, overdue));
    }

    [Fact]
    public void Quotas_may_ask_for_other_shares_by_other_weeks_and_a_short_term_has_its_end_alone()
    {
        var term = new Term { StartsOn = new DateOnly(2026, 9, 1), EndsOn = new DateOnly(2027, 1, 20), TeachingWeeks = 20 };
        Weeks(term, new VisitQuota(6, 50)).ShouldBe([(6, 5), (20, 9)]);
        Weeks(term, new(6, 50), new(18, 100)).ShouldBe([(6, 5), (18, 9)]);
        var summer = new Term { StartsOn = term.StartsOn, EndsOn = term.EndsOn, TeachingWeeks = 4 };
        Weeks(summer, new VisitQuota(4, 30)).ShouldBe([(4, 9)]);

        static IEnumerable<(int, int)> Weeks(Term term, params VisitQuota[] quotas) =>
            Milestone.Of(term, quotas, 9, 0, term.StartsOn).Select(m => (m.Week, m.Students));
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    [Trait("Rule", "VIS-19")]
    public async Task Milestones_follow_the_programme_of_the_school_or_else_its_policy_or_else_the_districts()
    {
        var (own, plain) = (district.Schools[0].Id, district.Schools[1].Id);
        await system.ApplyAsync(
        [
            .. district.Roster(),
            Said(null, null, 2, new VisitQuota(5, 40)), Said(null, null, 1, new VisitQuota(3, 10)),
            Said(own, null, 1, new VisitQuota(6, 50)),
            Said(own, district.Term, 1, new(2, 20), new VisitQuota(18, 100)),
        ]);
        using var admin = system.As(district.Admin);
        (await WeeksAsync(NodeKind.District, district.Id)).ShouldBe([5, 20]);
        (await WeeksAsync(NodeKind.School, own)).ShouldBe([2, 18]);
        (await WeeksAsync(NodeKind.School, plain)).ShouldBe([5, 20]);
        (await WeeksAsync(NodeKind.Class, district.Class.Id)).ShouldBe([2, 18]);

        await system.ApplyAsync(Said(own, district.Term, 2, new(4, 30), new VisitQuota(16, 100)));
        (await WeeksAsync(NodeKind.School, own)).ShouldBe([4, 16]);

        async Task<IEnumerable<int>> WeeksAsync(NodeKind kind, Guid id) =>
            (await admin.CoverageAsync(kind, id)).Milestones.Select(milestone => milestone.Week);

        QuotasSet Said(Guid? school, Guid? term, long version, params VisitQuota[] quotas) =>
            new(district.Id, school, school ?? district.Id, version, DateTimeOffset.UnixEpoch, term, quotas);
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task Without_a_term_the_current_one_is_meant()
    {
        var (past, next) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await system.ApplyAsync([
            .. district.Roster(), district.TermOf(past, district.TermStartsOn.AddDays(-200)), district.TermOf(next, district.TermStartsOn.AddDays(200))]);
        using var admin = system.As(district.Admin);

        var current = await admin.CoverageAsync(NodeKind.District, district.Id);
        (current.TermId, current.Week).ShouldBe((district.Term, 4));
        (current.Due, current.Overdue).ShouldBe((6, 0));
        var before = await admin.CoverageAsync(NodeKind.District, district.Id, term: past);
        (before.TermId, before.Week, before.OnRoll).ShouldBe((past, null, 0), "nobody was on roll yet");
        (await admin.CoverageAsync(NodeKind.District, district.Id, term: next)).OnRoll.ShouldBe(20, "all are expected to be");
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task A_term_whose_dates_are_corrected_counts_who_is_on_roll_in_the_new_ones()
    {
        await system.ApplyAsync([.. district.Roster(), district.Completed(district.Class.Students[0])]);
        using var admin = system.As(district.Admin);
        (await admin.CoverageAsync(NodeKind.District, district.Id)).OnRoll.ShouldBe(20);

        await system.ApplyAsync(district.TermOf(district.Term, district.TermStartsOn.AddDays(-400)));
        var moved = await admin.CoverageAsync(NodeKind.District, district.Id);
        (moved.OnRoll, moved.Visited.Any).ShouldBe((0, new Share(0, null)));
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task Enrolments_begin_and_end_with_the_day_without_any_event_and_a_past_term_keeps_its_figures()
    {
        await using var own = await InsightsSystem.StartAsync();
        var (leaver, joiner) = (district.Class.Students[0], Guid.CreateVersion7());
        await own.ApplyAsync([.. district.Roster(), district.Completed(leaver)]);
        await own.ApplyAsync(district.Enrol(
            district.School,
            new RosterEnrolment(
                district.Class.Enrolments[0], leaver, district.Class.Id, "07", district.TermStartsOn, district.Today.AddDays(1)),
            new RosterEnrolment(Guid.CreateVersion7(), joiner, district.Class.Id, "07", district.Today.AddDays(3), null)));
        using var admin = own.As(district.Admin);
        (await FiguresAsync()).ShouldBe((5, 1));

        own.Ahead = TimeSpan.FromDays(1);
        own.AddReplica(); // turns the day at its start
        (await EventuallyCountedOnAsync(1)).ShouldBe((5, 1));
        own.Ahead = TimeSpan.FromDays(2);
        own.AddReplica();
        (await EventuallyCountedOnAsync(2)).ShouldBe((4, 0));
        own.Ahead = TimeSpan.FromDays(4); // also when days have passed unnoticed
        own.AddReplica();
        (await EventuallyCountedOnAsync(4)).ShouldBe((5, 0));

        // The term is over: who leaves after it stays counted in it.
        own.Ahead = TimeSpan.FromDays(300);
        await own.ApplyAsync(district.Enrol(district.School, new RosterEnrolment(
            district.Class.Enrolments[1], district.Class.Students[1], district.Class.Id, "07", district.TermStartsOn, district.Today.AddDays(200))));
        (await FiguresAsync()).ShouldBe((5, 0));

        async Task<(int OnRoll, int Visited)> FiguresAsync()
        {
            var coverage = await admin.CoverageAsync(NodeKind.Class, district.Class.Id);
            return (coverage.OnRoll, coverage.Visited.Any.Students);
        }

        async Task<(int OnRoll, int Visited)> EventuallyCountedOnAsync(int days)
        {
            await Testing.Eventually.GetAsync(
                () => own.ScalarAsync<DateOnly>("SELECT counted_on FROM district"), day => day == district.Today.AddDays(days));
            return await FiguresAsync();
        }
    }
}
