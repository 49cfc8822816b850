using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using HomeSchool.ServiceDefaults.Sheets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>Tables for spreadsheets: whole, streamed, and without a formula that nobody of ours wrote.</summary>
public sealed class SheetTests
{
    private static readonly object?[] Row = ["名字,\"引号\"", "=1+1", "+1", "-1", "@a", "\t=1", "＝1", -1, 0.5, null, "1 < 2\uFFFE"];

    [Fact]
    public async Task Csv_has_the_byte_order_mark_and_no_field_that_begins_a_formula()
    {
        var bytes = await WrittenAsync(SheetFormat.Csv);
        bytes[..3].ShouldBe(Encoding.UTF8.Preamble.ToArray());
        Encoding.UTF8.GetString(bytes[3..]).ShouldBe(
            "\"名字,\"\"引号\"\"\",\"'=1+1\",\"'+1\",\"'-1\",\"'@a\",\"'\t=1\",\"'＝1\",-1,0.5,,\"1 < 2\uFFFE\"\r\n");
    }

    [Fact]
    public async Task A_workbook_has_texts_as_texts_and_numbers_as_numbers()
    {
        using var book = new ZipArchive(new MemoryStream(await WrittenAsync(SheetFormat.Xlsx)));
        foreach (var part in book.Entries)
            (await ReadAsync(part)).Root.ShouldNotBeNull();
        var sheet = await ReadAsync(book.GetEntry("xl/worksheets/sheet1.xml")!);
        var cells = sheet.Descendants().Where(element => element.Name.LocalName == "c").ToArray();
        sheet.Descendants().ShouldNotContain(element => element.Name.LocalName == "f");
        cells.Select(cell => cell.Value).ShouldBe(
            Row.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace('\uFFFE', '\uFFFD')));
        cells.Select(cell => cell.Attribute("t")?.Value).ShouldBe(Row.Select(value => value is string ? "inlineStr" : null));
        cells.Where(cell => cell.Attribute("t") is not null).ShouldAllBe(cell => cell.Attribute("s")!.Value == "1"); // the format of texts

        static async Task<XDocument> ReadAsync(ZipArchiveEntry part)
        {
            await using var content = await part.OpenAsync();
            return await XDocument.LoadAsync(content, LoadOptions.PreserveWhitespace, TestContext.Current.CancellationToken);
        }
    }

    // To a stream that, as that of an answer, is written forwards and never synchronously.
    private static async Task<byte[]> WrittenAsync(SheetFormat format)
    {
        using var body = new AnswerStream();
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        http.Response.Body = body;
        await Sheet.Answer(format, "table", sheet => sheet.WriteAsync(Row, CancellationToken.None)).ExecuteAsync(http);
        return body.Written.ToArray();
    }

    private sealed class AnswerStream : Stream
    {
        public MemoryStream Written { get; } = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => throw new InvalidOperationException("Synchronous.");

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("Synchronous.");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Written.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Written.WriteAsync(buffer, offset, count, cancellationToken);
    }
}
