using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Passing;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>Schools merge, split and close: shown first, then done at once, and nobody is lost.</summary>
[Trait("Rule", "ALL-10")]
public sealed class ReorganisationTests(ArchivesFixture archives) : IAsyncLifetime
{
    private static readonly Reorganisation Merger = new(Moves: [new("S1", "S2")], Closes: ["S1"]);

    private readonly TestDistrict district = new(archives);
    private Guid first;
    private Guid second;

    public async ValueTask InitializeAsync()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        (first, second) = (await IdAsync("school", "S1", "school_id"), await IdAsync("school", "S2", "school_id"));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_merger_is_shown_first_and_then_everybody_is_at_the_other_school()
    {
        var shown = await CheckAsync(Merger);
        Counts(shown).ShouldBe(
            [(RecordKind.School, 0, 1), (RecordKind.Class, 2, 2), (RecordKind.Enrolment, 4, 4), (RecordKind.StaffPost, 7, 7)]);
        (shown.Moves.Count, shown.NeedsAcceptWithdrawals).ShouldBe((2, false));
        (await SchoolsAsync()).ShouldBe(["第一小学", "第二小学"], ignoreOrder: true);

        await ConfirmAsync(shown.Id);
        (await SchoolsAsync()).ShouldBe(["第二小学"]);
        using var admin = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, second, null, null));
        (await ListAsync<StudentRow>(admin, $"schools/{second}/students")).Count.ShouldBe(6);
        (await ListAsync<ClassBody>(admin, $"schools/{second}/classes")).Select(row => (row.Title, row.Students)).ShouldBe(
            [("三年级(1)班", 2), ("三年级(2)班", 2), ("四年级(1)班", 2)], ignoreOrder: true);
        (await ListAsync<ClassBody>(admin, $"schools/{second}/classes")).Count(row => row.HomeroomTeacherId is not null).ShouldBe(2);
        (await ListAsync<StaffRow>(admin, $"schools/{second}/staff")).Select(row => row.GivenName).Distinct(StringComparer.Ordinal)
            .ShouldBe(["A1", "A2", "A3"], ignoreOrder: true);
        using var former = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null));
        (await former.GetAsync(district.Address($"students/{await IdAsync("student", "P1")}"))).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task It_is_announced_row_by_row_and_says_which_class_is_which()
    {
        await ConfirmAsync((await CheckAsync(Merger)).Id);
        var moved = (await EventsAsync<ClassesMoved>("archives.classes-moved")).ShouldHaveSingleItem();
        moved.Classes.Select(row => (row.FromSchoolId, row.ToSchoolId)).Distinct().ShouldBe([(first, second)]);
        var rows = (await EventsAsync<RosterChanged>("archives.roster-changed")).Where(e => e.Version == moved.Version).ToArray();
        var there = rows.Where(e => e.SchoolId == second).SelectMany(e => e.Enrolments).ToArray();
        there.ShouldAllBe(row => row.EndsOn == null && row.StartsOn == moved.On);
        there.Select(row => row.ClassId).Distinct().ShouldBe(moved.Classes.Select(row => (Guid?)row.ToClassId), ignoreOrder: true);
        rows.Where(e => e.SchoolId == first).SelectMany(e => e.Enrolments).ShouldAllBe(row => row.EndsOn == moved.On.AddDays(-1));
        (await EventsAsync<SchoolChanged>("archives.school-changed")).Single(e => e.Version == moved.Version).WithdrawnOn.ShouldBe(moved.On);
    }

    [Fact]
    public async Task A_roster_that_says_the_same_afterwards_changes_nothing()
    {
        await ConfirmAsync((await CheckAsync(Merger)).Id);
        var roster = TestRoster.Standard().Remove("orgs.csv", "S1");
        foreach (var (file, lines) in roster.Files.Where(file => file.Key is "classes.csv" or "users.csv" or "enrollments.csv"))
            roster.Files[file] = [.. lines.Select(line => line.Replace(",S1,", ",S2,", StringComparison.Ordinal))];
        Counts(await district.CheckAsync(roster.Zip())).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_split_takes_a_class_and_who_teaches_it_to_a_new_school()
    {
        var split = new Reorganisation([new NewSchool("S3", "第三小学", "3103")], [new SchoolMove("S1", "S3", ["C2"])]);
        await ConfirmAsync((await CheckAsync(split)).Id);
        (await SchoolsAsync()).ShouldBe(["第一小学", "第二小学", "第三小学"], ignoreOrder: true);
        var third = await IdAsync("school", "S3", "school_id");
        using var admin = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, third, null, null));
        (await ListAsync<StudentRow>(admin, $"schools/{third}/students")).Select(row => row.GivenName).ShouldBe(["小P3", "小P4"]);
        (await ListAsync<StaffRow>(admin, $"schools/{third}/staff")).Select(row => (row.GivenName, row.Role, row.Subject)).ShouldBe(
            [
                ("A2", StaffRole.HomeroomTeacher, null), ("A2", StaffRole.SubjectTeacher, "数学"), ("A2", StaffRole.Teacher, null),
            ],
            ignoreOrder: true);
        using var old = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null));
        (await ListAsync<StudentRow>(old, $"schools/{first}/students")).Select(row => row.GivenName).ShouldBe(["小P1", "小P2"]);
        (await ListAsync<StaffRow>(old, $"schools/{first}/staff")).Select(row => row.GivenName).Distinct(StringComparer.Ordinal).ShouldBe(["A1", "A2"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_school_that_closes_with_students_on_its_roll_must_be_confirmed_twice_over_and_loses_no_archive()
    {
        var shown = await CheckAsync(new Reorganisation(Closes: ["S2"]));
        shown.Losses.ShouldBe([new SchoolLoss(second, 2, 2)]);
        using (var refused = await district.ConfirmAsync(shown.Id))
            await refused.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.withdrawals-not-accepted");
        using (var confirmed = await district.ConfirmAsync(shown.Id, acceptWithdrawals: true))
            confirmed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SchoolsAsync()).ShouldBe(["第一小学"]);
        (await district.Admin.GetAsync(district.Address($"students/{await IdAsync("student", "P5")}"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Rule", "ARC-5")]
    public async Task What_was_missed_in_a_row_before_and_after_a_class_moved_is_one_row()
    {
        var today = LocalDay.Today(archives.Clock);
        var student = await IdAsync("student", "P3");
        (await MissAsync(first, 2)).Raised.ShouldBe(0);
        (await MissAsync(first, 1)).Raised.ShouldBe(0);
        await ConfirmAsync((await CheckAsync(new Reorganisation(Moves: [new SchoolMove("S1", "S2", ["C2"])]))).Id);
        (await MissAsync(second, 0)).Raised.ShouldBe(1);

        async Task<DataReport> MissAsync(Guid school, int daysAgo)
        {
            var @class = await archives.ScalarAsync<Guid>(
                "SELECT id FROM class WHERE school_id = $1 AND source_id = 'C2' AND withdrawn_on IS NULL", school);
            using var admin = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, school, null, null));
            using var answer = await admin.DoAsync(
                new Uri($"/api/archives/schools/{school}/classes/{@class}/homework", UriKind.Relative),
                new HomeworkRequest("数学", today.AddDays(-daysAgo), [student]));
            return await answer.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
        }
    }

    [Fact]
    [Trait("Rule", "ARC-7")]
    public async Task The_successor_holds_the_sensitive_items_of_those_who_came()
    {
        var (student, other) = (await IdAsync("student", "P3"), await IdAsync("student", "P1"));
        using var counselor = Counselor(first);
        var item = await WriteAsync(counselor, student);
        await WriteAsync(counselor, other);
        await ConfirmAsync((await CheckAsync(new Reorganisation(Moves: [new SchoolMove("S1", "S2", ["C2"])]))).Id);
        using var there = Counselor(second);
        using (var read = await there.PostAsJsonAsync(
            district.Address($"sensitive-items/{item}/reads"), new ReadRequest(ReadPurpose.Support), Json.Options))
        {
            (await read.Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!.Content.ShouldBe("哮喘");
        }

        (await counselor.GetAsync(district.Address($"students/{student}/sensitive-items"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await counselor.GetFromJsonAsync<Page<SensitiveItemRow>>(district.Address($"students/{other}/sensitive-items"), Json.Options))!
            .Items.Count.ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "ARC-1")]
    [Trait("Rule", "ARC-3")]
    public async Task Of_what_both_schools_know_of_a_family_the_newest_stays()
    {
        var (student, mother, today) = (await IdAsync("student", "P1"), await IdAsync("guardian", "G1"), LocalDay.Today(archives.Clock));
        await WriteFamilyAsync(first, "C1", "en", 1);
        using (var admin = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null)))
        using (var next = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, second, null, null)))
        {
            var transfer = await admin.DoAsync(
                district.Address($"students/{student}/transfers"), new TransferRequest(TransferKind.Within, today, second)).MadeAsync();
            await next.DoAsync(
                district.Address($"transfers/{transfer}/accept"), new TransferAcceptance(await IdAsync("class", "C3"))).ShouldBeDoneAsync();
        }

        await WriteFamilyAsync(second, "C3", "bo", 2);
        await ConfirmAsync((await CheckAsync(new Reorganisation(Moves: [new("S2", "S1")], Closes: ["S2"]))).Id);
        var archive = await Homeroom(first, await archives.ScalarAsync<Guid>(
            "SELECT class_id FROM enrolment WHERE student_id = $1 AND school_id = $2 AND ends_on IS NULL", student, first))
            .SeeAsync<ArchiveBody>(district.Address($"students/{student}/archive"));
        archive.Family!.Language.ShouldBe("bo");
        archive.Intakes.ShouldHaveSingleItem().Said!.Worries.ShouldBe("bo");

        async Task WriteFamilyAsync(Guid school, string @class, string language, int minutes)
        {
            using var teacher = Homeroom(school, await IdAsync("class", @class));
            await teacher.PutAsync(
                district.Address($"students/{student}/family"), new FamilyRequest(Language: language), 0).ShouldBeDoneAsync();
            var answer = Guid.CreateVersion7();
            var content = await archives.SealAsync(
                new Subject(district.Id, school, student), new Place(FamilyIntake.Table, FamilyIntake.Column, answer),
                JsonSerializer.SerializeToUtf8Bytes(new FamilyIntake(Worries: language), Json.Options));
            await archives.PublishAsync(new FamilyIntakeAnswered(
                district.Id, school, answer, 1, TimeProvider.System.GetUtcNow().AddMinutes(minutes), student, mother, content));
            await Eventually.GetAsync(
                async () => (await teacher.SeeAsync<ArchiveBody>(district.Address($"students/{student}/archive"))).Intakes!,
                intakes => intakes.Count > 0);
        }

        HttpClient Homeroom(Guid school, Guid @class) => archives.Client(
            new Grant(Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, @class, null));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_its_place_and_nothing_waits()
    {
        var wrong = new Reorganisation(
            [new NewSchool("S2", "新校"), new NewSchool("S4", "")],
            [new("S9", "S2"), new("S1", "S1"), new("S1", "S2", ["C1", "C1", "C9"])], ["S8"]);
        using (var answer = await PostAsync(district.Admin, wrong))
        {
            var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            problem["errors"]!.AsArray().Select(error => ((string?)error!["field"], (string?)error["code"])).ShouldBe(
                [
                    ("newSchools[0].sourceId", "archives.school-exists"), ("newSchools[1].name", "request.text"),
                    ("closes[0]", "archives.not-there"), ("moves[0].from", "archives.not-there"), ("moves[1].to", "archives.no-place-to-go"),
                    ("moves[2].classes[1]", "archives.moves-twice"), ("moves[2].classes[2]", "archives.not-there"),
                ],
                ignoreOrder: true);
        }

        using (var empty = await PostAsync(district.Admin, new Reorganisation()))
            empty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using (var closing = await PostAsync(district.Admin, new Reorganisation(Moves: [new("S1", "S2")], Closes: ["S2"])))
            closing.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using (var school = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null)))
            (await PostAsync(school, Merger)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(new TestDistrict(archives).Admin, Merger)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM roster_import WHERE district_id = $1 AND state = 'Checked'", district.Id)).ShouldBe(0);
    }

    [Fact]
    public async Task What_was_shown_is_not_done_when_the_roster_has_changed_since()
    {
        var shown = await CheckAsync(Merger);
        var import = await district.CheckAsync(TestRoster.Standard().Change("users.csv", "P1", line => line.Replace("小P1", "小新", StringComparison.Ordinal)).Zip());
        using (var superseded = await district.ConfirmAsync(shown.Id))
            await superseded.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.import-decided");
        await ConfirmAsync(import.Id);
        (await SchoolsAsync()).Count.ShouldBe(2);
    }

    private static IEnumerable<(RecordKind Kind, int Added, int Withdrawn)> Counts(ImportBody shown) => shown.Changes
        .Where(count => count.Added + count.Changed + count.Withdrawn > 0).Select(count => (count.Kind, count.Added, count.Withdrawn));

    private Task<HttpResponseMessage> PostAsync(HttpClient client, Reorganisation wish) =>
        client.PostAsJsonAsync(district.Address("reorganisations"), wish, Json.Options);

    private async Task<ImportBody> CheckAsync(Reorganisation wish)
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

    private async Task<IReadOnlyList<string>> SchoolsAsync() =>
        [.. (await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools")).Select(school => school.Name)];

    private static async Task<IReadOnlyList<T>> ListAsync<T>(HttpClient client, string path) =>
        (await client.GetFromJsonAsync<Page<T>>(new Uri($"/api/archives/{path}", UriKind.Relative), Json.Options))!.Items;

    private HttpClient Counselor(Guid school) =>
        archives.Client(new Grant(Role.Counselor, Guid.CreateVersion7(), district.Id, school, null, null));

    private async Task<Guid> WriteAsync(HttpClient counselor, Guid student)
    {
        using var answer = await counselor.PostAsJsonAsync(
            district.Address($"students/{student}/sensitive-items"), new SensitiveItemRequest(SensitiveKind.MedicalHistory, "哮喘"), Json.Options);
        return (await answer.Content.ReadFromJsonAsync<Made>(Json.Options))!.Id;
    }

    private async Task<List<T>> EventsAsync<T>(string name)
    {
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT payload FROM (SELECT district_id, name, payload FROM platform.outbox
                UNION ALL SELECT district_id, name, payload FROM platform.event_log) e
            WHERE district_id = $1 AND name = $2
            """, connection)
        {
            Parameters = { new() { Value = district.Id }, new() { Value = name } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<T>();
        while (await reader.ReadAsync())
            events.Add(JsonSerializer.Deserialize<T>(reader.GetString(0), Json.Options)!);
        return events;
    }

    private Task<Guid> IdAsync(string table, string sourceId, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
}
