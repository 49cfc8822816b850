namespace HomeSchool.Archives.Roster;

/// <summary>A file of OneRoster 1.1: its columns that are read. All others are named in the report as not kept.</summary>
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

    public static readonly RosterFile Users = new(
        "users.csv",
        ["sourcedId", "orgSourcedIds", "role", "givenName", "familyName"],
        ["status", "enabledUser", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades"]);

    public static readonly RosterFile Enrollments = new(
        "enrollments.csv",
        ["classSourcedId", "schoolSourcedId", "userSourcedId", "role"],
        ["status", "primary", "beginDate", "endDate"]);

    public static readonly RosterFile Demographics = new("demographics.csv", ["sourcedId", "birthDate", "sex"], ["status"]);

    /// <summary>The roster's files in the order in which they refer to each other, and the manifest.</summary>
    public static readonly IReadOnlyList<RosterFile> All =
        [Manifest, Orgs, AcademicSessions, Courses, Classes, Users, Demographics, Enrollments];

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

    private RosterHeader(RosterFile file, int width) => (File, Width) = (file, width);

    /// <summary>What the file is.</summary>
    public RosterFile File { get; }

    /// <summary>How many columns each line should have.</summary>
    public int Width { get; }

    /// <summary>The place of a column; -1 when the file does not have it.</summary>
    public int this[string column] => places.GetValueOrDefault(column, -1);

    /// <summary>
    /// Whether a name found means a column of the standard: the same but for case, a space, or a plural s. Exporters write
    /// <c>termSourcedId</c> and <c>stateofBirthAbbreviation</c>.
    /// </summary>
    public static bool IsVariant(string found, string column) =>
        found.TrimEnd('s').Equals(column.TrimEnd('s'), StringComparison.OrdinalIgnoreCase);

    /// <summary>Matches a header line; order does not matter, further columns are passed over.</summary>
    /// <returns><see langword="null"/> when a column is missing or there twice; the remarks say which.</returns>
    public static RosterHeader? Match(RosterFile file, string fileName, IReadOnlyList<string> names, RosterRemarks remarks)
    {
        var header = new RosterHeader(file, names.Count);
        var good = true;
        var rest = new List<string>();
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            var column = file.Columns.FirstOrDefault(column => column == name)
                ?? file.Columns.FirstOrDefault(column => IsVariant(name, column));
            if (column is null)
            {
                rest.Add(name);
            }
            else if (!header.places.TryAdd(column, i))
            {
                remarks.Add(RosterTexts.ColumnTwice, fileName, 1, column, column);
                good = false;
            }
            else if (column != name)
            {
                remarks.Add(RosterTexts.ColumnVariant, fileName, 1, column, name, column);
            }
        }

        foreach (var column in file.Required.Where(column => !header.places.ContainsKey(column)))
        {
            remarks.Add(RosterTexts.ColumnMissing, fileName, 1, column, column);
            good = false;
        }

        if (rest.Count > 0)
            remarks.Add(RosterTexts.ColumnsNotKept, fileName, 1, value: string.Join(", ", rest));
        return good ? header : null;
    }
}
