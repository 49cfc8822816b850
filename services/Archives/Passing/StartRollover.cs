using System.Text.Json;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.Archives.Passing;

/// <summary>
/// The beginning of a school year (升年级、分班、毕业, ARC-14), for a whole district. Schools, classes, students and staff go by the ids of
/// the system that exports the roster, which must say the same from then on, or the next upload undoes it.
/// </summary>
/// <param name="FirstDay">The first day of the new school year, at most 31 days ago and 120 days ahead.</param>
/// <param name="LastGrades">After which grades students graduate: 6, 9 and 12 when missing. A school's is the first of them that none of
/// its grades exceeds.</param>
/// <param name="Schools">Schools where something else happens.</param>
/// <param name="NewClasses">Classes that begin, e.g. those of the first grade.</param>
/// <param name="Placements">Who comes into which class: after regrouping, or from another school. At most 200,000.</param>
/// <param name="HomeroomTeachers">Classes that get another homeroom teacher; the others keep theirs.</param>
public sealed record RolloverRequest(
    DateOnly FirstDay, IReadOnlyList<string>? LastGrades = null, IReadOnlyList<SchoolRollover>? Schools = null,
    IReadOnlyList<NewClass>? NewClasses = null, IReadOnlyList<Placement>? Placements = null,
    IReadOnlyList<ClassTeacher>? HomeroomTeachers = null);

/// <summary>What happens otherwise than by default at one school.</summary>
/// <param name="School">The school.</param>
/// <param name="LastGrade">The grade that graduates.</param>
/// <param name="Regroup">Grades, as they are before, whose students are regrouped (分班): they leave their classes, and who is not
/// placed is at the school without a class, to be placed.</param>
public sealed record SchoolRollover(string School, string? LastGrade = null, IReadOnlyList<string>? Regroup = null);

/// <summary>A class that begins.</summary>
/// <param name="School">The school.</param>
/// <param name="SourceId">The class's id in the system that exports the roster.</param>
/// <param name="Title">E.g. 七年级(3)班, 1–255 characters.</param>
/// <param name="Grade">The grade in the new year.</param>
public sealed record NewClass(string School, string SourceId, string Title, string Grade);

/// <summary>Where a student is in the new year.</summary>
/// <param name="Student">The student.</param>
/// <param name="School">The school.</param>
/// <param name="Class">The class there; its grade is the student's.</param>
public sealed record Placement(string Student, string School, string Class);

/// <summary>Who is a class's homeroom teacher in the new year.</summary>
/// <param name="School">The school.</param>
/// <param name="Class">The class.</param>
/// <param name="Staff">The teacher.</param>
public sealed record ClassTeacher(string School, string Class, string Staff);

/// <summary>
/// Shows what the new school year changes in a district, as an upload does (ARC-2): it waits like one to be confirmed or cancelled.
/// </summary>
internal static class StartRollover
{
    private const int MostEntries = 20_000;
    private const int MostPlacements = 200_000;
    private const int MostMistakes = 1_000;
    private const int DaysBack = 31;
    private const int DaysAhead = 120;
    private const int DaysBetween = 180;

    private static readonly string[] UsualLastGrades = ["06", "09", "12"];

    public static void MapStartRollover(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/rollovers", HandleAsync)
            .WithName("StartRollover")
            .WithSummary("Promote, regroup and graduate a district's students: a dry run; confirm or cancel it as an import.")
            .Command(Permission.RosterImport);
        api.MapPost("/districts/{districtId:guid}/rollovers/upload", HandleUploadAsync)
            .WithName("UploadRollover")
            .WithSummary("The same with placements from sheets: a form with rollover.json and csv files (学籍号, 班级; 学校 and 年级 if needed).")
            .Accepts<RosterUpload>("multipart/form-data")
            .WithMetadata(new RequestSizeLimitAttribute(NeedFiles.UploadBytes))
            .Command(Permission.RosterImport);
    }

    private static Task<Results<Created<ImportBody>, Problem>> HandleAsync(
        Guid districtId, RolloverRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        IOptions<RosterLimits> limits, HttpContext http, CancellationToken cancel) =>
        StartAsync(districtId, request, [], new RosterRemarks(), db, current, audit, clock, limits, http, cancel);

    private static async Task<Results<Created<ImportBody>, Problem>> HandleUploadAsync(
        Guid districtId, RosterUpload upload, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        IOptions<RosterLimits> limits, HttpContext http, CancellationToken cancel)
    {
        var wishes = upload.Files.Where(file => file.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)).ToArray();
        if (wishes is not [var wish] || await ReadAsync(wish, cancel) is not { } request)
            return PassingFailures.RolloverMissing.Because();
        var sheets = await PlacementRow.ReadAsync(upload.Files.Except(wishes), upload.Remarks, cancel);
        if (upload.Remarks.Refusals.Count > 0)
            return ImportRoster.Refused(NeedFailures.FileRefused, upload.Remarks);
        return await StartAsync(districtId, request, sheets, upload.Remarks, db, current, audit, clock, limits, http, cancel);
    }

    private static async Task<RolloverRequest?> ReadAsync(UploadedFile file, CancellationToken cancel)
    {
        await using var content = file.Open();
        try
        {
            return await JsonSerializer.DeserializeAsync<RolloverRequest>(content, Json.Options, cancel);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<Results<Created<ImportBody>, Problem>> StartAsync(
        Guid districtId, RolloverRequest request, IReadOnlyList<PlacementRow> sheets, RosterRemarks remarks, ArchivesDb db,
        CurrentCaller current, AuditTrail audit, TimeProvider clock, IOptions<RosterLimits> limits, HttpContext http,
        CancellationToken cancel)
    {
        if (!current.Caller.ScopeOf(Permission.RosterImport).Districts.Contains(districtId))
            return (Problem)Failures.NotFound;
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var version = await RosterCheck.LockAsync(connection, districtId, cancel);
        var (today, firstDay) = (LocalDay.Today(clock), request.FirstDay);
        var mistakes = new Mistakes();
        if (firstDay < today.AddDays(-DaysBack) || firstDay > today.AddDays(DaysAhead))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At("firstDay", today.AddDays(-DaysBack), today.AddDays(DaysAhead)));
        var plan = await PlanAsync(db, districtId, request, sheets, remarks, mistakes, cancel);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var done = await db.Set<RosterImport>().AsNoTracking()
            .Where(import => import.DistrictId == districtId && import.State == ImportState.Confirmed
                && import.RolloverOn > firstDay.AddDays(-DaysBetween) && import.RolloverOn < firstDay.AddDays(DaysBetween))
            .Select(import => import.RolloverOn).FirstOrDefaultAsync(cancel);
        if (done is { } earlier)
            return PassingFailures.RolledOver.Because(earlier);
        await RosterImport.SupersedeAsync(db, districtId, clock, cancel);

        var import = Guid.CreateVersion7();
        await StageAsync(connection, plan, cancel);
        var sql = RosterCheck.Fill(await RosterCheck.SqlAsync("Rollover.sql", cancel), districtId, version + 1, firstDay);
        await using (var compare = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 })
            await compare.ExecuteNonQueryAsync(cancel);
        var (changes, losses) = await RosterCheck.KeepChangesAsync(connection, db.Model, districtId, import, firstDay, cancel);
        var row = new RosterImport
        {
            DistrictId = districtId,
            Id = import,
            BaseVersion = version,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = current.Caller.Name,
            RolloverOn = firstDay,
            Report = new RosterReport([], changes, 0, 0, [], losses)
            {
                Rollover = new RolloverReport(
                    firstDay, await ReadSchoolsAsync(connection, plan, cancel), plan.TitlesKept, plan.GradesKept),
            },
        };
        db.Add(row);
        audit.About("rollover", import, districtId, null);
        return TypedResults.Created($"/api/archives/districts/{districtId}/imports/{import}", ImportBody.Of(row, limits.Value, http));
    }

    private static async Task<Plan> PlanAsync(
        ArchivesDb db, Guid district, RolloverRequest request, IReadOnlyList<PlacementRow> sheets, RosterRemarks remarks,
        Mistakes mistakes, CancellationToken cancel)
    {
        var (others, added, placements, teachers) =
            (request.Schools ?? [], request.NewClasses ?? [], request.Placements ?? [], request.HomeroomTeachers ?? []);
        var plan = new Plan();
        Most("schools", others.Count, MostEntries);
        Most("newClasses", added.Count, MostEntries);
        Most("placements", placements.Count + sheets.Count, MostPlacements);
        Most("homeroomTeachers", teachers.Count, MostEntries);
        var lastGrades = request.LastGrades is { Count: > 0 } given ? given : UsualLastGrades;
        var last = lastGrades.Select((grade, i) => Grade($"lastGrades[{i}]", grade)).Order().ToList();
        if (mistakes.Refusal is not null)
            return plan;

        var schools = await db.Set<School>().AsNoTracking().Where(school => school.DistrictId == district && school.WithdrawnOn == null)
            .ToDictionaryAsync(school => school.SourceId, school => school.SchoolId, StringComparer.Ordinal, cancel);
        var classes = await db.Set<Class>().AsNoTracking().Where(row => row.DistrictId == district).ToListAsync(cancel);
        var open = classes.Where(row => row.WithdrawnOn is null).ToList();
        var grades = (await db.Set<Enrolment>().AsNoTracking()
                .Where(e => e.DistrictId == district && e.Grade != null && e.StartsOn < request.FirstDay
                    && (e.EndsOn == null || e.EndsOn >= request.FirstDay))
                .Select(e => new { e.SchoolId, Grade = e.Grade! }).Distinct().ToListAsync(cancel))
            .Select(row => (row.SchoolId, row.Grade))
            .Concat(open.Where(row => row.Grade is not null).Select(row => (row.SchoolId, Grade: row.Grade!)))
            .ToLookup(row => row.SchoolId, row => row.Grade);

        // Which grade graduates where, and what becomes of the others.
        var ofSchool = new Dictionary<Guid, int>();
        for (var i = 0; i < others.Count; i++)
        {
            if (Find($"schools[{i}].school", others[i].School) is not { } school)
                continue;
            if (others[i].LastGrade is { } grade && Grade($"schools[{i}].lastGrade", grade) is > 0 and var named
                && !ofSchool.TryAdd(school, named))
            {
                mistakes.Add(PassingFailures.SaidTwice.At($"schools[{i}].school"));
            }

            var regroup = others[i].Regroup ?? [];
            for (var j = 0; j < regroup.Count; j++)
            {
                if (ClassTitle.Number(regroup[j]) is null)
                    mistakes.Add(PassingFailures.GradeUnknown.At($"schools[{i}].regroup[{j}]"));
                else
                    plan.Regrouped.Add((school, regroup[j]));
            }
        }

        foreach (var school in schools.Values)
        {
            var highest = grades[school].Max(ClassTitle.Number) ?? 0;
            if (!ofSchool.TryGetValue(school, out var lastGrade))
                lastGrade = last.Find(grade => grade >= highest) is > 0 and var found ? found : highest;
            foreach (var grade in grades[school].Distinct(StringComparer.Ordinal))
            {
                if (ClassTitle.Number(grade) is { } number)
                    plan.Grades.Add((school, grade, number >= lastGrade ? null : ClassTitle.NextGrade(grade)));
                else
                    plan.GradesKept++;
            }

            plan.LastGrades.Add(school, lastGrade);
        }

        var next = plan.Grades.ToDictionary(row => (row.School, row.Grade), row => row.Next);
        // Where students can be placed, and in which grade they are then; no grade where a class graduates.
        var places = new Dictionary<(Guid School, string Class), (Guid Id, string? Grade, bool Graduates)>();
        var titles = new List<(Guid School, string Title, (Guid Id, string? Grade, bool Graduates) Place)>();
        foreach (var row in open)
        {
            if (row.Grade is null || !next.TryGetValue((row.SchoolId, row.Grade), out var grade))
            {
                Open(row.SchoolId, row.SourceId, row.Title, (row.Id, row.Grade, false));
                continue;
            }

            var title = grade is null ? row.Title : ClassTitle.Next(row.Title, ClassTitle.Number(row.Grade)!.Value);
            if (grade is not null && title == row.Title)
                plan.TitlesKept++;
            plan.Classes.Add((row.SchoolId, row.Id, title, grade));
            Open(row.SchoolId, row.SourceId, title, (row.Id, grade, grade is null));
        }

        var taken = classes.Select(row => (row.SchoolId, row.SourceId)).ToHashSet();
        for (var i = 0; i < added.Count; i++)
        {
            var school = Find($"newClasses[{i}].school", added[i].School);
            var sourceId = mistakes.Text($"newClasses[{i}].sourceId", added[i].SourceId, RosterLine.LongestId);
            var title = mistakes.Text($"newClasses[{i}].title", added[i].Title, 255);
            Grade($"newClasses[{i}].grade", added[i].Grade);
            if (school is not { } at)
                continue;
            if (!taken.Add((at, sourceId)))
            {
                mistakes.Add(PassingFailures.ClassIdTaken.At($"newClasses[{i}].sourceId"));
                continue;
            }

            var id = Guid.CreateVersion7();
            plan.Added.Add((at, id, sourceId, title, added[i].Grade));
            Open(at, sourceId, title, (id, added[i].Grade, false));
        }

        var wanted = placements.Select(place => place.Student ?? "").Distinct(StringComparer.Ordinal).ToArray();
        var students = await db.Set<Student>().AsNoTracking()
            .Where(student => student.DistrictId == district && student.WithdrawnOn == null && wanted.Contains(student.SourceId))
            .Select(student => new { student.SourceId, student.Id })
            .ToDictionaryAsync(student => student.SourceId, student => student.Id, StringComparer.Ordinal, cancel);
        var placed = new HashSet<Guid>();
        for (var i = 0; i < placements.Count; i++)
        {
            var place = FindClass($"placements[{i}]", placements[i].School, placements[i].Class);
            if (!students.TryGetValue(placements[i].Student ?? "", out var student))
                mistakes.Add(PassingFailures.NobodyThere.At($"placements[{i}].student"));
            else if (!placed.Add(student))
                mistakes.Add(PassingFailures.SaidTwice.At($"placements[{i}].student"));
            else if (place is { } at)
                plan.Placed.Add((student, at.School, at.Class, at.Grade));
        }

        await PlaceAsync(db, district, request.FirstDay, sheets, remarks, schools, places, titles, placed, plan, mistakes, cancel);

        var wantedStaff = teachers.Select(teacher => teacher.Staff ?? "").Distinct(StringComparer.Ordinal).ToArray();
        var staff = await db.Set<Staff>().AsNoTracking()
            .Where(row => row.DistrictId == district && row.WithdrawnOn == null && wantedStaff.Contains(row.SourceId))
            .Select(row => new { row.SourceId, row.Id })
            .ToDictionaryAsync(row => row.SourceId, row => row.Id, StringComparer.Ordinal, cancel);
        var taught = new HashSet<Guid>();
        for (var i = 0; i < teachers.Count; i++)
        {
            var place = FindClass($"homeroomTeachers[{i}]", teachers[i].School, teachers[i].Class);
            if (!staff.TryGetValue(teachers[i].Staff ?? "", out var teacher))
                mistakes.Add(PassingFailures.NobodyThere.At($"homeroomTeachers[{i}].staff"));
            else if (place is { } at && !taught.Add(at.Class))
                mistakes.Add(PassingFailures.SaidTwice.At($"homeroomTeachers[{i}].class"));
            else if (place is { } to)
                plan.Teachers.Add((to.School, to.Class, teacher));
        }

        return plan;

        void Open(Guid school, string sourceId, string title, (Guid Id, string? Grade, bool Graduates) place)
        {
            places[(school, sourceId)] = place;
            titles.Add((school, PlacementRow.Plain(title), place));
        }

        void Most(string field, int count, int most)
        {
            if (count > most)
                mistakes.Add(Failures.List.At(field, 0, most));
        }

        int Grade(string field, string? grade)
        {
            if (ClassTitle.Number(grade) is { } number)
                return number;
            mistakes.Add(PassingFailures.GradeUnknown.At(field));
            return 0;
        }

        Guid? Find(string field, string? sourceId)
        {
            if (schools.TryGetValue(sourceId ?? "", out var school))
                return school;
            mistakes.Add(ArchivesFailures.NotThere.At(field));
            return null;
        }

        (Guid School, Guid Class, string? Grade)? FindClass(string field, string? schoolId, string? classId)
        {
            if (Find(field + ".school", schoolId) is not { } school)
                return null;
            if (!places.TryGetValue((school, classId ?? ""), out var place))
                mistakes.Add(ArchivesFailures.NotThere.At(field + ".class"));
            else if (place.Graduates)
                mistakes.Add(PassingFailures.ClassGraduates.At(field + ".class"));
            else
                return (school, place.Id, place.Grade);
            return null;
        }
    }

    // What sheets say: students by any of the numbers that name one only, classes by their title in the new year.
    private static async Task PlaceAsync(
        ArchivesDb db, Guid district, DateOnly firstDay, IReadOnlyList<PlacementRow> sheets, RosterRemarks remarks,
        Dictionary<string, Guid> schools,
        Dictionary<(Guid School, string Class), (Guid Id, string? Grade, bool Graduates)> places,
        IEnumerable<(Guid School, string Title, (Guid Id, string? Grade, bool Graduates) Place)> titles, HashSet<Guid> placed, Plan plan,
        Mistakes mistakes, CancellationToken cancel)
    {
        var told = 0;
        foreach (var remark in remarks.Mistakes)
            Tell(ImportRoster.Mistake(remark));
        if (sheets.Count == 0)
            return;
        var byTitle = titles.Where(row => row.Title.Length > 0).GroupBy(row => (row.School, row.Title))
            .Where(same => same.Count() == 1).ToDictionary(same => same.Key, same => same.First().Place);
        var bySchool = (await db.Set<School>().AsNoTracking().Where(school => school.DistrictId == district && school.WithdrawnOn == null)
                .Select(school => new { school.SchoolId, school.Code, school.Name }).ToListAsync(cancel))
            .SelectMany(school => new[] { school.Code, school.Name }.OfType<string>().Select(said => (said, Id: (Guid?)school.SchoolId)))
            .GroupBy(row => row.said, StringComparer.Ordinal).Where(same => same.Count() == 1)
            .ToDictionary(same => same.Key, same => same.First().Id, StringComparer.Ordinal);
        var wanted = sheets.Select(row => row.Student).Distinct(StringComparer.Ordinal).ToArray();
        var found = await db.Set<Student>().AsNoTracking()
            .Where(student => student.DistrictId == district && student.WithdrawnOn == null
                && (wanted.Contains(student.SourceId) || student.Number != null && wanted.Contains(student.Number)))
            .Select(student => new { student.Id, student.SourceId, student.Number }).ToListAsync(cancel);
        var students = found.SelectMany(s => new[] { s.SourceId, s.Number }.OfType<string>().Distinct(StringComparer.Ordinal).Select(said => (said, s.Id)))
            .GroupBy(row => row.said, StringComparer.Ordinal).Where(same => same.Count() == 1)
            .ToDictionary(same => same.Key, same => same.First().Id, StringComparer.Ordinal);
        var ids = students.Values.Distinct().ToArray();
        var at = (await db.Set<Enrolment>().AsNoTracking()
                .Where(e => e.DistrictId == district && ids.Contains(e.StudentId) && e.StartsOn < firstDay
                    && (e.EndsOn == null || e.EndsOn >= firstDay))
                .Select(e => new { e.StudentId, e.SchoolId }).Distinct().ToListAsync(cancel))
            .ToLookup(e => e.StudentId, e => e.SchoolId);
        foreach (var row in sheets)
        {
            if (!students.TryGetValue(row.Student, out var student))
                Tell(PassingFailures.NobodyThere.At(row.StudentAt));
            else if (SchoolOf(row, student) is not { } school)
                Tell(ArchivesFailures.NotThere.At(row.SchoolAt));
            else if (!byTitle.TryGetValue((school, PlacementRow.Plain(row.Title)), out var place)
                && !places.TryGetValue((school, row.Class), out place))
                Tell(ArchivesFailures.NotThere.At(row.ClassAt));
            else if (place.Graduates)
                Tell(PassingFailures.ClassGraduates.At(row.ClassAt));
            else if (!placed.Add(student))
                Tell(PassingFailures.SaidTwice.At(row.StudentAt));
            else
                plan.Placed.Add((student, school, place.Id, place.Grade));
        }

        Guid? SchoolOf(PlacementRow row, Guid student) =>
            row.School is null ? at[student].Count() == 1 ? at[student].First() : null
            : schools.TryGetValue(row.School, out var named) ? named
            : bySchool.GetValueOrDefault(row.School);

        // Who has a thousand wrong rows has one wrong column.
        void Tell(FieldMistake mistake)
        {
            if (told++ < MostMistakes)
                mistakes.Add(mistake);
        }
    }

    private static async Task StageAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        Stage("rolled_grade (school_id, grade, next)", "$1::uuid[], $2::text[], $3::text[]",
            plan.Grades.ConvertAll(row => row.School), plan.Grades.ConvertAll(row => row.Grade), plan.Grades.ConvertAll(row => row.Next));
        Stage("rolled_class (school_id, id, title, next)", "$1::uuid[], $2::uuid[], $3::text[], $4::text[]",
            plan.Classes.ConvertAll(row => row.School), plan.Classes.ConvertAll(row => row.Id),
            plan.Classes.ConvertAll(row => row.Title), plan.Classes.ConvertAll(row => row.Next));
        Stage("regrouped (school_id, grade)", "$1::uuid[], $2::text[]",
            plan.Regrouped.Select(row => row.School).ToArray(), plan.Regrouped.Select(row => row.Grade).ToArray());
        Stage("added_class (school_id, id, source_id, title, grade)", "$1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]",
            plan.Added.ConvertAll(row => row.School), plan.Added.ConvertAll(row => row.Id), plan.Added.ConvertAll(row => row.SourceId),
            plan.Added.ConvertAll(row => row.Title), plan.Added.ConvertAll(row => row.Grade));
        Stage("placed (student_id, school_id, class_id, grade)", "$1::uuid[], $2::uuid[], $3::uuid[], $4::text[]",
            plan.Placed.ConvertAll(row => row.Student), plan.Placed.ConvertAll(row => row.School),
            plan.Placed.ConvertAll(row => row.Class), plan.Placed.ConvertAll(row => row.Grade));
        Stage("given_class (school_id, class_id, staff_id)", "$1::uuid[], $2::uuid[], $3::uuid[]",
            plan.Teachers.ConvertAll(row => row.School), plan.Teachers.ConvertAll(row => row.Class),
            plan.Teachers.ConvertAll(row => row.Staff));
        await batch.ExecuteNonQueryAsync(cancel);

        void Stage(string table, string columns, params object[] values)
        {
            var command = new NpgsqlBatchCommand($"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT * FROM unnest({columns})");
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            batch.BatchCommands.Add(command);
        }
    }

    private static async Task<List<SchoolPromotion>> ReadSchoolsAsync(
        NpgsqlConnection connection, Plan plan, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT school_id, sum(promoted)::int, sum(graduated)::int, sum(unplaced)::int, sum(placed)::int FROM (
                SELECT school_id, count(*) FILTER (WHERE next IS NOT NULL) AS promoted, count(*) FILTER (WHERE next IS NULL) AS graduated,
                    count(*) FILTER (WHERE next IS NOT NULL AND next_class IS NULL AND class_id IS NOT NULL) AS unplaced, 0 AS placed
                FROM going WHERE goes AND NOT placed GROUP BY school_id
                UNION ALL
                SELECT school_id, 0, 0, 0, count(*) FROM placed GROUP BY school_id) c
            GROUP BY school_id ORDER BY school_id
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var schools = new List<SchoolPromotion>();
        while (await reader.ReadAsync(cancel))
        {
            schools.Add(new SchoolPromotion(
                reader.GetGuid(0), plan.LastGrades[reader.GetGuid(0)], reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3),
                reader.GetInt32(4)));
        }

        return schools;
    }

    private sealed class Plan
    {
        public List<(Guid School, string Grade, string? Next)> Grades { get; } = [];

        public List<(Guid School, Guid Id, string Title, string? Next)> Classes { get; } = [];

        public HashSet<(Guid School, string Grade)> Regrouped { get; } = [];

        public List<(Guid School, Guid Id, string SourceId, string Title, string Grade)> Added { get; } = [];

        public List<(Guid Student, Guid School, Guid Class, string? Grade)> Placed { get; } = [];

        public List<(Guid School, Guid Class, Guid Staff)> Teachers { get; } = [];

        public Dictionary<Guid, int> LastGrades { get; } = [];

        public int TitlesKept { get; set; }

        public int GradesKept { get; set; }
    }
}

/// <summary>What a rollover shows beside the changes (ARC-14).</summary>
/// <param name="FirstDay">The first day of the new school year.</param>
/// <param name="Schools">What happens to the students of each school.</param>
/// <param name="TitlesKept">Classes that are promoted under the title they have, because it names no grade in a usual form.</param>
/// <param name="GradesKept">Grades of a school that are no number from 1 to 12: their classes and students stay as they are.</param>
public sealed record RolloverReport(DateOnly FirstDay, IReadOnlyList<SchoolPromotion> Schools, int TitlesKept, int GradesKept);

/// <summary>What the new school year does to the students of a school.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="LastGrade">The grade that graduates.</param>
/// <param name="Promoted">Students in the next grade.</param>
/// <param name="Graduated">Students who leave the roll.</param>
/// <param name="Unplaced">Of those promoted, at the school without the class they had.</param>
/// <param name="Placed">Students placed in a class by the request.</param>
public sealed record SchoolPromotion(Guid SchoolId, int LastGrade, int Promoted, int Graduated, int Unplaced, int Placed);
