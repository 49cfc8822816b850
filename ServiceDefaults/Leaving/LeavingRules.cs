using HomeSchool.ServiceDefaults.Keys;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Leaving;

/// <summary>
/// What a service must say about its tables so that a district can leave with all of its data (ALL-10). Nothing needs to be said
/// of a table with <c>district_id</c> and no <c>bytea</c>; any other table, or <c>bytea</c> column, of which nothing is said
/// stops the export.
/// </summary>
public sealed record LeavingRules
{
    /// <summary>Of tables without <c>district_id</c>, or shared ones: which rows leave.</summary>
    public IReadOnlyList<DistrictRows> Rows { get; init; } = [];

    /// <summary>Tables that stay, and why.</summary>
    public IReadOnlyList<StayingTable> Staying { get; init; } = [];

    /// <summary>Columns that the vault has sealed: opened when they leave, sealed anew where they arrive.</summary>
    public IReadOnlyList<SealedColumn> Sealed { get; init; } = [];

    /// <summary>Tables whose rows have a file in the store: opened when they leave, sealed anew where they arrive.</summary>
    public IReadOnlyList<StoredFiles> Stored { get; init; } = [];

    /// <summary>Columns whose values are of an installation, not of the district.</summary>
    public IReadOnlyList<OwnColumn> Own { get; init; } = [];

    /// <summary>Files for other systems that leave beside the tables; nobody imports them here.</summary>
    public IReadOnlyList<DistrictFile> Files { get; init; } = [];
}

/// <summary>A table whose rows have a file in the store (<see cref="Files.FileVault"/>).</summary>
/// <param name="Place">Where the files belong: their column is a name and no column of the table.</param>
/// <param name="Where">SQL over the table's row <c>t</c>: the rows that still have theirs.</param>
public sealed record StoredFiles(SealedColumn Place, string Where)
{
    internal string Table => Place.Table.Split('.')[1];

    internal string List => $"{Table}.files.jsonl";

    internal string Folder => $"{Table}.files";
}

/// <summary>Which rows of a table are a district's.</summary>
/// <param name="Table">The table.</param>
/// <param name="Where">SQL over the table's row <c>t</c>; the district is <c>$1</c>.</param>
/// <param name="Shared">Whether a row can be other districts' too: where it arrives it may be already, and then stays as it
/// is.</param>
public sealed record DistrictRows(string Table, string Where, bool Shared = false);

/// <summary>A table that stays where it is.</summary>
/// <param name="Table">The table.</param>
/// <param name="Why">Why, for a stranger.</param>
public sealed record StayingTable(string Table, string Why);

/// <summary>A column whose values are of an installation: a secret, or a number that it gives.</summary>
/// <param name="Table">The table.</param>
/// <param name="Column">The column.</param>
/// <param name="Sql">What it has where the row arrives: SQL over the row <c>r</c> as it was exported; the district is
/// <c>$1</c>.</param>
/// <param name="Leaves">Whether it is exported all the same, to be read.</param>
public sealed record OwnColumn(string Table, string Column, string Sql, bool Leaves = false);

/// <summary>A file for other systems.</summary>
/// <param name="Name">Its name.</param>
/// <param name="What">What it is, for a stranger.</param>
/// <param name="WriteAsync">Writes it, in the export's transaction.</param>
public sealed record DistrictFile(
    string Name, string What, Func<NpgsqlConnection, Guid, Stream, CancellationToken, Task> WriteAsync);
