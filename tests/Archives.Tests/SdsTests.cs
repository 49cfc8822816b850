using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Tests;

/// <summary>A whole export of Microsoft SDS 2.1 is a roster as any other (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class SdsTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task It_is_known_by_its_headers_and_compared_as_any_other()
    {
        var import = await district.ImportAsync(Zip(Files()));
        (await district.MistakesAsync(import.Id)).ShouldBeEmpty();
        RosterSheetTests.Counts(import).ShouldBe(
            "School +1 Term +1 Class +1 Student +2 Guardian +2 Guardianship +3 Staff +2 Enrolment +2 StaffPost +4");
        import.Notes.ShouldContain(note => note.Code == "sds.taken");
        import.Notes.ShouldNotContain(note => note.Code == "manifest.missing");
        import.Notes.ShouldContain(note => note.Code == "file.not-read" && note.Value == "userFlags.csv");
        import.Notes.Single(note => note.Code == "columns.not-kept" && note.File == "users.csv").Value!.ShouldContain("password");

        var student = await StudentAsync("P1");
        (student.BirthDate, student.Sex).ShouldBe((new DateOnly(2017, 3, 1), Sex.Female));
        var stay = student.Enrolments.ShouldHaveSingleItem();
        (stay.Grade, stay.ClassId).ShouldBe(("03", await archives.ScalarAsync<Guid>(
            "SELECT id FROM class WHERE district_id = $1 AND source_id = 'C1'", district.Id)));
        student.Guardians.Select(g => (g.GivenName, g.Relation, g.LegalStatus)).ShouldBe(
            [("小G1", GuardianRelation.Parent, LegalStatus.Guardian), ("小G2", GuardianRelation.Relative, LegalStatus.Caregiver)]);
        (await archives.ScalarAsync<string>(
            """
            SELECT string_agg(concat_ws(' ', f.source_id, p.role, p.subject), ', ' ORDER BY f.source_id, p.role)
            FROM staff_post p JOIN staff f ON f.id = p.staff_id WHERE p.district_id = $1
            """, district.Id)).ShouldBe("A1 HomeroomTeacher, A1 Teacher, A2 Administrator, A2 SubjectTeacher 数学");

        RosterSheetTests.Counts(await district.CheckAsync(Zip(Files()))).ShouldBe("");
        var changed = Files();
        changed["users.csv"] = [.. changed["users.csv"].Select(line => line.Replace("小P1", "大P1", StringComparison.Ordinal))];
        RosterSheetTests.Counts(await district.CheckAsync(Zip(changed))).ShouldBe("Student ~1");
    }

    [Fact]
    public async Task Mistakes_are_told_by_its_own_columns_and_take_nothing_away()
    {
        await district.ImportAsync(Zip(Files()));
        var files = Files();
        files["classes.csv"] = [files["classes.csv"][0], "C1,S9,一班,T1,", .. files["classes.csv"][2..]];
        files["roles.csv"] =
            [files["roles.csv"][0], "P1,S1,pupil,T1,03,TRUE,,", "P2,S1,student,T1,03,yes,,", .. files["roles.csv"][3..]];
        files["relationships.csv"] = [.. files["relationships.csv"], "P9,G1,parent"];
        var import = await district.CheckAsync(Zip(files));
        (await district.MistakesAsync(import.Id)).Select(m => (m.File, m.Line, m.Column, m.Code)).ShouldBe(
        [
            ("classes.csv", 2, "orgSourcedId", "reference.school"), ("roles.csv", 2, "role", "value.not-allowed"),
            ("roles.csv", 3, "isPrimary", "value.not-allowed"), ("relationships.csv", 5, "userSourcedId", "reference.child"),
            ("enrollments.csv", 2, "classSourcedId", "reference.class"),
            ("enrollments.csv", 3, "classSourcedId", "reference.class"),
            ("enrollments.csv", 4, "classSourcedId", "reference.class"),
        ], ignoreOrder: true);
        RosterSheetTests.Counts(import).ShouldBe("");
    }

    [Fact]
    public async Task Who_was_or_is_something_else_there_is_not_taken()
    {
        var files = Files();
        files["roles.csv"] =
        [
            .. files["roles.csv"], "A3,S1,alumni,,,TRUE,,", "A4,S1,nurse,,,TRUE,,", "A5,S1,teacher,,,TRUE,2020-01-01,2021-01-01",
        ];
        files["users.csv"] = [.. files["users.csv"], User("A3"), User("A4"), User("A5"), User("D1")];
        files["relationships.csv"] = [.. files["relationships.csv"], "P2,D1,doctor"];
        var import = await district.ImportAsync(Zip(files));
        (await district.MistakesAsync(import.Id)).Select(m => (m.File, m.Line, m.Code))
            .ShouldBe([("relationships.csv", 5, "relation.not-kept")]);
        (await archives.ScalarAsync<string>(
            "SELECT string_agg(source_id, ',' ORDER BY source_id) FROM staff WHERE district_id = $1", district.Id))
            .ShouldBe("A1,A2,A4");
        (await archives.ScalarAsync<long>("SELECT count(*) FROM guardian WHERE district_id = $1", district.Id)).ShouldBe(2);
    }

    [Fact]
    public async Task Microsofts_sample_is_taken_in_its_own_year()
    {
        var folder = SampleRosterTests.Sample("sds-2.1");
        archives.Clock.DaysAhead = new DateOnly(2021, 10, 1).DayNumber - LocalDay.Today(archives.Clock).DayNumber;
        var import = await district.ImportAsync(TestRoster.Zip(
            Directory.GetFiles(folder, "*.csv").Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))));
        // Its college is no school, and so its class and who is in it is told.
        (await district.MistakesAsync(import.Id)).Select(m => (m.File, m.Line, m.Column, m.Code)).ShouldBe(
        [
            ("classes.csv", 2, "orgSourcedId", "reference.school"), ("enrollments.csv", 2, "classSourcedId", "reference.class"),
            ("enrollments.csv", 3, "classSourcedId", "reference.class"),
        ], ignoreOrder: true);
        import.Notes.ShouldContain(note => note.Code == "sds.taken");
        import.Notes.ShouldContain(note => note.Code == "classes.no-homeroom");
        var school = (await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools")).Single().Id;
        (await district.ListAsync<StudentRow>($"schools/{school}/students")).Count.ShouldBe(3);
        (await StudentAsync("114003")).Guardians.Select(g => (g.FamilyName, g.Relation))
            .ShouldBe([("Craig", GuardianRelation.Relative)]);
        (await StudentAsync("114004")).Enrolments.ShouldHaveSingleItem().Grade.ShouldBe("10");
        (await district.ListAsync<StaffRow>($"schools/{school}/staff")).Select(row => row.FamilyName).ShouldBe(["Fein"]);
        RosterSheetTests.Counts(await district.CheckAsync(TestRoster.Zip(
            Directory.GetFiles(folder, "*.csv").Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))))).ShouldBe("");
    }

    private static Dictionary<string, string[]> Files() => new(StringComparer.Ordinal)
    {
        ["orgs.csv"] = ["sourcedId,name,type,parentSourcedId", "D,示例区,ministryOfEducation,", "S1,第一小学,school,D"],
        ["academicSessions.csv"] =
        [
            "sourcedId,title,type,schoolYear,startDate,endDate", $"T1,学年,schoolYear,2026,{Day(-60)},{Day(200)}",
        ],
        ["courses.csv"] = ["sourcedId,orgSourcedId,title,code,schoolYearSourcedId,subject,grade", "K,S1,数学,M1,T1,02,03"],
        ["classes.csv"] =
            ["sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId", "C1,S1,三年级(1)班,T1,", "M1,S1,三年级数学,T1,K"],
        ["users.csv"] =
        [
            "sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms",
            User("P1"), User("P2"), User("A1"), User("A2"), User("G1"), User("G2"),
        ],
        ["roles.csv"] =
        [
            "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate",
            $"P1,S1,student,T1,03,TRUE,{Day(-60)},{Day(200)}", "P2,S1,student,T1,03,TRUE,,", "A1,S1,faculty,T1,,TRUE,,",
            "A2,S1,principal,T1,,TRUE,,",
        ],
        ["enrollments.csv"] =
        [
            "classSourcedId,userSourcedId,role", "C1,P1,student", "C1,P2,student", "C1,A1,teacher", "M1,A2,professor",
            "M1,P1,student",
        ],
        ["demographics.csv"] =
        [
            "userSourcedId,sex,birthDate,birthCity,birthState,birthCountry,ethnicityCodes,raceCodes", "P1,female,2017-03-01,,,,,",
        ],
        ["relationships.csv"] =
            ["userSourcedId,relationshipUserSourcedId,relationshipRole", "P1,G1,parent", "P1,G2,relative", "P2,G1,parent"],
        ["userFlags.csv"] = ["userSourcedId,flag", "P1,freeLunch"],
    };

    private static string User(string id) => $"{id},{id}@example.org,小{id},王,secret,,{id}@example.org,,";

    private static string Day(int days) =>
        TimeProvider.System.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static byte[] Zip(Dictionary<string, string[]> files) =>
        TestRoster.Zip(files.Select(file => (file.Key, Encoding.UTF8.GetBytes(string.Join("\r\n", file.Value)))));

    private async Task<StudentBody> StudentAsync(string sourceId)
    {
        var id = await archives.ScalarAsync<Guid>(
            "SELECT id FROM student WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
        return (await district.Admin.GetFromJsonAsync<StudentBody>(district.Address($"students/{id}"), Json.Options))!;
    }
}
