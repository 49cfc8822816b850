using System.Buffers;
using System.Data;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Leaving;

/// <summary>
/// Writes everything that a service keeps of a district into a folder (ALL-10): a file of JSON lines for each table, with what
/// was sealed opened, and a manifest. One repeatable-read transaction, which ends with the audit row.
/// </summary>
internal sealed class DistrictExport(
    ServiceDb db, CurrentTenancy tenancy, ServiceName service, NpgsqlDataSource database, SealKey sealKey, AuditKey auditKey,
    TimeProvider clock, KeyVault? vault = null)
{
    private const string AuditFile = "audit.jsonl";

    // Rows whose keys are fetched in one round trip.
    private const int Together = 500;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = Json.Options.Encoder };

    /// <summary>Exports a district.</summary>
    /// <param name="district">The district.</param>
    /// <param name="folder">A folder that is not there yet, or empty; empty again when the export fails.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="LeavingException">It cannot be exported.</exception>
    public async Task<Manifest> RunAsync(Guid district, string folder, CancellationToken cancel)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new LeavingException($"文件夹 {folder} 不是空的。", $"The folder {folder} is not empty.");
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            return await WriteAsync(district, folder, cancel);
        }
        catch
        {
            foreach (var file in Directory.EnumerateFiles(folder))
                File.Delete(file);
            throw;
        }
    }

    private async Task<Manifest> WriteAsync(Guid district, string folder, CancellationToken cancel)
    {
        tenancy.Scope = TenantScope.Of([district]);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await db.Database.ExecuteSqlAsync($"SET LOCAL TimeZone = 'UTC'", cancel);

        var tables = new List<ManifestTable>();
        foreach (var table in await DistrictTable.ReadAsync(connection, db.Leaving, cancel))
            tables.Add(await WriteTableAsync(connection, table, district, folder, cancel));
        // After the values: who was erased meanwhile is in the list as well.
        var erased = vault is null ? [] : await vault.ErasedAsync(district, cancel);

        var now = clock.GetUtcNow();
        var manifest = new Manifest(
            Manifest.FormatName, service.Value, district, now, await SchemaAsync(db, cancel),
            await UnsentAsync(connection, district, cancel), tables, Staying(), erased,
            await WriteFilesAsync(connection, district, folder, now, cancel), sealKey.Public);
        var digest = await manifest.WriteAsync(folder, cancel);
        db.Add(AuditEntry.ByOperator(auditKey, now, "ExportDistrict", district, "district", district, "sha256:" + digest));
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return manifest;
    }

    /// <summary>What the tables are like: the last migration.</summary>
    public static async Task<string> SchemaAsync(ServiceDb db, CancellationToken cancel) =>
        (await db.Database.GetAppliedMigrationsAsync(cancel)).Last();

    private SortedDictionary<string, string> Staying()
    {
        var staying = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in db.Leaving.Staying)
            staying.Add(table.Table, table.Why);
        foreach (var column in db.Leaving.Own.Where(column => !column.Leaves))
            staying.Add($"{column.Table}.{column.Column}", "belongs to the installation");
        return staying;
    }

    private async Task<ManifestTable> WriteTableAsync(
        NpgsqlConnection connection, DistrictTable table, Guid district, string folder, CancellationToken cancel)
    {
        var opened = table.Sealed.ToArray();
        // Each sealed value with its row's id, behind the rest of the row as JSON.
        var beside = string.Concat(opened.Select(column => $", t.\"{column.Sealed!.Row}\", t.\"{column.Name}\""));
        var plain = string.Join(", ", table.Leaving.Except(opened).Select(column => $"t.\"{column.Name}\""));
        var order = table.Key.Count == 0 ? "t" : string.Join(", ", table.Key.Select(column => $"t.\"{column}\""));
        await using var command = new NpgsqlCommand(
            $"""
            SELECT (SELECT row_to_json(r) FROM (SELECT {plain}) r)::text{beside}
            FROM public."{table.Name}" t WHERE {table.Rows.Where} ORDER BY {order}
            """, connection);
        command.CommandTimeout = 0;
        command.Give(district);

        long rows = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = ExportFile.Create(Path.Combine(folder, table.File));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var lines = new List<(string Json, (Guid Row, byte[]? Value)[] Sealed)>();
        var more = true;
        while (more)
        {
            lines.Clear();
            while (lines.Count < Together && (more = await reader.ReadAsync(cancel)))
            {
                lines.Add((reader.GetString(0), [.. opened.Select((_, i) =>
                    (reader.GetGuid(1 + (2 * i)), reader.GetValue(2 + (2 * i)) as byte[]))]));
            }

            if (opened.Length > 0)
                await Vault.FetchAsync(lines.SelectMany(line => line.Sealed).Select(cell => cell.Value).OfType<byte[]>(), cancel);
            foreach (var (json, values) in lines)
            {
                var line = opened.Length == 0
                    ? Encoding.UTF8.GetBytes(json)
                    : await OpenAsync(json, [.. opened.Zip(values, (c, v) => (c.Sealed!, v.Row, v.Value))], district, cancel);
                foreach (var part in (ReadOnlyMemory<byte>[])[line, "\n"u8.ToArray()])
                {
                    hash.AppendData(part.Span);
                    await file.WriteAsync(part, cancel);
                }
            }

            rows += lines.Count;
        }

        return new ManifestTable(
            table.Name, table.File, rows, Convert.ToHexStringLower(hash.GetHashAndReset()),
            [.. table.Leaving.Except(opened).Concat(opened)
                .Select(column => new ManifestColumn(column.Name, column.Type, column.Sealed is not null))]);
    }

    private KeyVault Vault => vault ?? throw new InvalidOperationException("A service with sealed columns has a vault.");

    // The row's JSON with the opened values as its last members.
    private async Task<ReadOnlyMemory<byte>> OpenAsync(
        string json, (SealedColumn Column, Guid Row, byte[]? Value)[] values, Guid district, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length + 256);
        buffer.Write(Encoding.UTF8.GetBytes(json.AsSpan()[..^1].ToArray()));
        foreach (var (column, row, value) in values)
        {
            buffer.Write(Encoding.UTF8.GetBytes($",\"{column.Column}\":"));
            await using var writer = new Utf8JsonWriter(buffer, Relaxed);
            if (value is null)
                writer.WriteNullValue();
            else
                (await SealedText.OpenAsync(Vault, district, column.Of(row), value, cancel)).Write(writer);
        }

        buffer.Write("}"u8);
        return buffer.WrittenMemory;
    }

    private async Task<List<ManifestFile>> WriteFilesAsync(
        NpgsqlConnection connection, Guid district, string folder, DateTimeOffset now, CancellationToken cancel)
    {
        var files = new List<ManifestFile>();
        await AddAsync(
            AuditFile, "evidence: every seal of the service's audit, with the district's rows; see ServiceDefaults/README.md",
            output => AuditOperations.WriteExportAsync(
                output, DateTimeOffset.UnixEpoch, now, database, service.Value, sealKey, TenantScope.Of([district]), cancel));
        foreach (var other in db.Leaving.Files)
            await AddAsync(other.Name, other.What, output => other.WriteAsync(connection, district, output, cancel));
        return files;

        async Task AddAsync(string name, string what, Func<Stream, Task> write)
        {
            var path = Path.Combine(folder, name);
            await using (var output = ExportFile.Create(path))
                await write(output);
            files.Add(new ManifestFile(name, what, await ExportFile.DigestAsync(path, cancel)));
        }
    }

    // What other services have not heard of yet: an export now and one of theirs would not fit together.
    private static async Task<long> UnsentAsync(NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT count(*) FROM platform.outbox WHERE district_id = $1)
                + (SELECT count(*) FROM platform.parked_message WHERE district_id = $1 AND replayed_at IS NULL)
            """, connection);
        command.Give(district);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}
