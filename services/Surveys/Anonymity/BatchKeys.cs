using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HomeSchool.Surveys.Anonymity;

/// <summary>
/// The keys of batches of anonymous answers (SUR-4): files in a folder that all replicas share and that no backup takes
/// (<c>Surveys:BatchKeys</c>), a folder a district, a file a batch. They are not in the key store, because that one is a database with
/// backups and a write-ahead log: a key destroyed there could be had again for weeks. No process keeps a key in memory.
/// </summary>
/// <param name="configuration">Names the folder; without one no anonymous survey can be opened.</param>
public sealed class BatchKeys(IConfiguration configuration)
{
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int LengthSize = sizeof(int);

    private readonly string? folder = configuration["Surveys:BatchKeys"];

    /// <summary>Whether there is a folder.</summary>
    public bool AreKept => !string.IsNullOrEmpty(folder);

    /// <summary>Makes the key of a new batch; it is on the disk before any answer is.</summary>
    /// <returns>The key.</returns>
    internal byte[] Create(Guid district, Guid batch)
    {
        var path = PathOf(district, batch);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var key = RandomNumberGenerator.GetBytes(KeySize);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(key);
        file.Flush(flushToDisk: true);
        return key;
    }

    /// <summary>The key of a batch; <see langword="null"/> when it is not there.</summary>
    internal byte[]? Find(Guid district, Guid batch)
    {
        try
        {
            return File.ReadAllBytes(PathOf(district, batch)) is { Length: KeySize } key ? key : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Destroys a key: overwrites it, then removes it. It may be gone already.</summary>
    internal void Destroy(Guid district, Guid batch)
    {
        var path = PathOf(district, batch);
        try
        {
            using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
                file.Write(RandomNumberGenerator.GetBytes(KeySize));
                file.Flush(flushToDisk: true);
            }

            File.Delete(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
        }
    }

    /// <summary>The batches of a district that have a key which was made before a time.</summary>
    internal IEnumerable<Guid> MadeBefore(Guid district, DateTimeOffset time)
    {
        var of = new DirectoryInfo(Path.Combine(folder!, district.ToString("N")));
        return !of.Exists ? [] : of.EnumerateFiles()
            .Where(file => file.LastWriteTimeUtc < time.UtcDateTime && Guid.TryParseExact(file.Name, "N", out _))
            .Select(file => Guid.ParseExact(file.Name, "N"));
    }

    /// <summary>Encrypts an answer for a batch (AES-256-GCM), filled up to one length.</summary>
    /// <param name="key">The batch's.</param>
    /// <param name="row">The row that it will be.</param>
    /// <param name="answer">What was answered.</param>
    /// <param name="most">The most bytes that an answer of this round can have.</param>
    internal static byte[] Seal(byte[] key, Guid row, ReadOnlySpan<byte> answer, int most)
    {
        var padded = new byte[LengthSize + most];
        BinaryPrimitives.WriteInt32LittleEndian(padded, answer.Length);
        answer.CopyTo(padded.AsSpan(LengthSize));
        var content = new byte[NonceSize + padded.Length + TagSize];
        RandomNumberGenerator.Fill(content.AsSpan(0, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(
            content.AsSpan(0, NonceSize), padded, content.AsSpan(NonceSize, padded.Length), content.AsSpan(NonceSize + padded.Length),
            row.ToByteArray());
        return content;
    }

    /// <summary>Opens what <see cref="Seal"/> wrote.</summary>
    /// <exception cref="CryptographicException">It was changed, or is another row's.</exception>
    internal static byte[] Open(byte[] key, Guid row, ReadOnlySpan<byte> content)
    {
        var padded = new byte[content.Length - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(content[..NonceSize], content[NonceSize..^TagSize], content[^TagSize..], padded, row.ToByteArray());
        return padded[LengthSize..(LengthSize + BinaryPrimitives.ReadInt32LittleEndian(padded))];
    }

    private string PathOf(Guid district, Guid batch) => Path.Combine(folder!, district.ToString("N"), batch.ToString("N"));
}
