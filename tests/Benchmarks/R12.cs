using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>
/// R12: three times as many answers come through the gateway as can be taken, open loop, for ten minutes (or
/// <c>HOMESCHOOL_SECONDS</c>). A family that is refused comes again later. What can be taken is measured before and after, by 64
/// connections that never rest. Anything but an answer that is stored, or a refusal that says when to come again, ends the run.
/// </summary>
internal static class R12
{
    private const int Connections = 64;
    private const double Times = 3;
    private const int MostUnderWay = 15_000; // below what the gateway lets in
    private const int Sample = 50;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static async Task RunAsync()
    {
        var seconds = int.Parse(Environment.GetEnvironmentVariable("HOMESCHOOL_SECONDS") ?? "600", CultureInfo.InvariantCulture);
        var folder = Directory.CreateTempSubdirectory("homeschool-batches-").FullName;
        await using var issuer = await TestIdentity.StartAsync();
        await using var system = await WholeSystem.StartAsync(
            ("services__identity__http__0", issuer.Address), // tokens of the benchmark's own
                                                             // One address sends all: its own limit is not what is measured.
            ("Gateway__AddressPerMinute", "100000000"), ("Gateway__AddressBurst", "1000000"), ("Surveys__BatchKeys", folder));
        await using var surveys = NpgsqlDataSource.Create(system.Databases["Surveys"]);
        var evening = await SurveyEvening.StartAsync(system, surveys, issuer);
        await PeakAsync(); // warming up
        List<double> peaks = [await PeakAsync(), await PeakAsync()];

        var perSecond = Times * Figures.Median(peaks);
        var open = await evening.OpenAsync(
            SurveyPrivacy.Confidential, 1 + (int)Math.Ceiling(1.2 * perSecond / Times * seconds / SurveyEvening.Families));
        var before = await StoredAsync();
        var load = new Load(system.Gateway, open.Links, evening.Body);
        var (gateway, service) = (new List<double>(), new List<double>());
        var running = load.RunAsync(perSecond, seconds);
        for (var part = 0; part <= 2; part++)
        {
            gateway.Add(P11.ProportionalMegabytes(system.Parts["Gateway"].Id));
            service.Add(P11.ProportionalMegabytes(system.Parts["Surveys"].Id));
            if (part < 2)
                await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(0.5 * seconds) - TimeSpan.FromSeconds(part)));
        }

        await running;
        var stored = await StoredAsync() - before;
        Console.WriteLine($"R12  answers sent: {string.Join(", ", load.Statuses.OrderBy(one => one.Key, StringComparer.Ordinal)
            .Select(one => $"{one.Value} × {one.Key}"))}; of each {Sample}th refusal: {string.Join(", ", load.Codes
            .OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Value} × {one.Key}"))}");
        Figures.Print("R12", $"answers at {Times:0} × of what can be taken, {seconds} s", "offered/s", [load.Offered], $"{perSecond:0}");
        Figures.Print("R12", "until it was taken, p50", "ms", [Figures.Median(load.Milliseconds)], "–");
        Figures.Print("R12", "until it was taken, p99", "ms", [Figures.Percentile(load.Milliseconds, 99)], "–");
        Figures.Print("R12", "until it was refused, p99", "ms", [Figures.Percentile(load.RefusedMilliseconds, 99)], "–");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"R12  memory (PSS) at the start, in the middle, at the end: gateway {string.Join(", ", gateway.Select(Megabytes))} MB, "
            + $"Surveys {string.Join(", ", service.Select(Megabytes))} MB; under way at most {load.MostUnderWay}"));
        Rows.MustBe(stored, load.Taken, "stored answers");
        if (load.Statuses.Keys.FirstOrDefault(status => status is not (Load.IsTaken or "429 with Retry-After" or "503 with Retry-After"))
            is { } wrong)
        {
            throw new InvalidOperationException($"{load.Statuses[wrong]} answers got {wrong}.");
        }

        peaks.AddRange([await PeakAsync(), await PeakAsync()]);
        Figures.Print("R12", "taken, beside what can be taken", "answers/s", [load.Goodput], peaks, "≥ 90 %");
        Directory.Delete(folder, recursive: true);

        Task<long> StoredAsync() => Rows.ScalarAsync<long>(surveys, "SELECT count(*) FROM answer");

        async Task<double> PeakAsync()
        {
            var asked = await evening.OpenAsync(SurveyPrivacy.Confidential, 1);
            var watch = Stopwatch.StartNew();
            await ClosedLoop.RunAsync(asked.Links.Count, Connections, async i =>
            {
                using var answer = await system.Gateway.PostAsync(asked.Links[i], evening.Body(i));
                answer.EnsureSuccessStatusCode();
            });
            return asked.Links.Count / watch.Elapsed.TotalSeconds;
        }
    }

    private static string Megabytes(double size) => size.ToString("0", CultureInfo.InvariantCulture);

    /// <summary>Families who answer at a rate, whatever becomes of those before them.</summary>
    private sealed class Load(HttpClient gateway, IReadOnlyList<Uri> links, Func<int, HttpContent> body)
    {
        public const string IsTaken = "204";

        private readonly ConcurrentQueue<int> waiting = new(Enumerable.Range(0, links.Count));
        private readonly ConcurrentQueue<double> taken = new();
        private readonly ConcurrentQueue<double> refused = new();
        private int underWay;
        private int good;
        private long refusals;
        private bool isCounting;

        public ConcurrentDictionary<string, int> Statuses { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, int> Codes { get; } = new(StringComparer.Ordinal);

        public IReadOnlyCollection<double> Milliseconds => taken;

        public IReadOnlyCollection<double> RefusedMilliseconds => refused;

        /// <summary>Requests a second that were really sent.</summary>
        public double Offered { get; private set; }

        /// <summary>Answers a second that were taken while three times as many came.</summary>
        public double Goodput { get; private set; }

        public int MostUnderWay { get; private set; }

        public int Taken => taken.Count;

        public async Task RunAsync(double perSecond, int seconds)
        {
            var begin = Stopwatch.GetTimestamp();
            var sent = 0L;
            TimeSpan elapsed;
            while ((elapsed = Stopwatch.GetElapsedTime(begin)).TotalSeconds < seconds)
            {
                Volatile.Write(ref isCounting, elapsed >= WarmUp);
                for (var due = (long)(elapsed.TotalSeconds * perSecond); sent < due; sent++)
                {
                    if (!waiting.TryDequeue(out var family))
                        throw new InvalidOperationException("More was taken than there are families: open more surveys.");
                    if (Interlocked.Increment(ref underWay) > R12.MostUnderWay)
                        throw new InvalidOperationException($"{underWay} requests are under way: nobody refuses them.");
                    _ = SendAsync(family);
                }

                MostUnderWay = Math.Max(MostUnderWay, Volatile.Read(ref underWay));
                await Task.Delay(1);
            }

            Volatile.Write(ref isCounting, false);
            Offered = sent / elapsed.TotalSeconds;
            Goodput = good / (elapsed - WarmUp).TotalSeconds;
            await Rows.UntilAsync(() => Task.FromResult(-(long)Volatile.Read(ref underWay)), 0);
        }

        private async Task SendAsync(int family)
        {
            string status;
            try
            {
                var begin = Stopwatch.GetTimestamp();
                using var answer = await gateway.PostAsync(links[family], body(family));
                var took = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
                if (answer.StatusCode == HttpStatusCode.NoContent)
                {
                    status = IsTaken;
                    taken.Enqueue(took);
                    if (Volatile.Read(ref isCounting))
                        Interlocked.Increment(ref good);
                }
                else
                {
                    status = $"{(int)answer.StatusCode} {(answer.Headers.RetryAfter is null ? "without" : "with")} Retry-After";
                    refused.Enqueue(took);
                    waiting.Enqueue(family);
                    if (Interlocked.Increment(ref refusals) % Sample == 0)
                        Count(Codes, (await answer.Content.ReadFromJsonAsync<Refused>())!.Code);
                }
            }
            catch (Exception e)
            {
                status = e.GetBaseException().Message;
            }

            Count(Statuses, status);
            Interlocked.Decrement(ref underWay);
        }

        private static void Count(ConcurrentDictionary<string, int> counts, string of) =>
            counts.AddOrUpdate(of, 1, static (_, count) => count + 1);
    }

    private sealed record Refused(string Code);
}
