using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Search;

/// <summary>
/// What a student of the roster is found by, see <see cref="SearchKeys"/>. It follows from the student's row and is written with
/// it.
/// </summary>
public sealed class StudentSearch
{
    // Students read, and rows written, at a time: memory does not grow with the roster.
    private const int AtATime = 10_000;

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>From 0; a name that can be read in several ways has several rows.</summary>
    public short Reading { get; init; }

    /// <summary>The name.</summary>
    public string? Name { get; init; }

    /// <summary>The given name.</summary>
    public string? Given { get; init; }

    /// <summary>How the name is read.</summary>
    public string? Pinyin { get; init; }

    /// <summary>How the given name is read.</summary>
    public string? GivenPinyin { get; init; }

    /// <summary>The first letters of the syllables.</summary>
    public string? Initials { get; init; }

    /// <summary>The number.</summary>
    public string? Number { get; init; }

    /// <summary>The keys' columns, in the order in which what they find is listed.</summary>
    internal static readonly string[] Keys = ["name", "given", "pinyin", "given_pinyin", "initials", "number"];

    internal static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<StudentSearch>(search =>
    {
        search.HasKey(s => new { s.DistrictId, s.StudentId, s.Reading });
        // Compared byte by byte: what begins with a text lies between two of them, and the operators that say so are leakproof, so
        // that they use an index behind row-level security, too.
        foreach (var key in (string[])[nameof(Name), nameof(Given), nameof(Pinyin), nameof(GivenPinyin), nameof(Initials), nameof(Number)])
        {
            search.Property(key).UseCollation("C");
            search.HasIndex(nameof(DistrictId), key, nameof(StudentId));
        }
    });

    /// <summary>Makes the students findable whom a version of the roster changed; who was withdrawn is found no more.</summary>
    internal static async Task FollowAsync(NpgsqlConnection connection, Guid district, long version, CancellationToken cancel)
    {
        // Behind row-level security the planner takes whole districts for a few rows, and may go through one for each row of the other.
        await ExecuteAsync("SET LOCAL enable_nestloop = off", []);
        await ExecuteAsync(
            """
            DELETE FROM student_search s USING student t
            WHERE t.district_id = $1 AND t.version = $2 AND s.district_id = $1 AND s.student_id = t.id
            """, [new() { Value = district }, new() { Value = version }]);
        await ExecuteAsync("SET LOCAL enable_nestloop = on", []);
        // A cursor: right after a large import the planner knows nothing of the table, and would read all of it for each part.
        await ExecuteAsync(
            $"""
            DECLARE changed_student CURSOR FOR SELECT id, family_name, given_name, number FROM student
            WHERE district_id = '{district}' AND version = {version} AND withdrawn_on IS NULL
            """, []);
        var made = Task.FromResult(KeysOf(await FetchAsync()));
        for (var more = true; more;)
        {
            var rows = await made;
            var students = await FetchAsync();
            more = students.Count > 0;
            // While the database writes the keys of some, those of the next are made.
            made = Task.Run(() => KeysOf(students), cancel);
            await InsertAsync(rows);
        }

        await ExecuteAsync("CLOSE changed_student", []);

        async Task<List<Changed>> FetchAsync()
        {
            var students = new List<Changed>(AtATime);
            await using var fetch = new NpgsqlCommand($"FETCH {AtATime} FROM changed_student", connection);
            await using var reader = await fetch.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                var number = reader.IsDBNull(3) ? null : reader.GetString(3);
                students.Add(new Changed(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), number));
            }

            return students;
        }

        Task InsertAsync(List<(Guid Student, SearchKeys Keys)> rows)
        {
            return ExecuteAsync(
                """
                INSERT INTO student_search (district_id, student_id, reading, name, given, pinyin, given_pinyin, initials, number)
                SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)
                """,
                [
                    new() { Value = district }, Column(row => row.Student), Column(row => row.Keys.Reading),
                    Column(row => row.Keys.Name), Column(row => row.Keys.Given), Column(row => row.Keys.Pinyin), Column(row => row.Keys.GivenPinyin),
                    Column(row => row.Keys.Initials), Column(row => row.Keys.Number),
                ]);

            NpgsqlParameter Column<T>(Func<(Guid Student, SearchKeys Keys), T> of) =>
                new() { Value = rows.ConvertAll(row => of(row)).ToArray() };
        }

        async Task ExecuteAsync(string sql, NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private static List<(Guid Student, SearchKeys Keys)> KeysOf(List<Changed> students) =>
    [
        .. from student in students
           from keys in SearchKeys.Of(student.FamilyName, student.GivenName, student.Number)
           select (student.Id, keys),
    ];

    private readonly record struct Changed(Guid Id, string FamilyName, string GivenName, string? Number);
}
