using System.Net;
using System.Net.Http.Json;
using System.Text;
using HomeSchool.Archives.Passing;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Archives.Tests;

/// <summary>A delta of OneRoster says only what has changed; what it does not mention stays as it is (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class DeltaTests(ArchivesFixture archives)
{
    private const string Renamed = "P2,active,2026-10-02T08:00:00Z,true,S1,student,P2,,大P2,张,,XP2,,,,,03,";

    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task It_adds_changes_and_withdraws_what_it_names_and_nothing_else()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var delta = Delta(
            ("users.csv", [Renamed, TestRoster.Student("P7", "S1", "03", "G2"), Gone(TestRoster.Student("P6", "S2", "04"))]),
            ("enrollments.csv", ["E13,,,C1,S1,P7,student,,,", "E6,tobedeleted,,C3,S2,P6,student,,,"]));
        var import = await district.CheckAsync(delta);
        (await district.MistakesAsync(import.Id)).ShouldBeEmpty();
        RosterSheetTests.Counts(import).ShouldBe("Student +1 ~1 -1 Guardianship +1 Enrolment +1 -1");
        import.Notes.ShouldContain(note => note.Code == "delta.taken");
        (await district.ConfirmAsync(import.Id, acceptWithdrawals: true)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await StudentAsync("P2")).ShouldSatisfyAllConditions(
            s => s.GivenName.ShouldBe("大P2"), s => s.Guardians.ShouldHaveSingleItem(), s => s.Enrolments.ShouldHaveSingleItem());
        (await StudentAsync("P7")).ShouldSatisfyAllConditions(
            s => s.Enrolments.ShouldHaveSingleItem().ClassId.ShouldNotBeNull(), s => s.Guardians.ShouldHaveSingleItem().GivenName.ShouldBe("G2"));
        (await StudentAsync("P6")).ShouldSatisfyAllConditions(
            s => s.WithdrawnOn.ShouldNotBeNull(), s => s.Enrolments.ShouldHaveSingleItem().EndsOn.ShouldNotBeNull());

        // Once more, also compared instead of recognised by its rows, it changes nothing.
        RosterSheetTests.Counts(await district.ImportAsync(delta)).ShouldBe("");
        RosterSheetTests.Counts(await district.CheckAsync(Delta(("users.csv", [Renamed])))).ShouldBe("");
    }

    [Fact]
    public async Task A_row_to_delete_that_has_a_mistake_deletes_nothing()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var import = await district.CheckAsync(Delta(("enrollments.csv", ["E6,tobedeleted,,C3,S2,P6,student"])));
        import.Files.Single(file => file.TakenAs == "enrollments.csv").Rejected.ShouldBe(1);
        (await district.MistakesAsync(import.Id)).ShouldHaveSingleItem().Code.ShouldBe("row.columns");
        RosterSheetTests.Counts(import).ShouldBe("");
    }

    [Fact]
    public async Task An_enrolment_in_another_homeroom_is_a_move_and_a_teacher_comes_and_goes()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        RosterSheetTests.Counts(await district.ImportAsync(Delta(("enrollments.csv", ["E3,active,,C1,S1,P3,student,,,"]))))
            .ShouldBe("Enrolment +1 -1");
        (await StudentAsync("P3")).Enrolments.Count(e => e.EndsOn is null).ShouldBe(1);
        await PostsAsync("C1", "A1 HomeroomTeacher, A2 DeputyHomeroomTeacher, A2 SubjectTeacher");

        await district.ImportAsync(Delta(("enrollments.csv", ["E7,tobedeleted,,C1,S1,A1,teacher,true,,", "E8,,,C1,S1,A2,teacher,true,,"])));
        await PostsAsync("C1", "A2 HomeroomTeacher, A2 SubjectTeacher");
        await PostsAsync("C2", "A2 HomeroomTeacher, A2 SubjectTeacher");
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM staff_post WHERE district_id = $1 AND class_id IS NULL AND ends_on IS NULL", district.Id)).ShouldBe(3);
    }

    [Fact]
    public async Task A_students_row_that_names_guardians_names_all_of_them()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        RosterSheetTests.Counts(await district.CheckAsync(Delta(("users.csv", [TestRoster.Student("P1", "S1", "03", "G2")]))))
            .ShouldBe("Guardianship ~1 -1");
        RosterSheetTests.Counts(await district.CheckAsync(Delta(("users.csv", [TestRoster.Student("P1", "S1", "03")])))).ShouldBe("");
        RosterSheetTests.Counts(await district.CheckAsync(Delta(("users.csv", [Gone(TestRoster.Adult("G1", "S1", "parent"))]))))
            .ShouldBe("Guardian -1 Guardianship -1");
    }

    [Fact]
    [Trait("Rule", "ARC-14")]
    public async Task A_delta_that_says_nothing_of_where_a_student_is_leaves_what_is_to_come()
    {
        var last = LocalDay.Today(archives.Clock).AddDays(10);
        await district.ImportAsync(TestRoster.Standard().Remove("enrollments.csv", "E2")
            .Add("enrollments.csv", $"E2,,,C1,S1,P2,student,,,{last:yyyy-MM-dd}")
            .Add("enrollments.csv", $"E20,,,C2,S1,P2,student,,{last.AddDays(1):yyyy-MM-dd},").Zip());
        var guardian = TestRoster.Adult("G3", "S1", "guardian").Replace(",,,,secret", ",,P2,,secret", StringComparison.Ordinal)
            .Replace("13800000000", "13911112222", StringComparison.Ordinal);
        RosterSheetTests.Counts(await district.ImportAsync(Delta(("users.csv", [guardian])))).ShouldBe("Guardian ~1");
        (await StudentAsync("P2")).Enrolments.Select(e => e.EndsOn).ShouldBe([last, null], ignoreOrder: true);
    }

    [Fact]
    public async Task Single_files_refer_to_what_was_uploaded_before()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        RosterSheetTests.Counts(await district.CheckAsync(Delta(("demographics.csv", ["P5,,,2016-05-15,male,CN"])))).ShouldBe("Student ~1");
        RosterSheetTests.Counts(await district.CheckAsync(Delta(
            ("classes.csv", ["C9,,,五年级(1)班,05,K,,homeroom,,S2,T1,,,", "C3,,,四年级(9)班,04,K,,homeroom,,S2,T1,,,"])))).ShouldBe("Class +1 ~1");
        RosterSheetTests.Counts(await district.CheckAsync(Delta(("academicSessions.csv", ["Y,,,2026-2027,schoolYear,2026-09-01,2027-08-31,,2027"]))))
            .ShouldBe("");
        RosterSheetTests.Counts(await district.CheckAsync(Delta(("orgs.csv", ["S2,,,第二实验小学,school,3102,D"])))).ShouldBe("School ~1");
    }

    [Fact]
    public async Task Bulk_and_delta_files_may_stand_side_by_side()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var roster = TestRoster.Standard();
        var zip = Zip([("file.orgs", "bulk"), ("file.users", "delta")], ("orgs.csv", [.. roster.Files["orgs.csv"][1..3]]), ("users.csv", [Renamed]));
        RosterSheetTests.Counts(await district.CheckAsync(zip)).ShouldStartWith("School -1 ");
    }

    [Fact]
    public async Task What_cannot_be_found_is_told_by_its_line()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var import = await district.CheckAsync(Delta(
            ("users.csv", [Gone(TestRoster.Student("P99", "S1", "03"))]),
            ("enrollments.csv", ["E1,tobedeleted,,C1,S1,P98,student,,,", "E2,,,M1,S1,P2,student,,,", "E3,tobedeleted,,,,,,,,"])));
        (await district.MistakesAsync(import.Id)).Select(m => (m.File, m.Line, m.Code, m.Value)).ShouldBe(
        [
            ("users.csv", 2, "delta.unknown", "P99"), ("enrollments.csv", 2, "delta.unknown", "P98"), ("enrollments.csv", 3, "delta.class", "M1"),
            ("enrollments.csv", 4, "value.missing", null), ("enrollments.csv", 4, "value.missing", null),
            ("enrollments.csv", 4, "value.missing", null),
        ], ignoreOrder: true);
        RosterSheetTests.Counts(import).ShouldBe("");
    }

    [Fact]
    public async Task It_needs_a_roster_before_it_and_its_turn()
    {
        using (var first = await district.UploadAsync(Delta(("users.csv", [Renamed]))))
            await RefusedAsync(first, "delta.first");
        await district.ImportAsync(TestRoster.Standard().Zip());
        await district.ImportAsync(Delta(("users.csv", [Renamed])));
        using (var older = await district.UploadAsync(Delta(
            ("users.csv", [Renamed.Replace("10-02", "10-01", StringComparison.Ordinal).Replace("大P2", "旧P2", StringComparison.Ordinal)]))))
        {
            await RefusedAsync(older, "delta.older");
        }

        (await StudentAsync("P2")).GivenName.ShouldBe("大P2");
    }

    [Fact]
    public async Task A_delta_is_not_the_whole_though_its_rows_are_the_same()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var users = TestRoster.Standard().Remove("users.csv", "P6").Files["users.csv"][1..];
        RosterSheetTests.Counts(await district.ImportAsync(Zip([("file.users", "delta")], ("users.csv", [.. users])))).ShouldBe("");
        RosterSheetTests.Counts(await district.CheckAsync(Zip([("file.users", "bulk")], ("users.csv", [.. users])))).ShouldBe("Student -1");
    }

    [Fact]
    public async Task Roles_of_1_2_come_as_deltas_too()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        const string Users = "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,middleName,identifier,email,sms,phone,"
            + "agentSourcedIds,grades";
        const string Roles = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId";
        var zip = TestRoster.Zip(Lines(
            ("manifest.csv", ["propertyName,value", "oneroster.version,1.2", "file.users,delta", "file.roles,delta"]),
            ("users.csv", [Users, "P2,,,true,P2,大P2,张,,XP2,,,,,03"]),
            ("roles.csv", [Roles, "R1,,,A3,secondary,aide,,,S1", "R2,tobedeleted,,A2,primary,teacher,,,S1", "R3,,,A2,primary,principal,,,S2"])));
        var import = await district.CheckAsync(zip);
        (await district.MistakesAsync(import.Id)).ShouldBeEmpty();
        RosterSheetTests.Counts(import).ShouldBe("Student ~1 StaffPost +2 -1");
    }

    [Fact]
    public async Task A_role_that_is_gone_takes_that_part_of_the_person_along_and_no_other()
    {
        const string Header = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId";
        // A1 is a teacher, and a parent of P5.
        var roster = TestRoster.Standard().Add("users.csv", TestRoster.Adult("B1", "S1", "teacher"));
        await district.ImportAsync(roster.Zip());
        await district.ImportAsync(TestRoster.Zip(Roles(Header, "R1,,,A1,secondary,parent,,,S1")
            .Append(("relationships.csv", Bytes("userSourcedId,relationshipUserSourcedId,relationshipRole", "P5,A1,parent")))));
        await CountsAsync("R1,tobedeleted,,A1,secondary,parent,,,S2", "Guardian -1 Guardianship -1");
        // Whatever school and kind of guardian the row names: neither is kept of a guardian's role.
        await CountsAsync("R2,tobedeleted,,G1,primary,guardian,,,S2", "Guardian -1 Guardianship -1");
        await CountsAsync("R3,tobedeleted,,B1,primary,teacher,,,S1", "Staff -1 StaffPost -1");
        await CountsAsync("R4,tobedeleted,,P4,primary,student,,,S1", "Student -1 Enrolment -1");

        async Task CountsAsync(string row, string counts) =>
            RosterSheetTests.Counts(await district.CheckAsync(TestRoster.Zip(Roles(Header, row)))).ShouldBe(counts);
    }

    [Fact]
    [Trait("Rule", "ARC-15")]
    public async Task A_delta_that_takes_over_who_was_admitted_by_hand_leaves_the_class_and_the_guardians()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var school = await archives.ScalarAsync<Guid>(
            "SELECT school_id FROM school WHERE district_id = $1 AND source_id = 'S1'", district.Id);
        var @class = await archives.ScalarAsync<Guid>("SELECT id FROM class WHERE school_id = $1 AND source_id = 'C2'", school);
        using var office = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, school, null, null));
        using var admitted = await office.PostAsJsonAsync(
            new Uri($"/api/archives/schools/{school}/students", UriKind.Relative),
            new AdmissionRequest("张", "新生", "XP9", new DateOnly(2017, 5, 1), LocalDay.Today(archives.Clock), null, @class,
                [new AdmittedGuardian("李", "母亲", GuardianRelation.Parent)]), Json.Options);
        admitted.StatusCode.ShouldBe(HttpStatusCode.Created, await admitted.Content.ReadAsStringAsync());

        RosterSheetTests.Counts(await district.ImportAsync(Delta(("users.csv", [TestRoster.Student("P9", "S1", "03")]))))
            .ShouldBe("Student ~1");
        (await StudentAsync("P9")).ShouldSatisfyAllConditions(
            s => s.Enrolments.ShouldHaveSingleItem().ClassId.ShouldBe(@class),
            s => s.Guardians.ShouldHaveSingleItem().GivenName.ShouldBe("母亲"));
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Roles(params string[] lines) =>
    [
        ("manifest.csv", Bytes("propertyName,value", "oneroster.version,1.2", "file.roles,delta")), ("roles.csv", Bytes(lines)),
    ];

    private static byte[] Bytes(params string[] lines) => Encoding.UTF8.GetBytes(string.Join("\r\n", lines));

    // The first of the line's commas stands before its status.
    private static string Gone(string line) => line.Insert(line.IndexOf(',', StringComparison.Ordinal) + 1, "tobedeleted");

    private static byte[] Delta(params (string Name, string[] Rows)[] files) =>
        Zip([.. files.Select(file => ("file." + Path.GetFileNameWithoutExtension(file.Name), "delta"))], files);

    private static byte[] Zip((string Key, string Value)[] manifest, params (string Name, string[] Rows)[] files) => TestRoster.Zip(Lines(
        [
            ("manifest.csv", ["propertyName,value", "oneroster.version,1.1", .. manifest.Select(line => $"{line.Key},{line.Value}")]),
            .. files.Select(file => (file.Name, (string[])[TestRoster.Standard().Files[file.Name][0], .. file.Rows])),
        ]));

    private static IEnumerable<(string Name, byte[] Bytes)> Lines(params (string Name, string[] Rows)[] files) =>
        files.Select(file => (file.Name, Encoding.UTF8.GetBytes(string.Join("\r\n", file.Rows))));

    private static async Task RefusedAsync(HttpResponseMessage answer, string code)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(code);
    }

    private async Task PostsAsync(string @class, string posts) => (await archives.ScalarAsync<string>(
        """
        SELECT string_agg(f.source_id || ' ' || p.role, ', ' ORDER BY f.source_id, p.role)
        FROM staff_post p JOIN staff f ON f.id = p.staff_id JOIN class c ON c.id = p.class_id
        WHERE p.district_id = $1 AND c.source_id = $2 AND p.ends_on IS NULL
        """, district.Id, @class)).ShouldBe(posts);

    private async Task<StudentBody> StudentAsync(string sourceId)
    {
        var id = await archives.ScalarAsync<Guid>("SELECT id FROM student WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
        return (await district.Admin.GetFromJsonAsync<StudentBody>(district.Address($"students/{id}"), Json.Options))!;
    }
}
