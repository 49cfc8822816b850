using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using HomeSchool.Archives.Roster;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>An import is watched and cancelled while it is being checked, and leaves nothing (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class ImportProgressTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Fact]
    public async Task A_check_is_seen_at_work_and_stops_when_it_is_cancelled()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        // Another import that holds the district's roster makes the check last.
        await using var other = await HoldRosterAsync();
        var import = Guid.CreateVersion7();
        var upload = UploadAsync(import);

        var seen = await Eventually.GetAsync(() => ReadAsync(import), found => found is not null);
        (seen!.State, seen.Progress!.Phase).ShouldBe((ImportState.Checking, ImportPhase.Waiting));
        using (var taken = await UploadAsync(import))
            await taken.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.import-exists");

        var started = Stopwatch.GetTimestamp();
        using (var cancelled = await district.Admin.PostAsync(district.Address($"imports/{import}/cancel"), null))
            cancelled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var answer = await upload;
        await answer.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.import-cancelled");
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await NothingIsLeftAsync(import);
    }

    [Fact]
    public async Task A_check_shows_its_rows_and_then_its_report_under_the_id_that_the_client_chose()
    {
        var import = Guid.CreateVersion7();
        using (var answer = await UploadAsync(import))
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var body = await ReadAsync(import);
        (body!.State, body.Progress).ShouldBe((ImportState.Checked, null));
        await Eventually.GetAsync(
            () => archives.ScalarAsync<long>("SELECT count(*) FROM import_progress WHERE import_id = $1", import), count => count == 0);
        using var again = await UploadAsync(import);
        await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.import-exists");
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_nothing()
    {
        await using var other = await HoldRosterAsync();
        var import = Guid.CreateVersion7();
        using var gone = new CancellationTokenSource();
        var upload = UploadAsync(import, gone.Token);
        await Eventually.GetAsync(() => ReadAsync(import), found => found is not null);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(upload);
        await Eventually.GetAsync(() => ReadAsync(import), found => found is null);
        await NothingIsLeftAsync(import);
    }

    [Fact]
    public async Task A_check_whose_process_died_is_not_shown_and_the_next_one_removes_it()
    {
        var import = Guid.CreateVersion7();
        await archives.ScalarAsync<bool>(
            """
            INSERT INTO import_progress (district_id, import_id, phase, rows, started_at, seen_at, cancelled)
            VALUES ($1, $2, 'Reading', 5, now(), now() - interval '31 seconds', false) RETURNING true
            """, district.Id, import);
        (await ReadAsync(import)).ShouldBeNull();
        using (var answer = await district.Admin.PostAsync(district.Address($"imports/{import}/cancel"), null))
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await district.CheckAsync(TestRoster.Standard().Zip());
        await NothingIsLeftAsync(import);
    }

    private async Task NothingIsLeftAsync(Guid import)
    {
        foreach (var table in new[] { "roster_change", "roster_mistake" })
            (await archives.ScalarAsync<long>($"SELECT count(*) FROM {table} WHERE import_id = $1", import)).ShouldBe(0, table);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM roster_import WHERE id = $1", import)).ShouldBe(0);
        await Eventually.GetAsync(
            () => archives.ScalarAsync<long>("SELECT count(*) FROM import_progress WHERE import_id = $1", import), count => count == 0);
    }

    private async Task<HttpResponseMessage> UploadAsync(Guid import, CancellationToken cancel = default)
    {
        using var content = new ByteArrayContent(TestRoster.Standard().Zip());
        content.Headers.ContentType = new("application/zip");
        return await district.Admin.PostAsync(district.Address($"imports?id={import}"), content, cancel);
    }

    private async Task<ImportBody?> ReadAsync(Guid import)
    {
        using var answer = await district.Admin.GetAsync(district.Address($"imports/{import}"));
        return answer.StatusCode == HttpStatusCode.NotFound ? null
            : await answer.Content.ReadFromJsonAsync<ImportBody>(Json.Options);
    }

    private async Task<NpgsqlConnection> HoldRosterAsync()
    {
        var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            BEGIN;
            INSERT INTO district_roster (district_id, version) VALUES ('{district.Id}', 0) ON CONFLICT DO NOTHING;
            SELECT version FROM district_roster WHERE district_id = '{district.Id}' FOR UPDATE
            """, connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
