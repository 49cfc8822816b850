using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace HomeSchool.Archives.Roster;

/// <summary>Limits of an upload; configuration section <c>Roster</c>.</summary>
public sealed class RosterLimits
{
    /// <summary>Bytes of one upload.</summary>
    public long UploadBytes { get; set; } = 256L << 20;

    /// <summary>Bytes of all its files unpacked.</summary>
    public long UnpackedBytes { get; set; } = 2L << 30;

    /// <summary>Bytes of a workbook unpacked. Its texts are held in memory while it is read; csv has no such limit.</summary>
    public long WorkbookBytes { get; set; } = 256L << 20;

    /// <summary>Files in one upload, also inside a zip.</summary>
    public int Files { get; set; } = 100;

    /// <summary>
    /// The share of a school's students (0–1) that may leave it by one import without the explicit
    /// <c>acceptWithdrawals</c>: a cut export looks just like a school that has been left.
    /// </summary>
    public double WithdrawalShare { get; set; } = 0.05;
}

/// <summary>A file as it was uploaded.</summary>
/// <param name="Name">As the client called it.</param>
/// <param name="Open">Reads its bytes from the beginning; the stream can seek.</param>
internal sealed record UploadedFile(string Name, Func<Stream> Open);

/// <summary>
/// An upload, opened: which of its files are which of OneRoster's, or the Chinese roster sheet, each looked through once for its size, its
/// encoding and its header. Rows are read when asked for.
/// </summary>
internal sealed class RosterPackage : IDisposable
{
    // A roster's ids repeat; 20:1 is common, 1,000:1 is an attack.
    private const int TightestPacking = 200;

    // With its preamble, so that readers pass over a byte order mark.
    internal static readonly Encoding StrictUtf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    internal static readonly Encoding Gb18030 =
        CodePagesEncodingProvider.Instance.GetEncoding("GB18030", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;

    private static readonly string[] States = ["active", "tobedeleted", "inactive"];

    private readonly Dictionary<RosterFile, Source> files = [];
    private readonly List<ZipArchive> archives = [];
    private readonly RosterLimits limits;
    private readonly RosterRemarks remarks;
    private readonly SortedDictionary<string, string> said = new(StringComparer.Ordinal);
    private readonly HashSet<DateOnly> turns = [];
    private readonly HashSet<RosterFile> deltas = [];
    private long unpacked;

    private RosterPackage(RosterLimits limits, RosterRemarks remarks) => (this.limits, this.remarks) = (limits, remarks);

    /// <summary>How many rows were read of each file, and how many were not taken.</summary>
    public Dictionary<RosterFile, (string Name, int Rows, int Rejected)> Counts { get; } = [];

    /// <summary>The files with a row that is not taken and does not say whose it is: nothing of their kind is withdrawn.</summary>
    public HashSet<RosterFile> Unidentified { get; } = [];

    /// <summary>The one school that a roster sheet is about, when the upload said so.</summary>
    public Guid? School { get; private init; }

    /// <summary>Makes ids out of what must not be kept.</summary>
    public byte[] Secret { get; private init; } = [];

    /// <summary>Hears of each row that is read, and of what is done with them.</summary>
    public ImportWatch? Watch { get; private init; }

    /// <summary>
    /// What the rows that were read say, in whatever order: the same for two uploads with the same rows. Where their order says
    /// something, too, <see cref="RosterCheck"/> adds it.
    /// </summary>
    public string Digest => string.Join('\n', said.Select(file => $"{file.Key} {file.Value}").Append($"{School}"));

    /// <summary>Whether a file says only what has changed.</summary>
    public bool IsDelta => deltas.Count > 0;

    /// <summary>The newest <c>dateLastModified</c> of the rows that were read.</summary>
    public DateTimeOffset? ModifiedUntil { get; private set; }

    /// <summary>Whether something in the rows that were read begins or ends on one of the days.</summary>
    public bool Turns(DateOnly from, DateOnly to) => turns.Any(day => day >= from && day <= to);

    /// <summary>
    /// Whether what no row of a file says stays as it is stored: it says only what has changed, or is not there beside files that do.
    /// </summary>
    public bool IsPartial(RosterFile file) => IsDelta && (deltas.Contains(file) || !Has(file));

    /// <summary>Whether roles come from <c>roles.csv</c> (OneRoster 1.2), also when no role has changed.</summary>
    public bool HasRoles => Has(RosterFile.Roles) || files.TryGetValue(RosterFile.Users, out var users) && users.Header["role"] < 0;

    /// <summary>Whether the file is there.</summary>
    public bool Has(RosterFile file) => files.ContainsKey(file);

    /// <summary>The name of a file in the upload; the standard's when it is not there.</summary>
    public string NameOf(RosterFile file) => files.TryGetValue(file, out var source) ? source.Name : file.Name;

    /// <summary>The place of a remark that SQL made, which knows files and columns by OneRoster's names only.</summary>
    public (string File, string Column) PlaceOf(string file, string column)
    {
        if (files.TryGetValue(RosterFile.Sheet, out var sheet))
        {
            return (sheet.Name, sheet.Header.NameOf(column switch
            {
                "sourcedId" or "userSourcedId" => SheetColumns.Number,
                "schoolSourcedId" or "orgSourcedIds" => SheetColumns.SchoolCode,
                "classSourcedId" => SheetColumns.Class,
                "agentSourcedIds" => SheetColumns.GuardianName(1),
                _ => column,
            }));
        }

        return files.TryGetValue(RosterFile.All.First(known => known.Name == file), out var source)
            ? (source.Name, source.Header.NameOf(column)) : (file, column);
    }

    /// <summary>Opens an upload. What refuses it as a whole is among the remarks; then no rows may be read.</summary>
    /// <param name="uploads">The files.</param>
    /// <param name="limits">How large they may be.</param>
    /// <param name="school">The one school that a roster sheet is about.</param>
    /// <param name="secret">See <see cref="Secret"/>.</param>
    /// <param name="watch">Hears of each row that is read.</param>
    /// <param name="remarks">What there is to say about them.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task<RosterPackage> OpenAsync(
        IReadOnlyList<UploadedFile> uploads, RosterLimits limits, Guid? school, byte[] secret, ImportWatch? watch,
        RosterRemarks remarks, CancellationToken cancel)
    {
        var package = new RosterPackage(limits, remarks) { School = school, Secret = secret, Watch = watch };
        try
        {
            foreach (var upload in uploads)
                await package.AddAsync(upload, cancel);
            if (uploads.Count == 0)
                remarks.Add(RosterTexts.NothingUploaded, "");
            else if (remarks.Refusals.Count == 0)
                await package.CheckCompleteAsync(cancel);
            return package;
        }
        catch
        {
            package.Dispose();
            throw;
        }
    }

    /// <summary>Reads the rows of a file, good and bad ones; nothing when the file is not there.</summary>
    public async IAsyncEnumerable<T> RowsAsync<T>(
        RosterFile file, Func<RosterLine, T> read, [EnumeratorCancellation] CancellationToken cancel)
        where T : IRosterRow
    {
        if (!files.TryGetValue(file, out var source))
            yield break;
        using var csv = source.Open();
        var line = new RosterLine(csv, source.Header, source.Name, remarks);
        while (csv.Line < source.HeaderLine && await csv.ReadAsync(cancel) != CsvLine.End)
        {
        }

        int rows = 0, rejected = 0, blank = 0, deleted = 0;
        var digest = new RowsDigest();
        var (columns, places) = source.Header.Said;
        var modified = source.Names.Index().Where(name => name.Item == "dateLastModified").Select(name => name.Index).FirstOrDefault(-1);
        CsvLine found;
        while ((found = await csv.ReadAsync(cancel)) != CsvLine.End)
        {
            if (found == CsvLine.Blank)
            {
                blank++;
                continue;
            }

            if (csv.Line == source.HeaderLine + 1 && found == CsvLine.Fields && source.RepeatsHeader(csv))
            {
                remarks.Add(RosterTexts.HeaderTwice, source.Name, csv.Line);
                continue;
            }

            rows++;
            Watch?.Count();
            line.Begin();
            if (found != CsvLine.Fields)
            {
                line.Reject(found switch
                {
                    CsvLine.BadQuote => RosterTexts.RowQuote,
                    CsvLine.BadCharacter => RosterTexts.RowCharacter,
                    _ => RosterTexts.RowTooLong,
                });
                rejected++;
                Unidentified.Add(file);
                continue;
            }

            digest.Add(csv, places);
            if (DateTimeOffset.TryParse(csv[modified], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                && !(at <= ModifiedUntil))
            {
                ModifiedUntil = at.ToUniversalTime();
            }

            if (!IsWhole(csv, source.Header))
                line.Reject(RosterTexts.RowColumns, "", $"{csv.Count}", $"{source.Header.Width}");
            RosterMetadata.Check(line, csv, source.Header);
            _ = line.OneOf("status", States);
            if (line.Good && IsGone(line))
            {
                deleted++;
                continue;
            }

            var row = read(line);
            if (!row.Good)
            {
                rejected++;
                if (!row.Identified)
                    Unidentified.Add(file);
            }

            yield return row;
        }

        Counts[file] = (source.Name, rows, rejected);
        said[file.Name] = $"{deltas.Contains(file)} {string.Join(',', columns)} {digest}";
        turns.UnionWith(line.Turns);
        if (rows == 0 && file != RosterFile.Demographics && file != RosterFile.Courses && !deltas.Contains(file))
            remarks.Add(RosterTexts.NoRows, source.Name);
        if (blank > 0)
            remarks.Add(RosterTexts.BlankRows, source.Name, value: $"{blank}");
        if (deleted > 0)
            remarks.Add(RosterTexts.DeletedRows, source.Name, value: $"{deleted}");
    }

    /// <summary>Reads the rows of a delta file that say that something is no more.</summary>
    public async IAsyncEnumerable<GoneRow> GoneAsync(RosterFile file, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (!deltas.Contains(file))
            yield break;
        var source = files[file];
        using var csv = source.Open();
        var line = new RosterLine(csv, source.Header, source.Name, remarks);
        CsvLine found;
        while ((found = await csv.ReadAsync(cancel)) != CsvLine.End)
        {
            line.Begin();
            if (csv.Line > source.HeaderLine && found == CsvLine.Fields && IsWhole(csv, source.Header) && IsGone(line))
                yield return GoneRow.Read(line, file);
        }
    }

    /// <summary>Whether a file has <c>metadata.*</c> columns that are kept.</summary>
    public bool HasMetadata(RosterFile file) => files.TryGetValue(file, out var source) && source.Header.Metadata.Count > 0;

    /// <summary>Reads the <c>metadata.*</c> columns of a file: of each line a JSON object, <see langword="null"/> when all are
    /// blank.</summary>
    public async IAsyncEnumerable<(int Line, string? Metadata)> MetadataAsync(
        RosterFile file, [EnumeratorCancellation] CancellationToken cancel)
    {
        var source = files[file];
        using var csv = source.Open();
        CsvLine found;
        while ((found = await csv.ReadAsync(cancel)) != CsvLine.End)
        {
            if (csv.Line > source.HeaderLine && found == CsvLine.Fields)
                yield return (csv.Line, RosterMetadata.Read(csv, source.Header));
        }
    }

    // "inactive" is what 1.1 knows beside it, for the same.
    private static bool IsGone(RosterLine line) =>
        line.Raw("status") is var status
        && (status.Equals("tobedeleted", StringComparison.OrdinalIgnoreCase)
            || status.Equals("inactive", StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public void Dispose() => archives.ForEach(archive => archive.Dispose());

    // Whether a line has the header's columns. Empty cells at its end are not there in a sheet; elsewhere spreadsheets add some.
    private static bool IsWhole(IRowReader csv, RosterHeader header)
    {
        for (var i = header.Width; i < csv.Count; i++)
        {
            if (csv[i].Length > 0)
                return false;
        }

        return csv.Count >= header.Width || header.File == RosterFile.Sheet;
    }

    private async Task AddAsync(UploadedFile upload, CancellationToken cancel)
    {
        var magic = new byte[4];
        long length;
        await using (var stream = upload.Open())
        {
            length = stream.Length;
            if (length == 0)
            {
                remarks.Add(RosterTexts.FileEmpty, upload.Name);
                return;
            }

            _ = await stream.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancel);
        }

        if (magic is [0xD0, 0xCF, 0x11, 0xE0])
            remarks.Add(RosterTexts.IsOldWorkbook, upload.Name);
        else if (magic is [(byte)'P', (byte)'K', _, _])
            await AddZipAsync(upload, cancel);
        else
            await AddTextAsync(upload.Name, length, upload.Open, cancel);
    }

    private async Task AddZipAsync(UploadedFile upload, CancellationToken cancel)
    {
        try
        {
            var archive = new ZipArchive(upload.Open(), ZipArchiveMode.Read);
            archives.Add(archive);
            if (archive.Entries.Count > limits.Files)
            {
                remarks.Add(RosterTexts.TooManyFiles, upload.Name, value: $"{limits.Files}");
                return;
            }

            if (archive.GetEntry("[Content_Types].xml") is not null)
            {
                await AddWorkbookAsync(upload.Name, archive, upload.Open, cancel);
                return;
            }

            string? folder = null;
            foreach (var entry in archive.Entries)
            {
                // Folders themselves, and what macOS adds.
                if (entry.Name.Length == 0 || entry.Name.StartsWith('.') || entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal))
                    continue;
                if (!entry.Name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
                {
                    remarks.Add(RosterTexts.FileIgnored, entry.FullName, value: entry.FullName);
                    continue;
                }

                if (entry.IsEncrypted)
                {
                    remarks.Add(RosterTexts.ZipEncrypted, entry.FullName);
                    return;
                }

                if (folder is null && entry.FullName.Length > entry.Name.Length)
                {
                    folder = entry.FullName[..^entry.Name.Length];
                    remarks.Add(RosterTexts.FolderInZip, upload.Name, value: folder);
                }

                await AddTextAsync(entry.FullName, entry.CompressedLength, entry.Open, cancel);
            }
        }
        catch (InvalidDataException)
        {
            remarks.Add(RosterTexts.ZipBroken, upload.Name);
        }
    }

    private async Task AddTextAsync(string name, long packed, Func<Stream> open, CancellationToken cancel)
    {
        Encoding? encoding;
        await using (var stream = open())
            encoding = await InspectAsync(name, packed, stream, open, cancel);
        if (encoding is null)
            return;

        await AddTableAsync(
            name, () => new CsvReader(new StreamReader(open(), encoding, detectEncodingFromByteOrderMarks: false, 64 * 1024)), cancel);
    }

    private async Task AddTableAsync(string name, Func<IRowReader> open, CancellationToken cancel)
    {
        using var rows = open();
        var found = await rows.ReadAsync(cancel);
        if (found == CsvLine.Fields && RosterFile.Named(name) is { } named)
        {
            Add(named, name, 1, Names(rows), open);
            return;
        }

        IReadOnlyList<string>? first = null;
        for (; rows.Line <= SheetColumns.LastHeaderLine && found != CsvLine.End; found = await rows.ReadAsync(cancel))
        {
            if (found != CsvLine.Fields)
                continue;
            var names = Names(rows);
            if (rows.Line == 1)
                first = names;
            if (!SheetColumns.IsHeader(names))
                continue;
            Add(RosterFile.Sheet, name, rows.Line, names, open);
            return;
        }

        if (first is null)
        {
            remarks.Add(RosterTexts.HeaderUnreadable, name, 1);
        }
        else if (RosterFile.WithColumns(first) is { } file)
        {
            remarks.Add(RosterTexts.FileNamed, name, value: name, detail: file.Name);
            Add(file, name, 1, first, open);
        }
        else
        {
            remarks.Add(RosterTexts.FileIgnored, name, value: name);
        }
    }

    private static List<string> Names(IRowReader rows)
    {
        var names = Enumerable.Range(0, rows.Count).Select(i => rows[i].ToString()).ToList();
        // Spreadsheets leave empty columns behind.
        while (names.Count > 1 && names[^1].Length == 0)
            names.RemoveAt(names.Count - 1);
        return names;
    }

    private void Add(RosterFile file, string name, int line, IReadOnlyList<string> names, Func<IRowReader> open)
    {
        var isSds = file.InSds is { } sds && !RosterHeader.HasRequired(file, names) && RosterHeader.HasRequired(sds, names);
        if (files.TryGetValue(file, out var other))
            remarks.Add(RosterTexts.FileTwice, name, value: other.Name);
        else if (RosterHeader.Match(isSds ? file.InSds! : file, name, line, names, remarks) is { } header)
            files.Add(file, new Source(name, header, line, names, open));
    }

    private async Task AddWorkbookAsync(string name, ZipArchive archive, Func<Stream> open, CancellationToken cancel)
    {
        if (archive.Entries.Sum(entry => entry.Length) > limits.WorkbookBytes)
        {
            remarks.Add(RosterTexts.WorkbookTooLarge, name, value: $"{limits.WorkbookBytes}");
            return;
        }

        try
        {
            IReadOnlyList<string> sheets;
            await using (var book = open())
                sheets = WorkbookReader.Worksheets(book);
            foreach (var (number, sheet) in sheets.Index())
            {
                if (Has(RosterFile.Sheet))
                    remarks.Add(RosterTexts.WorksheetIgnored, name, value: sheet);
                else
                    await AddWorksheetAsync(name, () => new WorkbookReader(open(), number), cancel);
            }

            if (!Has(RosterFile.Sheet) && remarks.Refusals.Count == 0)
                remarks.Add(RosterTexts.SheetHeaderMissing, name);
        }
        catch (Exception e) when (e is ExcelDataReader.Exceptions.ExcelReaderException or System.Xml.XmlException or FormatException)
        {
            remarks.Add(RosterTexts.ZipBroken, name);
        }
    }

    private async Task AddWorksheetAsync(string name, Func<IRowReader> open, CancellationToken cancel)
    {
        using var rows = open();
        while (rows.Line <= SheetColumns.LastHeaderLine && await rows.ReadAsync(cancel) != CsvLine.End)
        {
            if (Names(rows) is var names && SheetColumns.IsHeader(names))
            {
                Add(RosterFile.Sheet, name, rows.Line, names, open);
                return;
            }
        }
    }

    // Looks through all bytes once: how many, and in which encoding. Rows are then read without surprises.
    private async Task<Encoding?> InspectAsync(string name, long packed, Stream stream, Func<Stream> open, CancellationToken cancel)
    {
        var buffer = new byte[128 * 1024];
        int kept = 0, read, lines = 1, wrongLine = 0;
        long total = 0;
        while ((read = await stream.ReadAsync(buffer.AsMemory(kept), cancel)) > 0)
        {
            total += read;
            unpacked += read;
            if (unpacked > limits.UnpackedBytes || total > 1 << 20 && total / TightestPacking > packed)
            {
                remarks.Add(RosterTexts.ZipBomb, name, value: $"{limits.UnpackedBytes}");
                return null;
            }

            var found = buffer.AsSpan(0, kept + read);
            if (found.Contains((byte)0))
            {
                remarks.Add(RosterTexts.NotText, name);
                return null;
            }

            if (wrongLine == 0)
            {
                var whole = found[..^Unfinished(found)];
                if (!Utf8Valid(whole, ref lines))
                    wrongLine = lines;
                kept = found.Length - whole.Length;
                found[whole.Length..].CopyTo(buffer);
            }

            if (wrongLine > 0)
                kept = 0;
        }

        if (total == 0)
        {
            remarks.Add(RosterTexts.FileEmpty, name);
            return null;
        }

        if (kept > 0)
            wrongLine = lines;
        if (wrongLine == 0)
            return StrictUtf8;
        if (!await DecodesAsync(open, cancel))
        {
            remarks.Add(RosterTexts.EncodingUnknown, name, wrongLine);
            return null;
        }

        remarks.Add(RosterTexts.TakenAsGb18030, name, wrongLine, value: $"{wrongLine}");
        return Gb18030;
    }

    private static bool Utf8Valid(ReadOnlySpan<byte> bytes, ref int lines)
    {
        if (Utf8.IsValid(bytes))
        {
            lines += bytes.Count((byte)'\n');
            return true;
        }

        foreach (var line in bytes.Split((byte)'\n'))
        {
            if (!Utf8.IsValid(bytes[line]))
                return false;
            lines++;
        }

        return false;
    }

    // How many bytes at the end begin a character whose rest is still to come.
    private static int Unfinished(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var needs = bytes[^back] switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, >= 0x80 => 0, _ => 1 };
            if (needs > 0)
                return needs > back ? back : 0;
        }

        return 0;
    }

    private static async Task<bool> DecodesAsync(Func<Stream> open, CancellationToken cancel)
    {
        using var text = new StreamReader(open(), Gb18030, detectEncodingFromByteOrderMarks: false);
        var buffer = new char[16 * 1024];
        try
        {
            while (await text.ReadAsync(buffer, cancel) > 0)
            {
            }

            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private bool IsSds => files.Any(file => file.Value.Header.File == file.Key.InSds);

    private async Task CheckCompleteAsync(CancellationToken cancel)
    {
        if (!files.Keys.Any(file => file != RosterFile.Manifest))
        {
            remarks.Add(RosterTexts.NothingRecognised, "");
            return;
        }

        if (Has(RosterFile.Sheet))
        {
            if (files.Count > 1)
                remarks.Add(RosterTexts.SheetAlone, NameOf(RosterFile.Sheet));
            return;
        }

        if (School is not null)
            remarks.Add(RosterTexts.SchoolOnlyForSheet, "");
        if (Has(RosterFile.Manifest))
            await CheckManifestAsync(cancel);
        else
            remarks.Add(IsSds ? RosterTexts.SdsTaken : RosterTexts.NoManifest, "");
        CheckRoles();
        // Classes that are taught together are not kept, so whoever attends them makes sense only beside them.
        Together(RosterFile.Enrollments, RosterFile.Classes);
        Together(RosterFile.Classes, RosterFile.Enrollments);

        void Together(RosterFile one, RosterFile other)
        {
            if (Has(one) && !Has(other) && !deltas.Contains(one))
                remarks.Add(RosterTexts.NeedsOther, NameOf(one), value: one.Name, detail: other.Name);
        }
    }

    // OneRoster 1.1 has roles and schools in users.csv, 1.2 in roles.csv.
    private void CheckRoles()
    {
        if (Has(RosterFile.Roles) && !Has(RosterFile.Users) && !deltas.Contains(RosterFile.Roles))
            remarks.Add(RosterTexts.NeedsOther, NameOf(RosterFile.Roles), value: RosterFile.Roles.Name, detail: RosterFile.Users.Name);
        if (!files.TryGetValue(RosterFile.Users, out var users))
            return;
        foreach (var column in new[] { "role", "orgSourcedIds" })
        {
            if (!Has(RosterFile.Roles) && users.Header[column] < 0 && !deltas.Contains(RosterFile.Users))
                remarks.Add(RosterTexts.ColumnMissing, users.Name, 1, column, column);
            else if (Has(RosterFile.Roles) && users.Header[column] >= 0)
                remarks.Add(RosterTexts.TwoVersions, users.Name, 1, column, column);
        }
    }

    private async Task CheckManifestAsync(CancellationToken cancel)
    {
        var manifest = files[RosterFile.Manifest];
        using var csv = manifest.Open();
        while (await csv.ReadAsync(cancel) is var found && found != CsvLine.End)
        {
            if (found != CsvLine.Fields || csv.Line == 1)
                continue;
            if (csv.Line == 2 && manifest.RepeatsHeader(csv))
            {
                remarks.Add(RosterTexts.HeaderTwice, manifest.Name, 2);
                continue;
            }

            var (key, value) = (csv[manifest.Header["propertyName"]].ToString(), csv[manifest.Header["value"]].ToString());
            if (RosterFile.All.FirstOrDefault(file => file.ManifestKey == key) is not { } promised)
                continue;
            if (value == "delta" && Has(promised))
                deltas.Add(promised);
            else if (value is "bulk" or "delta" && !Has(promised))
                remarks.Add(RosterTexts.PromisedMissing, manifest.Name, csv.Line, "value", promised.Name);
            else if (value == "absent" && Has(promised))
                remarks.Add(RosterTexts.PromisedAbsent, manifest.Name, csv.Line, "value", promised.Name);
        }
    }

    private sealed record Source(
        string Name, RosterHeader Header, int HeaderLine, IReadOnlyList<string> Names, Func<IRowReader> Open)
    {
        public bool RepeatsHeader(IRowReader csv)
        {
            for (var i = 0; i < Names.Count; i++)
            {
                if (!csv[i].SequenceEqual(Names[i]))
                    return false;
            }

            return true;
        }
    }
}
