using HomeSchool.ServiceDefaults.Keys;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Leaving;

/// <summary>A column of a table that leaves with a district.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as PostgreSQL writes it.</param>
/// <param name="Sealed">Set when the vault has sealed it.</param>
/// <param name="Own">Set when its values are of an installation.</param>
internal sealed record DistrictColumn(string Name, string Type, SealedColumn? Sealed, OwnColumn? Own)
{
    public bool Leaves => Own?.Leaves != false;
}

/// <summary>A table that leaves with a district.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">All of its columns.</param>
/// <param name="Key">The columns of the primary key.</param>
/// <param name="Rows">Which rows leave.</param>
internal sealed record DistrictTable(
    string Name, IReadOnlyList<DistrictColumn> Columns, IReadOnlyList<string> Key, DistrictRows Rows)
{
    /// <summary>The table's file in an export.</summary>
    public string File => Name + ".jsonl";

    /// <summary>The columns that a file has.</summary>
    public IEnumerable<DistrictColumn> Leaving => Columns.Where(column => column.Leaves);

    /// <summary>The columns that the vault has sealed.</summary>
    public IEnumerable<DistrictColumn> Sealed => Columns.Where(column => column.Sealed is not null);

    /// <summary>
    /// Reads from the database's catalog which tables leave, those that others refer to first. A list by hand would forget the
    /// table that is added next.
    /// </summary>
    /// <exception cref="LeavingException">Of a table or column it is not known whether it leaves.</exception>
    public static async Task<IReadOnlyList<DistrictTable>> ReadAsync(
        NpgsqlConnection connection, LeavingRules rules, CancellationToken cancel)
    {
        var tables = new List<DistrictTable>();
        var found = await ColumnsAsync(connection, cancel);
        foreach (var table in found.GroupBy(column => column.Table, StringComparer.Ordinal))
        {
            if (rules.Staying.Any(staying => staying.Table == table.Key))
                continue;
            var rows = rules.Rows.SingleOrDefault(known => known.Table == table.Key)
                ?? (table.Any(column => column.Name == "district_id")
                    ? new DistrictRows(table.Key, "t.district_id = $1")
                    : throw new LeavingException(
                        $"表 {table.Key} 没有 district_id,也未说明是否随区县迁出(LeavingRules)。",
                        $"The table {table.Key} has no district_id, and LeavingRules do not say whether it leaves."));
            tables.Add(new DistrictTable(
                table.Key,
                [.. table.Select(column => Column(column.Table, column.Name, column.Type, rules))],
                [.. table.Where(column => column.InKey).Select(column => column.Name)],
                rows));
        }

        return ParentsFirst(tables, await ReferencesAsync(connection, cancel));
    }

    private static DistrictColumn Column(string table, string name, string type, LeavingRules rules)
    {
        var column = new DistrictColumn(
            name, type,
            rules.Sealed.SingleOrDefault(known => known.Table.Split('.')[1] == table && known.Column == name),
            rules.Own.SingleOrDefault(known => known.Table == table && known.Column == name));
        return type != "bytea" || column.Sealed is not null || !column.Leaves
            ? column
            : throw new LeavingException(
                $"列 {table}.{name} 是 bytea,却未说明是否加密(LeavingRules)。",
                $"The column {table}.{name} is bytea, and LeavingRules do not say whether it is sealed.");
    }

    private static List<DistrictTable> ParentsFirst(List<DistrictTable> tables, ILookup<string, string> references)
    {
        var sorted = new List<DistrictTable>();
        foreach (var table in tables)
            Visit(table);
        return sorted;

        void Visit(DistrictTable table)
        {
            if (sorted.Contains(table))
                return;
            var parents = references[table.Name].ToHashSet(StringComparer.Ordinal);
            foreach (var parent in tables.Where(other => other != table && parents.Contains(other.Name)))
                Visit(parent);
            sorted.Add(table);
        }
    }

    private static async Task<List<(string Table, string Name, string Type, bool InKey)>> ColumnsAsync(
        NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(a.attnum = ANY (i.indkey), false)
            FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND c.relname <> '__EFMigrationsHistory'
            ORDER BY c.relname, a.attnum
            """, connection);
        var columns = new List<(string, string, string, bool)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            columns.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3)));
        return columns;
    }

    private static async Task<ILookup<string, string>> ReferencesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT c.relname, p.relname
            FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid
            WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace
            """, connection);
        var references = new List<(string Child, string Parent)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            references.Add((reader.GetString(0), reader.GetString(1)));
        return references.ToLookup(reference => reference.Child, reference => reference.Parent, StringComparer.Ordinal);
    }
}
