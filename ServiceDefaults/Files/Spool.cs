using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// What was received, until it is decided what becomes of it: a temporary file, encrypted under a key that is nowhere but in this
/// process's memory. So memory does not grow with a file, and no disk sees one in clear.
/// </summary>
public sealed class Spool : IAsyncDisposable
{
    private readonly FileStream file = TemporaryFile.Create();
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    private Spool()
    {
    }

    /// <summary>How many bytes it holds.</summary>
    public long Length { get; private set; }

    /// <summary>SHA-256 of what it holds.</summary>
    public byte[] Digest { get; private set; } = [];

    /// <summary>Takes in a stream, to its end.</summary>
    public static async Task<Spool> ReceiveAsync(Stream from, CancellationToken cancel)
    {
        var spool = new Spool();
        try
        {
            using var digest = SHA256.Create();
            await using var digested = new CryptoStream(from, digest, CryptoStreamMode.Read, leaveOpen: true);
            using var cipher = new ChunkCipher(spool.key, []);
            spool.Length = await cipher.EncryptAsync(digested, spool.file, cancel);
            spool.Digest = digest.Hash!;
            await spool.file.FlushAsync(cancel);
            return spool;
        }
        catch
        {
            await spool.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens it from its beginning, to be read asynchronously by one reader at a time.</summary>
    public Stream Open()
    {
        file.Position = 0;
        return new ChunkReader(new ChunkCipher(key, []), file);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        CryptographicOperations.ZeroMemory(key);
        return file.DisposeAsync();
    }
}

/// <summary>Files for a while, gone when they are closed; what a killed process leaves of them is ciphertext.</summary>
internal static class TemporaryFile
{
    public static FileStream Create()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(Path.Combine(Path.GetTempPath(), $"homeschool-{Path.GetRandomFileName()}"), options);
    }
}
