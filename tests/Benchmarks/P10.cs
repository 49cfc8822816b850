using System.Diagnostics;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P10: one notice to the 3,000 families of a school, and one to the 500,000 guardians of a district, each sent through the
/// gateway, until every guardian has a receipt and a line in the inbox. Beside it COPY of the very same rows, read before, in one
/// transaction into tables with the same columns, keys and indexes, without row-level security, that nobody asks who is to have
/// them. Both sides keep what earlier rounds wrote. In the end once more with the service killed in the middle and started again:
/// a guardian who has it twice or never ends the run.
/// </summary>
internal static class P10
{
    /// <summary>Where the rows of a notice are.</summary>
    public static readonly string[] Tables = ["receipt", "notification"];

    /// <summary>The notice in each of them.</summary>
    public static readonly string[] Keys = ["post_id", "about_id"];

    private const int Rounds = 5;
    private const int Families = 3_000;
    private const int Schools = 250;

    public static async Task RunAsync()
    {
        await using var system = await NoticedDistrict.StartAsync();
        await SchoolAsync(system);
        await DistrictAsync(system);
    }

    private static async Task SchoolAsync(NoticedDistrict system)
    {
        var district = await system.FillAsync([Families]);
        var school = await Rows.ScalarAsync<Guid>(system.Database, $"SELECT school_id FROM school WHERE district_id = '{district}'");
        List<double> ours = [], copy = [];
        for (var round = -2; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            var post = await system.PublishAsync(district, school);
            await Rows.UntilAsync(() => system.GivenAsync(post), 2 * Families);
            var seconds = watch.Elapsed.TotalSeconds;
            await system.CheckAsync(post, 2 * Families);
            var beside = await BesideAsync(system, post);
            if (round < 0)
                continue; // warm
            ours.Add(seconds);
            copy.Add(beside);
        }

        Figures.Print("P10", "a notice to 3,000 families, COPY", "s", ours, copy, "≤ 2 s");
    }

    private static async Task DistrictAsync(NoticedDistrict system)
    {
        // From 502 to 1,498 children: the last piece of a school is as large as it happens to be.
        int[] children = [.. Enumerable.Range(0, Schools).Select(i => 502 + (4 * i))];
        var guardians = 2 * children.Sum();
        var district = await system.FillAsync(children);
        List<double> accepted = [], ours = [], copy = [], late = [], early = [];
        for (var round = -1; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            var post = await system.PublishAsync(district);
            var milliseconds = watch.Elapsed.TotalMilliseconds;
            var quarters = new List<double>();
            for (var quarter = 1; quarter <= 4; quarter++)
            {
                await Rows.UntilAsync(() => system.GivenAsync(post), guardians * quarter / 4);
                quarters.Add(watch.Elapsed.TotalSeconds);
            }

            await system.CheckAsync(post, guardians);
            var beside = await BesideAsync(system, post);
            if (round < 0)
                continue; // warm
            accepted.Add(milliseconds);
            ours.Add(guardians / quarters[^1]);
            early.Add(guardians / 4 / quarters[0]);
            late.Add(guardians / 4 / (quarters[3] - quarters[2]));
            copy.Add(guardians / beside);
        }

        Figures.Print("P10", $"a notice to {guardians:N0} guardians, accepted", "ms", accepted, "≤ 100 ms");
        Figures.Print("P10", $"a notice to {guardians:N0} guardians, COPY", "guardians/s", ours, copy, "≥ 0.30");
        Figures.Print("P10", "its last quarter, beside its first", "guardians/s", late, early, "steady");
        await KilledAsync(system, district, guardians);
    }

    private static async Task KilledAsync(NoticedDistrict system, Guid district, int guardians)
    {
        var watch = Stopwatch.StartNew();
        var post = await system.PublishAsync(district);
        await Rows.UntilAsync(() => system.GivenAsync(post), guardians / 2);
        await system.Messages.KillAsync();
        var given = await system.GivenAsync(post);
        var down = Stopwatch.StartNew();
        await system.Messages.StartAsync();
        var away = down.Elapsed.TotalSeconds;
        await Rows.UntilAsync(() => system.GivenAsync(post), guardians);
        var seconds = watch.Elapsed.TotalSeconds;
        await system.CheckAsync(post, guardians);
        Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"P10  killed when {given:N0} had it, {away:0.0} s away: all have it after {seconds:0.0} s, none twice, none missing"));
    }

    private static async Task<double> BesideAsync(NoticedDistrict system, Guid post)
    {
        var rows = await system.RowsAsync(post);
        var watch = Stopwatch.StartNew();
        await system.CopyAsync(rows);
        return watch.Elapsed.TotalSeconds;
    }
}
