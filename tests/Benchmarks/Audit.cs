using System.Diagnostics;
using System.Net.Http.Headers;
using HomeSchool.Probe;
using HomeSchool.Testing;

namespace HomeSchool.Benchmarks;

/// <summary>
/// What sealing the audit (ALL-2) costs commands: the same command over HTTP by 16 writers, in a process that seals its audit and in one
/// that does not, each with a database of its own.
/// </summary>
internal static class Audit
{
    private const int Rounds = 7;
    private const int Commands = 6_000;
    private const int Writers = 16;

    private static readonly Guid District = Guid.CreateVersion7();
    private static readonly Uri Facts = new("/api/probe/facts", UriKind.Relative);

    public static async Task RunAsync()
    {
        await using var servers = await Servers.StartAsync();
        await using var identity = await TestIdentity.StartAsync();
        await using var sealing = await StartAsync(true);
        await using var without = await StartAsync(false);
        foreach (var process in (ServiceProcess[])[sealing, without])
            await RateAsync(process, 3_000); // warm

        List<double> ours = [], beside = [];
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(await RateAsync(sealing, Commands));
            beside.Add(await RateAsync(without, Commands));
        }

        Figures.Print("R14", "commands with the audit sealed, 16 writers", "cmd/s", ours, beside, "not measurably below 1");

        async Task<ServiceProcess> StartAsync(bool seals)
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ConnectionStrings__probe-db"] = await servers.CreateDatabaseAsync(),
                ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
                ["services__identity__http__0"] = identity.Address,
                ["Keys__Master"] = "a benchmark's master key, of no value to anybody",
                ["Probe__Seals"] = seals ? "true" : "false",
            };
            var assembly = typeof(ProbeDb).Assembly.Location;
            await ServiceProcess.RunAsync(assembly, "migrate", settings);
            var process = await ServiceProcess.StartAsync(assembly, settings);
            process.Client.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue("Bearer", identity.Token(TestIdentity.DistrictAdmin(District)));
            return process;
        }
    }

    private static async Task<double> RateAsync(ServiceProcess process, int commands)
    {
        var left = commands;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using var answer = await process.Client.PostAsJsonAsync(Facts, new Fact(Guid.CreateVersion7(), District, Guid.CreateVersion7()));
                answer.EnsureSuccessStatusCode();
            }
        }));
        return commands / watch.Elapsed.TotalSeconds;
    }
}
