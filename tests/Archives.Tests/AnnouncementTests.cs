using System.Text.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>What a confirmed import tells the other services: ids and facts, many rows in one event, only what changed.</summary>
[Trait("Rule", "ARC-2")]
public sealed class AnnouncementTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task An_import_announces_schools_terms_rosters_and_guardianships()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());

        (await EventsAsync<SchoolChanged>("archives.school-changed")).Select(e => (e.Name, e.Version)).ShouldBe(
            [("第一小学", 1), ("第二小学", 1)], ignoreOrder: true);
        (await EventsAsync<TermChanged>("archives.term-changed")).Select(e => (e.StartsOn, e.TeachingWeeks)).ShouldBe(
            [(new DateOnly(2026, 9, 1), 20), (new DateOnly(2027, 2, 22), 19)], ignoreOrder: true);
        var rosters = await EventsAsync<RosterChanged>("archives.roster-changed");
        rosters.Sum(e => e.Classes.Count).ShouldBe(3);
        rosters.Sum(e => e.Enrolments.Count).ShouldBe(6);
        rosters.Sum(e => e.Posts.Count).ShouldBe(8);
        rosters.Select(e => e.SchoolId).Distinct().Count().ShouldBe(2);
        (await EventsAsync<GuardianshipsChanged>("archives.guardianships-changed")).Single().Guardianships.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_later_import_announces_only_what_changed_with_a_higher_version()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        archives.Clock.DaysAhead = 3;
        await district.ImportAsync(TestRoster.Standard()
            .Change("enrollments.csv", "E4", line => line.Replace("C2", "C1", StringComparison.Ordinal)).Zip());
        var rows = (await EventsAsync<RosterChanged>("archives.roster-changed")).Where(e => e.Version == 2).SelectMany(e => e.Enrolments);
        rows.Select(row => row.EndsOn is null).ShouldBe([true, false], ignoreOrder: true);
        rows.Select(row => row.StudentId).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_large_school_is_announced_in_parts_and_nobody_is_missing()
    {
        var roster = TestRoster.Standard();
        for (var i = 0; i < 2_500; i++)
            roster.Add("users.csv", TestRoster.Student($"B{i}", "S1", "03"));
        await district.ImportAsync(roster.Zip());
        var rosters = await EventsAsync<RosterChanged>("archives.roster-changed");
        rosters.ShouldAllBe(e => e.Classes.Count + e.Enrolments.Count + e.Posts.Count <= RosterChanged.MostRows);
        rosters.SelectMany(e => e.Enrolments).Select(row => row.StudentId).Distinct().Count().ShouldBe(2_506);
        rosters.Count.ShouldBeLessThan(12);
    }

    [Fact]
    public async Task No_event_carries_a_persons_name_or_how_to_reach_them()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        foreach (var secret in new[] { "小P", "张", "李", "138000", "example.org" })
        {
            (await archives.ScalarAsync<long>(
                """
                SELECT count(*) FROM (SELECT district_id, payload FROM platform.outbox
                    UNION ALL SELECT district_id, payload FROM platform.event_log) e
                WHERE district_id = $1 AND payload LIKE '%' || $2 || '%'
                """, district.Id, secret)).ShouldBe(0, secret);
        }
    }

    private async Task<List<T>> EventsAsync<T>(string name)
    {
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT payload FROM platform.outbox WHERE district_id = $1 AND name = $2
            UNION ALL
            SELECT payload FROM platform.event_log WHERE district_id = $1 AND name = $2
            """, connection)
        {
            Parameters = { new() { Value = district.Id }, new() { Value = name } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<T>();
        while (await reader.ReadAsync())
            events.Add(JsonSerializer.Deserialize<T>(reader.GetString(0), Json.Options)!);
        return events;
    }
}
