using System.Net;
using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Attachments;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Rights;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>
/// A canary in each sealed column of the archives, each through its own endpoint, then looked for everywhere (R7). The columns are those that
/// the service itself names: one that is added without its canary here fails.
/// </summary>
[Trait("Goal", "R7")]
[Trait("Rule", "ARC-7")]
public sealed class CanaryTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly NeedScene scene = new(archives);
    private readonly Dictionary<SealedColumn, Canary> canaries = [];
    private readonly List<string> refusals = [];
    private ServiceProcess process = null!;

    private static IReadOnlyList<SealedColumn> Columns =>
        new ArchivesDb(new DbContextOptionsBuilder<ArchivesDb>().UseNpgsql("Host=nowhere").Options).Leaving.Sealed;

    public async ValueTask InitializeAsync()
    {
        await scene.OpenAsync();
        process = await ServiceProcess.StartAsync(
            typeof(ArchivesDb).Assembly.Location,
            new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal) { ["Logging__LogLevel__Default"] = "Trace" });
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    [Fact]
    public async Task What_is_sealed_is_found_nowhere_and_opens_nowhere_else()
    {
        await using var broker = await RawBroker.ConnectAsync(archives.RabbitMq);
        var messages = await broker.OverhearAsync();
        var file = new Canary();
        await WriteEverythingAsync(file);
        Columns.Except(canaries.Keys).ShouldBeEmpty("these columns have no canary");

        // What the test says that it wrote is there, sealed.
        var values = new List<(Place Place, byte[] Value)>();
        foreach (var column in Columns)
        {
            var found = await ValuesAsync(column);
            values.Add(found.FirstOrDefault(value => canaries[column].CountIn(value.Text) > 0).Sealed);
            values[^1].Value.ShouldNotBeNull($"{column.Table}.{column.Column}");
        }

        // Nobody else's place opens it.
        for (var i = 0; i < values.Count; i++)
        {
            var (here, there) = (values[i], values[(i + 1) % values.Count]);
            await Should.ThrowAsync<TamperedValueException>(() => archives.OpenAsync(scene.District.Id, there.Place, here.Value));
        }

        await MoveAsync();
        await Eventually.GetAsync(() => Task.FromResult(messages.Count), count => count > 3);
        messages.Count.ShouldBeGreaterThan(3);
        process.Output.ShouldContain("\"LogLevel\":\"Debug\"");
        refusals.Count.ShouldBeGreaterThan(30);
        var dump = await Servers.DumpAsync(archives.Database);
        foreach (var table in new[] { "platform.audit", "platform.event_log", "platform.parked_message", "platform.idempotency", "public.student_search" })
            dump.ShouldContain($"COPY {table}"); // partitions stand by themselves
        dump.ShouldContain(scene.Student.ToString());
        var stored = await Task.WhenAll(Directory.EnumerateFiles(archives.Files, "*", SearchOption.AllDirectories)
            .Select(async name => name + Encoding.Latin1.GetString(await File.ReadAllBytesAsync(name))));
        (string Where, string Text)[] places =
        [
            ("the database, with audit, search, event log and parked messages", dump),
            ("the key store", await Servers.DumpAsync(archives.Keys)), ("messages", string.Concat(messages)), ("logs", process.Output),
            ("refusals", string.Concat(refusals)), ("the store of files", string.Concat(stored)),
        ];
        foreach (var (column, canary) in canaries)
        {
            foreach (var (where, text) in places)
                canary.CountIn(text).ShouldBe(0, $"{column.Table}.{column.Column} in {where}");
        }

        foreach (var (where, text) in places)
            file.CountIn(text).ShouldBe(0, where);
    }

    // Moved to another column or row it is no server's fault: a clear answer, and a line in the log that names the place.
    private async Task MoveAsync()
    {
        var other = await By(scene.Homeroom).DoAsync(
            scene.OfStudent("plans"), new PlanRequest(PlanKind.SmallGoal, "守约", NeedScene.Today)).MadeAsync();
        foreach (var moved in new[] { "measures", $"(SELECT p.goals FROM plan p WHERE p.id = '{other}')", "'\\x00'" })
        {
            var plan = await By(scene.Homeroom).DoAsync(
                scene.OfStudent("plans"), new PlanRequest(PlanKind.SmallGoal, "每天读书", NeedScene.Today, "十分钟")).MadeAsync();
            await archives.ScalarAsync<int>($"UPDATE plan SET goals = {moved} WHERE id = $1 RETURNING 1", plan);
            using var answer = await By(scene.Homeroom).GetAsync(scene.District.Address($"plans/{plan}"));
            refusals.Add((await answer.ShouldBeProblemAsync(HttpStatusCode.Conflict, "keys.tampered")).ToJsonString());
            (await Eventually.GetAsync(
                () => Task.FromResult(process.Output), log => log.Contains($"archives.plan.goals {plan}", StringComparison.Ordinal)))
                .ShouldContain($"archives.plan.goals {plan}");
        }
    }

    private async Task WriteEverythingAsync(Canary file)
    {
        var today = NeedScene.Today;
        var item = await MadeAsync(scene.Counselor, "sensitive-items", new SensitiveItemRequest(
            SensitiveKind.MedicalHistory, In(SensitiveItem.SealedContent), In(SensitiveItem.SealedAdvice)));
        await TellAsync(scene.Counselor, HttpMethod.Post, scene.District.Address($"sensitive-items/{item}/reads"),
            new ReadRequest(ReadPurpose.Support, In(SensitiveRead.SealedReason)));
        var crisis = await TellAsync(scene.Vice, HttpMethod.Post, scene.District.Address($"sensitive-items/{item}/emergency-reads"),
            new EmergencyReadRequest(In(SensitiveRead.SealedReason)));
        await TellAsync(
            scene.Officer, HttpMethod.Post, scene.District.Address($"emergency-reads/{crisis.GetProperty("readId").GetGuid()}/review"),
            new ReviewRequest(ReviewFinding.Justified, In(SensitiveRead.SealedReviewNote)));
        await MadeAsync(scene.Subject, "sensitive-access", new AccessRequest(
            [SensitiveKind.MedicalHistory], In(SensitiveAccess.SealedPurpose), today));
        await AttachAsync(file);

        var father = await scene.IdAsync("guardian", "G2");
        await MadeAsync(scene.Vice, $"guardians/{father}/restrictions", new RestrictionRequest(
            CourtDocumentKind.PoliceDocument, In(GuardianRestriction.SealedNumber), [GuardianRight.BeVisited], today));
        await TellAsync(scene.Homeroom, HttpMethod.Put, scene.OfStudent("family"), new FamilyRequest(
            Adults: [new FamilyAdult(await scene.IdAsync("guardian", "G1"), Address: In(FamilyFile.SealedFacts))]), 0);
        await TellAsync(scene.Homeroom, HttpMethod.Put, scene.OfStudent("care-needs"), new CareNeedsRequest(
            [new CareNeedEntry(CareNeed.Other, In(CareNeeds.SealedEntries))]), 0);
        await AnswerIntakeAsync();

        await TellAsync(scene.Homeroom, HttpMethod.Put, scene.OfStudent("needs"), new NeedsRequest(
            In(StudentNeeds.SealedReason), AcademicTier.Struggling), 0);
        var attention = await MadeAsync(scene.Guardian, "attention", new NoteRequest(AttentionCause.FamilyChange, In(AttentionNote.SealedText)));
        await TellAsync(scene.Homeroom, HttpMethod.Post, scene.District.Address($"attention/{attention}/dismiss"),
            new DismissRequest(In(Attention.SealedReason)));

        var plan = await MadeAsync(scene.Homeroom, "plans", new PlanRequest(
            PlanKind.Individual, In(Plan.SealedGoals), today, In(Plan.SealedMeasures)));
        await By(scene.Homeroom).DoAsync(scene.District.Address($"plans/{plan}/begin"), new PlanBeginning(PlanForm.Oral)).ShouldBeDoneAsync();
        await TellAsync(scene.Homeroom, HttpMethod.Post, scene.District.Address($"plans/{plan}/review"),
            new PlanReview(In(Plan.SealedNote), today));
        var watch = await MadeAsync(scene.Counselor, "watch", new WatchRequest(WatchLevel.Close, today, In(Watch.SealedWhy)));
        await TellAsync(scene.Counselor, HttpMethod.Post, scene.District.Address($"watch/{watch}/tasks"), new TaskRequest(
            scene.HomeroomTeacher, In(StudentTask.SealedWhat), today));
        var support = await MadeAsync(scene.Guardian, "support", new SupportRequest(In(Support.SealedWish)));
        await TellAsync(scene.Officer, HttpMethod.Post, scene.District.Address($"support/{support}/close"),
            new SupportClosing(SupportResult.NotTaken, In(Support.SealedNote)));

        await MadeAsync(scene.Guardian, "corrections", new CorrectionAsk(CorrectedField.Other, In(CorrectionRequest.SealedContent)));
        await MadeAsync(scene.District.Admin, "legal-hold", new HoldRequest(In(LegalHold.SealedReason)));
        // A copy has the guardian's own correction.
        var copy = await MadeAsync(scene.Guardian, "personal-data-requests", new PersonalDataAsk(PersonalDataMatter.Copy));
        canaries[AnswerPersonalData.SealedPart] = canaries[CorrectionRequest.SealedContent];
        (await Eventually.GetAsync(
            async () => (await By(scene.Guardian).SeeAsync<PersonalDataBody>(scene.District.Address($"personal-data-requests/{copy}"))).State,
            state => state == RequestState.Ready)).ShouldBe(RequestState.Ready);
    }

    private async Task AttachAsync(Canary content)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("document"), "kind" }, { new StringContent(In(Attachment.SealedTitle)), "title" },
            { new ByteArrayContent(TestFiles.Pdf(content.In("通知"))), "file", content.In("通知") + ".pdf" },
        };
        using var answer = await By(scene.Homeroom).PostAsync(scene.OfStudent("attachments"), form);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    // As Surveys does it; and once for another place, so that it is parked.
    private async Task AnswerIntakeAsync()
    {
        var said = JsonSerializer.SerializeToUtf8Bytes(new FamilyIntake(Worries: In(FamilyIntakeAnswer.SealedContent)), Json.Options);
        var about = new Subject(scene.District.Id, scene.School, scene.Student);
        foreach (var elsewhere in new[] { false, true })
        {
            var id = Guid.CreateVersion7();
            var place = FamilyIntakeAnswer.SealedContent.Of(elsewhere ? Guid.CreateVersion7() : id);
            await archives.PublishAsync(new FamilyIntakeAnswered(
                scene.District.Id, scene.School, id, 1, TimeProvider.System.GetUtcNow(), scene.Student, await scene.IdAsync("guardian", "G1"),
                await archives.SealAsync(about, place, said)));
        }

        (await Eventually.GetAsync(
            () => archives.ScalarAsync<long>(
                "SELECT (SELECT count(*) FROM family_intake WHERE district_id = $1) + (SELECT count(*) FROM platform.parked_message WHERE district_id = $1)",
                scene.District.Id),
            count => count == 2)).ShouldBe(2);
    }

    private string In(SealedColumn column)
    {
        if (!canaries.TryGetValue(column, out var canary))
            canaries[column] = canary = new Canary();
        return canary.In("敏感内容");
    }

    private HttpClient By(HttpClient client)
    {
        process.Client.DefaultRequestHeaders.Authorization = client.DefaultRequestHeaders.Authorization;
        return process.Client;
    }

    private async Task<Guid> MadeAsync(HttpClient client, string path, object body) =>
        (await TellAsync(client, HttpMethod.Post, scene.OfStudent(path), body)).GetProperty("id").GetGuid();

    // Says it wrongly first, cut off and far too long: the refusals must not repeat it.
    private async Task<JsonElement> TellAsync(HttpClient client, HttpMethod method, Uri address, object body, long? version = null)
    {
        var json = JsonSerializer.Serialize(body, Json.Options);
        foreach (var wrong in new[] { json[..^1], json.Replace("canary-", new string('x', 5_000) + "canary-", StringComparison.Ordinal) })
        {
            if (wrong == json)
                continue;
            using var refused = await SendAsync(wrong);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest, $"{address} {await refused.Content.ReadAsStringAsync()}");
            refusals.Add(await refused.Content.ReadAsStringAsync());
        }

        using var answer = await SendAsync(json);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue($"{address} {answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);

        async Task<HttpResponseMessage> SendAsync(string content)
        {
            using var request = new HttpRequestMessage(method, address) { Content = new StringContent(content, Encoding.UTF8, "application/json") };
            if (version is not null)
                request.Headers.Add("If-Match", $"\"{version}\"");
            return await By(client).SendAsync(request);
        }
    }

    private async Task<List<((Place Place, byte[] Value) Sealed, string Text)>> ValuesAsync(SealedColumn column)
    {
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"SELECT {column.Row}, {column.Column} FROM {column.Table.Split('.')[1]} WHERE district_id = $1 AND {column.Column} IS NOT NULL", connection)
        {
            Parameters = { new() { Value = scene.District.Id } },
        };
        var values = new List<((Place, byte[]), string)>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var (place, value) = (column.Of(reader.GetGuid(0)), reader.GetFieldValue<byte[]>(1));
            values.Add(((place, value), Encoding.UTF8.GetString((await archives.OpenAsync(scene.District.Id, place, value))!)));
        }

        return values;
    }
}
