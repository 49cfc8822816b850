using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>A file on its way out: to be saved, not shown, so that nothing in it runs as a page of ours.</summary>
/// <param name="file">The file.</param>
/// <param name="type">What it is.</param>
/// <param name="title">Its name for people, without the extension.</param>
public sealed class FileAnswer(OpenedFile file, FileType type, string title) : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.RegisterForDisposeAsync(file);
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(title + type.Extension());
        var headers = httpContext.Response.Headers;
        headers.ContentDisposition = disposition.ToString();
        headers.ContentType = type.MediaType();
        headers.ContentLength = file.Length;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        headers.CacheControl = "no-store";
        await file.CopyToAsync(httpContext.Response.Body, httpContext.RequestAborted);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(byte[]), [.. Enum.GetValues<FileType>().Select(t => t.MediaType())]));
}
