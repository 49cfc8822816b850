using System.Globalization;
using System.IO.Compression;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using HomeSchool.Archives.Attachments;
using HomeSchool.Archives.Sensitive;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Rights;

/// <summary>
/// A copy on its way to who asked (ARC-10): a zip with each service's JSON, the files of the archive that the family sees, and a page to read
/// in both languages, opened piece by piece as it is sent; nothing of it is ever stored in clear.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="replies">What the services brought.</param>
/// <param name="mostFileBytes">How large its files may be together; those that are more are named, to be fetched one by one.</param>
/// <param name="db">The database, with the scope of who fetches it.</param>
/// <param name="vault">Opens what is sealed.</param>
/// <param name="files">Opens files.</param>
internal sealed class PersonalDataCopy(
    PersonalDataRequest request, IReadOnlyList<PersonalDataReply> replies, long mostFileBytes, ArchivesDb db, KeyVault vault,
    FileVault files)
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

        await AddFilesAsync(zip, page, cancel);
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

    // One after the other, in small pieces: a copy needs no more memory for many files than for one.
    private async Task AddFilesAsync(ZipArchive zip, StringBuilder page, CancellationToken cancel)
    {
        var attachments = await db.Set<Attachment>().AsNoTracking()
            .Where(a => a.DistrictId == request.DistrictId && a.StudentId == request.StudentId && a.ForFamily && a.DeletedAt == null)
            .OrderBy(a => a.Id).ToListAsync(cancel);
        await vault.FetchAsync(attachments.Select(attachment => attachment.Title), cancel);
        var listed = new List<CopiedFile>(attachments.Count);
        var room = mostFileBytes;
        foreach (var attachment in attachments)
        {
            var title = await vault.OpenTextAsync(
                attachment.DistrictId, Attachment.SealedTitle.Of(attachment.Id), attachment.Title, cancel) ?? "";
            var name = $"files/{listed.Count + 1:D4} {FileName(title)}{attachment.Type.Extension()}";
            var state = await AddAsync(zip, attachment, name, room, cancel);
            if (state == CopiedFileState.Included)
                room -= attachment.Bytes;
            listed.Add(new CopiedFile(
                attachment.Id, title, attachment.Kind, attachment.AddedAt, attachment.Bytes, state,
                state == CopiedFileState.Included ? name : null));
        }

        await WriteAsync(zip, "files.json", JsonSerializer.SerializeToUtf8Bytes(listed, ServiceDefaults.Hosting.Json.Options), cancel);
        Show(page, listed);
    }

    private async Task<CopiedFileState> AddAsync(
        ZipArchive zip, Attachment attachment, string name, long room, CancellationToken cancel)
    {
        if (attachment.Bytes > room)
            return CopiedFileState.TooLarge;
        try
        {
            await using var file = await files.OpenAsync(attachment.DistrictId, Attachment.SealedContent.Of(attachment.Id), cancel);
            if (file is null)
                return CopiedFileState.Missing;
            // Photos and documents are compressed already.
            await using var entry = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancel);
            await file.CopyToAsync(entry, cancel);
            return CopiedFileState.Included;
        }
        catch (DamagedFileException)
        {
            return CopiedFileState.Missing; // the log says which
        }
    }

    // The title, without what a file system or a terminal takes for something else; the number before it keeps names apart.
    private static string FileName(string title) => string.Concat(title.EnumerateRunes().Select(rune =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || "/\\:*?\"<>|".Contains(rune.ToString(), StringComparison.Ordinal) ? "_" : rune.ToString())).Trim(' ', '.');

    private static void Show(StringBuilder page, List<CopiedFile> listed)
    {
        if (listed.Count == 0)
            return;
        page.Append("<table>\n<caption>附件 <small lang=\"en\">Files</small></caption>\n<tr><th scope=\"col\">名称 <small lang=\"en\">Title</small></th>")
            .Append("<th scope=\"col\">时间 <small lang=\"en\">At</small></th><th scope=\"col\">文件 <small lang=\"en\">File</small></th></tr>\n");
        foreach (var file in listed)
        {
            page.Append("<tr><td>").Append(Html.Encode(file.Title)).Append("</td><td>")
                .Append(LocalDay.Of(file.AddedAt).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).Append("</td><td>").Append(file.State switch
                {
                    CopiedFileState.Included =>
                        $"<a href=\"{Html.Encode(string.Join('/', file.Name!.Split('/').Select(Uri.EscapeDataString)))}\">{Html.Encode(file.Name)}</a>",
                    CopiedFileState.TooLarge =>
                        "文件过大，请登录后单独下载 <small lang=\"en\">too large for the copy; sign in to download it</small>",
                    CopiedFileState.Missing =>
                        "文件缺失或损坏，请联系学校 <small lang=\"en\">missing or damaged; ask the school</small>",
                })
                .Append("</td></tr>\n");
        }

        page.Append("</table>\n");
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
        @page { size: A4; margin: 15mm }
        body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.6 system-ui, sans-serif; color: #111; background: #fff }
        table { border-collapse: collapse; width: 100%; margin-bottom: 2rem } caption { text-align: left; font-weight: bold }
        th, td { border: 1px solid #888; padding: .3rem .5rem; text-align: left; vertical-align: top; white-space: pre-wrap }
        small { color: #555; font-weight: normal } tr { break-inside: avoid } caption { break-after: avoid }
        @media print { body { margin: 0; max-width: none; padding: 0; font-size: 13px } }
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
        JsonValueKind.True => "是 yes",
        JsonValueKind.False => "否 no",
        // A time as people there read it; a day, and all else, as it stands.
        JsonValueKind.String when value.GetString()!.Contains('T', StringComparison.Ordinal) && value.TryGetDateTimeOffset(out var time) =>
            LocalDay.TimeOf(time).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}

/// <summary>Whether a copy has a file.</summary>
internal enum CopiedFileState
{
    /// <summary>It has.</summary>
    Included,

    /// <summary>It would make the copy larger than the district allows.</summary>
    TooLarge,

    /// <summary>It is not in the store, or damaged there.</summary>
    Missing,
}

/// <summary>A file as <c>files.json</c> of a copy lists it.</summary>
/// <param name="Id">The attachment.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Kind">What it is.</param>
/// <param name="AddedAt">When it was added.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="State">Whether the copy has it.</param>
/// <param name="Name">Its name in the copy, if it has.</param>
internal sealed record CopiedFile(
    Guid Id, string Title, AttachmentKind Kind, DateTimeOffset AddedAt, long Bytes, CopiedFileState State, string? Name);
