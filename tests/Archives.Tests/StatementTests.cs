using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>What is read costs as many statements for a class of sixty as for one of three.</summary>
public sealed class StatementTests(ArchivesFixture archives)
{
    [Fact]
    public async Task Lists_and_archives_cost_the_same_for_few_and_for_many()
    {
        var (few, many) = (await CostsAsync(3), await CostsAsync(60));
        many.ShouldBe(few);
        few.ShouldAllBe(cost => cost.RoundTrips > 0 && cost.Statements >= cost.RoundTrips);
    }

    [Fact]
    public async Task Tests_beside_it_are_not_counted()
    {
        using var statements = Statements.Count();
        var mine = archives.ScalarAsync<int>("SELECT 1;\nSELECT 2");
        Task<int> another;
        using (ExecutionContext.SuppressFlow())
            another = Task.Run(() => archives.ScalarAsync<int>("SELECT 3"));
        (await mine, await another).ShouldBe((1, 3));
        statements.RoundTrips.ShouldBe(1);
        statements.Texts.ShouldBe(["SELECT 1", "SELECT 2"]);
    }

    private async Task<List<(int RoundTrips, int Statements)>> CostsAsync(int students)
    {
        var district = new TestDistrict(archives);
        var roster = TestRoster.Standard();
        for (var i = 0; i < students; i++)
        {
            roster.Add("users.csv", TestRoster.Student($"Q{i}", "S2", "04", $"H{i}"), TestRoster.Adult($"H{i}", "S2", "parent"));
            roster.Add("enrollments.csv", $"F{i},,,C3,S2,Q{i},student,,,");
        }

        await district.ImportAsync(roster.Zip());
        var school = (await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools")).Single(s => s.Name == "第二小学").Id;
        using var client = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, school, null, null));
        var rows = await CountAsync($"schools/{school}/students?size=200");
        var list = await client.GetFromJsonAsync<Page<StudentRow>>(Path($"schools/{school}/students?size=200"), Json.Options);
        list!.Items.Count.ShouldBe(students + 2);
        return [rows, await CountAsync($"districts/{district.Id}/students/{list.Items[^1].Id}")];

        async Task<(int, int)> CountAsync(string path)
        {
            using var statements = Statements.Count();
            using var answer = await client.GetAsync(Path(path));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            return (statements.RoundTrips, statements.Texts.Count);
        }
    }

    private static Uri Path(string path) => new($"/api/archives/{path}", UriKind.Relative);
}
