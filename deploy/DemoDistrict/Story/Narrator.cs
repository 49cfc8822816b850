using System.Globalization;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>Tells the story: each step, what it saw, and how long it took.</summary>
/// <param name="to">Where to.</param>
/// <param name="clock">Measures.</param>
internal sealed class Narrator(TextWriter to, TimeProvider clock)
{
    private const int Width = 92;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Steps that went well.</summary>
    public int Steps { get; private set; }

    /// <summary>Begins a chapter.</summary>
    public Task ChapterAsync(string title) => to.WriteLineAsync($"\n{title}");

    /// <summary>Takes a step.</summary>
    /// <param name="what">What is done, and what is expected of it.</param>
    /// <param name="act">Does it; answers with what it saw.</param>
    public Task StepAsync(string what, Func<Task<string>> act) => StepAsync(what, async () => (0, await act()));

    /// <summary>Takes a step that the story goes on with.</summary>
    /// <param name="what">What is done, and what is expected of it.</param>
    /// <param name="act">Does it; answers with what came of it, and with what it saw.</param>
    public async Task<T> StepAsync<T>(string what, Func<Task<(T Result, string Saw)>> act)
    {
        var begin = clock.GetTimestamp();
        try
        {
            var (result, saw) = await act();
            Steps++;
            await to.WriteLineAsync($"  ✓ {what.PadRight(Width)} {Milliseconds(begin),8} ms");
            foreach (var line in saw.Split('\n'))
                await to.WriteLineAsync($"      {line}");
            return result;
        }
        catch
        {
            await to.WriteLineAsync($"  ✗ {what.PadRight(Width)} {Milliseconds(begin),8} ms");
            throw;
        }
    }

    /// <summary>Asks again and again until the answer is right.</summary>
    /// <param name="what">What is waited for.</param>
    /// <param name="ask">Asks.</param>
    /// <param name="isRight">Whether the answer is the one waited for.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The right answer.</returns>
    /// <exception cref="StoryFailedException">It did not come; with the last answer.</exception>
    public async Task<T> UntilAsync<T>(string what, Func<Task<T>> ask, Func<T, bool> isRight, CancellationToken cancel)
    {
        var begin = clock.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isRight(answer))
                return answer;
            var waited = clock.GetElapsedTime(begin);
            Expect.That(waited < Patience, $"Not within {Patience.TotalSeconds} s: {what}. The last answer was\n{answer}");
            // Often at first, so that what is fast is seen to be; then less often, within the gateway's limits.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(10, waited.TotalMilliseconds / 10)), clock, cancel);
        }
    }

    /// <summary>The time since a timestamp of the clock, in whole milliseconds.</summary>
    public string Milliseconds(long begin) =>
        clock.GetElapsedTime(begin).TotalMilliseconds.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>What must be so.</summary>
internal static class Expect
{
    /// <summary>Makes sure that something is as it should be.</summary>
    /// <exception cref="StoryFailedException">It is not.</exception>
    public static void Equal<T>(T expected, T actual, string what) =>
        That(EqualityComparer<T>.Default.Equals(expected, actual), $"{what} should be {expected} and is {actual}.");

    /// <summary>Makes sure that something holds.</summary>
    /// <exception cref="StoryFailedException">It does not.</exception>
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
            throw new StoryFailedException(otherwise);
    }
}
