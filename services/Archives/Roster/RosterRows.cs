namespace HomeSchool.Archives.Roster;

/// <summary>A row of a roster file, checked on its own; references are checked when all files are read.</summary>
internal interface IRosterRow
{
    /// <summary>The line it is on, from 1.</summary>
    int Line { get; }

    /// <summary>Whether it is taken. A row that is not still tells that its record has not vanished, if its id is readable.</summary>
    bool Good { get; }

    /// <summary>Whether the ids that say what it is about are readable.</summary>
    bool Identified { get; }
}

internal sealed record OrgRow(int Line, string SourceId, string Name, string Type, string? Code, bool Good) : IRosterRow
{
    private static readonly string[] Types = ["department", "school", "district", "local", "state", "national"];

    public bool Identified => SourceId.Length > 0;

    public static OrgRow Read(RosterLine line) => new(
        line.Number, line.Id("sourcedId"), line.Required("name", 255), line.RequiredOneOf("type", Types), line.Text("identifier", 100),
        line.Good);
}

internal sealed record SessionRow(
    int Line, string SourceId, string Title, string Type, DateOnly? StartsOn, DateOnly? EndsOn, string? Parent, bool Good) : IRosterRow
{
    private static readonly string[] Types = ["gradingPeriod", "semester", "schoolYear", "term"];

    public bool Identified => SourceId.Length > 0;

    public static SessionRow Read(RosterLine line)
    {
        var (id, title, type) = (line.Id("sourcedId"), line.Required("title", 255), line.RequiredOneOf("type", Types));
        var (from, to) = Days.Read(line, "startDate", "endDate");
        if (line.Good && from is null)
            line.Reject(RosterTexts.Missing, "startDate");
        if (line.Good && to is null)
            line.Reject(RosterTexts.Missing, "endDate");
        return new SessionRow(line.Number, id, title, type, from, to, line.Text("parentSourcedId", RosterLine.LongestId), line.Good);
    }
}

internal sealed record CourseRow(int Line, string SourceId, string Title, bool Good) : IRosterRow
{
    public bool Identified => SourceId.Length > 0;

    public static CourseRow Read(RosterLine line) =>
        new(line.Number, line.Id("sourcedId"), line.First("subjects", 255) ?? line.Required("title", 255), line.Good);
}

internal sealed record ClassRow(
    int Line, string SourceId, string Title, bool Homeroom, string School, string? Grade, string? Course, string? Subject, bool Good)
    : IRosterRow
{
    private static readonly string[] Types = ["homeroom", "scheduled"];

    public bool Identified => SourceId.Length > 0;

    public static ClassRow Read(RosterLine line) => new(
        line.Number, line.Id("sourcedId"), line.Required("title", 255), line.RequiredOneOf("classType", Types) == "homeroom",
        line.Id("schoolSourcedId"), line.First("grades", 20), line.Text("courseSourcedId", RosterLine.LongestId),
        line.First("subjects", 255), line.Good);
}

internal sealed record UserRow(
    int Line, string SourceId, string? Role, bool Enabled, string[] Orgs, string FamilyName, string GivenName, string? Number,
    string? Phone, string? Email, string[] Agents, string? Grade, bool Good) : IRosterRow
{
    private static readonly string[] Roles =
        ["administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"];

    public bool Identified => SourceId.Length > 0;

    public static UserRow Read(RosterLine line)
    {
        // The password column, where there is one, is never read.
        var (id, role) = (line.Id("sourcedId"), line.Has("role") ? line.RequiredOneOf("role", Roles) : null);
        var enabled = line.OneOf("enabledUser", ["true", "false"]) != "false";
        var (family, given) = (line.Text("familyName", 100), line.Text("givenName", 100));
        // A Chinese exporter may put the whole name into one of the two.
        if (family is null && given is null && line.Good)
            line.Reject(RosterTexts.Missing, "familyName");
        return new UserRow(
            line.Number, id, role, enabled, line.Ids("orgSourcedIds"), family ?? "", given ?? "", line.Text("identifier", 100),
            line.Text("sms", 50) ?? line.Text("phone", 50), line.Text("email", 254), line.Ids("agentSourcedIds"),
            line.First("grades", 20), line.Good);
    }
}

/// <summary>A role that a user has at an organisation (OneRoster 1.2).</summary>
/// <param name="Line">The line.</param>
/// <param name="User">The user's id.</param>
/// <param name="Primary">Whether it is their main role there.</param>
/// <param name="Role">As OneRoster 1.1 would call it.</param>
/// <param name="Org">The organisation's id.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day.</param>
/// <param name="Good">Whether it is taken.</param>
internal sealed record RoleRow(
    int Line, string User, bool Primary, string Role, string Org, DateOnly? StartsOn, DateOnly? EndsOn, bool Good) : IRosterRow
{
    private static readonly string[] Types = ["primary", "secondary"];

    private static readonly string[] Roles =
    [
        "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor", "relative", "siteAdministrator",
        "student", "systemAdministrator", "teacher",
    ];

    public bool Identified => User.Length > 0;

    public static RoleRow Read(RosterLine line)
    {
        var (user, primary) = (line.Id("userSourcedId"), line.RequiredOneOf("roleType", Types) == "primary");
        var role = line.RequiredOneOf("role", Roles) switch
        {
            "principal" or "districtAdministrator" or "siteAdministrator" or "systemAdministrator" => "administrator",
            "counselor" => "teacher",
            var same => same,
        };
        var org = line.Id("orgSourcedId");
        var (from, to) = Days.Read(line, "beginDate", "endDate");
        return new RoleRow(line.Number, user, primary, role, org, from, to, line.Good);
    }
}

internal sealed record DemographicRow(int Line, string SourceId, DateOnly? BirthDate, string? Sex, bool Good) : IRosterRow
{
    public bool Identified => SourceId.Length > 0;

    public static DemographicRow Read(RosterLine line) => new(
        line.Number, line.Id("sourcedId"), line.Day("birthDate", Days.EarliestBirth, Days.Latest),
        line.OneOf("sex", ["male", "female", "unspecified", "other"]) switch { "male" => "Male", "female" => "Female", _ => null },
        line.Good);
}

internal sealed record EnrollmentRow(
    int Line, string Class, string School, string User, string Role, bool? Primary, DateOnly? StartsOn, DateOnly? EndsOn, bool Good)
    : IRosterRow
{
    private static readonly string[] Roles = ["administrator", "proctor", "student", "teacher"];

    public bool Identified => User.Length > 0;

    public static EnrollmentRow Read(RosterLine line)
    {
        var (@class, school, user) = (line.Id("classSourcedId"), line.Id("schoolSourcedId"), line.Id("userSourcedId"));
        var (role, primary) = (line.RequiredOneOf("role", Roles), line.OneOf("primary", ["true", "false"]));
        var (from, to) = Days.Read(line, "beginDate", "endDate");
        return new EnrollmentRow(
            line.Number, @class, school, user, role, primary is null ? null : primary == "true", from, to, line.Good);
    }
}

/// <summary>What a contact is to a student (Microsoft SDS 2.1).</summary>
/// <param name="Line">The line.</param>
/// <param name="Student">The student's id.</param>
/// <param name="Guardian">The contact's id.</param>
/// <param name="Relation">As a role in users.csv; <see langword="null"/> for who is no guardian, such as a doctor.</param>
/// <param name="Good">Whether it is taken.</param>
internal sealed record RelationRow(int Line, string Student, string Guardian, string? Relation, bool Good) : IRosterRow
{
    private static readonly string[] Roles = ["parent", "relative", "aide", "doctor", "guardian", "child", "other"];

    public bool Identified => Student.Length > 0;

    public static RelationRow Read(RosterLine line)
    {
        var (student, guardian) = (line.Id("userSourcedId"), line.Id("relationshipUserSourcedId"));
        var role = line.RequiredOneOf("relationshipRole", Roles);
        var kept = role is "parent" or "guardian" or "relative";
        if (!kept && role.Length > 0)
            line.Warn(RosterTexts.RelationNotKept, "relationshipRole", role);
        return new RelationRow(line.Number, student, guardian, kept ? role : null, line.Good && kept);
    }
}

internal static class Days
{
    public static readonly DateOnly EarliestBirth = new(1900, 1, 1);
    public static readonly DateOnly Earliest = new(1990, 1, 1);
    public static readonly DateOnly Latest = new(2100, 12, 31);

    public static (DateOnly? From, DateOnly? To) Read(RosterLine line, string from, string to)
    {
        var (first, last) = (line.Day(from, Earliest, Latest), line.Day(to, Earliest, Latest));
        if (first > last)
            line.Reject(RosterTexts.DateOrder, to, $"{last:yyyy-MM-dd}", $"{first:yyyy-MM-dd}");
        return (first, last);
    }
}
