using System.Globalization;
using System.Text;
using System.Text.Unicode;
using HomeSchool.Archives.Roster;

namespace HomeSchool.Archives.Needs;

/// <summary>A score as it came in.</summary>
/// <param name="File">The number of its file, from 0.</param>
/// <param name="Line">The line, from 1; 0 for one that came as JSON.</param>
/// <param name="Number">The student: 学籍号, the roster's id or ours.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Points">Points; <see langword="null"/> for a level.</param>
/// <param name="Level">The level; <see langword="null"/> for points.</param>
internal sealed record ScoreRow(int File, int Line, string Number, string Subject, decimal? Points, ScoreLevel? Level)
{
    public const int LongestSubject = 40;

    /// <summary>Reads a score as people write it.</summary>
    /// <param name="text">E.g. <c>87.5</c>, or <c>B</c>.</param>
    /// <param name="outOf">The most points; <see langword="null"/> for levels.</param>
    /// <param name="points">Points.</param>
    /// <param name="level">The level.</param>
    public static bool TryRead(ReadOnlySpan<char> text, decimal? outOf, out decimal? points, out ScoreLevel? level)
    {
        (points, level) = (null, null);
        if (outOf is null)
        {
            if (text.Length != 1 || (text[0] & ~0x20) is < 'A' or > 'E')
                return false;
            level = (ScoreLevel)((text[0] & ~0x20) - 'A');
            return true;
        }

        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > outOf || number.Scale > 2)
            return false;
        points = number;
        return true;
    }
}

/// <summary>
/// CSV files of scores and homework, line by line as rosters are read: a bad row is named with its place, the good ones stand.
/// </summary>
internal static class NeedFiles
{
    /// <summary>Bytes of one upload.</summary>
    public const long UploadBytes = 32 << 20;

    /// <summary>Number, subject and score; also as OneRoster's results.csv calls them.</summary>
    public static readonly RosterFile Scores = new("scores.csv", [], ["number", "studentSourcedId", "subject", "score"]);

    /// <summary>Who missed which homework; a line without a number is one that all handed in.</summary>
    public static readonly RosterFile Homework = new("homework.csv", ["subject", "dueOn"], ["number", "studentSourcedId"]);

    /// <summary>Opens a file, and reads its header; <see langword="null"/> when it cannot be read at all: the remarks say why.</summary>
    public static async Task<(CsvReader Csv, RosterHeader Header)?> OpenAsync(
        UploadedFile upload, RosterFile file, RosterRemarks remarks, CancellationToken cancel)
    {
        using var buffer = new MemoryStream();
        await using (var content = upload.Open())
            await content.CopyToAsync(buffer, cancel);
        var bytes = buffer.ToArray();
        if (Decode(upload.Name, bytes, remarks) is not { } encoding)
            return null;
        var csv = new CsvReader(new StreamReader(new MemoryStream(bytes), encoding));
        if (await csv.ReadAsync(cancel) != CsvLine.Fields)
        {
            remarks.Add(RosterTexts.HeaderUnreadable, upload.Name, 1);
            return null;
        }

        var names = Enumerable.Range(0, csv.Count).Select(i => csv[i].ToString()).ToArray();
        return RosterHeader.Match(file, upload.Name, 1, names, remarks) is { } header ? (csv, header) : null;
    }

    /// <summary>Reads the next line that has something; <see langword="null"/> at the end.</summary>
    /// <returns>Whether it has fields, one for each column.</returns>
    public static async ValueTask<bool?> NextAsync(CsvReader csv, RosterHeader header, RosterLine line, CancellationToken cancel)
    {
        CsvLine found;
        while ((found = await csv.ReadAsync(cancel)) == CsvLine.Blank)
        {
        }

        if (found == CsvLine.End)
            return null;
        line.Begin();
        if (found != CsvLine.Fields)
        {
            line.Reject(found switch
            {
                CsvLine.BadQuote => RosterTexts.RowQuote,
                CsvLine.BadCharacter => RosterTexts.RowCharacter,
                _ => RosterTexts.RowTooLong,
            });
        }
        else if (csv.Count < header.Width)
        {
            line.Reject(RosterTexts.RowColumns, "", $"{csv.Count}", $"{header.Width}");
        }

        return line.Good;
    }

    /// <summary>The column that names the student.</summary>
    public static string Number(RosterHeader header) => header["number"] >= 0 ? "number" : "studentSourcedId";

    private static Encoding? Decode(string name, byte[] bytes, RosterRemarks remarks)
    {
        if (bytes.Length == 0)
        {
            remarks.Add(RosterTexts.FileEmpty, name);
            return null;
        }

        if (bytes.Contains((byte)0))
        {
            remarks.Add(RosterTexts.NotText, name);
            return null;
        }

        if (Utf8.IsValid(bytes))
            return RosterPackage.StrictUtf8;
        try
        {
            _ = RosterPackage.Gb18030.GetCharCount(bytes);
            return RosterPackage.Gb18030;
        }
        catch (DecoderFallbackException)
        {
            remarks.Add(RosterTexts.EncodingUnknown, name);
            return null;
        }
    }
}
