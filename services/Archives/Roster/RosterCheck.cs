using System.Collections.Frozen;
using System.Text.Json;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
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
        new(RecordKind.School, typeof(School), "school_id"),
        new(RecordKind.Term, typeof(Term)),
        new(RecordKind.Class, typeof(Class)),
        new(RecordKind.Student, typeof(Student)),
        new(RecordKind.Guardian, typeof(Guardian)),
        new(RecordKind.Guardianship, typeof(Guardianship)),
        new(RecordKind.Staff, typeof(Staff)),
        new(RecordKind.Enrolment, typeof(Enrolment), Dated: true),
        new(RecordKind.StaffPost, typeof(StaffPost), Dated: true),
    ];

    /// <summary>
    /// Says for the transaction that no row is about a child who was erased, so that the tables need not look for each one
    /// (ARC-10): what was stored and compared of such a child is gone, and behind <see cref="LockAsync"/> none is erased.
    /// </summary>
    public const string LeaveOutErased = "SET LOCAL app.erased = 'left out'";

    // The tables of rows that have an id of their own.
    private static readonly (string Table, RosterFile File)[] Identified =
    [
        ("in_org", RosterFile.Orgs), ("in_session", RosterFile.AcademicSessions), ("in_course", RosterFile.Courses),
        ("in_class", RosterFile.Classes), ("in_user", RosterFile.Users), ("in_demographic", RosterFile.Demographics),
    ];

    // The notes that Compare.sql makes of the rows, as far as they hold when nothing changes.
    private static readonly FrozenSet<string> CountedNotes = new[]
    {
        RosterTexts.OrgsTaken, RosterTexts.OrgsNotKept, RosterTexts.SessionsTaken, RosterTexts.SessionsNotKept, RosterTexts.HomeroomsTaken,
        RosterTexts.HomeroomsAbsent, RosterTexts.ScheduledNotKept, RosterTexts.UsersTaken, RosterTexts.UsersDisabled,
        RosterTexts.GuardiansAbsent, RosterTexts.DemographicsOthers, RosterTexts.ProfilesNotKept,
    }.Select(text => text.Code).ToFrozenSet();

    /// <summary>
    /// Takes the district's roster until the transaction ends: its imports come one after the other, and no child is erased while one
    /// is checked or confirmed.
    /// </summary>
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
                new(ErasureTurns.HoldOff) { Parameters = { new() { Value = district } } },
            },
        };
        return (long)(await batch.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Reads all rows, and compares them with what is stored.</summary>
    /// <param name="connection">With the caller's transaction.</param>
    /// <param name="model">The service's tables.</param>
    /// <param name="package">The upload.</param>
    /// <param name="remarks">What there is to say about it.</param>
    /// <param name="district">The district.</param>
    /// <param name="import">The import.</param>
    /// <param name="version">The version that the roster gets if it is confirmed.</param>
    /// <param name="last">The import that left the roster as it stands, if one did: what says the same needs no comparison.</param>
    /// <param name="today">Today.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>The report; unless the remarks now hold a refusal, of which nothing may be kept.</returns>
    public static async Task<RosterReport?> RunAsync(
        NpgsqlConnection connection, IModel model, RosterPackage package, RosterRemarks remarks, Guid district, Guid import,
        long version, RosterImport? last, DateOnly today, CancellationToken cancel)
    {
        Tell(ImportPhase.Reading);
        if (package.IsDelta && version == 1)
        {
            remarks.Add(RosterTexts.DeltaFirst, package.NameOf(RosterFile.Manifest));
            return null;
        }

        await ExecuteAsync(connection, await SqlAsync("Staging.sql", cancel), cancel);
        await StageAsync(connection, package, cancel);
        if (remarks.Refusals.Count > 0)
            return null;
        var modified = await ModifiedUntilAsync(connection, district, cancel);
        if (package.IsDelta && package.ModifiedUntil < modified)
        {
            remarks.Add(RosterTexts.DeltaOlder, package.NameOf(RosterFile.Manifest), value: $"{package.ModifiedUntil:O}", detail: $"{modified:O}");
            return null;
        }

        var digest = $"{package.Digest}\n{await OrderAsync(connection, cancel)}";
        if (last is not null && await SaysTheSameAsync(connection, package, digest, remarks, last, today, cancel))
            return SaidBefore(package, remarks, last.Report);
        if (package.Has(RosterFile.Sheet))
            await ExecuteAsync(connection, SheetSql(await SqlAsync("Sheet.sql", cancel), package, district, version, today), cancel);

        Tell(ImportPhase.Comparing);
        foreach (var (table, file) in Identified)
            await ExecuteAsync(connection, RejectRepeatedSql(table, file), cancel);
        if (package.HasRoles && package.IsDelta)
            await ExecuteAsync(connection, DeltaSql(await SqlAsync("DeltaRoles.sql", cancel), package, district, version, today), cancel);
        if (package.HasRoles)
            await ExecuteAsync(connection, Fill(await SqlAsync("Roles.sql", cancel), district, version, today), cancel);
        await ExecuteAsync(connection, Fill(await SqlAsync("Admitted.sql", cancel), district, version, today), cancel);
        if (package.IsDelta)
            await ExecuteAsync(connection, DeltaSql(await SqlAsync("Delta.sql", cancel), package, district, version, today), cancel);
        await ExecuteAsync(connection, CompareSql(await SqlAsync("Compare.sql", cancel), package, district, version, today), cancel);
        await RosterMetadata.CompareAsync(connection, package, district, cancel);
        if (package.IsDelta)
        {
            // Of what was taken from what is stored, nobody needs to hear: a file has no such lines.
            await ExecuteAsync(connection, $"DELETE FROM fault WHERE line >= {StoredLine}", cancel);
            remarks.Add(RosterTexts.DeltaTaken, package.NameOf(RosterFile.Manifest));
        }

        Tell(ImportPhase.Keeping);
        await ReadRemarksAsync(connection, package, remarks, cancel);
        await KeepMistakesAsync(connection, remarks, district, import, cancel);
        var (changes, losses) = await KeepChangesAsync(connection, model, district, import, today, cancel);
        return new RosterReport(Files(package), changes, remarks.Errors, remarks.Warnings, remarks.Notes, losses)
        {
            Digest = digest,
            ModifiedUntil = package.ModifiedUntil,
        };

        void Tell(ImportPhase phase)
        {
            if (package.Watch is { } watch)
                watch.Phase = phase;
        }
    }

    // The rows of the import that left the roster as it is, none of them with a mistake, and nothing in them has begun or ended since.
    private static async Task<bool> SaysTheSameAsync(
        NpgsqlConnection connection, RosterPackage package, string digest, RosterRemarks remarks, RosterImport last,
        DateOnly today, CancellationToken cancel)
    {
        var then = LocalDay.Of(last.CreatedAt);
        if (last.Report.Digest != digest || last.Report.Errors + last.Report.Warnings + remarks.Errors + remarks.Warnings > 0
            || then != today && package.Turns(then, today))
        {
            return false;
        }

        // An erasure takes a student from the roster without another version of it.
        await using var command = new NpgsqlCommand(
            "SELECT count(*)::int FROM student WHERE district_id = $1 AND withdrawn_on IS NULL", connection)
        {
            Parameters = { new() { Value = last.DistrictId } },
        };
        return (int)(await command.ExecuteScalarAsync(cancel))! == Present(last.Report.Changes.Single(count => count.Kind == RecordKind.Student));
    }

    // The order of rows where it says something: who of a class's teachers comes first, which contact of a student, which role
    // of a user, and what a sheet says of those whom several rows name.
    private static async Task<string> OrderAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT concat_ws(' ',
                (SELECT sum(hashtextextended(concat_ws(' ', class, teachers), 0)) FROM (
                    SELECT class, string_agg("user", ' ' ORDER BY place, line) AS teachers FROM (
                        SELECT class, "user", min(line) AS line,
                            min(CASE is_primary WHEN true THEN 0 WHEN false THEN 2 ELSE 1 END) AS place
                        FROM in_enrollment
                        WHERE role = 'teacher' AND class NOT IN (SELECT source_id FROM in_class WHERE NOT homeroom)
                        GROUP BY 1, 2) t
                    GROUP BY class) c),
                (SELECT sum(hashtextextended(concat_ws(' ', student, guardians), 0)) FROM (
                    SELECT student, string_agg(guardian, ' ' ORDER BY line) AS guardians FROM in_relation GROUP BY student) r),
                (SELECT sum(hashtextextended(concat_ws(' ', "user", roles), 0)) FROM (
                    SELECT "user", string_agg(role, ' ' ORDER BY NOT is_primary, line) AS roles FROM in_role GROUP BY "user") u),
                (SELECT sum(hashtextextended(concat_ws(' ', line, key), 0)) FROM in_sheet))
            """, connection);
        command.CommandTimeout = 0;
        return (string)(await command.ExecuteScalarAsync(cancel))!;
    }

    // The newest change that any upload knew of which was confirmed.
    private static async Task<DateTimeOffset?> ModifiedUntilAsync(NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "SELECT max((report->>'modifiedUntil')::timestamptz) FROM roster_import WHERE district_id = $1 AND state = 'Confirmed' "
            // A row dated ahead of time must not bar what comes after it.
            + "AND (report->>'modifiedUntil')::timestamptz <= now()", connection)
        {
            Parameters = { new() { Value = district } },
        };
        return await command.ExecuteScalarAsync(cancel) is DateTime at ? new DateTimeOffset(at) : null;
    }

    private static RosterReport SaidBefore(RosterPackage package, RosterRemarks remarks, RosterReport last)
    {
        // What was counted then is so now; what was said of columns and names of files is said of these ones already.
        foreach (var note in last.Notes.Where(note => CountedNotes.Contains(note.Code)))
            remarks.Add(RosterTexts.Of(note.Code), note.File, value: note.Value, detail: note.Detail);
        return new RosterReport(
            Files(package), [.. last.Changes.Select(count => new ChangeCount(count.Kind, 0, 0, 0, Present(count)))], 0, 0, remarks.Notes, [])
        {
            Digest = last.Digest,
            ModifiedUntil = last.ModifiedUntil,
        };
    }

    private static int Present(ChangeCount count) => count.Added + count.Changed + count.Unchanged;

    private static IReadOnlyList<FileCount> Files(RosterPackage package) =>
        [.. package.Counts.Select(pair => new FileCount(pair.Value.Name, pair.Key.Name, pair.Value.Rows, pair.Value.Rejected))];

    /// <summary>
    /// Puts what would change, as Compare.sql, Reorganise.sql and Rollover.sql leave it in tables of the session, into <c>roster_change</c>.
    /// </summary>
    /// <returns>How many records of each kind change, and which schools students would leave.</returns>
    public static async Task<(IReadOnlyList<ChangeCount> Changes, IReadOnlyList<SchoolLoss> Losses)> KeepChangesAsync(
        NpgsqlConnection connection, IModel model, Guid district, Guid import, DateOnly today, CancellationToken cancel)
    {
        await ExecuteAsync(connection, LeaveOutErased, cancel);
        var counts = new List<ChangeCount>();
        foreach (var table in Tables)
        {
            var said = await SaidAsync(connection, table, cancel);
            await using var command = new NpgsqlCommand(table.KeepChangesSql(model, said), connection)
            {
                Parameters = { new() { Value = district }, new() { Value = import }, new() { Value = table.Kind.ToString() } },
                CommandTimeout = 0,
            };
            if (!table.Dated)
                command.Parameters.Add(new() { Value = today });
            var kept = await command.ExecuteNonQueryAsync(cancel);
            counts.Add(await CountAsync(connection, table, kept, cancel));
        }

        return (counts, await ReadLossesAsync(connection, cancel));
    }

    // The columns that the comparison left of the records as they will be.
    private static async Task<string[]> SaidAsync(NpgsqlConnection connection, RecordTable table, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = 'new_{table.Name}'::regclass AND attnum > 0",
            connection);
        return (string[])(await command.ExecuteScalarAsync(cancel))!;
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
            await to.TextAsync(row.Grade, cancel);
        });
        await CopyAsync("in_profile", package.RowsAsync(RosterFile.UserProfiles, ProfileRow.Read, cancel), static (row, to, cancel) =>
            to.TextAsync(row.User, cancel));
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

        await CopyAsync(
            "in_relation", package.RowsAsync(RosterFile.Relationships, RelationRow.Read, cancel), static async (row, to, cancel) =>
            {
                await to.TextAsync(row.Student, cancel);
                await to.TextAsync(row.Guardian, cancel);
                await to.TextAsync(row.Relation, cancel);
                await to.TextAsync(row.Relation is null ? null : row.Relation == "relative" ? "Caregiver" : "Guardian", cancel);
                await to.WriteAsync(row.Line, NpgsqlDbType.Integer, cancel); // contacts are called in the order of the file
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

        foreach (var file in RosterFile.All)
        {
            await CopyAsync("gone", package.GoneAsync(file, cancel), static async (row, to, cancel) =>
            {
                foreach (var text in new[] { row.File.Name, row.SourceId, row.Class, row.User, row.Role, row.Org })
                    await to.TextAsync(text, cancel);
            });
        }

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

    // Stored records that a delta needs beside its own rows get lines beyond those of any file.
    private const int StoredLine = 1_000_000_000;

    private static string DeltaSql(string sql, RosterPackage package, Guid district, long version, DateOnly today)
    {
        foreach (var file in RosterFile.All)
        {
            sql = sql.Replace(
                $"{{partial_{Path.GetFileNameWithoutExtension(file.Name)}}}", package.IsPartial(file) ? "true" : "false", StringComparison.Ordinal);
        }

        return Fill(sql, district, version, today).Replace("{stored_line}", $"{StoredLine}", StringComparison.Ordinal);
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
            ("{keep_students}", Keep(
                RosterFile.Users, "t.id NOT IN (SELECT student_id FROM sheet_left WHERE NOT elsewhere)", "student")),
            ("{whole_users}", package.IsPartial(RosterFile.Users) ? "false" : "true"),
            ("{held_staff}", package.IsDelta ? "false" : "true"),
            ("{kept_posts}", package.IsDelta ? "true" : "false"),
            ("{kept_links}", package.IsPartial(RosterFile.Enrollments) ? "true" : "false"),
            ("{held_students}", !sheet || Unclear() ? "true" : "t.id NOT IN (SELECT student_id FROM sheet_left)"),
            ("{keep_staff}", Keep(RosterFile.Users, kind: "staff")),
            ("{keep_guardians}", Keep(
                RosterFile.Users,
                "(t.id IN (SELECT guardian_id FROM sheet_family) OR NOT EXISTS (SELECT FROM guardianship a "
                + "WHERE a.district_id = t.district_id AND a.guardian_id = t.id AND a.withdrawn_on IS NULL))", "guardian")),
            ("{keep_guardianships}", package.IsPartial(RosterFile.Users) ? "t.id IN (SELECT id FROM kept_guardianship)"
                : package.Unidentified.Contains(RosterFile.Relationships) ? "true"
                : Keep(RosterFile.Users, "t.id IN (SELECT id FROM sheet_family)")),
            ("{keep_enrollments}", sheet ? "false" : Keep(RosterFile.Enrollments)),
            ("{keep_stays}", sheet ? $"e.school_id {otherSchools}" : "false"),
        ];
        foreach (var (place, literal) in places)
            sql = sql.Replace(place, literal, StringComparison.Ordinal);
        return Fill(sql, district, version, today);

        string Keep(RosterFile file, string inSheet = "true", string? kind = null) =>
            sheet ? Unclear() ? "true" : inSheet
            : package.IsPartial(file)
                ? file == RosterFile.Enrollments ? "false"
                    : $"t.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = '{file.Name}'"
                        + (kind is null ? ")" : $" AND coalesce(role, '{kind}') = '{kind}')")
            : !package.Has(file) || package.Unidentified.Contains(file)
                || file == RosterFile.Users && package.Unidentified.Contains(RosterFile.Roles) ? "true" : "false";

        bool Unclear() => package.Unidentified.Contains(RosterFile.Sheet);
    }

    // An id that is there twice: the first row counts. Ids are compared where their hashes are alike, which is nearly never.
    private static string RejectRepeatedSql(string table, RosterFile file) =>
        $"""
        ANALYZE {table};
        WITH alike AS (SELECT hashtextextended(source_id, 0) AS hash FROM {table} WHERE good GROUP BY 1 HAVING count(*) > 1),
            repeated AS (
                SELECT source_id, min(line) AS line FROM {table}
                WHERE good AND hashtextextended(source_id, 0) IN (SELECT hash FROM alike)
                GROUP BY source_id HAVING count(*) > 1),
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
/// <param name="Entity">A record of it.</param>
/// <param name="Id">The column of the record's id.</param>
/// <param name="Dated">Whether Compare.sql ends the records itself, from and to a day; the others get <c>withdrawn_on</c>.</param>
internal sealed record RecordTable(RecordKind Kind, Type Entity, string Id = "id", bool Dated = false)
{
    private const string District = "district_id";
    private const string Version = "version";

    /// <summary>Its name; Compare.sql leaves the records as they will be in <c>new_</c> and this name.</summary>
    public string Name { get; } = JsonNamingPolicy.SnakeCaseLower.ConvertName(Entity.Name);

    /// <summary>
    /// Puts what would change into roster_change. Parameters: district, import, kind; and where it withdraws, today.
    /// </summary>
    /// <param name="model">The service's tables.</param>
    /// <param name="said">The columns of new_: in others, the records stay as they are stored.</param>
    public string KeepChangesSql(IModel model, string[] said)
    {
        var own = Own(model);
        return
            $"""
            INSERT INTO roster_change (district_id, import_id, kind, id, change, fields, {string.Join(", ", own)})
            SELECT $1, $2, $3, n.{Id}, n.change,
                CASE n.change WHEN 'Changed' THEN ARRAY(
                    SELECT f.key FROM jsonb_each(to_jsonb(n)) f JOIN jsonb_each(to_jsonb(t)) o USING (key)
                    WHERE f.value <> o.value AND f.key <> 'version' ORDER BY f.key) ELSE ARRAY[]::text[] END,
                {string.Join(", ", own.Select(column => (said.Contains(column) ? "n." : "t.") + column))}
            FROM new_{Name} n LEFT JOIN {Name} t ON t.district_id = $1 AND t.{Id} = n.{Id} AND n.change <> 'Added'
            WHERE n.change IS NOT NULL{(Dated ? "" : KeepWithdrawnSql(own))}
            """;
    }

    /// <summary>Counts added, changed and unchanged of the check that just ran; the others that it kept are withdrawn.</summary>
    public string CountSql =>
        $"""
        SELECT count(*) FILTER (WHERE change = 'Added')::int, count(*) FILTER (WHERE change = 'Changed')::int,
            count(*) FILTER (WHERE change IS NULL)::int
        FROM new_{Name}
        """;

    /// <summary>Writes the new records of an import as they were shown. Parameters: district, import, kind, version.</summary>
    public string AddSql(IModel model) => InsertSql(model, "=");

    /// <summary>Writes the others: what an import changes and withdraws. Parameters as for <see cref="AddSql"/>.</summary>
    public string ChangeSql(IModel model)
    {
        var properties = Properties(model).ToLookup(property => property.IsPrimaryKey(), property => property.GetColumnName());
        return
            $"""
            {InsertSql(model, "<>")}
            ON CONFLICT ({string.Join(", ", properties[true])})
                DO UPDATE SET {string.Join(", ", properties[false].Select(column => $"{column} = EXCLUDED.{column}"))}
            """;
    }

    private string InsertSql(IModel model, string added)
    {
        string[] columns = [.. Properties(model).Select(property => property.GetColumnName())];
        var values = columns.Select(column => column == Id ? "c.id" : column == Version ? "$4" : "c." + column);
        return
            $"""
            INSERT INTO {Name} ({string.Join(", ", columns)})
            SELECT {string.Join(", ", values)} FROM roster_change c
            WHERE c.district_id = $1 AND c.import_id = $2 AND c.kind = $3 AND c.change {added} 'Added'
            """;
    }

    private string KeepWithdrawnSql(IEnumerable<string> own) =>
        $"""

        UNION ALL
        SELECT $1, $2, $3, t.{Id}, 'Withdrawn', ARRAY[]::text[],
            {string.Join(", ", own.Select(column => column == "withdrawn_on" ? "$4" : "t." + column))}
        FROM {Name} t
        WHERE t.district_id = $1 AND t.withdrawn_on IS NULL AND NOT EXISTS (SELECT FROM new_{Name} n WHERE n.{Id} = t.{Id})
        """;

    // The columns that a change has beside those of every change.
    private string[] Own(IModel model) =>
    [
        .. Properties(model).Select(property => property.GetColumnName())
            .Where(column => column is not (District or Version) && column != Id),
    ];

    private IEnumerable<IProperty> Properties(IModel model) => model.FindEntityType(Entity)!.GetProperties();
}
