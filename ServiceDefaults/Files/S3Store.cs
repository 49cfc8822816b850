using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>Files in a bucket of an S3-compatible store, as <c>archives/…id</c>.</summary>
internal sealed class S3Store : IFileStore, IDisposable
{
    private readonly AmazonS3Client client;
    private readonly string bucket;
    private readonly string folder;

    /// <summary>Connects to nothing yet.</summary>
    /// <exception cref="InvalidOperationException">A setting is missing.</exception>
    public S3Store(S3Settings settings, string folder)
    {
        var secret = settings.SecretKeyFile is { } file ? File.ReadAllText(file).Trim() : settings.SecretKey;
        if (settings.Endpoint is null || settings.Bucket.Length == 0 || settings.AccessKey.Length == 0 || string.IsNullOrEmpty(secret))
        {
            throw new InvalidOperationException(
                "Files:S3 needs Endpoint, Bucket, AccessKey, and SecretKey or SecretKeyFile.");
        }

        (bucket, this.folder) = (settings.Bucket, folder);
        client = new AmazonS3Client(new BasicAWSCredentials(settings.AccessKey, secret), new AmazonS3Config
        {
            ServiceURL = settings.Endpoint.ToString(),
            AuthenticationRegion = settings.Region,
            ForcePathStyle = settings.PathStyle,
            // Newer checksums are Amazon's alone; each chunk has a tag of ours.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public async Task<bool> PutAsync(Guid id, Func<Stream, Task<bool>> write, CancellationToken cancel)
    {
        // The store wants to know the length first.
        await using var file = TemporaryFile.Create();
        if (!await write(file))
            return false;
        file.Position = 0;
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = bucket,
                Key = KeyOf(id),
                InputStream = file,
                AutoCloseStream = false,
                ContentType = "application/octet-stream",
                UseChunkEncoding = false, // not every store knows it
            },
            cancel);
        return true;
    }

    public async Task<Stream?> OpenAsync(Guid id, CancellationToken cancel)
    {
        try
        {
            using var answer = await client.GetObjectAsync(bucket, KeyOf(id), cancel);
            var file = TemporaryFile.Create();
            try
            {
                await answer.ResponseStream.CopyToAsync(file, cancel);
                file.Position = 0;
                return file;
            }
            catch
            {
                await file.DisposeAsync();
                throw;
            }
        }
        catch (AmazonServiceException e) when (IsAbsent(e))
        {
            return null;
        }
        catch (AmazonClientException e) when (e.InnerException is not HttpRequestException)
        {
            throw new InvalidDataException("What came is not what the store says it has.", e);
        }
    }

    public async Task DeleteAsync(Guid id, CancellationToken cancel)
    {
        try
        {
            await client.DeleteObjectAsync(bucket, KeyOf(id), cancel);
        }
        catch (AmazonServiceException e) when (IsAbsent(e))
        {
            // Amazon's own store says that it has deleted what was never there; others say this.
        }
    }

    public void Dispose() => client.Dispose();

    private static bool IsAbsent(AmazonServiceException e) =>
        e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket";

    private string KeyOf(Guid id) => $"{folder}/{id:N}";
}
