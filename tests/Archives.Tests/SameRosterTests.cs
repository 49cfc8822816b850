using HomeSchool.Archives.Roster;

namespace HomeSchool.Archives.Tests;

/// <summary>An upload that says what the last one said is not compared with what is stored: the report is the same as if it were (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class SameRosterTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task The_report_is_that_of_the_whole_comparison()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        // Another row, of which nothing is kept: compared.
        var compared = await district.ImportAsync(Other().Shuffled(1).Zip());
        var same = await district.ImportAsync(Other().Shuffled(2).Zip());

        same.Changes.ShouldBe(compared.Changes);
        same.Changes.ShouldAllBe(count => count.Added + count.Changed + count.Withdrawn == 0 && count.Unchanged > 0);
        same.Notes.ShouldBe(compared.Notes, ignoreOrder: true);
        same.Files.ShouldBe(compared.Files, ignoreOrder: true);

        static TestRoster Other() => TestRoster.Standard()
            .Change("users.csv", "G3", line => line.Replace(",true,", ",false,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_ends_meanwhile_is_seen()
    {
        var today = LocalDay.Today(archives.Clock);
        var roster = TestRoster.Standard().Change("enrollments.csv", "E7", _ => $"E7,,,C1,S1,A1,teacher,true,,{today.AddDays(3):yyyy-MM-dd}");
        await district.ImportAsync(roster.Zip());
        archives.Clock.DaysAhead = 3;
        Of(await district.ImportAsync(roster.Zip()), RecordKind.StaffPost).Withdrawn.ShouldBe(0);
        archives.Clock.DaysAhead = 4;
        Of(await district.ImportAsync(roster.Zip()), RecordKind.StaffPost).Withdrawn.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Who_is_gone_from_the_roster_by_other_ways_is_seen()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        await archives.ScalarAsync<Guid>(
            """
            WITH gone AS (DELETE FROM student WHERE district_id = $1 AND source_id = 'P6' RETURNING id)
            DELETE FROM enrolment e USING gone WHERE e.district_id = $1 AND e.student_id = gone.id RETURNING e.id
            """, district.Id);
        Of(await district.CheckAsync(TestRoster.Standard().Zip()), RecordKind.Student).Added.ShouldBe(1);
    }

    [Fact]
    public async Task Mistakes_are_told_each_time()
    {
        var roster = TestRoster.Standard().Add("enrollments.csv", "E99,,,C9,S1,P1,student,,,");
        await district.ImportAsync(roster.Zip());
        (await district.MistakesAsync((await district.CheckAsync(roster.Zip())).Id)).ShouldHaveSingleItem().Code.ShouldBe("reference.class");
    }

    [Fact]
    public async Task A_row_there_twice_or_a_value_in_another_column_is_something_else()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var twice = await district.CheckAsync(TestRoster.Standard().Add("users.csv", TestRoster.Student("P1", "S1", "03", "\"G1,G2\"")).Zip());
        twice.Errors.ShouldBe(1);
        var moved = await district.CheckAsync(TestRoster.Standard()
            .Change("users.csv", "A1", line => line.Replace("NA1,A1@example.org,", "NA1A1@example.org,,", StringComparison.Ordinal)).Zip());
        Of(moved, RecordKind.Staff).Changed.ShouldBe(1);
    }

    [Fact]
    public async Task Rows_in_another_order_are_something_else_where_the_order_says_who_comes_first()
    {
        await district.ImportAsync(Homeroom("A1", "A2").Zip());
        Of(await district.ImportAsync(Homeroom("A2", "A1").Zip()), RecordKind.StaffPost).Added.ShouldBe(2);

        // Neither is called the primary one.
        static TestRoster Homeroom(string first, string second) => TestRoster.Standard()
            .Change("enrollments.csv", "E7", _ => $"E7,,,C1,S1,{first},teacher,,,")
            .Change("enrollments.csv", "E8", _ => $"E8,,,C1,S1,{second},teacher,,,");
    }

    private static ChangeCount Of(ImportBody import, RecordKind kind) => import.Changes.Single(count => count.Kind == kind);
}
