namespace HomeSchool.ServiceDefaults.Files;

/// <summary>What a file is, by its own bytes.</summary>
public enum FileType
{
    /// <summary>A photo in JPEG.</summary>
    Jpeg,

    /// <summary>An image in PNG.</summary>
    Png,

    /// <summary>An image in WebP.</summary>
    WebP,

    /// <summary>A document in PDF.</summary>
    Pdf,

    /// <summary>A text document of Office Open XML.</summary>
    Docx,

    /// <summary>A spreadsheet of Office Open XML.</summary>
    Xlsx,
}

/// <summary>What goes with a type.</summary>
public static class FileTypes
{
    /// <summary>The types of images.</summary>
    public static readonly IReadOnlyList<FileType> Images = [FileType.Jpeg, FileType.Png, FileType.WebP];

    /// <summary>Its media type.</summary>
    public static string MediaType(this FileType type) => type switch
    {
        FileType.Jpeg => "image/jpeg",
        FileType.Png => "image/png",
        FileType.WebP => "image/webp",
        FileType.Pdf => "application/pdf",
        FileType.Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        FileType.Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };

    /// <summary>The extension of its files' names, with the dot.</summary>
    public static string Extension(this FileType type) => type switch
    {
        FileType.Jpeg => ".jpg",
        FileType.Png => ".png",
        FileType.WebP => ".webp",
        FileType.Pdf => ".pdf",
        FileType.Docx => ".docx",
        FileType.Xlsx => ".xlsx",
    };

    /// <summary>Whether a file's name and media type, as the sender gave them, say nothing else.</summary>
    internal static bool Fits(this FileType type, string fileName, string? mediaType)
    {
        var extension = Path.GetExtension(fileName).ToLowerInvariant();
        var claimed = mediaType?.ToLowerInvariant();
        return (extension.Length == 0 || extension == type.Extension() || (type == FileType.Jpeg && extension is ".jpeg" or ".jfif"))
            && (claimed is null or "application/octet-stream" || claimed == type.MediaType() || (type == FileType.Jpeg && claimed == "image/jpg"));
    }
}
