using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Surveys.Roster;

/// <summary>
/// A class that came from another school (ALL-10): who has it now is responsible for the surveys of it that were open. Those stay
/// rows of the school that opened them, as their links, answers and results do.
/// </summary>
public sealed class MovedClass
{
    /// <summary>The school where it was when the survey was opened.</summary>
    public Guid FromSchoolId { get; init; }

    /// <summary>The class there.</summary>
    public Guid FromClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school where it is now, also after several moves.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class there.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The version of the roster that moved it last.</summary>
    public long Version { get; init; }

    /// <summary>Keeps moves, in whatever order they come: where a class is now follows from all of them.</summary>
    internal static async Task KeepAsync(NpgsqlConnection connection, IEnumerable<ClassesMoved> moves, CancellationToken cancel)
    {
        foreach (var move in moves.OrderBy(move => move.Version))
        {
            await using var keep = new NpgsqlCommand(
                """
                WITH moved AS (
                    SELECT m.*, coalesce(later.school_id, m.to_school) AS school_id,
                        coalesce(later.class_id, m.to_class) AS class_id, coalesce(later.version, $6) AS version
                    FROM unnest($2, $3, $4, $5) AS m (from_school, from_class, to_school, to_class)
                    LEFT JOIN moved_class later ON later.from_school_id = m.to_school AND later.from_class_id = m.to_class
                        AND later.version > $6),
                followed AS (
                    UPDATE moved_class earlier SET school_id = moved.school_id, class_id = moved.class_id, version = moved.version
                    FROM moved
                    WHERE earlier.school_id = moved.from_school AND earlier.class_id = moved.from_class AND earlier.version < $6
                        AND (earlier.from_school_id, earlier.from_class_id) <> (moved.from_school, moved.from_class))
                INSERT INTO moved_class AS known (from_school_id, from_class_id, district_id, school_id, class_id, version)
                SELECT from_school, from_class, $1, school_id, class_id, version FROM moved ORDER BY 1, 2
                ON CONFLICT (from_school_id, from_class_id) DO UPDATE SET school_id = excluded.school_id,
                    class_id = excluded.class_id, version = excluded.version
                WHERE known.version < excluded.version
                """, connection)
                .With(move.DistrictId)
                .With(move.Classes.Select(moved => moved.FromSchoolId).ToArray())
                .With(move.Classes.Select(moved => moved.FromClassId).ToArray())
                .With(move.Classes.Select(moved => moved.ToSchoolId).ToArray())
                .With(move.Classes.Select(moved => moved.ToClassId).ToArray())
                .With(move.Version);
            await keep.ExecuteNonQueryAsync(cancel);
        }
    }
}
