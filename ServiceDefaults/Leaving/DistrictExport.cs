using System.Buffers;
using System.Data;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
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
    TimeProvider clock, KeyVault? vault = null, FileVault? files = null)
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
        ExportFile.MakeFolder(folder);
        try
        {
            return await WriteAsync(district, folder, cancel);
        }
        catch
        {
            foreach (var file in Directory.EnumerateFiles(folder))
                File.Delete(file);
            foreach (var inner in Directory.EnumerateDirectories(folder))
                Directory.Delete(inner, recursive: true);
            throw;
        }
    }

    private async Task<Manifest> WriteAsync(Guid district, string folder, CancellationToken cancel)
    {
        tenancy.Scope = TenantScope.Of([district]);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await db.Database.ExecuteSqlAsync($"SET LOCAL TimeZone = 'UTC'", cancel);

        var tables = await DistrictTable.ReadAsync(connection, db.Leaving, cancel);
        var written = new List<ManifestTable>();
        foreach (var table in tables)
            written.Add(await WriteTableAsync(connection, table, district, folder, cancel));
        var stored = new List<ManifestStored>();
        foreach (var rule in db.Leaving.Stored)
            stored.Add(await WriteStoredAsync(connection, tables.Single(table => table.Name == rule.Table), rule, district, folder, cancel));
        // After the values: who was erased meanwhile is in the list as well.
        var erased = vault is null ? [] : await vault.ErasedAsync(district, cancel);

        var now = clock.GetUtcNow();
        var manifest = new Manifest(
            Manifest.FormatName, service.Value, district, now, await SchemaAsync(db, cancel),
            await UnsentAsync(connection, district, cancel), written, stored, Staying(), erased,
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

    // Each file as it was before it was sealed. One that is not what was stored stops the export: nothing is left behind silently.
    private async Task<ManifestStored> WriteStoredAsync(
        NpgsqlConnection connection, DistrictTable table, StoredFiles rule, Guid district, string folder, CancellationToken cancel)
    {
        var opening = files ?? throw new InvalidOperationException("A service with stored files has a vault for them.");
        var rows = await ReadStoredAsync(connection, table, rule, district, cancel);
        ExportFile.MakeFolder(Path.Combine(folder, rule.Folder));
        var list = Path.Combine(folder, rule.List);
        await using (var lines = ExportFile.Create(list))
        {
            foreach (var (id, school) in rows)
            {
                var line = await WriteStoredAsync(
                    opening, rule.Place.Of(id), school, district, Path.Combine(folder, rule.Folder), cancel);
                await lines.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, Json.Options), cancel);
                await lines.WriteAsync("\n"u8.ToArray(), cancel);
            }
        }

        return new ManifestStored(rule.Table, rule.List, rule.Folder, rows.Count, await ExportFile.DigestAsync(list, cancel));
    }

    private static async Task<StoredFileLine> WriteStoredAsync(
        FileVault opening, Place place, Guid? school, Guid district, string folder, CancellationToken cancel)
    {
        try
        {
            await using var file = await opening.OpenAsync(district, place, cancel);
            if (file is null)
                return new StoredFileLine(place.Row, school, [], null, null);
            var path = Path.Combine(folder, place.Row.ToString());
            await using (var output = ExportFile.Create(path))
                await file.CopyToAsync(output, cancel);
            return new StoredFileLine(
                place.Row, school, await file.AboutAsync(cancel), file.Length, await ExportFile.DigestAsync(path, cancel));
        }
        catch (DamagedFileException)
        {
            throw new LeavingException(
                $"{place.Table} {place.Row} 的文件丢失、损坏或被改动过；请从备份恢复，或删除该附件，然后重新导出。",
                $"The file of {place.Table} {place.Row} is missing, damaged or was changed: restore it from a backup, or delete it where "
                + "it is attached, and export again.");
        }
    }

    private static async Task<List<(Guid Id, Guid? School)>> ReadStoredAsync(
        NpgsqlConnection connection, DistrictTable table, StoredFiles rule, Guid district, CancellationToken cancel)
    {
        var school = table.Columns.Any(column => column.Name == "school_id") ? "t.school_id" : "NULL::uuid";
        await using var command = new NpgsqlCommand(
            $"""
            SELECT t."{rule.Place.Row}", {school} FROM public."{table.Name}" t
            WHERE {table.Rows.Where} AND {rule.Where} ORDER BY 1
            """, connection);
        command.Give(district);
        var rows = new List<(Guid, Guid?)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            rows.Add((reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetGuid(1)));
        return rows;
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
        var others = new List<ManifestFile>();
        await AddAsync(
            AuditFile, "evidence: every seal of the service's audit, with the district's rows; see ServiceDefaults/README.md",
            output => AuditOperations.WriteExportAsync(
                output, DateTimeOffset.UnixEpoch, now, database, service.Value, sealKey, TenantScope.Of([district]), cancel));
        foreach (var other in db.Leaving.Files)
            await AddAsync(other.Name, other.What, output => other.WriteAsync(connection, district, output, cancel));
        return others;

        async Task AddAsync(string name, string what, Func<Stream, Task> write)
        {
            var path = Path.Combine(folder, name);
            await using (var output = ExportFile.Create(path))
                await write(output);
            others.Add(new ManifestFile(name, what, await ExportFile.DigestAsync(path, cancel)));
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
