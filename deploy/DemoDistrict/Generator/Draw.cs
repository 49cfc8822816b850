namespace HomeSchool.DemoDistrict.Generator;

/// <summary>
/// A generator of numbers whose sequence is ours (SplitMix64): the same seed gives the same files on every version of .NET,
/// which <see cref="Random"/> does not promise.
/// </summary>
/// <param name="seed">The seed of the district.</param>
/// <param name="stream">Which of the district's independent sequences.</param>
internal sealed class Draw(long seed, int stream)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong state = Mix((ulong)seed + Step) ^ Mix((ulong)stream);

    /// <summary>A number from 0 to <paramref name="count"/> − 1.</summary>
    public int Below(int count) => (int)Math.BigMul(Mix(state += Step), (ulong)count, out _);

    /// <summary>Whether a chance of so many per cent came true.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    /// <summary>One of them.</summary>
    public T Of<T>(IReadOnlyList<T> all) => all[Below(all.Count)];

    /// <summary>One of them, the first ones more often than the last ones.</summary>
    public T OfCommon<T>(IReadOnlyList<T> all) => all[Math.Min(Below(all.Count), Below(all.Count))];

    /// <summary>Puts them into random order.</summary>
    public void Shuffle<T>(T[] all)
    {
        for (var i = all.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (all[i], all[j]) = (all[j], all[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
