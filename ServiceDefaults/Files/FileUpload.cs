using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// A form with one file (in <c>file</c>) and a few fields, as a handler's parameter; the endpoint says <see cref="FileUploads.TakesFile"/>.
/// It is received, checked and, if it is a photo, encoded anew before the command's transaction begins, so that a slow sender and a large
/// photo hold nothing.
/// </summary>
public sealed class FileUpload : IAsyncDisposable
{
    private readonly Dictionary<string, string> fields = new(StringComparer.Ordinal);
    private Spool? content;

    /// <summary>The form's fields.</summary>
    public IReadOnlyDictionary<string, string> Fields => fields;

    /// <summary>The id under which the file can be kept.</summary>
    public Guid Id { get; internal set; }

    /// <summary>What it is.</summary>
    public FileType Type { get; internal set; }

    /// <summary>The file's name without its extension, as its sender had it.</summary>
    public string Name => Path.GetFileNameWithoutExtension(FileName);

    /// <summary>Why the file is not taken; <see langword="null"/> when it is.</summary>
    public Problem? Refusal { get; internal set; }

    /// <summary>What it holds.</summary>
    public Spool Content => content ?? throw new InvalidOperationException("There is no file; see Refusal.");

    internal string FileName { get; set; } = "";

    internal string? MediaType { get; set; }

    internal bool HasContent => content is not null;

    /// <summary>Receives and checks the body.</summary>
    public static async ValueTask<FileUpload> BindAsync(HttpContext context)
    {
        var upload = new FileUpload();
        context.Response.RegisterForDisposeAsync(upload);
        await context.RequestServices.GetRequiredService<FileIntake>().ReceiveAsync(context, upload);
        return upload;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => content?.DisposeAsync() ?? ValueTask.CompletedTask;

    internal void Add(string name, string value) => fields[name] = value;

    internal async Task ReplaceAsync(Spool by)
    {
        await DisposeAsync();
        content = by;
    }

    // Two forms with the same content differ in their boundaries.
    internal byte[] Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in fields.OrderBy(field => field.Key, StringComparer.Ordinal).SelectMany(f => new[] { f.Key, f.Value })
            .Append(FileName).Append(MediaType ?? ""))
        {
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }

        hash.AppendData(content?.Digest ?? []);
        return hash.GetHashAndReset();
    }
}

/// <summary>Receives files and checks them: what they are, and that they do nothing when they are opened.</summary>
public sealed class FileIntake(FileVault files, IOptions<FileSettings> settings) : IDisposable
{
    private const int MostFields = 20;
    private const int LongestField = 8_192;
    private const int LongestBoundary = 70; // RFC 2046

    private readonly FileSettings settings = settings.Value;
    private readonly SemaphoreSlim checks = new(settings.Value.ChecksAtOnce);
    private readonly ConcurrentBag<byte[]> buffers = []; // no more than checks at once

    /// <inheritdoc/>
    public void Dispose() => checks.Dispose();

    internal async Task ReceiveAsync(HttpContext context, FileUpload upload)
    {
        var cancel = context.RequestAborted;
        try
        {
            upload.Refusal = await ReadAsync(context.Request, upload, cancel);
        }
        catch (Exception e) when (e is InvalidDataException || (e is IOException and not BadHttpRequestException))
        {
            upload.Refusal = FileFailures.CutOff;
        }

        IdempotencyKey.Received(context, upload.Digest());
        if (upload.Refusal is null && await CheckAsync(upload, cancel) is { } refused)
            upload.Refusal = refused;
        if (upload.Refusal is null)
            upload.Id = await files.ExpectAsync(cancel);
    }

    private async Task<Problem?> ReadAsync(HttpRequest request, FileUpload upload, CancellationToken cancel)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= LongestBoundary } boundary)
        {
            return FileFailures.OneFile;
        }

        var form = new MultipartReader(boundary, request.Body);
        while (await form.ReadNextSectionAsync(cancel) is { } section)
        {
            var disposition = section.GetContentDispositionHeader();
            var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).Value ?? "";
            if (disposition?.IsFileDisposition() != true)
            {
                var value = new byte[LongestField];
                var length = await section.Body.ReadAtLeastAsync(value, value.Length, throwOnEndOfStream: false, cancel);
                if (length == value.Length || upload.Fields.Count == MostFields)
                    return Failures.Invalid;
                upload.Add(name, Encoding.UTF8.GetString(value.AsSpan(0, length)));
                continue;
            }

            if (name != "file" || upload.HasContent)
                return FileFailures.OneFile;
            var sent = disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName);
            upload.FileName = Path.GetFileName((sent.Value ?? "").Replace('\\', '/'));
            upload.MediaType = MediaTypeHeaderValue.TryParse(section.ContentType, out var claimed) ? claimed.MediaType.Value : null;
            await upload.ReplaceAsync(await Spool.ReceiveAsync(section.Body, cancel));
            if (upload.Content.Length > settings.UploadBytes)
                return FileFailures.TooLarge.Because(settings.UploadBytes >> 20);
        }

        if (!upload.HasContent)
            return FileFailures.OneFile;
        return null;
    }

    // In memory, but few at a time, and in the same memory again and again: arrays of a shared pool are rounded up to a power of two,
    // and were so large that a heap with a limit could run out of room between them.
    private async Task<Failure?> CheckAsync(FileUpload upload, CancellationToken cancel)
    {
        await checks.WaitAsync(cancel);
        var length = (int)upload.Content.Length;
        var buffer = buffers.TryTake(out var used) && used.Length >= length ? used : GC.AllocateUninitializedArray<byte>(length);
        try
        {
            var data = new ArraySegment<byte>(buffer, 0, length);
            await using (var content = upload.Content.Open())
                await content.ReadExactlyAsync(data, cancel);
            if (ContentCheck.Check(data, settings, out var type, cancel) is { } refused)
                return refused;
            upload.Type = type;
            if (!type.Fits(upload.FileName, upload.MediaType))
                return FileFailures.TypeMismatch;
            if (settings.VirusScanner is { } scanner && await VirusScan.ScanAsync(scanner, data, cancel) is { } infected)
                return infected;
            if (!FileTypes.Images.Contains(type))
                return null;
            var (photo, failed) = await PhotoCheck.EncodeAnewAsync(data, type, settings, cancel);
            if (failed is not null)
                return failed;
            await upload.ReplaceAsync(photo!);
            return null;
        }
        finally
        {
            Array.Clear(buffer, 0, length);
            buffers.Add(buffer);
            checks.Release();
        }
    }
}

/// <summary>Endpoints that take files.</summary>
public static class FileUploads
{
    // What a form has beside its file.
    private const int Around = 256 * 1024;

    /// <summary>Says that an endpoint takes a <see cref="FileUpload"/>.</summary>
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder endpoint, IServiceProvider services) => endpoint
        .Accepts<FileUpload>("multipart/form-data")
        .WithMetadata(
            new RequestSizeLimitAttribute(services.GetRequiredService<IOptions<FileSettings>>().Value.UploadBytes + Around),
            new DigestsOwnBody());
}
