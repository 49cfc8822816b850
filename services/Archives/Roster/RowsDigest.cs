using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// What the rows of a file say, in whatever order they stand there: the sum of a hash of each. Two files with the same sum have the same
/// rows; 128 bits leave no room for chance, and who would make a collision only hides a change of the own roster. What the order
/// of rows says is not in it: see <see cref="RosterPackage.Digest"/>.
/// </summary>
internal sealed class RowsDigest
{
    private readonly ArrayBufferWriter<byte> row = new();
    private UInt128 sum;

    /// <summary>Adds the line that the reader has read.</summary>
    /// <param name="csv">The reader.</param>
    /// <param name="places">The columns that count, in an order of their own; -1 for one that is not there.</param>
    public void Add(IRowReader csv, ReadOnlySpan<int> places)
    {
        row.ResetWrittenCount();
        foreach (var place in places)
        {
            row.Write(MemoryMarshal.AsBytes(csv[place]));
            row.Write("\0\0"u8);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(row.WrittenSpan, hash);
        sum += BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    /// <inheritdoc/>
    public override string ToString() => sum.ToString("x32", CultureInfo.InvariantCulture);
}
