using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using HomeSchool.Archives.Roster;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>Imports that meet, break off or are killed: each is done wholly or not at all (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class ConcurrentImportTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task Of_two_uploads_at_once_the_later_takes_the_place_of_the_earlier()
    {
        var zip = TestRoster.Standard().Zip();
        var imports = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => district.CheckAsync(zip)));
        (await district.ListAsync<ImportRow>($"districts/{district.Id}/imports")).Count(row => row.State == ImportState.Checked).ShouldBe(1);

        var answers = await Task.WhenAll(imports.Select(import => district.ConfirmAsync(import.Id)));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
            await refused.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.import-decided");
        (await StudentsAsync()).ShouldBe(6);
    }

    [Fact]
    public async Task One_import_confirmed_many_times_at_once_is_done_once()
    {
        var import = await district.CheckAsync(TestRoster.Standard().Zip());
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => district.ConfirmAsync(import.Id)));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict).ShouldBe(7);
        (await archives.ScalarAsync<long>("SELECT version FROM district_roster WHERE district_id = $1", district.Id)).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_confirmed_is_what_was_shown_or_nothing()
    {
        var import = await district.CheckAsync(TestRoster.Standard().Zip());
        // As any other change to the roster does.
        await archives.ScalarAsync<long>("UPDATE district_roster SET version = version + 1 WHERE district_id = $1 RETURNING version", district.Id);
        using var answer = await district.ConfirmAsync(import.Id);
        await answer.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.roster-changed");
        (await StudentsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Two_districts_do_not_wait_for_each_other()
    {
        var others = Enumerable.Range(0, 3).Select(_ => new TestDistrict(archives)).ToArray();
        await Task.WhenAll(others.Select(other => other.ImportAsync(TestRoster.Standard().Zip())));
        foreach (var other in others)
            (await other.ListAsync<SchoolRow>($"districts/{other.Id}/schools")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_form_that_breaks_off_is_refused()
    {
        var body = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"users.csv\"\r\n\r\nsourcedId,role\r\n1,stu"u8.ToArray();
        using var answer = await district.UploadAsync(body, "multipart/form-data; boundary=x");
        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.roster-refused");
        ((string?)problem["errors"]![0]!["code"]).ShouldBe("upload.cut-off");
        (await district.ListAsync<ImportRow>($"districts/{district.Id}/imports")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_upload_whose_connection_breaks_and_a_service_that_is_killed_leave_nothing_half()
    {
        await using var service = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, archives.Settings);
        var admin = new AuthenticationHeaderValue("Bearer", archives.Identity.Token(TestIdentity.DistrictAdmin(district.Id)));
        service.Client.DefaultRequestHeaders.Authorization = admin;
        await BreakOffAsync(service.Client.BaseAddress!, admin.ToString());
        (await district.ListAsync<ImportRow>($"districts/{district.Id}/imports")).ShouldBeEmpty();

        var roster = TestRoster.Standard();
        for (var i = 0; i < 20_000; i++)
            roster.Add("users.csv", TestRoster.Student($"B{i}", "S1", "03"));
        var import = await district.CheckAsync(roster.Zip());
        var random = new Random(3);
        for (var round = 0; round < 3; round++)
        {
            var confirmed = ConfirmAsync(service, import.Id);
            var started = Stopwatch.StartNew();
            await Eventually.GetAsync(
                () => archives.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'INSERT INTO %roster_change%' "
                    + "AND state = 'active' AND pid <> pg_backend_pid()"),
                working => working > 0 || started.ElapsedMilliseconds > 3_000);
            await Task.Delay(random.Next(0, 60));
            await service.KillAsync();
            if (await confirmed)
                break;
            (await StudentsAsync()).ShouldBeOneOf(0, 20_006);
            await service.StartAsync();
        }

        using var again = await district.ConfirmAsync(import.Id);
        again.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Conflict);
        (await StudentsAsync()).ShouldBe(20_006);
    }

    private async Task<bool> ConfirmAsync(ServiceProcess service, Guid import)
    {
        try
        {
            using var content = new StringContent("{}", Encoding.UTF8, "application/json");
            using var answer = await service.Client.PostAsync(district.Address($"imports/{import}/confirm"), content);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task BreakOffAsync(Uri service, string authorization)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(service.Host, service.Port);
        await using var stream = client.GetStream();
        var zip = TestRoster.Standard().Zip();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/archives/districts/{district.Id}/imports HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
            + $"Content-Type: application/zip\r\nContent-Length: {zip.Length}\r\n\r\n"));
        await stream.WriteAsync(zip.AsMemory(0, zip.Length / 2));
        client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
    }

    private Task<long> StudentsAsync() => archives.ScalarAsync<long>("SELECT count(*) FROM student WHERE district_id = $1", district.Id);
}
