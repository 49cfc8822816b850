using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using HomeSchool.Archives.Attachments;
using HomeSchool.Archives.Rights;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>Files of a student's archive: what is taken, who sees it, and what becomes of it.</summary>
[Trait("Rule", "ARC-1")]
public sealed class AttachmentTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly TestDistrict district = new(archives);
    private readonly Guid guardianAccount = Guid.CreateVersion7();
    private Guid school;
    private Guid student;
    private HttpClient counselor = null!;
    private HttpClient homeroom = null!;
    private HttpClient admin = null!;
    private HttpClient vice = null!;
    private HttpClient guardian = null!;

    public async ValueTask InitializeAsync()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        school = await IdAsync("school", "S1", "school_id");
        student = await IdAsync("student", "P1");
        counselor = archives.Client(At(Role.Counselor));
        homeroom = archives.Client(new Grant(
            Role.HomeroomTeacher, await IdAsync("staff", "A1"), district.Id, school, await IdAsync("class", "C1"), null));
        admin = archives.Client(At(Role.SchoolAdmin));
        vice = archives.Client(At(Role.VicePrincipal));
        guardian = archives.Client(
            guardianAccount, new Grant(Role.Guardian, await IdAsync("guardian", "G1"), district.Id, school, null, student));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "ACT-5")]
    public async Task A_photo_keeps_neither_the_place_nor_the_camera_and_comes_back_as_a_file_to_save()
    {
        var canary = new Canary();
        var photo = TestFiles.Photo(canary.In("Phone"));
        photo.AsSpan().IndexOf("Exif"u8).ShouldBeGreaterThan(0);
        var id = await AddAsync(homeroom, photo, "春游.jpg", ("kind", "photo"), ("forFamily", "true"));
        foreach (var reader in new[] { homeroom, guardian, admin, district.Admin })
        {
            using var answer = await reader.GetAsync(Content(id));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var file = await answer.Content.ReadAsByteArrayAsync();
            file.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]).ShouldBeTrue();
            file.AsSpan().IndexOf("Exif"u8).ShouldBe(-1);
            canary.CountIn(Encoding.Latin1.GetString(file)).ShouldBe(0);
            var headers = answer.Content.Headers;
            headers.ContentType!.ToString().ShouldBe("image/jpeg");
            headers.ContentLength.ShouldBe(file.Length);
            headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
            headers.ContentDisposition.FileNameStar.ShouldBe("春游.jpg");
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("sandbox");
            answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }

        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE subject_id = $1 AND action = 'ReadAttachment'", id)).ShouldBe(4);
    }

    [Theory]
    [InlineData("webp")]
    [InlineData("png")]
    [InlineData("pdf")]
    [InlineData("docx")]
    public async Task Each_type_is_taken_and_given_back(string extension)
    {
        var (file, kind) = extension switch
        {
            "webp" => (TestFiles.WebP, "portrait"),
            "png" => (TestFiles.Png, "scan"),
            "pdf" => (TestFiles.Pdf("通知"), "document"),
            _ => (TestFiles.Docx("通知"), "document"),
        };
        var id = await AddAsync(admin, file, "a." + extension, ("kind", kind), ("title", "家长会通知"));
        using var answer = await admin.GetAsync(Content(id));
        answer.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe("家长会通知." + extension);
        var given = await answer.Content.ReadAsByteArrayAsync();
        if (kind == "document")
            given.ShouldBe(file);
        else
            given[..4].ShouldBe(file[..4]);
    }

    [Fact]
    public async Task Staff_of_the_class_and_school_see_it_a_guardian_what_is_for_the_family_and_others_nothing()
    {
        var own = await AddAsync(homeroom, TestFiles.Pdf("评语"), "评语.pdf", ("kind", "document"));
        var shared = await AddAsync(homeroom, TestFiles.Pdf("奖状"), "奖状.pdf", ("kind", "document"), ("forFamily", "true"));
        (await ListAsync(homeroom)).Select(row => (row.Id, row.Title, row.ForFamily, row.Internal))
            .ShouldBe([(shared, "奖状", true, false), (own, "评语", false, false)]);
        (await ListAsync(guardian)).Select(row => row.Id).ShouldBe([shared]);
        (await StatusAsync(guardian, Content(own))).ShouldBe(HttpStatusCode.NotFound);
        var otherClass = new Grant(
            Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, await IdAsync("class", "C2"), null);
        var otherSchool = At(Role.Counselor) with { SchoolId = await IdAsync("school", "S2", "school_id") };
        var otherChild = new Grant(Role.Guardian, Guid.CreateVersion7(), district.Id, school, null, await IdAsync("student", "P2"));
        foreach (var grant in new[] { otherClass, otherSchool, otherChild, At(Role.Counselor) with { DistrictId = Guid.CreateVersion7() } })
        {
            using var client = archives.Client(grant);
            (await StatusAsync(client, Attachments)).ShouldBe(HttpStatusCode.NotFound);
            (await StatusAsync(client, Content(shared))).ShouldBe(HttpStatusCode.NotFound);
            (await SendAsync(client, TestFiles.Jpeg, "a.jpg", ("kind", "photo"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await client.DeleteAsync(One(shared))).StatusCode.ShouldBe(
                grant.Role == Role.Guardian ? HttpStatusCode.Forbidden : HttpStatusCode.NotFound);
        }

        (await SendAsync(vice, TestFiles.Jpeg, "a.jpg", ("kind", "photo"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    [Trait("Rule", "ARC-7")]
    public async Task What_is_labelled_is_read_by_policy_or_grant_with_a_purpose_and_each_read_is_logged()
    {
        var id = await AddAsync(
            counselor, TestFiles.Pdf("量表"), "量表.pdf", ("kind", "document"), ("sensitiveKind", "psychologicalAssessment"));
        (await StatusAsync(counselor, Content(id))).ShouldBe(HttpStatusCode.Forbidden);
        (await CodeAsync(await ReadAsync(homeroom, id))).ShouldBe("archives.access-needed"); // who sees the advice sees no raw data
        (await CodeAsync(await ReadAsync(counselor, id, ReadPurpose.Crisis))).ShouldBe("request.invalid");
        (await LogAsync(guardian)).ShouldBeEmpty();

        using var read = await ReadAsync(counselor, id);
        (await read.Content.ReadAsByteArrayAsync()).ShouldBe(TestFiles.Pdf("量表"));
        read.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe("量表.pdf");
        var seen = (await LogAsync(guardian)).ShouldHaveSingleItem();
        (seen.ItemId, seen.Role, seen.Basis, seen.Purpose).ShouldBe((id, Role.Counselor, ReadBasis.Policy, ReadPurpose.Support));

        (await ListAsync(counselor)).Single().ShouldSatisfyAllConditions(
            row => row.SensitiveKind.ShouldBe(SensitiveKind.PsychologicalAssessment), row => row.Title.ShouldBe("量表")); // the own
        using var colleague = archives.Client(At(Role.Counselor));
        (await ListAsync(colleague)).Single().ShouldSatisfyAllConditions(
            row => row.SensitiveKind.ShouldBe(SensitiveKind.PsychologicalAssessment), row => row.Title.ShouldBeNull());
        (await ListAsync(homeroom)).Single().ShouldSatisfyAllConditions(
            row => row.Internal.ShouldBeTrue(), row => row.SensitiveKind.ShouldBeNull(), row => row.Kind.ShouldBeNull(),
            row => row.Title.ShouldBeNull(), row => row.Bytes.ShouldBeNull());
        (await ListAsync(guardian)).ShouldBeEmpty();
        (await CodeAsync(await SendAsync(
            homeroom, TestFiles.Jpeg, "a.jpg", ("kind", "scan"), ("sensitiveKind", "psychologicalAssessment"))))
            .ShouldBe("archives.kind-not-yours");
        (await CodeAsync(await SendAsync(
            counselor, TestFiles.Jpeg, "a.jpg", ("kind", "scan"), ("sensitiveKind", "custody"), ("forFamily", "true"))))
            .ShouldBe("request.invalid");
        (await CodeAsync(await homeroom.DeleteAsync(One(id)))).ShouldBe("archives.attachment-not-yours");
    }

    [Fact]
    [Trait("Rule", "ALL-8")]
    public async Task In_a_crisis_the_glass_is_broken_and_the_read_waits_for_its_review()
    {
        var id = await AddAsync(counselor, TestFiles.Pdf("病历"), "病历.pdf", ("kind", "scan"), ("sensitiveKind", "medicalHistory"));
        using var read = await vice.PostAsJsonAsync(
            One(id, "/emergency-reads"), new EmergencyReadRequest("学生晕倒，正在送往医院"), Json.Options);
        (await read.Content.ReadAsByteArrayAsync()).ShouldBe(TestFiles.Pdf("病历"));
        (await LogAsync(guardian)).ShouldBeEmpty();
        using var officer = archives.Client(At(Role.MoralEducationOfficer));
        (await officer.GetFromJsonAsync<Page<EmergencyRow>>(district.Address("emergency-reads"), Json.Options))!
            .Items.ShouldHaveSingleItem().ItemId.ShouldBe(id);
        var ordinary = await AddAsync(counselor, TestFiles.Pdf("通知"), "通知.pdf", ("kind", "document"));
        (await ReadAsync(counselor, ordinary)).StatusCode.ShouldBe(HttpStatusCode.NotFound); // has no such log
    }

    [Fact]
    public async Task What_a_guardian_sends_is_labelled_and_seen_by_the_staff_whom_the_policy_names()
    {
        var id = await AddAsync(guardian, TestFiles.Photo("诊断"), "诊断证明.jpg", ("kind", "scan"), ("forFamily", "false"));
        (await ListAsync(guardian)).Single().ShouldSatisfyAllConditions(
            row => row.Title.ShouldBe("诊断证明"), row => row.FromFamily.ShouldBeTrue(),
            row => row.SensitiveKind.ShouldBe(SensitiveKind.MedicalHistory));
        using var otherParent = archives.Client(new Grant(
            Role.Guardian, await IdAsync("guardian", "G2"), district.Id, school, null, student));
        (await ListAsync(otherParent)).ShouldBeEmpty();
        (await StatusAsync(otherParent, Content(id))).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(homeroom, Content(id))).ShouldBe(HttpStatusCode.Forbidden);
        (await ReadAsync(homeroom, id)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ListAsync(admin)).Single().Title.ShouldBeNull();
    }

    /// <summary>What is not taken, and why.</summary>
    public static TheoryData<string, string, string, string, string> Refused => new()
    {
        { "svg", "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "a.svg", "photo", "files.type-refused" },
        { "html", "<html><script>alert(1)</script></html>", "a.jpg", "photo", "files.type-refused" },
        { "executable", "\u007fELF\u0002\u0001", "a.pdf", "document", "files.type-refused" },
        { "zip", "zip", "a.docx", "document", "files.type-refused" },
        { "wrong name", "jpeg", "a.png", "photo", "files.type-mismatch" },
        { "double name", "pdf", "a.pdf.exe", "document", "files.type-mismatch" },
        { "wrong kind", "pdf", "a.pdf", "photo", "archives.attachment-kind-mismatch" },
        { "document as photo", "jpeg", "a.jpg", "document", "archives.attachment-kind-mismatch" },
        { "half a photo", "half", "a.jpg", "photo", "files.photo-unreadable" },
        { "script", "/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "a.pdf", "document", "files.active-content" },
        { "disguised script", "/OpenAction<</S/J#61vaScript/JS(x)>>", "a.pdf", "document", "files.active-content" },
        { "packed script", "packed", "a.pdf", "document", "files.active-content" },
        { "launch", "/A<</S/Launch/F(cmd.exe)>>", "a.pdf", "document", "files.active-content" },
        { "embedded", "/Names<</EmbeddedFiles 9 0 R>>", "a.pdf", "document", "files.active-content" },
        { "encrypted", "/Encrypt 9 0 R", "a.pdf", "document", "files.encrypted" },
        { "another file behind", "behind", "a.pdf", "document", "files.type-refused" },
        { "macro", "macro", "a.docx", "document", "files.active-content" },
        { "macro type", "macro type", "a.docx", "document", "files.active-content" },
        { "template from elsewhere", "template", "a.docx", "document", "files.active-content" },
        { "embedded object", "embedded", "a.docx", "document", "files.active-content" },
        { "entities", "entities", "a.docx", "document", "files.type-refused" },
        { "bomb", "bomb", "a.docx", "document", "files.unpacks-too-large" },
        { "packed bomb", "packed bomb", "a.pdf", "document", "files.unpacks-too-large" },
        { "names of packed objects that are not there", "names", "a.pdf", "document", "files.type-refused" },
        { "many packed objects without content", "streams", "a.pdf", "document", "files.unpacks-too-large" },
        { "a long stream without content, again and again", "nothing", "a.pdf", "document", "files.unpacks-too-large" },
        { "empty", "", "a.pdf", "document", "files.type-refused" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_a_file_claims_is_not_believed(string what, string content, string name, string kind, string code)
    {
        byte[] file = content switch
        {
            "jpeg" => TestFiles.Jpeg,
            "half" => TestFiles.Jpeg[..200],
            "pdf" => TestFiles.Pdf(what),
            "zip" => TestFiles.Zip(("a.txt", "a")),
            "packed" => TestFiles.PackedPdf("1 0 <</Type/Catalog/OpenAction<</S/JavaScript/JS(x)>>>>"),
            "packed bomb" => TestFiles.PackedPdf(new string(' ', 250_000_000)),
            "names" => [.. TestFiles.Pdf(what, string.Concat(Enumerable.Repeat("/ObjStm", 300_000))), .. TestFiles.PackedPdf(" ")],
            "streams" => [.. TestFiles.Pdf(what), .. Enumerable.Repeat(TestFiles.PackedPdf(" "), 60_000).SelectMany(pdf => pdf)],
            "nothing" => TestFiles.EmptyStreamPdf(names: 200, blocks: 500_000),
            "behind" => [.. TestFiles.Pdf(what), .. TestFiles.Zip(("a.txt", "a"))],
            "macro" => TestFiles.Docx(what, ("word/vbaProject.bin", "x")),
            "macro type" => TestFiles.Zip(
                ("[Content_Types].xml", "<Types><Override ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/></Types>"),
                ("word/document.xml", "<document/>")),
            "template" => TestFiles.Docx(what, (
                "word/_rels/settings.xml.rels",
                "<Relationships><Relationship Type='http://x/attachedTemplate' Target='http://evil/' TargetMode='External'/></Relationships>")),
            "embedded" => TestFiles.Docx(what, ("word/embeddings/oleObject1.bin", "x")),
            "entities" => TestFiles.Docx(what, ("word/_rels/x.rels", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")),
            "bomb" => TestFiles.Docx(what, ("word/media/a.txt", new string(' ', 250_000_000))),
            ['/', ..] => TestFiles.Pdf(what, $"9 0 obj\n<<{content}>>\nendobj\n"),
            _ => Encoding.UTF8.GetBytes(content),
        };
        using var answer = await SendAsync(homeroom, file, name, ("kind", kind));
        (await CodeAsync(answer)).ShouldBe(code, what);
        ((int)answer.StatusCode).ShouldBeInRange(400, 499);
        (await ListAsync(homeroom)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_large_or_not_a_form_with_one_file_is_refused()
    {
        using var large = await SendAsync(homeroom, TestFiles.Pdf("大", bytes: 21 << 20), "a.pdf", ("kind", "document"));
        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var just = await SendAsync(
            homeroom, TestFiles.Pdf("大", bytes: (20 << 20) + 1000), "a.pdf", ("kind", "document"));
        (await CodeAsync(just)).ShouldBe("files.too-large");
        (await CodeAsync(await homeroom.PostAsync(Attachments, new ByteArrayContent(TestFiles.Jpeg)))).ShouldNotBeEmpty();
        using var odd = new ByteArrayContent(TestFiles.Jpeg);
        odd.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={new string('b', 4_100)}");
        (await CodeAsync(await homeroom.PostAsync(Attachments, odd))).ShouldBe("files.one-file");
        using var noFile = new MultipartFormDataContent { { new StringContent("photo"), "kind" } };
        (await CodeAsync(await homeroom.PostAsync(Attachments, noFile))).ShouldBe("files.one-file");
        (await CodeAsync(await SendAsync(homeroom, TestFiles.Jpeg, "a.jpg"))).ShouldBe("request.invalid");
        (await CodeAsync(await SendAsync(homeroom, TestFiles.Jpeg, "a.jpg", ("kind", "photo"), ("title", new string('x', 101)))))
            .ShouldBe("request.invalid");
    }

    [Theory]
    [InlineData("cut off")]
    [InlineData("cut at a chunk")]
    [InlineData("longer")]
    [InlineData("changed")]
    [InlineData("another's")]
    [InlineData("gone")]
    public async Task A_file_that_is_not_what_was_stored_is_refused(string how)
    {
        var id = await AddAsync(homeroom, TestFiles.Pdf("甲", bytes: 200_000), "a.pdf", ("kind", "document"));
        var other = await AddAsync(homeroom, TestFiles.Pdf("乙", bytes: 200_000), "b.pdf", ("kind", "document"));
        var path = PathOf(id);
        var stored = await File.ReadAllBytesAsync(path);
        byte[] changed = how switch
        {
            "cut off" => stored[..^1],
            "cut at a chunk" => stored[..(50 + (2 * ((64 * 1024) + 16)))],
            "longer" => [.. stored, 0],
            "changed" => [.. stored[..100_000], (byte)(stored[100_000] ^ 1), .. stored[100_001..]],
            _ => await File.ReadAllBytesAsync(PathOf(other)),
        };
        if (how == "gone")
            File.Delete(path);
        else
            await File.WriteAllBytesAsync(path, changed);
        using var answer = await homeroom.GetAsync(Content(id));
        await answer.ShouldBeProblemAsync(HttpStatusCode.Conflict, "files.damaged");
        (await StatusAsync(homeroom, Content(other))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Deleted_it_is_gone_for_all_and_that_it_was_there_stays()
    {
        var id = await AddAsync(homeroom, TestFiles.Jpeg, "a.jpg", ("kind", "photo"), ("forFamily", "true"));
        (await guardian.DeleteAsync(One(id))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await homeroom.DeleteAsync(One(id))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await homeroom.DeleteAsync(One(id))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ListAsync(homeroom)).ShouldBeEmpty();
        (await StatusAsync(homeroom, Content(id))).ShouldBe(HttpStatusCode.NotFound);
        (await archives.ScalarAsync<bool>(
            "SELECT deleted_at IS NOT NULL AND deleted_by IS NOT NULL FROM attachment WHERE id = $1", id)).ShouldBeTrue();
        File.Exists(PathOf(id)).ShouldBeTrue();
        await CleanAsync(id);
        File.Exists(PathOf(id)).ShouldBeFalse();
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Whatever_takes_the_row_away_takes_the_file_too()
    {
        var id = await AddAsync(homeroom, TestFiles.Jpeg, "a.jpg", ("kind", "photo"), ("forFamily", "true"));
        // As an erasure and the end of a retention do.
        (await archives.ScalarAsync<Guid>("DELETE FROM attachment WHERE id = $1 RETURNING id", id)).ShouldBe(id);
        await CleanAsync(id);
        File.Exists(PathOf(id)).ShouldBeFalse();
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task What_is_on_hold_is_not_deleted_and_no_reason_is_given()
    {
        var id = await AddAsync(homeroom, TestFiles.Jpeg, "a.jpg", ("kind", "photo"));
        var hold = district.Address($"students/{student}/legal-hold");
        await district.Admin.DoAsync(hold, new HoldRequest("诉讼")).MadeAsync();
        await homeroom.DeleteAsync(One(id)).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.attachment-kept");
        (await ListAsync(homeroom)).ShouldHaveSingleItem();
        (await district.Admin.DeleteAsync(hold)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await homeroom.DeleteAsync(One(id))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    [Trait("Rule", "ARC-7")]
    [Trait("Rule", "ARC-14")]
    public async Task Who_has_not_taken_the_student_over_deletes_nothing_that_was_labelled_before()
    {
        var id = await AddAsync(
            counselor, TestFiles.Pdf("病历"), "病历.pdf", ("kind", "document"), ("sensitiveKind", "medicalHistory"));
        archives.Clock.DaysAhead = 1;
        await district.ImportAsync(TestRoster.Standard()
            .Change("enrollments.csv", "E7", line => line.Replace("A1", "A3", StringComparison.Ordinal)).Zip());
        var next = await IdAsync("staff", "A3");
        using var teacher = archives.Client(new Grant(
            Role.HomeroomTeacher, next, district.Id, school, await IdAsync("class", "C1"), null));
        await teacher.DeleteAsync(One(id)).ShouldBeRefusedAsync(HttpStatusCode.Forbidden, "archives.attachment-not-yours");
        await teacher.DoAsync(new Uri($"/api/archives/schools/{school}/handovers/accept", UriKind.Relative));
        (await teacher.DeleteAsync(One(id))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_process_that_is_killed_between_file_and_commit_leaves_nothing_for_long()
    {
        await using var connection = new Npgsql.NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        Guid id;
        await using (var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, archives.Settings))
        {
            process.Client.DefaultRequestHeaders.Authorization = homeroom.DefaultRequestHeaders.Authorization;
            await using var hold = await connection.BeginTransactionAsync();
            // Its row cannot be written while this lock is held; its file can.
            await using (var locking = new Npgsql.NpgsqlCommand("LOCK TABLE attachment IN EXCLUSIVE MODE", connection, hold))
                await locking.ExecuteNonQueryAsync();
            var before = Stored();
            var sending = SendAsync(process.Client, TestFiles.Pdf("未提交"), "a.pdf", ("kind", "document"));
            var file = await Eventually.GetAsync(
                () => Task.FromResult(Stored().Except(before, StringComparer.Ordinal).FirstOrDefault(name => !name.EndsWith(".part", StringComparison.Ordinal))),
                name => name is not null);
            id = Guid.ParseExact(Path.GetFileName(file!), "N");
            await process.KillAsync();
            await Should.ThrowAsync<HttpRequestException>(sending);
        }

        File.Exists(PathOf(id)).ShouldBeTrue();
        (await archives.ScalarAsync<long>("SELECT count(*) FROM attachment WHERE id = $1", id)).ShouldBe(0);
        await CleanAsync(id);
        File.Exists(PathOf(id)).ShouldBeFalse();
    }

    [Fact]
    public async Task The_same_key_keeps_one_file_however_the_form_is_written()
    {
        var key = Guid.CreateVersion7().ToString();
        using var first = await SendAsync(homeroom, TestFiles.Pdf("一"), "a.pdf", key, ("kind", "document"));
        using var again = await SendAsync(homeroom, TestFiles.Pdf("一"), "a.pdf", key, ("kind", "document"));
        again.Headers.Contains("Idempotency-Replayed").ShouldBeTrue();
        (await MadeAsync(again)).ShouldBe(await MadeAsync(first));
        using var other = await SendAsync(homeroom, TestFiles.Pdf("二"), "a.pdf", key, ("kind", "document"));
        (await CodeAsync(other)).ShouldBe("request.idempotency-key-reused");
        (await ListAsync(homeroom)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_longer_list_takes_no_more_statements()
    {
        var counts = new List<int>();
        foreach (var more in new[] { 1, 4 })
        {
            for (var i = 0; i < more; i++)
                await AddAsync(homeroom, TestFiles.Pdf("页"), "a.pdf", ("kind", "document"));
            await ListAsync(homeroom);
            counts.Add(await CountStatementsAsync(() => ListAsync(homeroom)));
        }

        counts[1].ShouldBe(counts[0]);
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task Neither_content_nor_title_is_found_in_the_store_the_databases_the_messages_or_the_logs()
    {
        var (text, title, reason) = (new Canary(), new Canary(), new Canary());
        await using var broker = await RawBroker.ConnectAsync(archives.RabbitMq);
        var messages = await broker.OverhearAsync();
        var settings = new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal) { ["Logging__LogLevel__Default"] = "Trace" };
        await using var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings);
        process.Client.DefaultRequestHeaders.Authorization = counselor.DefaultRequestHeaders.Authorization;
        var id = await AddAsync(
            process.Client, TestFiles.Pdf(text.In("病历")), title.In("病历") + ".pdf", ("kind", "scan"), ("sensitiveKind", "medicalHistory"));
        using var read = await process.Client.PostAsJsonAsync(
            One(id, "/reads"), new ReadRequest(ReadPurpose.Support, reason.In("体检")), Json.Options);
        text.CountIn(await read.Content.ReadAsStringAsync()).ShouldBe(1);
        var stored = string.Concat(await Task.WhenAll(Stored().Select(async name => Encoding.Latin1.GetString(await File.ReadAllBytesAsync(name)))));
        var dumps = await Servers.DumpAsync(archives.Database) + await Servers.DumpAsync(archives.Keys);
        dumps.ShouldContain(id.ToString());
        foreach (var canary in new[] { text, title, reason })
        {
            foreach (var place in new[] { stored, dumps, string.Concat(messages), process.Output, string.Concat(Stored()) })
                canary.CountIn(place).ShouldBe(0);
        }
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task Twenty_files_of_twenty_megabytes_at_once_take_little_memory()
    {
        // Where there is much memory, the collector lets garbage lie: with 320 MB of heap it cannot, and must not need to.
        var settings = new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal) { ["DOTNET_GCHeapHardLimit"] = "14000000" };
        await using var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings);
        process.Client.DefaultRequestHeaders.Authorization = homeroom.DefaultRequestHeaders.Authorization;
        await AddAsync(process.Client, TestFiles.Pdf("热身", bytes: 20_000_000), "a.pdf", ("kind", "document"));
        var before = await PeakMemoryAsync(process.Id);
        var file = TestFiles.Pdf("大", bytes: 20_000_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync(process.Client, file, "a.pdf", ("kind", "document"))));
        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.Created, process.Output);
        var ids = await Task.WhenAll(answers.Select(MadeAsync));
        var read = await Task.WhenAll(ids.Select(async id =>
        {
            using var answer = await process.Client.GetAsync(Content(id), HttpCompletionOption.ResponseHeadersRead);
            await using var content = await answer.Content.ReadAsStreamAsync();
            return Convert.ToHexString(await System.Security.Cryptography.SHA256.HashDataAsync(content));
        }));
        read.Distinct(StringComparer.Ordinal).ShouldHaveSingleItem().ShouldBe(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file)));
        var grown = await PeakMemoryAsync(process.Id) - before;
        TestContext.Current.SendDiagnosticMessage($"20 x 20 MB at once: peak memory from {before >> 20} MB by {grown >> 20} MB");
        grown.ShouldBeLessThan(256L << 20); // 800 MB came and went
    }

    [Fact]
    public async Task An_S3_compatible_store_does_as_well()
    {
        using var store = await S3Server.StartAsync();
        Assert.SkipWhen(store is null, "npm's s3rver is not installed: npm ci --prefix tests/Testing/s3");
        var settings = new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal);
        settings.Remove("Files__Folder");
        foreach (var (name, value) in store!.Settings)
            settings[name] = value;
        var canary = new Canary();
        Guid id;
        await using (var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings))
        {
            process.Client.DefaultRequestHeaders.Authorization = homeroom.DefaultRequestHeaders.Authorization;
            var file = TestFiles.Pdf(canary.In("通知"), bytes: 300_000);
            id = await AddAsync(process.Client, file, canary.In("通知") + ".pdf", ("kind", "document"));
            (await process.Client.GetByteArrayAsync(Content(id))).ShouldBe(file);
            var object1 = Directory.EnumerateFiles(store.Folder, $"{id:N}*", SearchOption.AllDirectories)
                .Single(name => name.EndsWith("_object", StringComparison.Ordinal));
            var stored = await File.ReadAllBytesAsync(object1);
            canary.CountIn(Encoding.Latin1.GetString(stored)).ShouldBe(0);
            await File.WriteAllBytesAsync(object1, stored[..^1]);
            (await StatusAsync(process.Client, Content(id))).ShouldBe(HttpStatusCode.Conflict);
            (await process.Client.DeleteAsync(One(id))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        await CleanAsync(id, settings);
        // A replica of another test, which starts in this moment, may have taken it for its own store: then it is named again.
        for (var again = 0; again < 5 && Stored().Any(); again++)
        {
            await archives.ScalarAsync<Guid>("INSERT INTO platform.loose_file (id) VALUES ($1) RETURNING id", id);
            await CleanAsync(id, settings);
        }

        Stored().ShouldBeEmpty();
        // While the store is away nothing is taken, and whoever sends it is told to come again.
        store.Stop();
        await using var alone = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings);
        alone.Client.DefaultRequestHeaders.Authorization = homeroom.DefaultRequestHeaders.Authorization;
        using var refused = await SendAsync(alone.Client, TestFiles.Pdf("x"), "x.pdf", ("kind", "document"));
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        IEnumerable<string> Stored() => Directory.EnumerateFiles(store.Folder, $"{id:N}*", SearchOption.AllDirectories);
    }

    [Fact]
    [Trait("Rule", "ALL-10")]
    public async Task Files_leave_with_their_district_and_come_elsewhere()
    {
        var (kept, deleted) = (
            await AddAsync(homeroom, TestFiles.Pdf("随迁", bytes: 100_000), "随迁.pdf", ("kind", "document")),
            await AddAsync(homeroom, TestFiles.Pdf("删除"), "删除.pdf", ("kind", "document")));
        await homeroom.DeleteAsync(One(deleted));
        var folder = Directory.CreateTempSubdirectory("homeschool-leaving-").FullName;
        // With a broker of its own: it must not take what is meant for here.
        await using var elsewhere = await Servers.StartAsync();
        var there = new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal)
        {
            ["ConnectionStrings__archives-db"] = await elsewhere.CreateDatabaseAsync(),
            ["ConnectionStrings__keys-db"] = await elsewhere.CreateDatabaseAsync(),
            ["ConnectionStrings__rabbitmq"] = elsewhere.RabbitMq,
            ["Keys__Master"] = new string('t', 44),
            ["Files__Folder"] = Path.Combine(folder, "files"),
        };
        var service = typeof(ArchivesDb).Assembly.Location;
        var left = Path.Combine(folder, "left");
        var counts = await ServiceProcess.RunAsync(service, $"export-district {district.Id} {left}", archives.Settings);
        counts.Split('\n').Single(line => line.Contains("attachment.files", StringComparison.Ordinal)).ShouldEndWith(" 1");
        (await File.ReadAllBytesAsync(Path.Combine(left, "attachment.files", kept.ToString())))
            .ShouldBe(TestFiles.Pdf("随迁", bytes: 100_000));
        await ServiceProcess.RunAsync(service, "migrate", there);
        var path = Path.Combine(left, "attachment.files", kept.ToString());
        var good = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, good[..^1]);
        (await Should.ThrowAsync<InvalidOperationException>(() => ServiceProcess.RunAsync(service, $"check-district {left}", there)))
            .Message.ShouldContain("was changed");
        await File.WriteAllBytesAsync(path, good);
        (await ServiceProcess.RunAsync(service, $"import-district {left}", there)).ShouldBe(counts);
        await using (var process = await ServiceProcess.StartAsync(service, there))
        {
            process.Client.DefaultRequestHeaders.Authorization = homeroom.DefaultRequestHeaders.Authorization;
            (await process.Client.GetByteArrayAsync(Content(kept))).ShouldBe(good);
        }

        File.Delete(PathOf(kept));
        (await Should.ThrowAsync<InvalidOperationException>(
            () => ServiceProcess.RunAsync(service, $"export-district {district.Id} {left}2", archives.Settings)))
            .Message.ShouldContain($"attachment {kept} is missing");
        Directory.EnumerateFileSystemEntries(left + "2").ShouldBeEmpty();
        Directory.Delete(folder, recursive: true);
    }

    private Uri Attachments => district.Address($"students/{student}/attachments");

    private Grant At(Role role) => new(role, Guid.CreateVersion7(), district.Id, school, null, null);

    private Uri One(Guid id, string rest = "") => district.Address($"attachments/{id}{rest}");

    private Uri Content(Guid id) => One(id, "/content");

    private Task<Guid> IdAsync(string table, string source, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", district.Id, source);

    private string PathOf(Guid id) => Path.Combine(archives.Files, "archives", $"{id:N}"[^2..], $"{id:N}"[^4..^2], $"{id:N}");

    private string[] Stored() => Directory.Exists(Path.Combine(archives.Files, "archives"))
        ? Directory.GetFiles(archives.Files, "*", SearchOption.AllDirectories)
        : [];

    private async Task<Guid> AddAsync(HttpClient client, byte[] file, string name, params (string Name, string Value)[] fields) =>
        await MadeAsync(await SendAsync(client, file, name, fields));

    private Task<HttpResponseMessage> SendAsync(
        HttpClient client, byte[] file, string name, params (string Name, string Value)[] fields) =>
        SendAsync(client, file, name, null, fields);

    private async Task<HttpResponseMessage> SendAsync(
        HttpClient client, byte[] file, string name, string? key, params (string Name, string Value)[] fields)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (field, value) in fields)
            form.Add(new StringContent(value), field);
        using var content = new ByteArrayContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "file", name);
        using var request = new HttpRequestMessage(HttpMethod.Post, Attachments) { Content = form };
        if (key is not null)
            request.Headers.Add(IdempotencyKey.Header, key);
        return await client.SendAsync(request);
    }

    private Task<HttpResponseMessage> ReadAsync(HttpClient client, Guid id, ReadPurpose purpose = ReadPurpose.Support) =>
        client.PostAsJsonAsync(One(id, "/reads"), new ReadRequest(purpose), Json.Options);

    private async Task<IReadOnlyList<AttachmentRow>> ListAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<Page<AttachmentRow>>(Attachments, Json.Options))!.Items;

    private async Task<IReadOnlyList<SensitiveReadRow>> LogAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<Page<SensitiveReadRow>>(
            district.Address($"students/{student}/sensitive-reads"), Json.Options))!.Items;

    // A replica that comes an hour later and begins by cleaning.
    private async Task CleanAsync(Guid id, Dictionary<string, string>? settings = null)
    {
        (await archives.ScalarAsync<Guid>(
            "UPDATE platform.loose_file SET since = since - interval '2 hours' WHERE id = $1 RETURNING id", id)).ShouldBe(id);
        await using var replica = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings ?? archives.Settings);
        (await Eventually.GetAsync(
            () => archives.ScalarAsync<long>("SELECT count(*) FROM platform.loose_file WHERE id = $1", id), count => count == 0))
            .ShouldBe(0);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, Uri address)
    {
        using var answer = await client.GetAsync(address);
        return answer.StatusCode;
    }

    private static async Task<string> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code;

    private static async Task<Guid> MadeAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Made>(Json.Options))!.Id;
    }

    // Only this flow's: other tests ask the same database meanwhile.
    private static async Task<int> CountStatementsAsync(Func<Task> work)
    {
        using var mark = new Activity("counted").Start();
        var count = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == mark.TraceId)
                    Interlocked.Increment(ref count);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await work();
        count.ShouldBeGreaterThan(0);
        return count;
    }

    // The most that a process has had, in bytes.
    private static async Task<long> PeakMemoryAsync(int process)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{process}/status")).First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    private sealed record EmergencyRow(Guid ItemId);
}
