using System.Diagnostics;
using System.Globalization;
using HomeSchool.Testing;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P11: all parts started at once from what is built (database and broker run, migrations done) until the last is healthy, and
/// the memory of the .NET processes after one warm call each; beside as many bare Kestrel processes started at once.
/// </summary>
internal static class P11
{
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        List<double> oursSeconds = [], bareSeconds = [], oursMemory = [], bareMemory = [];
        for (var round = 0; round < Rounds; round++)
        {
            await using (var system = await WholeSystem.StartAsync())
            {
                oursSeconds.Add(system.StartUp.TotalSeconds);
                foreach (var part in system.Parts.Values)
                    await WarmAsync(part.Client);
                oursMemory.Add(system.Parts.Values.Sum(part => ProportionalMegabytes(part.Id)));
            }

            var (seconds, megabytes) = await BareAsync(processes: 6);
            bareSeconds.Add(seconds);
            bareMemory.Add(megabytes);
        }

        Figures.Print("P11", "start of the whole system, 6 processes", "s", oursSeconds, bareSeconds, "≤ 2.5 ×, ≤ 20 s");
        Figures.Print("P11", "memory after a warm call each (sum of PSS)", "MB", oursMemory, bareMemory, "≤ 2.5 ×");
    }

    private static async Task<(double Seconds, double Megabytes)> BareAsync(int processes)
    {
        var bare = new List<(Process Process, HttpClient Client)>();
        var watch = Stopwatch.StartNew();
        try
        {
            foreach (var _ in Enumerable.Range(0, processes))
            {
                var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ServiceProcess.FreePort()}");
                var start = new ProcessStartInfo("dotnet", [typeof(Bare).Assembly.Location, "bare", url]);
                bare.Add((Process.Start(start)!, new HttpClient { BaseAddress = new Uri(url) }));
            }

            await Task.WhenAll(bare.Select(part => Eventually.GetAsync(() => AnswersAsync(part.Client), answers => answers)));
            var seconds = watch.Elapsed.TotalSeconds;
            foreach (var (_, client) in bare)
                await WarmAsync(client);
            return (seconds, bare.Sum(part => ProportionalMegabytes(part.Process.Id)));
        }
        finally
        {
            foreach (var (process, client) in bare)
            {
                process.Kill();
                process.Dispose();
                client.Dispose();
            }
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("/health", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static Task<bool> WarmAsync(HttpClient client) => AnswersAsync(client);

    /// <summary>Memory of a process, shared pages in part: what it adds to the machine.</summary>
    public static double ProportionalMegabytes(int process) =>
        File.ReadLines($"/proc/{process}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] is { } kilobytes
            ? double.Parse(kilobytes, CultureInfo.InvariantCulture) / 1024
            : 0;
}
