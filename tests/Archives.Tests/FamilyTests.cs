using System.Net;
using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>The archive on one screen, what families say of themselves, and siblings who share it.</summary>
[Trait("Rule", "ARC-1")]
public sealed class FamilyTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly FamilyWorld world = new(archives);

    public async ValueTask InitializeAsync() => await world.CreateAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_archive_is_one_answer_with_what_is_for_the_caller()
    {
        await world.PutAsync(world.Homeroom, "P1", "family", Facts("G1", "和平路1号"), 0);
        await world.PutAsync(world.Homeroom, "P1", "care-needs", new CareNeedsRequest([new(CareNeed.Allergy, "花生")]), 0);
        await world.PostAsync(world.Homeroom, "P1", "sensitive-items", new SensitiveItemRequest(SensitiveKind.MedicalHistory, "哮喘"));

        (await ArchiveAsync(world.Homeroom)).ShouldSatisfyAllConditions(
            archive => archive.Student.GivenName.ShouldBe("小P1"),
            archive => archive.Guardians.Select(guardian => guardian.GuardianId)
                .ShouldBe(archive.Student.Guardians.Select(guardian => guardian.Id), ignoreOrder: true),
            archive => archive.Family!.Adults.ShouldHaveSingleItem().Address.ShouldBe("和平路1号"),
            archive => archive.CareNeeds!.Needs.ShouldBe([new(CareNeed.Allergy, "花生")]),
            archive => archive.Timeline.ShouldHaveSingleItem(),
            archive => archive.SensitiveItems.ShouldBe(1));
        (await ArchiveAsync(world.SchoolAdmin)).ShouldSatisfyAllConditions(
            archive => archive.Family.ShouldBeNull(), archive => archive.Intakes.ShouldBeNull(), archive => archive.CareNeeds.ShouldBeNull(),
            archive => archive.SensitiveItems.ShouldBe(1));
        (await ArchiveAsync(world.Mother)).Guardians.ShouldHaveSingleItem().GuardianId.ShouldBe(world["G1"]);
        foreach (var other in new[] { world.OtherClass, world.OtherSchool })
        {
            foreach (var path in new[] { "archive", "family", "care-needs" })
                (await world.GetAsync(other, "P1", path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task However_much_an_archive_holds_it_takes_as_many_statements()
    {
        var alone = await CountAsync("P2"); // a child without anything
        await world.PutAsync(world.Homeroom, "P1", "family", Facts("G1", "和平路1号"), 0);
        await world.PutAsync(world.Homeroom, "P1", "care-needs", new CareNeedsRequest([new(CareNeed.Allergy, "花生")]), 0);
        await world.RestrictAsync("G3", FamilyWorld.Today, null, "案号", GuardianRight.Sign);
        await world.PostAsync(world.SchoolAdmin, "P1", "family/siblings", new JoinRequest([world["P3"]]));
        for (var i = 0; i < 3; i++)
            await world.PostAsync(world.Homeroom, "P1", "sensitive-items", new SensitiveItemRequest(SensitiveKind.MedicalHistory, "哮喘"));
        await AnswerAsync("G1", new FamilyIntake(Worries: "写作业拖拉"));
        await AnswerAsync("G3", new FamilyIntake(Worries: "睡得晚"));
        await Eventually.GetAsync(() => ArchiveAsync(world.Homeroom), archive => archive.Intakes!.Count == 2);
        (await CountAsync("P1")).ShouldBe(alone);
        alone.ShouldBeLessThanOrEqualTo(12);

        async Task<int> CountAsync(string student)
        {
            await world.GetAsync(world.Homeroom, student, "archive"); // from here on the student's key is in memory
            using var statements = Statements.Count();
            (await world.GetAsync(world.Homeroom, student, "archive")).StatusCode.ShouldBe(HttpStatusCode.OK);
            return statements.RoundTrips;
        }
    }

    [Fact]
    [Trait("Rule", "ALL-6")]
    public async Task A_guardian_supplements_the_own_part_and_leaves_that_of_others()
    {
        await world.PutAsync(world.Homeroom, "P1", "family", new FamilyRequest(
            FamilyStructure.BothParents, ParentingStyle.Guiding, "zh",
            [new(world["G1"], "护士", Education.Tertiary, "和平路1号"), new(world["G3"], "司机")]), 0);
        var mine = await world.ReadAsync<FamilyBody>(world.Father, "P1", "family");
        mine.Adults.ShouldBe([new FamilyAdult(world["G3"], "司机")]);
        (await world.PutAsync(
            world.Father, "P1", "family",
            new FamilyRequest(mine.Structure, mine.Parenting, mine.Language, [new(world["G3"], "快递员", null, "解放路2号")]), mine.Version))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.ReadAsync<FamilyBody>(world.Homeroom, "P1", "family")).ShouldSatisfyAllConditions(
            family => family.ByGuardian.ShouldBeTrue(),
            family => family.Structure.ShouldBe(FamilyStructure.BothParents),
            family => family.Adults.ShouldBe(
                [new(world["G1"], "护士", Education.Tertiary, "和平路1号"), new(world["G3"], "快递员", null, "解放路2号")], ignoreOrder: true));
        var refused = await world.PutAsync(world.Father, "P1", "family", Facts("G1", "别处"), 2);
        (await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid"))["errors"]![0]!["code"]!.GetValue<string>()
            .ShouldBe("archives.not-a-guardian");
    }

    [Fact]
    public async Task Wrong_input_is_refused_at_its_place()
    {
        foreach (var (wrong, field) in new[]
        {
            (new FamilyRequest(Language: "汉语"), "language"),
            (Facts("G1", new string('a', 201)), "adults[0].address"),
            (new FamilyRequest(Adults: [new(world["G1"]), new(world["G1"])]), "adults"),
            (new FamilyRequest(Adults: [new(Guid.CreateVersion7())]), "adults[0].guardianId"),
        })
        {
            var answer = await world.PutAsync(world.Homeroom, "P1", "family", wrong, 0);
            (await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid"))["errors"]![0]!["field"]!.GetValue<string>()
                .ShouldBe(field);
        }

        (await world.PutAsync(world.Homeroom, "P1", "family", new { structure = 3 }, 0)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await world.PutAsync(world.SchoolAdmin, "P1", "family", new FamilyRequest(), 0)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await world.PutAsync(
            world.Homeroom, "P1", "care-needs", new CareNeedsRequest([new(CareNeed.Diet), new(CareNeed.Diet)]), 0))
            .StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await world.PutAsync(
            world.Homeroom, "P1", "care-needs", new CareNeedsRequest([new(CareNeed.Diet, new string('a', 501))]), 0))
            .StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Siblings_are_proposed_confirmed_and_changed_once()
    {
        await world.PutAsync(world.Homeroom, "P1", "family", new FamilyRequest(
            Language: "zh", Adults: [new(world["G1"], "护士", null, "和平路1号"), new(world["G3"], "司机", null, "解放路2号")]), 0);
        await world.PutAsync(world.OtherClass, "P3", "family", new FamilyRequest(FamilyStructure.SingleParent), 0);
        (await world.ReadAsync<SiblingRow[]>(world.Homeroom, "P1", "family/siblings")).Select(row => (row.StudentId, row.Joined))
            .ShouldBe([(world["P2"], false), (world["P3"], false)]); // by the father, and by the mother
        foreach (var stranger in new[] { "P4", "P5", "P1" }) // no guardian in common; another school; himself
        {
            (await world.PostAsync(world.Homeroom, "P1", "family/siblings", new JoinRequest([world[stranger]])))
                .StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        (await world.PostAsync(world.OtherSchool, "P1", "family/siblings", new JoinRequest([world["P3"]])))
            .StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.PostAsync(world.Homeroom, "P1", "family/siblings", new JoinRequest([world["P3"]])))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.ReadAsync<SiblingRow[]>(world.Homeroom, "P1", "family/siblings")).Where(row => row.Joined)
            .ShouldHaveSingleItem().StudentId.ShouldBe(world["P3"]);

        // The father of P1 is not P3's: his entry is not in P3's archive.
        var sibling = await world.ReadAsync<FamilyBody>(world.OtherClass, "P3", "family");
        sibling.Structure.ShouldBe(FamilyStructure.SingleParent); // what was written last
        sibling.SiblingIds.ShouldBe([world["P1"]]);
        sibling.Adults.ShouldBe([new(world["G1"], "护士", null, "和平路1号")]);
        (await world.PutAsync(
            world.OtherClass, "P3", "family", new FamilyRequest(Adults: [new(world["G1"], "护士长", null, "新家3号")]), sibling.Version))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.ReadAsync<FamilyBody>(world.Homeroom, "P1", "family")).Adults.ShouldBe(
            [new(world["G1"], "护士长", null, "新家3号"), new(world["G3"], "司机", null, "解放路2号")], ignoreOrder: true);

        (await world.SchoolAdmin.DeleteAsync(world.Of("P3", "family/siblings"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var apart = await world.ReadAsync<FamilyBody>(world.Homeroom, "P1", "family");
        apart.SiblingIds.ShouldBeEmpty();
        await world.PutAsync(world.Homeroom, "P1", "family", Facts("G1", "旧家"), apart.Version);
        (await world.ReadAsync<FamilyBody>(world.OtherClass, "P3", "family")).Adults.Single().Address.ShouldBe("新家3号");
    }

    [Fact]
    public async Task Of_edits_through_two_siblings_at_once_one_wins_and_the_other_is_told()
    {
        (await world.PostAsync(world.SchoolAdmin, "P1", "family/siblings", new JoinRequest([world["P3"]])))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        for (var version = 1; version <= 5; version++)
        {
            var statuses = (await Task.WhenAll(
                world.PutAsync(world.Homeroom, "P1", "family", Facts("G1", $"甲{version}"), version),
                world.PutAsync(world.OtherClass, "P3", "family", Facts("G1", $"乙{version}"), version)))
                .Select(answer => answer.StatusCode).ToArray();
            statuses.ShouldBe([HttpStatusCode.NoContent, HttpStatusCode.PreconditionFailed], ignoreOrder: true);
            var (one, two) = (
                await world.ReadAsync<FamilyBody>(world.Homeroom, "P1", "family"),
                await world.ReadAsync<FamilyBody>(world.OtherClass, "P3", "family"));
            (two.Version, two.Adults.Single()).ShouldBe((one.Version, one.Adults.Single()));
        }
    }

    [Fact]
    public async Task Of_two_first_edits_at_once_one_wins_and_the_other_is_told()
    {
        foreach (var path in new[] { "family", "care-needs" })
        {
            object body = path == "family" ? Facts("G1", "和平路1号") : new CareNeedsRequest([]);
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.PutAsync(world.Homeroom, "P1", path, body, 0)));
            answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
            answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed).ShouldBe(3);
        }
    }

    [Fact]
    public async Task A_subject_teacher_sees_what_concerns_a_lesson()
    {
        CareNeedEntry[] needs = [new(CareNeed.Allergy, "花生过敏，肾上腺素笔在医务室"), new(CareNeed.Diet, "不吃海鲜"), new(CareNeed.Eyesight)];
        (await world.PutAsync(world.Mother, "P1", "care-needs", new CareNeedsRequest(needs), 0)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.ReadAsync<CareNeedsBody>(world.Homeroom, "P1", "care-needs")).ShouldSatisfyAllConditions(
            body => body.Needs.ShouldBe(needs), body => body.ByGuardian.ShouldBeTrue(), body => body.Version.ShouldBe(1));
        (await world.ReadAsync<CareNeedsBody>(world.SubjectTeacher, "P1", "care-needs")).Needs.ShouldBe([needs[0], needs[2]]);
        (await world.GetAsync(world.SubjectTeacher, "P3", "care-needs")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.GetAsync(world.SubjectTeacher, "P1", "archive")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    [Trait("Rule", "ARC-3")]
    public async Task What_a_guardian_answers_in_the_intake_survey_is_in_the_archive_and_prefills_the_family()
    {
        var said = new FamilyIntake(
            FamilyStructure.ThreeGenerations, "zh", "教师", Education.Tertiary, "和平路1号", "快乐最重要", "手机用得多");
        await AnswerAsync("G1", said);
        var intake = (await IntakesAsync(world.Homeroom, 1)).ShouldHaveSingleItem();
        (intake.GuardianId, intake.Said).ShouldBe((world["G1"], said));
        (await IntakesAsync(world.Mother, 1)).Count.ShouldBe(1);
        (await IntakesAsync(world.Father, 0)).ShouldBeEmpty();
        var prefilled = await world.ReadAsync<FamilyBody>(world.Homeroom, "P1", "family");
        (prefilled.Version, prefilled.Structure, prefilled.ChangedAt).ShouldBe((0, FamilyStructure.ThreeGenerations, null));
        prefilled.Adults.ShouldBe([new(world["G1"], "教师", Education.Tertiary, "和平路1号")]);

        // The father writes first: what the mother said of herself is kept, though he does not see it.
        (await world.PutAsync(world.Father, "P1", "family", new FamilyRequest(Adults: [new(world["G3"], "司机")]), 0))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.ReadAsync<FamilyBody>(world.Homeroom, "P1", "family")).Adults.ShouldBe(
            [new(world["G1"], "教师", Education.Tertiary, "和平路1号"), new(world["G3"], "司机")], ignoreOrder: true);

        // A later answer is a later layer; what was corrected since stays.
        await AnswerAsync("G1", said with { Occupation = "退休" }, minutes: 1);
        await Eventually.GetAsync(() => IntakesAsync(world.Homeroom, 1), found => found.Any(i => i.Said!.Occupation == "退休"));
        (await world.ReadAsync<FamilyBody>(world.Homeroom, "P1", "family")).Adults.ShouldContain(adult => adult.Occupation == "教师");
    }

    [Fact]
    [Trait("Rule", "ARC-3")]
    public async Task Of_several_answers_the_latest_counts_in_whatever_order_they_come()
    {
        await AnswerAsync("G1", new FamilyIntake(Worries: "后来说的"), minutes: 2, version: 2);
        await AnswerAsync("G1", new FamilyIntake(Worries: "先说的"), minutes: 1);
        var found = await IntakesAsync(world.Homeroom, 1);
        found.Single(intake => intake.GuardianId == world["G1"]).Said!.Worries.ShouldBe("后来说的");
    }

    [Fact]
    [Trait("Rule", "ARC-3")]
    public async Task An_answer_that_cannot_be_read_is_parked_and_one_of_an_erased_child_is_not_kept()
    {
        var answer = Guid.CreateVersion7();
        await archives.PublishAsync(Answered("G1", answer, Encoding.UTF8.GetBytes("not sealed at all, and yet somebody published it as such"), 0, 1));
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.parked_message WHERE consumer = 'archives.family-intakes' AND district_id = $1",
            world.District.Id)).ShouldBe(1);

        var sealedAnswer = await SealAsync(answer, new FamilyIntake(Worries: "担忧"));
        await archives.EraseAsync(world.District.Id, world["P1"]);
        await archives.PublishAsync(Answered("G1", answer, sealedAnswer, 0, 1));
        (await IntakesAsync(world.Homeroom, 0)).ShouldBeEmpty();
        await (await world.PutAsync(world.Homeroom, "P1", "family", Facts("G1", "和平路1号"), 0))
            .ShouldBeProblemAsync(HttpStatusCode.Gone, "keys.erased");
        (await world.GetAsync(world.Homeroom, "P1", "archive")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task What_a_family_says_is_found_in_no_dump_no_message_and_no_log()
    {
        var canary = new Canary();
        await using var broker = await RawBroker.ConnectAsync(archives.RabbitMq);
        var messages = await broker.OverhearAsync();
        var settings = new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal) { ["Logging__LogLevel__Default"] = "Trace" };
        await using var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings);
        process.Client.DefaultRequestHeaders.Authorization = world.Homeroom.DefaultRequestHeaders.Authorization;

        (await world.PutAsync(process.Client, "P1", "family", Facts("G1", canary.In("和平路")), 0)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.PutAsync(process.Client, "P1", "care-needs", new CareNeedsRequest([new(CareNeed.Other, canary.In("药"))]), 0))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await AnswerAsync("G1", new FamilyIntake(Worries: canary.In("担忧"), Address: canary.In("和平路")));
        await Eventually.GetAsync(() => IntakesAsync(world.Homeroom, 1), intakes => intakes.Count == 1);
        canary.CountIn(await process.Client.GetStringAsync(world.Of("P1", "archive"))).ShouldBe(4);

        canary.CountIn(await Servers.DumpAsync(archives.Database)).ShouldBe(0);
        canary.CountIn(await Servers.DumpAsync(archives.Keys)).ShouldBe(0);
        canary.CountIn(string.Concat(messages)).ShouldBe(0);
        canary.CountIn(process.Output).ShouldBe(0);
    }

    private FamilyRequest Facts(string guardian, string address) => new(Adults: [new FamilyAdult(world[guardian], Address: address)]);

    private Task<ArchiveBody> ArchiveAsync(HttpClient client) => world.ReadAsync<ArchiveBody>(client, "P1", "archive");

    private async Task<IReadOnlyList<IntakeBody>> IntakesAsync(HttpClient client, int count) => await Eventually.GetAsync(
        async () => (await ArchiveAsync(client)).Intakes!, intakes => intakes.Count >= count);

    private async Task AnswerAsync(string guardian, FamilyIntake said, int minutes = 0, long version = 1)
    {
        var id = Guid.CreateVersion7();
        await archives.PublishAsync(Answered(guardian, id, await SealAsync(id, said), minutes, version));
    }

    private Task<byte[]> SealAsync(Guid answer, FamilyIntake said) => archives.SealAsync(
        new Subject(world.District.Id, world["S1"], world["P1"]), new Place(FamilyIntake.Table, FamilyIntake.Column, answer),
        JsonSerializer.SerializeToUtf8Bytes(said, Json.Options));

    private FamilyIntakeAnswered Answered(string guardian, Guid answer, byte[] content, int minutes, long version) => new(
        world.District.Id, world["S1"], answer, version, TimeProvider.System.GetUtcNow().AddMinutes(minutes), world["P1"], world[guardian],
        content);
}
