namespace HomeSchool.Archives.OneRoster;

/// <summary>
/// A resource of OneRoster's read API as SQL: rows <c>x</c> with its id <c>source_id</c>, <c>status</c> and <c>modified_at</c>,
/// those within the caller's reach only. Parameters: $1 districts, $2 schools within reach, $3 today.
/// </summary>
/// <param name="Name">Its name in answers, e.g. <c>class</c>.</param>
/// <param name="Names">The same for many.</param>
/// <param name="Rows">The rows; also in here, so that a school's own code and not only row-level security narrows them (ALL-1).</param>
/// <param name="Body">A row as JSON; made for the rows of the page only.</param>
/// <param name="Fields">What may be filtered and sorted by.</param>
internal sealed record RosterResource(
    string Name, string Names, string Rows, string Body, IReadOnlyDictionary<string, RosterField> Fields)
{
    private const string Reach = "(t.district_id = ANY ($1) OR t.school_id = ANY ($2))";
    private const string Current = "e.starts_on <= $3 AND (e.ends_on IS NULL OR e.ends_on >= $3)";
    private const string Status = "CASE WHEN t.withdrawn_on IS NULL THEN 'active' ELSE 'tobedeleted' END AS status";
    private const string Ended = "CASE WHEN t.ends_on < $3 THEN 'tobedeleted' ELSE 'active' END AS status";
    private const string Version = "LEFT JOIN roster_version v ON v.district_id = t.district_id AND v.version = t.version";

    // A stay or a post changes when the roster does, and on the days on which it begins and ends.
    private const string Turned =
        $"greatest(v.made_at, t.starts_on::timestamp AT TIME ZONE '{LocalDay.ZoneName}', "
        + $"CASE WHEN t.ends_on < $3 THEN (t.ends_on + 1)::timestamp AT TIME ZONE '{LocalDay.ZoneName}' END)";

    public static readonly RosterResource Orgs = new(
        "org", "orgs",
        $"""
        SELECT t.district_id, t.school_id AS id, t.source_id, t.name, t.code, t.metadata, {Status}, v.made_at AS modified_at
        FROM school t {Version} WHERE {Reach}
        """,
        $"'name', x.name, 'type', 'school', 'identifier', x.code, {Metadata}",
        Of(("name", "x.name"), ("type", "'school'::text"), ("identifier", "x.code")));

    public static readonly RosterResource AcademicSessions = new(
        "academicSession", "academicSessions",
        $"""
        SELECT t.id, t.source_id, t.title, t.starts_on, t.ends_on, t.metadata, {Status}, v.made_at AS modified_at
        FROM term t {Version}
        WHERE t.district_id = ANY ($1) OR EXISTS (
            SELECT FROM school s WHERE s.district_id = t.district_id AND s.school_id = ANY ($2))
        """,
        // The school year by the calendar year in which it ends.
        $"""
        'title', x.title, 'type', 'term', 'startDate', x.starts_on, 'endDate', x.ends_on,
        'schoolYear', extract(year FROM x.starts_on + interval '6 months')::text, {Metadata}
        """,
        Of(("title", "x.title"), ("type", "'term'::text"), ("startDate", "x.starts_on"), ("endDate", "x.ends_on")));

    public static readonly RosterResource Classes = new(
        "class", "classes",
        $"""
        SELECT t.district_id, t.school_id, t.id, t.source_id, t.title, t.grade, s.source_id AS school, t.metadata, {Status},
            v.made_at AS modified_at
        FROM class t JOIN school s USING (school_id) {Version} WHERE {Reach}
        """,
        $"""
        'title', x.title, 'classType', 'homeroom', 'grades', CASE WHEN x.grade IS NULL THEN '[]' ELSE jsonb_build_array(x.grade) END,
        'school', {Link("orgs", "x.school", "org")},
        'terms', (SELECT coalesce(jsonb_agg({Link("academicSessions", "m.source_id", "academicSession")} ORDER BY m.starts_on), '[]')
                  FROM term m WHERE m.district_id = x.district_id AND m.withdrawn_on IS NULL),
        {Metadata}
        """,
        Of(("title", "x.title"), ("classType", "'homeroom'::text"), ("grades", "x.grade"), ("school.sourcedId", "x.school")));

    // Where somebody studies or teaches is said with the person, so its changes are the person's too.
    public static readonly RosterResource Users = new(
        "user", "users",
        $"""
        SELECT t.district_id, t.id, t.source_id, t.family_name, t.given_name, t.number, 'student' AS role, t.metadata, {Status},
            v.made_at AS modified_at
        FROM student t {Version}
        WHERE t.district_id = ANY ($1) OR EXISTS (
            SELECT FROM enrolment e
            WHERE e.district_id = t.district_id AND e.student_id = t.id AND e.school_id = ANY ($2) AND {Current})
        UNION ALL
        SELECT t.district_id, t.id, t.source_id, t.family_name, t.given_name, NULL, 'teacher', t.metadata, {Status}, v.made_at
        FROM staff t {Version}
        WHERE t.district_id = ANY ($1) OR EXISTS (
            SELECT FROM staff_post e
            WHERE e.district_id = t.district_id AND e.staff_id = t.id AND e.school_id = ANY ($2) AND {Current})
        """,
        $"""
        'enabledUser', {Enabled}, 'givenName', x.given_name, 'familyName', x.family_name, 'identifier', x.number,
        'username', x.source_id,
        'grades', CASE x.role WHEN 'student' THEN (
            SELECT coalesce(jsonb_agg(DISTINCT e.grade) FILTER (WHERE e.grade IS NOT NULL), '[]') FROM enrolment e
            WHERE e.district_id = x.district_id AND e.student_id = x.id AND {Current}) END,
        'roles', CASE x.role WHEN 'student' THEN (
            SELECT coalesce(jsonb_agg(DISTINCT {Role("'student'")}), '[]')
            FROM enrolment e JOIN school s USING (school_id) WHERE e.district_id = x.district_id AND e.student_id = x.id AND {Current})
        ELSE (
            SELECT coalesce(jsonb_agg(DISTINCT {Role("CASE e.role WHEN 'Administrator' THEN 'siteAdministrator' WHEN 'Aide' THEN 'aide' ELSE 'teacher' END")}), '[]')
            FROM staff_post e JOIN school s USING (school_id)
            WHERE e.district_id = x.district_id AND e.staff_id = x.id AND e.class_id IS NULL AND {Current}) END,
        {Metadata}
        """,
        Of(("givenName", "x.given_name"), ("familyName", "x.family_name"), ("identifier", "x.number"), ("username", "x.source_id"),
            ("role", "x.role"), ("roles.role", "x.role"), ("enabledUser", Enabled),
            ("dateLastModified", $"greatest(x.modified_at, {Turns}modified_at)")))
    {
        Beside =
            $"""
            LEFT JOIN (
                SELECT person, max(modified_at) AS modified_at
                FROM ({TurnsOf("enrolment", "student_id", Reach)} UNION ALL {TurnsOf("staff_post", "staff_id", Reach)}) a
                GROUP BY person) turn
                ON {Turns}person = x.id
            """,
        Modified =
            $"""
            greatest(x.modified_at, (SELECT max(a.modified_at) FROM (
                {TurnsOf("enrolment", "student_id", "t.district_id = x.district_id AND t.student_id = x.id")}
                UNION ALL {TurnsOf("staff_post", "staff_id", "t.district_id = x.district_id AND t.staff_id = x.id")}) a))
            """,
    };

    // Who has left a school is not seen there any more: a stay that has ended does not say whose it was.
    public static readonly RosterResource Enrollments = new(
        "enrollment", "enrollments",
        $"""
        SELECT t.id, t.id::text AS source_id, c.source_id AS class, s.source_id AS school,
            {UserIfSeen("enrolment", "student_id")} AS "user", 'student' AS role, NULL AS is_primary,
            t.starts_on, t.ends_on, t.metadata, {Ended}, {Turned} AS modified_at
        FROM enrolment t JOIN school s USING (school_id) JOIN class c ON c.school_id = t.school_id AND c.id = t.class_id
            LEFT JOIN student u ON u.district_id = t.district_id AND u.id = t.student_id {Version}
        WHERE {Reach} AND t.starts_on <= $3 AND (u.id IS NOT NULL OR t.ends_on < $3)
        UNION ALL
        SELECT t.id, t.id::text, c.source_id, s.source_id, {UserIfSeen("staff_post", "staff_id")}, 'teacher',
            (t.role = 'HomeroomTeacher')::text, t.starts_on, t.ends_on, t.metadata, {Ended}, {Turned}
        FROM staff_post t JOIN school s USING (school_id) JOIN class c ON c.school_id = t.school_id AND c.id = t.class_id
            LEFT JOIN staff u ON u.district_id = t.district_id AND u.id = t.staff_id {Version}
        WHERE {Reach} AND t.starts_on <= $3 AND (u.id IS NOT NULL OR t.ends_on < $3)
        """,
        $"""
        'role', x.role, 'primary', x.is_primary, 'beginDate', x.starts_on, 'endDate', x.ends_on,
        'user', CASE WHEN x."user" IS NOT NULL THEN {Link("users", "x.\"user\"", "user")} END,
        'class', {Link("classes", "x.class", "class")}, 'school', {Link("orgs", "x.school", "org")}, 'metadata', x.metadata
        """,
        Of(("role", "x.role"), ("primary", "x.is_primary"), ("beginDate", "x.starts_on"), ("endDate", "x.ends_on"),
            ("user.sourcedId", "x.user"), ("class.sourcedId", "x.class"), ("school.sourcedId", "x.school")));

    private const string Enabled = "CASE x.status WHEN 'active' THEN 'true' ELSE 'false' END";

    // With our own id, by which the other interfaces know it.
    private const string Metadata = "'metadata', coalesce(x.metadata, '{}') || jsonb_build_object('homeschool.id', x.id)";

    /// <summary>How <see cref="Beside"/> is named in conditions.</summary>
    public const string Turns = "turn.";

    /// <summary>What is joined to the rows of a list when its filter or order names it.</summary>
    public string Beside { get; private init; } = "";

    /// <summary>When a row of the page changed last.</summary>
    public string Modified { get; private init; } = "x.modified_at";

    /// <summary>Users of a role.</summary>
    public static string HasRole(string role) => $"x.role = '{role}'";

    /// <summary>Users of a role who study or teach where a condition on school s (and class c) holds.</summary>
    public static string IsAt(string role, string place)
    {
        var (table, person) = role == "student" ? ("enrolment", "student_id") : ("staff_post", "staff_id");
        return $"""
            x.role = '{role}' AND EXISTS (
                SELECT FROM {table} e JOIN school s USING (school_id) LEFT JOIN class c ON c.school_id = e.school_id AND c.id = e.class_id
                WHERE e.district_id = x.district_id AND e.{person} = x.id AND {Current} AND {place})
            """;
    }

    private static Dictionary<string, RosterField> Of(params (string Name, string Sql)[] fields)
    {
        var all = new Dictionary<string, RosterField>(StringComparer.Ordinal)
        {
            ["sourcedId"] = new("x.source_id"),
            ["status"] = new("x.status"),
            ["dateLastModified"] = new("x.modified_at", FieldType.Time),
        };
        foreach (var (name, sql) in fields)
        {
            all[name] = new(sql, name == "dateLastModified" ? FieldType.Time
                : name.EndsWith("Date", StringComparison.Ordinal) ? FieldType.Day : FieldType.Text);
        }

        return all;
    }

    // When the stays or posts of a person changed.
    private static string TurnsOf(string table, string person, string where) =>
        $"SELECT t.{person} AS person, {Turned} AS modified_at FROM {table} t {Version} WHERE {where} AND t.starts_on <= $3";

    private static string UserIfSeen(string table, string person) =>
        $"""
        CASE WHEN t.ends_on IS NULL OR t.ends_on >= $3 OR t.district_id = ANY ($1) OR EXISTS (
            SELECT FROM {table} e
            WHERE e.district_id = t.district_id AND e.{person} = t.{person} AND e.school_id = ANY ($2) AND {Current})
        THEN u.source_id END
        """;

    private static string Link(string collection, string id, string type) =>
        $"jsonb_build_object('href', '{RosterApi.Root}/{collection}/' || {id}, 'sourcedId', {id}, 'type', '{type}')";

    private static string Role(string role) =>
        $"jsonb_build_object('roleType', 'primary', 'role', {role}, 'org', {Link("orgs", "s.source_id", "org")})";
}
