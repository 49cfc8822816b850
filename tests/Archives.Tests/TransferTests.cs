using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Attachments;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Passing;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Rights;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Search;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>Students change school, take leave and come back; who lets go proposes, who takes accepts, once.</summary>
[Trait("Rule", "ARC-15")]
public sealed class TransferTests(ArchivesFixture archives) : IAsyncLifetime
{
    private const int Ahead = 10;

    private readonly TestDistrict district = new(archives);
    private readonly DateOnly firstDay = LocalDay.Today(archives.Clock).AddDays(Ahead);
    private Guid first;
    private Guid second;
    private Guid student;
    private Guid @class;

    private HttpClient From => field ??= Admin(first);

    private HttpClient To => field ??= Admin(second);

    public async ValueTask InitializeAsync()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        (first, second) = (await IdAsync("school", "S1", "school_id"), await IdAsync("school", "S2", "school_id"));
        (student, @class) = (await IdAsync("student", "P1"), await IdAsync("class", "C3"));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_next_school_accepts_and_from_the_day_on_the_student_is_there_and_no_longer_here()
    {
        var id = await ProposeAsync();
        (await RowAsync(From, first)).ShouldBe(await RowAsync(To, second));
        (await RowAsync(To, second)).State.ShouldBe(TransferState.Proposed);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM enrolment WHERE student_id = $1", student)).ShouldBe(1);
        var version = await VersionAsync();
        await DoAsync(To, id, "accept", new TransferAcceptance(@class));
        (await VersionAsync()).ShouldBe(version + 1);
        (await RowAsync(From, first)).State.ShouldBe(TransferState.Accepted);

        (await From.GetAsync(Student)).StatusCode.ShouldBe(HttpStatusCode.OK);
        archives.Clock.DaysAhead = Ahead;
        var there = await To.GetFromJsonAsync<StudentBody>(Student, Json.Options);
        var stay = there!.Enrolments.ShouldHaveSingleItem();
        (stay.SchoolId, stay.ClassId, stay.Grade, stay.StartsOn, stay.EndsOn).ShouldBe((second, (Guid?)@class, "04", firstDay, (DateOnly?)null));
        (await From.GetAsync(Student)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await archives.ScalarAsync<DateOnly>("SELECT ends_on FROM enrolment WHERE student_id = $1 AND school_id = $2", student, first))
            .ShouldBe(firstDay.AddDays(-1));
    }

    [Fact]
    public async Task What_changed_is_announced_for_both_schools()
    {
        var id = await ProposeAsync();
        await DoAsync(To, id, "accept", new TransferAcceptance(@class));
        (await archives.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT district_id, name, payload FROM platform.outbox
                UNION ALL SELECT district_id, name, payload FROM platform.event_log) e
            WHERE district_id = $1 AND name = 'archives.roster-changed' AND payload::jsonb #>> '{enrolments,0,studentId}' = $2
                AND (payload::jsonb ->> 'version')::bigint = $3 AND jsonb_array_length(payload::jsonb -> 'enrolments') = 1
            """, district.Id, $"{student}", await VersionAsync())).ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_joins_from_outside_is_there_at_once_and_the_next_upload_takes_over_by_the_number(bool oneRoster)
    {
        const string number = "G110101201605010011";
        var today = LocalDay.Today(archives.Clock);
        var request = new AdmissionRequest(
            "周", "新来", number, new DateOnly(2016, 5, 1), today, Sex.Female, @class,
            [new AdmittedGuardian("周", "母", GuardianRelation.Parent, "13911110000")]);
        var version = await VersionAsync();
        var joined = await To.DoAsync(Joining(second), request).MadeAsync();
        (await VersionAsync()).ShouldBe(version + 1);
        var here = await To.SeeAsync<StudentBody>(district.Address($"students/{joined}"));
        here.Guardians.ShouldHaveSingleItem().Phone.ShouldBe("13911110000");
        here.Enrolments.ShouldHaveSingleItem().ShouldBe(new EnrolmentBody(second, @class, "04", today, null));
        (await To.SeeAllAsync<FoundStudent>(district.Address("students?search=zxl"))).ShouldHaveSingleItem().Id.ShouldBe(joined);
        (await To.SeeAllAsync<TransferRow>(new Uri($"/api/archives/schools/{second}/transfers", UriKind.Relative)))
            .ShouldHaveSingleItem().Kind.ShouldBe(TransferKind.In);
        (await AnnouncedAsync("archives.roster-changed", "enrolments")).ShouldBe(1);
        (await AnnouncedAsync("archives.guardianships-changed", "guardianships")).ShouldBe(1);

        // Once, by that school's own administrators, and not whom the district knows.
        await To.DoAsync(Joining(second), request).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.number-taken");
        await To.DoAsync(Joining(second), request with { Number = "XP1" }).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.number-taken");
        await From.DoAsync(Joining(second), request with { Number = "G2" }).ShouldBeHiddenAsync();
        await To.DoAsync(Joining(second), request with { Number = "", GivenName = "", FirstDay = today.AddDays(61), ClassId = joined })
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await From.DoAsync(district.Address($"students/{student}/transfers"), new TransferRequest(TransferKind.In, today))
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");

        if (oneRoster)
        {
            await district.ImportAsync(TestRoster.Standard()
                .Add("users.csv", TestRoster.Student("P77", "S2", "04", "G9").Replace("XP77", number.ToLowerInvariant(), StringComparison.Ordinal))
                .Add("users.csv", TestRoster.Adult("G9", "S2", "parent").Replace(",G9,李,", ",母,周,", StringComparison.Ordinal))
                .Add("enrollments.csv", "E77,,,C3,S2,P77,student,,,").Zip(), acceptWithdrawals: true);
        }
        else
        {
            await district.ImportAsync(Encoding.UTF8.GetBytes(
                "学校名称,年级,班级,姓名,出生日期,学籍号\n"
                + $"第二小学,四年级,四年级(1)班,周新来,2016-05-01,{number}\n第二小学,四年级,四年级(1)班,张小P5,2017-05-15,XP5\n"
                + "第二小学,四年级,四年级(1)班,张小P6,2017-06-15,XP6\n"), acceptWithdrawals: true);
        }

        (await archives.ScalarAsync<long>("SELECT count(*) FROM student WHERE district_id = $1 AND upper(number) = $2", district.Id, number)).ShouldBe(1);
        var after = await To.SeeAsync<StudentBody>(district.Address($"students/{joined}"));
        after.WithdrawnOn.ShouldBeNull();
        after.Guardians.ShouldHaveSingleItem().Id.ShouldBe(here.Guardians[0].Id, "what is recorded of a guardian stays the guardian's");
        after.Enrolments.ShouldHaveSingleItem().ShouldBe(new EnrolmentBody(second, @class, "04", today, null));
        (await archives.ScalarAsync<string>("SELECT source_id FROM student WHERE id = $1", joined))
            .ShouldBe(oneRoster ? "P77" : "admitted:" + number);

        static Uri Joining(Guid school) => new($"/api/archives/schools/{school}/students", UriKind.Relative);

        Task<long> AnnouncedAsync(string name, string rows) => archives.ScalarAsync<long>(
            $$"""
            SELECT count(*) FROM (SELECT district_id, name, payload FROM platform.outbox
                UNION ALL SELECT district_id, name, payload FROM platform.event_log) e
            WHERE district_id = $1 AND name = $2 AND payload::jsonb #>> '{ {{rows}},0,studentId}' = $3
            """, district.Id, name, $"{joined}");
    }

    [Fact]
    public async Task Of_two_acceptances_at_once_one_counts()
    {
        var id = await ProposeAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostAsync(To, id, "accept", new TransferAcceptance(@class))));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict).ShouldBe(3);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM enrolment WHERE student_id = $1", student)).ShouldBe(2);
    }

    [Fact]
    public async Task It_is_refused_by_the_one_and_cancelled_by_the_other_and_decided_once()
    {
        var id = await ProposeAsync();
        using (var twice = await TransferAsync(From, new(TransferKind.Within, firstDay, second)))
            await twice.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.transfer-waits");
        foreach (var (client, act) in new[] { (From, "accept"), (From, "refuse"), (To, "cancel") })
            (await PostAsync(client, id, act, new { })).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await DoAsync(To, id, "refuse");
        foreach (var (client, act) in new[] { (To, "accept"), (To, "refuse"), (From, "cancel") })
            await (await PostAsync(client, id, act, new { })).ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.transfer-decided");
        var again = await ProposeAsync();
        await DoAsync(From, again, "cancel");
        (await RowAsync(To, second)).State.ShouldBe(TransferState.Cancelled);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM enrolment WHERE student_id = $1", student)).ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "ARC-7")]
    public async Task Sensitive_items_go_along_only_with_consent_and_when_the_next_school_takes_them()
    {
        var item = await WriteAsync();
        var id = await ProposeAsync();
        await DoAsync(To, id, "accept", new TransferAcceptance(@class));
        using var principal = archives.Client(new Grant(Role.VicePrincipal, Guid.CreateVersion7(), district.Id, second, null, null));
        using var former = archives.Client(new Grant(Role.VicePrincipal, Guid.CreateVersion7(), district.Id, first, null, null));
        using var counselor = archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, second, null, null));
        await (await PostAsync(principal, id, "receive", new { })).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "archives.basis-needed");

        var day = LocalDay.Today(archives.Clock);
        foreach (var (basis, code) in new (TransferBasis, string)[]
        {
            (new(), "archives.basis-needed"),
            (new(new(await IdAsync("guardian", "G1"), ConsentForm.Signed, day), LegalDuty.ChildProtection), "archives.basis-needed"),
            (new(new(await IdAsync("guardian", "G3"), ConsentForm.Signed, day)), "archives.no-guardian"),
            (new(new(await IdAsync("guardian", "G2"), ConsentForm.Signed, day)), "archives.no-guardian"), // a caregiver
            (new(new(await IdAsync("guardian", "G1"), ConsentForm.Signed, day.AddDays(1))), "archives.day-out-of-range"),
        })
        {
            var refused = await (await PostAsync(From, id, "basis", basis)).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            ((string?)refused["errors"]![0]!["code"]).ShouldBe(code);
        }

        await DoAsync(From, id, "basis", new TransferBasis(new(await IdAsync("guardian", "G1"), ConsentForm.Signed, day)));
        await (await PostAsync(principal, id, "receive", new { })).ShouldBeProblemAsync(
            HttpStatusCode.Conflict, "archives.not-at-next-school"); // the child still sits at the former school
        archives.Clock.DaysAhead = Ahead;
        (await ReadAsync(counselor, item)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync(former, id, "receive", new { })).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await DoAsync(principal, id, "receive");
        await (await PostAsync(principal, id, "receive", new { })).ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.transfer-decided");
        using var read = await ReadAsync(counselor, item);
        (await read.Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!.Content.ShouldBe("哮喘");
    }

    [Fact]
    [Trait("Rule", "ARC-7")]
    public async Task A_school_that_the_student_has_left_again_takes_nothing()
    {
        var item = await WriteAsync();
        var today = LocalDay.Today(archives.Clock);
        var there = await CreatedAsync(await TransferAsync(From, new TransferRequest(TransferKind.Within, today, second)));
        await DoAsync(To, there, "accept", new TransferAcceptance(@class));
        await DoAsync(From, there, "basis", new TransferBasis(Duty: LegalDuty.ChildProtection));
        archives.Clock.DaysAhead = 1;
        var back = await CreatedAsync(await TransferAsync(To, new TransferRequest(TransferKind.Within, today.AddDays(1), first)));
        await DoAsync(From, back, "accept", new TransferAcceptance(await IdAsync("class", "C1")));
        using var principal = archives.Client(new Grant(Role.VicePrincipal, Guid.CreateVersion7(), district.Id, second, null, null));
        await (await PostAsync(principal, there, "receive", new { })).ShouldBeProblemAsync(
            HttpStatusCode.Conflict, "archives.not-at-next-school");
        using var counselor = archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, first, null, null));
        using var read = await ReadAsync(counselor, item);
        (await read.Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!.Content.ShouldBe("哮喘");
    }

    [Fact]
    [Trait("Rule", "ARC-6")]
    [Trait("Rule", "VIS-3")]
    public async Task The_next_school_contacts_the_family_as_it_knows_it_and_its_teacher_sees_to_what_goes_along()
    {
        await district.ImportAsync(TestRoster.Standard()
            .Add("users.csv", TestRoster.Adult("A4", "S2", "teacher")).Add("enrollments.csv", "E20,,,C3,S2,A4,teacher,true,,").Zip());
        var (today, next) = (LocalDay.Today(archives.Clock), await IdAsync("staff", "A4"));
        using var teacher = archives.Client(new Grant(
            Role.HomeroomTeacher, await IdAsync("staff", "A1"), district.Id, first, await IdAsync("class", "C1"), null));
        var contract = await teacher.DoAsync(
            district.Address($"students/{student}/plans"), new PlanRequest(PlanKind.BehaviourContract, "先举手再说话", today)).MadeAsync();
        await teacher.DoAsync(district.Address($"plans/{contract}/begin"), new PlanBeginning(PlanForm.Paper)).ShouldBeDoneAsync();
        using (var form = new MultipartFormDataContent
        {
            { new StringContent("document"), "kind" }, { new StringContent("medicalHistory"), "sensitiveKind" },
            { new ByteArrayContent(TestFiles.Pdf("病历")), "file", "病历.pdf" },
        })
        {
            await teacher.PostAsync(district.Address($"students/{student}/attachments"), form).MadeAsync();
        }

        var id = await CreatedAsync(await TransferAsync(From, new TransferRequest(TransferKind.Within, today, second)));
        await DoAsync(To, id, "accept", new TransferAcceptance(@class));
        (await CadencesAsync()).ShouldBe([(first, 1), (second, null)]); // a contract's feedback is daily: it tells that there is one
        using var principal = archives.Client(new Grant(Role.VicePrincipal, Guid.CreateVersion7(), district.Id, second, null, null));
        using var counselor = archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, second, null, null));
        using var homeroom = archives.Client(new Grant(Role.HomeroomTeacher, next, district.Id, second, @class, null));
        (await counselor.SeeAllAsync<AttachmentRow>(district.Address($"students/{student}/attachments"))).ShouldBeEmpty();
        await DoAsync(From, id, "basis", new TransferBasis(Duty: LegalDuty.SpecialEducation));
        await DoAsync(principal, id, "receive");
        (await CadencesAsync()).ShouldBe([(first, 1), (second, null), (second, 1)]);
        (await homeroom.SeeAsync<PlanBody>(district.Address($"plans/{contract}"))).Row.OwnerId.ShouldBe(next);
        (await counselor.SeeAllAsync<AttachmentRow>(district.Address($"students/{student}/attachments")))
            .ShouldHaveSingleItem().SensitiveKind.ShouldBe(SensitiveKind.MedicalHistory);
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task Whom_an_upload_brings_to_another_school_is_contacted_as_that_school_says()
    {
        await BeginContractAsync();
        await district.ImportAsync(TestRoster.Standard()
            .Change("users.csv", "P1", _ => TestRoster.Student("P1", "S2", "04", "\"G1,G2\""))
            .Remove("enrollments.csv", "E1", "E11").Add("enrollments.csv", "E1,,,C3,S2,P1,student,,,").Zip(), acceptWithdrawals: true);
        (await CadencesAsync()).ShouldBe([(first, 1), (second, null)]);
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    [Trait("Rule", "ALL-10")]
    public async Task With_a_merger_the_successor_says_what_the_former_school_said()
    {
        await BeginContractAsync();
        var shown = await district.Admin.DoAsync(
            district.Address("reorganisations"), new Reorganisation(Moves: [new("S1", "S2")], Closes: ["S1"]));
        using (var confirmed = await district.ConfirmAsync((await shown.ShouldBeAsync<ImportBody>(HttpStatusCode.Created)).Id))
            confirmed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await CadencesAsync()).ShouldBe([(first, 1), (second, 1)]);
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task Up_to_the_first_day_the_former_schools_cadence_holds_and_a_policy_that_changes_does_not_bring_it_back()
    {
        await BeginContractAsync();
        await DoAsync(To, await ProposeAsync(), "accept", new TransferAcceptance(@class));
        (await CadencesAsync()).ShouldBe([(first, 1)]);

        // The days pass: instead of the clock, the dates move.
        await archives.ScalarAsync<long>(
            """
            WITH t AS (UPDATE transfer SET first_day = first_day - $2 WHERE district_id = $1),
                s AS (UPDATE enrolment SET starts_on = starts_on - $2, ends_on = ends_on - $2 WHERE district_id = $1),
                r AS (UPDATE rights_turn SET turns_on = turns_on - $2 WHERE district_id = $1 RETURNING 1)
            SELECT count(*) FROM r
            """, district.Id, Ahead);
        (await Eventually.GetAsync(CadencesAsync, cadences => cadences.Count > 1)).ShouldBe([(first, 1), (second, null)]);
        await district.Admin.PutAsync(
            district.Address("need-policy"), new NeedSettings { ContractFeedbackEveryDays = 2 }, 0).ShouldBeDoneAsync();
        (await CadencesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Who_may_not_sign_cannot_consent_and_who_became_a_legal_guardian_can()
    {
        var id = await ProposeAsync();
        var (mother, aunt, day) = (await IdAsync("guardian", "G1"), await IdAsync("guardian", "G2"), LocalDay.Today(archives.Clock));
        using var principal = archives.Client(new Grant(Role.VicePrincipal, Guid.CreateVersion7(), district.Id, first, null, null));
        await principal.DoAsync(
            district.Address($"students/{student}/guardians/{mother}/restrictions"),
            new RestrictionRequest(CourtDocumentKind.ProtectionOrder, "案号1", [GuardianRight.Sign], day, null)).MadeAsync();
        var refused = await (await PostAsync(From, id, "basis", new TransferBasis(new(mother, ConsentForm.Signed, day))))
            .ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        ((string?)refused["errors"]![0]!["code"]).ShouldBe("archives.no-guardian");
        await From.PutAsync(
            district.Address($"students/{student}/guardians/{aunt}"), new GuardianRequest(LegalStatus: LegalStatus.Guardian), 0)
            .ShouldBeDoneAsync();
        await DoAsync(From, id, "basis", new TransferBasis(new(aunt, ConsentForm.Signed, day)));
    }

    [Fact]
    public async Task A_proposal_whose_day_is_long_past_is_proposed_anew()
    {
        var id = await ProposeAsync();
        archives.Clock.DaysAhead = Ahead + Passing.Transfers.DaysBack + 1;
        await (await PostAsync(To, id, "accept", new TransferAcceptance(@class)))
            .ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.transfer-too-late");
        await DoAsync(From, id, "cancel");
    }

    [Fact]
    [Trait("Rule", "ARC-2")]
    public async Task Who_comes_back_after_an_upload_without_him_is_in_the_roster_and_found_again_with_the_guardians()
    {
        var today = LocalDay.Today(archives.Clock);
        await CreatedAsync(await TransferAsync(From, new(TransferKind.Leave, today)));
        await district.ImportAsync(
            TestRoster.Standard().Remove("users.csv", "P1").Remove("demographics.csv", "P1").Remove("enrollments.csv", "E1", "E11").Zip(),
            acceptWithdrawals: true);
        (await district.Admin.SeeAsync<StudentBody>(Student)).WithdrawnOn.ShouldNotBeNull();
        archives.Clock.DaysAhead = 1;
        await CreatedAsync(await TransferAsync(From, new(TransferKind.Return, today.AddDays(1), ClassId: await IdAsync("class", "C1"))));
        var back = await From.SeeAsync<StudentBody>(Student);
        back.WithdrawnOn.ShouldBeNull();
        back.Guardians.Select(guardian => guardian.GivenName).ShouldBe(["G1", "G2"]);
        (await From.SeeAllAsync<FoundStudent>(district.Address("students?search=XP1"))).ShouldHaveSingleItem().Id.ShouldBe(student);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task The_file_is_of_its_day_read_with_a_line_in_the_audit_for_some_weeks_and_never_what_is_restricted()
    {
        var today = LocalDay.Today(archives.Clock);
        var guardian = await IdAsync("guardian", "G1");
        using var parent = archives.Client(new Grant(Role.Guardian, guardian, district.Id, first, null, student));
        var request = await parent.DoAsync(
            district.Address($"students/{student}/personal-data-requests"), new PersonalDataAsk(PersonalDataMatter.Erasure)).MadeAsync();
        var id = await CreatedAsync(await TransferAsync(From, new(TransferKind.Out, today)));
        var file = district.Address($"transfers/{id}/file");
        (await From.SeeAsync<TransferFile>(file)).Enrolments.ShouldHaveSingleItem();
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE subject_id = $1 AND action = 'ReadTransferFile'", id)).ShouldBe(1);

        archives.Clock.DaysAhead = 20;
        await CreatedAsync(await TransferAsync(From, new(TransferKind.Return, today.AddDays(20))));
        (await From.SeeAsync<TransferFile>(file)).Enrolments.ShouldHaveSingleItem(); // not what came later
        await CreatedAsync(await TransferAsync(From, new(TransferKind.Out, today.AddDays(20))));
        archives.Clock.DaysAhead = 90;
        await From.SeeAsync<TransferFile>(file);
        archives.Clock.DaysAhead = 91;
        await From.GetAsync(file).ShouldBeHiddenAsync();

        archives.Clock.DaysAhead = 30;
        await district.Admin.DoAsync(
            district.Address($"personal-data-requests/{request}/decision"), new PersonalDataDecision(false, RefusalReason.KeptByLaw, today.AddDays(400)))
            .ShouldBeDoneAsync();
        (await Eventually.GetAsync(
            async () =>
            {
                using var answer = await From.GetAsync(file);
                return answer.StatusCode;
            },
            status => status == HttpStatusCode.NotFound)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Who_is_on_leave_is_on_no_roll_and_comes_back_as_the_same_student()
    {
        await CreatedAsync(await TransferAsync(From, new(TransferKind.Leave, firstDay)));
        using (var again = await TransferAsync(From, new(TransferKind.Leave, firstDay)))
            await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.not-on-roll");
        archives.Clock.DaysAhead = Ahead;
        (await From.GetAsync(Student)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using (var elsewhere = await TransferAsync(To, new(TransferKind.Return, firstDay.AddDays(30))))
            elsewhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await CreatedAsync(await TransferAsync(
            From, new(TransferKind.Return, firstDay.AddDays(30), ClassId: await IdAsync("class", "C1"))));
        using (var again = await TransferAsync(From, new(TransferKind.Return, firstDay.AddDays(31))))
            await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.nothing-to-return-from");
        archives.Clock.DaysAhead = Ahead + 30;
        (await From.GetFromJsonAsync<StudentBody>(Student, Json.Options))!.Enrolments
            .Select(stay => (stay.SchoolId, stay.Grade, stay.StartsOn, stay.EndsOn)).First()
            .ShouldBe((first, "03", firstDay.AddDays(30), null));
        // Their teachers had the student before.
        (await archives.ScalarAsync<long>("SELECT count(*) FROM handover WHERE district_id = $1 AND student_id = $2", district.Id, student))
            .ShouldBe(0);
    }

    [Fact]
    public async Task Who_leaves_the_district_takes_a_file_of_the_basics_and_nobody_else_reads_it()
    {
        var id = await CreatedAsync(await TransferAsync(From, new(TransferKind.Out, firstDay)));
        archives.Clock.DaysAhead = Ahead;
        var file = await From.GetFromJsonAsync<TransferFile>(district.Address($"transfers/{id}/file"), Json.Options);
        (file!.SourceId, file.GivenName, file.FirstDay).ShouldBe(("P1", "小P1", firstDay));
        file.Enrolments.Select(stay => (stay.School, stay.Grade, stay.EndsOn)).ShouldBe([("第一小学", "03", firstDay.AddDays(-1))]);
        file.Guardians.Select(guardian => guardian.GivenName).ShouldBe(["G1", "G2"]);
        (await To.GetAsync(district.Address($"transfers/{id}/file"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await To.GetFromJsonAsync<Page<TransferRow>>(Transfers(second), Json.Options))!.Items.ShouldBeEmpty();
        await (await PostAsync(From, id, "basis", new TransferBasis(Duty: LegalDuty.SchoolRecords)))
            .ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.not-within");
    }

    [Fact]
    [Trait("Rule", "ARC-2")]
    public async Task A_roster_that_says_the_same_changes_nothing()
    {
        var id = await ProposeAsync();
        await DoAsync(To, id, "accept", new TransferAcceptance(@class));
        var roster = TestRoster.Standard()
            .Change("users.csv", "P1", line => line.Replace(",S1,", ",S2,", StringComparison.Ordinal).Replace(",03,", ",04,", StringComparison.Ordinal))
            .Change("enrollments.csv", "E1", line => line.Replace("C1,S1", "C3,S2", StringComparison.Ordinal))
            .Remove("enrollments.csv", "E11").Add("enrollments.csv", "E13,,,M1,S1,P2,student,,,");
        foreach (var days in new[] { 0, Ahead })
        {
            archives.Clock.DaysAhead = days;
            (await district.CheckAsync(roster.Zip())).Changes.Sum(count => count.Added + count.Changed + count.Withdrawn).ShouldBe(0);
        }
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_nothing_changes()
    {
        foreach (var (wish, field, code) in new (TransferRequest, string, string)[]
        {
            (new(TransferKind.Within, firstDay), "toSchoolId", "archives.other-school-needed"),
            (new(TransferKind.Within, firstDay, first), "toSchoolId", "archives.other-school-needed"),
            (new(TransferKind.Within, firstDay, Guid.CreateVersion7()), "toSchoolId", "archives.other-school-needed"),
            (new(TransferKind.Out, firstDay, second), "toSchoolId", "archives.other-school-needed"),
            (new(TransferKind.Out, firstDay.AddDays(365)), "firstDay", "archives.day-out-of-range"),
            (new(TransferKind.Leave, firstDay, ClassId: @class), "classId", "archives.not-there"),
        })
        {
            using var refused = await TransferAsync(From, wish);
            var problem = await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            ((string?)problem["errors"]![0]!["field"], (string?)problem["errors"]![0]!["code"]).ShouldBe((field, code));
        }

        (await TransferAsync(To, new(TransferKind.Out, firstDay))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await TransferAsync(From, new(TransferKind.Return, firstDay))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var id = await ProposeAsync();
        var refusal = await (await PostAsync(To, id, "accept", new TransferAcceptance(await IdAsync("class", "C1"))))
            .ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        ((string?)refusal["errors"]![0]!["field"]).ShouldBe("classId");
        (await archives.ScalarAsync<long>("SELECT count(*) FROM enrolment WHERE student_id = $1", student)).ShouldBe(1);
    }

    private Uri Student => district.Address($"students/{student}");

    private static Uri Transfers(Guid school) => new($"/api/archives/schools/{school}/transfers", UriKind.Relative);

    private HttpClient Admin(Guid school) => archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, school, null, null));

    private Task<HttpResponseMessage> TransferAsync(HttpClient client, TransferRequest wish) =>
        client.PostAsJsonAsync(district.Address($"students/{student}/transfers"), wish, Json.Options);

    private async Task<Guid> ProposeAsync() =>
        await CreatedAsync(await TransferAsync(From, new TransferRequest(TransferKind.Within, firstDay, second)));

    private static async Task<Guid> CreatedAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Made>(Json.Options))!.Id;
    }

    private Task<HttpResponseMessage> PostAsync(HttpClient client, Guid transfer, string act, object body) =>
        client.PostAsJsonAsync(district.Address($"transfers/{transfer}/{act}"), body, Json.Options);

    private async Task DoAsync(HttpClient client, Guid transfer, string act, object? body = null)
    {
        using var answer = await PostAsync(client, transfer, act, body ?? new { });
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<TransferRow> RowAsync(HttpClient client, Guid school) =>
        (await client.GetFromJsonAsync<Page<TransferRow>>(Transfers(school), Json.Options))!.Items[0];

    private Task<HttpResponseMessage> ReadAsync(HttpClient client, Guid item) => client.PostAsJsonAsync(
        district.Address($"sensitive-items/{item}/reads"), new ReadRequest(ReadPurpose.Support), Json.Options);

    private async Task<Guid> WriteAsync()
    {
        using var counselor = archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, first, null, null));
        using var answer = await counselor.PostAsJsonAsync(
            district.Address($"students/{student}/sensitive-items"), new SensitiveItemRequest(SensitiveKind.MedicalHistory, "哮喘"), Json.Options);
        return (await answer.Content.ReadFromJsonAsync<Made>(Json.Options))!.Id;
    }

    private async Task BeginContractAsync()
    {
        using var teacher = archives.Client(new Grant(
            Role.HomeroomTeacher, await IdAsync("staff", "A1"), district.Id, first, await IdAsync("class", "C1"), null));
        var contract = await teacher.DoAsync(
            district.Address($"students/{student}/plans"), new PlanRequest(PlanKind.BehaviourContract, "先举手再说话", firstDay)).MadeAsync();
        await teacher.DoAsync(district.Address($"plans/{contract}/begin"), new PlanBeginning(PlanForm.Paper)).ShouldBeDoneAsync();
    }

    // What was told of the student's cadence: by which school, and every how many days there is feedback.
    private async Task<List<(Guid School, int? FeedbackEveryDays)>> CadencesAsync()
    {
        var told = await archives.ScalarAsync<string>(
            """
            SELECT coalesce(jsonb_agg(payload ORDER BY (payload ->> 'version')::bigint), '[]')::text FROM (
                SELECT payload::jsonb FROM platform.outbox WHERE district_id = $1 AND name = 'archives.cadence-changed'
                UNION SELECT payload::jsonb FROM platform.event_log WHERE district_id = $1 AND name = 'archives.cadence-changed') e
            WHERE payload ->> 'studentId' = $2
            """, district.Id, $"{student}");
        return [.. JsonSerializer.Deserialize<CadenceChanged[]>(told, Json.Options)!.Select(e => (e.SchoolId, e.Cadence.FeedbackEveryDays))];
    }

    private Task<long> VersionAsync() =>
        archives.ScalarAsync<long>("SELECT version FROM district_roster WHERE district_id = $1", district.Id);

    private Task<Guid> IdAsync(string table, string sourceId, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
}
