using System.Globalization;

namespace HomeSchool.Benchmarks;

/// <summary>Medians and spreads: these machines are noisy, so one run alone says nothing.</summary>
internal static class Figures
{
    public static double Percentile(IReadOnlyCollection<double> values, double percent)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(percent / 100 * sorted.Length))];
    }

    public static double Median(IReadOnlyCollection<double> values) => Percentile(values, 50);

    /// <summary>One line: name, median and spread of both sides, ratio of the medians.</summary>
    public static void Print(string row, string what, string unit, IReadOnlyCollection<double> ours, IReadOnlyCollection<double> beside, string goal) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row,-4} {what,-44} ours {Spread(ours)} {unit,-9} beside {Spread(beside)} {unit,-9} ratio {Median(ours) / Median(beside):0.00}  goal {goal}"));

    /// <summary>One line for a figure with a goal of its own.</summary>
    public static void Print(string row, string what, string unit, IReadOnlyCollection<double> ours, string goal) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{row,-4} {what,-44} ours {Spread(ours)} {unit,-9} goal {goal}"));

    private static string Spread(IReadOnlyCollection<double> values) => string.Create(
        CultureInfo.InvariantCulture, $"{Median(values):0.#} ({values.Min():0.#}–{values.Max():0.#})");
}

/// <summary>Does something at fixed times, whether or not the earlier ones are done: what waits is seen as waiting.</summary>
internal static class OpenLoop
{
    /// <summary>Starts <paramref name="action"/> so many times a second.</summary>
    public static async Task RunAsync(double perSecond, int count, Func<int, Task> action)
    {
        var begin = System.Diagnostics.Stopwatch.GetTimestamp();
        var running = new List<Task>(count);
        for (var i = 0; i < count; i++)
        {
            var due = TimeSpan.FromSeconds(i / perSecond);
            var wait = due - System.Diagnostics.Stopwatch.GetElapsedTime(begin);
            if (wait > TimeSpan.FromMilliseconds(1))
                await Task.Delay(wait);
            running.Add(action(i));
        }

        await Task.WhenAll(running);
    }
}

/// <summary>Does something as often as it can: what is asked waits for nobody but those before it.</summary>
internal static class ClosedLoop
{
    /// <summary>Each worker takes the next one when it is done with one.</summary>
    public static Task RunAsync(int count, int workers, Func<int, Task> action)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, workers).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
                await action(i);
        }));
    }
}
