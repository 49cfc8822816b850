using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace HomeSchool.Archives.Tests;

/// <summary>Files to upload, made here.</summary>
internal static class TestFiles
{
    /// <summary>A small image in WebP.</summary>
    public static byte[] WebP => Convert.FromBase64String(
            "UklGRrgBAABXRUJQVlA4WAoAAAAIAAAAFwAADwAAVlA4INgAAAAwBQCdASoYABAAPtFUo0uoJKMhsAgBABoJaQAFECGF+Lv5y9gDdGg7Tu9o"
            + "xL9kW1UZeADLErXDZyd3Gr8Rgy2qleltIPbXidZO8yWs4UIJtOka3x0y6YG8r5YmvwGwmXKwVlMLryDeEptFUWMgHeRl3eFmj4nDuUwU3uYf"
            + "9jvg6hxnbTBabjw93sW9g0CZi3zeGK5pDya28vcXQUraI8XFsSOulvHHvoJydrw2fbU+CjJzqojPRkFPt4ytG4yPlLtH9mcAeZA3pdo9FNsr"
            + "v/nAuun+wgTwAABFWElGugAAAEV4aWYAAElJKgAIAAAABgASAQMAAQAAAAEAAAAaAQUAAQAAAFYAAAAbAQUAAQAAAF4AAAAoAQMAAQAAAAIA"
            + "AAATAgMAAQAAAAEAAABphwQAAQAAAGYAAAAAAAAAOGMAAOgDAAA4YwAA6AMAAAYAAJAHAAQAAAAwMjEwAZEHAAQAAAABAgMAAKAHAAQAAAAw"
            + "MTAwAaADAAEAAAD//wAAAqAEAAEAAAAYAAAAA6AEAAEAAAAQAAAAAAAAAA==");

    /// <summary>A small image in PNG.</summary>
    public static byte[] Png => Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAIAAACDRijCAAAACXBIWXMAAAPoAAAD6AG1e1JrAAADVklEQVQ4jSWTt0+yURTG7+jKhKORwcQS"
            + "TYyJiQW7ICB27DWUfIKKgti7sfcWCyoRu2gUdCAx6mA0QV1YHfxTvp/4DnDf+557nnKeKxobG29vbzc2Nq6urkpLSz8+Pr6/v/v6+urr69vb"
            + "27e2tmpqasbHx8vKyh4eHtLT0zMzM1mXlJQEg0Gz2ez1etfW1np6esTb29vZ2RkvFBkMhtra2r29PZ1Ox45SqVxaWrq7u9Pr9aOjoz6fD4Dj"
            + "4+Pm5mZONjU1VVVVBQKBhYWFy8tLQVFRURGwr6+vHR0d3d3d1E1NTbHo7e2lb0FBwcTEhN1ub21tnZ2d7erqKi8vn56epuPu7i41/f39RqPx"
            + "t9Hi4uLY2Bi6/oWekZERhUJRXFxsMpnW19dPTk5WVlZYc1KlUlVXV3P44uLi8fGRnYGBgYyMjKGhITE4OAhJXsyhx2KxSCQSxD4/P+Pdzs4O"
            + "LSYnJynTarUNDQ0ejyclJQVpAKAXmvAFSfA5KipqeHh4eXmZxjCH//n5+c/Pz/39/eHhIa1xFxUtLS1ISEpKcrvdNzc3AAAPdzoiQszPz9ts"
            + "NqYWFhYmk8mo/vz8jI6Ohl1aWtrc3Bz2QRlTsOnp6QlSnZ2dEMRpq9VKC33oEdTh6MzMDBNFP35BGP8oen9/hw5G4CCW5+fnw5FM4GNdXR3T"
            + "YEqoRgqURUJCArvMb39/v62t7fr6mgQlJiYCSztCwIzQtb29jcdU8gsqfYkVHJkGmTg4OBCQRwVZoAhMjoHz5yuxOjo6qqiogD/I9EI4BmEF"
            + "m6QsOTkZ+hzkV2g0GmD9fj85dLlcm5ubpBnLAWAdFxeHHXgXHx+vVqsrKyuzs7M5CQBxZ7hMg9b4I/AlKyvL4XAAS6CJL5rxRQiBTCxjDpxh"
            + "AXF8ZA02r+jKyclBF7NmiAJwtv4ymZeXFxsbyyuHwUR/YWEhlkEN8jhIrBgQ57kDJAaBfKKeT4JLy19kZCS3BlJ8wLmIiAjShITV1VVT6OH8"
            + "6ekplDHo5eWFNOBATEwMumj0myOiiU4iEx4ezjdiha+YClMuDUVSqRS+OPA3E/YZNjeDQGNIbm4uVHgV3M/U1FTmBSZoTqeTAXMG5oj9+vpi"
            + "fLiGnQhhJoDjFNLkcjn0IQs8zv4HXI8YIB/V1JUAAAAASUVORK5CYII=");

    /// <summary>A small photo without anything beside its pixels.</summary>
    public static byte[] Jpeg => Convert.FromBase64String(
            "/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgV"
            + "GC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAQABgDASIAAhEBAxEB/8QA"
            + "HwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS"
            + "0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWm"
            + "p6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcI"
            + "CQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5"
            + "OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU"
            + "1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwCFbiV5MbyrbDnGcbOh+7x26Dk8e2JZFCMI4z5hb5VLLtVs8YwR75+nTGah"
            + "RkkhMbIGWJSrqrFeOvA6H0xxyO3dSrEhA0illCj5eH6jofcNjnv1oAfHKscSpH8pOWc44AyDjb2PA6Z7c4opIid4Gd7NnOwtnORjjoDgemPl"
            + "ooA//9k=");

    /// <summary>The photo as a phone makes it: with the place where it was taken, the camera, and the text as a comment.</summary>
    public static byte[] Photo(string text)
    {
        // TIFF, little-endian: make (0x10F) and the GPS directory (0x8825) with latitude and longitude.
        var tiff = new MemoryStream();
        var write = new BinaryWriter(tiff);
        var make = Encoding.ASCII.GetBytes(text + "\0");
        const int Gps = 8 + 2 + (2 * 12) + 4;
        const int Rationals = Gps + 2 + (4 * 12) + 4;
        write.Write("II*\0"u8);
        write.Write(8);
        write.Write((short)2);
        Entry(0x10F, 2, make.Length, Rationals + 48);
        Entry(0x8825, 4, 1, Gps);
        write.Write(0);
        write.Write((short)4);
        Entry(1, 2, 2, 'N');
        Entry(2, 5, 3, Rationals);
        Entry(3, 2, 2, 'E');
        Entry(4, 5, 3, Rationals + 24);
        write.Write(0);
        foreach (var number in new[] { 31, 1, 13, 1, 4937, 100, 121, 1, 28, 1, 1234, 100 })
            write.Write(number);
        write.Write(make);
        var exif = (byte[])[.. "Exif\0\0"u8, .. tiff.ToArray()];
        var comment = Encoding.UTF8.GetBytes(text);
        return [0xFF, 0xD8, .. Segment(0xE1, exif), .. Segment(0xFE, comment), .. Jpeg[2..]];

        void Entry(int tag, int type, int count, int value)
        {
            write.Write((short)tag);
            write.Write((short)type);
            write.Write(count);
            write.Write(value);
        }

        static byte[] Segment(byte marker, byte[] content)
        {
            var head = new byte[] { 0xFF, marker, 0, 0 };
            BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)(content.Length + 2));
            return [.. head, .. content];
        }
    }

    /// <summary>A document in PDF with a text in a comment, and further objects.</summary>
    public static byte[] Pdf(string text, string objects = "", int bytes = 0)
    {
        var pdf = new StringBuilder($"%PDF-1.4\n% {text}\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
            .Append("2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n")
            .Append(objects);
        while (pdf.Length < bytes)
            pdf.Append("% ").Append('x', Math.Min(10_000, bytes - pdf.Length)).Append('\n');
        return Encoding.UTF8.GetBytes(pdf + "trailer\n<</Root 1 0 R>>\n%%EOF\n");
    }

    /// <summary>A PDF whose catalog is packed into a stream of objects.</summary>
    public static byte[] PackedPdf(string objects)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(Encoding.ASCII.GetBytes(objects));
        return
        [
            .. "%PDF-1.5\n5 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>\nstream\r\n"u8, .. packed.ToArray(),
            .. "\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF"u8,
        ];
    }

    /// <summary>A PDF that names a stream of objects many times, and one that is long and unpacks to nothing.</summary>
    public static byte[] EmptyStreamPdf(int names, int blocks)
    {
        // A stored block of no bytes (RFC 1951), with another one behind it.
        byte[] block = [0, 0, 0, 0xFF, 0xFF];
        return
        [
            .. Encoding.ASCII.GetBytes("%PDF-1.5\n" + string.Concat(Enumerable.Repeat("/ObjStm ", names)) + "stream\n"), 0x78, 0x9C,
            .. Enumerable.Repeat(block, blocks).SelectMany(bytes => bytes), 1, 0, 0, 0xFF, 0xFF, 0, 0, 0, 1, .. "\nendstream\n%%EOF"u8,
        ];
    }

    /// <summary>A text document with a text, and further parts.</summary>
    public static byte[] Docx(string text, params (string Name, string Content)[] parts) => Zip(
    [
        ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
        ("_rels/.rels", "<Relationships/>"), ("word/document.xml", $"<document>{text}</document>"), .. parts,
    ]);

    /// <summary>A zip.</summary>
    public static byte[] Zip(params (string Name, string Content)[] parts)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in parts)
            {
                using var part = zip.CreateEntry(name).Open();
                part.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return file.ToArray();
    }
}
