using System.Globalization;
using System.Text.Json;
using HomeSchool.Contracts.Audit;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Auditing;

/// <summary>
/// Keeps the heads of other services' audits in this service's database (ALL-2): who cuts off or rewrites an audit would have to
/// change two databases. Register it in two services, so that each of them has a witness, too.
/// </summary>
public sealed class KeepAnchors(ServiceName service) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue { get; } = service.Value + ".audit-anchors";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(AuditSealed)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var heads = batch.Of<AuditSealed>().Where(head => head.Service != service.Value).ToArray(); // no witness for itself
        await using var keep = new NpgsqlCommand(
            """
            INSERT INTO platform.audit_anchor (service, position, hash, sealed_at, key, signature)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ORDER BY 1, 2, 3
            ON CONFLICT DO NOTHING
            """, batch.Connection);
        keep.Give<string[]>([.. heads.Select(head => head.Service)]);
        keep.Give<long[]>([.. heads.Select(head => head.Position)]);
        keep.Give<string[]>([.. heads.Select(head => head.Hash)]);
        keep.Give<DateTimeOffset[]>([.. heads.Select(head => head.OccurredAt.ToUniversalTime())]);
        keep.Give<string[]>([.. heads.Select(head => head.Key)]);
        keep.Give<string[]>([.. heads.Select(head => head.Signature)]);
        await keep.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>
/// Heads as lines of JSON in files, one file a service and day, in the folder that <c>Audit:AnchorFolder</c> names; without it
/// nothing is written. Copy them to where the database's administrator cannot write.
/// </summary>
public sealed partial class AnchorFiles(IConfiguration configuration, ILogger<AnchorFiles> logger)
{
    /// <summary>Where the files are; <see langword="null"/> when none are kept.</summary>
    public string? Folder { get; } = configuration["Audit:AnchorFolder"];

    /// <summary>Adds a head. A failure is logged, no more: the next head says everything that this one does.</summary>
    public async Task AppendAsync(AuditSealed head, CancellationToken cancel)
    {
        if (Folder is null)
            return;
        try
        {
            Directory.CreateDirectory(Folder);
            var name = string.Create(CultureInfo.InvariantCulture, $"{head.Service}-{head.OccurredAt:yyyy-MM-dd}.jsonl");
            var line = JsonSerializer.Serialize(head, Json.Options) + "\n";
            await File.AppendAllTextAsync(Path.Combine(Folder, name), line, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(logger, e, Folder);
        }
    }

    /// <summary>Reads the heads in a file, or in all files of a folder; none without a path or where nothing is.</summary>
    /// <remarks>A line that is none is passed over: a crash may have cut it.</remarks>
    public static async IAsyncEnumerable<AuditSealed> ReadAsync(string? path)
    {
        IEnumerable<string> files =
            Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.jsonl").Order(StringComparer.Ordinal)
            : File.Exists(path) ? [path]
            : [];
        foreach (var file in files)
        {
            await foreach (var line in File.ReadLinesAsync(file))
            {
                if (Parse(line) is { } head)
                    yield return head;
            }
        }
    }

    private static AuditSealed? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditSealed>(line, Json.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(52, LogLevel.Warning, "The audit's head could not be written to {Folder}")]
    private static partial void LogNotWritten(ILogger logger, Exception exception, string folder);
}
