using System.Net;
using System.Net.Http.Json;
using System.Text;
using HomeSchool.Archives.Passing;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>A school year begins: shown first, then done, in force from its first day; what was before stays as it was.</summary>
[Trait("Rule", "ARC-14")]
public sealed class RolloverTests(ArchivesFixture archives) : IAsyncLifetime
{
    private const int Ahead = 30;

    private static readonly ReadRequest Read = new(ReadPurpose.Support);

    private readonly TestDistrict district = new(archives);
    private readonly DateOnly firstDay = LocalDay.Today(archives.Clock).AddDays(Ahead);
    private Guid first;

    public async ValueTask InitializeAsync()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        first = await IdAsync("school", "S1", "school_id");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("七年级(3)班", 7, "八年级(3)班")]
    [InlineData("一年级1班", 1, "二年级1班")]
    [InlineData("十年级（2）班", 10, "十一年级（2）班")]
    [InlineData("三(1)班", 3, "四(1)班")]
    [InlineData("初一（2）班", 7, "初二（2）班")]
    [InlineData("高二3班", 11, "高三3班")]
    [InlineData("9年级5班", 9, "10年级5班")]
    [InlineData("701班", 7, "801班")]
    [InlineData("Grade 7 Class 3", 7, "Grade 8 Class 3")]
    [InlineData("2026级3班", 7, "2026级3班")]
    [InlineData("三年级(1)班", 4, "三年级(1)班")]
    [InlineData("火箭班", 7, "火箭班")]
    public void A_title_names_the_next_grade_where_it_names_this_one(string title, int grade, string next) =>
        ClassTitle.Next(title, grade).ShouldBe(next);

    [Fact]
    public async Task Everybody_is_shown_in_the_next_grade_and_is_there_from_the_first_day()
    {
        var shown = await CheckAsync(new RolloverRequest(firstDay));
        var counts = shown.Changes.ToDictionary(count => count.Kind, count => (count.Added, count.Changed, count.Withdrawn));
        (counts[RecordKind.Class], counts[RecordKind.Enrolment], counts[RecordKind.StaffPost], counts[RecordKind.Student])
            .ShouldBe(((0, 3, 0), (6, 0, 6), (0, 0, 0), (0, 0, 0)));
        shown.Rollover!.Schools.Select(school => (school.LastGrade, school.Promoted, school.Graduated, school.Unplaced))
            .ShouldBe([(6, 4, 0, 0), (6, 2, 0, 0)], ignoreOrder: true);
        (shown.Rollover.TitlesKept, shown.NeedsAcceptWithdrawals).ShouldBe((0, false));
        (await ClassesAsync()).ShouldBe([("三年级(1)班", "03", 2), ("三年级(2)班", "03", 2)], ignoreOrder: true);

        var before = await HistoryAsync();
        await ConfirmAsync(shown.Id);
        (await HistoryAsync()).ShouldBe(before);
        (await GradeAsync("P1")).ShouldBe("03");
        archives.Clock.DaysAhead = Ahead;
        (await ClassesAsync()).ShouldBe([("四年级(1)班", "04", 2), ("四年级(2)班", "04", 2)], ignoreOrder: true);
        (await GradeAsync("P1")).ShouldBe("04");
        (await archives.ScalarAsync<long>("SELECT count(*) FROM handover WHERE district_id = $1", district.Id)).ShouldBe(0);
    }

    [Fact]
    public async Task A_term_that_would_run_into_the_new_year_is_closed_and_one_that_begins_with_it_is_not()
    {
        await archives.ScalarAsync<long>(
            """
            WITH one AS (UPDATE term SET starts_on = $2 - 40, ends_on = $2 + 5 WHERE district_id = $1 AND source_id = 'T1' RETURNING 1),
                two AS (UPDATE term SET starts_on = $2 - 1, ends_on = $2 + 100 WHERE district_id = $1 AND source_id = 'T2' RETURNING 1)
            SELECT count(*) FROM one, two
            """, district.Id, firstDay);
        await ConfirmAsync((await CheckAsync(new RolloverRequest(firstDay))).Id);
        (await archives.ScalarAsync<string>(
            "SELECT string_agg(($2 - ends_on)::text, ',' ORDER BY source_id) FROM term WHERE district_id = $1", district.Id, firstDay))
            .ShouldBe("1,-100");
    }

    [Fact]
    public async Task Graduates_leave_the_roll_unless_they_are_placed_at_the_next_school_and_posts_at_their_class_end()
    {
        var shown = await CheckAsync(new RolloverRequest(
            firstDay, Schools: [new("S1", "03")], NewClasses: [new("S2", "C9", "七年级(1)班", "07")],
            Placements: [new("P1", "S2", "C9"), new("P2", "S2", "C3")], HomeroomTeachers: [new("S2", "C9", "A1")]));
        shown.Rollover!.Schools.Single(school => school.SchoolId == first).ShouldBe(new SchoolPromotion(first, 3, 0, 2, 0, 0));
        shown.Rollover.Schools.Single(school => school.SchoolId != first).Placed.ShouldBe(2);
        await ConfirmAsync(shown.Id);
        (await StaffOfAsync("C1")).Count.ShouldBe(3);
        archives.Clock.DaysAhead = Ahead;
        (await ClassesAsync()).ShouldBeEmpty();
        (await StaffOfAsync("C1")).ShouldBeEmpty();
        (await StaffOfAsync("C9")).ShouldBe(["A1"]);
        (await GradeAsync("P1"), await GradeAsync("P2"), await GradeAsync("P3")).ShouldBe(("07", "05", null));
    }

    [Fact]
    public async Task Who_is_regrouped_is_where_the_list_says_or_waits_for_a_place()
    {
        var shown = await RegroupAsync();
        shown.Rollover!.Schools.Single(school => school.SchoolId == first).ShouldBe(new SchoolPromotion(first, 6, 3, 0, 3, 1));
        archives.Clock.DaysAhead = Ahead;
        (await ClassesAsync()).ShouldBe([("四年级(1)班", "04", 1), ("四年级(2)班", "04", 0)], ignoreOrder: true);
        (await GradeAsync("P1")).ShouldBe("04");
    }

    [Fact]
    public async Task A_second_rollover_for_the_same_year_is_refused()
    {
        await ConfirmAsync((await CheckAsync(new RolloverRequest(firstDay))).Id);
        using var again = await PostAsync(district.Admin, new RolloverRequest(firstDay.AddDays(7)));
        await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.rolled-over");
    }

    [Fact]
    [Trait("Rule", "ARC-2")]
    public async Task A_roster_that_says_the_same_changes_nothing_before_the_first_day_and_after_it()
    {
        await ConfirmAsync((await CheckAsync(new RolloverRequest(firstDay))).Id);
        var roster = TestRoster.Standard().Without("academicSessions.csv");
        foreach (var (from, to, titleFrom, titleTo) in new[] { ("04", "05", "四年级", "五年级"), ("03", "04", "三年级", "四年级") })
        {
            foreach (var file in new[] { "users.csv", "classes.csv" })
            {
                roster.Files[file] = [.. roster.Files[file].Select(line => line
                    .Replace($",{from},", $",{to},", StringComparison.Ordinal).Replace(titleFrom, titleTo, StringComparison.Ordinal))];
            }
        }

        foreach (var days in new[] { 0, Ahead, Ahead + 7 })
        {
            archives.Clock.DaysAhead = days;
            (await district.CheckAsync(roster.Zip())).Changes.Sum(count => count.Added + count.Changed + count.Withdrawn).ShouldBe(0);
        }
    }

    [Fact]
    [Trait("Rule", "ARC-7")]
    public async Task The_next_teacher_reads_what_was_written_before_only_after_accepting()
    {
        var student = await IdAsync("student", "P3");
        var item = await WriteAsync(student);
        await RegroupAsync();
        archives.Clock.DaysAhead = Ahead;
        using var next = await TeacherAsync("A1", "C1");
        using var former = await TeacherAsync("A2", "C2");
        using (var refused = await next.PostAsJsonAsync(district.Address($"sensitive-items/{item}/reads"), Read, Json.Options))
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "archives.access-needed");
        (await ItemsAsync(next, student)).ShouldBe([(null, Sees.Nothing)]);
        (await former.PostAsJsonAsync(district.Address($"sensitive-items/{item}/reads"), Read, Json.Options)).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);

        var open = (await HandoversAsync(next)).ShouldHaveSingleItem();
        (open.StudentId, open.FromStaffId, open.ToStaffId, open.StartsOn, open.DueOn, open.SensitiveItems).ShouldBe(
            (student, await IdAsync("staff", "A2"), await IdAsync("staff", "A1"), firstDay, firstDay.AddDays(14), 1));
        (await former.PostAsync(district.Address($"handovers/{open.Id}/accept"), null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        foreach (var _ in new[] { "once", "twice" })
            (await next.PostAsync(district.Address($"handovers/{open.Id}/accept"), null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using (var read = await next.PostAsJsonAsync(district.Address($"sensitive-items/{item}/reads"), Read, Json.Options))
            (await read.Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!.Content.ShouldBe("哮喘");
        (await HandoversAsync(next)).ShouldBeEmpty();
        (await HandoversAsync(next, "?accepted=true")).ShouldHaveSingleItem().AcceptedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_new_homeroom_teacher_by_whatever_change_is_handed_the_class_and_accepts_it_in_one_call()
    {
        await district.ImportAsync(TestRoster.Standard()
            .Change("enrollments.csv", "E9", line => line.Replace("A2", "A1", StringComparison.Ordinal)).Zip());
        using var next = await TeacherAsync("A1", "C2");
        (await HandoversAsync(next)).Select(row => row.GivenName).ShouldBe(["小P3", "小P4"], ignoreOrder: true);
        using var school = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null));
        (await HandoversAsync(school)).Count.ShouldBe(2);
        (await HandoversAsync(school, "?overdue=true")).ShouldBeEmpty();
        archives.Clock.DaysAhead = 15;
        (await HandoversAsync(school, "?overdue=true")).Count.ShouldBe(2);

        using (var elsewhere = await PostAcceptAsync(next, "C1"))
            elsewhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using (var accepted = await PostAcceptAsync(next, "C2"))
            (await accepted.Content.ReadFromJsonAsync<Acceptance>(Json.Options))!.Accepted.ShouldBe(2);
        using (var again = await PostAcceptAsync(next, "C2"))
            (await again.Content.ReadFromJsonAsync<Acceptance>(Json.Options))!.Accepted.ShouldBe(0);
        (await HandoversAsync(school)).ShouldBeEmpty();
        (await HandoversAsync(archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, await IdAsync("school", "S2", "school_id"), null, null))))
            .ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ARC-6")]
    public async Task A_plan_passes_to_the_next_teacher_with_the_first_day_and_not_before()
    {
        using var teacher = await TeacherAsync("A1", "C1");
        var plan = await teacher.DoAsync(
            district.Address($"students/{await IdAsync("student", "P1")}/plans"),
            new PlanRequest(PlanKind.Individual, "每天读书", firstDay)).MadeAsync();
        await teacher.DoAsync(district.Address($"plans/{plan}/begin"), new PlanBeginning(PlanForm.Paper)).ShouldBeDoneAsync();
        await ConfirmAsync((await CheckAsync(new RolloverRequest(firstDay, HomeroomTeachers: [new("S1", "C1", "A3")]))).Id);
        using var officer = archives.Client(new Grant(Role.MoralEducationOfficer, Guid.CreateVersion7(), district.Id, first, null, null));
        (await OwnerAsync()).ShouldBe(await IdAsync("staff", "A1"));

        // The days pass: instead of the clock, the dates move.
        await archives.ScalarAsync<long>(
            """
            WITH h AS (UPDATE handover SET starts_on = starts_on - $2 WHERE district_id = $1),
                e AS (UPDATE enrolment SET starts_on = starts_on - $2, ends_on = ends_on - $2 WHERE district_id = $1),
                p AS (UPDATE staff_post SET starts_on = starts_on - $2, ends_on = ends_on - $2 WHERE district_id = $1),
                r AS (UPDATE rights_turn SET turns_on = turns_on - $2 WHERE district_id = $1 RETURNING 1)
            SELECT count(*) FROM r
            """, district.Id, Ahead);
        var next = await IdAsync("staff", "A3");
        (await Eventually.GetAsync(OwnerAsync, owner => owner == next)).ShouldBe(next);

        async Task<Guid> OwnerAsync() => (await officer.SeeAsync<PlanBody>(district.Address($"plans/{plan}"))).Row.OwnerId;
    }

    [Fact]
    public async Task A_teacher_sees_handovers_and_their_sheets_only_of_those_who_are_in_the_class()
    {
        await RegroupAsync();
        archives.Clock.DaysAhead = Ahead;
        using var teacher = await TeacherAsync("A1", "C1");
        var sheet = district.Address($"handovers/{(await HandoversAsync(teacher)).ShouldHaveSingleItem().Id}/sheet");
        (await teacher.GetAsync(sheet)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using (var admin = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null)))
        {
            await admin.DoAsync(
                district.Address($"students/{await IdAsync("student", "P3")}/transfers"), new TransferRequest(TransferKind.Leave, firstDay)).MadeAsync();
        }

        (await HandoversAsync(teacher)).ShouldBeEmpty();
        await teacher.GetAsync(sheet).ShouldBeHiddenAsync();
    }

    [Fact]
    [Trait("Rule", "ALL-7")]
    public async Task The_sheet_names_student_and_teachers_and_says_only_that_items_exist()
    {
        await district.ImportAsync(TestRoster.Standard()
            .Change("users.csv", "P3", line => line.Replace(",,,,03,", ",,,\"G1,G2\",03,", StringComparison.Ordinal)).Zip());
        await WriteAsync(await IdAsync("student", "P3"));
        await RegroupAsync();
        archives.Clock.DaysAhead = Ahead;
        using var next = await TeacherAsync("A1", "C1");
        var id = (await HandoversAsync(next)).ShouldHaveSingleItem().Id;
        var sheet = await next.GetStringAsync(district.Address($"handovers/{id}/sheet"));
        foreach (var said in new[] { "班主任交接单", "张小P3", "李A2", "李A1", "第一小学", "四年级(1)班", "1 项", "size: A4", "学校盖章", $"{id}", "李G1（可接送、可签字）", "李G2（可接送、不可签字）" })
            sheet.ShouldContain(said);
        sheet.ShouldNotContain("哮喘");
        sheet.ShouldContain("class=\"watermark\"");
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE subject_id = $1 AND action = 'PrintHandoverSheet'", id)).ShouldBe(1);
        using var request = new HttpRequestMessage(HttpMethod.Get, district.Address($"handovers/{id}/sheet"));
        request.Headers.Add("Accept-Language", "en");
        (await (await next.SendAsync(request)).Content.ReadAsStringAsync()).ShouldContain("Handover sheet");
        using var other = await TeacherAsync("A2", "C2");
        (await other.GetAsync(district.Address($"handovers/{id}/sheet"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("学籍号,班级\nXP3,四年级(1)班\n", "utf-8")]
    [InlineData("姓名,全国学籍号*,新班级（必填）\n张小P3,XP3, 四年级（1）班 \n", "GB18030")] // as schools write it; the name is not needed
    [InlineData("学号,学校,年级,班号\n'XP3,第一小学,四年级,1\n", "GB18030")]
    [InlineData("number,school,class\nXP3,S1,C1\n", "utf-8")]
    [InlineData("studentSourcedId,classSourcedId\nP3,C1\n", "utf-8")]
    public async Task Placements_come_as_a_sheet_too_in_one_dry_run_with_the_rest(string sheet, string encoding)
    {
        using var answer = await UploadAsync(
            new RolloverRequest(firstDay, Schools: [new("S1", Regroup: ["03"])], Placements: [new("P1", "S1", "C2")]), sheet, encoding);
        var shown = await answer.ShouldBeAsync<ImportBody>(HttpStatusCode.Created);
        shown.Rollover!.Schools.Single(row => row.SchoolId == first).ShouldSatisfyAllConditions(
            row => row.Placed.ShouldBe(2), row => row.Unplaced.ShouldBe(2));
        await ConfirmAsync(shown.Id);
        archives.Clock.DaysAhead = Ahead;
        (await ClassOfAsync("P3")).ShouldBe("C1");
        (await ClassOfAsync("P1")).ShouldBe("C2");
    }

    [Fact]
    public async Task A_mistake_on_a_placement_sheet_is_named_by_line_and_column_and_nothing_waits()
    {
        var wish = new RolloverRequest(firstDay, Schools: [new("S2", "04")]);
        using (var answer = await UploadAsync(
            wish, "学籍号,学校,班级\nXP1,,四年级(1)班\nX99,,四年级(1)班\nXP2,,九班\nXP2,第九小学,四年级(1)班\nXP1,,四年级(2)班\n,,四年级(1)班\n3.1E+17,,四年级(1)班\nXP5,,C3\n"))
        {
            var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            problem["errors"]!.AsArray().Select(error => ((string?)error!["field"], (string?)error["code"])).ShouldBe(
                [
                    ("分班.csv:7:学籍号", "value.missing"), ("分班.csv:8:学籍号", "id.digits-lost"),
                    ("分班.csv:3:学籍号", "archives.nobody-there"), ("分班.csv:4:班级", "archives.not-there"),
                    ("分班.csv:5:学校", "archives.not-there"), ("分班.csv:6:学籍号", "archives.said-twice"),
                    ("分班.csv:9:班级", "archives.class-graduates"),
                ]);
        }

        using (var columns = await UploadAsync(wish, "姓名,班级\n张三,四年级(1)班\n"))
            await columns.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.file-refused");
        using (var alone = await UploadAsync(null, "学籍号,班级\nXP3,四年级(1)班\n"))
            await alone.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "archives.rollover-missing");
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM roster_import WHERE district_id = $1 AND state = 'Checked'", district.Id)).ShouldBe(0);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_its_place_and_nothing_waits()
    {
        var wrong = new RolloverRequest(
            firstDay.AddDays(365), ["13"], [new("S9"), new("S1", "大班", ["x"])], [new("S1", "C1", "新班", "03"), new("S1", "C8", "", "0")],
            [new("P9", "S1", "C1"), new("P1", "S1", "C7"), new("P2", "S1", "C1"), new("P2", "S1", "C1")],
            [new("S1", "C1", "A9"), new("S2", "C3", "A1"), new("S2", "C3", "A2")]);
        using (var days = await PostAsync(district.Admin, wrong))
            await days.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        using (var answer = await PostAsync(district.Admin, wrong with { FirstDay = firstDay, LastGrades = null }))
        {
            var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            problem["errors"]!.AsArray().Select(error => ((string?)error!["field"], (string?)error["code"])).ShouldBe(
                [
                    ("schools[0].school", "archives.not-there"), ("schools[1].lastGrade", "archives.grade-unknown"),
                    ("schools[1].regroup[0]", "archives.grade-unknown"), ("newClasses[0].sourceId", "archives.class-id-taken"),
                    ("newClasses[1].title", "request.text"), ("newClasses[1].grade", "archives.grade-unknown"),
                    ("placements[0].student", "archives.nobody-there"), ("placements[1].class", "archives.not-there"),
                    ("placements[3].student", "archives.said-twice"), ("homeroomTeachers[0].staff", "archives.nobody-there"),
                    ("homeroomTeachers[2].class", "archives.said-twice"),
                ],
                ignoreOrder: true);
        }

        using (var graduating = await PostAsync(district.Admin, new RolloverRequest(
            firstDay, Schools: [new("S1", "03")], Placements: [new("P5", "S1", "C1")])))
        {
            (await graduating.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid"))["errors"]![0]!["code"]!.GetValue<string>()
                .ShouldBe("archives.class-graduates");
        }

        using (var school = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null)))
            (await PostAsync(school, new RolloverRequest(firstDay))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(new TestDistrict(archives).Admin, new RolloverRequest(firstDay))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM roster_import WHERE district_id = $1 AND state = 'Checked'", district.Id)).ShouldBe(0);
    }

    private Task<HttpResponseMessage> PostAsync(HttpClient client, RolloverRequest wish) =>
        client.PostAsJsonAsync(district.Address("rollovers"), wish, Json.Options);

    private async Task<HttpResponseMessage> UploadAsync(RolloverRequest? wish, string sheet, string encoding = "utf-8")
    {
        using var form = new MultipartFormDataContent();
        if (wish is not null)
            form.Add(JsonContent.Create(wish, options: Json.Options), "rollover", "rollover.json");
        var bytes = (encoding == "utf-8" ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(encoding)!).GetBytes(sheet);
        form.Add(new ByteArrayContent(bytes), "placements", "分班.csv");
        return await district.Admin.PostAsync(district.Address("rollovers/upload"), form);
    }

    // The class in which a student is on a roll today.
    private Task<string> ClassOfAsync(string student) => archives.ScalarAsync<string>(
        """
        SELECT c.source_id FROM enrolment e JOIN student s ON s.district_id = e.district_id AND s.id = e.student_id
            JOIN class c ON c.school_id = e.school_id AND c.id = e.class_id
        WHERE s.district_id = $1 AND s.source_id = $2 AND e.starts_on <= $3 AND (e.ends_on IS NULL OR e.ends_on >= $3)
        """, district.Id, student, LocalDay.Today(archives.Clock));

    private async Task<ImportBody> CheckAsync(RolloverRequest wish)
    {
        using var answer = await PostAsync(district.Admin, wish);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<ImportBody>(Json.Options))!;
    }

    private async Task ConfirmAsync(Guid import)
    {
        using var answer = await district.ConfirmAsync(import);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    // The third grade of S1 is regrouped; P3, of A2's class, is placed in that of A1.
    private async Task<ImportBody> RegroupAsync()
    {
        var shown = await CheckAsync(new RolloverRequest(
            firstDay, Schools: [new("S1", Regroup: ["03"])], Placements: [new("P3", "S1", "C1")]));
        await ConfirmAsync(shown.Id);
        return shown;
    }

    private async Task<IReadOnlyList<(string, string?, int)>> ClassesAsync() =>
        [.. (await district.ListAsync<ClassBody>($"schools/{first}/classes")).Select(row => (row.Title, row.Grade, row.Students))];

    // Who was where on each day up to yesterday: what all figures of past terms are made of.
    private Task<string> HistoryAsync() => archives.ScalarAsync<string>(
        """
        SELECT md5(string_agg(concat_ws('|', day, e.school_id, e.student_id, e.class_id, e.grade), ',' ORDER BY day, e.school_id, e.student_id))
        FROM generate_series(current_date - 400, current_date, '1 day') day
            JOIN enrolment e ON e.district_id = $1 AND e.starts_on <= day AND (e.ends_on IS NULL OR e.ends_on >= day)
        """, district.Id);

    // The grade in which a student is on a roll today.
    private async Task<string?> GradeAsync(string student)
    {
        var grade = await archives.ScalarAsync<string>(
            """
            SELECT coalesce((SELECT grade FROM enrolment e JOIN student s ON s.district_id = e.district_id AND s.id = e.student_id
                WHERE s.district_id = $1 AND s.source_id = $2 AND e.starts_on <= $3 AND (e.ends_on IS NULL OR e.ends_on >= $3)), '')
            """, district.Id, student, LocalDay.Today(archives.Clock));
        return grade.Length == 0 ? null : grade;
    }

    private async Task<IReadOnlyList<string>> StaffOfAsync(string @class) => (await archives.ScalarAsync<string[]>(
        """
        SELECT array(SELECT s.source_id FROM staff_post p JOIN staff s ON s.district_id = p.district_id AND s.id = p.staff_id
            JOIN class c ON c.id = p.class_id
            WHERE c.district_id = $1 AND c.source_id = $2 AND p.starts_on <= $3 AND (p.ends_on IS NULL OR p.ends_on >= $3))
        """, district.Id, @class, LocalDay.Today(archives.Clock)));

    private async Task<HttpClient> TeacherAsync(string staff, string @class) => archives.Client(new Grant(
        Role.HomeroomTeacher, await IdAsync("staff", staff), district.Id, first, await IdAsync("class", @class), null));

    private async Task<IReadOnlyList<HandoverRow>> HandoversAsync(HttpClient client, string query = "") =>
        (await client.GetFromJsonAsync<Page<HandoverRow>>(
            new Uri($"/api/archives/schools/{first}/handovers{query}", UriKind.Relative), Json.Options))!.Items;

    private async Task<HttpResponseMessage> PostAcceptAsync(HttpClient client, string @class) => await client.PostAsJsonAsync(
        new Uri($"/api/archives/schools/{first}/handovers/accept", UriKind.Relative),
        new AcceptanceRequest(await IdAsync("class", @class)), Json.Options);

    private async Task<IEnumerable<(SensitiveKind?, Sees)>> ItemsAsync(HttpClient client, Guid student) =>
        (await client.GetFromJsonAsync<Page<SensitiveItemRow>>(district.Address($"students/{student}/sensitive-items"), Json.Options))!
        .Items.Select(item => (item.Kind, item.Sees));

    private async Task<Guid> WriteAsync(Guid student)
    {
        using var counselor = archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, first, null, null));
        using var answer = await counselor.PostAsJsonAsync(
            district.Address($"students/{student}/sensitive-items"), new SensitiveItemRequest(SensitiveKind.MedicalHistory, "哮喘"), Json.Options);
        return (await answer.Content.ReadFromJsonAsync<Made>(Json.Options))!.Id;
    }

    private Task<Guid> IdAsync(string table, string sourceId, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
}
