using System.Diagnostics;
using HomeSchool.DemoDistrict.Generator;

namespace HomeSchool.DemoDistrict;

/// <summary>Writes a fictional district's roster to a file.</summary>
internal static class GenerateCommand
{
    public static readonly IReadOnlyList<string> Options =
        ["--seed", "--schools", "--students-per-school", "--school-year", "--subject-classes"];

    /// <summary>What the options ask for.</summary>
    public static DistrictPlan Plan(Arguments arguments, TimeProvider clock)
    {
        var today = DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
        return new DistrictPlan(
            arguments.Number("--seed", 1, long.MinValue, long.MaxValue),
            (int)arguments.Number("--schools", 4, 1, DistrictPlan.MostSchools),
            (int)arguments.Number("--students-per-school", 540, DistrictPlan.FewestStudents, DistrictPlan.MostStudents),
            new SchoolYear((int)arguments.Number("--school-year", SchoolYear.At(today).Begins, 2000, 2099)),
            arguments.YesOrNo("--subject-classes", fallback: true));
    }

    public static void Run(string[] args, TimeProvider clock, CancellationToken cancel)
    {
        var arguments = new Arguments(args, [.. Options, "--out"]);
        var path = arguments.Text("--out") ?? throw new UsageException("--out FILE says where to.");
        var started = Stopwatch.GetTimestamp();
        IReadOnlyDictionary<string, int> rows;
        using (var file = File.Create(path))
            rows = RosterZip.Write(Plan(arguments, clock), file, cancel);
        foreach (var (name, count) in rows)
            Console.WriteLine($"{name + ".csv",-21}{count,12:N0} rows");
        Console.WriteLine($"{path}: {new FileInfo(path).Length:N0} bytes, {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
    }
}
