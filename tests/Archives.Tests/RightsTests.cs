using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Rights;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>
/// What a guardian may ask about a child's data, and what the district decides; here the archives alone have to answer. All services
/// together: System.Tests.
/// </summary>
public sealed class RightsTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly TestDistrict district = new(archives);
    private Guid school;
    private Guid student;
    private Guid parent;
    private HttpClient guardian = null!;
    private HttpClient caregiver = null!;
    private HttpClient office = null!;
    private HttpClient counselor = null!;

    private Uri Requests => district.Address($"students/{student}/personal-data-requests");

    public async ValueTask InitializeAsync()
    {
        await district.ImportAsync(Roster().Zip());
        school = await IdAsync("school", "S1", "school_id");
        student = await IdAsync("student", "P1");
        parent = await IdAsync("guardian", "G1");
        guardian = archives.Client(Guid.CreateVersion7(), OfChild(parent));
        caregiver = archives.Client(OfChild(await IdAsync("guardian", "G2")));
        office = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, school, null, null));
        counselor = archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, school, null, null));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Only_who_asked_fetches_a_copy_and_it_is_gone_after_its_time()
    {
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Copy));
        (await EndAsync(id)).ShouldBe(RequestState.Ready);
        var copy = district.Address($"personal-data-requests/{id}/copy");
        foreach (var other in new[] { district.Admin, office, caregiver, archives.Client(OfChild(parent)) })
            (await other.GetAsync(copy)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var files = await FetchAsync(guardian, copy);
        files["archives.json"].ShouldContain("小P1");
        files["archives.json"].ShouldContain("13800000000");
        // The other guardian's phone, and name.
        foreach (var file in files.Values)
        {
            file.ShouldNotContain("13911112222");
            file.ShouldNotContain("G2");
        }

        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE subject_id = $1 AND action = 'FetchPersonalDataCopy'", id)).ShouldBe(1);

        archives.Clock.DaysAhead = 8;
        (await guardian.GetAsync(copy)).StatusCode.ShouldBe(HttpStatusCode.Gone);
        archives.Clock.DaysAhead = 0;
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task A_copy_has_of_sensitive_items_what_the_district_shows_and_never_a_protected_case()
    {
        await WriteAsync(SensitiveKind.MedicalHistory, "花生过敏");
        await WriteAsync(SensitiveKind.Violence, "手臂有瘀伤");
        await WriteAsync(SensitiveKind.Custody, "父母分居");
        (await CopyAsync()).ShouldSatisfyAllConditions(
            copy => copy.ShouldNotContain("花生过敏"), copy => copy.ShouldNotContain("瘀伤"));
        (await PutAsync("personal-data-policy", new PersonalDataSettings { GuardiansSee = [SensitiveKind.Violence] }))
            .ShouldBe((HttpStatusCode.BadRequest, "request.invalid"));
        (await PutAsync("personal-data-policy", new PersonalDataSettings { GuardiansSee = [SensitiveKind.MedicalHistory] }))
            .ShouldBe((HttpStatusCode.NoContent, ""));
        var shown = await CopyAsync();
        shown.ShouldContain("花生过敏");
        foreach (var hidden in new[] { "瘀伤", "分居", "iolence", "ustody" })
            shown.ShouldNotContain(hidden);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    [Trait("Rule", "ARC-4")]
    [Trait("Rule", "ARC-13")]
    public async Task A_copy_has_the_family_without_the_other_guardians_address_and_no_tier()
    {
        var teacher = archives.Client(new Grant(
            Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, await IdAsync("class", "C1"), null));
        var other = await IdAsync("guardian", "G2");
        await SaveAsync("family", new
        {
            structure = "threeGenerations",
            adults = new[] { new { guardianId = parent, address = "东街1号" }, new { guardianId = other, address = "西街2号" } },
        });
        await SaveAsync("care-needs", new { needs = new[] { new { kind = "allergy", text = "芒果" } } });
        await SaveAsync("needs", new { reason = "成绩下降", academic = "struggling" });
        (await CopyAsync()).ShouldSatisfyAllConditions(
            copy => copy.ShouldContain("threeGenerations"), copy => copy.ShouldContain("芒果"),
            copy => copy.ShouldNotContain("西街"), copy => copy.ShouldNotContain("成绩下降"),
            copy => copy.ShouldNotContain("struggling", Case.Insensitive));

        Task SaveAsync(string what, object body) =>
            teacher.PutAsync(district.Address($"students/{student}/{what}"), body, 0).ShouldBeDoneAsync();
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    [Trait("Rule", "ARC-6")]
    public async Task A_copy_has_the_plans_that_began_and_no_others()
    {
        using var teacher = archives.Client(new Grant(
            Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, await IdAsync("class", "C1"), null));
        foreach (var (goals, begins) in new[] { ("每天读书", true), ("减少打扰同学", false) })
        {
            var plan = await teacher.DoAsync(
                district.Address($"students/{student}/plans"),
                new PlanRequest(PlanKind.Individual, goals, LocalDay.Today(archives.Clock))).MadeAsync();
            if (begins)
                await teacher.DoAsync(district.Address($"plans/{plan}/begin"), new PlanBeginning(PlanForm.Oral)).ShouldBeDoneAsync();
            await teacher.DoAsync(district.Address($"plans/{plan}/close"), new PlanClosing(PlanOutcome.GivenUp)).ShouldBeDoneAsync();
        }

        (await CopyAsync()).ShouldSatisfyAllConditions(
            copy => copy.ShouldContain("每天读书"), copy => copy.ShouldNotContain("减少打扰同学"));
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task A_legal_guardian_asks_alone_or_the_school_for_him_on_paper()
    {
        var copy = new PersonalDataAsk(PersonalDataMatter.Copy);
        (await AskAsync(caregiver, Requests, copy)).ShouldBe((HttpStatusCode.Forbidden, "archives.guardian-only"));
        (await AskAsync(office, Requests, copy)).ShouldBe((HttpStatusCode.Forbidden, "archives.guardian-only"));
        (await AskAsync(counselor, Requests, copy)).ShouldBe((HttpStatusCode.Forbidden, "access.forbidden"));
        var id = await AskAsync(office, copy with { GuardianId = parent });
        (await EndAsync(id)).ShouldBe(RequestState.Ready);
        (await FetchAsync(office, district.Address($"personal-data-requests/{id}/copy")))["archives.json"].ShouldContain("小P1");
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task An_erasure_is_refused_in_writing_with_a_reason_that_tells_of_no_case()
    {
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure));
        (await AskAsync(guardian, Requests, new PersonalDataAsk(PersonalDataMatter.Erasure)))
            .ShouldBe((HttpStatusCode.Conflict, "archives.asked-already"));
        (await DecideAsync(office, id, new PersonalDataDecision(true))).ShouldBe((HttpStatusCode.NotFound, "request.not-found"));
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(false))).ShouldBe((HttpStatusCode.BadRequest, "request.invalid"));
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(true))).ShouldBe((HttpStatusCode.Conflict, "archives.still-on-roll"));
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(false, RefusalReason.KeptByLaw)))
            .ShouldBe((HttpStatusCode.NoContent, ""));
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(false, RefusalReason.KeptByLaw)))
            .ShouldBe((HttpStatusCode.Conflict, "archives.request-decided"));
        var refused = await ReadAsync(guardian, id);
        (refused.State, refused.Refusal).ShouldBe((RequestState.Refused, RefusalReason.KeptByLaw));
        refused.RefusalText.ShouldNotBeNull().ShouldContain("《个人信息保护法》第四十七条");
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Kinds_of_data_are_erased_while_the_child_is_on_the_roll()
    {
        var item = await WriteAsync(SensitiveKind.MedicalHistory, "花生过敏");
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure, [DataKind.Sensitive]));
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(true))).ShouldBe((HttpStatusCode.NoContent, ""));
        (await EndAsync(id)).ShouldBe(RequestState.Erased);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM sensitive_item WHERE id = $1", item)).ShouldBe(0);
        var done = await ReadAsync(guardian, id);
        done.KeyDestroyed.ShouldBeFalse();
        var answer = done.Services.ShouldHaveSingleItem();
        answer.Tables.ShouldAllBe(table => table.Kind == DataKind.Sensitive);
        answer.Tables.Where(table => table.Rows > 0).ShouldBe([new PersonalDataCount("sensitive_item", DataKind.Sensitive, 1)]);
        answer.Kept.ShouldContain(kept => kept.Because == "auditEvidence");
        var certificate = await guardian.GetStringAsync(district.Address($"personal-data-requests/{id}/certificate"));
        certificate.ShouldContain("<td>内部资料 Sensitive items</td><td>archives</td><td>sensitive_item</td><td>1</td>");
        certificate.ShouldNotContain("小P1");
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task While_something_is_being_erased_no_hold_is_set_that_could_not_be_kept()
    {
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure, [DataKind.Sensitive]));
        // As when a service is down and has not answered.
        await archives.ScalarAsync<int>("UPDATE personal_data_request SET state = 'Running' WHERE id = $1 RETURNING 1", id);
        var hold = district.Address($"students/{student}/legal-hold");
        (await AskAsync(district.Admin, hold, new HoldRequest("诉讼"))).ShouldBe((HttpStatusCode.Conflict, "archives.being-erased"));
        await archives.ScalarAsync<int>("UPDATE personal_data_request SET state = 'Asked' WHERE id = $1 RETURNING 1", id);
        (await district.Admin.PostAsJsonAsync(hold, new HoldRequest("诉讼"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task What_a_hold_keeps_is_seen_in_no_ordinary_read_and_erased_when_the_hold_ends()
    {
        (await PutAsync("personal-data-policy", new PersonalDataSettings { GuardiansSee = [SensitiveKind.MedicalHistory] }))
            .ShouldBe((HttpStatusCode.NoContent, ""));
        var item = await WriteAsync(SensitiveKind.MedicalHistory, "花生过敏");
        var before = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Copy));
        (await EndAsync(before)).ShouldBe(RequestState.Ready);
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure, [DataKind.Sensitive]));
        var hold = district.Address($"students/{student}/legal-hold");
        (await district.Admin.PostAsJsonAsync(hold, new HoldRequest("诉讼"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await district.Admin.PostAsJsonAsync(hold, new HoldRequest("诉讼"))).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await office.PostAsJsonAsync(hold, new HoldRequest("诉讼"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ReadRestrictedAsync(district.Admin)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(true))).ShouldBe((HttpStatusCode.NoContent, ""));

        // The guardian learns that it is kept, not that there is a hold.
        var told = await ReadAsync(guardian, id);
        (told.State, told.Refusal).ShouldBe((RequestState.Restricted, RefusalReason.KeptByLaw));
        told.RefusalText.ShouldNotBeNull().ShouldContain("第四十七条");
        await RestrictedAsync(student);
        (await counselor.GetFromJsonAsync<Page<JsonElement>>(Items, Json.Options))!.Items.ShouldBeEmpty();
        (await AskAsync(counselor, district.Address($"sensitive-items/{item}/reads"), new ReadRequest(ReadPurpose.Support)))
            .ShouldBe((HttpStatusCode.NotFound, "request.not-found"));
        (await AskAsync(counselor, Items, new SensitiveItemRequest(SensitiveKind.MedicalHistory, "新的")))
            .ShouldBe((HttpStatusCode.Conflict, "personal-data.restricted"));
        (await guardian.GetAsync(district.Address($"personal-data-requests/{before}/copy"))).StatusCode.ShouldBe(HttpStatusCode.Gone);
        var copy = await CopyAsync();
        copy.ShouldNotContain("花生过敏");
        copy.ShouldContain("小P1");
        (await counselor.GetAsync(district.Address($"students/{student}"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var other in new[] { office, guardian })
            (await ReadRestrictedAsync(other)).Status.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.Forbidden);
        var (status, shown) = await ReadRestrictedAsync(district.Admin);
        status.ShouldBe(HttpStatusCode.OK, shown);
        shown.ShouldContain("花生过敏");
        shown.ShouldNotContain("小P1"); // the basics are not restricted
        (await archives.ScalarAsync<string>(
            "SELECT reason FROM platform.audit WHERE subject_id = $1 AND action = 'ReadRestrictedData'", student)).ShouldBe("Proceeding");

        (await district.Admin.DeleteAsync(hold)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Eventually.GetAsync(
            async () => (await ReadAsync(guardian, id)).State, state => state == RequestState.Erased)).ShouldBe(RequestState.Erased);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM sensitive_item WHERE id = $1", item)).ShouldBe(0);
        await WriteAsync(SensitiveKind.MedicalHistory, "新的");
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Whom_the_law_keeps_is_found_nowhere_until_the_day_ends_or_the_child_comes_back()
    {
        var machine = archives.Client(new Grant(Role.MachineClient, null, district.Id, null, null, null));
        var users = new Uri("/ims/oneroster/rostering/v1p2/students/P1", UriKind.Relative);
        (await machine.GetAsync(users)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure));
        await LeaveAsync(10, student);
        var until = LocalDay.Of(archives.Clock.GetUtcNow()).AddDays(30);
        foreach (var wrong in new[]
        {
            new PersonalDataDecision(false, RefusalReason.Repeated, until), new PersonalDataDecision(true, null, until),
            new PersonalDataDecision(false, RefusalReason.KeptByLaw, until.AddDays(-30)),
            new PersonalDataDecision(false, RefusalReason.KeptByLaw, until.AddYears(101)),
            // Without a day it would be restricted for ever.
            new PersonalDataDecision(false, RefusalReason.KeptByLaw),
        })
        {
            (await DecideAsync(district.Admin, id, wrong)).ShouldBe((HttpStatusCode.BadRequest, "request.invalid"));
        }

        (await district.Admin.GetAsync(district.Address($"students/{student}"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(false, RefusalReason.KeptByLaw, until)))
            .ShouldBe((HttpStatusCode.NoContent, ""));
        await RestrictedAsync(student);
        (await district.Admin.GetAsync(district.Address($"students/{student}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await machine.GetAsync(users)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ReadRestrictedAsync(district.Admin)).Body.ShouldContain("小P1");

        // The roster brings the child back: it is compared with what there is, and what is needed again is there again.
        await district.ImportAsync(TestRoster.Standard().Zip(), acceptWithdrawals: true);
        (await Eventually.GetAsync(
            async () => (await district.Admin.GetAsync(district.Address($"students/{student}"))).StatusCode,
            found => found == HttpStatusCode.OK)).ShouldBe(HttpStatusCode.OK);
        (await ReadAsync(district.Admin, id)).Refusal.ShouldBe(RefusalReason.StillNeeded);

        // Another one: the day is over.
        var kept = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure, [DataKind.Sensitive]));
        (await DecideAsync(district.Admin, kept, new PersonalDataDecision(false, RefusalReason.KeptByLaw, until)))
            .ShouldBe((HttpStatusCode.NoContent, ""));
        (await ReadAsync(district.Admin, kept)).State.ShouldBe(RequestState.Restricted);
        await archives.ScalarAsync<int>("UPDATE personal_data_request SET kept_until = current_date - 2 WHERE id = $1 RETURNING 1", kept);
        (await Eventually.GetAsync(
            async () => (await ReadAsync(district.Admin, kept)).State, state => state == RequestState.Erased))
            .ShouldBe(RequestState.Erased);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Who_is_erased_while_an_import_is_confirmed_does_not_come_back_by_it()
    {
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure));
        await LeaveAsync(10, student);
        // It brings the child back into the class, and a teacher leaves that.
        var import = await district.CheckAsync(Roster().Remove("enrollments.csv", "E8").Zip());
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"SELECT FROM staff_post WHERE district_id = '{district.Id}' FOR UPDATE", connection))
            await hold.ExecuteNonQueryAsync();
        // The confirmation has written the child's new stay, and stands at the teacher's post.
        var confirmed = district.ConfirmAsync(import.Id, acceptWithdrawals: true);
        (await Eventually.GetAsync(() => WaitingAsync("transactionid"), waiting => waiting > 0)).ShouldBeGreaterThan(0);
        (await DecideAsync(district.Admin, id, new PersonalDataDecision(true))).ShouldBe((HttpStatusCode.NoContent, ""));
        await Eventually.GetAsync(
            async () => await WaitingAsync("advisory") > 0 || (await ReadAsync(district.Admin, id)).State == RequestState.Erased,
            met => met);
        await transaction.RollbackAsync();

        (await confirmed).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await EndAsync(id)).ShouldBe(RequestState.Erased);
        foreach (var row in (string[])["student WHERE id", "enrolment WHERE student_id", "guardianship WHERE student_id"])
            (await archives.ScalarAsync<long>($"SELECT count(*) FROM {row} = $1", student)).ShouldBe(0, row);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM staff_post WHERE district_id = $1 AND ends_on IS NOT NULL", district.Id))
            .ShouldBe(1);

        Task<long> WaitingAsync(string type) => archives.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid) WHERE a.datname = current_database() AND NOT l.granted "
            + "AND l.locktype = $1", type);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task What_the_law_keeps_while_a_hold_is_in_force_needs_no_day_and_goes_with_the_hold()
    {
        await WriteAsync(SensitiveKind.MedicalHistory, "花生过敏");
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Erasure, [DataKind.Sensitive]));
        var decision = new PersonalDataDecision(false, RefusalReason.KeptByLaw);
        (await DecideAsync(district.Admin, id, decision)).ShouldBe((HttpStatusCode.BadRequest, "request.invalid"));
        var hold = district.Address($"students/{student}/legal-hold");
        (await district.Admin.PostAsJsonAsync(hold, new HoldRequest("诉讼"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await DecideAsync(district.Admin, id, decision)).ShouldBe((HttpStatusCode.NoContent, ""));
        (await ReadAsync(guardian, id)).State.ShouldBe(RequestState.Restricted);
        (await district.Admin.DeleteAsync(hold)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Eventually.GetAsync(async () => (await ReadAsync(guardian, id)).State, state => state == RequestState.Erased))
            .ShouldBe(RequestState.Erased);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task A_copy_has_the_familys_files_within_the_limit_and_no_others()
    {
        var teacher = archives.Client(new Grant(
            Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, await IdAsync("class", "C1"), null));
        var certificate = TestFiles.Pdf("奖状", bytes: 300_000);
        await AddAsync(certificate, "a.pdf", "../奖/状\u202e.exe", forFamily: true);
        await AddAsync(TestFiles.Pdf("评语"), "b.pdf", "内部评语", forFamily: false);
        await AddAsync(TestFiles.Pdf("大", bytes: 900_000), "c.pdf", "大文件", forFamily: true);
        (await PutAsync("personal-data-policy", new PersonalDataSettings { CopyFileMegabytes = 1 })).ShouldBe((HttpStatusCode.NoContent, ""));

        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Copy));
        (await EndAsync(id)).ShouldBe(RequestState.Ready);
        using var zip = new ZipArchive(await guardian.GetStreamAsync(district.Address($"personal-data-requests/{id}/copy")));
        zip.Entries.Select(entry => entry.FullName).ShouldBe(
            ["archives.json", "files/0001 _奖_状_.exe.pdf", "files.json", "index.html"]);
        using var content = new MemoryStream();
        await using (var file = zip.GetEntry("files/0001 _奖_状_.exe.pdf")!.Open())
            await file.CopyToAsync(content);
        content.ToArray().ShouldBe(certificate);
        var listed = (await JsonSerializer.DeserializeAsync<JsonElement>(zip.GetEntry("files.json")!.Open())).EnumerateArray().ToArray();
        listed.Select(file => (file.GetProperty("title").GetString(), file.GetProperty("state").GetString())).ShouldBe(
            [("../奖/状\u202e.exe", "included"), ("大文件", "tooLarge")]);
        using var page = new StreamReader(zip.GetEntry("index.html")!.Open());
        var html = await page.ReadToEndAsync();
        html.ShouldContain("href=\"files/0001%20_%E5%A5%96_%E7%8A%B6_.exe.pdf\"");
        html.ShouldContain("大文件");
        html.ShouldNotContain("内部评语");

        async Task AddAsync(byte[] file, string name, string title, bool forFamily)
        {
            using var form = new MultipartFormDataContent
            {
                { new StringContent("document"), "kind" }, { new StringContent(title), "title" },
                { new StringContent(forFamily ? "true" : "false"), "forFamily" }, { new ByteArrayContent(file), "file", name },
            };
            using var answer = await teacher.PostAsync(district.Address($"students/{student}/attachments"), form);
            answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Copies_whose_time_is_over_are_forgotten()
    {
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Copy));
        (await EndAsync(id)).ShouldBe(RequestState.Ready);
        (await PiecesAsync()).ShouldBeGreaterThan(0);
        await archives.ScalarAsync<int>("UPDATE personal_data_request SET expires_at = now() - interval '1 s' WHERE id = $1 RETURNING 1", id);
        // It works when it starts, and then now and again.
        await using var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, archives.Settings);
        (await Eventually.GetAsync(PiecesAsync, count => count == 0)).ShouldBe(0);
        (await ReadAsync(guardian, id)).State.ShouldBe(RequestState.Expired);

        Task<long> PiecesAsync() => archives.ScalarAsync<long>("SELECT count(*) FROM personal_data_part WHERE request_id = $1", id);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    [Trait("Rule", "MSG-2")]
    public async Task A_homeroom_teacher_sees_for_whom_of_the_class_photos_are_agreed_to()
    {
        var teacher = archives.Client(new Grant(
            Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, await IdAsync("class", "C1"), null));
        var mate = await IdAsync("student", "P2");
        (await ListAsync(teacher, "photos")).ShouldBe([(student, false), (mate, false)], ignoreOrder: true);
        var consents = district.Address($"students/{student}/consents");
        (await AskAsync(guardian, consents, new ConsentRequest("photos", 1, true))).ShouldBe((HttpStatusCode.Created, ""));
        (await ListAsync(teacher, "photos")).ShouldBe([(student, true), (mate, false)], ignoreOrder: true);
        (await ListAsync(teacher, "research")).ShouldAllBe(row => !row.Given);
        using (var statements = Statements.Count())
        {
            (await ListAsync(office, "photos")).Count.ShouldBe(4);
            statements.RoundTrips.ShouldBe(2);
        }

        (await AskAsync(guardian, consents, new ConsentRequest("photos", 1, false))).ShouldBe((HttpStatusCode.Created, ""));
        (await ListAsync(teacher, "photos")).ShouldAllBe(row => !row.Given);
        (await ListAsync(guardian, "photos")).ShouldBeEmpty();
        var elsewhere = archives.Client(new Grant(
            Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, await IdAsync("school", "S2", "school_id"), Guid.CreateVersion7(), null));
        (await elsewhere.GetAsync(Address("photos"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        Uri Address(string purpose) => new($"/api/archives/schools/{school}/consents?purpose={purpose}", UriKind.Relative);

        async Task<List<(Guid Id, bool Given)>> ListAsync(HttpClient client, string purpose) =>
            [.. (await client.GetFromJsonAsync<Page<ConsentStanding>>(Address(purpose), Json.Options))!.Items.Select(row => (row.StudentId, row.Given))];
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Consent_is_given_by_purpose_and_withdrawn_at_once()
    {
        var consents = district.Address($"students/{student}/consents");
        (await AskAsync(guardian, consents, new ConsentRequest("photos", 2, true))).ShouldBe(
            (HttpStatusCode.Conflict, "archives.consent-text-changed"));
        (await AskAsync(guardian, consents, new ConsentRequest("selling", 1, true))).ShouldBe((HttpStatusCode.BadRequest, "request.invalid"));
        (await AskAsync(caregiver, consents, new ConsentRequest("photos", 1, true))).ShouldBe(
            (HttpStatusCode.Forbidden, "archives.guardian-only"));
        (await AskAsync(guardian, consents, new ConsentRequest("photos", 1, true))).ShouldBe((HttpStatusCode.Created, ""));
        (await AskAsync(office, consents, new ConsentRequest("research", 1, true, parent))).ShouldBe((HttpStatusCode.Created, ""));
        var purposes = new ConsentSettings().Purposes;
        (await PutAsync("consent-purposes", new ConsentSettings { Purposes = [purposes[0] with { Zh = "另一文本" }] }))
            .ShouldBe((HttpStatusCode.Conflict, "archives.consent-version"));
        (await PutAsync("consent-purposes", new ConsentSettings { Purposes = [purposes[0] with { Zh = "另一文本", Version = 2 }] }))
            .ShouldBe((HttpStatusCode.NoContent, ""));
        // What was given to a text that is no longer asked for is withdrawn all the same.
        (await AskAsync(guardian, consents, new ConsentRequest("research", 1, false))).ShouldBe((HttpStatusCode.Created, ""));

        var listed = (await guardian.GetFromJsonAsync<Page<ConsentBody>>(consents, Json.Options))!.Items;
        listed.Select(c => (c.Number, c.Purpose, c.Given, c.Way)).ShouldBe(
        [
            (3, "research", false, ConsentWay.Online), (2, "research", true, ConsentWay.Paper), (1, "photos", true, ConsentWay.Online),
        ]);
        var announced = await Eventually.GetAsync(
            () => archives.ScalarAsync<string[]>(
                "SELECT coalesce(array_agg(payload ORDER BY version), '{}') FROM platform.event_log "
                + "WHERE name = 'archives.consent-changed' AND aggregate_id = $1", student),
            found => found.Length == 3);
        announced.Length.ShouldBe(3);
        announced[2].ShouldContain("\"purpose\":\"research\",\"given\":false");
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task A_correction_is_asked_for_and_done_or_refused_with_a_reason()
    {
        var canary = new Canary();
        var corrections = district.Address($"students/{student}/corrections");
        (await AskAsync(guardian, corrections, new CorrectionAsk(CorrectedField.BirthDate, ""))).ShouldBe(
            (HttpStatusCode.BadRequest, "request.invalid"));
        (await AskAsync(guardian, corrections, new CorrectionAsk(CorrectedField.BirthDate, canary.In("应为 2017-01-16")))).ShouldBe(
            (HttpStatusCode.Created, ""));
        (await AskAsync(guardian, corrections, new CorrectionAsk(CorrectedField.Name, "应为小明"))).ShouldBe((HttpStatusCode.Created, ""));
        (await caregiver.GetFromJsonAsync<Page<CorrectionBody>>(corrections, Json.Options))!.Items.ShouldBeEmpty();
        var open = (await office.GetFromJsonAsync<Page<CorrectionBody>>(district.Address("corrections"), Json.Options))!.Items;
        canary.CountIn(open[0].Text!).ShouldBe(1);
        open.Select(c => c.CorrectedIn).ShouldBe([CorrectedIn.Roster, CorrectedIn.Roster]);
        using (var done = await office.PostAsJsonAsync(
            district.Address($"corrections/{open[0].Id}/decision"), new CorrectionDecision(true), Json.Options))
        {
            var outcome = (await done.Content.ReadFromJsonAsync<CorrectionOutcome>(Json.Options))!;
            (outcome.CorrectedIn, outcome.Next!.Contains("导入", StringComparison.Ordinal)).ShouldBe((CorrectedIn.Roster, true));
        }

        (await DecideAsync(open[1].Id, new CorrectionDecision(false))).ShouldBe(HttpStatusCode.BadRequest);
        (await DecideAsync(open[1].Id, new CorrectionDecision(false, CorrectionRefusal.IsRight))).ShouldBe(HttpStatusCode.OK);
        (await DecideAsync(open[1].Id, new CorrectionDecision(true))).ShouldBe(HttpStatusCode.Conflict);
        var own = (await guardian.GetFromJsonAsync<Page<CorrectionBody>>(corrections, Json.Options))!.Items;
        own.Select(c => (c.State, c.Refusal)).ShouldBe(
            [(CorrectionState.Corrected, null), (CorrectionState.Refused, CorrectionRefusal.IsRight)]);
        canary.CountIn(await Servers.DumpAsync(archives.Database)).ShouldBe(0);

        async Task<HttpStatusCode> DecideAsync(Guid id, CorrectionDecision decision) =>
            (await office.PostAsJsonAsync(district.Address($"corrections/{id}/decision"), decision, Json.Options)).StatusCode;
    }

    [Fact]
    [Trait("Rule", "ALL-5")]
    public async Task What_is_past_its_time_is_listed_and_then_erased_by_itself_unless_on_hold()
    {
        var held = await IdAsync("student", "P2");
        await WriteAsync(SensitiveKind.MedicalHistory, "花生过敏");
        await LeaveAsync(400, student, held);
        (await district.Admin.PostAsJsonAsync(district.Address($"students/{held}/legal-hold"), new HoldRequest("诉讼")))
            .StatusCode.ShouldBe(HttpStatusCode.Created);
        var due = (await DueAsync("")).ShouldHaveSingleItem();
        due.StudentId.ShouldBe(student);
        due.Erase.ShouldBe(
            [DataKind.Sensitive, DataKind.Surveys, DataKind.Family, DataKind.Support, DataKind.Files, DataKind.Activities, DataKind.Messages],
            ignoreOrder: true);
        var ahead = LocalDay.Of(archives.Clock.GetUtcNow()).AddYears(2);
        (await DueAsync($"?on={ahead:yyyy-MM-dd}")).ShouldHaveSingleItem().HandOver.ShouldBe([DataKind.Basics]);

        // The day counts as done already, if the job was here before the children left.
        await archives.ScalarAsync<long>(
            "WITH d AS (DELETE FROM retention_turn WHERE district_id = $1 RETURNING 1) SELECT count(*) FROM d", district.Id);
        var requests = await Eventually.GetAsync(
            async () => (await district.Admin.GetFromJsonAsync<Page<PersonalDataBody>>(
                district.Address("personal-data-requests"), Json.Options))!.Items,
            found => found.Count == 2 && found.Any(request => request.State == RequestState.Erased));
        requests.Count.ShouldBe(2);
        // What is on hold is not erased, but nobody works with it either.
        requests.Single(request => request.StudentId == held).State.ShouldBe(RequestState.Restricted);
        var done = requests.Single(request => request.StudentId == student);
        foreach (var (request, action) in requests.Select(r => (r, r.StudentId == held ? "RestrictPersonalData" : "ErasePersonalData")))
        {
            (await archives.ScalarAsync<string>(
                "SELECT actor || ' ' || action FROM platform.audit WHERE subject_id = $1", request.Id)).ShouldBe("schedule " + action);
        }

        (done.StudentId, done.State, done.GuardianId).ShouldBe((student, RequestState.Erased, (Guid?)null));
        done.Services[0].Tables.Where(table => table.Rows > 0).ShouldBe([new PersonalDataCount("sensitive_item", DataKind.Sensitive, 1)]);
        (await DueAsync("")).ShouldBeEmpty();
        (await archives.ScalarAsync<long>("SELECT count(*) FROM sensitive_item WHERE student_id = $1", student)).ShouldBe(0);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM student WHERE id = $1", student)).ShouldBe(1);
    }

    private Uri Items => district.Address($"students/{student}/sensitive-items");

    // As if the roster had said so then.
    private Task<long> LeaveAsync(int daysAgo, params Guid[] students) => archives.ScalarAsync<long>(
        $"WITH u AS (UPDATE enrolment SET starts_on = current_date - 900, ends_on = current_date - {daysAgo} "
        + "WHERE student_id = ANY ($1) RETURNING 1) SELECT count(*) FROM u", students);

    // Until the service has heard of its own decision.
    private async Task RestrictedAsync(Guid of) => (await Eventually.GetAsync(
        () => archives.ScalarAsync<long>("SELECT count(*) FROM platform.restricted_student WHERE student_id = $1 AND kinds <> '{}'", of),
        count => count > 0)).ShouldBeGreaterThan(0);

    private async Task<(HttpStatusCode Status, string Body)> ReadRestrictedAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync(
            district.Address($"students/{student}/restricted-reads"), new RestrictedRead(RestrictedPurpose.Proceeding), Json.Options);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<IReadOnlyList<RetentionDue>> DueAsync(string query) =>
        (await district.Admin.GetFromJsonAsync<Page<RetentionDue>>(district.Address($"retention/due{query}"), Json.Options))!.Items;

    private static TestRoster Roster() => TestRoster.Standard()
        .Change("users.csv", "G2", line => line.Replace("13800000000", "13911112222", StringComparison.Ordinal));

    private async Task<string> CopyAsync()
    {
        var id = await AskAsync(guardian, new PersonalDataAsk(PersonalDataMatter.Copy));
        (await EndAsync(id)).ShouldBe(RequestState.Ready);
        return string.Concat((await FetchAsync(guardian, district.Address($"personal-data-requests/{id}/copy"))).Values);
    }

    private static async Task<Dictionary<string, string>> FetchAsync(HttpClient client, Uri copy)
    {
        using var zip = new ZipArchive(await client.GetStreamAsync(copy));
        return zip.Entries.ToDictionary(entry => entry.Name, Read, StringComparer.Ordinal);

        static string Read(ZipArchiveEntry entry)
        {
            using var text = new StreamReader(entry.Open());
            return text.ReadToEnd();
        }
    }

    private async Task<Guid> AskAsync(HttpClient client, PersonalDataAsk ask)
    {
        using var answer = await client.PostAsJsonAsync(Requests, ask, Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Made>())!.Id;
    }

    private static async Task<(HttpStatusCode, string)> AskAsync<T>(HttpClient client, Uri address, T ask)
    {
        using var answer = await client.PostAsJsonAsync(address, ask, Json.Options);
        return await StatusAsync(answer);
    }

    private Task<(HttpStatusCode, string)> DecideAsync(HttpClient client, Guid id, PersonalDataDecision decision) =>
        AskAsync(client, district.Address($"personal-data-requests/{id}/decision"), decision);

    private async Task<(HttpStatusCode, string)> PutAsync<T>(string path, T settings)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, district.Address(path));
        request.Content = JsonContent.Create(settings, options: Json.Options);
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        using var answer = await district.Admin.SendAsync(request);
        return await StatusAsync(answer);
    }

    private static async Task<(HttpStatusCode, string)> StatusAsync(HttpResponseMessage answer)
    {
        var body = answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, body.Length == 0 ? "" : JsonDocument.Parse(body).RootElement.GetProperty("code").GetString()!);
    }

    private async Task<PersonalDataBody> ReadAsync(HttpClient client, Guid id) =>
        (await client.GetFromJsonAsync<PersonalDataBody>(district.Address($"personal-data-requests/{id}"), Json.Options))!;

    private Task<RequestState> EndAsync(Guid id) => Eventually.GetAsync(
        async () => (await ReadAsync(district.Admin, id)).State, state => state is RequestState.Ready or RequestState.Erased);

    private async Task<Guid> WriteAsync(SensitiveKind kind, string content)
    {
        using var answer = await counselor.PostAsJsonAsync(
            district.Address($"students/{student}/sensitive-items"), new SensitiveItemRequest(kind, content), Json.Options);
        return (await answer.Content.ReadFromJsonAsync<Made>())!.Id;
    }

    private Grant OfChild(Guid person) => new(Role.Guardian, person, district.Id, school, null, student);

    private Task<Guid> IdAsync(string table, string source, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", district.Id, source);
}
