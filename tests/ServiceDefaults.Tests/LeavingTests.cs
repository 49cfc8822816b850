using System.Text.Json.Nodes;
using HomeSchool.Probe;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>What of a district leaves a service, and what of it is taken in: all of it as it was, or nothing.</summary>
[Trait("Rule", "ALL-10")]
public sealed class LeavingTests : IAsyncLifetime
{
    private static readonly Guid District = Guid.CreateVersion7();

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("homeschool-leaving-");
    private Servers servers = null!;
    private string here = "";
    private string there = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        (here, there) = (await servers.CreateDatabaseAsync(), await servers.CreateDatabaseAsync());
        await StepAsync(here, "migrate");
        await StepAsync(there, "migrate");
        foreach (var district in (Guid[])[District, Guid.CreateVersion7()])
        {
            for (var i = 0; i < 3; i++)
            {
                var (fact, school) = (Guid.CreateVersion7(), Guid.CreateVersion7());
                await ExecuteAsync(here, $"INSERT INTO fact VALUES ('{fact}', '{district}', '{school}')");
            }
        }
    }

    [Fact]
    public async Task The_rows_of_a_district_leave_and_come_and_no_others()
    {
        var counts = await ExportAsync();
        Line(counts, "fact").ShouldEndWith(" 3");
        (await StepAsync(there, $"import-district {Left}")).ShouldBe(counts);
        (await CountAsync(there, "fact")).ShouldBe(3);
    }

    [Fact]
    public async Task A_check_changes_nothing()
    {
        await ExportAsync();
        (await StepAsync(there, $"check-district {Left}")).ShouldContain("It can be imported.");
        (await CountAsync(there, "fact")).ShouldBe(0);
    }

    [Fact]
    public async Task A_table_of_which_nothing_is_known_stops_the_export_and_leaves_nothing_behind()
    {
        await ExecuteAsync(here, "CREATE TABLE stray (id uuid PRIMARY KEY)");
        (await RefusedAsync(here, $"export-district {District} {Left}")).ShouldContain("The table stray has no district_id");
        Directory.EnumerateFiles(Left).ShouldBeEmpty();
    }

    [Fact]
    public async Task Bytes_of_which_it_is_not_known_whether_they_are_sealed_stop_the_export()
    {
        await ExecuteAsync(here, "ALTER TABLE fact ADD proof bytea");
        (await RefusedAsync(here, $"export-district {District} {Left}")).ShouldContain("The column fact.proof is bytea");
    }

    [Fact]
    public async Task Only_the_owner_can_read_the_files()
    {
        if (OperatingSystem.IsWindows())
            return; // has no such modes
        await ExportAsync();
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        (File.GetUnixFileMode(Left) & Others).ShouldBe(UnixFileMode.None);
        foreach (var file in Directory.EnumerateFiles(Left))
            (File.GetUnixFileMode(file) & Others).ShouldBe(UnixFileMode.None);
    }

    [Theory]
    [InlineData("cut", "fact.jsonl should have 3 lines and has 2")]
    [InlineData("garbled", "fact.jsonl, line 2: not a row of fact")]
    [InlineData("changed", "fact.jsonl was changed")]
    [InlineData("missing", "There is no fact.jsonl")]
    [InlineData("audit", "audit.jsonl was changed")]
    [InlineData("service", "is of visits, not of probe")]
    [InlineData("schema", "bring both to the same version")]
    [InlineData("format", "is not a manifest of the format")]
    [InlineData("no-manifest", "manifest.json")]
    public async Task What_was_changed_on_the_way_is_refused_and_nothing_imported(string how, string why)
    {
        await ExportAsync();
        var fact = Path.Combine(Left, "fact.jsonl");
        var lines = await File.ReadAllLinesAsync(fact);
        switch (how)
        {
            case "cut":
                await File.WriteAllLinesAsync(fact, lines[..2]);
                break;
            case "garbled":
                await File.WriteAllLinesAsync(fact, [lines[0], lines[1][..20], lines[2]]);
                break;
            case "changed":
                await File.WriteAllLinesAsync(fact, [lines[0], lines[0], lines[2]]);
                break;
            case "missing":
                File.Delete(fact);
                break;
            case "audit":
                await File.AppendAllTextAsync(Path.Combine(Left, "audit.jsonl"), "\n");
                break;
            case "no-manifest":
                File.Delete(Path.Combine(Left, "manifest.json"));
                break;
            default:
                await ChangeManifestAsync(manifest => manifest[how] = how == "service" ? "visits" : "another");
                break;
        }

        (await RefusedAsync(there, $"import-district {Left}")).ShouldContain(why);
        (await CountAsync(there, "fact")).ShouldBe(0);
        (await CountAsync(there, "platform.audit")).ShouldBe(0);
    }

    [Fact]
    public async Task A_row_of_another_district_is_refused_even_when_the_manifest_agrees()
    {
        await ExportAsync();
        var fact = Path.Combine(Left, "fact.jsonl");
        var text = await File.ReadAllTextAsync(fact);
        var at = text.LastIndexOf(District.ToString(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(fact, text[..at] + Guid.CreateVersion7() + text[(at + 36)..]);
        await ChangeManifestAsync(manifest => manifest["tables"]!.AsArray()
            .Single(table => (string?)table!["name"] == "fact")!["sha256"] = Digest(fact));
        await RefusedAsync(there, $"import-district {Left}");
        (await CountAsync(there, "fact")).ShouldBe(0);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await servers.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private string Left => Path.Combine(folder.FullName, "left");

    private static string Line(string counts, string table) =>
        counts.Split('\n').Single(line => line.Contains($" {table} ", StringComparison.Ordinal));

    private static string Digest(string path) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

    private async Task ChangeManifestAsync(Action<JsonNode> change)
    {
        var path = Path.Combine(Left, "manifest.json");
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        change(manifest);
        await File.WriteAllTextAsync(path, manifest.ToJsonString());
    }

    private Task<string> ExportAsync() => StepAsync(here, $"export-district {District} {Left}");

    private Task<string> StepAsync(string database, string step) => ServiceProcess.RunAsync(
        typeof(ProbeDb).Assembly.Location, step, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__probe-db"] = database,
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["services__identity__http__0"] = "http://127.0.0.1:1",
            ["Keys__Master"] = "a test's master key, of no value to anybody",
        });

    private async Task<string> RefusedAsync(string database, string step) =>
        (await Should.ThrowAsync<InvalidOperationException>(() => StepAsync(database, step))).Message;

    private static async Task<long> CountAsync(string database, string table)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
