using System.Diagnostics;

namespace HomeSchool.Testing;

/// <summary>Waits for a condition with a limit, instead of sleeping and hoping.</summary>
public static class Eventually
{
    /// <summary>Asks again every 25 ms until the answer satisfies, at most for <paramref name="seconds"/>.</summary>
    /// <returns>The last answer, satisfying or not: assert on it, so that a failure shows what it was.</returns>
    public static async Task<T> GetAsync<T>(Func<Task<T>> ask, Func<T, bool> satisfies, int seconds = 60)
    {
        var limit = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (satisfies(answer) || limit.Elapsed.TotalSeconds > seconds)
                return answer;
            await Task.Delay(25);
        }
    }
}
