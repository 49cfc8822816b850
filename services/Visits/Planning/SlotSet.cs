using System.Numerics;

namespace HomeSchool.Visits.Planning;

/// <summary>A set of a term's slots, one bit each: who is free when.</summary>
public sealed class SlotSet
{
    private const int Bits = 64;

    private readonly ulong[] words;

    private SlotSet(int slots) => words = new ulong[(slots + Bits - 1) / Bits];

    /// <summary>The bits, 64 slots a word, slot 0 the lowest bit of the first; those beyond the last slot are 0.</summary>
    public ReadOnlySpan<ulong> Words => words;

    /// <summary>How many slots are in the set.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in words)
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>Whether a slot is in the set.</summary>
    public bool this[int slot] => (words[slot / Bits] >> (slot % Bits) & 1) != 0;

    /// <summary>No slot.</summary>
    public static SlotSet None(int slots) => new(slots);

    /// <summary>Every slot.</summary>
    public static SlotSet All(int slots)
    {
        var all = new SlotSet(slots);
        for (var slot = 0; slot < slots; slot++)
            all.Add(slot);
        return all;
    }

    /// <summary>Takes a slot in.</summary>
    public void Add(int slot) => words[slot / Bits] |= 1UL << (slot % Bits);

    /// <summary>Takes a slot out.</summary>
    public void Remove(int slot) => words[slot / Bits] &= ~(1UL << (slot % Bits));

    /// <summary>The 64 slots of a word that are in this set and in another, and from <paramref name="first"/> until before
    /// <paramref name="end"/>.</summary>
    public ulong Common(SlotSet other, int word, int first, int end)
    {
        var common = words[word] & other.words[word];
        var start = word * Bits;
        if (first > start)
            common &= ulong.MaxValue << (first - start);
        if (end < start + Bits)
            common &= (1UL << (end - start)) - 1;
        return common;
    }

    /// <summary>Whether any slot from <paramref name="first"/> until before <paramref name="end"/> is in both sets.</summary>
    public bool Meets(SlotSet other, int first, int end)
    {
        for (var word = first / Bits; word * Bits < end; word++)
        {
            if (Common(other, word, first, end) != 0)
                return true;
        }

        return false;
    }
}
