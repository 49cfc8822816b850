using System.Net;
using System.Net.Http.Json;
using HomeSchool.Archives.Roster;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Tests;

/// <summary>An import, from the upload to what is read afterwards (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class ImportTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task A_dry_run_shows_what_would_change_and_changes_nothing()
    {
        var import = await district.CheckAsync(TestRoster.Standard().Zip());

        import.State.ShouldBe(ImportState.Checked);
        Counts(import).ShouldBe(
            "School +2 Term +2 Class +3 Student +6 Guardian +3 Guardianship +3 Staff +3 Enrolment +6 StaffPost +8");
        (import.Errors, import.Warnings).ShouldBe((0, 0));
        (await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools")).ShouldBeEmpty();
        (await archives.ScalarAsync<long>("SELECT count(*) FROM student WHERE district_id = $1", district.Id)).ShouldBe(0);
        (await district.ListAsync<ChangeBody>($"districts/{district.Id}/imports/{import.Id}/changes?kind=student&size=2"))
            .Select(change => (change.Change, change.SourceId)).ShouldBe(
                Enumerable.Range(1, 6).Select(i => (ChangeKind.Added, $"P{i}")), ignoreOrder: true);
    }

    [Fact]
    public async Task A_confirmed_import_is_there_to_be_read()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());

        var schools = await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools");
        schools.Select(school => (school.Name, school.Code)).ShouldBe([("第一小学", "3101"), ("第二小学", "3102")], ignoreOrder: true);
        (await district.ListAsync<TermRow>($"districts/{district.Id}/terms"))
            .Select(term => (term.Title, term.StartsOn, term.EndsOn, term.TeachingWeeks)).ShouldBe(
            [
                ("第二学期", new DateOnly(2027, 2, 22), new DateOnly(2027, 7, 2), 19),
                ("第一学期", new DateOnly(2026, 9, 1), new DateOnly(2027, 1, 22), 20),
            ]);

        var school = schools.Single(school => school.Name == "第一小学").Id;
        var classes = await district.ListAsync<ClassBody>($"schools/{school}/classes");
        classes.Select(c => (c.Title, c.Grade, c.Students)).ShouldBe([("三年级(1)班", "03", 2), ("三年级(2)班", "03", 2)], ignoreOrder: true);
        var first = classes.Single(c => c.Title == "三年级(1)班");
        (await district.ListAsync<StudentRow>($"schools/{school}/students?size=3"))
            .Select(student => student.GivenName).ShouldBe(["小P1", "小P2", "小P3", "小P4"]);

        var staff = await district.ListAsync<StaffRow>($"schools/{school}/staff?classId={first.Id}&size=1");
        staff.Select(post => (post.GivenName, post.Role, post.Subject)).ShouldBe(
            [("A1", StaffRole.HomeroomTeacher, null), ("A2", StaffRole.DeputyHomeroomTeacher, null), ("A2", StaffRole.SubjectTeacher, "数学")],
            ignoreOrder: true);
        first.HomeroomTeacherId.ShouldBe(staff.Single(post => post.Role == StaffRole.HomeroomTeacher).StaffId);

        var student = await StudentAsync("P1");
        (student.FamilyName, student.Number, student.BirthDate, student.Sex).ShouldBe(("张", "XP1", new DateOnly(2017, 1, 15), Sex.Male));
        student.Enrolments.ShouldBe([new EnrolmentBody(school, first.Id, "03", new DateOnly(2026, 9, 1), null)]);
        student.Guardians.Select(g => (g.GivenName, g.Relation, g.LegalStatus, g.ContactOrder, g.Phone)).ShouldBe(
        [
            ("G1", GuardianRelation.Parent, LegalStatus.Guardian, 1, "13800000000"),
            ("G2", GuardianRelation.Relative, LegalStatus.Caregiver, 2, "13800000000"),
        ]);
        (await StudentAsync("P2")).Guardians.Single().GivenName.ShouldBe("G3");
    }

    [Fact]
    public async Task What_a_district_must_not_keep_is_not_kept_and_named_in_the_report()
    {
        var import = await district.ImportAsync(TestRoster.Standard().Zip());
        import.Notes.Single(note => note.Code == "columns.not-kept" && note.File == "users.csv").Value!.ShouldContain("password");
        import.Notes.Single(note => note.Code == "columns.not-kept" && note.File == "demographics.csv").Value.ShouldBe(
            "dateLastModified, countryOfBirthCode");
        foreach (var table in new[] { "student", "guardian", "staff", "roster_change", "roster_import", "roster_mistake", "platform.event_log", "platform.outbox" })
        {
            (await archives.ScalarAsync<long>(
                $"SELECT count(*) FROM {table} t WHERE district_id = $1 AND t::text LIKE '%secret%'", district.Id)).ShouldBe(0, table);
        }

        (await archives.ScalarAsync<long>("SELECT count(*) FROM roster_change WHERE district_id = $1", district.Id)).ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_same_roster_again_changes_nothing_and_announces_nothing_in_whatever_order(int seed)
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var announced = await AnnouncedAsync();
        var stored = await StoredAsync();

        var roster = TestRoster.Standard();
        var again = await district.ImportAsync((seed == 0 ? roster : roster.Shuffled(seed)).Zip());
        again.Changes.ShouldAllBe(count => count.Added + count.Changed + count.Withdrawn == 0);
        again.Changes.Sum(count => count.Unchanged).ShouldBe(36);
        (await StoredAsync()).ShouldBe(stored);
        (await AnnouncedAsync()).ShouldBe(announced);
    }

    [Fact]
    public async Task A_change_is_shown_by_its_columns_and_announced_alone()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var announced = await AnnouncedAsync();

        var import = await district.CheckAsync(TestRoster.Standard()
            .Change("users.csv", "P3", line => line.Replace("小P3", "大P3", StringComparison.Ordinal))
            .Change("demographics.csv", "P3", line => line.Replace("2017-03-15", "2017-03-16", StringComparison.Ordinal))
            .Change("classes.csv", "C2", line => line.Replace("(2)班", "(3)班", StringComparison.Ordinal)).Zip());
        Counts(import).ShouldBe("Class ~1 Student ~1");
        (await district.ListAsync<ChangeBody>($"districts/{district.Id}/imports/{import.Id}/changes?kind=student&change=changed"))
            .Single().Fields.ShouldBe(["birth_date", "given_name"]);

        (await district.ConfirmAsync(import.Id)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StudentAsync("P3")).GivenName.ShouldBe("大P3");
        // The student's name is nobody else's business; the class's is.
        (await AnnouncedAsync() - announced).ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "ARC-15")]
    public async Task Who_vanished_is_withdrawn_with_a_date_and_stays_with_the_history()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        archives.Clock.DaysAhead = 10;
        var today = LocalDay.Today(archives.Clock);
        var roster = Standard().Remove("users.csv", "P4", "G2").Remove("enrollments.csv", "E4").Remove("demographics.csv", "P4");
        var import = await district.CheckAsync(roster.Zip());
        // G2 is named by P1's row, which loses that part only.
        Counts(import).ShouldBe("Student -1 Guardian -1 Guardianship -1 Enrolment -1");
        (await district.MistakesAsync(import.Id)).Single().ShouldSatisfyAllConditions(
            m => m.Code.ShouldBe("reference.agent"), m => m.Line.ShouldBe(roster.LineOf("users.csv", "P1")), m => m.Value.ShouldBe("G2"));
        (await district.ConfirmAsync(import.Id, acceptWithdrawals: true)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var student = await StudentAsync("P4");
        student.WithdrawnOn.ShouldBe(today);
        student.Enrolments.Single().EndsOn.ShouldBe(today.AddDays(-1));
        student.Enrolments.Single().StartsOn.ShouldBe(new DateOnly(2026, 9, 1));

        // Back after a gap: a second enrolment, the first untouched.
        archives.Clock.DaysAhead = 20;
        Counts(await district.ImportAsync(Standard().Zip())).ShouldBe("Student ~1 Guardian ~1 Guardianship ~1 Enrolment +1");
        student = await StudentAsync("P4");
        student.WithdrawnOn.ShouldBeNull();
        student.Enrolments.Select(e => (e.StartsOn, e.EndsOn)).ShouldBe(
            [(today.AddDays(10), null), (new DateOnly(2026, 9, 1), today.AddDays(-1))]);

        static TestRoster Standard() => TestRoster.Standard();
    }

    [Fact]
    public async Task A_withdrawal_by_mistake_is_mended_by_the_right_file_on_the_same_day()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var stored = await StoredAsync(withVersion: false);
        await district.ImportAsync(
            TestRoster.Standard().Remove("users.csv", "P4").Remove("enrollments.csv", "E4").Remove("demographics.csv", "P4").Zip(), true);
        await district.ImportAsync(TestRoster.Standard().Zip());
        (await StoredAsync(withVersion: false)).ShouldBe(stored);
    }

    [Fact]
    [Trait("Rule", "ARC-14")]
    public async Task A_change_of_class_or_grade_ends_one_enrolment_and_begins_another()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        archives.Clock.DaysAhead = 5;
        var today = LocalDay.Today(archives.Clock);
        var import = await district.ImportAsync(TestRoster.Standard()
            .Change("enrollments.csv", "E4", line => line.Replace("C2", "C1", StringComparison.Ordinal))
            .Change("enrollments.csv", "E3", line => "E3,,,C1,S1,P3,student,," + $"{today.AddDays(-3):yyyy-MM-dd},")
            .Change("users.csv", "P5", line => line.Replace(",04,", ",05,", StringComparison.Ordinal)).Zip());
        Counts(import).ShouldStartWith("Enrolment +3 -3");

        (await StudentAsync("P4")).Enrolments.Select(e => (e.StartsOn, e.EndsOn)).ShouldBe(
            [(today, null), (new DateOnly(2026, 9, 1), today.AddDays(-1))]);
        // The file knows the day.
        (await StudentAsync("P3")).Enrolments.Select(e => (e.StartsOn, e.EndsOn)).ShouldBe(
            [(today.AddDays(-3), null), (new DateOnly(2026, 9, 1), today.AddDays(-4))]);
        (await StudentAsync("P5")).Enrolments.Select(e => (e.Grade, e.EndsOn)).ShouldBe([("05", null), ("04", today.AddDays(-1))]);
    }

    [Fact]
    [Trait("Rule", "ARC-15")]
    public async Task Dates_in_the_file_are_kept()
    {
        var roster = TestRoster.Standard()
            .Change("enrollments.csv", "E1", _ => "E1,,,C1,S1,P1,student,,2026-09-01,2026-10-09")
            .Add("enrollments.csv", "E1b,,,C2,S1,P1,student,,2026-10-10,")
            .Change("enrollments.csv", "E2", _ => "E2,,,C1,S1,P2,student,,2026-09-21,");
        await district.ImportAsync(roster.Zip());
        (await StudentAsync("P1")).Enrolments.Select(e => (e.StartsOn, e.EndsOn)).ShouldBe(
            [(new DateOnly(2026, 10, 10), null), (new DateOnly(2026, 9, 1), new DateOnly(2026, 10, 9))]);
        (await StudentAsync("P2")).Enrolments.Single().StartsOn.ShouldBe(new DateOnly(2026, 9, 21));
        Counts(await district.ImportAsync(roster.Shuffled(3).Zip())).ShouldBe("");
    }

    [Fact]
    public async Task Many_leaving_a_school_must_be_accepted_explicitly()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var import = await district.CheckAsync(
            TestRoster.Standard().Remove("users.csv", "P6").Remove("enrollments.csv", "E6").Remove("demographics.csv", "P6").Zip());
        import.NeedsAcceptWithdrawals.ShouldBeTrue();
        import.Losses.Single().ShouldSatisfyAllConditions(loss => loss.OnRoll.ShouldBe(2), loss => loss.Leaving.ShouldBe(1));
        using var refused = await district.ConfirmAsync(import.Id);
        await refused.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.withdrawals-not-accepted");
        using var accepted = await district.ConfirmAsync(import.Id, acceptWithdrawals: true);
        accepted.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_file_that_is_not_there_withdraws_nothing()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var roster = TestRoster.Standard();
        foreach (var file in roster.Files.Keys.Where(file => file is not "users.csv" and not "manifest.csv").ToArray())
            roster.Without(file);
        Counts(await district.ImportAsync(roster.Zip())).ShouldBe("");
        roster.Change("users.csv", "P1", line => line.Replace("小P1", "大P1", StringComparison.Ordinal)).Add(
            "users.csv", TestRoster.Student("P7", "S2", "04"));
        Counts(await district.ImportAsync(roster.Zip())).ShouldBe("Student +1 ~1 Enrolment +1");
        (await StudentAsync("P7")).Enrolments.Single().ClassId.ShouldBeNull();
    }

    [Fact]
    public async Task An_export_without_guardians_or_homerooms_does_not_take_away_those_that_are_stored()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var roster = TestRoster.Standard().Remove("users.csv", "G1", "G2", "G3").Remove("classes.csv", "C1", "C2", "C3")
            .Remove("enrollments.csv", "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9")
            .Change("users.csv", "P1", line => line.Replace("\"G1,G2\"", "", StringComparison.Ordinal));
        var import = await district.CheckAsync(roster.Zip());
        import.Notes.ShouldContain(note => note.Code == "users.no-guardians");
        import.Notes.ShouldContain(note => note.Code == "classes.no-homeroom");
        import.Changes.Where(count => count.Kind is not RecordKind.StaffPost).Sum(count => count.Withdrawn + count.Changed).ShouldBe(0);
    }

    [Fact]
    public async Task A_roster_without_homerooms_puts_students_on_the_schools_roll()
    {
        var roster = TestRoster.Standard().Remove("classes.csv", "C1", "C2", "C3")
            .Remove("enrollments.csv", "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9")
            .Change("enrollments.csv", "E11", _ => "E11,,,M1,S1,P1,student,,2026-09-07,2027-01-22");
        await district.ImportAsync(roster.Zip());
        (await StudentAsync("P1")).Enrolments.Single().ShouldSatisfyAllConditions(
            e => e.ClassId.ShouldBeNull(), e => e.Grade.ShouldBe("03"), e => e.StartsOn.ShouldBe(new DateOnly(2026, 9, 7)),
            e => e.EndsOn.ShouldBeNull());
        (await StudentAsync("P6")).Enrolments.Single().StartsOn.ShouldBe(new DateOnly(2026, 9, 1));
        Counts(await district.ImportAsync(roster.Zip())).ShouldBe("");
    }

    [Fact]
    public async Task A_student_of_two_schools_is_one_student_with_two_enrolments()
    {
        await district.ImportAsync(TestRoster.Standard()
            .Change("users.csv", "P1", line => line.Replace(",S1,", ",\"S1,S2\",", StringComparison.Ordinal)).Zip());
        var student = await StudentAsync("P1");
        student.Enrolments.Select(e => e.ClassId is null).ShouldBe([false, true], ignoreOrder: true);
    }

    [Fact]
    public async Task Rows_marked_tobedeleted_count_as_absent()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var import = await district.CheckAsync(TestRoster.Standard()
            .Change("users.csv", "P6", line => line.Replace("P6,,", "P6,tobedeleted,", StringComparison.Ordinal))
            .Change("enrollments.csv", "E6", line => line.Replace("E6,,", "E6,tobedeleted,", StringComparison.Ordinal))
            .Remove("demographics.csv", "P6").Zip());
        Counts(import).ShouldBe("Student -1 Enrolment -1");
        import.Notes.Count(note => note.Code == "rows.to-be-deleted").ShouldBe(2);
    }

    [Fact]
    public async Task Several_files_in_one_form_are_one_roster()
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, lines) in TestRoster.Standard().Files)
            form.Add(new StringContent(string.Join('\n', lines)), "files", name);
        using var answer = await district.Admin.PostAsync(district.Address("imports"), form);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var import = await answer.Content.ReadFromJsonAsync<ImportBody>(Json.Options);
        import!.Errors.ShouldBe(0);
        (await district.Admin.GetFromJsonAsync<ImportBody>(answer.Headers.Location, Json.Options))!.Id.ShouldBe(import.Id);
    }

    [Fact]
    public async Task An_import_can_be_cancelled_and_leaves_nothing()
    {
        var import = await district.CheckAsync(TestRoster.Standard().Zip());
        using var cancelled = await district.Admin.PostAsync(district.Address($"imports/{import.Id}/cancel"), null);
        cancelled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM roster_change WHERE district_id = $1", district.Id)).ShouldBe(0);
        using var confirmed = await district.ConfirmAsync(import.Id);
        await confirmed.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.import-decided");
        (await district.ListAsync<ImportRow>($"districts/{district.Id}/imports")).Single().State.ShouldBe(ImportState.Cancelled);
    }

    [Fact]
    public async Task An_unknown_import_is_not_found()
    {
        (await district.ConfirmAsync(Guid.CreateVersion7())).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await district.Admin.GetAsync(district.Address($"imports/{Guid.CreateVersion7()}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await district.Admin.PostAsync(district.Address($"imports/{Guid.CreateVersion7()}/cancel"), null)).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);
    }

    // E.g. "Student +1 ~2 -3": added, changed, withdrawn.
    private static string Counts(ImportBody import) => string.Join(' ', import.Changes
        .Where(count => count.Added + count.Changed + count.Withdrawn > 0)
        .Select(count => $"{count.Kind}{Part('+', count.Added)}{Part('~', count.Changed)}{Part('-', count.Withdrawn)}"));

    private static string Part(char sign, int count) => count == 0 ? "" : $" {sign}{count}";

    private async Task<StudentBody> StudentAsync(string sourceId)
    {
        var id = await archives.ScalarAsync<Guid>("SELECT id FROM student WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
        return (await district.Admin.GetFromJsonAsync<StudentBody>(district.Address($"students/{id}"), Json.Options))!;
    }

    private Task<long> AnnouncedAsync() => archives.ScalarAsync<long>(
        """
        SELECT (SELECT count(*) FROM platform.outbox WHERE district_id = $1)
            + (SELECT count(*) FROM platform.event_log WHERE district_id = $1)
        """, district.Id);

    private async Task<string> StoredAsync(bool withVersion = true)
    {
        var stored = new List<string>();
        foreach (var table in RosterCheck.Tables)
        {
            stored.Add(await archives.ScalarAsync<string>(
                $"SELECT coalesce(jsonb_agg(to_jsonb(t) {(withVersion ? "" : "- 'version'")} ORDER BY {table.Id}), '[]')::text "
                + $"FROM {table.Name} t WHERE district_id = $1", district.Id));
        }

        return string.Join('\n', stored);
    }
}
