using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Leaving;

/// <summary>
/// Takes in a district that another installation exported (ALL-10): all of it in one transaction, or nothing. Everything is
/// checked before anything is changed; ids stay, so that what refers to each other still does, in all services.
/// </summary>
internal sealed class DistrictImport(
    ServiceDb db, CurrentTenancy tenancy, ServiceName service, AuditKey auditKey, TimeProvider clock, KeyVault? vault = null,
    FileVault? files = null)
{
    private const string Action = "ImportDistrict";

    /// <summary>Imports a folder that <see cref="DistrictExport"/> wrote, or only checks whether it could be.</summary>
    /// <returns>What it holds, and whether it is imported already: then nothing was changed.</returns>
    /// <exception cref="LeavingException">It cannot be imported; nothing was changed.</exception>
    public async Task<(Manifest Manifest, bool Already)> RunAsync(string folder, bool checkOnly, CancellationToken cancel)
    {
        var (manifest, digest) = await Manifest.ReadAsync(folder, cancel);
        if (manifest.Service != service.Value)
        {
            throw new LeavingException(
                $"{folder} 属于 {manifest.Service},不属于 {service.Value}。",
                $"{folder} is of {manifest.Service}, not of {service.Value}.");
        }

        var district = manifest.DistrictId;
        tenancy.Scope = TenantScope.Of([district]);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await db.Database.ExecuteSqlAsync($"SET LOCAL TimeZone = 'UTC'", cancel);
        await db.Database.ExecuteSqlAsync(
            $"SELECT pg_advisory_xact_lock(hashtextextended('homeschool.import/' || {district.ToString()}, 0))", cancel);

        var schema = await DistrictExport.SchemaAsync(db, cancel);
        if (manifest.Schema != schema)
        {
            throw new LeavingException(
                $"导出时的数据库版本是 {manifest.Schema},此处是 {schema};请先使两处版本一致。",
                $"It was exported from the schema {manifest.Schema}, and here is {schema}: "
                + "bring both to the same version first.");
        }

        var tables = await DistrictTable.ReadAsync(connection, db.Leaving, cancel);
        await CheckAsync(manifest, tables, folder, cancel);
        await CheckStoredAsync(manifest, db.Leaving.Stored, folder, cancel);
        var reason = "sha256:" + digest;
        if (await db.Set<AuditEntry>().AnyAsync(
            entry => entry.DistrictId == district && entry.Action == Action && entry.Reason == reason, cancel))
        {
            return (manifest, true);
        }

        foreach (var table in tables.Where(table => !table.Rows.Shared))
        {
            if (await CountAsync(connection, table, district, cancel) > 0)
            {
                throw new LeavingException(
                    $"此处已有该区县的数据(表 {table.Name}),未导入。",
                    $"The district is here already (table {table.Name}); nothing was imported.");
            }
        }

        if (checkOnly)
            return (manifest, false);

        // First, so that what is erased stays erased whatever comes. Only a district's own keys can be destroyed.
        foreach (var student in manifest.ErasedStudents)
            await Vault.EraseAsync(district, student, cancel);
        foreach (var table in tables)
            await FillAsync(connection, table, district, folder, cancel);
        foreach (var table in tables)
        {
            var (count, expected) = (await CountAsync(connection, table, district, cancel), Of(manifest, table).Rows);
            if (count != expected)
            {
                throw new LeavingException(
                    $"表 {table.Name} 应有 {expected} 行，实为 {count} 行；未导入。",
                    $"The table {table.Name} should have {expected} rows and has {count}; nothing was imported.");
            }
        }

        foreach (var rule in db.Leaving.Stored)
            await StoreAsync(connection, tables.Single(table => table.Name == rule.Table), rule, district, folder, cancel);

        db.Add(AuditEntry.ByOperator(auditKey, clock.GetUtcNow(), Action, district, "district", district, reason));
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return (manifest, false);
    }

    private KeyVault Vault => vault ?? throw new LeavingException(
        "本服务没有密钥库，无法导入加密内容。", "This service has no key store to seal contents with.");

    private static ManifestTable Of(Manifest manifest, DistrictTable table) =>
        manifest.Tables.Single(found => found.Name == table.Name);

    private static async Task CheckAsync(
        Manifest manifest, IReadOnlyList<DistrictTable> tables, string folder, CancellationToken cancel)
    {
        var (given, known) = (manifest.Tables.Select(table => table.Name), tables.Select(table => table.Name));
        if (!given.Order(StringComparer.Ordinal).SequenceEqual(known.Order(StringComparer.Ordinal), StringComparer.Ordinal))
            throw new LeavingException("清单中的表与此处不同。", "The manifest's tables are not those that are here.");
        foreach (var table in tables)
        {
            var told = Of(manifest, table);
            var path = Path.Combine(folder, table.File);
            if (!File.Exists(path))
                throw new LeavingException($"没有文件 {table.File}。", $"There is no {table.File}.");
            var rows = await CheckLinesAsync(path, table, manifest, cancel);
            if (rows != told.Rows)
            {
                throw new LeavingException(
                    $"{table.File} 应有 {told.Rows} 行，实为 {rows} 行。", $"{table.File} should have {told.Rows} lines and has {rows}.");
            }

            await CheckDigestAsync(path, told.Sha256, cancel);
        }

        foreach (var file in manifest.Files)
            await CheckDigestAsync(Path.Combine(folder, Path.GetFileName(file.File)), file.Sha256, cancel);
    }

    private static async Task CheckStoredAsync(
        Manifest manifest, IReadOnlyList<StoredFiles> rules, string folder, CancellationToken cancel)
    {
        if (!manifest.Stored.Select(files => files.Table).ToHashSet(StringComparer.Ordinal).SetEquals(rules.Select(rule => rule.Table)))
            throw new LeavingException("清单中的附件表与此处不同。", "The manifest's tables with files are not those that are here.");
        foreach (var rule in rules)
        {
            var told = manifest.Stored.First(files => files.Table == rule.Table);
            var list = Path.Combine(folder, rule.List);
            await CheckDigestAsync(list, told.Sha256, cancel);
            var ids = new HashSet<Guid>();
            await foreach (var line in LinesAsync(list, cancel))
            {
                if (!ids.Add(line.Id) || line.Sha256 is null != line.About.Count is 0)
                    throw new LeavingException($"{rule.List} 的内容有误。", $"{rule.List} is not a list of files.");
                if (line.Sha256 is { } digest)
                    await CheckDigestAsync(Path.Combine(folder, rule.Folder, line.Id.ToString()), digest, cancel);
            }

            if (ids.Count != told.Count)
            {
                throw new LeavingException(
                    $"{rule.List} 应有 {told.Count} 行，实为 {ids.Count} 行。", $"{rule.List} should have {told.Count} lines and has {ids.Count}.");
            }
        }
    }

    private static async IAsyncEnumerable<StoredFileLine> LinesAsync(
        string list, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var text in File.ReadLinesAsync(list, cancel))
        {
            StoredFileLine? line;
            try
            {
                line = JsonSerializer.Deserialize<StoredFileLine>(text, Json.Options);
            }
            catch (JsonException)
            {
                line = null;
            }

            yield return line ?? throw new LeavingException(
                $"{Path.GetFileName(list)} 的内容有误。", $"{Path.GetFileName(list)} is not a list of files.");
        }
    }

    private static async Task CheckDigestAsync(string path, string digest, CancellationToken cancel)
    {
        var name = Path.GetFileName(path);
        if (!File.Exists(path))
            throw new LeavingException($"没有文件 {name}。", $"There is no {name}.");
        if (await ExportFile.DigestAsync(path, cancel) != digest)
            throw new LeavingException($"{name} 与清单中的摘要不符，内容被改动过。", $"{name} was changed: its digest is not the manifest's.");
    }

    private static async Task<long> CheckLinesAsync(
        string path, DistrictTable table, Manifest manifest, CancellationToken cancel)
    {
        var columns = table.Leaving.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        var erased = manifest.ErasedStudents.ToHashSet();
        long line = 0;
        await foreach (var text in File.ReadLinesAsync(path, cancel))
        {
            line++;
            if (!IsRow(text))
            {
                throw new LeavingException(
                    $"{table.File} 第 {line} 行不是表 {table.Name} 的一行。", $"{table.File}, line {line}: not a row of {table.Name}.");
            }
        }

        return line;

        bool IsRow(string text)
        {
            try
            {
                using var json = JsonDocument.Parse(text);
                return json.RootElement.ValueKind == JsonValueKind.Object
                    && columns.SetEquals(json.RootElement.EnumerateObject().Select(member => member.Name))
                    && table.Sealed.All(column => IsSealed(json.RootElement, column));
            }
            catch (JsonException)
            {
                return false;
            }
        }

        // Erased is only what is about somebody who is: anything else could never be told from a mistake.
        bool IsSealed(JsonElement row, DistrictColumn column) =>
            row.GetProperty(column.Sealed!.Row) is { ValueKind: JsonValueKind.String } id && id.TryGetGuid(out _)
            && (row.GetProperty(column.Name).ValueKind == JsonValueKind.Null
                || (SealedText.Read(row.GetProperty(column.Name)) is { } value
                    && (value.Text is not null || value.About.Any(erased.Contains))));
    }

    // Stored before the rows commit, and loose until then: what an import that fails leaves is removed.
    private async Task StoreAsync(
        NpgsqlConnection connection, DistrictTable table, StoredFiles rule, Guid district, string folder, CancellationToken cancel)
    {
        var storing = files ?? throw new LeavingException(
            "本服务没有文件库，无法导入附件。", "This service has no store for files.");
        var listed = new List<Guid>();
        await foreach (var line in LinesAsync(Path.Combine(folder, rule.List), cancel))
        {
            listed.Add(line.Id);
            if (line.Sha256 is null)
                continue;
            await storing.ExpectAsync(line.Id, cancel);
            await using var content = File.OpenRead(Path.Combine(folder, rule.Folder, line.Id.ToString()));
            await storing.KeepAsync(
                db, new Subject(district, line.SchoolId, line.About), rule.Place.Of(line.Id), content, cancel);
        }

        await using var others = new NpgsqlCommand(
            $"""
            SELECT count(*) FROM (SELECT t."{rule.Place.Row}" AS id FROM public."{table.Name}" t WHERE {table.Rows.Where} AND {rule.Where}) r
            FULL JOIN unnest($2) AS listed(id) ON listed.id = r.id WHERE listed.id IS NULL OR r.id IS NULL
            """, connection);
        others.Give(district);
        others.Give(listed.ToArray());
        if ((long)(await others.ExecuteScalarAsync(cancel))! != 0)
        {
            throw new LeavingException(
                $"{rule.List} 与表 {table.Name} 不一致；未导入。", $"{rule.List} is not of the rows of {table.Name}; nothing was imported.");
        }
    }

    private static async Task<long> CountAsync(
        NpgsqlConnection connection, DistrictTable table, Guid district, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT count(*) FROM public.\"{table.Name}\" t WHERE {table.Rows.Where}", connection);
        command.CommandTimeout = 0;
        command.Give(district);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task FillAsync(
        NpgsqlConnection connection, DistrictTable table, Guid district, string folder, CancellationToken cancel)
    {
        try
        {
            await CopyAsync(connection, table, district, Path.Combine(folder, table.File), cancel);
            var names = string.Join(", ", table.Columns.Select(column => $"\"{column.Name}\""));
            var values = string.Join(", ", table.Columns.Select(column => column.Own?.Sql ?? $"r.\"{column.Name}\""));
            await using var insert = new NpgsqlCommand(
                $"""
                INSERT INTO public."{table.Name}" ({names}) SELECT {values}
                FROM arriving a CROSS JOIN LATERAL json_populate_record(NULL::public."{table.Name}", a.line) r ORDER BY a.n
                {(table.Rows.Shared ? "ON CONFLICT DO NOTHING" : "")}
                """, connection);
            insert.CommandTimeout = 0;
            insert.Give(district);
            await insert.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException e)
        {
            throw new LeavingException(
                $"{table.File} 无法导入:{e.MessageText}。", $"{table.File} cannot be imported: {e.MessageText}.");
        }
    }

    // PostgreSQL itself reads the members into the columns' types.
    private async Task CopyAsync(
        NpgsqlConnection connection, DistrictTable table, Guid district, string path, CancellationToken cancel)
    {
        await using (var make = new NpgsqlCommand(
            "CREATE TEMP TABLE IF NOT EXISTS arriving (n bigint, line json) ON COMMIT DROP; TRUNCATE arriving", connection))
        {
            await make.ExecuteNonQueryAsync(cancel);
        }

        long n = 0;
        await using var copy = await connection.BeginBinaryImportAsync("COPY arriving FROM STDIN (FORMAT binary)", cancel);
        await foreach (var text in File.ReadLinesAsync(path, cancel))
        {
            var line = table.Sealed.Any() ? await SealAsync(text, table, district, cancel) : text;
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(++n, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(line, NpgsqlDbType.Json, cancel);
        }

        await copy.CompleteAsync(cancel);
    }

    private async Task<string> SealAsync(string text, DistrictTable table, Guid district, CancellationToken cancel)
    {
        using var json = JsonDocument.Parse(text);
        var row = JsonObject.Create(json.RootElement)!;
        Guid? school = json.RootElement.TryGetProperty("school_id", out var at) && at.ValueKind == JsonValueKind.String
            ? at.GetGuid() : null;
        foreach (var column in table.Sealed.Select(column => column.Sealed!))
        {
            if (SealedText.Read(json.RootElement.GetProperty(column.Column)) is not { } value)
                continue;
            var place = column.Of(json.RootElement.GetProperty(column.Row).GetGuid());
            row[column.Column] = "\\x" + Convert.ToHexStringLower(await value.SealAsync(Vault, district, school, place, cancel));
        }

        return row.ToJsonString(Json.Options);
    }
}
