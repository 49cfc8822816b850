using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// Checks an upload against itself and against what is stored, inside the caller's transaction: rows go by binary COPY into tables
/// of the session, everything else is done there, set by set. What would change is left in <c>roster_change</c>.
/// </summary>
internal static class RosterCheck
{
    /// <summary>The tables of the records, in the order of <see cref="RecordKind"/>.</summary>
    public static readonly IReadOnlyList<RecordTable> Tables =
    [
        new(RecordKind.School, "school", "school_id"),
        new(RecordKind.Term, "term"),
        new(RecordKind.Class, "class"),
        new(RecordKind.Student, "student"),
        new(RecordKind.Guardian, "guardian"),
        new(RecordKind.Guardianship, "guardianship", About: "student"),
        new(RecordKind.Staff, "staff"),
        new(RecordKind.Enrolment, "enrolment", About: "student", Dated: true),
        new(RecordKind.StaffPost, "staff_post", About: "staff", Dated: true),
    ];

    // The tables of rows that have an id of their own.
    private static readonly (string Table, RosterFile File)[] Identified =
    [
        ("in_org", RosterFile.Orgs), ("in_session", RosterFile.AcademicSessions), ("in_course", RosterFile.Courses),
        ("in_class", RosterFile.Classes), ("in_user", RosterFile.Users), ("in_demographic", RosterFile.Demographics),
    ];

    /// <summary>Takes the district's roster, so that its imports come one after the other, until the transaction ends.</summary>
    /// <returns>The roster's version.</returns>
    public static async Task<long> LockAsync(NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SET LOCAL lock_timeout = '60s'"),
                new("INSERT INTO district_roster (district_id, version) VALUES ($1, 0) ON CONFLICT DO NOTHING")
                {
                    Parameters = { new() { Value = district } },
                },
                new("SELECT version FROM district_roster WHERE district_id = $1 FOR UPDATE")
                {
                    Parameters = { new() { Value = district } },
                },
            },
        };
        return (long)(await batch.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Reads all rows, and compares them with what is stored.</summary>
    /// <returns>The report; unless the remarks now hold a refusal, of which nothing may be kept.</returns>
    public static async Task<RosterReport?> RunAsync(
        NpgsqlConnection connection, RosterPackage package, RosterRemarks remarks, Guid district, Guid import, long version,
        DateOnly today, CancellationToken cancel)
    {
        Tell(ImportPhase.Reading);
        await ExecuteAsync(connection, await SqlAsync("Staging.sql", cancel), cancel);
        await StageAsync(connection, package, cancel);
        if (remarks.Refusals.Count > 0)
            return null;
        if (package.Has(RosterFile.Sheet))
            await ExecuteAsync(connection, SheetSql(await SqlAsync("Sheet.sql", cancel), package, district, version, today), cancel);

        Tell(ImportPhase.Comparing);
        foreach (var (table, file) in Identified)
            await ExecuteAsync(connection, RejectRepeatedSql(table, file), cancel);
        if (package.Has(RosterFile.Roles))
            await ExecuteAsync(connection, Fill(await SqlAsync("Roles.sql", cancel), district, version, today), cancel);
        await ExecuteAsync(connection, CompareSql(await SqlAsync("Compare.sql", cancel), package, district, version, today), cancel);
        Tell(ImportPhase.Keeping);
        await ReadRemarksAsync(connection, package, remarks, cancel);
        await KeepMistakesAsync(connection, remarks, district, import, cancel);
        var (changes, losses) = await KeepChangesAsync(connection, district, import, version, today, cancel);
        return new RosterReport(
            [.. package.Counts.Select(pair => new FileCount(pair.Value.Name, pair.Key.Name, pair.Value.Rows, pair.Value.Rejected))],
            changes, remarks.Errors, remarks.Warnings, remarks.Notes, losses);

        void Tell(ImportPhase phase)
        {
            if (package.Watch is { } watch)
                watch.Phase = phase;
        }
    }

    /// <summary>
    /// Puts what would change, as Compare.sql, Reorganise.sql and Rollover.sql leave it in tables of the session, into <c>roster_change</c>.
    /// </summary>
    /// <returns>How many records of each kind change, and which schools students would leave.</returns>
    public static async Task<(IReadOnlyList<ChangeCount> Changes, IReadOnlyList<SchoolLoss> Losses)> KeepChangesAsync(
        NpgsqlConnection connection, Guid district, Guid import, long version, DateOnly today, CancellationToken cancel)
    {
        var counts = new List<ChangeCount>();
        foreach (var table in Tables)
        {
            await using var command = new NpgsqlCommand(table.KeepChangesSql, connection)
            {
                Parameters = { new() { Value = district }, new() { Value = import }, new() { Value = table.Kind.ToString() } },
                CommandTimeout = 0,
            };
            if (!table.Dated)
            {
                command.Parameters.Add(new() { Value = today });
                command.Parameters.Add(new() { Value = version });
            }

            var kept = await command.ExecuteNonQueryAsync(cancel);
            counts.Add(await CountAsync(connection, table, kept, cancel));
        }

        return (counts, await ReadLossesAsync(connection, cancel));
    }

    private static async Task StageAsync(NpgsqlConnection connection, RosterPackage package, CancellationToken cancel)
    {
        await CopyAsync("in_org", package.RowsAsync(RosterFile.Orgs, OrgRow.Read, cancel), static async (row, to, cancel) =>
        {
            await to.TextAsync(row.SourceId, cancel);
            await to.TextAsync(row.Name, cancel);
            await to.TextAsync(row.Type, cancel);
            await to.TextAsync(row.Code, cancel);
        });
        await CopyAsync(
            "in_session", package.RowsAsync(RosterFile.AcademicSessions, SessionRow.Read, cancel), static async (row, to, cancel) =>
            {
                await to.TextAsync(row.SourceId, cancel);
                await to.TextAsync(row.Title, cancel);
                await to.TextAsync(row.Type, cancel);
                await to.DayAsync(row.StartsOn, cancel);
                await to.DayAsync(row.EndsOn, cancel);
                await to.TextAsync(row.Parent, cancel);
            });
        await CopyAsync("in_course", package.RowsAsync(RosterFile.Courses, CourseRow.Read, cancel), static async (row, to, cancel) =>
        {
            await to.TextAsync(row.SourceId, cancel);
            await to.TextAsync(row.Title, cancel);
        });
        await CopyAsync("in_class", package.RowsAsync(RosterFile.Classes, ClassRow.Read, cancel), static async (row, to, cancel) =>
        {
            await to.TextAsync(row.SourceId, cancel);
            await to.TextAsync(row.Title, cancel);
            await to.WriteAsync(row.Homeroom, NpgsqlDbType.Boolean, cancel);
            await to.TextAsync(row.School, cancel);
            await to.TextAsync(row.Grade, cancel);
            await to.TextAsync(row.Course, cancel);
            await to.TextAsync(row.Subject, cancel);
        });
        await CopyAsync("in_user", package.RowsAsync(RosterFile.Users, UserRow.Read, cancel), static async (row, to, cancel) =>
        {
            await to.TextAsync(row.SourceId, cancel);
            await to.TextAsync(row.Role, cancel);
            await to.WriteAsync(row.Enabled, NpgsqlDbType.Boolean, cancel);
            await to.WriteAsync(row.Orgs, NpgsqlDbType.Array | NpgsqlDbType.Text, cancel);
            await to.TextAsync(row.FamilyName, cancel);
            await to.TextAsync(row.GivenName, cancel);
            await to.TextAsync(row.Number, cancel);
            await to.TextAsync(row.Phone, cancel);
            await to.TextAsync(row.Email, cancel);
            await to.WriteAsync(row.Agents, NpgsqlDbType.Array | NpgsqlDbType.Text, cancel);
            await to.TextAsync(row.Grade, cancel);
        });
        await CopyAsync("in_role", package.RowsAsync(RosterFile.Roles, RoleRow.Read, cancel), static async (row, to, cancel) =>
        {
            await to.TextAsync(row.User, cancel);
            await to.WriteAsync(row.Primary, NpgsqlDbType.Boolean, cancel);
            await to.TextAsync(row.Role, cancel);
            await to.TextAsync(row.Org, cancel);
            await to.DayAsync(row.StartsOn, cancel);
            await to.DayAsync(row.EndsOn, cancel);
        });
        await CopyAsync(
            "in_demographic", package.RowsAsync(RosterFile.Demographics, DemographicRow.Read, cancel), static async (row, to, cancel) =>
            {
                await to.TextAsync(row.SourceId, cancel);
                await to.DayAsync(row.BirthDate, cancel);
                await to.TextAsync(row.Sex, cancel);
            });
        await CopyAsync(
            "in_enrollment", package.RowsAsync(RosterFile.Enrollments, EnrollmentRow.Read, cancel), static async (row, to, cancel) =>
            {
                await to.TextAsync(row.Class, cancel);
                await to.TextAsync(row.School, cancel);
                await to.TextAsync(row.User, cancel);
                await to.TextAsync(row.Role, cancel);
                if (row.Primary is { } primary)
                    await to.WriteAsync(primary, NpgsqlDbType.Boolean, cancel);
                else
                    await to.WriteNullAsync(cancel);
                await to.DayAsync(row.StartsOn, cancel);
                await to.DayAsync(row.EndsOn, cancel);
            });

        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        await CopyAsync(
            "in_relation", package.RowsAsync(RosterFile.Relationships, RelationRow.Read, cancel), async (row, to, cancel) =>
            {
                // Contacts are called in the order in which the file names them.
                var place = ranks[row.Student] = ranks.GetValueOrDefault(row.Student) + 1;
                await to.TextAsync(row.Student, cancel);
                await to.TextAsync(row.Guardian, cancel);
                await to.TextAsync(row.Relation, cancel);
                await to.TextAsync(row.Relation is null ? null : row.Relation == "relative" ? "Caregiver" : "Guardian", cancel);
                await to.WriteAsync(place, NpgsqlDbType.Integer, cancel);
            });
        await CopyAsync(
            "in_sheet (line, school_code, school_name, class, grade, key, number, name, birth_date, sex, key_1, name_1, role_1, legal_1, "
            + "phone_1, key_2, name_2, role_2, legal_2, phone_2, good)",
            package.RowsAsync(RosterFile.Sheet, line => SheetRow.Read(line, package.Secret), cancel), static async (row, to, cancel) =>
            {
                foreach (var text in new[] { row.SchoolCode, row.SchoolName, row.Class, row.Grade, row.Key, row.Number, row.Name })
                    await to.TextAsync(text, cancel);
                await to.DayAsync(row.BirthDate, cancel);
                await to.TextAsync(row.Sex, cancel);
                foreach (var guardian in row.Guardians)
                {
                    await to.TextAsync(guardian?.Key, cancel);
                    await to.TextAsync(guardian?.Name, cancel);
                    await to.TextAsync(guardian?.Role, cancel);
                    if (guardian is null)
                        await to.WriteNullAsync(cancel);
                    else
                        await to.WriteAsync(guardian.Legal, NpgsqlDbType.Boolean, cancel);
                    await to.TextAsync(guardian?.Phone, cancel);
                }
            });

        // Each table begins with the line and ends with whether the row is good.
        async Task CopyAsync<T>(
            string table, IAsyncEnumerable<T> rows, Func<T, NpgsqlBinaryImporter, CancellationToken, ValueTask> write)
            where T : IRosterRow
        {
            await using var to = await connection.BeginBinaryImportAsync($"COPY {table} FROM STDIN (FORMAT BINARY)", cancel);
            await foreach (var row in rows)
            {
                if (!row.Identified)
                    continue;
                await to.StartRowAsync(cancel);
                await to.WriteAsync(row.Line, NpgsqlDbType.Integer, cancel);
                await write(row, to, cancel);
                await to.WriteAsync(row.Good, NpgsqlDbType.Boolean, cancel);
            }

            await to.CompleteAsync(cancel);
        }
    }

    private static ValueTask TextAsync(this NpgsqlBinaryImporter to, string? value, CancellationToken cancel) =>
        new(value is null ? to.WriteNullAsync(cancel) : to.WriteAsync(value, NpgsqlDbType.Text, cancel));

    private static ValueTask DayAsync(this NpgsqlBinaryImporter to, DateOnly? value, CancellationToken cancel) =>
        new(value is { } day ? to.WriteAsync(day, NpgsqlDbType.Date, cancel) : to.WriteNullAsync(cancel));

    /// <summary>Fills the places that Compare.sql, Reorganise.sql and Rollover.sql have in common.</summary>
    public static string Fill(string sql, Guid district, long version, DateOnly today) => sql
        .Replace("{district}", $"'{district}'::uuid", StringComparison.Ordinal)
        .Replace("{version}", $"{version}::bigint", StringComparison.Ordinal)
        .Replace("{today}", $"'{today:yyyy-MM-dd}'::date", StringComparison.Ordinal);

    private static string SheetSql(string sql, RosterPackage package, Guid district, long version, DateOnly today) =>
        Fill(sql, district, version, today).Replace(
            "{school}", package.School is { } school ? $"'{school}'::uuid" : "NULL::uuid", StringComparison.Ordinal);

    private static string CompareSql(string sql, RosterPackage package, Guid district, long version, DateOnly today)
    {
        const string otherSchools = "NOT IN (SELECT school_id FROM compared_school)";
        var sheet = package.Has(RosterFile.Sheet);
        Span<(string Place, string Literal)> places =
        [
            ("{keep_orgs}", Keep(RosterFile.Orgs)),
            ("{keep_sessions}", Keep(RosterFile.AcademicSessions)),
            ("{keep_classes}", Keep(RosterFile.Classes, $"t.school_id {otherSchools}")),
            ("{keep_students}", Keep(RosterFile.Users, "t.id NOT IN (SELECT student_id FROM sheet_left WHERE NOT elsewhere)")),
            ("{held_students}", !sheet || Unclear() ? "true" : "t.id NOT IN (SELECT student_id FROM sheet_left)"),
            ("{keep_staff}", Keep(RosterFile.Users)),
            ("{keep_guardians}", Keep(
                RosterFile.Users,
                "(t.id IN (SELECT guardian_id FROM sheet_family) OR NOT EXISTS (SELECT FROM guardianship a "
                + "WHERE a.district_id = t.district_id AND a.guardian_id = t.id AND a.withdrawn_on IS NULL))")),
            ("{keep_guardianships}", package.Unidentified.Contains(RosterFile.Relationships) ? "true"
                : Keep(RosterFile.Users, "t.id IN (SELECT id FROM sheet_family)")),
            ("{keep_enrollments}", sheet ? "false" : Keep(RosterFile.Enrollments)),
            ("{keep_stays}", sheet ? $"e.school_id {otherSchools}" : "false"),
        ];
        foreach (var (place, literal) in places)
            sql = sql.Replace(place, literal, StringComparison.Ordinal);
        return Fill(sql, district, version, today);

        string Keep(RosterFile file, string inSheet = "true") =>
            sheet ? Unclear() ? "true" : inSheet
            : !package.Has(file) || package.Unidentified.Contains(file)
                || file == RosterFile.Users && package.Unidentified.Contains(RosterFile.Roles) ? "true" : "false";

        bool Unclear() => package.Unidentified.Contains(RosterFile.Sheet);
    }

    // An id that is there twice: the first row counts.
    private static string RejectRepeatedSql(string table, RosterFile file) =>
        $"""
        ANALYZE {table};
        WITH repeated AS (SELECT source_id, min(line) AS line FROM {table} WHERE good GROUP BY source_id HAVING count(*) > 1),
            bad AS (
                UPDATE {table} t SET good = false FROM repeated r WHERE t.good AND t.source_id = r.source_id AND t.line > r.line
                RETURNING t.line, t.source_id, r.line AS first)
        INSERT INTO fault SELECT '{file.Name}', line, 'sourcedId', 'id.twice', source_id, first::text FROM bad;
        """;

    private static async Task<ChangeCount> CountAsync(
        NpgsqlConnection connection, RecordTable table, int kept, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(table.CountSql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var (added, changed, unchanged) = (reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2));
        return new ChangeCount(table.Kind, added, changed, kept - added - changed, unchanged);
    }

    private static async Task ReadRemarksAsync(
        NpgsqlConnection connection, RosterPackage package, RosterRemarks remarks, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT file, 0, '', code, value, detail FROM note
            UNION ALL
            SELECT file, line, "column", code, value, detail FROM fault
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var (file, column) = package.PlaceOf(reader.GetString(0), reader.GetString(2));
            remarks.Add(RosterTexts.Of(reader.GetString(3)), file, reader.GetInt32(1), column, Text(4), Text(5));
        }

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    private static async Task KeepMistakesAsync(
        NpgsqlConnection connection, RosterRemarks remarks, Guid district, Guid import, CancellationToken cancel)
    {
        var mistakes = remarks.Mistakes.OrderBy(m => m.File, StringComparer.Ordinal).ThenBy(m => m.Line).ToArray();
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO roster_mistake (district_id, import_id, number, file, line, "column", code, value, detail)
            SELECT $1, $2, number, file, line, col, code, value, detail
            FROM unnest($3, $4, $5, $6, $7, $8) WITH ORDINALITY AS m (file, line, col, code, value, detail, number)
            """, connection)
        {
            Parameters =
            {
                new() { Value = district }, new() { Value = import },
                new() { Value = Array.ConvertAll(mistakes, m => m.File) }, new() { Value = Array.ConvertAll(mistakes, m => m.Line) },
                new() { Value = Array.ConvertAll(mistakes, m => m.Column) }, new() { Value = Array.ConvertAll(mistakes, m => m.Code) },
                new() { Value = Array.ConvertAll(mistakes, m => m.Value) }, new() { Value = Array.ConvertAll(mistakes, m => m.Detail) },
            },
        };
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<List<SchoolLoss>> ReadLossesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var losses = new List<SchoolLoss>();
        await using var command = new NpgsqlCommand(
            "SELECT school_id, on_roll::int, leaving::int FROM loss WHERE leaving > 0 ORDER BY school_id", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            losses.Add(new SchoolLoss(reader.GetGuid(0), reader.GetInt32(1), reader.GetInt32(2)));
        return losses;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>A file of SQL in this assembly.</summary>
    public static async Task<string> SqlAsync(string name, CancellationToken cancel)
    {
        await using var stream = typeof(RosterCheck).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancel);
    }
}

/// <summary>A table of the roster, as the check and the confirmation work on it: alike for all kinds of record.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Name">Its name; Compare.sql leaves the records as they will be in <c>new_</c> and this name.</param>
/// <param name="Id">The column of the record's id.</param>
/// <param name="About">The person that the record is about, whose source id names it in the report.</param>
/// <param name="Dated">Whether Compare.sql ends the records itself, from and to a day; the others get <c>withdrawn_on</c>.</param>
internal sealed record RecordTable(RecordKind Kind, string Name, string Id = "id", string? About = null, bool Dated = false)
{
    /// <summary>
    /// Puts what would change into roster_change. Parameters: district, import, kind; and where it withdraws, today and version.
    /// </summary>
    public string KeepChangesSql =>
        $"""
        INSERT INTO roster_change (district_id, import_id, kind, id, change, source_id, fields, row)
        SELECT $1, $2, $3, n.{Id}, n.change, {SourceId("n")},
            CASE n.change WHEN 'Changed' THEN ARRAY(
                SELECT f.key FROM jsonb_each(to_jsonb(n)) f JOIN jsonb_each(to_jsonb(t)) o USING (key)
                WHERE f.value <> o.value AND f.key <> 'version' ORDER BY f.key) ELSE ARRAY[]::text[] END,
            to_jsonb(n)
        FROM new_{Name} n {Persons("n")} LEFT JOIN {Name} t ON t.district_id = $1 AND t.{Id} = n.{Id} AND n.change = 'Changed'
        WHERE n.change IS NOT NULL{(Dated ? "" : KeepWithdrawnSql)}
        """;

    /// <summary>Counts added, changed and unchanged of the check that just ran; the others that it kept are withdrawn.</summary>
    public string CountSql =>
        $"""
        SELECT count(*) FILTER (WHERE change = 'Added')::int, count(*) FILTER (WHERE change = 'Changed')::int,
            count(*) FILTER (WHERE change IS NULL)::int
        FROM new_{Name}
        """;

    /// <summary>
    /// Writes the records of an import as they were shown. Parameters: district, import, kind.
    /// </summary>
    /// <param name="key">The columns of the primary key.</param>
    /// <param name="columns">The other columns.</param>
    public string ApplySql(IEnumerable<string> key, IEnumerable<string> columns) => string.Create(CultureInfo.InvariantCulture,
        $"""
        INSERT INTO {Name}
        SELECT r.* FROM roster_change c CROSS JOIN LATERAL jsonb_populate_record(NULL::{Name}, c.row) r
        WHERE c.district_id = $1 AND c.import_id = $2 AND c.kind = $3
        ON CONFLICT ({string.Join(", ", key)}) DO UPDATE SET {string.Join(", ", columns.Select(c => $"{c} = EXCLUDED.{c}"))}
        """);

    private string KeepWithdrawnSql =>
        $"""

        UNION ALL
        SELECT $1, $2, $3, t.{Id}, 'Withdrawn', {SourceId("t")}, ARRAY[]::text[],
            to_jsonb(t) || jsonb_build_object('withdrawn_on', $4, 'version', $5)
        FROM {Name} t {Persons("t")}
        WHERE t.district_id = $1 AND t.withdrawn_on IS NULL AND NOT EXISTS (SELECT FROM new_{Name} n WHERE n.{Id} = t.{Id})
        """;

    private string SourceId(string row) => About is null ? $"{row}.source_id" : "coalesce(p.source_id, q.source_id)";

    private string Persons(string row) => About is null ? "" :
        $"LEFT JOIN {About} p ON p.district_id = {row}.district_id AND p.id = {row}.{About}_id "
        + $"LEFT JOIN new_{About} q ON q.id = {row}.{About}_id";
}
