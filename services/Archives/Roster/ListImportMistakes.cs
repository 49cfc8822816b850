using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Sheets;
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
        return Sheet.Answer(SheetFormat.Csv, "mistakes", async sheet =>
        {
            await sheet.WriteAsync(
                chinese ? ["文件", "行", "列", "程度", "原因", "如何修改", "代码", "值"]
                    : ["file", "line", "column", "severity", "reason", "mend", "code", "value"],
                cancel);
            await foreach (var mistake in Of(db, districtId, importId).AsAsyncEnumerable().WithCancellation(cancel))
            {
                var body = Body(mistake, chinese);
                await sheet.WriteAsync(
                    [body.File, body.Line, body.Column, $"{body.Severity}", body.Reason, body.Mend, body.Code, body.Value], cancel);
            }
        });
    }

    private static IOrderedQueryable<RosterMistake> Of(ArchivesDb db, Guid district, Guid import) =>
        db.Set<RosterMistake>().AsNoTracking()
            .Where(mistake => mistake.DistrictId == district && mistake.ImportId == import).OrderBy(mistake => mistake.Number);

    private static RemarkBody Body(RosterMistake mistake, bool chinese) => RemarkBody.Of(
        new RosterRemark(mistake.File, mistake.Line, mistake.Column, mistake.Code, mistake.Value, mistake.Detail), chinese);
}
