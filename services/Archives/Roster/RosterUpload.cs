using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// The body of an upload: one file (zip or csv), or a form with several. It is read to its end into temporary files before the
/// command's transaction begins, so that a slow or broken upload holds nothing and leaves nothing.
/// </summary>
public sealed class RosterUpload : IDisposable
{
    private readonly List<UploadedFile> files = [];
    private readonly RosterRemarks remarks = new();

    internal IReadOnlyList<UploadedFile> Files => files;

    internal RosterRemarks Remarks => remarks;

    /// <summary>Receives the body.</summary>
    public static async ValueTask<RosterUpload> BindAsync(HttpContext context)
    {
        var upload = new RosterUpload();
        context.Response.RegisterForDispose(upload);
        var limits = context.RequestServices.GetRequiredService<IOptions<RosterLimits>>().Value;
        try
        {
            await upload.ReceiveAsync(context.Request, limits, context.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException || e is IOException and not BadHttpRequestException)
        {
            // A form without its end; a body without its end is the server's BadHttpRequestException.
            upload.remarks.Add(RosterTexts.UploadCutOff, "");
        }

        return upload;
    }

    /// <summary>Removes the temporary files.</summary>
    public void Dispose()
    {
        foreach (var file in files)
            File.Delete(file.Path);
    }

    private async Task ReceiveAsync(HttpRequest request, RosterLimits limits, CancellationToken cancel)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            await SaveAsync("upload", request.Body, cancel);
            return;
        }

        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary))
            throw new BadHttpRequestException("multipart/form-data needs a boundary.");
        var form = new MultipartReader(boundary, request.Body);
        while (await form.ReadNextSectionAsync(cancel) is { } section)
        {
            if (section.GetContentDispositionHeader()?.FileName.Value is not { Length: > 0 } name)
                continue;
            if (files.Count == limits.Files)
            {
                remarks.Add(RosterTexts.TooManyFiles, "", value: $"{limits.Files}");
                return;
            }

            await SaveAsync(Path.GetFileName(name.Trim('"').Replace('\\', '/')), section.Body, cancel);
        }
    }

    private async Task SaveAsync(string name, Stream body, CancellationToken cancel)
    {
        var path = Path.GetTempFileName();
        files.Add(new UploadedFile(name, path));
        await using var file = File.Create(path);
        await body.CopyToAsync(file, cancel);
    }
}
