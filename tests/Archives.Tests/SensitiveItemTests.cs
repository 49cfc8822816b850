using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>Who reads sensitive items, by what right, and who learns of it.</summary>
[Trait("Rule", "ARC-7")]
public sealed class SensitiveItemTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly TestDistrict district = new(archives);
    private readonly Guid viceAccount = Guid.CreateVersion7();
    private Guid school;
    private Guid student;
    private HttpClient counselor = null!;
    private HttpClient homeroom = null!;
    private HttpClient subject = null!;
    private HttpClient vice = null!;
    private HttpClient officer = null!;
    private HttpClient guardian = null!;

    public async ValueTask InitializeAsync()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        school = await IdAsync("school", "S1", "school_id");
        student = await IdAsync("student", "P1");
        var @class = await IdAsync("class", "C1");
        counselor = archives.Client(At(Role.Counselor, Guid.CreateVersion7()));
        homeroom = archives.Client(At(Role.HomeroomTeacher, await IdAsync("staff", "A1"), @class));
        subject = archives.Client(At(Role.SubjectTeacher, await IdAsync("staff", "A2"), @class));
        vice = archives.Client(viceAccount, At(Role.VicePrincipal, Guid.CreateVersion7()));
        officer = archives.Client(At(Role.MoralEducationOfficer, Guid.CreateVersion7()));
        guardian = archives.Client(new Grant(Role.Guardian, await IdAsync("guardian", "G1"), district.Id, school, null, student));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_counselor_reads_raw_data_the_homeroom_teacher_the_advice_and_others_that_it_exists()
    {
        var item = await WriteAsync(counselor, SensitiveKind.PsychologicalAssessment, "量表得分 31", "多关注情绪");
        (await ReadAsync(counselor, item)).ShouldSatisfyAllConditions(
            read => read.Content.ShouldBe("量表得分 31"), read => read.Advice.ShouldBe("多关注情绪"));
        (await ReadAsync(homeroom, item)).ShouldSatisfyAllConditions(
            read => read.Content.ShouldBeNull(), read => read.Advice.ShouldBe("多关注情绪"));
        (await TryReadAsync(subject, item)).ShouldBe((HttpStatusCode.Forbidden, "archives.access-needed"));

        (await ItemsAsync(homeroom)).ShouldBe([(item, SensitiveKind.PsychologicalAssessment, Sees.Advice)]);
        foreach (var other in new[] { vice, officer, guardian, archives.Client(At(Role.SchoolAdmin, null)) })
            (await ItemsAsync(other)).ShouldBe([(item, null, Sees.Nothing)]);
    }

    [Fact]
    public async Task Another_class_another_school_and_another_district_find_nothing()
    {
        var item = await WriteAsync(counselor, SensitiveKind.MedicalHistory, "哮喘");
        var otherClass = At(Role.HomeroomTeacher, Guid.CreateVersion7(), await IdAsync("class", "C2"));
        var otherSchool = new Grant(
            Role.Counselor, Guid.CreateVersion7(), district.Id, await IdAsync("school", "S2", "school_id"), null, null);
        var otherDistrict = new Grant(Role.Counselor, Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), null, null);
        foreach (var grant in new[] { otherClass, otherSchool, otherDistrict })
        {
            using var client = archives.Client(grant);
            (await TryReadAsync(client, item)).ShouldBe((HttpStatusCode.NotFound, "request.not-found"));
            (await client.GetAsync(Items)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await TryWriteAsync(client, SensitiveKind.Disability)).ShouldBe((HttpStatusCode.NotFound, "request.not-found"));
        }
    }

    [Fact]
    public async Task A_student_who_left_takes_no_item_along_and_leaves_none_in_sight()
    {
        var item = await WriteAsync(counselor, SensitiveKind.MedicalHistory, "哮喘");
        var other = await IdAsync("school", "S2", "school_id");
        await archives.ScalarAsync<long>(
            "UPDATE enrolment SET ends_on = current_date - 2, starts_on = current_date - 9 WHERE student_id = $1 RETURNING version",
            student);
        (await TryReadAsync(counselor, item)).ShouldBe((HttpStatusCode.NotFound, "request.not-found"));
        await archives.ScalarAsync<long>(
            "UPDATE enrolment SET ends_on = NULL, school_id = $2 WHERE student_id = $1 RETURNING version", student, other);
        using var there = archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, other, null, null));
        (await TryReadAsync(there, item)).ShouldBe((HttpStatusCode.NotFound, "request.not-found"));
        (await ItemsAsync(there)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_policy_names_who_reads_and_writes_a_kind()
    {
        (await TryWriteAsync(homeroom, SensitiveKind.PsychologicalAssessment)).ShouldBe((HttpStatusCode.Forbidden, "archives.kind-not-yours"));
        (await TryWriteAsync(vice, SensitiveKind.Custody)).ShouldBe((HttpStatusCode.Forbidden, "access.forbidden"));

        var policy = (await district.Admin.GetFromJsonAsync<SensitiveSettings>(district.Address("sensitive-policy"), Json.Options))!;
        var changed = policy with
        {
            Readers =
            [
                .. policy.Readers.Where(reader => reader.Role != Role.HomeroomTeacher),
                new SensitiveReader(Role.HomeroomTeacher, SensitiveKind.PsychologicalAssessment, Sees.Content),
                new SensitiveReader(Role.SubjectTeacher, SensitiveKind.Disability, Sees.Content),
            ],
        };
        (await ChangeAsync(district.Admin, changed with { Readers = [new(Role.Guardian, SensitiveKind.Custody, Sees.Content)] }, 0))
            .ShouldBe(HttpStatusCode.BadRequest);
        (await ChangeAsync(district.Admin, changed with { LongestAccessDays = 366 }, 0)).ShouldBe(HttpStatusCode.BadRequest);
        (await ChangeAsync(archives.Client(At(Role.SchoolAdmin, null)), changed, 0)).ShouldBe(HttpStatusCode.NotFound);
        (await ChangeAsync(district.Admin, changed, 0)).ShouldBe(HttpStatusCode.NoContent);
        (await ChangeAsync(district.Admin, changed, 0)).ShouldBe(HttpStatusCode.PreconditionFailed);

        var assessment = await WriteAsync(homeroom, SensitiveKind.PsychologicalAssessment, "得分 12");
        (await ReadAsync(homeroom, assessment)).Content.ShouldBe("得分 12");
        var disability = await WriteAsync(counselor, SensitiveKind.Disability, "听力");
        (await ReadAsync(subject, disability)).Content.ShouldBe("听力");
        (await TryReadAsync(homeroom, disability)).ShouldBe((HttpStatusCode.Forbidden, "archives.access-needed"));
    }

    [Fact]
    public async Task A_named_approver_grants_access_for_a_purpose_and_a_time()
    {
        var (medical, custody) = (
            await WriteAsync(counselor, SensitiveKind.MedicalHistory, "花生过敏"), await WriteAsync(counselor, SensitiveKind.Custody, "判决"));
        var wish = new AccessRequest([SensitiveKind.MedicalHistory], "春游备餐", Today.AddDays(3));
        foreach (var wrong in new[]
        {
            wish with { Until = Today.AddDays(31) }, wish with { Until = Today.AddDays(-1) }, wish with { Kinds = [] },
            wish with { Purpose = " " },
        })
        {
            (await AskAsync(subject, wrong)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        var access = await MadeAsync(await AskAsync(subject, wish));
        (await TryReadAsync(subject, medical)).Code.ShouldBe("archives.access-needed");
        var asked = (await AccessesAsync(vice, "asked")).ShouldHaveSingleItem();
        (asked.Id, asked.Purpose, asked.Kinds.Single()).ShouldBe((access, "春游备餐", SensitiveKind.MedicalHistory));
        (await AccessesAsync(officer, "asked")).ShouldBeEmpty();
        (await DecideAsync(subject, access, true)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using (var elsewhere = archives.Client(new Grant(
            Role.VicePrincipal, Guid.CreateVersion7(), district.Id, await IdAsync("school", "S2", "school_id"), null, null)))
        {
            (await DecideAsync(elsewhere, access, true)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        (await PostAsync(vice, $"sensitive-access/{access}/decision", new AccessDecision(true, wish.Until.AddDays(1))))
            .StatusCode.ShouldBe(HttpStatusCode.BadRequest); // longer than was asked for
        (await DecideAsync(vice, access, true)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await DecideAsync(vice, access, false)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ReadAsync(subject, medical)).Content.ShouldBe("花生过敏");
        (await TryReadAsync(subject, custody)).Code.ShouldBe("archives.access-needed");
        (await AccessesAsync(subject, "granted")).Single().ApproverId.ShouldNotBeNull();

        archives.Clock.DaysAhead = 3;
        (await ReadAsync(subject, medical)).Content.ShouldBe("花生过敏");
        archives.Clock.DaysAhead = 4;
        (await TryReadAsync(subject, medical)).Code.ShouldBe("archives.access-needed");
        archives.Clock.DaysAhead = 0;
        (await PostAsync(vice, $"sensitive-access/{access}/withdraw", new { })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await TryReadAsync(subject, medical)).Code.ShouldBe("archives.access-needed");
        (await PostAsync(vice, $"sensitive-access/{access}/withdraw", new { })).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await PostAsync(subject, $"sensitive-access/{access}/withdraw", new { })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Nobody_decides_on_the_own_wish_and_a_refused_one_opens_nothing()
    {
        var item = await WriteAsync(counselor, SensitiveKind.EconomicCircumstances, "低保");
        var own = await MadeAsync(await AskAsync(vice, new([SensitiveKind.EconomicCircumstances], "核实", Today)));
        (await Code(await DecideAsync(vice, own, true))).ShouldBe("archives.own-access");
        using var colleague = archives.Client(At(Role.VicePrincipal, Guid.CreateVersion7()));
        (await DecideAsync(colleague, own, false)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await TryReadAsync(vice, item)).Code.ShouldBe("archives.access-needed");
        using var nobody = archives.Client(At(Role.VicePrincipal, null));
        (await Code(await AskAsync(nobody, new([SensitiveKind.Custody], "核实", Today)))).ShouldBe("archives.names-nobody");
    }

    [Fact]
    [Trait("Rule", "ALL-8")]
    public async Task In_a_crisis_the_glass_is_broken_with_a_reason_and_somebody_else_reviews_it_the_next_day()
    {
        var item = await WriteAsync(counselor, SensitiveKind.MedicalHistory, "对青霉素过敏");
        var address = $"sensitive-items/{item}/emergency-reads";
        (await PostAsync(vice, address, new EmergencyReadRequest("急"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync(homeroom, address, new EmergencyReadRequest("学生晕倒，已送医院"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var read = (await (await PostAsync(vice, address, new EmergencyReadRequest("学生晕倒，正在送往医院")))
            .Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!;
        (read.Content, read.ReviewDueOn).ShouldBe(("对青霉素过敏", Today.AddDays(1)));

        var open = (await EmergenciesAsync(officer)).ShouldHaveSingleItem();
        (open.Id, open.Reason, open.Overdue).ShouldBe((read.ReadId, "学生晕倒，正在送往医院", false));
        archives.Clock.DaysAhead = 2;
        (await EmergenciesAsync(officer)).Single().Overdue.ShouldBeTrue();
        archives.Clock.DaysAhead = 0;
        (await LogAsync(guardian)).ShouldBeEmpty(); // nobody has said yet that this is safe

        var review = new ReviewRequest(ReviewFinding.Justified, "已核实就医");
        (await Code(await ReviewAsync(vice, read.ReadId, review))).ShouldBe("archives.own-review");
        (await ReviewAsync(homeroom, read.ReadId, review)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await ReviewAsync(officer, read.ReadId, review)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Code(await ReviewAsync(officer, read.ReadId, review))).ShouldBe("archives.reviewed");
        (await EmergenciesAsync(officer)).ShouldBeEmpty();
        (await LogAsync(guardian)).Single().Basis.ShouldBe(ReadBasis.Emergency);
    }

    [Fact]
    [Trait("Rule", "ALL-8")]
    public async Task The_same_account_does_not_review_its_own_read_in_another_role()
    {
        var item = await WriteAsync(counselor, SensitiveKind.Custody, "判决");
        var read = await (await PostAsync(vice, $"sensitive-items/{item}/emergency-reads", new EmergencyReadRequest("门口有人强行接走学生")))
            .Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options);
        using var asOfficer = archives.Client(viceAccount, At(Role.MoralEducationOfficer, Guid.CreateVersion7()));
        (await Code(await ReviewAsync(asOfficer, read!.ReadId, new(ReviewFinding.Justified, "是")))).ShouldBe("archives.own-review");
        (await ReviewAsync(officer, read.ReadId, new(ReviewFinding.NotJustified, "理由不足", Withhold: true)))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await LogAsync(guardian)).ShouldBeEmpty();
        (await LogAsync(officer)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_guardian_and_the_officer_see_who_read_what_when_and_what_for()
    {
        var item = await WriteAsync(counselor, SensitiveKind.MedicalHistory, "哮喘");
        await ReadAsync(homeroom, item, new ReadRequest(ReadPurpose.VisitPreparation, "准备家访"));
        var seen = (await LogAsync(guardian)).ShouldHaveSingleItem();
        (seen.ItemId, seen.Role, seen.Reader, seen.Basis, seen.Purpose, seen.Reason)
            .ShouldBe((item, Role.HomeroomTeacher, "李A1", ReadBasis.Policy, ReadPurpose.VisitPreparation, null));
        (await LogAsync(officer)).Single().Reason.ShouldBe("准备家访");
        (await LogAsync(district.Admin)).Count.ShouldBe(1);
        (await homeroom.GetAsync(Reads)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var otherFamily = archives.Client(new Grant(
            Role.Guardian, Guid.CreateVersion7(), district.Id, school, null, await IdAsync("student", "P2")));
        (await otherFamily.GetAsync(Reads)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE subject_id = $1 AND action = 'ReadSensitiveItem' AND reason = 'Policy/VisitPreparation'",
            item)).ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task Who_looks_at_reasons_and_purposes_is_in_the_audit()
    {
        await LogAsync(officer);
        await EmergenciesAsync(officer);
        await AccessesAsync(vice, "asked");
        (await archives.ScalarAsync<string[]>(
            """
            SELECT array_agg(action ORDER BY action) FROM platform.audit
            WHERE district_id = $1 AND action IN ('ListSensitiveReads', 'ListEmergencyReads', 'ListSensitiveAccess')
            """, district.Id)).ShouldBe(["ListEmergencyReads", "ListSensitiveAccess", "ListSensitiveReads"]);
    }

    [Fact]
    public async Task Guardians_do_not_learn_of_a_protected_case()
    {
        var item = await WriteAsync(counselor, SensitiveKind.Violence, "身上有伤");
        await ReadAsync(homeroom, item);
        (await ItemsAsync(guardian)).ShouldBeEmpty();
        (await LogAsync(guardian)).ShouldBeEmpty();
        (await ItemsAsync(officer)).ShouldHaveSingleItem();
        (await LogAsync(officer)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_refused_read_says_nothing_and_leaves_no_trace_of_the_content()
    {
        var item = await WriteAsync(counselor, SensitiveKind.Custody, "判决书原文");
        var refused = await PostAsync(subject, $"sensitive-items/{item}/reads", new ReadRequest(ReadPurpose.Support));
        (await refused.Content.ReadAsStringAsync()).ShouldNotContain("判决书");
        (await LogAsync(officer)).ShouldBeEmpty();
        (await Code(await PostAsync(counselor, $"sensitive-items/{item}/reads", new ReadRequest(ReadPurpose.Crisis))))
            .ShouldBe("request.invalid");
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task What_was_written_is_found_in_no_dump_no_message_and_no_log()
    {
        var canary = new Canary();
        await using var broker = await RawBroker.ConnectAsync(archives.RabbitMq);
        var messages = await broker.OverhearAsync();
        var settings = new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal) { ["Logging__LogLevel__Default"] = "Trace" };
        await using var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings);
        var token = counselor.DefaultRequestHeaders.Authorization;
        process.Client.DefaultRequestHeaders.Authorization = token;
        var item = await WriteAsync(process.Client, SensitiveKind.MedicalHistory, canary.In("哮喘"), canary.In("随身带药"));
        (await ReadAsync(process.Client, item, new ReadRequest(ReadPurpose.Support, canary.In("体检")))).Content.ShouldBe(canary.In("哮喘"));
        var read = (await (await PostAsync(process.Client, $"sensitive-items/{item}/emergency-reads", new EmergencyReadRequest(canary.In("晕倒"))))
            .Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!.ReadId;
        await ReviewAsync(officer, read, new(ReviewFinding.Justified, canary.In("核实")));
        await MadeAsync(await AskAsync(subject, new([SensitiveKind.MedicalHistory], canary.In("春游"), Today)));

        var dump = await Servers.DumpAsync(archives.Database);
        dump.ShouldContain(item.ToString());
        process.Output.ShouldContain("\"LogLevel\":\"Debug\"");
        canary.CountIn(dump).ShouldBe(0);
        canary.CountIn(await Servers.DumpAsync(archives.Keys)).ShouldBe(0);
        canary.CountIn(string.Concat(messages)).ShouldBe(0);
        canary.CountIn(process.Output).ShouldBe(0);
    }

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);

    private Uri Items => district.Address($"students/{student}/sensitive-items");

    private Uri Reads => district.Address($"students/{student}/sensitive-reads");

    private Grant At(Role role, Guid? person, Guid? @class = null) => new(role, person, district.Id, school, @class, null);

    private async Task<Guid> WriteAsync(HttpClient client, SensitiveKind kind, string content, string? advice = null) =>
        await MadeAsync(await client.PostAsJsonAsync(Items, new SensitiveItemRequest(kind, content, advice), Json.Options));

    private async Task<(HttpStatusCode Status, string Code)> TryWriteAsync(HttpClient client, SensitiveKind kind)
    {
        using var answer = await client.PostAsJsonAsync(Items, new SensitiveItemRequest(kind, "内容"), Json.Options);
        return (answer.StatusCode, await Code(answer));
    }

    private async Task<SensitiveItemView> ReadAsync(HttpClient client, Guid item, ReadRequest? why = null)
    {
        using var answer = await PostAsync(client, $"sensitive-items/{item}/reads", why ?? new ReadRequest(ReadPurpose.Support));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!;
    }

    private async Task<(HttpStatusCode Status, string Code)> TryReadAsync(HttpClient client, Guid item)
    {
        using var answer = await PostAsync(client, $"sensitive-items/{item}/reads", new ReadRequest(ReadPurpose.Support));
        return (answer.StatusCode, await Code(answer));
    }

    private async Task<IEnumerable<(Guid Id, SensitiveKind? Kind, Sees Sees)>> ItemsAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<Page<SensitiveItemRow>>(Items, Json.Options))!.Items.Select(row => (row.Id, row.Kind, row.Sees));

    private async Task<IReadOnlyList<SensitiveReadRow>> LogAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<Page<SensitiveReadRow>>(Reads, Json.Options))!.Items;

    private Task<HttpResponseMessage> AskAsync(HttpClient client, AccessRequest wish) =>
        client.PostAsJsonAsync(district.Address($"students/{student}/sensitive-access"), wish, Json.Options);

    private Task<HttpResponseMessage> DecideAsync(HttpClient client, Guid access, bool granted) =>
        PostAsync(client, $"sensitive-access/{access}/decision", new AccessDecision(granted));

    private async Task<IReadOnlyList<AccessBody>> AccessesAsync(HttpClient client, string state) =>
        (await client.GetFromJsonAsync<Page<AccessBody>>(district.Address($"sensitive-access?state={state}"), Json.Options))!.Items;

    private async Task<IReadOnlyList<EmergencyReadBody>> EmergenciesAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<Page<EmergencyReadBody>>(district.Address("emergency-reads?open=true"), Json.Options))!.Items;

    private Task<HttpResponseMessage> ReviewAsync(HttpClient client, Guid read, ReviewRequest review) =>
        PostAsync(client, $"emergency-reads/{read}/review", review);

    private async Task<HttpStatusCode> ChangeAsync(HttpClient client, SensitiveSettings policy, long version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, district.Address("sensitive-policy"))
        {
            Content = JsonContent.Create(policy, options: Json.Options),
            Headers = { { "If-Match", $"\"{version}\"" } },
        };
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private Task<HttpResponseMessage> PostAsync<T>(HttpClient client, string path, T body) =>
        client.PostAsJsonAsync(district.Address(path), body, Json.Options);

    private static async Task<Guid> MadeAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Made>(Json.Options))!.Id;
    }

    private static async Task<string> Code(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()!;

    private Task<Guid> IdAsync(string table, string sourceId, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
}
