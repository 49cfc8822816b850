using System.Net;
using System.Net.Http.Json;
using HomeSchool.Archives.Passing;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

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
        archives.Clock.DaysAhead = Ahead;
        (await ReadAsync(counselor, item)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync(former, id, "receive", new { })).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await DoAsync(principal, id, "receive");
        await (await PostAsync(principal, id, "receive", new { })).ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.transfer-decided");
        using var read = await ReadAsync(counselor, item);
        (await read.Content.ReadFromJsonAsync<SensitiveItemView>(Json.Options))!.Content.ShouldBe("哮喘");
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

    private Task<long> VersionAsync() =>
        archives.ScalarAsync<long>("SELECT version FROM district_roster WHERE district_id = $1", district.Id);

    private Task<Guid> IdAsync(string table, string sourceId, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
}
