using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Microsoft.Win32.SafeHandles;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// The body of an upload: one file (zip or csv), or a form with several. It is read to its end into temporary files before the
/// command's transaction begins, so that a slow or broken upload holds nothing. The files have no names: they go with the request or with
/// the process, however it ends.
/// </summary>
public sealed class RosterUpload : IDisposable
{
    private readonly List<UploadedFile> files = [];
    private readonly List<SafeFileHandle> handles = [];
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
        foreach (var handle in handles)
            handle.Dispose();
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
        if (boundary is not { Length: > 0 and <= 70 })
            throw new BadHttpRequestException("multipart/form-data needs a boundary of at most 70 characters (RFC 2046).");
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
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var handle = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        File.Delete(path);
        handles.Add(handle);
        files.Add(new UploadedFile(name, () => new HandleStream(handle)));
        var buffer = new byte[64 * 1024];
        long length = 0;
        for (int read; (read = await body.ReadAsync(buffer, cancel)) > 0; length += read)
            await RandomAccess.WriteAsync(handle, buffer.AsMemory(0, read), length, cancel);
    }
}

/// <summary>Reads a file from its beginning by a handle that others read by, too.</summary>
internal sealed class HandleStream(SafeFileHandle handle) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var read = RandomAccess.Read(handle, buffer, Position);
        Position += read;
        return read;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await RandomAccess.ReadAsync(handle, buffer, Position, cancellationToken);
        Position += read;
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }
}
