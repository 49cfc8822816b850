using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>Whom a value is about: its keys are needed to open it, and destroying one of them erases the value.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school that wraps the key of a student who has none yet; without one, the district does.</param>
/// <param name="StudentIds">The students, 1–255; siblings share what is written about them together.</param>
public sealed record Subject(Guid DistrictId, Guid? SchoolId, params IReadOnlyCollection<Guid> StudentIds);

/// <summary>
/// Keeps what is sensitive (ARC-7, VIS-10) as ciphertext: AES-256-GCM under a key of the student, wrapped by a key of the school,
/// wrapped by the master key. Wrapped keys are in a database of their own (<c>ConnectionStrings:keys-db</c>), unwrapped ones in
/// memory for at most a minute: with a student's key there, sealing and opening cost microseconds; without, one round trip.
/// </summary>
public sealed class KeyVault : IAsyncDisposable
{
    private const int KeySize = 32;

    private readonly KeyStore store;
    private readonly KeyLookups lookups;
    private readonly KeyProviders masters;
    private readonly KeyCache cache;
    private readonly TimeProvider clock;

    // As they are stored, so nothing secret: a student's first key takes no look at the school's.
    private readonly ConcurrentDictionary<Guid, WrappingKeyRow> wrappingKeys = [];

    internal KeyVault(KeyStore store, KeyProviders masters, TimeProvider clock)
    {
        (this.store, this.masters, this.clock) = (store, masters, clock);
        (cache, lookups) = (new KeyCache(clock), new KeyLookups(store));
    }

    /// <summary>How many unwrapped keys are in memory.</summary>
    internal int Cached => cache.Count;

    /// <summary>Seals a value. A student who has no key gets one.</summary>
    /// <returns>The value and 30 bytes, and 16 more a student; <see langword="null"/> when the key of one of them is
    /// destroyed.</returns>
    public async ValueTask<byte[]?> SealAsync(Subject about, Place place, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        var students = StudentsOf(about);
        while (true)
        {
            if (await KeysAsync(students, about, cancel) is not { } keys)
                return null;
            if (SealedValue.Seal(keys, about.DistrictId, place, value.Span) is { } result)
                return result;
        }
    }

    /// <summary>Opens a sealed value.</summary>
    /// <returns>The value; <see langword="null"/> when it is erased: a student's key that it needs is destroyed.</returns>
    /// <exception cref="TamperedValueException">It was changed, or sealed for another district, table, column or row.</exception>
    /// <exception cref="InvalidOperationException">The key store has never had its key: the store is not the one it was sealed
    /// with, or was restored from an older copy.</exception>
    public async ValueTask<byte[]?> OpenAsync(
        Guid district, Place place, ReadOnlyMemory<byte> sealedValue, CancellationToken cancel)
    {
        if (!SealedValue.IsWellFormed(sealedValue.Span))
            throw new TamperedValueException(place);
        var ids = SealedValue.KeysOf(sealedValue.Span);
        while (true)
        {
            if (await KeysAsync(ids, null, cancel) is not { } keys)
                return null;
            if (SealedValue.Open(keys, district, place, sealedValue.Span) is { } result)
                return result;
        }
    }

    /// <summary>Seals a stream of any length, chunk by chunk, as <see cref="SealAsync(Subject, Place, ReadOnlyMemory{byte},
    /// CancellationToken)"/> seals a value.</summary>
    /// <param name="about">Whom it is about.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="value">What to seal; read to its end.</param>
    /// <param name="sealedValue">Gets the sealed bytes.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns><see langword="false"/> when the key of one of the students is destroyed: then nothing was read or written.</returns>
    public async Task<bool> SealAsync(
        Subject about, Place place, Stream value, Stream sealedValue, CancellationToken cancel)
    {
        var students = StudentsOf(about);
        while (true)
        {
            if (await KeysAsync(students, about, cancel) is not { } keys)
                return false;
            var header = SealedStream.Header(keys);
            using var cipher = SealedStream.Cipher(keys, header, about.DistrictId, place);
            if (cipher is null)
                continue;
            await sealedValue.WriteAsync(header, cancel);
            await cipher.EncryptAsync(value, sealedValue, cancel);
            return true;
        }
    }

    /// <summary>Opens a sealed stream.</summary>
    /// <param name="district">The district.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="sealedValue">The sealed bytes, at their beginning, of known length; left open.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The value, to be read asynchronously; <see langword="null"/> when it is erased. Reading throws
    /// <see cref="CryptographicException"/> where it was changed or cut off: only who reads to the end has all of it.</returns>
    /// <exception cref="CryptographicException">These bytes are not a sealed stream.</exception>
    /// <exception cref="InvalidOperationException">The key store has never had its key.</exception>
    public async Task<Stream?> OpenAsync(Guid district, Place place, Stream sealedValue, CancellationToken cancel)
    {
        var header = await SealedStream.ReadHeaderAsync(sealedValue, cancel);
        var ids = SealedStream.KeysOf(header);
        while (true)
        {
            if (await KeysAsync(ids, null, cancel) is not { } keys)
                return null;
            if (SealedStream.Cipher(keys, header, district, place) is { } cipher)
                return new ChunkReader(cipher, sealedValue);
        }
    }

    /// <summary>Makes the keys of students who have none, all in one commit, so that whoever seals something about one of them
    /// first need not make it. The erased get none.</summary>
    /// <param name="district">The district.</param>
    /// <param name="school">The school that wraps the keys.</param>
    /// <param name="students">The students.</param>
    /// <param name="cancel">Gives up; keys that were made stay.</param>
    public async Task PrepareAsync(Guid district, Guid school, IReadOnlyCollection<Guid> students, CancellationToken cancel)
    {
        var about = new Subject(district, school);
        while (await store.MissingAsync([.. students.Distinct()], cancel) is { Length: > 0 } missing)
        {
            foreach (var (_, key) in await MakeAsync(missing, about, cancel))
                CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Takes the keys of many values from the store in one round trip, before they are opened one by one.</summary>
    public async Task FetchAsync(IEnumerable<byte[]> sealedValues, CancellationToken cancel)
    {
        // What is no sealed value fails when it is opened, which knows where it stands.
        var ids = sealedValues.Where(value => SealedValue.IsWellFormed(value)).SelectMany(value => SealedValue.KeysOf(value))
            .Distinct().Where(id => cache.Find(id) is null);
        if (ids.ToArray() is not { Length: > 0 } missing)
            return;
        var since = clock.GetTimestamp();
        foreach (var row in await lookups.FindAsync(missing, cancel))
        {
            if (row.Wrapped is not null)
                Unwrap(row, since);
        }
    }

    /// <summary>
    /// What stands for a value in a blind index: equal for equal values of one column of one district, and telling nothing
    /// without the district's key. Bring the value into one form first (case, spaces, width).
    /// </summary>
    /// <returns>32 bytes.</returns>
    public async ValueTask<byte[]> BlindIndexAsync(
        Guid district, string table, string column, string value, CancellationToken cancel)
    {
        var place = Encoding.UTF8.GetBytes($"{table.Length}:{table}{column.Length}:{column}{value}");
        var key = new byte[KeySize];
        while (true)
        {
            var keys = await KeysAsync([district], new Subject(district, null), cancel)
                ?? throw new InvalidOperationException($"The key of district {district} is destroyed.");
            if (!keys[0].TryCopyTo(key))
                continue;
            var index = HMACSHA256.HashData(key, place);
            CryptographicOperations.ZeroMemory(key);
            return index;
        }
    }

    /// <summary>
    /// Destroys a student's key: everything that was sealed for the student stays unreadable, in every copy of every service's
    /// database, and nothing can be sealed any more. Other processes may have the key in memory for up to a minute.
    /// </summary>
    /// <returns>Whether it was not destroyed before.</returns>
    public async Task<bool> EraseAsync(Guid district, Guid student, CancellationToken cancel)
    {
        var done = await store.DestroyAsync(student, district, cancel);
        cache.Remove(student);
        return done;
    }

    /// <summary>The students of a district whose keys are destroyed.</summary>
    public async Task<IReadOnlyList<Guid>> ErasedAsync(Guid district, CancellationToken cancel) =>
        await store.DestroyedAsync(district, cancel);

    /// <summary>
    /// Wraps the keys of all schools and districts by the newest master key that this service is given; students' keys and what
    /// they seal stay as they are. Reads and writes go on, in all services that are given both master keys.
    /// </summary>
    /// <returns>How many keys were wrapped anew.</returns>
    public Task<int> RotateMasterAsync(CancellationToken cancel) => store.ChangeMasterAsync(
        masters.Newest.KeyId,
        row => Spend(masters.Need(row.MasterKeyId).Unwrap(row.Wrapped, Whose(row)), key => masters.Newest.Wrap(key, Whose(row))),
        cancel);

    /// <summary>Replaces the key of a school or district and wraps its students' keys anew; reads and writes go on.</summary>
    /// <returns>How many keys were wrapped anew; <see langword="null"/> when there is no such key.</returns>
    public async Task<int?> RotateAsync(Guid schoolOrDistrict, CancellationToken cancel)
    {
        var next = new byte[KeySize];
        try
        {
            return await store.ReplaceAsync(
                schoolOrDistrict,
                (row, master) =>
                {
                    RandomNumberGenerator.Fill(next);
                    return (
                        new WrappingKeyRow(
                            row.Id, row.DistrictId, row.Version + 1, master, masters.Need(master).Wrap(next, Whose(row))),
                        data => Spend(
                            Unwrapped(data, clock.GetTimestamp()),
                            key => Gcm.Encrypt(next, key, Whose(data.Id, data.DistrictId))));
                },
                cancel);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(next);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        cache.Dispose();
        return store.DisposeAsync();
    }

    private static Guid[] StudentsOf(Subject about)
    {
        ArgumentNullException.ThrowIfNull(about);
        Guid[] students = [.. about.StudentIds.Distinct().Order()];
        return students.Length > 0
            ? students
            : throw new ArgumentException("Nobody's key can seal what is about nobody.", nameof(about));
    }

    // The keys in the order of their ids, or null when one of them is destroyed.
    private async ValueTask<CachedKey[]?> KeysAsync(Guid[] ids, Subject? makeFor, CancellationToken cancel)
    {
        var keys = Array.ConvertAll(ids, id => cache.Find(id));
        while (Missing() is { Length: > 0 } missing)
        {
            var since = clock.GetTimestamp();
            var rows = await lookups.FindAsync(missing, cancel);
            if (rows.Exists(row => row.Wrapped is null))
                return null;
            foreach (var row in rows)
                keys[Array.IndexOf(ids, row.Id)] = Unwrap(row, since);
            if (Missing() is { Length: > 0 } without)
            {
                foreach (var (id, key) in await MakeAsync(without, makeFor ?? throw Unknown(without[0]), cancel))
                    keys[Array.IndexOf(ids, id)] = cache.Keep(new CachedKey(id, key, since));
            }
        }

        return keys!;

        Guid[] Missing() => [.. ids.Where((_, i) => keys[i] is null)];
    }

    // Fewer than are asked for when another process was faster, none when a rotation came between: then the store knows better.
    private async Task<List<(Guid Id, byte[] Key)>> MakeAsync(Guid[] ids, Subject about, CancellationToken cancel)
    {
        var since = clock.GetTimestamp();
        var by = await WrappingKeyAsync(about.SchoolId ?? about.DistrictId, about.DistrictId, cancel);
        var keys = Array.ConvertAll(ids, id => (Id: id, Key: RandomNumberGenerator.GetBytes(KeySize)));
        var wrapped = Array.ConvertAll(
            keys, made => With(by, since, wrapping => Gcm.Encrypt(wrapping, made.Key, Whose(made.Id, about.DistrictId))));
        var added = await store.AddAsync(about.DistrictId, ids, wrapped, by, cancel);
        if (added.Count == 0)
            wrappingKeys.TryRemove(by.Id, out _);
        var result = new List<(Guid, byte[])>(added.Count);
        foreach (var made in keys)
        {
            if (added.Contains(made.Id))
                result.Add(made);
            else
                CryptographicOperations.ZeroMemory(made.Key);
        }

        return result;
    }

    private async ValueTask<WrappingKeyRow> WrappingKeyAsync(Guid id, Guid district, CancellationToken cancel)
    {
        if (wrappingKeys.TryGetValue(id, out var known))
            return known;
        while (true)
        {
            if (await store.FindWrappingKeyAsync(id, cancel) is { } found)
                return wrappingKeys[id] = found;
            var master = masters.Need(await store.MasterAsync(masters.Newest.KeyId, cancel));
            var made = new WrappingKeyRow(id, district, Version: 1, master.KeyId, []);
            var wrapped = Spend(RandomNumberGenerator.GetBytes(KeySize), key => master.Wrap(key, Whose(made)));
            await store.AddAsync(made with { Wrapped = wrapped }, cancel);
        }
    }

    private CachedKey Unwrap(DataKeyRow row, long since) => cache.Keep(new CachedKey(
        row.Id, Unwrapped(row, since), since));

    private byte[] Unwrapped(DataKeyRow row, long since) =>
        With(row.By!, since, key => Gcm.Decrypt(key, row.Wrapped, Whose(row.Id, row.DistrictId)));

    // Lends the key of a school or district; it is kept for a while, since a master key may be in a slow device.
    private byte[] With(WrappingKeyRow row, long since, Func<byte[], byte[]> use)
    {
        var copy = new byte[KeySize];
        while (true)
        {
            var key = cache.Find(row.Id, row.Version) ?? cache.Keep(
                new CachedKey(row.Id, masters.Need(row.MasterKeyId).Unwrap(row.Wrapped, Whose(row)), since), row.Version);
            if (key.TryCopyTo(copy))
                return Spend(copy, use);
        }
    }

    // Uses a key, and overwrites it whatever happens.
    private static byte[] Spend(byte[] key, Func<byte[], byte[]> use)
    {
        try
        {
            return use(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    // What a wrapped key is bound to: moved to another row, it does not unwrap.
    private static byte[] Whose(WrappingKeyRow row) =>
        [.. "wrapping_key"u8, .. row.Id.ToByteArray(), .. row.DistrictId.ToByteArray()];

    private static byte[] Whose(Guid id, Guid district) => [.. "data_key"u8, .. id.ToByteArray(), .. district.ToByteArray()];

    private static InvalidOperationException Unknown(Guid id) => new(
        $"密钥库中没有 {id} 的密钥：该库不是当时使用的库，或由较旧的备份恢复。"
        + $"The key store has no key of {id}: it is not the store that was used, or was restored from an older copy.");
}

/// <summary>A sealed value was changed, or stands where it was not sealed for. The message names the place.</summary>
public sealed class TamperedValueException(Place place, CryptographicException? why = null)
    : CryptographicException($"The sealed value of {place.Table}.{place.Column} {place.Row} was changed, or is another one's.", why);

/// <summary>Gives a service the vault.</summary>
public static class KeyVaultExtensions
{
    /// <summary>Adds <see cref="KeyVault"/>; the service's <c>migrate</c> then prepares the key store too.</summary>
    public static void AddKeyVault(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(_ => KeyProviders.From(builder.Configuration));
        builder.Services.AddSingleton(provider => new KeyVault(
            new KeyStore(KeysDatabase(builder.Configuration).Open(KeyStore.Planning)),
            provider.GetRequiredService<KeyProviders>(),
            provider.GetRequiredService<TimeProvider>()));
    }

    internal static ServiceDatabase KeysDatabase(IConfiguration configuration) =>
        ServiceDatabase.For("keys", configuration);
}
