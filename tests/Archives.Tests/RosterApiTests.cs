using System.Net;
using System.Text.Json.Nodes;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>Other systems take the roster by OneRoster 1.2's read API (ARC-2), each what it may see (ALL-1).</summary>
[Trait("Rule", "ARC-2")]
public sealed class RosterApiTests(ArchivesFixture archives)
{
    private const string Root = "/ims/oneroster/rostering/v1p2/";

    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task The_roster_that_came_in_is_given_out()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        (await IdsAsync("orgs")).ShouldBe(["S1", "S2"]);
        (await IdsAsync("schools")).ShouldBe(["S1", "S2"]);
        (await IdsAsync("academicSessions")).ShouldBe(["T1", "T2"]);
        (await IdsAsync("terms")).ShouldBe(["T1", "T2"]);
        (await IdsAsync("classes")).ShouldBe(["C1", "C2", "C3"]);
        (await IdsAsync("users")).ShouldBe(["A1", "A2", "A3", "P1", "P2", "P3", "P4", "P5", "P6"]);
        (await IdsAsync("students")).ShouldBe(["P1", "P2", "P3", "P4", "P5", "P6"]);
        (await IdsAsync("teachers")).ShouldBe(["A1", "A2", "A3"]);
        (await IdsAsync("enrollments")).Count.ShouldBe(11);
        (await IdsAsync("schools/S1/classes")).ShouldBe(["C1", "C2"]);
        (await IdsAsync("schools/S2/students")).ShouldBe(["P5", "P6"]);
        (await IdsAsync("schools/S1/teachers")).ShouldBe(["A1", "A2"]);
        (await IdsAsync("schools/S2/enrollments")).Count.ShouldBe(2);
        (await IdsAsync("classes/C1/students")).ShouldBe(["P1", "P2"]);
        (await IdsAsync("classes/C1/teachers")).ShouldBe(["A1", "A2"]);

        var school = (await GetAsync("orgs/S1"))["org"]!;
        ((string?)school["name"], (string?)school["type"], (string?)school["identifier"]).ShouldBe(("第一小学", "school", "3101"));
        var @class = (await GetAsync("classes/C1"))["class"]!;
        ((string?)@class["school"]!["sourcedId"], (string?)@class["grades"]![0], @class["terms"]!.AsArray().Count).ShouldBe(("S1", "03", 2));
        var student = (await GetAsync("students/P1"))["user"]!;
        ((string?)student["givenName"], (string?)student["roles"]![0]!["role"], (string?)student["roles"]![0]!["org"]!["sourcedId"])
            .ShouldBe(("小P1", "student", "S1"));
        student.ToJsonString().ShouldNotContain("1380000");
        (await GetAsync("users/A3"))["user"]!["roles"]![0]!["role"]!.GetValue<string>().ShouldBe("siteAdministrator");
        var term = (await GetAsync("terms/T1"))["academicSession"]!;
        ((string?)term["startDate"], (string?)term["schoolYear"]).ShouldBe(("2026-09-01", "2027"));
    }

    [Fact]
    public async Task Lists_are_paged_sorted_filtered_and_cut()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        using var answer = await district.Admin.GetAsync(new Uri(Root + "students?limit=2&offset=2&sort=familyName&orderBy=desc", UriKind.Relative));
        answer.Headers.GetValues("X-Total-Count").Single().ShouldBe("6");
        var links = answer.Headers.GetValues("Link").Single();
        links.ShouldContain($"<{Root}students?sort=familyName&orderBy=desc&limit=2&offset=4>; rel=\"next\"");
        links.ShouldContain("offset=0>; rel=\"prev\"");
        links.ShouldContain("offset=4>; rel=\"last\"");
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["users"]!.AsArray().Select(user => (string?)user!["sourcedId"]).ShouldBe(["P3", "P4"]);

        (await IdsAsync("users?sort=sourcedId&orderBy=desc&limit=1")).ShouldBe(["P6"]);
        (await IdsAsync("users?filter=givenName%3D'小P2'")).ShouldBe(["P2"]);
        (await IdsAsync("users?filter=givenName~'p2' OR sourcedId='A1'")).ShouldBe(["A1", "P2"]);
        (await IdsAsync("users?filter=role='student' AND sourcedId>='P3' AND sourcedId!='P5'")).ShouldBe(["P3", "P4", "P6"]);
        (await IdsAsync("terms?filter=startDate>'2026-12-31'")).ShouldBe(["T2"]);
        (await IdsAsync("classes?filter=school.sourcedId='S2'")).ShouldBe(["C3"]);
        (await IdsAsync("orgs?filter=name='it''s'")).ShouldBeEmpty();
        (await IdsAsync("classes?sort=classType")).ShouldBe(["C1", "C2", "C3"]);
        ((JsonObject)(await GetAsync("classes/C1?fields=title,sourcedId"))["class"]!).Select(field => field.Key)
            .ShouldBe(["title", "sourcedId"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_no_more_is_told_to_who_asks_for_what_has_changed_since()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var since = Since(await ModifiedAsync("users/P1"));
        (await IdsAsync($"users?{since}")).ShouldBeEmpty();
        var enrollment = (await IdsAsync("enrollments?filter=user.sourcedId='P6'")).Single();
        await district.ImportAsync(TestRoster.Standard().Remove("users.csv", "P6", "A3").Remove("demographics.csv", "P6")
            .Remove("enrollments.csv", "E6").Remove("academicSessions.csv", "T2").Zip(), acceptWithdrawals: true);

        (await IdsAsync($"users?{since}")).ShouldBe(["A3", "P6"]);
        (await IdsAsync($"students?{since} AND status='tobedeleted'")).ShouldBe(["P6"]);
        (await IdsAsync($"students?{since} AND status='active'")).ShouldBeEmpty();
        (await IdsAsync($"enrollments?{since}")).ShouldBe([enrollment]);
        (await IdsAsync($"terms?{since}")).ShouldBe(["T2"]);
        (await IdsAsync($"orgs?{since}")).ShouldBeEmpty();
        (await IdsAsync($"classes?{since}")).ShouldBeEmpty();
        // Without a filter everything is there, as the standard has it.
        (await IdsAsync("students")).ShouldBe(["P1", "P2", "P3", "P4", "P5", "P6"]);
        (await IdsAsync("students?filter=status='active'")).ShouldBe(["P1", "P2", "P3", "P4", "P5"]);
        (await IdsAsync("students?filter=status='tobedeleted' OR sourcedId='P2'&sort=dateLastModified&orderBy=desc"))
            .ShouldBe(["P6", "P2"]);

        var gone = (await GetAsync("users/P6"))["user"]!;
        ((string?)gone["status"], (string?)gone["enabledUser"], gone["roles"]!.AsArray().Count)
            .ShouldBe(("tobedeleted", "false", 0));
        ((string?)(await GetAsync($"enrollments/{enrollment}"))["enrollment"]!["status"]).ShouldBe("tobedeleted");
        // The last change is known to the millisecond.
        var last = await ModifiedAsync("users/P6");
        (await IdsAsync($"users?{Since(last)}")).ShouldBeEmpty();
        (await IdsAsync($"users?filter=dateLastModified>='{last}'")).ShouldBe(["A3", "P6"]);
    }

    [Fact]
    public async Task Who_moves_to_another_class_or_school_has_changed()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var since = Since(await ModifiedAsync("users/P1"));
        await district.ImportAsync(TestRoster.Standard()
            .Change("enrollments.csv", "E2", line => line.Replace("C1", "C2", StringComparison.Ordinal)).Zip());
        (await IdsAsync($"users?{since}")).ShouldBe(["P2"]);
        string.Equals(Since(await ModifiedAsync("users/P2")), since, StringComparison.Ordinal).ShouldBeFalse();
        (await GetAsync($"enrollments?{since}&sort=status"))["enrollments"]!.AsArray()
            .Select(e => ((string?)e!["class"]!["sourcedId"], (string?)e["status"]))
            .ShouldBe([("C2", "active"), ("C1", "tobedeleted")]);
    }

    [Fact]
    public async Task What_ends_by_its_date_has_changed_on_the_day_after()
    {
        var last = LocalDay.Today(archives.Clock).AddDays(3);
        await district.ImportAsync(TestRoster.Standard()
            .Change("enrollments.csv", "E2", line => $"{line[..line.LastIndexOf(',')]},{last:yyyy-MM-dd}").Zip());
        var midnight = $"{LocalDay.Start(last.AddDays(1)):yyyy-MM-ddTHH:mm:ss.fffZ}";
        var since = $"filter=dateLastModified>='{midnight}'";
        (await IdsAsync($"enrollments?{since}")).ShouldBeEmpty();
        archives.Clock.DaysAhead = 4;
        using var later = archives.Client(TestIdentity.DistrictAdmin(district.Id));
        var ended = (await GetAsync($"enrollments?{since}", later))["enrollments"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)ended["status"], (string?)ended["dateLastModified"]).ShouldBe(("tobedeleted", midnight));
        (await IdsAsync($"users?{since}", later)).ShouldBe(["P2"]);
        ((string?)(await GetAsync("users/P2", later))["user"]!["dateLastModified"]).ShouldBe(midnight);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_school_is_told_whose_stay_has_ended_without_the_name_of_who_is_elsewhere()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var school = await archives.ScalarAsync<Guid>(
            "SELECT school_id FROM school WHERE district_id = $1 AND source_id = 'S2'", district.Id);
        using var principal = archives.Client(
            new Grant(Role.SchoolAdmin, Guid.CreateVersion7(), district.Id, school, null, null));
        var enrollment = (await IdsAsync("enrollments?filter=user.sourcedId='P6'", principal)).Single();
        await district.ImportAsync(TestRoster.Standard().Change("users.csv", "P6", _ => TestRoster.Student("P6", "S1", "03"))
            .Change("enrollments.csv", "E6", _ => "E6,,,C2,S1,P6,student,,,").Zip(), acceptWithdrawals: true);
        var ended = (await GetAsync("enrollments?filter=status='tobedeleted'", principal))["enrollments"]!.AsArray()
            .ShouldHaveSingleItem()!;
        ((string?)ended["sourcedId"], (string?)ended["class"]!["sourcedId"], ended["user"]).ShouldBe((enrollment, "C3", null));
        (await IdsAsync("users", principal)).ShouldBe(["A3", "P5"]);
    }

    [Fact]
    public async Task A_list_costs_the_same_statements_for_few_and_for_many()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var few = await CountAsync();
        var roster = TestRoster.Standard();
        foreach (var i in Enumerable.Range(0, 60))
        {
            roster.Add("users.csv", TestRoster.Student($"Q{i}", "S2", "04"))
                .Add("enrollments.csv", $"F{i},,,C3,S2,Q{i},student,,,");
        }

        await district.ImportAsync(roster.Zip());
        (await CountAsync()).ShouldBe(few);

        async Task<(int, int)> CountAsync()
        {
            using var statements = Statements.Count();
            await GetAsync("users?filter=dateLastModified>'2026-01-01' AND status='active'&sort=dateLastModified");
            return (statements.RoundTrips, statements.Texts.Count);
        }
    }

    [Theory]
    [InlineData("users?filter=dateLastModified>'soon'", 400, "invalid_filter_field")]
    [InlineData("users?filter=dateLastModified~'2026'", 400, "invalid_filter_field")]
    [InlineData("users?filter=phone='1'", 400, "invalid_filter_field")]
    [InlineData("users?filter=role=student", 400, "invalid_filter_field")]
    [InlineData("users?filter=role='student' AND", 400, "invalid_filter_field")]
    [InlineData("users?filter=role='a' AND role='b' OR role='c'", 400, "invalid_filter_field")]
    [InlineData("users?filter=role='a'%00", 400, "invalid_filter_field")]
    [InlineData("users?filter=role='%00'", 400, "invalid_filter_field")]
    [InlineData("terms?filter=startDate='soon'", 400, "invalid_filter_field")]
    [InlineData("terms?filter=startDate~'2026'", 400, "invalid_filter_field")]
    [InlineData("users?sort=phone", 400, "invalid_sort_field")]
    [InlineData("users?fields=given-name", 400, "invalid_selection_field")]
    [InlineData("users?limit=0", 400, "invaliddata")]
    [InlineData("users?offset=-1", 400, "invaliddata")]
    [InlineData("users?limit=99999999999", 400, "invaliddata")]
    [InlineData("users/nobody", 404, "unknownobject")]
    [InlineData("users/%01", 404, "unknownobject")]
    [InlineData("teachers/P1", 404, "unknownobject")]
    [InlineData("schools/S9/classes", 404, "unknownobject")]
    public async Task What_cannot_be_answered_is_said_in_the_standards_way(string path, int status, string code)
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        using var answer = await district.Admin.GetAsync(new Uri(Root + path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        var body = JsonNode.Parse(text)!;
        ((string?)body["imsx_codeMajor"], (string?)body["imsx_CodeMinor"]!["imsx_codeMinorField"]![0]!["imsx_codeMinorFieldValue"])
            .ShouldBe(("failure", code));
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Everybody_is_given_the_schools_that_are_theirs_only()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        await new TestDistrict(archives).ImportAsync(TestRoster.Standard().Zip());
        var school = await archives.ScalarAsync<Guid>("SELECT school_id FROM school WHERE district_id = $1 AND source_id = 'S2'", district.Id);
        var @class = await archives.ScalarAsync<Guid>("SELECT id FROM class WHERE school_id = $1", school);

        using var principal = archives.Client(new Grant(Role.SchoolAdmin, Guid.CreateVersion7(), district.Id, school, null, null));
        (await IdsAsync("orgs", principal)).ShouldBe(["S2"]);
        (await IdsAsync("terms", principal)).ShouldBe(["T1", "T2"]);
        (await IdsAsync("classes", principal)).ShouldBe(["C3"]);
        (await IdsAsync("users", principal)).ShouldBe(["A3", "P5", "P6"]);
        (await IdsAsync("enrollments", principal)).Count.ShouldBe(2);
        (await principal.GetAsync(new Uri(Root + "students/P1", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await principal.GetAsync(new Uri(Root + "classes/C1/students", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        using var teacher = archives.Client(new Grant(Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, @class, null));
        (await IdsAsync("users", teacher)).ShouldBeEmpty();
        using var nobody = archives.Client();
        (await nobody.GetAsync(new Uri(Root + "users", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static string Since(string time) => $"filter=dateLastModified>'{time}'";

    private async Task<string> ModifiedAsync(string path) =>
        (string)((JsonObject)await GetAsync(path)).Single().Value!["dateLastModified"]!;

    private async Task<JsonNode> GetAsync(string path, HttpClient? client = null)
    {
        using var answer = await (client ?? district.Admin).GetAsync(new Uri(Root + path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }

    private async Task<List<string>> IdsAsync(string path, HttpClient? client = null) =>
        [.. ((JsonObject)await GetAsync(path, client)).Single().Value!.AsArray().Select(item => (string)item!["sourcedId"]!)];
}
