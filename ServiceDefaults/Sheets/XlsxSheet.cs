using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Security;
using System.Text;
using System.Xml;

namespace HomeSchool.ServiceDefaults.Sheets;

/// <summary>
/// A table as a workbook with one worksheet (ECMA-376), written forwards: the libraries for workbooks keep all of it until its end. Texts
/// are in cells of type and format text, which Excel does not compute, also when somebody edits one.
/// </summary>
internal sealed class XlsxSheet : Sheet
{
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Package = "http://schemas.openxmlformats.org/package/2006";
    private const string Types = "application/vnd.openxmlformats-officedocument.spreadsheetml";

    private static readonly (string Name, string Content)[] Parts =
    [
        ("[Content_Types].xml",
            $"""
            <Types xmlns="{Package}/content-types">
            <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
            <Override PartName="/xl/workbook.xml" ContentType="{Types}.sheet.main+xml"/>
            <Override PartName="/xl/styles.xml" ContentType="{Types}.styles+xml"/>
            <Override PartName="/xl/worksheets/sheet1.xml" ContentType="{Types}.worksheet+xml"/>
            </Types>
            """),
        ("_rels/.rels",
            $"""
            <Relationships xmlns="{Package}/relationships">
            <Relationship Id="rId1" Type="{Relations}/officeDocument" Target="xl/workbook.xml"/>
            </Relationships>
            """),
        ("xl/workbook.xml",
            $"""
            <workbook xmlns="{Main}" xmlns:r="{Relations}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>
            """),
        ("xl/_rels/workbook.xml.rels",
            $"""
            <Relationships xmlns="{Package}/relationships">
            <Relationship Id="rId1" Type="{Relations}/worksheet" Target="worksheets/sheet1.xml"/>
            <Relationship Id="rId2" Type="{Relations}/styles" Target="styles.xml"/>
            </Relationships>
            """),
        // The second format is text: 49 is the built-in format @.
        ("xl/styles.xml",
            $"""
            <styleSheet xmlns="{Main}">
            <fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>
            <cellStyleXfs count="1"><xf/></cellStyleXfs>
            <cellXfs count="2"><xf xfId="0"/><xf xfId="0" numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>
            """),
    ];

    private readonly ZipArchive package;
    private readonly Stream rows;

    private XlsxSheet(ZipArchive package, Stream rows) => (this.package, this.rows) = (package, rows);

    /// <summary>Begins a workbook.</summary>
    public static async Task<XlsxSheet> BeginAsync(Stream stream)
    {
        // Closing a part writes its end synchronously, however it is closed, and an answer takes no synchronous writing.
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)).AsStream();
        var zip = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: false, entryNameEncoding: null);
        foreach (var (name, content) in Parts)
        {
            await using var part = await OpenAsync(zip, name);
            await part.WriteAsync(Encoding.UTF8.GetBytes(content));
        }

        var sheet = await OpenAsync(zip, "xl/worksheets/sheet1.xml");
        await sheet.WriteAsync(Encoding.UTF8.GetBytes($"""<worksheet xmlns="{Main}"><sheetData>"""));
        return new XlsxSheet(zip, sheet);
    }

    public override async Task WriteAsync(IReadOnlyList<object?> values, CancellationToken cancel) =>
        await rows.WriteAsync(Encoding.UTF8.GetBytes($"<row>{string.Concat(values.Select(Cell))}</row>"), cancel);

    public override async ValueTask DisposeAsync()
    {
        await rows.WriteAsync("</sheetData></worksheet>"u8.ToArray());
        await rows.DisposeAsync();
        await package.DisposeAsync();
    }

    private static async Task<Stream> OpenAsync(ZipArchive zip, string name)
    {
        var part = await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync();
        await part.WriteAsync("""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"""u8.ToArray());
        return part;
    }

    private static string Cell(object? value) => value switch
    {
        null or "" => "<c/>",
        string text => $"""<c s="1" t="inlineStr"><is><t xml:space="preserve">{SecurityElement.Escape(Writable(text))}</t></is></c>""",
        _ => string.Create(CultureInfo.InvariantCulture, $"<c><v>{value}</v></c>"),
    };

    // There are characters that no XML may have, escaped or not.
    private static string Writable(string text) =>
        string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '\uFFFD'));
}
