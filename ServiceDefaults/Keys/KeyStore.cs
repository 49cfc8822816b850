using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>The key of a school or district as it is stored.</summary>
/// <param name="Id">The school or district.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="Version">Grows when it is replaced.</param>
/// <param name="MasterKeyId">The master key that wraps it.</param>
/// <param name="Wrapped">The key, wrapped.</param>
internal sealed record WrappingKeyRow(Guid Id, Guid DistrictId, int Version, string MasterKeyId, byte[] Wrapped);

/// <summary>The key of a student or district as it is stored.</summary>
/// <param name="Id">The student or district.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="Wrapped">The key, wrapped; <see langword="null"/> when it was destroyed.</param>
/// <param name="By">What wraps it.</param>
internal sealed record DataKeyRow(Guid Id, Guid DistrictId, byte[]? Wrapped, WrappingKeyRow? By);

/// <summary>
/// The wrapped keys in their database. Who adds a key names what wrapped it, and the row is added only while that is still so:
/// rotations and new keys need no lock between processes.
/// </summary>
internal sealed class KeyStore(NpgsqlDataSource database) : IAsyncDisposable
{
    /// <summary>Whatever is asked here, is asked by key: PostgreSQL need not look for a way anew each time, which took ten times
    /// as long as the answer.</summary>
    public const string Planning = "-c plan_cache_mode=force_generic_plan";

    private const string WrappingKeyColumns = "w.id, w.district_id, w.version, w.master_key_id, w.wrapped";

    /// <summary>The master key that wraps now; a new store begins with <paramref name="first"/>.</summary>
    public async Task<string> MasterAsync(string first, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            WITH added AS (INSERT INTO master (key_id) SELECT $1 WHERE NOT EXISTS (SELECT FROM master)
                ON CONFLICT DO NOTHING RETURNING key_id)
            SELECT key_id FROM added UNION ALL SELECT key_id FROM master
            """);
        command.Give(first);
        return (string?)await command.ExecuteScalarAsync(cancel)
            ?? await MasterAsync(first, cancel); // another process was faster by a moment: it is there now
    }

    public async Task<List<DataKeyRow>> FindAsync(Guid[] ids, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT d.id, d.district_id, d.wrapped, {WrappingKeyColumns}
            FROM data_key d LEFT JOIN wrapping_key w ON w.id = d.wrapped_by WHERE d.id = ANY ($1)
            """);
        command.Give(ids);
        var rows = new List<DataKeyRow>(ids.Length);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var destroyed = await reader.IsDBNullAsync(2, cancel);
            rows.Add(new DataKeyRow(
                reader.GetGuid(0), reader.GetGuid(1), destroyed ? null : reader.GetFieldValue<byte[]>(2),
                destroyed ? null : WrappingKey(reader, 3)));
        }

        return rows;
    }

    public async Task<WrappingKeyRow?> FindWrappingKeyAsync(Guid id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"SELECT {WrappingKeyColumns} FROM wrapping_key w WHERE w.id = $1");
        command.Give(id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? WrappingKey(reader, 0) : null;
    }

    /// <summary>Adds the key of a school or district, unless it has one or another master key wraps by now.</summary>
    public async Task AddAsync(WrappingKeyRow key, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO wrapping_key (id, district_id, version, master_key_id, wrapped)
            SELECT $1, $2, $3, key_id, $5 FROM master WHERE key_id = $4 FOR SHARE
            ON CONFLICT DO NOTHING
            """);
        command.Give(key.Id);
        command.Give(key.DistrictId);
        command.Give(key.Version);
        command.Give(key.MasterKeyId);
        command.Give(key.Wrapped);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Which of these students have never had a key.</summary>
    public async Task<Guid[]> MissingAsync(Guid[] ids, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            SELECT coalesce(array_agg(id), '{}') FROM unnest($1) AS id
            WHERE NOT EXISTS (SELECT FROM data_key d WHERE d.id = id.id)
            """);
        command.Give(ids);
        return (Guid[])(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Adds keys of students, or of a district, but those that are there; none of them, if what wraps them was
    /// replaced.</summary>
    /// <returns>Whose keys were added.</returns>
    public async Task<HashSet<Guid>> AddAsync(
        Guid district, Guid[] ids, byte[][] wrapped, WrappingKeyRow by, CancellationToken cancel)
    {
        // In one order for everybody, lest two wait for each other.
        await using var command = database.CreateCommand(
            """
            INSERT INTO data_key (id, district_id, wrapped_by, wrapped)
            SELECT n.id, $1, w.id, n.wrapped FROM wrapping_key w CROSS JOIN unnest($2, $3) AS n (id, wrapped)
            WHERE w.id = $4 AND w.version = $5 ORDER BY n.id FOR SHARE OF w
            ON CONFLICT DO NOTHING RETURNING id
            """);
        command.Give(district);
        command.Give(ids);
        GiveBytes(command, wrapped);
        command.Give(by.Id);
        command.Give(by.Version);
        var added = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            added.Add(reader.GetGuid(0));
        return added;
    }

    /// <summary>Destroys a key, also one that was never made: none will be.</summary>
    /// <returns>Whether it was not destroyed before.</returns>
    public async Task<bool> DestroyAsync(Guid id, Guid district, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO data_key AS d (id, district_id, destroyed_at) VALUES ($1, $2, now())
            ON CONFLICT (id) DO UPDATE SET wrapped_by = NULL, wrapped = NULL, destroyed_at = now()
                WHERE d.district_id = excluded.district_id AND d.destroyed_at IS NULL
            """);
        command.Give(id);
        command.Give(district);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>The keys of a district that are destroyed.</summary>
    public async Task<List<Guid>> DestroyedAsync(Guid district, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "SELECT id FROM data_key WHERE district_id = $1 AND destroyed_at IS NOT NULL ORDER BY id");
        command.Give(district);
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetGuid(0));
        return ids;
    }

    /// <summary>Changes over to another master key: from then on, nothing in the store needs the one before.</summary>
    /// <param name="to">The id of the other.</param>
    /// <param name="rewrap">Gives a key's bytes under it.</param>
    /// <param name="cancel">Gives up; nothing is changed then.</param>
    /// <returns>How many keys were wrapped anew.</returns>
    public async Task<int> ChangeMasterAsync(string to, Func<WrappingKeyRow, byte[]> rewrap, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var change = new NpgsqlCommand(
            "INSERT INTO master (key_id) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET key_id = excluded.key_id", connection))
        {
            change.Give(to); // waits for those who add a key under the old one, and makes the next ones see the new one
            await change.ExecuteNonQueryAsync(cancel);
        }

        var rows = new List<WrappingKeyRow>();
        await using (var select = new NpgsqlCommand(
            $"SELECT {WrappingKeyColumns} FROM wrapping_key w WHERE w.master_key_id <> $1", connection))
        {
            select.Give(to);
            await using var reader = await select.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                rows.Add(WrappingKey(reader, 0));
        }

        await using (var update = new NpgsqlCommand(
            """
            UPDATE wrapping_key w SET master_key_id = $1, wrapped = n.wrapped
            FROM unnest($2, $3) AS n (id, wrapped) WHERE w.id = n.id
            """, connection))
        {
            update.Give(to);
            update.Give(rows.ConvertAll(row => row.Id).ToArray());
            GiveBytes(update, [.. rows.Select(rewrap)]);
            await update.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        return rows.Count;
    }

    /// <summary>Replaces the key of a school or district, and wraps anew what it wrapped.</summary>
    /// <param name="id">The school or district.</param>
    /// <param name="replace">Given the key's row and the id of the master key that wraps now: the row of the next version, and
    /// what gives a data key's bytes under it.</param>
    /// <param name="cancel">Gives up; nothing is changed then.</param>
    /// <returns>How many keys were wrapped anew; <see langword="null"/> when there is no such key.</returns>
    public async Task<int?> ReplaceAsync(
        Guid id, Func<WrappingKeyRow, string, (WrappingKeyRow Next, Func<DataKeyRow, byte[]> Rewrap)> replace,
        CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // The master first, as ChangeMasterAsync does: neither waits for the other with a lock in its hands.
        string master;
        await using (var select = new NpgsqlCommand("SELECT key_id FROM master FOR SHARE", connection))
            master = (string?)await select.ExecuteScalarAsync(cancel) ?? "";
        WrappingKeyRow old;
        await using (var select = new NpgsqlCommand(
            $"SELECT {WrappingKeyColumns} FROM wrapping_key w WHERE w.id = $1 FOR UPDATE", connection))
        {
            select.Give(id);
            await using var reader = await select.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                return null;
            old = WrappingKey(reader, 0);
        }

        var (next, rewrap) = replace(old, master);
        var rows = new List<DataKeyRow>();
        // Locked, or an erasure in between would be undone.
        await using (var select = new NpgsqlCommand(
            "SELECT id, district_id, wrapped FROM data_key WHERE wrapped_by = $1 FOR UPDATE", connection))
        {
            select.Give(id);
            await using var reader = await select.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                rows.Add(new DataKeyRow(reader.GetGuid(0), reader.GetGuid(1), reader.GetFieldValue<byte[]>(2), old));
        }

        await using (var update = new NpgsqlCommand(
            "UPDATE data_key d SET wrapped = n.wrapped FROM unnest($1, $2) AS n (id, wrapped) WHERE d.id = n.id", connection))
        {
            update.Give(rows.ConvertAll(row => row.Id).ToArray());
            GiveBytes(update, [.. rows.Select(rewrap)]);
            await update.ExecuteNonQueryAsync(cancel);
        }

        await using (var update = new NpgsqlCommand(
            "UPDATE wrapping_key SET version = $2, master_key_id = $3, wrapped = $4 WHERE id = $1", connection))
        {
            update.Give(id);
            update.Give(next.Version);
            update.Give(next.MasterKeyId);
            update.Give(next.Wrapped);
            await update.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        return rows.Count;
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private static WrappingKeyRow WrappingKey(NpgsqlDataReader reader, int first) => new(
        reader.GetGuid(first), reader.GetGuid(first + 1), reader.GetInt32(first + 2), reader.GetString(first + 3),
        reader.GetFieldValue<byte[]>(first + 4));

    private static void GiveBytes(NpgsqlCommand command, byte[][] values) => command.Parameters.Add(
        new NpgsqlParameter<byte[][]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
}
