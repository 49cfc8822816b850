using System.IO.Compression;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// A simple look at a PDF: that it ends where it should, is not encrypted, and names nothing that runs, launches or carries other files.
/// Names are read as a viewer reads them (<c>/J#61vaScript</c>), also within packed objects. It is no virus scanner.
/// </summary>
internal static class PdfCheck
{
    private const int LongestName = 32;

    // From the name of a stream of objects to the stream. Each look for one costs that much of what may be unpacked: a file can name
    // millions.
    private const int LongestHeader = 4_096;

    private static readonly HashSet<string> Active = new(
        ["JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "SubmitForm", "ImportData", "XFA"],
        StringComparer.Ordinal);

    public static Failure? Check(ArraySegment<byte> data, long unpackedBytes, CancellationToken cancel)
    {
        // Nothing behind the end: another file could stand there.
        if (!data.AsSpan().TrimEnd("\r\n\t \0"u8).EndsWith("%%EOF"u8))
            return FileFailures.TypeRefused;
        return Look(data, unpackedBytes, inside: false, cancel);
    }

    private static Failure? Look(ArraySegment<byte> data, long unpackedBytes, bool inside, CancellationToken cancel)
    {
        for (var at = 0; (at = Next(data, at, (byte)'/')) >= 0;)
        {
            var name = NameAt(data, ref at);
            if (Active.Contains(name))
                return FileFailures.ActiveContent;
            if (name == "Encrypt")
                return FileFailures.Encrypted;
            if (name != "ObjStm" || inside)
                continue;
            cancel.ThrowIfCancellationRequested();
            if (Unpack(data, at, ref unpackedBytes) is not { } objects)
                return unpackedBytes < 0 ? FileFailures.Bomb : FileFailures.TypeRefused;
            if (Look(objects, 0, inside: true, cancel) is { } refused)
                return refused;
        }

        return null;
    }

    private static int Next(ArraySegment<byte> data, int from, byte value)
    {
        var found = data.AsSpan(from).IndexOf(value);
        return found < 0 ? -1 : from + found + 1;
    }

    // A name up to its delimiter, #-escapes resolved.
    private static string NameAt(ArraySegment<byte> data, ref int at)
    {
        var name = new StringBuilder(LongestName);
        while (at < data.Count && name.Length < LongestName)
        {
            var c = (char)data[at];
            if (c is <= ' ' or '/' or '(' or ')' or '<' or '>' or '[' or ']' or '{' or '}' or '%')
                break;
            at++;
            if (c == '#' && at + 1 < data.Count && char.IsAsciiHexDigit((char)data[at]) && char.IsAsciiHexDigit((char)data[at + 1]))
            {
                c = (char)Convert.ToByte(Encoding.ASCII.GetString(data.AsSpan(at, 2)), 16);
                at += 2;
            }

            name.Append(c);
        }

        return name.ToString();
    }

    // The objects of a stream of objects: what its "stream" introduces. Null when they are not packed as all writers do, or that
    // takes more than is left: what is read counts as well as what comes of it, for a stream can be long and unpack to nothing.
    private static byte[]? Unpack(ArraySegment<byte> data, int from, ref long unpackedBytes)
    {
        unpackedBytes -= LongestHeader;
        var found = data.AsSpan(from, Math.Min(LongestHeader, data.Count - from)).IndexOf("stream"u8);
        if (found < 0 || unpackedBytes < 0)
            return null;
        var start = from + found + "stream".Length;
        while (start < data.Count && data[start] is (byte)'\r' or (byte)'\n')
            start++;
        var input = new MemoryStream(data.Array!, data.Offset + start, data.Count - start);
        using var packed = new ZLibStream(input, CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = new byte[81_920];
        try
        {
            int read;
            while ((read = packed.Read(buffer)) > 0)
            {
                unpackedBytes -= read;
                if (unpackedBytes < 0)
                    return null;
                unpacked.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }

        unpackedBytes -= input.Position;
        return unpackedBytes < 0 ? null : unpacked.ToArray();
    }
}
