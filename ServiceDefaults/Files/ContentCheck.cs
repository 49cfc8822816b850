using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>What a file is by its first bytes, and whether it is that to its end and does nothing by itself.</summary>
internal static class ContentCheck
{
    /// <summary>Checks a file.</summary>
    /// <returns>Why it is not taken; <see langword="null"/> when it is. Of images only the beginning is looked at: what becomes of
    /// them is encoded anew from their pixels.</returns>
    public static Failure? Check(ArraySegment<byte> data, FileSettings settings, out FileType type, CancellationToken cancel)
    {
        ReadOnlySpan<byte> start = data;
        type = start switch
        {
            [0xFF, 0xD8, 0xFF, ..] => FileType.Jpeg,
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => FileType.Png,
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => FileType.WebP,
            [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', ..] => FileType.Pdf,
            _ => FileType.Docx,
        };
        return type switch
        {
            FileType.Pdf => PdfCheck.Check(data, settings.UnpackedBytes, cancel),
            FileType.Docx => OfficeCheck.Check(data, settings.UnpackedBytes, out type),
            _ => null,
        };
    }
}
