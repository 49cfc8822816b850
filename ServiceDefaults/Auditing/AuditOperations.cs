using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Audit;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Auditing;

/// <summary>
/// Verifying and exporting the audit (ALL-2), the same in every service: as an API, and verifying as a step of its own,
/// <c>dotnet Visits.dll verify-audit [--anchors FILE_OR_FOLDER]</c>.
/// </summary>
internal static class AuditOperations
{
    private const string JsonLines = "application/jsonl";

    private const int PageSize = 1_000;

    private static readonly Failure NoSuchHead = new("audit.no-such-head", 400,
        "after 必须是之前验证报告中的 position。", "after must be the position of an earlier report.");

    private static readonly Failure RangeReversed = new("audit.range-reversed", 400,
        "结束时间不能早于开始时间。", "The range must not end before it begins.");

    public static void MapAuditOperations(this WebApplication app)
    {
        var service = app.Services.GetRequiredService<ServiceName>().Value;
        var group = app.MapGroup($"/api/{service}/operations/audit").WithTags("Operations");
        group.MapGet("/key", ReadKey).Open("a public key: who verifies an export elsewhere needs it").WithName("ReadAuditKey");
        group.MapPost("/verifications", VerifyAsync).Query(Permission.AuditRead).WithName("VerifyAudit");
        group.MapGet("/export", ExportAsync).Operation(Permission.AuditRead).Sensitive().WithName("ExportAudit");
        group.MapGet("/anchors", ListAnchors).Query(Permission.AuditRead).WithName("ListAuditAnchors");
    }

    /// <summary>The step <c>verify-audit</c>: prints what it finds.</summary>
    /// <returns>The process's exit code: 0 when the audit is whole, 1 when it is not, 2 when it was asked wrongly.</returns>
    public static async Task<int> RunAsync(IServiceProvider services, string[] arguments, CancellationToken cancel = default)
    {
        if (arguments is not ([] or ["--anchors", _]))
        {
            await Console.Error.WriteLineAsync("usage: verify-audit [--anchors FILE_OR_FOLDER]");
            return 2;
        }

        var path = arguments is [_, var given] ? given : services.GetRequiredService<AnchorFiles>().Folder;
        if (arguments.Length > 0 && !Path.Exists(path))
        {
            await Console.Error.WriteLineAsync($"There is no {path}.");
            return 2;
        }

        var report = await services.GetRequiredService<AuditVerification>().RunAsync(0, AnchorFiles.ReadAsync(path), cancel);
        await Console.Out.WriteAsync(Text(report));
        return report.Breaks == 0 ? 0 : 1;
    }

    private static string Text(AuditReport report)
    {
        var text = new StringBuilder();
        Line($"{report.Service}: {report.Sealed} rows sealed, {report.Unsealed} not yet; {report.Anchors} anchors compared.");
        if (report.OldestUnsealedSeconds is { } seconds)
            Line($"The oldest unsealed row has waited {seconds:F1} s.");
        foreach (var (fault, position, entry) in report.First)
            Line($"  {fault} at {position} {entry}");
        if (report.Breaks == 0)
            Line($"The audit is whole up to position {report.Position}.");
        else
            Line($"The audit was changed in {report.Breaks} places.");
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>The key that checks the signatures of this service's heads.</summary>
    private static Ok<AuditPublicKey> ReadKey(ServiceName service, SealKey key) =>
        TypedResults.Ok(new AuditPublicKey(service.Value, "ES256", key.Public));

    /// <summary>
    /// Verifies the whole audit of the service, or what was sealed after an earlier report's position, and compares it with the
    /// anchors that are sent along and those in the service's own folder.
    /// </summary>
    private static async Task<Results<Ok<AuditReport>, Problem>> VerifyAsync(
        VerifyAudit request, AuditVerification verification, AnchorFiles files, NpgsqlDataSource database,
        CancellationToken cancel)
    {
        if (request.After is { } after and not 0)
        {
            await using var head = database.CreateCommand("SELECT count(*) FROM platform.audit_head WHERE position = $1");
            head.Give(after);
            if (await head.ExecuteScalarAsync(cancel) is not 1L)
                return Problem.Of([NoSuchHead.At("after")]);
        }

        // A list in JSON may hold null, whatever its type says.
        var sent = (request.Anchors ?? []).OfType<AuditSealed>().ToAsyncEnumerable();
        return TypedResults.Ok(await verification.RunAsync(
            request.After ?? 0, sent.Concat(AnchorFiles.ReadAsync(files.Folder)), cancel));
    }

    /// <summary>
    /// What was sealed in a span of time, as lines of JSON: where the chain stood before, then every seal in its order with its
    /// row, and each signed head. Of rows that the caller may not see there is the leaf only, so that the chain holds all the same.
    /// </summary>
    private static async Task<Results<PushStreamHttpResult, Problem>> ExportAsync(
        DateTimeOffset from, DateTimeOffset to, NpgsqlDataSource database, ServiceName service, SealKey key,
        CurrentCaller current, CurrentTenancy tenancy, ServiceDb db, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        if (to < from)
            return Problem.Of([RangeReversed.At("to")]);
        var grant = current.Caller.With(Permission.AuditRead).First();
        audit.About("audit", null, grant.DistrictId, grant.SchoolId, $"{from.UtcDateTime:O}/{to.UtcDateTime:O}");
        CommandFilter.Audit(db, http);
        await db.SaveChangesAsync(cancel);
        return TypedResults.Stream(
            output => WriteExportAsync(output, from, to, database, service.Value, key, tenancy.Scope, cancel), JsonLines);
    }

    /// <summary>Writes the lines of an export: every seal, and the rows that are in the scope.</summary>
    internal static async Task WriteExportAsync(
        Stream output, DateTimeOffset from, DateTimeOffset to, NpgsqlDataSource database, string service, SealKey key,
        TenantScope scope, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var (position, hash, until) = await RangeAsync(connection, service, from, to, cancel);
        await WriteAsync(output, new ExportLine(After: position, Hash: hash), cancel);
        while (position < until)
        {
            var lines = await PageAsync(connection, scope, key, position, until, cancel);
            if (lines.Count == 0)
                return; // seals are gone; the verification says so
            foreach (var line in lines)
                await WriteAsync(output, line, cancel);
            await output.FlushAsync(cancel);
            position = lines.FindLast(line => line.Position is not null)!.Position!.Value;
        }
    }

    // From the last head before the span to the first at or after its end: whole batches, so that the last line is a signed head.
    private static async Task<(long After, byte[] Hash, long Until)> RangeAsync(
        NpgsqlConnection connection, string service, DateTimeOffset from, DateTimeOffset to, CancellationToken cancel)
    {
        await using var range = new NpgsqlCommand(
            """
            SELECT h.position, h.hash, coalesce(
                (SELECT position FROM platform.audit_head WHERE sealed_at >= $2 ORDER BY sealed_at, position LIMIT 1),
                (SELECT max(position) FROM platform.audit_head), 0)
            FROM (SELECT) AS once LEFT JOIN (
                SELECT position, hash FROM platform.audit_head WHERE sealed_at < $1 ORDER BY sealed_at DESC, position DESC LIMIT 1
            ) h ON true
            """, connection);
        range.Give(from.ToUniversalTime());
        range.Give(to.ToUniversalTime());
        await using var reader = await range.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return await reader.IsDBNullAsync(0, cancel)
            ? (0, AuditChain.Genesis(service), reader.GetInt64(2))
            : (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2));
    }

    private static async Task<List<ExportLine>> PageAsync(
        NpgsqlConnection connection, TenantScope scope, SealKey key, long position, long until, CancellationToken cancel)
    {
        await using var page = scope.Batch(connection);
        page.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""
            SELECT s.position, s.leaf, s.hash, h.sealed_at, h.signature, {AuditEntry.Columns}
            FROM platform.audit_seal s
            LEFT JOIN platform.audit_head h ON h.position = s.position AND h.position > $1
            LEFT JOIN platform.audit a ON a.id = s.audit_id
            WHERE s.position > $1 AND s.position <= $2 ORDER BY s.position LIMIT {PageSize}
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = position },
                new NpgsqlParameter<long> { TypedValue = until },
            },
        });
        var lines = new List<ExportLine>();
        await using var reader = await page.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var at = reader.GetInt64(0);
            var hash = reader.GetFieldValue<byte[]>(2);
            var visible = !await reader.IsDBNullAsync(5, cancel);
            lines.Add(new ExportLine(at, reader.GetFieldValue<byte[]>(1), hash, visible ? AuditEntry.Read(reader, 5) : null));
            if (!await reader.IsDBNullAsync(3, cancel))
            {
                lines.Add(new ExportLine(Head: key.Head(
                    at, hash, await reader.GetFieldValueAsync<DateTimeOffset>(3, cancel), reader.GetFieldValue<byte[]>(4))));
            }
        }

        return lines;
    }

    /// <summary>
    /// The heads of another service's audit that this service keeps as a witness, as lines of JSON, for a verification.
    /// </summary>
    private static PushStreamHttpResult ListAnchors(string service, NpgsqlDataSource database, CancellationToken cancel) =>
        TypedResults.Stream(
            async output =>
            {
                await using var command = database.CreateCommand(
                    """
                    SELECT position, hash, sealed_at, key, signature FROM platform.audit_anchor
                    WHERE service = $1 ORDER BY position, hash
                    """);
                command.Give(service);
                await using var reader = await command.ExecuteReaderAsync(cancel);
                while (await reader.ReadAsync(cancel))
                {
                    var head = new AuditSealed(
                        service, reader.GetInt64(0), reader.GetString(1),
                        await reader.GetFieldValueAsync<DateTimeOffset>(2, cancel), reader.GetString(3), reader.GetString(4));
                    await WriteAsync(output, head, cancel);
                }
            },
            JsonLines);

    private static async Task WriteAsync<T>(Stream output, T line, CancellationToken cancel)
    {
        await JsonSerializer.SerializeAsync(output, line, Json.Options, cancel);
        await output.WriteAsync("\n"u8.ToArray(), cancel);
    }
}

/// <summary>The public key of a service's audit.</summary>
/// <param name="Service">The service.</param>
/// <param name="Algorithm">Always <c>ES256</c>: ECDSA on P-256 with SHA-256, signatures as r and s, 32 bytes each.</param>
/// <param name="Key">A SubjectPublicKeyInfo in base64.</param>
public sealed record AuditPublicKey(string Service, string Algorithm, string Key);

/// <summary>What to verify.</summary>
/// <param name="After">The position of an earlier report, to begin there; nothing or 0 for the whole audit.</param>
/// <param name="Anchors">Heads of this service that others kept, as they gave them out.</param>
public sealed record VerifyAudit(long? After = null, IReadOnlyList<AuditSealed?>? Anchors = null);

/// <summary>
/// A line of an export; bytes are in base64. Which members it has says what it is: the beginning (<c>after</c>, <c>hash</c>), a seal
/// (<c>position</c>, <c>leaf</c>, <c>hash</c> and, if it is the caller's to see, <c>entry</c>), or a head (<c>head</c>).
/// </summary>
/// <param name="Position">The seal's place in the chain.</param>
/// <param name="Leaf">The row's digest.</param>
/// <param name="Hash">The chain's hash at this place.</param>
/// <param name="Entry">The row.</param>
/// <param name="Head">A signed head, for the seal of the line before.</param>
/// <param name="After">Where the chain stood before the first line.</param>
internal sealed record ExportLine(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Position = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Leaf = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Hash = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AuditEntry? Entry = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AuditSealed? Head = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? After = null);
