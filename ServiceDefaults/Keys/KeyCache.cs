using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>An unwrapped key in memory. It does not move there, and is overwritten when its time is over.</summary>
/// <param name="id">Whose key: a student's or district's id; for keys that wrap, a school's or district's.</param>
/// <param name="key">32 bytes, which are moved: the array itself is overwritten.</param>
/// <param name="since">When it was asked of the store, as the clock's timestamp.</param>
internal sealed class CachedKey(Guid id, byte[] key, long since)
{
    private readonly Lock gate = new();
    private readonly byte[] key = Pinned(key);
    private bool wiped;

    public Guid Id { get; } = id;

    public long Since { get; } = since;

    /// <summary>Copies the key, to be overwritten by the caller after use.</summary>
    /// <returns>Whether the key was still there.</returns>
    public bool TryCopyTo(Span<byte> destination)
    {
        lock (gate)
        {
            if (!wiped)
                key.CopyTo(destination);
            return !wiped;
        }
    }

    /// <summary>Overwrites the key.</summary>
    public void Wipe()
    {
        lock (gate)
        {
            wiped = true;
            CryptographicOperations.ZeroMemory(key);
        }
    }

    // The garbage collector would leave copies behind where it moves an array.
    private static byte[] Pinned(byte[] key)
    {
        var pinned = GC.AllocateArray<byte>(key.Length, pinned: true);
        key.CopyTo(pinned, 0);
        CryptographicOperations.ZeroMemory(key);
        return pinned;
    }
}

/// <summary>
/// Unwrapped keys, each for <see cref="Lifetime"/> from when it was taken from the store, however often it is used:
/// so a destroyed key is gone from every process after that time.
/// </summary>
internal sealed class KeyCache : IDisposable
{
    /// <summary>How long a key may be in memory, and so how long an erasure takes to reach the last process.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    // About 2 MB; what is over it is taken from the store again.
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<(Guid Id, int Version), CachedKey> keys = new();
    private readonly TimeProvider clock;
    private readonly ITimer timer;

    public KeyCache(TimeProvider clock)
    {
        this.clock = clock;
        var step = Lifetime / 12;
        timer = clock.CreateTimer(_ => Sweep(), null, step, step);
    }

    /// <summary>How many keys are in memory.</summary>
    public int Count => keys.Count;

    /// <summary>Finds a key.</summary>
    /// <param name="id">The key's id.</param>
    /// <param name="version">The version of a key that wraps others; 0 for one that does not.</param>
    public CachedKey? Find(Guid id, int version = 0)
    {
        if (!keys.TryGetValue((id, version), out var key))
            return null;
        if (IsFresh(key))
            return key;
        Remove((id, version), key);
        return null;
    }

    /// <summary>Keeps a key that was taken from the store just now.</summary>
    /// <returns>The one to use: another request may have been faster.</returns>
    public CachedKey Keep(CachedKey key, int version = 0)
    {
        if (keys.Count >= Most)
            MakeRoom();
        while (true)
        {
            if (Find(key.Id, version) is { } other)
            {
                key.Wipe();
                return other;
            }

            if (keys.TryAdd((key.Id, version), key))
                return key;
        }
    }

    /// <summary>Forgets a key now.</summary>
    public void Remove(Guid id)
    {
        if (keys.TryRemove((id, 0), out var key))
            key.Wipe();
    }

    public void Dispose()
    {
        timer.Dispose();
        foreach (var (name, key) in keys)
            Remove(name, key);
    }

    private bool IsFresh(CachedKey key) => clock.GetElapsedTime(key.Since) < Lifetime;

    private void Sweep()
    {
        foreach (var (name, key) in keys)
        {
            if (!IsFresh(key))
                Remove(name, key);
        }
    }

    // For many at once: an evening on which a district's families answer asks for one key after another, and each look takes all
    // of them.
    private void MakeRoom()
    {
        Sweep();
        foreach (var (name, key) in keys.Take(keys.Count - Most + (Most / 10)))
            Remove(name, key);
    }

    private void Remove((Guid, int) name, CachedKey key)
    {
        keys.TryRemove(KeyValuePair.Create(name, key));
        key.Wipe();
    }
}
