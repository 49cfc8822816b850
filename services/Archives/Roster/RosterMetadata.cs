using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// The <c>metadata.*</c> columns of OneRoster (ARC-2): what an exporting system says beyond the standard, kept as it came, for
/// each record a JSON object of texts. A file with such columns says all of them for the records that it names; one without does
/// not know them, and what is stored stays.
/// </summary>
internal static class RosterMetadata
{
    /// <summary>Columns of one file at most.</summary>
    public const int MostColumns = 50;

    private const int LongestValue = 1000;
    private const string Prefix = "metadata.";

    // The values go to jsonb, not into a page.
    private static readonly JsonWriterOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Of each table, the file that tells of its records, and by which of its lines: SQL for rows (id, line) over what Compare.sql
    // leaves.
    private static readonly (RosterFile File, RecordKind Kind, string Lines)[] Told =
    [
        (RosterFile.Orgs, RecordKind.School,
            """
            SELECT n.school_id, i.line FROM new_school n
                JOIN in_org i ON i.good AND i.type = 'school' AND i.source_id = n.source_id
            """),
        (RosterFile.AcademicSessions, RecordKind.Term,
            "SELECT n.id, i.line FROM new_term n JOIN taken_session i ON i.source_id = n.source_id"),
        (RosterFile.Classes, RecordKind.Class,
            """
            SELECT n.id, i.line FROM new_class n JOIN new_school s ON s.school_id = n.school_id
                JOIN in_class i ON i.good AND i.homeroom AND i.source_id = n.source_id AND i.school = s.source_id
            """),
        (RosterFile.Users, RecordKind.Student,
            """
            SELECT n.id, i.line FROM new_student n
                JOIN in_user i ON i.good AND i.source_id = n.source_id AND i.role = 'student'
            """),
        (RosterFile.Users, RecordKind.Guardian, "SELECT n.id, n.line FROM new_guardian n"),
        (RosterFile.Users, RecordKind.Staff,
            """
            SELECT n.id, i.line FROM new_staff n JOIN in_user i ON i.good AND i.source_id = n.source_id
                AND i.role IN ('teacher', 'administrator', 'aide', 'proctor')
            """),
        // Several rows of a class, one for each term, are one stay: the first one tells.
        (RosterFile.Enrollments, RecordKind.Enrolment,
            """
            SELECT n.id, min(l.line) FROM new_enrolment n JOIN link l ON l.student_id = n.student_id AND l.class_id = n.class_id
            WHERE n.change IS DISTINCT FROM 'Withdrawn' GROUP BY n.id
            """),
        (RosterFile.Enrollments, RecordKind.StaffPost,
            """
            SELECT n.id, min(l.line) FROM new_staff_post n JOIN link l ON l.staff_id = n.staff_id AND l.class_id = n.class_id
            WHERE n.change IS DISTINCT FROM 'Withdrawn' AND n.role IN ('HomeroomTeacher', 'DeputyHomeroomTeacher') GROUP BY n.id
            """),
    ];

    /// <summary>Whether a column is one of them.</summary>
    public static bool IsColumn(string name) =>
        name.Length > Prefix.Length && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Remarks on values that are too long; their row is not taken.</summary>
    public static void Check(RosterLine line, IRowReader csv, RosterHeader header)
    {
        foreach (var (name, place) in header.Metadata)
        {
            if (csv[place].Length > LongestValue)
                line.Reject(RosterTexts.TooLong, name, null, LongestValue.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The values of the line that the reader has read, as JSON; <see langword="null"/> when all are blank.</summary>
    public static string? Read(IRowReader csv, RosterHeader header)
    {
        var text = new ArrayBufferWriter<byte>();
        var isBlank = true;
        using (var json = new Utf8JsonWriter(text, AsItIs))
        {
            json.WriteStartObject();
            foreach (var (name, place) in header.Metadata)
            {
                if (csv[place].IsEmpty)
                    continue;
                json.WriteString(name.AsSpan(Prefix.Length), csv[place]);
                isBlank = false;
            }

            json.WriteEndObject();
        }

        return isBlank ? null : Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>
    /// Compares what the files say with what is stored, behind Compare.sql: a record whose metadata differs changes. Costs
    /// nothing when no file has such columns.
    /// </summary>
    public static async Task CompareAsync(
        NpgsqlConnection connection, RosterPackage package, Guid district, CancellationToken cancel)
    {
        foreach (var file in Told.Where(told => package.HasMetadata(told.File)).GroupBy(told => told.File))
        {
            var staged = "in_metadata_" + Path.GetFileNameWithoutExtension(file.Key.Name).ToLowerInvariant();
            await ExecuteAsync(connection, $"CREATE TEMP TABLE {staged} (line int, value jsonb) ON COMMIT DROP", cancel);
            await using (var to = await connection.BeginBinaryImportAsync($"COPY {staged} FROM STDIN (FORMAT BINARY)", cancel))
            {
                await foreach (var (line, metadata) in package.MetadataAsync(file.Key, cancel))
                {
                    await to.StartRowAsync(cancel);
                    await to.WriteAsync(line, NpgsqlDbType.Integer, cancel);
                    if (metadata is null)
                        await to.WriteNullAsync(cancel);
                    else
                        await to.WriteAsync(metadata, NpgsqlDbType.Jsonb, cancel);
                }

                await to.CompleteAsync(cancel);
            }

            await ExecuteAsync(connection, $"ANALYZE {staged}", cancel);
            foreach (var (_, kind, lines) in file)
            {
                var table = RosterCheck.Tables.Single(table => table.Kind == kind);
                await ExecuteAsync(connection, CompareSql(table, staged, lines, district), cancel);
            }
        }
    }

    // A record of which the file says nothing has what is stored.
    private static string CompareSql(RecordTable table, string staged, string lines, Guid district) =>
        $"""
        ALTER TABLE new_{table.Name} ADD COLUMN metadata jsonb;
        UPDATE new_{table.Name} n
        SET metadata = CASE WHEN s.id IS NULL THEN t.metadata ELSE s.value END,
            change = CASE WHEN n.change IS NULL AND s.id IS NOT NULL AND s.value IS DISTINCT FROM t.metadata THEN 'Changed'
                ELSE n.change END
        FROM new_{table.Name} k
            LEFT JOIN (SELECT l.id, m.value FROM ({lines}) AS l (id, line) JOIN {staged} m USING (line)) s ON s.id = k.{table.Id}
            LEFT JOIN {table.Name} t ON t.district_id = '{district}' AND t.{table.Id} = k.{table.Id}
        WHERE k.{table.Id} = n.{table.Id} AND (s.value IS NOT NULL OR t.metadata IS NOT NULL);
        """;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }
}
