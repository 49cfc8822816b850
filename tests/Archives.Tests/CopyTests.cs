using System.IO.Compression;
using System.Net;
using System.Text.Json;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Rights;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.PersonalData;

namespace HomeSchool.Archives.Tests;

/// <summary>What of each table a guardian's copy has, and what it has not (ARC-10): one row of both sorts in each, told apart by its text.</summary>
[Trait("Rule", "ARC-10")]
public sealed class CopyTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly NeedScene scene = new(archives);

    public async ValueTask InitializeAsync() => await scene.OpenAsync(roster => roster
        .Column("users.csv", "metadata.note", ("P1", "校车三号"), ("G1", "夜班"), ("G2", "另一位监护人"))
        .Column("enrollments.csv", "metadata.seat", ("E1", "靠窗")));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("Rule", "ARC-4")]
    [Trait("Rule", "ARC-6")]
    [Trait("Rule", "ARC-11")]
    [Trait("Rule", "ARC-12")]
    public async Task Each_table_shows_what_is_the_familys_and_withholds_what_is_not()
    {
        await SupportAsync();
        await PlanAsync();
        await DrawAttentionAsync();
        await AttachAsync();
        await KnowFamilyAsync();
        var (tables, text) = await CopyAsync();

        // A table that is shown is there, also when it has no row; no other one is.
        tables.Keys.ShouldBe(
            ArchivesPersonalData.Rules.Tables.Where(table => table.Shown.Count > 0).Select(table => table.Table)
                .Distinct(StringComparer.Ordinal), ignoreOrder: true);
        foreach (var (table, shown) in new[]
        {
            ("score", "数学"), ("plan", "家庭目标"), ("plan", "家庭措施"), ("plan", "有进步"), ("support", "三次辅导后好转"), ("support", "本人的愿望"),
            ("attention_note", "家里有变故"), ("attachment", "奖状"), ("family_file", "threeGenerations"), ("care_needs", "芒果"),
            ("correction_request", "出生日期不对"), ("consent", "photos"), ("personal_data_request", "Copy"), ("student", "小P1"),
            ("guardian", "13800000000"), ("student", "校车三号"), ("guardian", "夜班"), ("enrolment", "靠窗"),
            ("guardianship", "arent"), ("enrolment", "03"), ("guardian_detail", "ug"),
        })
        {
            tables[table].ShouldContain(row => row.Contains(shown, StringComparison.Ordinal), $"{table}: {shown}");
        }

        tables["plan_mark"].ShouldHaveSingleItem();
        foreach (var withheld in new[]
        {
            "草稿目标", "同学的", "老师的愿望", "不分享的结果", "老师的观察", "不成立", "学习困难的理由", "量表", "每天观察", "内部评语",
            "案号", "另一位监护人", "物理", "truggling", "MissedHomework", "诉讼",
        })
        {
            text.ShouldNotContain(withheld);
        }
    }

    private async Task SupportAsync()
    {
        var room = await scene.Counselor.DoAsync(
            scene.OfSchool("support-resources"), new ResourceRequest(ResourceKind.CounselingRoom, "心理辅导室")).MadeAsync();
        var shared = await AskAsync(scene.Homeroom, "老师的愿望甲");
        await scene.Counselor.DoAsync(scene.District.Address($"support/{shared}/refer"), new Referral(room, Shared: true)).ShouldBeDoneAsync();
        await scene.Counselor.DoAsync(scene.District.Address($"support/{shared}/close"), new SupportClosing(SupportResult.Helped, "三次辅导后好转", true))
            .ShouldBeDoneAsync();
        foreach (var id in new[] { await AskAsync(scene.Homeroom, "老师的愿望乙"), await AskAsync(scene.Guardian, "本人的愿望") })
        {
            await scene.Officer.DoAsync(scene.District.Address($"support/{id}/close"), new SupportClosing(SupportResult.NotTaken, "不分享的结果"))
                .ShouldBeDoneAsync();
        }

        Task<Guid> AskAsync(HttpClient client, string wish) =>
            client.DoAsync(scene.OfStudent("support"), new SupportRequest(wish)).MadeAsync();
    }

    private async Task PlanAsync()
    {
        await DraftAsync(scene.Student, "草稿目标");
        await DraftAsync(scene.Classmate, "同学的目标");
        var plan = await DraftAsync(scene.Student, "家庭目标");
        var address = scene.District.Address($"plans/{plan}");
        await scene.Homeroom.DoAsync(new Uri($"{address}/begin", UriKind.Relative), new PlanBeginning(PlanForm.Oral)).ShouldBeDoneAsync();
        await scene.Homeroom.DoAsync(new Uri($"{address}/review", UriKind.Relative), new PlanReview("有进步", NeedScene.Today)).ShouldBeDoneAsync();
        using var marked = await scene.Homeroom.PutAsync(new Uri($"{address}/marks/{NeedScene.Today:yyyy-MM-dd}", UriKind.Relative), new MarkRequest());
        marked.IsSuccessStatusCode.ShouldBeTrue(await marked.Content.ReadAsStringAsync());

        Task<Guid> DraftAsync(Guid student, string goals) => scene.Homeroom.DoAsync(
            scene.OfStudent("plans", student), new PlanRequest(PlanKind.SmallGoal, goals, NeedScene.Today, "家庭措施")).MadeAsync();
    }

    private async Task DrawAttentionAsync()
    {
        foreach (var (student, subject) in new[] { (scene.Student, "数学"), (scene.Classmate, "物理") })
        {
            using var scored = await scene.Subject.DoAsync(
                scene.OfSchool("scores"), new ScoresRequest(ExamKind.Monthly, NeedScene.Today, [new ScoreEntry(student, "87")], 100, subject));
            scored.StatusCode.ShouldBe(HttpStatusCode.OK, await scored.Content.ReadAsStringAsync());
        }

        var noted = await scene.Guardian.DoAsync(
            scene.OfStudent("attention"), new NoteRequest(AttentionCause.FamilyChange, "家里有变故")).MadeAsync();
        await scene.Homeroom.DoAsync(scene.OfStudent("attention"), new NoteRequest(AttentionCause.Observation, "老师的观察")).MadeAsync();
        await scene.Homeroom.DoAsync(scene.District.Address($"attention/{noted}/dismiss"), new DismissRequest("不成立")).ShouldBeDoneAsync();
        await scene.Homeroom.PutAsync(scene.OfStudent("needs"), new NeedsRequest("学习困难的理由", AcademicTier.Struggling), 0).ShouldBeDoneAsync();
        var watch = await scene.Counselor.DoAsync(
            scene.OfStudent("watch"), new WatchRequest(WatchLevel.Close, NeedScene.Today, "量表")).MadeAsync();
        await scene.Counselor.DoAsync(
            scene.District.Address($"watch/{watch}/tasks"), new TaskRequest(scene.HomeroomTeacher, "每天观察", NeedScene.Today)).MadeAsync();
    }

    private async Task AttachAsync()
    {
        foreach (var (title, forFamily) in new[] { ("奖状", "true"), ("内部评语", "false") })
        {
            using var form = new MultipartFormDataContent
            {
                { new StringContent("document"), "kind" }, { new StringContent(title), "title" }, { new StringContent(forFamily), "forFamily" },
                { new ByteArrayContent(TestFiles.Pdf(title)), "file", "a.pdf" },
            };
            await scene.Homeroom.PostAsync(scene.OfStudent("attachments"), form).MadeAsync();
        }
    }

    private async Task KnowFamilyAsync()
    {
        var (mother, other) = (await scene.IdAsync("guardian", "G1"), await scene.IdAsync("guardian", "G2"));
        await scene.Homeroom.PutAsync(scene.OfStudent("family"), new FamilyRequest(FamilyStructure.ThreeGenerations), 0).ShouldBeDoneAsync();
        await scene.Homeroom.PutAsync(scene.OfStudent("care-needs"), new CareNeedsRequest([new(CareNeed.Allergy, "芒果")]), 0).ShouldBeDoneAsync();
        foreach (var (guardian, language) in new[] { (mother, "ug"), (other, "kk") })
        {
            using var changed = await scene.Homeroom.PutAsync(scene.OfStudent($"guardians/{guardian}"), new GuardianRequest(Language: language), 0);
            changed.IsSuccessStatusCode.ShouldBeTrue(await changed.Content.ReadAsStringAsync());
        }

        await scene.Vice.DoAsync(scene.OfStudent($"guardians/{other}/restrictions"), new RestrictionRequest(
            CourtDocumentKind.PoliceDocument, "案号", [GuardianRight.BeVisited], NeedScene.Today)).MadeAsync();
        await scene.Guardian.DoAsync(scene.OfStudent("corrections"), new CorrectionAsk(CorrectedField.BirthDate, "出生日期不对")).MadeAsync();
        using var consent = await scene.Guardian.DoAsync(scene.OfStudent("consents"), new ConsentRequest("photos", 1, true));
        consent.StatusCode.ShouldBe(HttpStatusCode.Created);
        await scene.District.Admin.DoAsync(scene.OfStudent("legal-hold"), new HoldRequest("诉讼")).MadeAsync();
    }

    private async Task<(Dictionary<string, List<string>> Tables, string Text)> CopyAsync()
    {
        var id = await scene.Guardian.DoAsync(
            scene.OfStudent("personal-data-requests"), new PersonalDataAsk(PersonalDataMatter.Copy)).MadeAsync();
        var request = scene.District.Address($"personal-data-requests/{id}");
        (await Testing.Eventually.GetAsync(
            async () => (await scene.Guardian.SeeAsync<PersonalDataBody>(request)).State, state => state == RequestState.Ready))
            .ShouldBe(RequestState.Ready);
        using var zip = new ZipArchive(await scene.Guardian.GetStreamAsync(new Uri($"{request}/copy", UriKind.Relative)));
        var text = "";
        foreach (var entry in zip.Entries.Where(entry => !entry.FullName.StartsWith("files/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(entry.Open());
            text += await reader.ReadToEndAsync();
        }

        await using var json = zip.GetEntry("archives.json")!.Open();
        using var document = await JsonDocument.ParseAsync(json);
        var tables = document.RootElement.GetProperty("tables").EnumerateArray()
            .ToLookup(
                table => table.GetProperty("table").GetString()!,
                table => table.GetProperty("rows").EnumerateArray().Select(row => JsonSerializer.Serialize(row, ServiceDefaults.Hosting.Json.Options)),
                StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.SelectMany(rows => rows).ToList(), StringComparer.Ordinal);
        return (tables, text);
    }
}
