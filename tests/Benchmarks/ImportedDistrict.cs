using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Benchmarks;

/// <summary>
/// The Archives service with a database of its own, alone or behind the gateway, and districts of the demonstration's generator.
/// </summary>
internal sealed class ImportedDistrict : IAsyncDisposable
{
    private readonly Servers servers;
    private readonly TestIdentity identity;
    private readonly ServiceProcess archives;
    private readonly HttpClient patient;
    private ServiceProcess? gateway;

    private ImportedDistrict(Servers servers, TestIdentity identity, string database, ServiceProcess archives)
    {
        (this.servers, this.identity, Database, this.archives) = (servers, identity, database, archives);
        patient = new HttpClient { BaseAddress = archives.Client.BaseAddress, Timeout = TimeSpan.FromHours(1) };
    }

    /// <summary>The database's connection string, as the administrator.</summary>
    public string Database { get; }

    /// <summary>The district that is imported.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>The gateway, which <see cref="OpenGatewayAsync"/> starts.</summary>
    public HttpClient Gateway => gateway!.Client;

    /// <summary>The most memory that the service had, in MB.</summary>
    public double PeakMegabytes => double.Parse(
        File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{archives.Id}/status"))
            .First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;

    public static async Task<ImportedDistrict> StartAsync()
    {
        var own = await Servers.StartAsync();
        var issuer = await TestIdentity.StartAsync();
        var database = await own.CreateDatabaseAsync();
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__archives-db"] = database,
            ["ConnectionStrings__keys-db"] = await own.CreateDatabaseAsync(),
            ["ConnectionStrings__rabbitmq"] = own.RabbitMq,
            ["services__identity__http__0"] = issuer.Address,
            ["Keys__Master"] = "a benchmark's master key, of no value to anybody",
            ["Files__Folder"] = Path.Combine(Path.GetTempPath(), $"homeschool-files-{Guid.CreateVersion7():N}"), // nothing is put there
        };
        var assembly = WholeSystem.Built("services/Archives", "Archives");
        await ServiceProcess.RunAsync(assembly, "migrate", settings);
        return new ImportedDistrict(own, issuer, database, await ServiceProcess.StartAsync(assembly, settings));
    }

    /// <summary>Writes a generated roster to a temporary file.</summary>
    /// <returns>The file.</returns>
    public static async Task<string> GenerateAsync(int schools, int students, bool subjectClasses)
    {
        var path = Path.GetTempFileName();
        await ServiceProcess.RunAsync(
            WholeSystem.Built("deploy/DemoDistrict", "DemoDistrict"),
            string.Create(CultureInfo.InvariantCulture,
                $"generate --out {path} --schools {schools} --students-per-school {students} --subject-classes {(subjectClasses ? "yes" : "no")}"),
            new Dictionary<string, string>(StringComparer.Ordinal));
        return path;
    }

    /// <summary>The same roster with the rows of each file in another order; one of so many users has another given name.</summary>
    public static async Task<string> ShuffleAsync(string roster, int? changeEach = null)
    {
        var path = Path.GetTempFileName();
        await using var to = await ZipFile.OpenAsync(path, ZipArchiveMode.Update);
        await using var from = await ZipFile.OpenReadAsync(roster);
        foreach (var entry in from.Entries)
        {
            using var reader = new StreamReader(await entry.OpenAsync());
            var header = await reader.ReadLineAsync();
            var lines = (await reader.ReadToEndAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            new Random(1).Shuffle(lines);
            for (var i = 0L; changeEach is { } each && entry.Name == "users.csv" && i < lines.Length; i += each)
            {
                var fields = lines[i].Split(',');
                fields[8] += "新";
                lines[i] = string.Join(',', fields);
            }

            await using var writer = new StreamWriter(await to.CreateEntry(entry.FullName, CompressionLevel.Fastest).OpenAsync());
            await writer.WriteAsync($"{header}\r\n");
            foreach (var line in lines)
                await writer.WriteAsync($"{line}\r\n");
        }

        return path;
    }

    /// <summary>Uploads a roster and confirms it.</summary>
    /// <returns>Seconds of the dry run and of the confirmation.</returns>
    public async Task<(double Check, double Confirm)> ImportAsync(string roster, Guid? district = null)
    {
        // A token lasts an hour: a new one each time.
        patient.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", identity.Token(TestIdentity.DistrictAdmin(district ?? Id)));
        var imports = $"/api/archives/districts/{district ?? Id}/imports";
        var watch = Stopwatch.StartNew();
        using var body = new StreamContent(File.OpenRead(roster));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        using var made = await patient.PostAsync(new Uri(imports, UriKind.Relative), body);
        made.EnsureSuccessStatusCode();
        var check = watch.Elapsed.TotalSeconds;
        watch.Restart();
        using var confirmed = await patient.PostAsJsonAsync(new Uri(made.Headers.Location + "/confirm", UriKind.Relative), new { });
        confirmed.EnsureSuccessStatusCode();
        return (check, watch.Elapsed.TotalSeconds);
    }

    /// <summary>Starts the gateway; it stands before this one service.</summary>
    public async Task OpenGatewayAsync()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["services__identity__http__0"] = identity.Address };
        foreach (var name in (string[])["archives", "visits", "surveys", "insights"])
            settings[$"services__{name}__http__0"] = archives.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        gateway = new ServiceProcess(WholeSystem.Built("gateway", "Gateway"), settings, ServiceProcess.FreePort());
        gateway.Launch();
        await Eventually.GetAsync(async () =>
        {
            try
            {
                using var answer = await Gateway.GetAsync(new Uri("/alive", UriKind.Relative));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, alive => alive);
    }

    /// <summary>A token.</summary>
    public string Token(Grant grant) => identity.Token(grant);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (gateway is not null)
            await gateway.DisposeAsync();
        patient.Dispose();
        await archives.DisposeAsync();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
    }
}
