using System.Buffers;
using System.Globalization;
using System.Text;
using ExcelDataReader;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// Reads a worksheet of an Excel workbook (.xlsx) as lines of text. Dates become <c>2026-09-01</c>; a number too long for a spreadsheet
/// keeps its <c>E+</c>, by which whoever reads an id knows that its last digits are lost.
/// </summary>
internal sealed class WorkbookReader : IRowReader
{
    private static readonly SearchValues<char> Control =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c is not ('\t' or '\n' or '\r')).Select(c => (char)c), '\u007f']);

    // The last whole number that a spreadsheet's 15 digits hold.
    private const double ExactUpTo = 999_999_999_999_999;

    private readonly Stream stream;
    private readonly IExcelDataReader sheet;
    private string[] fields = [];

    // The library asks for the code page of old workbooks, whatever it reads.
    static WorkbookReader() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Opens a worksheet of a workbook.</summary>
    /// <param name="stream">The workbook; closed with the reader.</param>
    /// <param name="number">Which worksheet, from 0.</param>
    public WorkbookReader(Stream stream, int number)
    {
        this.stream = stream;
        sheet = ExcelReaderFactory.CreateOpenXmlReader(stream);
        for (var i = 0; i < number; i++)
            sheet.NextResult();
    }

    /// <summary>The worksheets' names, in their order.</summary>
    public static IReadOnlyList<string> Worksheets(Stream stream)
    {
        using var book = ExcelReaderFactory.CreateOpenXmlReader(stream);
        var names = new List<string>();
        do
            names.Add(book.Name);
        while (book.NextResult());
        return names;
    }

    /// <inheritdoc/>
    public int Line => sheet.Depth + 1;

    /// <inheritdoc/>
    public int Count => fields.Length;

    /// <inheritdoc/>
    public ReadOnlySpan<char> this[int index] => (uint)index < (uint)fields.Length ? fields[index].AsSpan().Trim() : [];

    /// <inheritdoc/>
    public ValueTask<CsvLine> ReadAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        fields = [];
        if (!sheet.Read())
            return new(CsvLine.End);
        if (sheet.FieldCount > CsvReader.MostColumns)
            return new(CsvLine.TooLong);
        fields = new string[sheet.FieldCount];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = Text(sheet.GetValue(i));
        return new(
            Array.TrueForAll(fields, string.IsNullOrWhiteSpace) ? CsvLine.Blank
            : fields.Sum(field => field.Length) > CsvReader.LongestLine ? CsvLine.TooLong
            : Array.Exists(fields, field => field.AsSpan().ContainsAny(Control)) ? CsvLine.BadCharacter
            : CsvLine.Fields);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        sheet.Dispose();
        stream.Dispose();
    }

    private static string Text(object? cell) => cell switch
    {
        null => "",
        string text => text,
        double number when Math.Abs(number) > ExactUpTo => number.ToString("0.###############E+0", CultureInfo.InvariantCulture),
        double number => number.ToString("0.##########", CultureInfo.InvariantCulture),
        DateTime day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "",
    };
}
