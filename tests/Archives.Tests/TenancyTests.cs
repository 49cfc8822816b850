using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>Who sees what of the archives: by the query's filter, and again by the database (ALL-1, ARC-13).</summary>
[Trait("Rule", "ALL-1")]
public sealed class TenancyTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task A_school_sees_its_own_and_nothing_of_another()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var (first, second) = (await SchoolAsync("S1"), await SchoolAsync("S2"));
        using var client = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null));

        (await ListAsync<SchoolRow>(client, $"districts/{district.Id}/schools")).Single().Id.ShouldBe(first);
        (await ListAsync<TermRow>(client, $"districts/{district.Id}/terms")).Count.ShouldBe(2);
        (await ListAsync<StudentRow>(client, $"schools/{first}/students")).Count.ShouldBe(4);
        (await ListAsync<ClassBody>(client, $"schools/{second}/classes")).ShouldBeEmpty();
        (await ListAsync<StaffRow>(client, $"schools/{second}/staff")).ShouldBeEmpty();
        (await client.GetAsync(Path($"schools/{second}/students"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ReadAsync(client, "P1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReadAsync(client, "P5")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync(district.Address("imports"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.PostAsync(district.Address("imports"), new ByteArrayContent([]))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_homeroom_teacher_sees_the_own_class()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var school = await SchoolAsync("S1");
        var @class = await archives.ScalarAsync<Guid>("SELECT id FROM class WHERE school_id = $1 AND source_id = 'C1'", school);
        using var client = archives.Client(new Grant(Role.HomeroomTeacher, null, district.Id, school, @class, null));
        (await ListAsync<StudentRow>(client, $"schools/{school}/students")).Select(s => s.GivenName).ShouldBe(["小P1", "小P2"]);
        (await ReadAsync(client, "P2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReadAsync(client, "P3")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task A_guardian_sees_the_own_child_and_not_how_to_reach_the_other_parent()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var child = await StudentAsync("P1");
        var self = await archives.ScalarAsync<Guid>("SELECT id FROM guardian WHERE district_id = $1 AND source_id = 'G1'", district.Id);
        using var client = archives.Client(new Grant(Role.Guardian, self, district.Id, await SchoolAsync("S1"), null, child));
        var student = await client.GetFromJsonAsync<StudentBody>(district.Address($"students/{child}"), Json.Options);
        student!.Guardians.Single().Id.ShouldBe(self);
        (await ReadAsync(client, "P2")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync(Path($"schools/{await SchoolAsync("S1")}/students"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_administrator_of_another_district_finds_nothing()
    {
        var import = await district.ImportAsync(TestRoster.Standard().Zip());
        var other = new TestDistrict(archives).Admin;
        (await other.GetAsync(district.Address($"imports/{import.Id}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ListAsync<SchoolRow>(other, $"districts/{district.Id}/schools")).ShouldBeEmpty();
        (await ReadAsync(other, "P1")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var zip = new ByteArrayContent(TestRoster.Standard().Zip());
        zip.Headers.ContentType = new("application/zip");
        (await other.PostAsync(district.Address("imports"), zip)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Rule", "ARC-14")]
    public async Task A_school_no_longer_sees_who_has_left_and_the_new_school_does()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        // Yesterday was the last day there: what the import would write tomorrow.
        await archives.ScalarAsync<long>(
            "UPDATE enrolment SET ends_on = current_date - 1 WHERE student_id = $1 RETURNING version", await StudentAsync("P1"));
        using var client = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, await SchoolAsync("S1"), null, null));
        (await ReadAsync(client, "P1")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await district.Admin.GetAsync(district.Address($"students/{await StudentAsync("P1")}"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_database_shows_a_scope_its_own_rows_only_also_without_the_querys_filter()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var school = await SchoolAsync("S1");
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using (var role = new NpgsqlCommand("SET ROLE archives_app", connection))
            await role.ExecuteNonQueryAsync();
        foreach (var (table, ofSchool) in new[]
        {
            ("school", 1L), ("term", 2), ("class", 2), ("student", 4), ("student_search", 4), ("guardian", 3), ("guardianship", 3), ("staff", 2), ("enrolment", 4),
            ("staff_post", 7), ("district_roster", 0), ("roster_import", 0), ("roster_mistake", 0), ("roster_change", 0),
        })
        {
            (await CountAsync(table, "", "")).ShouldBe(0, table);
            (await CountAsync(table, "", $"{{{school}}}")).ShouldBe(ofSchool, table);
        }

        async Task<long> CountAsync(string table, string districts, string schools)
        {
            await using var command = new NpgsqlCommand(
                "SELECT set_config('app.districts', $1, false), set_config('app.schools', $2, false)", connection)
            {
                Parameters = { new() { Value = districts }, new() { Value = schools } },
            };
            await command.ExecuteNonQueryAsync();
            await using var count = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
            return (long)(await count.ExecuteScalarAsync())!;
        }
    }

    [Fact]
    public async Task Every_table_is_closed_by_row_level_security_for_its_owner_too() =>
        (await archives.ScalarAsync<string[]>(
            """
            SELECT coalesce(array_agg(relname::text), '{}') FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
            """)).ShouldBe(["__EFMigrationsHistory", "rights_turn"], ignoreOrder: true); // ids of districts and days: see TurnRights

    private static Uri Path(string path) => new($"/api/archives/{path}", UriKind.Relative);

    private static async Task<IReadOnlyList<T>> ListAsync<T>(HttpClient client, string path) =>
        (await client.GetFromJsonAsync<Page<T>>(Path(path), Json.Options))!.Items;

    private async Task<HttpResponseMessage> ReadAsync(HttpClient client, string sourceId) =>
        await client.GetAsync(district.Address($"students/{await StudentAsync(sourceId)}"));

    private Task<Guid> SchoolAsync(string sourceId) =>
        archives.ScalarAsync<Guid>("SELECT school_id FROM school WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);

    private Task<Guid> StudentAsync(string sourceId) =>
        archives.ScalarAsync<Guid>("SELECT id FROM student WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
}
