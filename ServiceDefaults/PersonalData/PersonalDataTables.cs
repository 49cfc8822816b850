using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.PersonalData;

/// <summary>Copies and erases by the rules of a service, in the transaction of a connection.</summary>
/// <param name="connection">Within a transaction whose tenancy covers the district.</param>
/// <param name="db">Whose rules.</param>
/// <param name="vault">Opens what is sealed; <see langword="null"/> in a service that seals nothing.</param>
public sealed class PersonalDataTables(NpgsqlConnection connection, ServiceDb db, KeyVault? vault)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = Json.Options.Encoder };

    /// <summary>Makes sure that every table about persons has its rule.</summary>
    /// <exception cref="UnknownPersonalDataException">One has none.</exception>
    public async Task StopAtUnknownAsync(CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(
            """
            SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND (a.attname = ANY ($1) OR c.relname = ANY ($2)) AND c.relname <> ALL ($3)
            ORDER BY 1
            """, connection);
        find.Give(PersonalDataRules.Columns);
        find.Give<string[]>([.. db.Leaving.Sealed.Select(column => column.Table.Split('.')[1])]);
        find.Give<string[]>([.. db.PersonalData.Tables.Select(table => table.Table)]);
        var unknown = new List<string>();
        await using var reader = await find.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            unknown.Add(reader.GetString(0));
        if (unknown.Count > 0)
            throw new UnknownPersonalDataException(unknown);
    }

    /// <summary>Writes what a guardian may have of the child's data; nothing of what is restricted.</summary>
    /// <returns>A JSON document that says itself what its tables and fields are, and how many rows each table has.</returns>
    internal async Task<(byte[] Document, IReadOnlyList<PersonalDataCount> Counts)> CopyAsync(
        string service, PersonalDataAsked asked, CancellationToken cancel)
    {
        var restricted = await RestrictedAsync(asked.DistrictId, asked.StudentId, cancel);
        return await WriteAsync(
            service, [.. db.PersonalData.Tables.Where(table => table.Shown.Count > 0 && !restricted.Contains(table.Kind))], asked, cancel);
    }

    /// <summary>Writes all of what is restricted about a child (ARC-10), for what it is kept for: every row and column, opened.</summary>
    /// <returns>A JSON document like a copy's; <see langword="null"/> when nothing about the child is restricted.</returns>
    internal async Task<byte[]?> ReadRestrictedAsync(string service, Guid district, Guid student, CancellationToken cancel)
    {
        var restricted = await RestrictedAsync(district, student, cancel);
        if (restricted.Count == 0)
            return null;
        var tables = new List<PersonalTable>();
        foreach (var table in db.PersonalData.Restrictable.Where(table => restricted.Contains(table.Kind)))
        {
            tables.Add(table with
            {
                ShownWhere = "true",
                Shown = [.. (await ColumnsAsync(table.Table, cancel)).Select(column => new ShownColumn(column, column, column))],
            });
        }

        var asked = new PersonalDataAsked(
            district, Guid.Empty, 1, default, student, null, PersonalDataMatter.Copy, null);
        return (await WriteAsync(service, tables, asked, cancel)).Document;
    }

    /// <summary>Hides what an event says is kept and not to be used, or shows it again.</summary>
    internal async Task RestrictAsync(PersonalDataRestricted restricted, CancellationToken cancel) => await RestrictAsync(
        restricted.AggregateId, restricted.StudentId, restricted.DistrictId, [.. restricted.Kinds.Select(kind => kind.ToString())],
        restricted.Version, cancel);

    private async Task RestrictAsync(
        Guid request, Guid student, Guid district, string[] kinds, long version, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO platform.restricted_student AS r (request_id, student_id, district_id, kinds, version)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (request_id) DO UPDATE SET kinds = excluded.kinds, version = excluded.version
            WHERE r.version < excluded.version
            """, connection);
        command.Give(request);
        command.Give(student);
        command.Give(district);
        command.Give(kinds);
        command.Give(version);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<HashSet<DataKind>> RestrictedAsync(Guid district, Guid student, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "SELECT DISTINCT unnest(kinds) FROM platform.restricted_student WHERE district_id = $1 AND student_id = $2", connection);
        command.Give(district);
        command.Give(student);
        var kinds = new HashSet<DataKind>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            kinds.Add(Enum.Parse<DataKind>(reader.GetString(0)));
        return kinds;
    }

    private async Task<List<string>> ColumnsAsync(string table, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT attname FROM pg_attribute
            WHERE attrelid = ('public.' || quote_ident($1))::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """, connection);
        command.Give(table);
        var columns = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            columns.Add(reader.GetString(0));
        return columns;
    }

    private async Task<(byte[] Document, IReadOnlyList<PersonalDataCount> Counts)> WriteAsync(
        string service, IReadOnlyList<PersonalTable> tables, PersonalDataAsked asked, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var counts = new List<PersonalDataCount>();
        await using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("service", service);
            json.WriteStartArray("tables");
            foreach (var table in tables)
                counts.Add(new PersonalDataCount(table.Table, table.Kind, await CopyAsync(json, table, asked, cancel)));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        var document = buffer.WrittenSpan.ToArray();
        buffer.Clear(); // overwrites
        return (document, counts);
    }

    /// <summary>Erases what is about the child, and says what stays and what is to be announced beside the answer.</summary>
    internal async Task<(
        IReadOnlyList<PersonalDataCount> Erased, IReadOnlyList<PersonalDataKept> Kept, IReadOnlyList<IEvent> Announced)> EraseAsync(
        PersonalDataAsked asked, DateTimeOffset now, CancellationToken cancel)
    {
        await BeginAsync(asked.DistrictId, cancel);
        if (asked.Kinds is null)
            await KeepOutAsync(asked, now, cancel);
        // Nothing is left to be hidden, also when an event that says so comes late.
        await RestrictAsync(asked.AggregateId, asked.StudentId, asked.DistrictId, [], long.MaxValue, cancel);
        var announced = db.PersonalData.Announced is { } find ? await find(connection, asked, now, cancel) : [];
        var nobody = new Guid(RandomNumberGenerator.GetBytes(16));
        var erased = new List<PersonalDataCount>();
        var kept = new List<PersonalDataKept>();
        foreach (var table in db.PersonalData.Tables.Where(table => asked.Kinds?.Contains(table.Kind) != false))
        {
            var rows = $"public.\"{table.Table}\" t WHERE ({table.Where}) AND ({table.ErasedWhere})";
            await using var command = Command(
                table.KeptBecause is not null ? $"SELECT count(*) FROM {rows}"
                    : table.Set is { } set ? $"UPDATE public.\"{table.Table}\" t SET {set} WHERE ({table.Where}) AND ({table.ErasedWhere})"
                    : $"DELETE FROM {rows}",
                asked, nobody);
            if (table.KeptBecause is { } because)
                kept.Add(new PersonalDataKept(table.Table, (long)(await command.ExecuteScalarAsync(cancel))!, because, null));
            else
                erased.Add(new PersonalDataCount(table.Table, table.Kind, await command.ExecuteNonQueryAsync(cancel)));
        }

        kept.AddRange(await KeptOfAllAsync(asked, now, cancel));
        return (erased, kept, announced);
    }

    private async Task<long> CopyAsync(Utf8JsonWriter json, PersonalTable table, PersonalDataAsked asked, CancellationToken cancel)
    {
        var opened = table.Shown.Select(column => (Shown: column, Sealed: db.Leaving.Sealed.SingleOrDefault(
            known => known.Table.Split('.')[1] == table.Table && known.Column == column.Name)))
            .Where(column => column.Sealed is not null).ToArray();
        var plain = table.Shown.Where(column => !Array.Exists(opened, other => other.Shown == column))
            .Select(column => $"t.\"{column.Name}\"");
        var beside = string.Concat(opened.Select(column => $", t.\"{column.Sealed!.Row}\", t.\"{column.Sealed.Column}\""));
        await using var command = Command(
            $"""
            SELECT (SELECT row_to_json(r) FROM (SELECT {string.Join(", ", plain)}) r)::text AS row{beside}
            FROM public."{table.Table}" t WHERE ({table.Where}) AND ({table.ShownWhere}) ORDER BY 1
            """, asked, default);

        json.WriteStartObject();
        json.WriteString("table", table.Table);
        Say(json, table.Zh, table.En);
        json.WriteStartArray("fields");
        foreach (var column in table.Shown)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            Say(json, column.Zh, column.En);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rows");
        var rows = 0L;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        for (; await reader.ReadAsync(cancel); rows++)
        {
            json.WriteStartObject();
            using var row = JsonDocument.Parse(reader.GetString(0));
            foreach (var member in row.RootElement.EnumerateObject())
                member.WriteTo(json);
            for (var i = 0; i < opened.Length; i++)
            {
                json.WritePropertyName(opened[i].Shown.Name);
                var value = reader.GetValue(2 + (2 * i)) as byte[];
                await OpenAsync(json, opened[i].Shown, opened[i].Sealed!.Of(reader.GetGuid(1 + (2 * i))), value, asked, cancel);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return rows;
    }

    // A text as it is; of a document, the members that are shown.
    private async Task OpenAsync(
        Utf8JsonWriter json, ShownColumn column, Place place, byte[]? value, PersonalDataAsked asked, CancellationToken cancel)
    {
        if (vault is null)
            throw new InvalidOperationException("A service with sealed columns has a vault.");
        var text = value is null ? null : await vault.OpenAsync(asked.DistrictId, place, value, cancel);
        if (text is null)
        {
            json.WriteNullValue();
        }
        else if (column.Members is { } members)
        {
            using var document = JsonDocument.Parse(text);
            json.WriteStartObject();
            foreach (var member in document.RootElement.EnumerateObject().Where(member => members.Contains(member.Name, StringComparer.Ordinal)))
                member.WriteTo(json);
            json.WriteEndObject();
        }
        else
        {
            json.WriteStringValue(text);
        }

        CryptographicOperations.ZeroMemory(text);
    }

    // As long as it takes: a large roster is confirmed in minutes.
    private async Task BeginAsync(Guid district, CancellationToken cancel)
    {
        await using var turn = new NpgsqlCommand(ErasureTurns.Begin, connection) { CommandTimeout = 0 };
        turn.Give(district);
        await turn.ExecuteNonQueryAsync(cancel);
    }

    // From now on the database takes no row about the child, whoever writes it: events may come late, or once more.
    private async Task KeepOutAsync(PersonalDataAsked asked, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO platform.erased_student (student_id, district_id, erased_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            connection);
        command.Give(asked.StudentId);
        command.Give(asked.DistrictId);
        command.Give(now);
        await command.ExecuteNonQueryAsync(cancel);
    }

    // What every service keeps: ids only, and ciphertext whose key is destroyed.
    private async Task<IReadOnlyList<PersonalDataKept>> KeptOfAllAsync(
        PersonalDataAsked asked, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT count(*) FROM platform.audit WHERE subject_id = $1),
                (SELECT count(*) FROM platform.parked_message WHERE district_id = $2 AND position($1::text IN payload) > 0)
            """, connection);
        command.Give(asked.StudentId);
        command.Give(asked.DistrictId);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        return
        [
            new PersonalDataKept("audit", reader.GetInt64(0), "auditEvidence", null),
            new PersonalDataKept("event_log", null, "eventLog", today.AddDays(Housekeeping.RetainDays)),
            new PersonalDataKept("parked_message", reader.GetInt64(1), "parked", null),
            new PersonalDataKept("idempotency", null, "idempotency", today.AddDays(1)),
        ];
    }

    private NpgsqlCommand Command(string sql, PersonalDataAsked asked, Guid nobody)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Give(asked.DistrictId);
        command.Give(asked.StudentId);
        command.GiveOptional(NpgsqlDbType.Uuid, asked.GuardianId);
        command.Give(nobody);
        return command;
    }

    private static void Say(Utf8JsonWriter json, string zh, string en)
    {
        json.WriteString("zh", zh);
        json.WriteString("en", en);
    }
}

/// <summary>Of tables with data about persons nobody has said what happens to them (see <see cref="PersonalDataRules"/>).</summary>
public sealed class UnknownPersonalDataException(IReadOnlyList<string> tables)
    : Exception($"No rule for personal data in: {string.Join(", ", tables)}.");
