using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.ServiceDefaults.Sheets;

/// <summary>In what form a table is given out.</summary>
public enum SheetFormat
{
    /// <summary>Comma-separated values.</summary>
    Csv,

    /// <summary>A workbook of Excel.</summary>
    Xlsx,
}

/// <summary>
/// A table for a spreadsheet, written row by row: its length costs no memory. A text stays a text, whoever wrote it and however it
/// begins: none becomes a formula.
/// </summary>
public abstract class Sheet : IAsyncDisposable
{
    /// <summary>Writes a row.</summary>
    /// <param name="values">Numbers as <see cref="int"/> or <see cref="double"/>, texts, and <see langword="null"/> for an empty
    /// field.</param>
    /// <param name="cancel">Gives up; what was written is then no whole file.</param>
    public abstract Task WriteAsync(IReadOnlyList<object?> values, CancellationToken cancel);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Answers with a table that is written while it is sent.</summary>
    /// <param name="format">The form.</param>
    /// <param name="name">The file's name, without an ending.</param>
    /// <param name="write">Writes the rows.</param>
    public static PushStreamHttpResult Answer(SheetFormat format, string name, Func<Sheet, Task> write) => TypedResults.Stream(
        async stream =>
        {
            await using Sheet sheet = format == SheetFormat.Csv ? new CsvSheet(stream) : await XlsxSheet.BeginAsync(stream);
            await write(sheet);
        },
        format == SheetFormat.Csv ? "text/csv; charset=utf-8" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        format == SheetFormat.Csv ? $"{name}.csv" : $"{name}.xlsx");
}
