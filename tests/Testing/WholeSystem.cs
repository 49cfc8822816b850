using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace HomeSchool.Testing;

/// <summary>Every service and the gateway as processes, with databases and queues of their own: a district on one machine.</summary>
public sealed class WholeSystem : IAsyncDisposable
{
    /// <summary>The master key of all parts.</summary>
    public const string MasterKey = "a test's master key, of no value to anybody";

    private static readonly string[] Services = ["Identity", "Archives", "Visits", "Surveys", "Insights", "Activities", "Messages"];

    private readonly Servers servers;
    private readonly string files = Directory.CreateTempSubdirectory("homeschool-files-").FullName;
    private readonly Dictionary<string, Dictionary<string, string>> settings = new(StringComparer.Ordinal);

    private WholeSystem(Servers servers) => this.servers = servers;

    /// <summary>The processes by name; the gateway is <c>Gateway</c>.</summary>
    public Dictionary<string, ServiceProcess> Parts { get; } = new(StringComparer.Ordinal);

    /// <summary>Speaks to the gateway.</summary>
    public HttpClient Gateway => Parts["Gateway"].Client;

    /// <summary>The connection strings of the services' databases, as the administrator, by the service's name; the key store's is
    /// <c>Keys</c>.</summary>
    public Dictionary<string, string> Databases { get; } = new(StringComparer.Ordinal);

    /// <summary>The broker's address.</summary>
    public string RabbitMq => servers.RabbitMq;

    /// <summary>How long it took from starting all processes at once until the last one was healthy.</summary>
    public TimeSpan StartUp { get; private set; }

    /// <summary>Makes databases, migrates, starts everything at once and waits until all of it is healthy.</summary>
    /// <param name="more">Settings for all parts beside the usual ones.</param>
    public static async Task<WholeSystem> StartAsync(params (string Name, string Value)[] more)
    {
        var system = new WholeSystem(await Servers.StartAsync());
        try
        {
            await system.PrepareAsync(more);
            var watch = Stopwatch.StartNew();
            foreach (var part in system.Parts.Values)
                part.Launch();
            await Task.WhenAll(system.Parts.Values.Select(part => part.WaitUntilHealthyAsync()));
            system.StartUp = watch.Elapsed;
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a step of a service, e.g. <c>first-admin</c>.</summary>
    /// <returns>What it printed.</returns>
    public Task<string> RunAsync(string service, string step) =>
        ServiceProcess.RunAsync(AssemblyOf(service), step, settings[service]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var part in Parts.Values)
            await part.DisposeAsync();
        await servers.DisposeAsync();
        Directory.Delete(files, recursive: true);
    }

    private async Task PrepareAsync((string Name, string Value)[] more)
    {
        Databases["Keys"] = await servers.CreateDatabaseAsync();
        var common = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__keys-db"] = Databases["Keys"],
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["Keys__Master"] = MasterKey,
            ["Files__Folder"] = files,
        };
        var ports = Services.Append("Gateway").ToDictionary(name => name, _ => ServiceProcess.FreePort(), StringComparer.Ordinal);
        foreach (var (name, port) in ports)
            common[$"services__{Lower(name)}__http__0"] = $"http://127.0.0.1:{port}";
        common["PublicUrl"] = $"http://127.0.0.1:{ports["Gateway"]}";
        foreach (var (name, value) in more)
            common[name] = value;

        foreach (var name in Services)
        {
            Databases[name] = await servers.CreateDatabaseAsync();
            settings[name] = new(common, StringComparer.Ordinal) { [$"ConnectionStrings__{Lower(name)}-db"] = Databases[name] };
        }

        settings["Gateway"] = common;
        // All migrations before anything starts: what is published to an exchange without a queue is lost without an error.
        await Parallel.ForEachAsync(Services, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (name, cancel) =>
            await ServiceProcess.RunAsync(AssemblyOf(name), "migrate", settings[name], cancel));
        foreach (var (name, port) in ports)
            Parts[name] = new ServiceProcess(AssemblyOf(name), settings[name], port);
    }

    private static string Lower(string name) => name.ToLowerInvariant();

    /// <summary>The clone's folder.</summary>
    public static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    /// <summary>A program in its own folder, with its own files beside it, as it is deployed; built like the test itself.</summary>
    public static string Built(string folder, string name) => Path.Combine(
        Root(), folder, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", name + ".dll");

    private static string AssemblyOf(string name) => Built(name == "Gateway" ? "gateway" : $"services/{name}", name);
}
