using System.IO.Compression;
using System.Xml;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// A look into a file of Office Open XML: a zip from its first byte to its last, of the parts of a document or a workbook, without
/// macros, controls, embedded files or templates from elsewhere, and not too large when it is unpacked.
/// </summary>
internal static class OfficeCheck
{
    private const int MostParts = 5_000;
    private const int EndRecord = 22;

    private static readonly string[] ActiveParts =
        ["vbaproject", "vbadata", "/activex/", "/embeddings/", "/ctrlprops/", "/macrosheets/", "/dialogsheets/", "/externallinks/", "customui/"];

    private static readonly string[] ActiveRelations = ["/attachedTemplate", "/oleObject", "/control", "/frame", "/externalLink"];

    public static Failure? Check(ArraySegment<byte> data, long unpackedBytes, out FileType type)
    {
        type = FileType.Docx;
        if (!data.AsSpan().StartsWith("PK\x03\x04"u8) || data.Count < EndRecord || !data.AsSpan()[^EndRecord..].StartsWith("PK\x05\x06"u8))
            return FileFailures.TypeRefused;
        try
        {
            using var zip = new ZipArchive(
                new MemoryStream(data.Array!, data.Offset, data.Count), ZipArchiveMode.Read);
            var names = zip.Entries.Select(entry => entry.FullName).ToHashSet(StringComparer.OrdinalIgnoreCase);
            if (names.Count != zip.Entries.Count || names.Count > MostParts || !names.Contains("[Content_Types].xml")
                || names.Any(name => name.Contains("..", StringComparison.Ordinal) || name.Contains('\\') || name.StartsWith('/'))
                || names.Contains("word/document.xml") == names.Contains("xl/workbook.xml"))
            {
                return FileFailures.TypeRefused;
            }

            type = names.Contains("word/document.xml") ? FileType.Docx : FileType.Xlsx;
            if (names.Any(name => Array.Exists(
                ActiveParts, part => ("/" + name).Contains(part, StringComparison.OrdinalIgnoreCase))))
            {
                return FileFailures.ActiveContent;
            }

            foreach (var entry in zip.Entries)
            {
                if (entry.IsEncrypted)
                    return FileFailures.Encrypted;
                if (!IsWithin(entry, ref unpackedBytes))
                    return FileFailures.Bomb;
            }

            // All parts are known to be small enough by now.
            return zip.Entries.Any(IsActive) ? FileFailures.ActiveContent : null;
        }
        catch (Exception e) when (e is InvalidDataException or XmlException or IOException or NotSupportedException)
        {
            return FileFailures.TypeRefused;
        }
    }

    // By unpacking: what a zip says about its sizes need not be true.
    private static bool IsWithin(ZipArchiveEntry entry, ref long unpackedBytes)
    {
        using var part = entry.Open();
        var buffer = new byte[81_920];
        int read;
        while ((read = part.Read(buffer)) > 0)
        {
            unpackedBytes -= read;
            if (unpackedBytes < 0)
                return false;
        }

        return true;
    }

    private static bool IsActive(ZipArchiveEntry entry)
    {
        var types = entry.FullName.Equals("[Content_Types].xml", StringComparison.OrdinalIgnoreCase);
        if (!types && !entry.FullName.EndsWith(".rels", StringComparison.OrdinalIgnoreCase))
            return false;
        using var part = entry.Open();
        using var xml = XmlReader.Create(part, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element)
                continue;
            if (types && xml.GetAttribute("ContentType")?.Contains("macroEnabled", StringComparison.OrdinalIgnoreCase) == true)
                return true;
            if (!types && xml.GetAttribute("TargetMode") == "External" && xml.GetAttribute("Type") is { } relation
                && Array.Exists(ActiveRelations, active => relation.EndsWith(active, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }
}
