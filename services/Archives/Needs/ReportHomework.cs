using System.Text.Json;
using HomeSchool.Archives.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Archives.Needs;

/// <summary>A homework, by exception.</summary>
/// <param name="Subject">The subject.</param>
/// <param name="DueOn">The day by which it was due.</param>
/// <param name="Missed">Who did not hand it in, each once; nobody when all did.</param>
public sealed record HomeworkRequest(string Subject, DateOnly DueOn, IReadOnlyList<Guid> Missed);

/// <summary>
/// Homework comes in by exception, by API or file (ARC-5): who missed it. Who missed several in a row draws attention, in the same
/// transaction. Reported again it replaces what was reported, and what was raised from that is judged anew; the same changes nothing.
/// </summary>
internal static class ReportHomework
{
    private const int MostMissed = 200;
    private const int LongestAgo = 60;

    public static void MapReportHomework(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{schoolId:guid}/classes/{classId:guid}/homework", ReportAsync)
            .WithName("ReportHomework")
            .WithSummary("Who missed a homework of a class.")
            .Command(Permission.ScoreWrite);
        api.MapPost("/schools/{schoolId:guid}/classes/{classId:guid}/homework.csv", ImportAsync)
            .WithName("ImportHomework")
            .WithSummary("Who missed which homeworks of a class, as csv (subject,dueOn,number); no number when nobody did.")
            .Accepts<RosterUpload>("multipart/form-data", "text/csv", "application/octet-stream")
            .WithMetadata(new RequestSizeLimitAttribute(NeedFiles.UploadBytes))
            .Command(Permission.ScoreWrite);
    }

    private static async Task<Results<Ok<DataReport>, Problem>> ReportAsync(
        Guid schoolId, Guid classId, HomeworkRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        var mistakes = new Mistakes();
        var subject = mistakes.Text("subject", request.Subject, ScoreRow.LongestSubject);
        mistakes.Ids("missed", request.Missed, 0, MostMissed);
        if (request.DueOn > today || request.DueOn < today.AddDays(-LongestAgo))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At("dueOn", today.AddDays(-LongestAgo), today));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(db, current.Caller, schoolId, classId, cancel) is not { } @class)
            return (Problem)Failures.NotFound;
        var roll = await db.RollAsync(@class, today, cancel);
        if (request.Missed.Except(roll.Values).Any())
            return (Problem)Failures.NotFound;
        audit.About("class", classId, @class.DistrictId, schoolId);
        return TypedResults.Ok(await TakeAsync(
            db, @class, [new Reported(subject, request.DueOn, [.. request.Missed.Order()])], new RosterRemarks(), 1, clock, http, cancel));
    }

    private static async Task<Results<Ok<DataReport>, Problem>> ImportAsync(
        Guid schoolId, Guid classId, RosterUpload upload, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, current.Caller, schoolId, classId, cancel) is not { } @class)
            return (Problem)Failures.NotFound;
        var (remarks, today) = (upload.Remarks, LocalDay.Today(clock));
        var roll = await db.RollAsync(@class, today, cancel);
        var missed = new Dictionary<(string Subject, DateOnly DueOn), HashSet<Guid>>();
        var rows = 0;
        foreach (var file in upload.Files)
        {
            if (await NeedFiles.OpenAsync(file, NeedFiles.Homework, remarks, cancel) is not var (csv, header))
                continue;
            var line = new RosterLine(csv, header, file.Name, remarks);
            var number = NeedFiles.Number(header);
            for (; await NeedFiles.NextAsync(csv, header, line, cancel) is { } hasFields; rows++)
            {
                if (!hasFields)
                    continue;
                var subject = line.Required("subject", ScoreRow.LongestSubject);
                var dueOn = line.Day("dueOn", today.AddDays(-LongestAgo), today);
                if (dueOn is null && line.Good)
                    line.Reject(RosterTexts.Missing, "dueOn");
                var student = line.Text(number, RosterLine.LongestId);
                if (student is not null && !roll.ContainsKey(student))
                    line.Reject(RosterTexts.StudentUnknown, number, student);
                if (!line.Good)
                    continue;
                if (!missed.TryGetValue((subject, dueOn!.Value), out var students))
                    missed[(subject, dueOn.Value)] = students = [];
                if (student is not null)
                    students.Add(roll[student]);
            }
        }

        if (upload.Files.Count == 0)
            remarks.Add(RosterTexts.NothingUploaded, "");
        if (remarks.Refusals.Count > 0)
            return ImportRoster.Refused(NeedFailures.FileRefused, remarks);
        audit.About("class", classId, @class.DistrictId, schoolId);
        return TypedResults.Ok(await TakeAsync(
            db, @class, [.. missed.Select(one => new Reported(one.Key.Subject, one.Key.DueOn, [.. one.Value.Order()]))], remarks, rows,
            clock, http, cancel));
    }

    private static async Task<Class?> FindAsync(ArchivesDb db, Caller caller, Guid schoolId, Guid classId, CancellationToken cancel)
    {
        var @class = await db.Set<Class>().AsNoTracking().SingleOrDefaultAsync(c => c.SchoolId == schoolId && c.Id == classId, cancel);
        if (@class is null)
            return null;
        var reach = Reach.Of(caller, Permission.ScoreWrite, @class.DistrictId, schoolId);
        return reach.Everybody || reach.Classes.Contains(classId) ? @class : null;
    }

    // The students of a class today, by each number that names one of them only.
    private static async Task<Dictionary<string, Guid>> RollAsync(
        this ArchivesDb db, Class @class, DateOnly today, CancellationToken cancel)
    {
        var students = await (
            from e in db.Set<Enrolment>().AsNoTracking()
            where e.SchoolId == @class.SchoolId && e.ClassId == @class.Id && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)
            join s in db.Set<Student>().AsNoTracking()
                on new { e.DistrictId, Id = e.StudentId } equals new { s.DistrictId, s.Id }
            select new { s.Id, s.Number, s.SourceId }).ToListAsync(cancel);
        return students.SelectMany(s => new[] { s.Id.ToString(), s.SourceId, s.Number }.OfType<string>().Select(number => (number, s.Id)))
            .Distinct().GroupBy(one => one.number, StringComparer.Ordinal).Where(same => same.Count() == 1)
            .ToDictionary(same => same.Key, same => same.First().Id, StringComparer.Ordinal);
    }

    private static async Task<DataReport> TakeAsync(
        ArchivesDb db, Class @class, IReadOnlyCollection<Reported> reported, RosterRemarks remarks, int rows, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var settings = await db.NeedSettingsAsync(@class.DistrictId, cancel);
        var now = clock.GetUtcNow();
        await db.LockAsync([@class.SchoolId], cancel);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var json = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = JsonSerializer.Serialize(reported, SnakeCase) };
        await using var take = AttentionSql.Begin().Concat([
            AttentionSql.Command(
                """
                WITH taken AS (
                    INSERT INTO homework (school_id, district_id, class_id, subject, due_on, missed)
                    SELECT $1, $2, $3, r.subject, r.due_on, r.missed
                    FROM jsonb_to_recordset($4) AS r (subject text, due_on date, missed uuid[])
                    ON CONFLICT (school_id, class_id, subject, due_on) DO UPDATE SET missed = EXCLUDED.missed
                    WHERE homework.missed <> EXCLUDED.missed
                    RETURNING xmax = 0 AS added)
                SELECT count(*) FILTER (WHERE added)::int, count(*) FILTER (WHERE NOT added)::int FROM taken
                """, @class.SchoolId, @class.DistrictId, @class.Id, json),
            AttentionSql.Command(
                """
                INSERT INTO piece
                SELECT student_id, concat_ws('/', of, min(due_on), max(due_on))
                FROM (
                    SELECT CASE WHEN $3 THEN subject END AS of, due_on, missed,
                        row_number() OVER (PARTITION BY CASE WHEN $3 THEN subject END ORDER BY due_on DESC, subject) AS nth
                    FROM homework WHERE school_id = $1 AND class_id = $2) latest
                CROSS JOIN unnest(missed) AS student_id
                WHERE nth <= $4
                GROUP BY student_id, of HAVING count(*) = $4
                """, @class.SchoolId, @class.Id, settings.MissedPerSubject, settings.MissedInARow),
            // The evidence from this class, with its two days at the end and the subject before them, if it is of one: it holds
            // while the student handed in nothing that was due in between.
            AttentionSql.Command(
                """
                CREATE TEMP TABLE judged ON COMMIT DROP AS
                SELECT a.student_id, e.piece, bool_and(a.student_id = ANY (h.missed)) AS holds
                FROM attention a CROSS JOIN LATERAL unnest(a.evidence) AS e (piece)
                    JOIN homework h ON h.school_id = $1 AND h.class_id = $2
                        AND h.due_on BETWEEN left(right(e.piece, 21), 10)::date AND right(e.piece, 10)::date
                        AND (length(e.piece) = length('2026-10-20/2026-11-20') OR h.subject || '/' = left(e.piece, -21))
                    JOIN enrolment n ON n.school_id = $1 AND n.class_id = $2 AND n.student_id = a.student_id
                        AND n.starts_on <= h.due_on AND (n.ends_on IS NULL OR n.ends_on >= h.due_on)
                WHERE a.school_id = $1 AND a.cause = 'MissedHomework'
                GROUP BY a.student_id, e.piece
                """, @class.SchoolId, @class.Id),
        ]).On(connection);
        int added, changed;
        await using (var reader = await take.ExecuteReaderAsync(cancel))
        {
            await reader.ReadAsync(cancel);
            (added, changed) = (reader.GetInt32(0), reader.GetInt32(1));
        }

        var raised = await AttentionSql.RaiseAsync(
            connection, @class.DistrictId, @class.SchoolId, AttentionCause.MissedHomework, now, cancel);
        var withdrawn = await AttentionSql.CorrectAsync(
            connection, @class.SchoolId, AttentionCause.MissedHomework, now, cancel);
        return ImportScores.ReportOf(rows, added, changed, reported.Count - added - changed, raised, withdrawn, remarks, http);
    }

    /// <summary>Homework goes along with a class that moves to another school (ALL-10): what was missed in a row there and here is one
    /// row.</summary>
    public static async Task FollowAsync(NpgsqlConnection connection, IReadOnlyList<MovedClass> moves, CancellationToken cancel)
    {
        await using var move = AttentionSql.Command(
            """
            UPDATE homework h SET school_id = m.to_school, class_id = m.to_class
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS m (from_school, from_class, to_school, to_class)
            WHERE h.school_id = m.from_school AND h.class_id = m.from_class AND NOT EXISTS (
                SELECT FROM homework o WHERE o.school_id = m.to_school AND o.class_id = m.to_class AND o.subject = h.subject
                    AND o.due_on = h.due_on)
            """,
            Column(one => one.FromSchoolId), Column(one => one.FromClassId), Column(one => one.ToSchoolId), Column(one => one.ToClassId))
            .On(connection);
        await move.ExecuteNonQueryAsync(cancel);

        Guid[] Column(Func<MovedClass, Guid> of) => [.. moves.Select(of)];
    }

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Reported(string Subject, DateOnly DueOn, Guid[] Missed);
}
