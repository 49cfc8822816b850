using System.Collections.Frozen;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// A file of OneRoster, Microsoft SDS's relationships, or the Chinese roster sheet: its columns that are read. All others are named in the
/// report as not kept.
/// </summary>
/// <param name="Name">The standard's name, e.g. <c>users.csv</c>.</param>
/// <param name="Required">Columns without which the file cannot be read.</param>
/// <param name="Optional">Columns that are read when they are there.</param>
internal sealed record RosterFile(string Name, string[] Required, string[] Optional)
{
    public static readonly RosterFile Manifest = new("manifest.csv", ["propertyName", "value"], []);

    public static readonly RosterFile Orgs = new("orgs.csv", ["sourcedId", "name", "type"], ["status", "identifier"]);

    public static readonly RosterFile AcademicSessions = new(
        "academicSessions.csv", ["sourcedId", "title", "type", "startDate", "endDate"], ["status", "parentSourcedId"]);

    public static readonly RosterFile Courses = new("courses.csv", ["sourcedId", "title"], ["status", "subjects"]);

    public static readonly RosterFile Classes = new(
        "classes.csv", ["sourcedId", "title", "classType", "schoolSourcedId"], ["status", "grades", "courseSourcedId", "subjects"]);

    // Roles and schools stand here in 1.1, in roles.csv in 1.2.
    public static readonly RosterFile Users = new(
        "users.csv",
        ["sourcedId", "givenName", "familyName"],
        ["status", "orgSourcedIds", "role", "enabledUser", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades"]);

    public static readonly RosterFile Roles = new(
        "roles.csv", ["userSourcedId", "roleType", "role", "orgSourcedId"], ["status", "beginDate", "endDate"]);

    public static readonly RosterFile Enrollments = new(
        "enrollments.csv",
        ["classSourcedId", "schoolSourcedId", "userSourcedId", "role"],
        ["status", "primary", "beginDate", "endDate"]);

    public static readonly RosterFile Demographics = new("demographics.csv", ["sourcedId", "birthDate", "sex"], ["status"]);

    /// <summary>Microsoft SDS 2.1: what a contact is to a student; OneRoster has no column for that (ARC-13).</summary>
    public static readonly RosterFile Relationships = new(
        "relationships.csv", ["userSourcedId", "relationshipUserSourcedId", "relationshipRole"], ["status"]);

    /// <summary>The Chinese roster sheet (学籍名册): one table of students and their guardians, from csv or a workbook.</summary>
    public static readonly RosterFile Sheet = SheetColumns.File;

    /// <summary>The roster's files in the order in which they refer to each other, and the manifest.</summary>
    public static readonly IReadOnlyList<RosterFile> All =
        [Manifest, Orgs, AcademicSessions, Courses, Classes, Users, Roles, Demographics, Relationships, Enrollments];

    /// <summary>Other names of a column, the likelier ones first; where none is given, the same but for case and a plural s.</summary>
    public IReadOnlyDictionary<string, string[]> Variants { get; init; } = FrozenDictionary<string, string[]>.Empty;

    /// <summary>The file's key in the manifest, e.g. <c>file.users</c>.</summary>
    public string ManifestKey => "file." + Path.GetFileNameWithoutExtension(Name);

    /// <summary>Every column that is read.</summary>
    public IEnumerable<string> Columns => Required.Concat(Optional);

    /// <summary>Finds a file by its name, also written in other case or as a copy (<c>users (1).csv</c>).</summary>
    public static RosterFile? Named(string fileName)
    {
        var name = Path.GetFileNameWithoutExtension(fileName.AsSpan());
        var copy = name.IndexOf('(');
        if (copy > 0)
            name = name[..copy].TrimEnd();
        foreach (var file in All)
        {
            if (name.Equals(Path.GetFileNameWithoutExtension(file.Name), StringComparison.OrdinalIgnoreCase))
                return file;
        }

        return null;
    }

    /// <summary>Finds the file whose required columns the header has; the one with the most, when several do.</summary>
    public static RosterFile? WithColumns(IReadOnlyCollection<string> header) => All
        .Where(file => file.Required.All(column => header.Any(found => RosterHeader.IsVariant(found, column))))
        .MaxBy(file => file.Required.Length);
}

/// <summary>Where the columns of a file are on its lines.</summary>
internal sealed class RosterHeader
{
    private readonly Dictionary<string, int> places = [];
    private readonly IReadOnlyList<string> names;

    private RosterHeader(RosterFile file, IReadOnlyList<string> names) => (File, this.names) = (file, names);

    /// <summary>What the file is.</summary>
    public RosterFile File { get; }

    /// <summary>How many columns each line should have.</summary>
    public int Width => names.Count;

    /// <summary>The place of a column; -1 when the file does not have it.</summary>
    public int this[string column] => places.GetValueOrDefault(column, -1);

    /// <summary>
    /// Whether a name found means a column of the standard: the same but for case, a space, or a plural s. Exporters write
    /// <c>termSourcedId</c> and <c>stateofBirthAbbreviation</c>.
    /// </summary>
    public static bool IsVariant(string found, string column) =>
        found.TrimEnd('s').Equals(column.TrimEnd('s'), StringComparison.OrdinalIgnoreCase);

    /// <summary>A column as the file itself calls it: where names differ as in the Chinese sheet, people look for theirs.</summary>
    public string NameOf(string column) => File.Variants.Count > 0 && this[column] is >= 0 and var place ? names[place] : column;

    /// <summary>Matches a header line; order does not matter, further columns are passed over.</summary>
    /// <returns><see langword="null"/> when a column is missing or there twice; the remarks say which.</returns>
    public static RosterHeader? Match(RosterFile file, string fileName, int line, IReadOnlyList<string> names, RosterRemarks remarks)
    {
        var header = new RosterHeader(file, names);
        var good = true;
        foreach (var column in file.Columns)
        {
            var found = Enumerable.Range(0, names.Count).Select(i => (Place: i, Rank: Rank(file, names[i], column)))
                .Where(name => name.Rank >= 0).OrderBy(name => name.Rank).ToArray();
            if (found.Length == 0)
                continue;
            header.places.Add(column, found[0].Place);
            var name = names[found[0].Place];
            if (found.Length > 1 && found[1].Rank == found[0].Rank)
            {
                remarks.Add(RosterTexts.ColumnTwice, fileName, line, column, column);
                good = false;
            }
            else if (column != name)
            {
                remarks.Add(RosterTexts.ColumnVariant, fileName, line, column, name, column);
            }
        }

        var rest = names.Where((name, place) => name.Length > 0 && !header.places.ContainsValue(place)).ToArray();
        foreach (var column in file.Required.Where(column => !header.places.ContainsKey(column)))
        {
            remarks.Add(RosterTexts.ColumnMissing, fileName, line, column, column);
            good = false;
        }

        if (rest.Length > 0)
            remarks.Add(RosterTexts.ColumnsNotKept, fileName, line, value: string.Join(", ", rest));
        return good ? header : null;
    }

    // How likely a name means a column, 0 first; -1 if it does not.
    private static int Rank(RosterFile file, string name, string column) =>
        file.Variants.TryGetValue(column, out var variants) ? Array.IndexOf(variants, SheetColumns.Plain(name))
        : IsVariant(name, column) ? 0 : -1;
}
