using System.IO.Compression;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Rights;

/// <summary>
/// A copy on its way to who asked (ARC-10): a zip with each service's JSON and a page to read in both languages, opened piece by piece as
/// it is sent; nothing of it is ever stored in clear.
/// </summary>
internal sealed class PersonalDataCopy(
    PersonalDataRequest request, IReadOnlyList<PersonalDataReply> replies, ArchivesDb db, KeyVault vault)
    : IResult, IStatusCodeHttpResult
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, cancel) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = "application/zip";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = $"{DispositionTypeNames.Attachment}; filename=\"personal-data-{request.Id:N}.zip\"";
        // The runtime writes the last bytes of a zip's entry synchronously, also when it is disposed of asynchronously.
        httpContext.Features.Get<IHttpBodyControlFeature>()?.AllowSynchronousIO = true;
        var page = new StringBuilder(Head());
        await using var zip = await ZipArchive.CreateAsync(
            response.Body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel);
        foreach (var reply in replies.Where(reply => reply.Parts > 0))
        {
            var document = await OpenAsync(reply, cancel);
            await WriteAsync(zip, $"{reply.Service}.json", document, cancel);
            Show(page, document);
            CryptographicOperations.ZeroMemory(document);
        }

        page.Append("</body>\n</html>\n");
        await WriteAsync(zip, "index.html", Encoding.UTF8.GetBytes(page.ToString()), cancel);
    }

    private async Task<byte[]> OpenAsync(PersonalDataReply reply, CancellationToken cancel)
    {
        var pieces = db.Set<PersonalDataPiece>().AsNoTracking()
            .Where(p => p.DistrictId == request.DistrictId && p.RequestId == request.Id && p.Service == reply.Service
                && p.RunId == reply.RunId)
            .OrderBy(p => p.Number);
        using var document = new MemoryStream();
        foreach (var piece in await pieces.ToListAsync(cancel))
        {
            var place = AnswerPersonalData.SealedPart.Of(piece.Id);
            document.Write(await vault.OpenAsync(request.DistrictId, place, piece.Content, cancel)
                ?? throw new InvalidOperationException("The child was erased while a copy was fetched."));
        }

        return document.ToArray();
    }

    private static async Task WriteAsync(ZipArchive zip, string name, byte[] content, CancellationToken cancel)
    {
        await using var entry = await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancel);
        await entry.WriteAsync(content, cancel);
    }

    private static string Head() =>
        """
        <!DOCTYPE html>
        <html lang="zh-CN">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>孩子的资料副本 · Copy of a child's data</title>
        <style>
        body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.6 system-ui, sans-serif; color: #111; background: #fff }
        table { border-collapse: collapse; width: 100%; margin-bottom: 2rem } caption { text-align: left; font-weight: bold }
        th, td { border: 1px solid #888; padding: .3rem .5rem; text-align: left; vertical-align: top; white-space: pre-wrap }
        small { color: #555; font-weight: normal }
        </style>
        </head>
        <body>
        <h1>孩子的资料副本 <small lang="en">Copy of a child's data</small></h1>
        <p>各系统保存的资料如下；同名的 .json 文件供程序读取。他人的资料、教职工的工作笔记以及依法不予提供的内容不在其中；每一份副本都是如此。</p>
        <p lang="en">This is what each system holds; the .json files are for programs. Data of other people, working notes of staff, and what the
        law keeps back are not in it; so it is with every copy.</p>

        """;

    private static void Show(StringBuilder page, byte[] document)
    {
        using var json = JsonDocument.Parse(document);
        foreach (var table in json.RootElement.GetProperty("tables").EnumerateArray())
        {
            var fields = table.GetProperty("fields").EnumerateArray().ToArray();
            page.Append("<table>\n<caption>").Append(Name(table)).Append("</caption>\n<tr>");
            foreach (var field in fields)
                page.Append("<th scope=\"col\">").Append(Name(field)).Append("</th>");
            page.Append("</tr>\n");
            foreach (var row in table.GetProperty("rows").EnumerateArray())
            {
                page.Append("<tr>");
                foreach (var field in fields)
                    page.Append("<td>").Append(Html.Encode(Text(row.GetProperty(field.GetProperty("name").GetString()!)))).Append("</td>");
                page.Append("</tr>\n");
            }

            page.Append("</table>\n");
        }
    }

    private static string Name(JsonElement said) =>
        $"{Html.Encode(said.GetProperty("zh").GetString()!)} <small lang=\"en\">{Html.Encode(said.GetProperty("en").GetString()!)}</small>";

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Text)),
        JsonValueKind.Object => string.Join('\n', value.EnumerateObject().Select(member => $"{member.Name}: {Text(member.Value)}")),
        _ => value.ToString(),
    };
}
