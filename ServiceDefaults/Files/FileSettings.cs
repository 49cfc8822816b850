using System.ComponentModel.DataAnnotations;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>Section <c>Files</c>: where files are kept, and what is taken. One of <see cref="Folder"/> and <see cref="S3"/>.</summary>
public sealed class FileSettings
{
    /// <summary>A folder that only the services read; all replicas see the same one.</summary>
    public string? Folder { get; set; }

    /// <summary>An S3-compatible store instead.</summary>
    public S3Settings? S3 { get; set; }

    /// <summary>Bytes of a file.</summary>
    [Range(1, 1L << 30)]
    public long UploadBytes { get; set; } = 20L << 20;

    /// <summary>Bytes that a packed file (docx, xlsx, the objects of a pdf) may have when it is unpacked.</summary>
    [Range(1, long.MaxValue)]
    public long UnpackedBytes { get; set; } = 200L << 20;

    /// <summary>Files that are checked at the same time: each is in memory while it is.</summary>
    [Range(1, 64)]
    public int ChecksAtOnce { get; set; } = 2;

    /// <summary>libvips' program that encodes photos anew.</summary>
    public string PhotoProgram { get; set; } = "/usr/bin/vipsthumbnail";

    /// <summary>A photo's longer edge, in pixels; larger ones are made smaller.</summary>
    [Range(16, 16_384)]
    public int PhotoEdge { get; set; } = 4_096;

    /// <summary>Seconds that a photo may take.</summary>
    [Range(1, 600)]
    public int PhotoSeconds { get; set; } = 20;

    /// <summary>Bytes of address space that a photo may take.</summary>
    [Range(1L << 28, long.MaxValue)]
    public long PhotoMemory { get; set; } = 1L << 30;

    /// <summary>A ClamAV daemon that looks at every file: <c>host:port</c>, or the path of its socket. Without one, none does.</summary>
    public string? VirusScanner { get; set; }

    /// <summary>After how long a file that no row refers to is removed: longer than any request takes.</summary>
    public TimeSpan LooseFor { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>An S3-compatible store: a bucket that exists, and keys that may put, get and delete in it.</summary>
public sealed class S3Settings
{
    /// <summary>Its address, e.g. <c>https://oss.example</c>.</summary>
    [Required]
    public Uri? Endpoint { get; set; }

    /// <summary>The bucket.</summary>
    [Required]
    public string Bucket { get; set; } = "";

    /// <summary>The region that signatures name.</summary>
    public string Region { get; set; } = "us-east-1";

    /// <summary>Whether the bucket is in the path rather than in the host's name.</summary>
    public bool PathStyle { get; set; } = true;

    /// <summary>The key's id.</summary>
    [Required]
    public string AccessKey { get; set; } = "";

    /// <summary>The key.</summary>
    public string? SecretKey { get; set; }

    /// <summary>A file with the key, instead.</summary>
    public string? SecretKeyFile { get; set; }
}
