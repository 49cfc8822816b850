using System.Globalization;
using HomeSchool.Archives.Needs;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Search;

/// <summary>
/// Finds students on the roll today by the beginning of the name or given name (张小, 小明), of its pinyin (zhangxiao, xiaoming), of
/// its initials (zxm), or of the number; in schools also by any part of the name. Without a text it lists them. By tiers (ARC-4) only
/// who may read needs finds them, at an address of its own: each such search leaves its audit row.
/// </summary>
internal static class FindStudents
{
    private const int LongestText = 100;

    private static readonly Failure SchoolMissing = new("archives.school-missing", 400,
        "按班级或年级查找时，请同时指定学校。", "To find by class or grade, name the school, too.");

    private static readonly Failure TierMissing = new("archives.tier-missing", 400,
        "请至少指定一项：学业、行为、家庭处境或心理敏感。", "Name at least one tier: academic, conduct, circumstance or psychologicallySensitive.");

    private static readonly Failure SensitivityHidden = new("archives.sensitivity-hidden", 403,
        "心理敏感只供班主任和心理教师查找。", "Only homeroom teachers and counselors search by psychological sensitivity.");

    public static void MapFindStudents(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/students", HandleAsync)
            .WithName("FindStudents")
            .WithSummary("Find students on the roll today by name, pinyin, initials or number; in a school also by class or grade.")
            .Query(Permission.RosterRead);
        api.MapGet("/districts/{districtId:guid}/students/by-tier", HandleByTierAsync)
            .WithName("FindStudentsByTier")
            .WithSummary("The same among those of whom tiers say so today; of psychological sensitivity only where one may write it.")
            .Command(Permission.NeedRead).Sensitive();
    }

    private static Task<Results<Ok<Page<FoundStudent>>, Problem>> HandleAsync(
        Guid districtId, string? search, Guid? schoolId, Guid? classId, string? grade, string? after, int? size, ArchivesDb db,
        CurrentCaller current, TimeProvider clock, CancellationToken cancel) =>
        FindAsync(
            districtId, search, schoolId, classId, grade, after, size, GrantsOf(current.Caller, Permission.RosterRead, districtId), null, db,
            clock, cancel);

    private static async Task<Results<Ok<Page<FoundStudent>>, Problem>> HandleByTierAsync(
        Guid districtId, string? search, Guid? schoolId, Guid? classId, string? grade, Choice<AcademicTier>? academic,
        Choice<ConductTier>? conduct, Choice<FamilyCircumstance>? circumstance, bool? psychologicallySensitive, string? after, int? size,
        ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var sensitive = psychologicallySensitive == true;
        if (academic is null && conduct is null && circumstance is null && !sensitive)
            return Problem.Of([TierMissing.At("academic")]);
        var grants = GrantsOf(current.Caller, Permission.NeedRead, districtId);
        var writing = GrantsOf(current.Caller, Permission.NeedWrite, districtId);
        if (sensitive && writing.Length == 0)
            return (Problem)SensitivityHidden;
        var found = await FindAsync(
            districtId, search, schoolId, classId, grade, after, size, grants,
            [
                new NpgsqlParameter<string?>("academic", academic?.Value.ToString()),
                new NpgsqlParameter<string?>("conduct", conduct?.Value.ToString()),
                new NpgsqlParameter<string?>("circumstance", circumstance?.Value.ToString()),
                new NpgsqlParameter("sensitive", sensitive),
                new NpgsqlParameter("writing", Ids(writing.Where(grant => grant.ClassId is null).Select(grant => grant.SchoolId))),
                new NpgsqlParameter("writing_classes", Ids(writing.Select(grant => grant.ClassId))),
            ], db, clock, cancel);
        var schools = schoolId is null ? Ids(grants.Select(grant => grant.SchoolId)) : [schoolId.Value];
        Guid? school = schools is [var only] ? only : null;
        audit.About("tiers", school, districtId, school);
        return found;
    }

    // Students of the caller's schools and classes, or of the whole district; with tiers, in schools only.
    private static async Task<Results<Ok<Page<FoundStudent>>, Problem>> FindAsync(
        Guid district, string? search, Guid? schoolId, Guid? classId, string? grade, string? after, int? size, Grant[] grants,
        NpgsqlParameter[]? tiers, ArchivesDb db, TimeProvider clock, CancellationToken cancel)
    {
        var last = SearchPlace.Start;
        if (after is not null && !SearchPlace.TryRead(after, out last))
            return Failures.CursorInvalid.Because();
        var mistakes = new Mistakes();
        var text = mistakes.OptionalText("search", search, LongestText);
        grade = mistakes.OptionalText("grade", grade, LongestText);
        // Among all students of a district a class or a grade is a needle in a haystack; in a school it is not.
        if (schoolId is null && (classId is not null || grade is not null))
            mistakes.Add(SchoolMissing.At("schoolId"));
        if (mistakes.Refusal is { } refusal)
            return refusal;

        var wholeDistrict = grants.Any(grant => grant.SchoolId is null);
        var take = Cursor.Size(size);
        var prefix = SearchKeys.Normalise(text ?? "");
        var rows = await db.Database.SqlQueryRaw<FoundRow>(
            wholeDistrict && schoolId is null
                ? FindStudentsSql.InDistrict(prefix, last, take + 1)
                : FindStudentsSql.InSchools(take + 1, byTier: tiers is not null),
            [
                new NpgsqlParameter("district", district), new NpgsqlParameter("today", LocalDay.Today(clock)),
                new NpgsqlParameter("from", prefix), new NpgsqlParameter("to", FindStudentsSql.EndOf(prefix)),
                new NpgsqlParameter("place", last.Place), new NpgsqlParameter("key", last.Key),
                new NpgsqlParameter("student", last.StudentId), new NpgsqlParameter("enrolment", last.EnrolmentId),
                new NpgsqlParameter<Guid?>("school", schoolId), new NpgsqlParameter<Guid?>("class", classId),
                new NpgsqlParameter<string?>("grade", grade), new NpgsqlParameter("everybody", wholeDistrict),
                new NpgsqlParameter("schools", Ids(grants.Select(grant => schoolId ?? grant.SchoolId))),
                new NpgsqlParameter("whole", Ids(grants.Where(grant => grant.ClassId is null).Select(grant => grant.SchoolId))),
                new NpgsqlParameter("classes", Ids(grants.Select(grant => grant.ClassId))),
                .. tiers ?? [],
            ]).ToListAsync(cancel);
        var page = Page.From(rows, take, row => new SearchPlace(row.Place, row.Key, row.StudentId, row.EnrolmentId));
        return TypedResults.Ok(new Page<FoundStudent>(
            [
                .. page.Items.Select(row => new FoundStudent(
                    row.StudentId, row.FamilyName, row.GivenName, row.Number, row.SchoolId, row.ClassId, row.Grade)),
            ], page.Next));
    }

    private static Grant[] GrantsOf(Caller caller, Permission permission, Guid district) =>
        [.. caller.With(permission).Where(grant => grant.DistrictId == district && grant.StudentId is null)];

    private static Guid[] Ids(IEnumerable<Guid?> ids) => [.. ids.OfType<Guid>().Distinct()];

    private sealed record FoundRow(
        int Place, string Key, Guid StudentId, Guid EnrolmentId, string FamilyName, string GivenName, string? Number,
        Guid SchoolId, Guid? ClassId, string? Grade);
}

/// <summary>Where a page of what was found ends.</summary>
/// <param name="Place">The place of the key in <see cref="StudentSearch.Keys"/>, from 1; one more for the middle of a name.</param>
/// <param name="Key">The key.</param>
/// <param name="StudentId">The student.</param>
/// <param name="EnrolmentId">Who is at two schools is listed for each.</param>
internal sealed record SearchPlace(int Place, string Key, Guid StudentId, Guid EnrolmentId)
{
    /// <summary>Before the first.</summary>
    public static readonly SearchPlace Start = new(0, "", Guid.Empty, Guid.Empty);

    /// <summary>Reads a cursor.</summary>
    public static bool TryRead(string cursor, out SearchPlace place)
    {
        var known = Cursor.TryRead<SearchPlace>(cursor, out var read);
        place = read ?? Start;
        return known && SearchKeys.Normalise(place.Key) == place.Key;
    }
}

/// <summary>The statements of <see cref="FindStudents"/>; a test reads their plans.</summary>
internal static class FindStudentsSql
{
    // Behind a reading that is not the first, which has no other keys: not if an earlier one of the student matches already.
    private static readonly string FoundOnce =
        $"""
        (s.reading = 0 OR NOT EXISTS (
            SELECT FROM student_search m WHERE m.district_id = s.district_id AND m.student_id = s.student_id AND m.reading < s.reading
                AND ({string.Join(" OR ", StudentSearch.Keys.Select(key => Begins("m", key)))})))
        """;

    /// <summary>Whatever begins with a prefix is less than this: U+10FFFF is no letter and comes last.</summary>
    public static string EndOf(string prefix) => prefix + char.ConvertFromUtf32(0x10FFFF);

    /// <summary>
    /// Of all students of a district: each key's index is walked in its order, from where the last page ended, as far as the page
    /// goes.
    /// </summary>
    public static string InDistrict(string prefix, SearchPlace last, int rows)
    {
        // All students have a name; what is written in Han begins no pinyin; of one letter's initials the pinyin begins with it,
        // too.
        var places = prefix.Length == 0 ? [1]
            : Pinyin.Of(prefix[0]).Length > 0 ? [1, 2, 6]
            : prefix.Length == 1 ? [1, 2, 3, 4, 6]
            : Enumerable.Range(1, StudentSearch.Keys.Length);
        return Describe(
            string.Join("\nUNION ALL\n", places.Where(place => place >= last.Place).Select(OfPlace).DefaultIfEmpty(OfPlace(1))),
            rows);

        string OfPlace(int place)
        {
            var key = "s." + StudentSearch.Keys[place - 1];
            var earlier = StudentSearch.Keys[..(place - 1)];
            return string.Create(CultureInfo.InvariantCulture,
                $"""
                (SELECT {place} AS place, {key} AS key, s.student_id, e.id AS enrolment_id, e.school_id, e.class_id, e.grade
                FROM student_search s JOIN enrolment e ON e.district_id = s.district_id AND e.student_id = s.student_id
                WHERE s.district_id = @district AND {Begins("s", StudentSearch.Keys[place - 1])}
                    AND e.starts_on <= @today AND (e.ends_on IS NULL OR e.ends_on >= @today)
                    {(earlier.Length == 0 ? "" : $"AND ({string.Join(" OR ", earlier.Select(other => Begins("s", other)))}) IS NOT TRUE")}
                    {(place == last.Place ? $"AND {key} >= @key AND ({key}, s.student_id, e.id) > (@key, @student, @enrolment)" : "")}
                    {(place is 3 or 4 or 5 ? "AND " + FoundOnce : "")}
                ORDER BY {key}, s.student_id, e.id LIMIT {rows})
                """);
        }
    }

    // The newest change of each student's tiers, as long as it holds; driven by the few of whom any were said.
    private const string Tiered =
        """
        JOIN (SELECT DISTINCT ON (school_id, student_id) * FROM student_needs WHERE school_id = ANY (@schools)
                ORDER BY school_id, student_id, id DESC) n
            ON n.school_id = e.school_id AND n.student_id = e.student_id AND n.holds_until >= @today
                AND (@academic IS NULL OR n.academic = @academic) AND (@conduct IS NULL OR n.conduct = @conduct)
                AND (@circumstance IS NULL OR @circumstance = ANY (n.circumstances))
                AND (NOT @sensitive OR n.psychologically_sensitive
                    AND (e.school_id = ANY (@writing) OR e.class_id = ANY (@writing_classes)))
        """;

    /// <summary>Of one school, or of the caller's schools and classes: so few that each is looked at.</summary>
    public static string InSchools(int rows, bool byTier = false) => Describe(
        $"""
        (SELECT p.place, CASE p.place {string.Concat(StudentSearch.Keys.Select((key, i) => $"WHEN {i + 1} THEN s.{key} "))}ELSE s.name END AS key,
            s.student_id, e.id AS enrolment_id, e.school_id, e.class_id, e.grade
        FROM enrolment e JOIN student_search s ON s.district_id = e.district_id AND s.student_id = e.student_id
            {(byTier ? Tiered : "")}
            CROSS JOIN LATERAL (VALUES (CASE {string.Concat(StudentSearch.Keys.Select((key, i) => $"WHEN {Begins("s", key)} THEN {i + 1} "))}
                WHEN position(@from IN s.name) > 0 THEN {StudentSearch.Keys.Length + 1} END)) p (place)
        WHERE e.district_id = @district AND e.school_id = ANY (@schools) AND e.starts_on <= @today AND (e.ends_on IS NULL OR e.ends_on >= @today)
            AND (@school IS NULL OR e.school_id = @school) AND (@class IS NULL OR e.class_id = @class) AND (@grade IS NULL OR e.grade = @grade)
            AND (@everybody OR e.school_id = ANY (@whole) OR e.class_id = ANY (@classes))
            AND p.place IS NOT NULL AND {FoundOnce})
        """, rows, "WHERE (f.place, f.key, f.student_id, f.enrolment_id) > (@place, @key, @student, @enrolment)");

    private static string Begins(string row, string key) => $"({row}.{key} >= @from AND {row}.{key} < @to)";

    private static string Describe(string found, int rows, string where = "") => string.Create(CultureInfo.InvariantCulture,
        $"""
        SELECT f.place AS "Place", f.key AS "Key", f.student_id AS "StudentId", f.enrolment_id AS "EnrolmentId",
            t.family_name AS "FamilyName", t.given_name AS "GivenName", t.number AS "Number",
            f.school_id AS "SchoolId", f.class_id AS "ClassId", f.grade AS "Grade"
        FROM (SELECT * FROM (
        {found}
        ) f {where} ORDER BY place, key, student_id, enrolment_id LIMIT {rows}) f
            JOIN student t ON t.district_id = @district AND t.id = f.student_id
        ORDER BY f.place, f.key, f.student_id, f.enrolment_id
        """);
}

/// <summary>A student that was found.</summary>
/// <param name="Id">The student.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Number">学籍号 or the school's own number.</param>
/// <param name="SchoolId">The school today.</param>
/// <param name="ClassId">The class today.</param>
/// <param name="Grade">The grade today.</param>
public sealed record FoundStudent(
    Guid Id, string FamilyName, string GivenName, string? Number, Guid SchoolId, Guid? ClassId, string? Grade);
