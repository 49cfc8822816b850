using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// Gives the Chinese roster sheet to fill in (ARC-2): the columns that are kept, as text, so that no number loses its digits, and what
/// belongs into them on a second worksheet.
/// </summary>
internal static class RosterTemplate
{
    private const uint TextStyle = 1;
    private const uint TextFormat = 49; // the built-in format @

    private static readonly string[] Columns =
    [
        SheetColumns.SchoolCode, SheetColumns.SchoolName, SheetColumns.Grade, SheetColumns.Class, SheetColumns.Name, SheetColumns.Sex,
        SheetColumns.BirthDate, SheetColumns.Number,
        .. Enumerable.Range(1, SheetColumns.Guardians).SelectMany(place => new[]
        {
            SheetColumns.GuardianName(place), SheetColumns.Relation(place), SheetColumns.Phone(place), SheetColumns.IsGuardian(place),
        }),
    ];

    private static readonly (string Column, string Zh, string En)[] Explained =
    [
        (SheetColumns.SchoolCode, "按学校上传时可不填；新学校须同时填写名称", "May stay empty when uploading for one school; a new school needs its name too"),
        (SheetColumns.Grade, "如 三年级、初一", "E.g. 三年级, 初一"),
        (SheetColumns.Class, "如 2 或 三年级(2)班", "E.g. 2 or 三年级(2)班"),
        (SheetColumns.Name, "必填", "Required"),
        (SheetColumns.Sex, "男 或 女", "男 (male) or 女 (female)"),
        (SheetColumns.BirthDate, "如 20160901；没有学籍号时必填", "E.g. 20160901; required without a 学籍号"),
        (SheetColumns.Number, "G、J 或 L 加 18 位；请保持文本格式", "G, J or L and 18 characters; keep the cells as text"),
        (SheetColumns.Relation(1), "如 父亲、母亲、祖母", "E.g. 父亲 (father), 母亲 (mother), 祖母 (grandmother)"),
        (SheetColumns.IsGuardian(1), "是 或 否", "是 (yes) or 否 (no)"),
    ];

    public static void MapRosterTemplate(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/imports/template.xlsx", Workbook)
            .WithName("DownloadRosterTemplate")
            .WithSummary("The roster sheet to fill in, as a workbook.")
            .Query(Permission.RosterImport);
        api.MapGet("/districts/{districtId:guid}/imports/template.csv", Csv)
            .WithName("DownloadRosterTemplateCsv")
            .WithSummary("The roster sheet to fill in, as csv.")
            .Query(Permission.RosterImport);
    }

    private static FileContentHttpResult Csv() =>
        // With the byte order mark, by which Excel knows UTF-8.
        TypedResults.File(
            [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(string.Join(',', Columns) + "\r\n")], "text/csv; charset=utf-8", "roster.csv");

    private static FileContentHttpResult Workbook()
    {
        using var memory = new MemoryStream();
        using (var document = SpreadsheetDocument.Create(memory, SpreadsheetDocumentType.Workbook))
        {
            var book = document.AddWorkbookPart();
            var styles = book.AddNewPart<WorkbookStylesPart>();
            styles.Stylesheet = new Stylesheet(
                new Fonts(new Font()), new Fills(new Fill()), new Borders(new Border()),
                new CellFormats(new CellFormat(), new CellFormat { NumberFormatId = TextFormat, ApplyNumberFormat = true }));
            book.Workbook = new Workbook(new Sheets(
                AddSheet(book, 1, "学籍名册", [Columns]),
                AddSheet(book, 2, "填写说明", Explained.Select(row => new[] { row.Column, row.Zh, row.En }))));
        }

        return TypedResults.File(
            memory.ToArray(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "roster.xlsx");
    }

    private static Sheet AddSheet(WorkbookPart book, uint number, string name, IEnumerable<string[]> rows)
    {
        var part = book.AddNewPart<WorksheetPart>();
        part.Worksheet = new Worksheet(
            new Columns(new Column { Min = 1, Max = (uint)Columns.Length, Width = 18, CustomWidth = true, Style = TextStyle }),
            new SheetData(rows.Select(row => new Row(row.Select(text => new Cell
            {
                DataType = CellValues.InlineString,
                StyleIndex = TextStyle,
                InlineString = new InlineString(new Text(text)),
            })))));
        return new Sheet { Id = book.GetIdOfPart(part), SheetId = number, Name = name };
    }
}
