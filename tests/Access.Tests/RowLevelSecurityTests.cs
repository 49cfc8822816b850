using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.AccessTests;

/// <summary>
/// The same with the query filters off: row-level security alone, in every table of every service. The services' own filters are
/// parts of their queries, with no switch that would turn them off; SQL of our own, on the services' own connections and with no
/// condition but the rows of others, is what is left without them, and the most that a forgotten filter could do.
/// </summary>
[Trait("Rule", "ALL-1")]
[Trait("Goal", "R6")]
public sealed class RowLevelSecurityTests(Installation installation)
{
    // The tables without it, each with the reason. Those of the defaults, in the schema platform, are the same in every service.
    private static readonly Dictionary<string, string> Open = new(StringComparer.Ordinal)
    {
        ["platform.audit_anchor"] = "hashes and signatures of another service's audit",
        ["platform.audit_head"] = "hashes and signatures over the audit of all places together",
        ["platform.audit_seal"] = "hashes over the audit of all places together",
        ["platform.erased_student"] = "ids of children of whom nothing is kept; every insert looks there",
        ["platform.event_log"] = "the relay's: events of all places, without names; no endpoint shows them",
        ["platform.idempotency"] = "found by its own caller only; has no content",
        ["platform.inbox"] = "ids of messages",
        ["platform.loose_file"] = "ids of files that no row refers to",
        ["platform.outbox"] = "the relay's: events of all places, without names; no endpoint shows them",
        ["platform.parked_message"] = "may be unreadable, so that nobody knows whose it is; one endpoint shows it, by district",
        ["platform.restricted_student"] = "ids of children and kinds of data that are restricted; every read looks there",
        ["public.__EFMigrationsHistory"] = "names of migrations",
        ["archives public.rights_turn"] = "an id and a day; work of every night goes through all",
        ["identity public.account"] = "who signs in is found by the user name, before it is known where he belongs",
        ["identity public.client"] = "asked for by its id before its district is known; the list of what was revoked sees all",
        ["identity public.external_identity"] = "asked for by a provider's subject before anybody's district is known",
        ["identity public.external_sign_in"] = "a sign-in under way: of no district yet",
        ["identity public.first_admin_link"] = "asked for before there is any district",
        ["identity public.session"] = "found by a secret, before it is known whose it is",
        ["identity public.logout_token"] = "ids of a provider's tokens, of no district",
        ["identity public.second_factor"] = "asked for by its account before anybody's district is known",
        ["identity public.signing_key"] = "sealed keys of the installation",
        ["insights public.district"] = "an id and a day; work of every night goes through all",
        ["insights public.feed_head"] = "a number",
        ["keys public.data_key"] = "sealed keys: nothing without the master key; a database of its own",
        ["keys public.master"] = "names of master keys",
        ["keys public.wrapping_key"] = "sealed keys: nothing without the master key; a database of its own",
        ["visits public.work_mark"] = "ids of students; the keeper of the work list goes through those of all districts",
    };

    // Announced and gone within a second: the first test must do.
    private const string Fleeting = "'unannounced', 'untold_count'";

    private World World => installation.World;

    [Fact]
    public async Task Every_table_is_under_forced_row_level_security_or_in_the_list_of_those_that_need_none()
    {
        var tables = new List<string>();
        foreach (var service in installation.Services.Keys.Append("keys"))
        {
            var found = await QueryAsync(
                service,
                """
                SELECT c.relnamespace::regnamespace || '.' || c.relname FROM pg_class c
                WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
                """);
            tables.AddRange(found.Select(table => Open.ContainsKey(table) ? table : $"{service} {table}"));
        }

        string[] deviations =
        [
            .. tables.Except(Open.Keys, StringComparer.Ordinal).Select(table => $"{table} has no FORCE ROW LEVEL SECURITY"),
            .. Open.Keys.Except(tables, StringComparer.Ordinal).Select(table => $"{table} is listed, but has it or is gone"),
        ];
        deviations.ShouldBeEmpty(string.Join('\n', deviations));
    }

    [Fact]
    public async Task What_is_of_others_is_not_there_for_any_statement_of_a_service()
    {
        var deviations = new List<string>();
        (string, TenantScope, Node?)[] scopes =
        [
            ("the school", new TenantScope([], [World.School.Id]), World.School),
            ("the district", TenantScope.Of([World.District.Id]), World.District),
            ("nobody", TenantScope.Nobody, null),
        ];
        foreach (var service in installation.Services.Keys)
        {
            foreach (var table in await QueryAsync(
                service,
                $"""
                SELECT c.relnamespace::regnamespace || '.' || c.relname FROM pg_class c
                WHERE c.relkind = 'r' AND c.relrowsecurity AND c.relname NOT IN ({Fleeting}) ORDER BY 1
                """))
            {
                foreach (var (scope, tenancy, node) in scopes)
                {
                    var found = await TryAsync(service, table, tenancy, node);
                    deviations.AddRange(found.Select(what => $"{service} {table}, {scope}: {what}"));
                }
            }
        }

        deviations.ShouldBeEmpty(string.Join('\n', deviations));
    }

    private async Task<List<string>> TryAsync(string service, string table, TenantScope tenancy, Node? node)
    {
        var rows = await QueryAsync(service, $"SELECT ctid || ' ' || to_jsonb(t) FROM {table} t");
        var marks = World.Marks.Where(mark => node is null || !mark.IsFor(node)).ToArray();
        var foreign = rows.Where(row => Array.Exists(marks, mark => mark.IsIn(row))).ToArray();
        if (foreign.Length == 0)
            return ["the tests' world has no row of others: add one to World.cs"];

        var places = foreign.Select(row => row.Split(' ')[0]).ToArray();
        var columns = await QueryAsync(
            service,
            $"""
            SELECT quote_ident(attname) FROM pg_attribute
            WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
            ORDER BY attnum
            """);
        var all = string.Join(", ", columns);
        List<(string What, string Sql, object Given)> attempts =
        [
            ("shown", $"SELECT FROM {table} WHERE ctid = ANY ($1::tid[])", places),
            ("changed", $"UPDATE {table} SET {columns[0]} = {columns[0]} WHERE ctid = ANY ($1::tid[]) RETURNING 1", places),
            ("deleted", $"DELETE FROM {table} WHERE ctid = ANY ($1::tid[]) RETURNING 1", places),
        ];
        // Audit rows may be added by anybody, so that nothing happens without one.
        if (table != "platform.audit")
        {
            attempts.Add(("added",
                $"INSERT INTO {table} ({all}) SELECT {all} FROM jsonb_populate_record(NULL::{table}, $1::jsonb) RETURNING 1",
                foreign[0][(foreign[0].IndexOf(' ', StringComparison.Ordinal) + 1)..]));
        }

        // A district may move its own from school to school.
        if (columns.Contains("school_id", StringComparer.Ordinal) && node?.Place != PlaceKind.District)
        {
            var elsewhere = World.OtherDistrict.Up(PlaceKind.School).Id;
            attempts.Add(("given away", $"UPDATE {table} SET school_id = $1 RETURNING 1", elsewhere));
        }

        var found = new List<string>();
        await using var database = new ServiceDatabase(service, installation.Database(service)).Open();
        foreach (var (what, sql, given) in attempts)
        {
            if (await AttemptAsync(database, tenancy, sql, given) is { } outcome)
                found.Add($"{what}: {outcome}");
        }

        return found;
    }

    // Null when no row is concerned, or the database refuses: by a policy, or since the role may not do that with any row.
    private static async Task<string?> AttemptAsync(NpgsqlDataSource database, TenantScope tenancy, string sql, object given)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(); // never committed
        await using var batch = tenancy.Batch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter { Value = given } } });
        try
        {
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            var rows = 0;
            while (await reader.ReadAsync())
                rows++;
            return rows == 0 ? null : $"{rows} rows";
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return null;
        }
        catch (PostgresException e)
        {
            return e.Message; // refused, but not for whose it is
        }
    }

    private async Task<List<string>> QueryAsync(string service, string sql)
    {
        await using var database = NpgsqlDataSource.Create(installation.Database(service));
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
