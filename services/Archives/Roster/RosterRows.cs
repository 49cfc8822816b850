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
    // Those of OneRoster, and the further ones of Microsoft SDS.
    private static readonly string[] Types =
    [
        "department", "school", "district", "local", "state", "national",
        "academicTrust", "adultEducation", "campus", "college", "departmentOfEducation", "division", "localAuthority",
        "ministryOfEducation", "municipality", "program", "province", "region", "researchCenter", "university",
    ];

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
        var (from, to) = line.Days("startDate", "endDate");
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

    // A subject by its code, as in Microsoft SDS, tells people nothing.
    public static CourseRow Read(RosterLine line) => new(
        line.Number, line.Id("sourcedId"),
        line.First("subjects", 255) is { } subject && !subject.All(char.IsAsciiDigit) ? subject : line.Required("title", 255),
        line.Good);
}

internal sealed record ClassRow(
    int Line, string SourceId, string Title, bool Homeroom, string School, string? Grade, string? Course, string? Subject, bool Good)
    : IRosterRow
{
    private static readonly string[] Types = ["homeroom", "scheduled"];

    public bool Identified => SourceId.Length > 0;

    // Microsoft SDS knows no types of classes: one in which no course is taught is a homeroom.
    public static ClassRow Read(RosterLine line) => new(
        line.Number, line.Id("sourcedId"), line.Required("title", 255),
        line.Has("classType") ? line.RequiredOneOf("classType", Types) == "homeroom" : line.Raw("courseSourcedId").IsEmpty,
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

/// <summary>A role that a user has at an organisation (OneRoster 1.2, Microsoft SDS).</summary>
/// <param name="Line">The line.</param>
/// <param name="User">The user's id.</param>
/// <param name="Primary">Whether it is their main role there.</param>
/// <param name="Role">As OneRoster 1.1 would call it; <see langword="null"/> for one that has no part in a school.</param>
/// <param name="Org">The organisation's id.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day.</param>
/// <param name="Grade">The grade in which a student has it, where the file says it (Microsoft SDS).</param>
/// <param name="Good">Whether it is taken.</param>
internal sealed record RoleRow(
    int Line, string User, bool Primary, string? Role, string Org, DateOnly? StartsOn, DateOnly? EndsOn, string? Grade, bool Good)
    : IRosterRow
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
        var user = line.Id("userSourcedId");
        var primary = line.Has("roleType")
            ? line.RequiredOneOf("roleType", Types) == "primary" : line.OneOf("isPrimary", ["true", "false"]) == "true";
        var role = line.Has("roleType") ? RoleOf(line) : SdsRole.Of(line);
        var org = line.Id("orgSourcedId");
        var (from, to) = line.Days("beginDate", "endDate");
        return new RoleRow(line.Number, user, primary, role, org, from, to, line.First("grade", 20), line.Good);
    }

    public static string RoleOf(RosterLine line) => line.RequiredOneOf("role", Roles) switch
    {
        "principal" or "districtAdministrator" or "siteAdministrator" or "systemAdministrator" => "administrator",
        "counselor" => "teacher",
        var same => same,
    };
}

/// <summary>The roles of Microsoft SDS 2.1.</summary>
internal static class SdsRole
{
    private static readonly string[] Roles =
    [
        "student", "teacher", "professor", "lecturer", "faculty", "adjunct", "instructor", "substitute", "coach", "advisor",
        "principal", "chair", "administrator", "itAdmin", "proctor", "aide", "teacherAssistant", "paraprofessional",
        "specialServices", "occupationalTherapist", "physicalTherapist", "speechTherapist", "visionTherapist", "nurse",
        "officeStaff", "staff", "researcher", "affiliate", "alumni", "other",
    ];

    /// <summary>As OneRoster 1.1 would call it; <see langword="null"/> for one that has no part in a school.</summary>
    public static string? Of(RosterLine line) => line.RequiredOneOf("role", Roles) switch
    {
        "student" => "student",
        "teacher" or "professor" or "lecturer" or "faculty" or "adjunct" or "instructor" or "substitute" or "coach"
            or "advisor" => "teacher",
        "principal" or "chair" or "administrator" or "itAdmin" => "administrator",
        "proctor" => "proctor",
        "alumni" or "other" or "" => null,
        _ => "aide",
    };
}

/// <summary>An account of a user in another application (OneRoster 1.2), of which only the reference is read.</summary>
/// <param name="Line">The line.</param>
/// <param name="User">The user's id.</param>
/// <param name="Good">Whether it is in order.</param>
internal sealed record ProfileRow(int Line, string User, bool Good) : IRosterRow
{
    public bool Identified => User.Length > 0;

    public static ProfileRow Read(RosterLine line)
    {
        _ = line.Id("sourcedId");
        return new ProfileRow(line.Number, line.Id("userSourcedId"), line.Good);
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
    int Line, string Class, string? School, string User, string Role, bool? Primary, DateOnly? StartsOn, DateOnly? EndsOn,
    bool Good) : IRosterRow
{
    private static readonly string[] Roles = ["administrator", "proctor", "student", "teacher"];

    public bool Identified => User.Length > 0;

    public static EnrollmentRow Read(RosterLine line)
    {
        // Microsoft SDS does not repeat the class's school here.
        var (@class, user) = (line.Id("classSourcedId"), line.Id("userSourcedId"));
        var school = line.Has("schoolSourcedId") ? line.Id("schoolSourcedId") : null;
        var (role, primary) = (RoleOf(line), line.OneOf("primary", ["true", "false"]));
        var (from, to) = line.Days("beginDate", "endDate");
        return new EnrollmentRow(
            line.Number, @class, school, user, role, primary is null ? null : primary == "true", from, to, line.Good);
    }

    public static string RoleOf(RosterLine line) => line.Has("schoolSourcedId") ? line.RequiredOneOf("role", Roles)
        : SdsRole.Of(line) switch { "student" => "student", "teacher" => "teacher", _ => "proctor" };
}

/// <summary>A row of a delta that says that something is no more.</summary>
/// <param name="Line">The line.</param>
/// <param name="File">The file.</param>
/// <param name="SourceId">The id; <c>""</c> of an enrolment or a role, whose ids are not kept.</param>
/// <param name="Class">Of an enrolment, the class.</param>
/// <param name="User">Of an enrolment or a role, the user.</param>
/// <param name="Role">Of an enrolment or a role, the role.</param>
/// <param name="Org">Of a role, the organisation.</param>
/// <param name="Good">Whether it is taken.</param>
internal sealed record GoneRow(
    int Line, RosterFile File, string SourceId, string? Class, string? User, string? Role, string? Org, bool Good) : IRosterRow
{
    public bool Identified => Good;

    public static GoneRow Read(RosterLine line, RosterFile file)
    {
        var (isEnrollment, isRole) = (file == RosterFile.Enrollments, file == RosterFile.Roles);
        var id = isEnrollment || isRole ? "" : line.Id("sourcedId");
        var @class = isEnrollment ? line.Id("classSourcedId") : null;
        var user = isEnrollment || isRole ? line.Id("userSourcedId") : null;
        var role = isEnrollment ? EnrollmentRow.RoleOf(line) : isRole ? RoleRow.RoleOf(line) : null;
        var org = isRole ? line.Id("orgSourcedId") : null;
        return new GoneRow(line.Number, file, id, @class, user, role, org, line.Good);
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

/// <summary>Which days are plausible.</summary>
internal static class Days
{
    public static readonly DateOnly EarliestBirth = new(1900, 1, 1);
    public static readonly DateOnly Earliest = new(1990, 1, 1);
    public static readonly DateOnly Latest = new(2100, 12, 31);
}
