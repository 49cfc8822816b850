using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>Where a sealed value stands; opened from anywhere else, it does not open.</summary>
/// <param name="Table">The table with its service, e.g. <c>visits.visit_record</c>; for ever.</param>
/// <param name="Column">The column; for ever.</param>
/// <param name="Row">The row's own id.</param>
public sealed record Place(string Table, string Column, Guid Row);

/// <summary>A column whose values are sealed.</summary>
/// <param name="Table">The table with its service, e.g. <c>visits.visit_record</c>; for ever.</param>
/// <param name="Column">The column; for ever.</param>
/// <param name="Row">The column with the row's own id.</param>
public sealed record SealedColumn(string Table, string Column, string Row)
{
    /// <summary>Where the value of a row stands.</summary>
    public Place Of(Guid row) => new(Table, Column, row);
}

/// <summary>
/// The bytes of a sealed value: format (1), number of keys, each key's id, nonce, ciphertext, tag. Everything in front of the
/// nonce is associated data, together with district, table, column and row.
/// </summary>
internal static class SealedValue
{
    private const byte Format = 1;
    private const int KeySize = 32;
    internal const int IdSize = 16;

    /// <summary>Seals a value so that all of the keys are needed to open it.</summary>
    /// <returns><see langword="null"/> when one of the keys has left the cache meanwhile.</returns>
    public static byte[]? Seal(IReadOnlyList<CachedKey> keys, Guid district, Place place, ReadOnlySpan<byte> value)
    {
        var header = 2 + (keys.Count * IdSize);
        var result = Empty([.. keys.Select(key => key.Id)], value.Length);
        Span<byte> key = stackalloc byte[KeySize];
        if (!TryDerive(keys, salt: [], "homeschool/sealed-value"u8, key))
            return null;
        Gcm.Encrypt(key, value, Associated(result.AsSpan(0, header), district, place), result.AsSpan(header));
        CryptographicOperations.ZeroMemory(key);
        return result;
    }

    /// <summary>Stands for a value that was erased elsewhere: it names its keys and holds nothing that they could open.</summary>
    public static byte[] Erased(IReadOnlyList<Guid> keys) => Empty(keys, 0);

    /// <summary>The ids of the keys that a value is sealed under.</summary>
    /// <exception cref="CryptographicException">These bytes are not a sealed value.</exception>
    public static Guid[] KeysOf(ReadOnlySpan<byte> value)
    {
        if (!IsWellFormed(value))
            throw new CryptographicException("Not a sealed value of a known format.");
        var ids = new Guid[value[1]];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = new Guid(value.Slice(2 + (i * IdSize), IdSize), bigEndian: true);
        return ids;
    }

    /// <summary>Whether bytes have the form of a sealed value.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> value) =>
        value.Length >= 2 && value[0] == Format && value[1] > 0 && value.Length >= 2 + (value[1] * IdSize) + Gcm.Overhead;

    /// <summary>Opens a value with the keys of <see cref="KeysOf"/>, in their order.</summary>
    /// <returns><see langword="null"/> when one of the keys has left the cache meanwhile.</returns>
    /// <exception cref="TamperedValueException">It was changed, or sealed for another district or place.</exception>
    public static byte[]? Open(IReadOnlyList<CachedKey> keys, Guid district, Place place, ReadOnlySpan<byte> value)
    {
        var header = 2 + (keys.Count * IdSize);
        Span<byte> key = stackalloc byte[KeySize];
        if (!TryDerive(keys, salt: [], "homeschool/sealed-value"u8, key))
            return null;
        try
        {
            return Gcm.Decrypt(key, value[header..], Associated(value[..header], district, place));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new TamperedValueException(place, e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    // The header, and room for a value of a length.
    private static byte[] Empty(IReadOnlyList<Guid> keys, int length)
    {
        var result = new byte[2 + (keys.Count * IdSize) + length + Gcm.Overhead];
        (result[0], result[1]) = (Format, checked((byte)keys.Count));
        for (var i = 0; i < keys.Count; i++)
            keys[i].TryWriteBytes(result.AsSpan(2 + (i * IdSize), IdSize), bigEndian: true, out _);
        return result;
    }

    /// <summary>A key from several: without any one of them, the others tell nothing of it.</summary>
    /// <returns><see langword="false"/> when one of the keys has left the cache meanwhile.</returns>
    internal static bool TryDerive(
        IReadOnlyList<CachedKey> keys, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, Span<byte> derived)
    {
        Span<byte> all = stackalloc byte[keys.Count * KeySize];
        try
        {
            for (var i = 0; i < keys.Count; i++)
            {
                if (!keys[i].TryCopyTo(all.Slice(i * KeySize, KeySize)))
                    return false;
            }

            HKDF.DeriveKey(HashAlgorithmName.SHA256, all, derived, salt, info);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(all);
        }
    }

    /// <summary>A header and a place as bytes; each text with its length before it, so that no two places give the same.</summary>
    internal static byte[] Associated(ReadOnlySpan<byte> header, Guid district, Place place)
    {
        var table = Encoding.UTF8.GetByteCount(place.Table);
        var column = Encoding.UTF8.GetByteCount(place.Column);
        var result = new byte[header.Length + (2 * IdSize) + 4 + table + column];
        header.CopyTo(result);
        var rest = result.AsSpan(header.Length);
        district.TryWriteBytes(rest, bigEndian: true, out _);
        place.Row.TryWriteBytes(rest[IdSize..], bigEndian: true, out _);
        rest = rest[(2 * IdSize)..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, checked((ushort)table));
        Encoding.UTF8.GetBytes(place.Table, rest[2..]);
        rest = rest[(2 + table)..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, checked((ushort)column));
        Encoding.UTF8.GetBytes(place.Column, rest[2..]);
        return result;
    }
}
