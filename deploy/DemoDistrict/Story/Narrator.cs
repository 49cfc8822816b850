using System.Globalization;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>Tells the story: each step, what it saw, and how long it took.</summary>
/// <param name="to">Where to.</param>
/// <param name="clock">Measures.</param>
internal sealed class Narrator(TextWriter to, TimeProvider clock)
{
    private const int Width = 88;

    /// <summary>Steps that went well.</summary>
    public int Steps { get; private set; }

    /// <summary>Begins a chapter.</summary>
    public Task ChapterAsync(string title) => to.WriteLineAsync($"{Environment.NewLine}{title}");

    /// <summary>Takes a step.</summary>
    /// <param name="what">What is done, and what is expected of it.</param>
    /// <param name="act">Does it; answers with what it saw.</param>
    public async Task StepAsync(string what, Func<Task<string>> act)
    {
        var begin = clock.GetTimestamp();
        try
        {
            var saw = await act();
            Steps++;
            await to.WriteLineAsync($"  ✓ {what.PadRight(Width)} {Milliseconds(begin),8} ms");
            foreach (var line in saw.Split('\n'))
                await to.WriteLineAsync($"      {line}");
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
    /// <param name="seconds">How long to wait.</param>
    /// <returns>The right answer.</returns>
    /// <exception cref="StoryFailedException">It did not come; with the last answer.</exception>
    public async Task<T> UntilAsync<T>(
        string what, Func<Task<T>> ask, Func<T, bool> isRight, CancellationToken cancel, int seconds = 60)
    {
        var begin = clock.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isRight(answer))
                return answer;
            if (clock.GetElapsedTime(begin).TotalSeconds > seconds)
                throw new StoryFailedException($"Not within {seconds} s: {what}. The last answer was{Environment.NewLine}{answer}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), clock, cancel);
        }
    }

    /// <summary>The time since a timestamp of the clock, in whole milliseconds.</summary>
    public string Milliseconds(long begin) => clock.GetElapsedTime(begin).TotalMilliseconds.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>What must be so.</summary>
internal static class Expect
{
    /// <summary>Makes sure that something is as it should be.</summary>
    /// <exception cref="StoryFailedException">It is not.</exception>
    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new StoryFailedException($"{what} should be {expected} and is {actual}.");
    }

    /// <summary>Makes sure that something holds.</summary>
    /// <exception cref="StoryFailedException">It does not.</exception>
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
            throw new StoryFailedException(otherwise);
    }
}
