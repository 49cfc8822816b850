using System.Net;
using System.Net.Http.Headers;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;

namespace HomeSchool.Insights.Tests;

/// <summary>Who sees the coverage of what (ALL-1), and how it is asked for.</summary>
public sealed class CoverageAccessTests(InsightsSystem system)
{
    private readonly TestDistrict district = new();

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Each_role_sees_the_places_that_it_holds_at_and_no_others()
    {
        var foreign = new TestDistrict();
        await system.ApplyAsync([.. district.Roster(), .. foreign.Roster()]);
        var (one, two) = (district.School, district.Schools[1]);
        string[] all =
        [
            Http.CoveragePath(NodeKind.District, district.Id),
            Http.CoveragePath(NodeKind.School, one.Id), Http.CoveragePath(NodeKind.Grade, one.Id, "07"),
            Http.CoveragePath(NodeKind.Class, one.Classes[0].Id), Http.CoveragePath(NodeKind.Class, one.Classes[1].Id),
            Http.CoveragePath(NodeKind.School, two.Id), Http.CoveragePath(NodeKind.Grade, two.Id, "07"),
            Http.CoveragePath(NodeKind.Class, two.Classes[0].Id),
            Http.CoveragePath(NodeKind.District, foreign.Id), Http.CoveragePath(NodeKind.School, foreign.School.Id),
            Http.CoveragePath(NodeKind.Class, foreign.Class.Id),
        ];

        (await SeenAsync(all, district.Admin)).ShouldBe("11111111...");
        (await SeenAsync(all, district.At(one))).ShouldBe(".1111......");
        (await SeenAsync(all, district.At(one, Role.VicePrincipal))).ShouldBe(".1111......");
        (await SeenAsync(all, district.At(one, Role.MoralEducationOfficer))).ShouldBe(".1111......");
        (await SeenAsync(all, district.At(two))).ShouldBe(".....111...");
        (await SeenAsync(all, district.HomeroomTeacher(one.Classes[0]))).ShouldBe("...1.......");
        (await SeenAsync(all, district.HomeroomTeacher(one.Classes[0]), district.HomeroomTeacher(two.Classes[0]))).ShouldBe("...1...1...");
        (await SeenAsync(all, foreign.Admin)).ShouldBe("........111");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Roles_without_the_permission_and_callers_without_a_token_are_refused()
    {
        await system.ApplyAsync([.. district.Roster()]);
        var path = Http.CoveragePath(NodeKind.Class, district.Class.Id);
        foreach (var grant in new[] { district.Guardian(district.Class), district.At(district.School, Role.Counselor) })
        {
            using var client = system.As(grant);
            (await client.RefusalAsync(path)).ShouldBe((403, "access.forbidden"));
            (await client.RefusalAsync($"/api/insights/schools/{district.School.Id}/coverage/classes")).ShouldBe((403, "access.forbidden"));
        }

        using var nobody = system.AsNobody();
        (await nobody.RefusalAsync(path)).ShouldBe((401, "access.sign-in-needed"));
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_database_hides_other_schools_also_without_the_querys_own_filter()
    {
        await system.ApplyAsync([.. district.Roster(), district.Completed(district.Class.Students[0])]);
        foreach (var table in new[] { "school", "class", "enrolment", "coverage", "student_in_term", "counted_visit", "feed" })
        {
            var everything = await system.ScalarAsync<long>(
                $"SELECT count(*) FROM {table} WHERE school_id = ANY ($1)", district.Schools.Select(s => s.Id).ToArray());
            everything.ShouldBeGreaterThan(0, table);
            (await VisibleAsync(table, schools: [district.Schools[1].Id])).ShouldBe(0, table);
            (await VisibleAsync(table, schools: [])).ShouldBe(0, table);
            (await VisibleAsync(table, schools: [district.School.Id])).ShouldBeInRange(1, everything, table);
        }
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    [Trait("Goal", "R6")]
    public async Task Every_table_but_the_listed_ones_forces_row_level_security() =>
        (await system.ScalarAsync<string>(
            """
            SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
            """)).ShouldBe("__EFMigrationsHistory district feed_head");

    [Fact]
    [Trait("Rule", "INS-1")]
    [Trait("Rule", "INS-2")]
    public async Task The_places_below_are_listed_page_by_page_in_the_order_of_their_names()
    {
        await system.ApplyAsync([.. district.Roster(), district.Completed(district.School.Classes[1].Students[0])]);
        using var admin = system.As(district.Admin);

        var schools = await admin.ReadAsync<Page<CoverageBody>>($"/api/insights/districts/{district.Id}/coverage/schools?size=1");
        schools.Items.ShouldHaveSingleItem().Title.ShouldBe("School 0");
        schools = await admin.ReadAsync<Page<CoverageBody>>(
            $"/api/insights/districts/{district.Id}/coverage/schools?size=1&after={schools.Next}");
        schools.Items.ShouldHaveSingleItem().Title.ShouldBe("School 1");
        schools.Next.ShouldBeNull();

        var grades = await admin.ReadAsync<Page<CoverageBody>>($"/api/insights/schools/{district.School.Id}/coverage/grades");
        grades.Items.Select(grade => (grade.Kind, grade.Grade, grade.OnRoll, grade.Visited.Any.Students))
            .ShouldBe([(NodeKind.Grade, "07", 5, 0), (NodeKind.Grade, "08", 5, 1)]);

        // The class with more visits is not first.
        var classes = await admin.ReadAsync<Page<CoverageBody>>($"/api/insights/schools/{district.School.Id}/coverage/classes");
        classes.Items.Select(@class => (@class.Title, @class.Grade, @class.Visited.Any.Students))
            .ShouldBe([("Class 07", "07", 0), ("Class 08", "08", 1)]);
        (await admin.ReadAsync<Page<CoverageBody>>($"/api/insights/schools/{district.School.Id}/coverage/classes?grade=08"))
            .Items.ShouldHaveSingleItem().Id.ShouldBe(district.School.Classes[1].Id);
        (await admin.RefusalAsync($"/api/insights/schools/{district.School.Id}/coverage/classes?after=?")).ShouldBe((400, "request.cursor-invalid"));
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_list_holds_only_what_the_caller_may_see()
    {
        await system.ApplyAsync([.. district.Roster()]);
        using var teacher = system.As(district.HomeroomTeacher(district.Class));
        (await teacher.ReadAsync<Page<CoverageBody>>($"/api/insights/schools/{district.School.Id}/coverage/classes"))
            .Items.ShouldHaveSingleItem().Id.ShouldBe(district.Class.Id);
        (await teacher.ReadAsync<Page<CoverageBody>>($"/api/insights/schools/{district.School.Id}/coverage/grades")).Items.ShouldBeEmpty();

        using var school = system.As(district.At(district.School));
        (await school.ReadAsync<Page<CoverageBody>>($"/api/insights/districts/{district.Id}/coverage/schools"))
            .Items.ShouldHaveSingleItem().Id.ShouldBe(district.School.Id);
        (await school.RefusalAsync($"/api/insights/schools/{district.Schools[1].Id}/coverage/classes")).ShouldBe((404, "request.not-found"));
    }

    [Fact]
    [Trait("Rule", "INS-1")]
    public async Task A_dashboard_that_asks_again_is_answered_304_until_something_changes()
    {
        await system.ApplyAsync([.. district.Roster()]);
        using var admin = system.As(district.Admin);
        var path = new Uri(Http.CoveragePath(NodeKind.School, district.School.Id), UriKind.Relative);
        EntityTagHeaderValue tag;
        using (var first = await admin.GetAsync(path))
            tag = first.Headers.ETag.ShouldNotBeNull();
        (await StatusAsync()).ShouldBe(HttpStatusCode.NotModified);

        await system.ApplyAsync(district.Completed(district.Schools[1].Classes[0].Students[0]));
        (await StatusAsync()).ShouldBe(HttpStatusCode.NotModified, "the visit was at another school");
        await system.ApplyAsync(district.Completed(district.Class.Students[0]));
        (await StatusAsync()).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> StatusAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { tag } } };
            using var answer = await admin.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("node=planet&id={class}", 400, "insights.node-unknown")]
    [InlineData("node=class&id=x", 400, "request.unreadable")]
    [InlineData("node=class", 400, "request.unreadable")]
    [InlineData("node=grade&id={school}", 400, "insights.grade-needed")]
    [InlineData("node=2&id={class}", 400, "insights.node-unknown")]
    [InlineData("node=class&id={school}", 404, "request.not-found")]
    [InlineData("node=class&id={class}&term={school}", 404, "insights.no-term")]
    public async Task A_question_that_cannot_be_answered_is_refused_clearly(string query, int status, string code)
    {
        await system.ApplyAsync([.. district.Roster()]);
        using var admin = system.As(district.Admin);
        (await admin.RefusalAsync("/api/insights/coverage?" + query
            .Replace("{class}", district.Class.Id.ToString(), StringComparison.Ordinal)
            .Replace("{school}", district.School.Id.ToString(), StringComparison.Ordinal))).ShouldBe((status, code));
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public async Task Refusals_are_in_Chinese_or_English_as_the_caller_prefers()
    {
        using var admin = system.As(district.Admin);
        var path = new Uri($"/api/insights/coverage?node=grade&id={district.School.Id}", UriKind.Relative);
        (await admin.GetFromJsonAsync<ProblemBody>(path, HttpStatusCode.BadRequest)).Title.ShouldContain("年级");
        admin.DefaultRequestHeaders.Add("Accept-Language", "en-GB");
        (await admin.GetFromJsonAsync<ProblemBody>(path, HttpStatusCode.BadRequest)).Title.ShouldContain("grade");
    }

    // One character for each path: 1 when it is shown, a dot when it is not found.
    private async Task<string> SeenAsync(string[] paths, params ServiceDefaults.Security.Grant[] grants)
    {
        using var client = system.As(grants);
        var seen = "";
        foreach (var path in paths)
        {
            var (status, code) = await client.RefusalAsync(path);
            if (status != 200)
                (status, code).ShouldBe((404, "request.not-found"));
            seen += status == 200 ? '1' : '.';
        }

        return seen;
    }

    // Rows of the district's schools, as the service's runtime role sees them.
    private async Task<long> VisibleAsync(string table, Guid[] schools)
    {
        await using var connection = new NpgsqlConnection(system.Settings["ConnectionStrings__insights-db"]);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL ROLE insights_app"),
                new NpgsqlBatchCommand("SELECT set_config('app.schools', $1, true)")
                {
                    Parameters = { new() { Value = schools.Length == 0 ? "" : $"{{{string.Join(',', schools)}}}" } },
                },
                new NpgsqlBatchCommand($"SELECT count(*) FROM {table} WHERE district_id = $1 AND school_id <> $2")
                {
                    Parameters = { new() { Value = district.Id }, new() { Value = district.Schools[1].Id } },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        return reader.GetInt64(0);
    }
}
