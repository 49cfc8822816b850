using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// The bytes of a sealed stream: format (2), number of keys, each key's id, salt (32), chunks. All but the chunks is associated data of
/// each chunk, together with district, table, column and row.
/// </summary>
internal static class SealedStream
{
    private const byte Format = 2;
    private const int KeySize = 32;
    private const int SaltSize = 32;

    /// <summary>What stands before the chunks of a new stream.</summary>
    public static byte[] Header(IReadOnlyList<CachedKey> keys)
    {
        var header = new byte[2 + (keys.Count * SealedValue.IdSize) + SaltSize];
        (header[0], header[1]) = (Format, checked((byte)keys.Count));
        for (var i = 0; i < keys.Count; i++)
            keys[i].Id.TryWriteBytes(header.AsSpan(2 + (i * SealedValue.IdSize)), bigEndian: true, out _);
        RandomNumberGenerator.Fill(header.AsSpan(^SaltSize));
        return header;
    }

    /// <summary>Reads the header.</summary>
    /// <exception cref="CryptographicException">These bytes are not a sealed stream.</exception>
    public static async Task<byte[]> ReadHeaderAsync(Stream from, CancellationToken cancel)
    {
        var start = new byte[2];
        if (await from.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancel) < start.Length
            || start[0] != Format || start[1] == 0)
        {
            throw NotSealed();
        }

        var header = new byte[2 + (start[1] * SealedValue.IdSize) + SaltSize];
        start.CopyTo(header, 0);
        return await from.ReadAtLeastAsync(header.AsMemory(2), header.Length - 2, throwOnEndOfStream: false, cancel)
            == header.Length - 2 ? header : throw NotSealed();
    }

    /// <summary>The ids of the keys that a stream with this header is sealed under.</summary>
    public static Guid[] KeysOf(byte[] header) => [.. Enumerable.Range(0, header[1])
        .Select(i => new Guid(header.AsSpan(2 + (i * SealedValue.IdSize), SealedValue.IdSize), bigEndian: true))];

    /// <summary>The cipher of the stream with this header, in its place.</summary>
    /// <returns><see langword="null"/> when one of the keys has left the cache meanwhile.</returns>
    public static ChunkCipher? Cipher(IReadOnlyList<CachedKey> keys, byte[] header, Guid district, Place place)
    {
        Span<byte> key = stackalloc byte[KeySize];
        if (!SealedValue.TryDerive(keys, header.AsSpan(^SaltSize), "homeschool/sealed-stream"u8, key))
            return null;
        try
        {
            return new ChunkCipher(key, SealedValue.Associated(header, district, place));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static CryptographicException NotSealed() => new("Not a sealed stream of a known format.");
}

/// <summary>
/// Bytes of any length under a key that is used for nothing else: chunks of 64 KiB, AES-256-GCM, under nonces that say the chunk's
/// position and whether it is the last. A chunk that is missing, repeated, moved or added is found like one that was changed.
/// </summary>
internal sealed class ChunkCipher(ReadOnlySpan<byte> key, byte[] associated) : IDisposable
{
    /// <summary>Bytes of a chunk; the last one may have fewer.</summary>
    public const int PlainSize = 64 * 1024;

    /// <summary>Bytes of a sealed chunk.</summary>
    public const int SealedSize = PlainSize + Gcm.TagSize;

    private readonly AesGcm aes = new(key, Gcm.TagSize);

    /// <summary>Encrypts what is left of a stream.</summary>
    /// <returns>How many bytes it had.</returns>
    public async Task<long> EncryptAsync(Stream from, Stream to, CancellationToken cancel)
    {
        var (plain, next, chunk) = (new byte[PlainSize], new byte[PlainSize], new byte[SealedSize]);
        try
        {
            long total = 0;
            var length = await from.ReadAtLeastAsync(plain, PlainSize, throwOnEndOfStream: false, cancel);
            for (uint position = 0; ; position = checked(position + 1))
            {
                var following = length < PlainSize ? 0
                    : await from.ReadAtLeastAsync(next, PlainSize, throwOnEndOfStream: false, cancel);
                aes.Encrypt(
                    Nonce(position, last: following == 0), plain.AsSpan(0, length), chunk.AsSpan(0, length),
                    chunk.AsSpan(length, Gcm.TagSize), associated);
                await to.WriteAsync(chunk.AsMemory(0, length + Gcm.TagSize), cancel);
                total += length;
                if (following == 0)
                    return total;
                (plain, next, length) = (next, plain, following);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
            CryptographicOperations.ZeroMemory(next);
        }
    }

    /// <summary>Decrypts one chunk.</summary>
    /// <exception cref="CryptographicException">It is not the chunk of this position, or was changed.</exception>
    public void Decrypt(uint position, bool last, ReadOnlySpan<byte> chunk, Span<byte> plain)
    {
        if (chunk.Length < Gcm.TagSize)
            throw new CryptographicException("A sealed stream was cut off.");
        aes.Decrypt(Nonce(position, last), chunk[..^Gcm.TagSize], chunk[^Gcm.TagSize..], plain, associated);
    }

    public void Dispose() => aes.Dispose();

    private static byte[] Nonce(uint position, bool last)
    {
        var nonce = new byte[Gcm.NonceSize];
        BinaryPrimitives.WriteUInt32BigEndian(nonce, position);
        nonce[^1] = last ? (byte)1 : (byte)0;
        return nonce;
    }
}

/// <summary>Reads what a <see cref="ChunkCipher"/> encrypted. Whoever reads to the end has read all of it, unchanged.</summary>
/// <param name="cipher">The cipher, disposed with this.</param>
/// <param name="chunks">A file, where its chunks begin; left open.</param>
internal sealed class ChunkReader(ChunkCipher cipher, Stream chunks) : Stream
{
    private readonly byte[] chunk = new byte[ChunkCipher.SealedSize];
    private readonly byte[] plain = new byte[ChunkCipher.PlainSize];
    private int start;
    private int end;
    private uint position;
    private bool done;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (start == end && !done)
            await NextAsync(cancellationToken);
        var count = Math.Min(buffer.Length, end - start);
        plain.AsSpan(start, count).CopyTo(buffer.Span);
        start += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CryptographicOperations.ZeroMemory(plain);
            cipher.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask NextAsync(CancellationToken cancel)
    {
        var length = (int)Math.Min(chunk.Length, chunks.Length - chunks.Position);
        await chunks.ReadExactlyAsync(chunk.AsMemory(0, length), cancel);
        done = chunks.Position == chunks.Length;
        cipher.Decrypt(position, done, chunk.AsSpan(0, length), plain.AsSpan(0, Math.Max(0, length - Gcm.TagSize)));
        position = checked(position + 1);
        (start, end) = (0, length - Gcm.TagSize);
    }
}
