using System.Net;

namespace HomeSchool.Archives.Tests;

/// <summary>A bad row is told with its exact place, does not stop the good ones, and leaves what is stored of it as it is (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class RowMistakeTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    /// <summary>File, id of the row, what is replaced by what, and the remark: column, code, value.</summary>
    public static TheoryData<string, string, string, string, string> Mistakes => new()
    {
        { "users.csv", "P2", ",student,", ",pupil,", "role value.not-allowed pupil" },
        { "users.csv", "P2", ",student,", ",,", "role value.missing" },
        { "users.csv", "P2", "小P2,张", ",", "familyName value.missing" },
        { "users.csv", "P2", "P2,,,true", "P2,,,maybe", "enabledUser value.not-allowed maybe" },
        { "users.csv", "P2", "P2,,,true", "P2,gone,,true", "status value.not-allowed gone" },
        { "users.csv", "P2", "P2,,,true", "P 2,,,true", "sourcedId id.invalid P 2" },
        { "users.csv", "P2", "P2,,,true", ",,,true", "sourcedId value.missing" },
        { "users.csv", "P2", ",03,", ",03,,extra", " row.columns 19" },
        { "users.csv", "P2", ",03,secret", "", " row.columns 16" },
        { "users.csv", "P2", "小P2", "\"小P2", " row.quote" },
        { "users.csv", "P2", "小P2", "小\u0001P2", " row.character" },
        { "users.csv", "P2", "小P2", "P1,,,,,,,,,,,", " row.columns 29" },
        { "demographics.csv", "P2", "2017-02-15", "2017-02-30", "birthDate date.invalid 2017-02-30" },
        { "demographics.csv", "P2", "2017-02-15", "15.2.2017", "birthDate date.invalid 15.2.2017" },
        { "demographics.csv", "P2", "2017-02-15", "1817-02-15", "birthDate date.implausible 1817-02-15" },
        { "demographics.csv", "P2", "female", "f", "sex value.not-allowed f" },
        { "demographics.csv", "P2", "P2,", "P9,", "sourcedId reference.user P9" },
        { "academicSessions.csv", "T1", "2027-01-22", "", "endDate value.missing" },
        { "academicSessions.csv", "T1", "2027-01-22", "2026-01-22", "endDate date.order 2026-01-22" },
        { "academicSessions.csv", "T1", "semester", "halfyear", "type value.not-allowed halfyear" },
        { "classes.csv", "C2", "homeroom", "class", "classType value.not-allowed class" },
        { "orgs.csv", "S2", "第二小学", "", "name value.missing" },
        { "enrollments.csv", "E2", ",P2,", ",P99,", "userSourcedId reference.user P99" },
        { "enrollments.csv", "E2", ",C1,", ",C99,", "classSourcedId reference.class C99" },
        { "enrollments.csv", "E2", "student", "teacher", "role enrollment.role teacher" },
        { "enrollments.csv", "E7", "teacher", "student", "role enrollment.role student" },
        { "enrollments.csv", "E2", ",P2,", ",G1,", "role enrollment.role student" },
        { "enrollments.csv", "E2", "student,,,", "student,,2026-10-01,2026-09-01", "endDate date.order 2026-09-01" },
        { "enrollments.csv", "E2", "student", "pupil", "role value.not-allowed pupil" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_has_its_place_and_what_is_stored_stays(string file, string id, string old, string @new, string remark)
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var roster = TestRoster.Standard();
        var line = roster.LineOf(file, id);
        roster.Change(file, id, text => text.Replace(old, @new, StringComparison.Ordinal));
        (roster.Files[file][line - 1] == TestRoster.Standard().Files[file][line - 1]).ShouldBeFalse("the row should differ");

        var import = await district.CheckAsync(roster.Zip());
        var mistakes = await district.MistakesAsync(import.Id);
        mistakes.ShouldContain(m => $"{m.File}:{m.Line} {m.Column} {m.Code} {m.Value}".TrimEnd() == $"{file}:{line} {remark}");
        mistakes.ShouldAllBe(m => m.Reason.Length > 0 && m.Mend.Length > 0);
        // A row that cannot be read, or that names a person or class wrongly, takes nothing away from anybody.
        import.Changes.Sum(count => count.Added + count.Changed + count.Withdrawn).ShouldBe(0, string.Join('\n', mistakes));
    }

    [Fact]
    public async Task The_good_rows_are_taken()
    {
        var roster = TestRoster.Standard().Change("users.csv", "P2", line => line.Replace("student", "pupil", StringComparison.Ordinal));
        var import = await district.ImportAsync(roster.Zip());
        import.Changes.Single(count => count.Kind == Roster.RecordKind.Student).Added.ShouldBe(5);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM student WHERE district_id = $1", district.Id)).ShouldBe(5);
        (await district.MistakesAsync(import.Id, "en")).Select(m => $"{m.File}:{m.Line} {m.Reason}").ShouldBe(
            [
                "enrollments.csv:3 The user P2 is unknown, or their own row has a mistake.",
                "users.csv:3 The value pupil is not allowed.",
                "users.csv:13 The student P2 is unknown, or their own row has a mistake, and was left out.",
            ]);
    }

    [Fact]
    public async Task An_id_that_is_there_twice_counts_once()
    {
        var roster = TestRoster.Standard().Add("users.csv", TestRoster.Student("P1", "S2", "09"));
        var import = await district.ImportAsync(roster.Zip());
        var mistake = (await district.MistakesAsync(import.Id)).Single();
        (mistake.Code, mistake.Line).ShouldBe(("id.twice", roster.Files["users.csv"].Count));
        mistake.Reason.ShouldBe("编号 P1 已在第 2 行出现，此行未导入。");
    }

    [Fact]
    public async Task A_part_of_a_row_that_means_nothing_is_left_out_with_a_warning()
    {
        var import = await district.ImportAsync(TestRoster.Standard()
            .Change("users.csv", "P1", line => line.Replace(",S1,", ",\"S1,S9\",", StringComparison.Ordinal).Replace("G2", "A1", StringComparison.Ordinal))
            .Change("users.csv", "P2", line => line.Replace(",S1,", ",,", StringComparison.Ordinal)).Remove("enrollments.csv", "E2")
            .Change("enrollments.csv", "E3", line => line.Replace(",S1,", ",S2,", StringComparison.Ordinal))
            .Add("enrollments.csv", "E99,,,C1,S1,P4,student,,,").Zip());
        (import.Errors, import.Warnings).ShouldBe((0, 5));
        (await district.MistakesAsync(import.Id)).Select(m => $"{m.Code} {m.Value}".Trim()).Order(StringComparer.Ordinal).ShouldBe(
            ["enrollment.school S2", "enrollment.second-homeroom", "reference.agent A1", "reference.org S9", "user.no-school"]);
        import.Changes.Single(count => count.Kind == Roster.RecordKind.Student).Added.ShouldBe(6);
    }

    [Fact]
    public async Task Mistakes_can_be_downloaded_as_csv_and_no_value_becomes_a_formula()
    {
        var import = await district.CheckAsync(
            TestRoster.Standard().Change("users.csv", "P2", line => line.Replace("student", "=1+1", StringComparison.Ordinal)).Zip());
        var csv = await district.Admin.GetStringAsync(district.Address($"imports/{import.Id}/mistakes.csv"));
        csv.ShouldContain("\"users.csv\",3,\"role\"");
        csv.ShouldContain("\"'=1+1\"");
    }

    [Fact]
    public async Task However_many_mistakes_there_are_the_report_stays_readable()
    {
        var roster = TestRoster.Standard();
        for (var i = 0; i < 12_000; i++)
            roster.Add("users.csv", TestRoster.Student($"B{i}", "S1", "03").Replace("student", "pupil", StringComparison.Ordinal));
        var import = await district.CheckAsync(roster.Zip());
        import.Errors.ShouldBe(12_000);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM roster_mistake WHERE import_id = $1", import.Id)).ShouldBe(10_000);
    }

    [Fact]
    public async Task Rows_of_noise_never_break_the_import()
    {
        var random = new Random(7);
        for (var round = 0; round < 15; round++)
        {
            var roster = TestRoster.Standard();
            foreach (var (file, lines) in roster.Files.Where(file => file.Key != "manifest.csv"))
            {
                for (var i = 1; i < lines.Count; i++)
                {
                    if (random.Next(3) == 0)
                        lines[i] = Noise(lines[i], random);
                }
            }

            using var answer = await district.UploadAsync(roster.Zip());
            answer.StatusCode.ShouldBeOneOf(HttpStatusCode.Created, HttpStatusCode.UnprocessableEntity);
            if (answer.StatusCode != HttpStatusCode.Created)
                continue;
            var import = await district.ListAsync<Roster.ImportRow>($"districts/{district.Id}/imports?size=1");
            (await district.ConfirmAsync(import[0].Id, acceptWithdrawals: true)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    private static string Noise(string line, Random random)
    {
        var fields = line.Split(',');
        var noise = new[] { "", "\0", "\"", "\"\"", "S1", "P1", "A1", "G1", "C1", "2026-09-01", "9999-99-99", "𠮷", "\ufffd", "'; DROP", "{}" };
        for (var n = random.Next(1, 4); n > 0; n--)
            fields[random.Next(fields.Length)] = noise[random.Next(noise.Length)];
        return string.Join(',', fields);
    }
}
