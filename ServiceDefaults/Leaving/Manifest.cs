using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Leaving;

/// <summary>What one service's folder of an export holds: <c>manifest.json</c>.</summary>
/// <param name="Format"><see cref="Manifest.FormatName"/>.</param>
/// <param name="Service">The service, e.g. <c>visits</c>.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="ExportedAt">When.</param>
/// <param name="Schema">The last migration of the service's database: what the tables are like.</param>
/// <param name="Unsent">Events that were not delivered yet; 0 in a final export.</param>
/// <param name="Tables">The tables.</param>
/// <param name="Stored">Files that rows have.</param>
/// <param name="Staying">Tables and columns that did not leave, each with the reason.</param>
/// <param name="ErasedStudents">Students whose keys are destroyed: what was written about them is erased for ever.</param>
/// <param name="Files">Further files.</param>
/// <param name="AuditKey">The public key that the heads in <c>audit.jsonl</c> are signed with.</param>
internal sealed record Manifest(
    string Format, string Service, Guid DistrictId, DateTimeOffset ExportedAt, string Schema, long Unsent,
    IReadOnlyList<ManifestTable> Tables, IReadOnlyList<ManifestStored> Stored, IReadOnlyDictionary<string, string> Staying,
    IReadOnlyList<Guid> ErasedStudents, IReadOnlyList<ManifestFile> Files, string AuditKey)
{
    public const string FormatName = "homeschool-district/1";

    private const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Indented = new(Json.Options) { WriteIndented = true };

    /// <summary>Writes it.</summary>
    /// <returns>Its digest, which stands for all files and counts.</returns>
    public async Task<string> WriteAsync(string folder, CancellationToken cancel)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(this, Indented);
        await using var file = ExportFile.Create(Path.Combine(folder, FileName));
        await file.WriteAsync(bytes, cancel);
        return Digest(bytes);
    }

    /// <summary>Reads it.</summary>
    /// <returns>It, and its digest.</returns>
    /// <exception cref="LeavingException">It is not there, or not one.</exception>
    public static async Task<(Manifest Manifest, string Digest)> ReadAsync(string folder, CancellationToken cancel)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new LeavingException($"没有文件 {path}。", $"There is no {path}.");
        var bytes = await File.ReadAllBytesAsync(path, cancel);
        try
        {
            var manifest = JsonSerializer.Deserialize<Manifest>(bytes, Json.Options);
            return manifest is { Format: FormatName }
                ? (manifest, Digest(bytes))
                : throw new LeavingException(
                    $"{path} 不是 {FormatName} 格式的清单。", $"{path} is not a manifest of the format {FormatName}.");
        }
        catch (JsonException e)
        {
            throw new LeavingException(
                $"{path} 第 {e.LineNumber + 1} 行无法读取。", $"{path} cannot be read at line {e.LineNumber + 1}.");
        }
    }

    /// <summary>The table of counts that an export and an import print: part, table, rows.</summary>
    public string Counts()
    {
        var text = new StringBuilder();
        foreach (var (name, count) in Tables.Select(table => (table.Name, table.Rows))
            .Concat(Stored.Select(files => (Name: files.Table + ".files", files.Count)))
            .OrderBy(line => line.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Service,-10} {name,-20} {count,10}\n");
        }

        return text.ToString();
    }

    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>A table of an export: a file of JSON lines, one a row.</summary>
/// <param name="Name">The table.</param>
/// <param name="File">Its file.</param>
/// <param name="Rows">How many lines it has.</param>
/// <param name="Sha256">The file's digest, hexadecimal.</param>
/// <param name="Columns">The members of each line.</param>
internal sealed record ManifestTable(
    string Name, string File, long Rows, string Sha256, IReadOnlyList<ManifestColumn> Columns);

/// <summary>A column of an export.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in PostgreSQL. A sealed one is <c>{"about": [students], "text": …}</c> in the file, or
/// <c>{"about": [students], "erased": true}</c>.</param>
/// <param name="Sealed">Whether it was opened for the export, and is stored sealed.</param>
internal sealed record ManifestColumn(string Name, string Type, bool Sealed);

/// <summary>Files that the rows of a table have.</summary>
/// <param name="Table">The table.</param>
/// <param name="List">The list: a <see cref="StoredFileLine"/> for each.</param>
/// <param name="Folder">Where they are, each under its row's id.</param>
/// <param name="Count">How many.</param>
/// <param name="Sha256">The list's digest, hexadecimal.</param>
internal sealed record ManifestStored(string Table, string List, string Folder, long Count, string Sha256);

/// <summary>One file of a row.</summary>
/// <param name="Id">The row.</param>
/// <param name="SchoolId">The row's school.</param>
/// <param name="About">The students: destroying the key of any of them erases the file. None when it is erased.</param>
/// <param name="Bytes">Its length; <see langword="null"/> when it is erased.</param>
/// <param name="Sha256">Its digest, hexadecimal; <see langword="null"/> when it is erased.</param>
internal sealed record StoredFileLine(Guid Id, Guid? SchoolId, IReadOnlyList<Guid> About, long? Bytes, string? Sha256);

/// <summary>A further file of an export.</summary>
/// <param name="File">Its name.</param>
/// <param name="What">What it is.</param>
/// <param name="Sha256">Its digest, hexadecimal.</param>
internal sealed record ManifestFile(string File, string What, string Sha256);

/// <summary>Why a district cannot be exported or imported.</summary>
/// <param name="zh">What is wrong and how to mend it.</param>
/// <param name="en">The same in English.</param>
internal sealed class LeavingException(string zh, string en) : Exception($"{zh}{en}");

/// <summary>Files of an export: new ones, for their owner's eyes alone.</summary>
internal static class ExportFile
{
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static async Task<string> DigestAsync(string path, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
    }
}
