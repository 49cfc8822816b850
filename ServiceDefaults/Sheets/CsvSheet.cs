using System.Globalization;
using System.Text;

namespace HomeSchool.ServiceDefaults.Sheets;

/// <summary>A table as csv (RFC 4180) in UTF-8, with the byte order mark by which Excel knows it.</summary>
internal sealed class CsvSheet(Stream stream) : Sheet
{
    // What a spreadsheet takes for the beginning of a formula; those of full width, too, where Chinese or Japanese is typed.
    private const string Formula = "=+-@\t\r＝＋－＠";

    private readonly StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true)
    {
        NewLine = "\r\n",
    };

    public override Task WriteAsync(IReadOnlyList<object?> values, CancellationToken cancel) =>
        writer.WriteLineAsync(string.Join(',', values.Select(Field)).AsMemory(), cancel);

    public override ValueTask DisposeAsync() => writer.DisposeAsync();

    private static string Field(object? value) => value switch
    {
        null or "" => "",
        string text => $"\"{(Formula.Contains(text[0]) ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
