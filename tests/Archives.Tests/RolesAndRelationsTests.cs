using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Tests;

/// <summary>What stands beside OneRoster 1.1: the roles of 1.2, and what a guardian is to a child, from Microsoft SDS (ARC-2, ARC-13).</summary>
public sealed class RolesAndRelationsTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    [Trait("Rule", "ARC-2")]
    public async Task OneRoster_1_2_is_the_same_roster_as_1_1()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var import = await district.CheckAsync(InTwoFiles(TestRoster.Standard()).Zip());
        (import.Errors, import.Warnings).ShouldBe((0, 0));
        RosterSheetTests.Counts(import).ShouldBe("");
    }

    [Fact]
    [Trait("Rule", "ARC-2")]
    public async Task Roles_have_their_days_and_one_person_may_have_several()
    {
        var roster = InTwoFiles(TestRoster.Standard());
        roster.Add("users.csv", "H1,,,true,H1,,校长,王,,N,,,,,,secret", "X1,,,true,X1,,无角色,王,,N,,,,,,secret");
        roster.Add("roles.csv", "R-h1,,,H1,secondary,counselor,,,S1", "R-h2,,,H1,primary,principal,2020-01-01,,S2", "R-a,,,A1,secondary,parent,,,S1",
            "R-p,,,P6,primary,dean,,,S2");
        roster.Change("roles.csv", "R-A3", line => line.Replace(",,,S2", ",2020-01-01,2021-01-01,S2", StringComparison.Ordinal));
        roster.Files["relationships.csv"] = ["userSourcedId,relationshipUserSourcedId,relationshipRole", "P5,A1,parent"];
        await district.ImportAsync(TestRoster.Standard().Zip());

        var import = await district.CheckAsync(roster.Zip());
        (await district.MistakesAsync(import.Id)).Select(m => (m.File, m.Line, m.Code)).ShouldBe(
        [
            ("roles.csv", roster.LineOf("roles.csv", "R-p"), "value.not-allowed"), ("users.csv", roster.LineOf("users.csv", "X1"), "user.no-role"),
        ], ignoreOrder: true);
        RosterSheetTests.Counts(import).ShouldBe("Guardian +1 Guardianship +1 Staff +1 -1 StaffPost +2 -1");
        (await district.ConfirmAsync(import.Id, acceptWithdrawals: true)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await archives.ScalarAsync<string>(
            """
            SELECT string_agg(p.role || ' ' || s.source_id, ',' ORDER BY s.source_id)
            FROM staff_post p JOIN staff f ON f.id = p.staff_id JOIN school s USING (school_id) WHERE f.district_id = $1 AND f.source_id = 'H1'
            """, district.Id)).ShouldBe("Administrator S1,Administrator S2");
    }

    [Fact]
    [Trait("Rule", "ARC-2")]
    public async Task Accounts_in_other_applications_are_checked_and_not_kept()
    {
        var roster = InTwoFiles(TestRoster.Standard());
        roster.Files["userProfiles.csv"] =
        [
            "sourcedId,status,dateLastModified,userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password",
            "U1,,,P1,app,v,a,,basic,p1,hunter2", "U2,,,P99,app,v,a,,basic,p99,hunter2", "U3,,,,app,v,a,,basic,p3,hunter2",
        ];
        var import = await district.ImportAsync(roster.Zip());
        (await district.MistakesAsync(import.Id)).Select(m => (m.File, m.Line, m.Column, m.Code)).ShouldBe(
        [
            ("userProfiles.csv", 3, "userSourcedId", "reference.profile"), ("userProfiles.csv", 4, "userSourcedId", "value.missing"),
        ], ignoreOrder: true);
        import.Notes.Single(note => note.Code == "profiles.not-kept").Value.ShouldBe("2");
        import.Notes.Single(note => note.Code == "columns.not-kept" && note.File == "userProfiles.csv").Value!.ShouldContain("password");
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM roster_import t WHERE district_id = $1 AND t::text LIKE '%hunter2%'", district.Id)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Relationships_say_what_somebody_is_to_a_child()
    {
        var roster = TestRoster.Standard();
        roster.Files["relationships.csv"] =
        [
            "userSourcedId,relationshipUserSourcedId,relationshipRole",
            "P1,G1,guardian", "P3,G3,relative", "P3,G1,parent", "P4,G2,doctor", "P9,G2,parent", "P4,A1,parent", "P4,G2,uncle",
        ];
        var import = await district.ImportAsync(roster.Zip());
        (await district.MistakesAsync(import.Id)).Select(m => (m.Line, m.Column, m.Code)).ShouldBe(
        [
            (5, "relationshipRole", "relation.not-kept"), (6, "userSourcedId", "reference.child"),
            (7, "relationshipUserSourcedId", "reference.agent"), (8, "relationshipRole", "value.not-allowed"),
        ], ignoreOrder: true);
        (await GuardiansAsync("P1")).ShouldBe(
            [("G1", GuardianRelation.Guardian, LegalStatus.Guardian, 1), ("G2", GuardianRelation.Relative, LegalStatus.Caregiver, 2)]);
        (await GuardiansAsync("P3")).ShouldBe(
            [("G3", GuardianRelation.Relative, LegalStatus.Caregiver, 1), ("G1", GuardianRelation.Parent, LegalStatus.Guardian, 2)]);
        RosterSheetTests.Counts(await district.CheckAsync(roster.Zip())).ShouldBe("");
    }

    private async Task<IEnumerable<(string, GuardianRelation, LegalStatus, int)>> GuardiansAsync(string student)
    {
        var id = await archives.ScalarAsync<Guid>("SELECT id FROM student WHERE district_id = $1 AND source_id = $2", district.Id, student);
        var body = await district.Admin.GetFromJsonAsync<StudentBody>(district.Address($"students/{id}"), Json.Options);
        return body!.Guardians.Select(g => (g.GivenName, g.Relation, g.LegalStatus, g.ContactOrder));
    }

    // Takes schools and roles out of users.csv, as 1.2 has them.
    private static TestRoster InTwoFiles(TestRoster roster)
    {
        const int orgs = 4, role = 5;
        var roles = new List<string> { "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId" };
        var users = roster.Files["users.csv"];
        foreach (var line in users.Skip(1).Select(line => line.Split(',')))
            roles.Add($"R-{line[0]},,,{line[0]},primary,{(line[role] == "administrator" ? "principal" : line[role])},,,{line[orgs]}");
        for (var i = 0; i < users.Count; i++)
            users[i] = string.Join(',', users[i].Split(',').Where((_, column) => column is not (orgs or role)));
        roster.Files["roles.csv"] = roles;
        return roster;
    }
}
