using System.Net;
using System.Text.Json.Nodes;
using HomeSchool.Archives.Roster;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>What an exporting system says in <c>metadata.*</c> is kept, compared and given out as it came (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class MetadataTests(ArchivesFixture archives)
{
    private const string Root = "/ims/oneroster/rostering/v1p2/";

    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task It_is_kept_with_each_record_and_given_out_again()
    {
        var import = await district.ImportAsync(TestRoster.Standard()
            .Column("orgs.csv", "metadata.cn.xuequ", ("S1", "第一学区")).Column("academicSessions.csv", "metadata.note", ("T1", "秋"))
            .Column("classes.csv", "metadata.room", ("C1", "201"))
            .Column("users.csv", "metadata.cn.minzu", ("P1", "汉"), ("A1", "回"), ("G1", "壮"))
            .Column("users.csv", "Metadata.bus", ("P1", "3"))
            .Column("enrollments.csv", "metadata.seat", ("E1", "12"), ("E7", "前"), ("E10", "of a class that is not kept"))
            .Column("courses.csv", "metadata.level", ("K", "1")).Column("demographics.csv", "metadata.blood", ("P1", "A")).Zip());
        (import.Errors, import.Warnings).ShouldBe((0, 0));
        import.Notes.Single(note => note.Code == "columns.metadata" && note.File == "users.csv").Value
            .ShouldBe("metadata.cn.minzu, Metadata.bus");
        foreach (var (file, column) in new[] { ("courses.csv", "metadata.level"), ("demographics.csv", "metadata.blood") })
            import.Notes.Single(note => note.Code == "columns.not-kept" && note.File == file).Value!.ShouldContain(column);

        (await MetadataAsync("orgs/S1")).ShouldBe("cn.xuequ=第一学区");
        (await MetadataAsync("orgs/S2")).ShouldBe("");
        (await MetadataAsync("terms/T1")).ShouldBe("note=秋");
        (await MetadataAsync("classes/C1")).ShouldBe("room=201");
        (await MetadataAsync("users/P1")).ShouldBe("bus=3 cn.minzu=汉");
        (await MetadataAsync("users/A1")).ShouldBe("cn.minzu=回");
        (await archives.ScalarAsync<string>(
            "SELECT metadata::text FROM guardian WHERE district_id = $1 AND source_id = 'G1'", district.Id))
            .ShouldBe("""{"cn.minzu": "壮"}""");
        (await GetAsync("enrollments"))["enrollments"]!.AsArray().Select(e => (string?)e!["metadata"]?["seat"]).OfType<string>()
            .ShouldBe(["12", "前"], ignoreOrder: true);
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM roster_import t WHERE district_id = $1 AND t::text LIKE '%第一学区%'", district.Id)).ShouldBe(0);
    }

    [Fact]
    public async Task A_changed_value_is_a_change_and_so_is_one_that_is_gone()
    {
        await district.ImportAsync(Roster(("P1", "汉"), ("P2", "汉"), ("A1", "汉")).Zip());
        // The rows are the same but for the order of the values: recognised by their digest, or not.
        RosterSheetTests.Counts(await district.CheckAsync(Roster(("P1", "汉"), ("P2", "汉"), ("A1", "汉")).Shuffled(7).Zip()))
            .ShouldBe("");

        var import = await district.CheckAsync(Roster(("P1", "满"), ("A1", "满"), ("P6", "汉")).Zip());
        RosterSheetTests.Counts(import).ShouldBe("Student ~3 Staff ~1");
        (await district.ListAsync<ChangeBody>($"districts/{district.Id}/imports/{import.Id}/changes?kind=student&change=changed"))
            .ShouldAllBe(change => change.Fields.Single() == "metadata");
        (await district.ConfirmAsync(import.Id)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await MetadataAsync("users/P1")).ShouldBe("minzu=满");
        (await MetadataAsync("users/P2")).ShouldBe("");
        (await MetadataAsync("users/P6")).ShouldBe("minzu=汉");
    }

    [Fact]
    public async Task A_file_without_such_columns_does_not_know_them()
    {
        await district.ImportAsync(
            Roster(("P1", "汉"), ("A1", "汉")).Column("enrollments.csv", "metadata.seat", ("E1", "12")).Zip());
        var last = LocalDay.Today(archives.Clock).AddDays(9);
        var changed = TestRoster.Standard()
            .Change("users.csv", "P1", line => line.Replace("小P1", "大P1", StringComparison.Ordinal))
            .Change("enrollments.csv", "E1", line => $"{line[..line.LastIndexOf(',')]},{last:yyyy-MM-dd}");
        RosterSheetTests.Counts(await district.ImportAsync(changed.Zip())).ShouldBe("Student ~1 Enrolment ~1");
        (await MetadataAsync("users/P1")).ShouldBe("minzu=汉");
        // Also of what is withdrawn.
        await district.ImportAsync(TestRoster.Standard().Remove("users.csv", "P1").Remove("demographics.csv", "P1")
            .Remove("enrollments.csv", "E1", "E11").Zip(), acceptWithdrawals: true);
        (await MetadataAsync("users/P1")).ShouldBe("minzu=汉");
        (await GetAsync("enrollments?filter=user.sourcedId='P1'"))["enrollments"]!.AsArray()
            .Select(e => (string?)e!["metadata"]!["seat"]).ShouldBe(["12"]);
    }

    [Fact]
    public async Task A_delta_says_it_of_those_whom_it_names()
    {
        await district.ImportAsync(Roster(("P1", "汉"), ("P2", "汉"), ("A1", "汉")).Zip());
        var delta = Roster(("P1", "满"), ("P3", "汉"));
        delta.Files["users.csv"].RemoveAll(line => !line.StartsWith("sourcedId", StringComparison.Ordinal)
            && !line.StartsWith("P1", StringComparison.Ordinal) && !line.StartsWith("P3", StringComparison.Ordinal));
        // The birth date of who is not in users.csv changes beside: what is stored is compared, and keeps its metadata.
        delta.Files["demographics.csv"].RemoveRange(1, delta.Files["demographics.csv"].Count - 1);
        delta.Add("demographics.csv", "P2,,,2017-03-01,female,CN");
        delta.Files["manifest.csv"] =
            ["propertyName,value", "oneroster.version,1.1", "file.users,delta", "file.demographics,delta"];
        foreach (var file in new[] { "orgs.csv", "academicSessions.csv", "courses.csv", "classes.csv", "enrollments.csv" })
            delta.Files.Remove(file);
        RosterSheetTests.Counts(await district.ImportAsync(delta.Zip())).ShouldBe("Student ~3");
        (await MetadataAsync("users/P1")).ShouldBe("minzu=满");
        foreach (var kept in new[] { "P2", "P3", "A1" })
            (await MetadataAsync($"users/{kept}")).ShouldBe("minzu=汉");
    }

    [Fact]
    public async Task A_value_that_is_too_long_is_told_by_its_place_and_changes_nothing()
    {
        await district.ImportAsync(Roster(("P1", "汉"), ("P2", "汉")).Zip());
        var roster = Roster(("P1", new string('长', 1001)), ("P2", new string('长', 1000)));
        var import = await district.ImportAsync(roster.Zip());
        (await district.MistakesAsync(import.Id)).Select(m => (m.File, m.Line, m.Column, m.Code, m.Value))
            .ShouldBe([("users.csv", roster.LineOf("users.csv", "P1"), "metadata.minzu", "value.too-long", null)]);
        (await MetadataAsync("users/P1")).ShouldBe("minzu=汉");
        (await MetadataAsync("users/P2")).Length.ShouldBe(1006);
    }

    [Theory]
    [InlineData(51, false, "users.csv:1:metadata.c50", "header.metadata")]
    [InlineData(3, true, "users.csv:1:metadata.c1", "header.column-twice")]
    public async Task Too_many_columns_and_one_that_is_there_twice_are_refused_by_their_place(
        int columns, bool twice, string place, string code)
    {
        var roster = TestRoster.Standard();
        foreach (var i in Enumerable.Range(0, columns))
            roster.Column("users.csv", $"metadata.c{i}", ("P1", "1"));
        if (twice)
            roster.Column("users.csv", "metadata.c1");
        using var answer = await district.UploadAsync(roster.Zip());
        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.roster-refused");
        ((string?)problem["errors"]![0]!["field"], (string?)problem["errors"]![0]!["code"]).ShouldBe((place, code));
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task It_is_in_no_event_audit_row_or_idempotency_row()
    {
        var canary = new Canary();
        await district.ImportAsync(Roster(("P1", canary.In("汉")), ("G1", canary.In("汉")), ("A1", canary.In("汉"))).Zip());
        (await MetadataAsync("users/P1")).ShouldContain(canary.In("汉"));
        foreach (var table in new[]
        {
            "platform.event_log", "platform.outbox", "platform.audit", "platform.idempotency", "platform.parked_message",
            "student_search", "roster_import",
        })
        {
            canary.CountIn(await archives.ScalarAsync<string>($"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t"))
                .ShouldBe(0, table);
        }
    }

    private static TestRoster Roster(params (string Id, string Value)[] values) =>
        TestRoster.Standard().Column("users.csv", "metadata.minzu", values);

    // What came, without our own id.
    private async Task<string> MetadataAsync(string path)
    {
        var metadata = (JsonObject)((JsonObject)await GetAsync(path)).Single().Value!["metadata"]!;
        metadata.Remove("homeschool.id").ShouldBeTrue();
        return string.Join(
            ' ', metadata.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value}"));
    }

    private async Task<JsonNode> GetAsync(string path)
    {
        using var answer = await district.Admin.GetAsync(new Uri(Root + path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }
}
