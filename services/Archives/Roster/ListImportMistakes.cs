using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Roster;

/// <summary>Lists the mistakes that an import found, by file and line: in pages, or as a csv to mend them by (ARC-2).</summary>
internal static class ListImportMistakes
{
    public static void MapListImportMistakes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/imports/{importId:guid}/mistakes", HandleAsync)
            .WithName("ListImportMistakes")
            .WithSummary("The mistakes of an import, by file and line.")
            .Query(Permission.RosterImport);
        api.MapGet("/districts/{districtId:guid}/imports/{importId:guid}/mistakes.csv", DownloadAsync)
            .WithName("DownloadImportMistakes")
            .WithSummary("The mistakes of an import as csv.")
            .Query(Permission.RosterImport);
    }

    private static async Task<Results<Ok<Page<RemarkBody>>, Problem>> HandleAsync(
        Guid districtId, Guid importId, string? after, int? size, ArchivesDb db, HttpContext http, CancellationToken cancel)
    {
        if (!Cursor.TryRead<int>(after, out var last))
            return Failures.CursorInvalid.Because();
        var take = Cursor.Size(size);
        var rows = await Of(db, districtId, importId).Where(mistake => mistake.Number > last).Take(take + 1).ToListAsync(cancel);
        var page = Page.From(rows, take, mistake => mistake.Number);
        var chinese = Language.IsChinese(http);
        return TypedResults.Ok(new Page<RemarkBody>([.. page.Items.Select(mistake => Body(mistake, chinese))], page.Next));
    }

    private static PushStreamHttpResult DownloadAsync(
        Guid districtId, Guid importId, ArchivesDb db, HttpContext http, CancellationToken cancel)
    {
        var chinese = Language.IsChinese(http);
        return TypedResults.Stream(
            async stream =>
            {
                // With the byte order mark, by which Excel knows UTF-8.
                await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
                await writer.WriteLineAsync(chinese ? "文件，行，列，程度，原因，如何修改，代码，值" : "file,line,column,severity,reason,mend,code,value");
                await foreach (var mistake in Of(db, districtId, importId).AsAsyncEnumerable().WithCancellation(cancel))
                {
                    var body = Body(mistake, chinese);
                    var fields = new[]
                    {
                        body.File, $"{body.Line}", body.Column, $"{body.Severity}", body.Reason, body.Mend, body.Code, body.Value ?? "",
                    };
                    await writer.WriteLineAsync(string.Join(',', fields.Select(Quoted)).AsMemory(), cancel);
                }
            },
            "text/csv; charset=utf-8", "mistakes.csv");
    }

    private static IOrderedQueryable<RosterMistake> Of(ArchivesDb db, Guid district, Guid import) =>
        db.Set<RosterMistake>().AsNoTracking()
            .Where(mistake => mistake.DistrictId == district && mistake.ImportId == import).OrderBy(mistake => mistake.Number);

    private static RemarkBody Body(RosterMistake mistake, bool chinese) => RemarkBody.Of(
        new RosterRemark(mistake.File, mistake.Line, mistake.Column, mistake.Code, mistake.Value, mistake.Detail), chinese);

    // A value may come from anybody's file: what a spreadsheet would take for a formula is given as text.
    private static string Quoted(string field) =>
        $"\"{(field.Length > 0 && "=+-@\t".Contains(field[0]) ? "'" : "")}{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
