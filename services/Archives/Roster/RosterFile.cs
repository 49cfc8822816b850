using System.Collections.Frozen;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// A file of OneRoster or of Microsoft SDS, or the Chinese roster sheet: its columns that are read. All others are named in the
/// report as not kept.
/// </summary>
/// <param name="Name">The standard's name, e.g. <c>users.csv</c>.</param>
/// <param name="Required">Columns without which the file cannot be read.</param>
/// <param name="Optional">Columns that are read when they are there.</param>
internal sealed record RosterFile(string Name, string[] Required, string[] Optional)
{
    public static readonly RosterFile Manifest = new("manifest.csv", ["propertyName", "value"], []);

    public static readonly RosterFile Orgs =
        new("orgs.csv", ["sourcedId", "name", "type"], ["status", "identifier"]) { KeepsMetadata = true };

    public static readonly RosterFile AcademicSessions = new(
        "academicSessions.csv", ["sourcedId", "title", "type", "startDate", "endDate"], ["status", "parentSourcedId"])
    {
        KeepsMetadata = true,
    };

    public static readonly RosterFile Courses = new("courses.csv", ["sourcedId", "title"], ["status", "subjects"]);

    public static readonly RosterFile Classes = new(
        "classes.csv", ["sourcedId", "title", "classType", "schoolSourcedId"],
        ["status", "grades", "courseSourcedId", "subjects"])
    {
        KeepsMetadata = true,
        InSds = new("classes.csv", ["sourcedId", "title", "schoolSourcedId"], ["courseSourcedId"])
        {
            Variants = new Dictionary<string, string[]>(StringComparer.Ordinal) { ["schoolSourcedId"] = ["orgSourcedId"] },
        },
    };

    // Roles and schools stand here in 1.1, in roles.csv in 1.2.
    public static readonly RosterFile Users = new(
        "users.csv",
        ["sourcedId", "givenName", "familyName"],
        ["status", "orgSourcedIds", "role", "enabledUser", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades"])
    {
        KeepsMetadata = true,
    };

    public static readonly RosterFile Roles = new(
        "roles.csv", ["userSourcedId", "roleType", "role", "orgSourcedId"], ["status", "beginDate", "endDate"])
    {
        InSds = new("roles.csv", ["userSourcedId", "role", "orgSourcedId"], ["isPrimary", "grade", "beginDate", "endDate"])
        {
            Variants = new Dictionary<string, string[]>(StringComparer.Ordinal)
            {
                ["beginDate"] = ["roleStartDate"],
                ["endDate"] = ["roleEndDate"],
            },
        },
    };

    public static readonly RosterFile Enrollments = new(
        "enrollments.csv",
        ["classSourcedId", "schoolSourcedId", "userSourcedId", "role"],
        ["status", "primary", "beginDate", "endDate"])
    {
        KeepsMetadata = true,
        InSds = new("enrollments.csv", ["classSourcedId", "userSourcedId", "role"], []),
    };

    public static readonly RosterFile Demographics = new("demographics.csv", ["sourcedId", "birthDate", "sex"], ["status"])
    {
        InSds = new("demographics.csv", ["sourcedId", "birthDate", "sex"], [])
        {
            Variants = new Dictionary<string, string[]>(StringComparer.Ordinal) { ["sourcedId"] = ["userSourcedId"] },
        },
    };

    /// <summary>OneRoster 1.2: accounts of users in other applications, with their passwords. Looked through, and nothing of it kept.</summary>
    public static readonly RosterFile UserProfiles = new("userProfiles.csv", ["sourcedId", "userSourcedId"], ["status"]);

    /// <summary>Microsoft SDS 2.1: what a contact is to a student; OneRoster has no column for that (ARC-13).</summary>
    public static readonly RosterFile Relationships = new(
        "relationships.csv", ["userSourcedId", "relationshipUserSourcedId", "relationshipRole"], ["status"]);

    /// <summary>The Chinese roster sheet (学籍名册): one table of students and their guardians, from csv or a workbook.</summary>
    public static readonly RosterFile Sheet = SheetColumns.File;

    /// <summary>The roster's files in the order in which they refer to each other, and the manifest.</summary>
    public static readonly IReadOnlyList<RosterFile> All =
        [Manifest, Orgs, AcademicSessions, Courses, Classes, Users, Roles, UserProfiles, Demographics, Relationships, Enrollments];

    /// <summary>Other names of a column, the likelier ones first; where none is given, the same but for case and a plural s.</summary>
    public IReadOnlyDictionary<string, string[]> Variants { get; init; } = FrozenDictionary<string, string[]>.Empty;

    /// <summary>The same in Microsoft SDS 2.1, where its columns are others.</summary>
    public RosterFile? InSds { get; init; }

    /// <summary>Whether its <c>metadata.*</c> columns are kept with its records, see <see cref="RosterMetadata"/>.</summary>
    public bool KeepsMetadata { get; init; }

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
        .Where(file => RosterHeader.HasRequired(file, header))
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

    /// <summary>The <c>metadata.*</c> columns that are kept, as the file calls them, and their places.</summary>
    public IReadOnlyList<(string Name, int Place)> Metadata { get; private set; } = [];

    /// <summary>The place of a column; -1 when the file does not have it.</summary>
    public int this[string column] => places.GetValueOrDefault(column, -1);

    /// <summary>The columns whose values count, in an order of their own, and their places.</summary>
    public (string[] Columns, int[] Places) Said
    {
        get
        {
            var metadata = Metadata.OrderBy(column => column.Name, StringComparer.Ordinal).ToArray();
            var columns = File.Columns.Where(column => this[column] >= 0).ToArray();
            return (
                [.. columns, .. metadata.Select(column => column.Name)],
                [.. columns.Select(column => this[column]), .. metadata.Select(column => column.Place)]);
        }
    }

    /// <summary>
    /// Whether a name found means a column of the standard: the same but for case, a space, or a plural s. Exporters write
    /// <c>termSourcedId</c> and <c>stateofBirthAbbreviation</c>.
    /// </summary>
    public static bool IsVariant(string found, string column) =>
        found.TrimEnd('s').Equals(column.TrimEnd('s'), StringComparison.OrdinalIgnoreCase);

    /// <summary>A column as the file itself calls it: where names differ as in the Chinese sheet, people look for theirs.</summary>
    public string NameOf(string column) => File.Variants.Count > 0 && this[column] is >= 0 and var place ? names[place] : column;

    /// <summary>Whether a header has all columns without which a file cannot be read.</summary>
    public static bool HasRequired(RosterFile file, IReadOnlyCollection<string> names) =>
        file.Required.All(column => names.Any(name => Rank(file, name, column) >= 0));

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

        if (file.KeepsMetadata)
        {
            header.Metadata =
                [.. names.Index().Where(name => RosterMetadata.IsColumn(name.Item)).Select(name => (name.Item, name.Index))];
        }

        var rest = names.Where((name, place) =>
            name.Length > 0 && !header.places.ContainsValue(place) && !header.Metadata.Contains((name, place))).ToArray();
        foreach (var column in file.Required.Where(column => !header.places.ContainsKey(column)))
        {
            remarks.Add(RosterTexts.ColumnMissing, fileName, line, column, column);
            good = false;
        }

        good &= header.CheckMetadata(fileName, line, remarks);
        if (rest.Length > 0)
            remarks.Add(RosterTexts.ColumnsNotKept, fileName, line, value: string.Join(", ", rest));
        return good ? header : null;
    }

    private bool CheckMetadata(string fileName, int line, RosterRemarks remarks)
    {
        var columns = Metadata.Select(column => column.Name).ToArray();
        if (columns.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { Key: var twice })
        {
            remarks.Add(RosterTexts.ColumnTwice, fileName, line, twice, twice);
            return false;
        }

        if (columns.Length > RosterMetadata.MostColumns)
        {
            var first = columns[RosterMetadata.MostColumns];
            remarks.Add(RosterTexts.MetadataColumns, fileName, line, first, $"{RosterMetadata.MostColumns}");
            return false;
        }

        if (columns.Length > 0)
            remarks.Add(RosterTexts.MetadataKept, fileName, line, value: string.Join(", ", columns));
        return true;
    }

    // How likely a name means a column, 0 first; -1 if it does not.
    private static int Rank(RosterFile file, string name, string column) =>
        file.Variants.TryGetValue(column, out var variants) ? Array.IndexOf(variants, SheetColumns.Plain(name))
        : IsVariant(name, column) ? 0 : -1;
}
