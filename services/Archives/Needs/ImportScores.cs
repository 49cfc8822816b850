using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using HomeSchool.Archives.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Archives.Needs;

/// <summary>Scores of an exam.</summary>
/// <param name="Kind">The kind of exam.</param>
/// <param name="HeldOn">Its day.</param>
/// <param name="Scores">1–5,000 scores.</param>
/// <param name="OutOf">The most points, up to 1,000; without it scores are levels from A to E.</param>
/// <param name="Subject">The subject of the scores that name none.</param>
public sealed record ScoresRequest(
    ExamKind Kind, DateOnly HeldOn, IReadOnlyList<ScoreEntry> Scores, decimal? OutOf = null, string? Subject = null);

/// <summary>A score.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="Score">Points (<c>87.5</c>), or a level (<c>B</c>).</param>
/// <param name="Subject">The subject, if it is not that of all.</param>
public sealed record ScoreEntry(Guid StudentId, string Score, string? Subject = null);

/// <summary>What came in.</summary>
/// <param name="Rows">Rows that were read.</param>
/// <param name="Added">New ones.</param>
/// <param name="Changed">Those that say something else than before.</param>
/// <param name="Unchanged">Those that say the same.</param>
/// <param name="Raised">How many students draw attention by it (ARC-5).</param>
/// <param name="Withdrawn">How many draw attention no more, because what it followed from was corrected before anybody decided.</param>
/// <param name="Mistakes">Rows that were not taken.</param>
/// <param name="Remarks">Why not, with file, line and column; the first 10,000.</param>
public sealed record DataReport(
    int Rows, int Added, int Changed, int Unchanged, int Raised, int Withdrawn, int Mistakes, IReadOnlyList<RemarkBody> Remarks);

/// <summary>
/// Scores come in by API or file, for a class, a grade or a school (ARC-5). In one transaction they are stored, compared with the exam of
/// the same kind before, and what draws attention is raised. A file that comes twice changes nothing.
/// </summary>
internal static class ImportScores
{
    private const int MostEntries = 5_000;
    private const decimal MostPoints = 1_000;

    public static void MapImportScores(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{schoolId:guid}/scores", ReportAsync)
            .WithName("ReportScores")
            .WithSummary("Scores of an exam; all of them, or nothing.")
            .Command(Permission.ScoreWrite);
        api.MapPost("/schools/{schoolId:guid}/scores.csv", ImportAsync)
            .WithName("ImportScores")
            .WithSummary("Scores of an exam as csv (number,subject,score): good rows stand, bad ones are listed.")
            .Accepts<RosterUpload>("multipart/form-data", "text/csv", "application/octet-stream")
            .WithMetadata(new RequestSizeLimitAttribute(NeedFiles.UploadBytes))
            .Command(Permission.ScoreWrite);
    }

    private static async Task<Results<Ok<DataReport>, Problem>> ReportAsync(
        Guid schoolId, ScoresRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        CheckExam(mistakes, request.HeldOn, request.OutOf, clock);
        if (request.Scores.Count is 0 or > MostEntries)
            mistakes.Add(Failures.List.At("scores", 1, MostEntries));
        var subject = mistakes.OptionalText("subject", request.Subject, ScoreRow.LongestSubject);
        var rows = new List<ScoreRow>(request.Scores.Count);
        for (var i = 0; i < request.Scores.Count && mistakes.Refusal is null; i++)
        {
            var entry = request.Scores[i];
            var of = mistakes.Text($"scores[{i}].subject", entry.Subject ?? subject, ScoreRow.LongestSubject);
            if (!ScoreRow.TryRead(entry.Score?.Trim(), request.OutOf, out var points, out var level))
                mistakes.Add(NeedFailures.ScoreInvalid.At($"scores[{i}].score"));
            rows.Add(new ScoreRow(0, 0, entry.StudentId.ToString(), of, points, level));
        }

        if (rows.DistinctBy(row => (row.Number, row.Subject)).Count() < rows.Count)
            mistakes.Add(Failures.List.At("scores", 1, MostEntries));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(db, current.Caller, schoolId, cancel) is not var (district, reach))
            return (Problem)Failures.NotFound;
        var remarks = new RosterRemarks();
        var exam = new Exam(district, schoolId, request.Kind, request.HeldOn, request.OutOf, reach);
        var report = await TakeAsync(db, exam, AsAsync(rows), [""], remarks, clock, http, cancel);
        if (remarks.Errors > 0)
            return (Problem)Failures.NotFound; // somebody who is not the caller's to see
        audit.About("school", schoolId, district, schoolId);
        return TypedResults.Ok(report);
    }

    private static async Task<Results<Ok<DataReport>, Problem>> ImportAsync(
        Guid schoolId, Choice<ExamKind> kind, DateOnly heldOn, decimal? outOf, string? subject, RosterUpload upload, ArchivesDb db,
        CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        CheckExam(mistakes, heldOn, outOf, clock);
        var common = mistakes.OptionalText("subject", subject, ScoreRow.LongestSubject);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(db, current.Caller, schoolId, cancel) is not var (district, reach))
            return (Problem)Failures.NotFound;
        var remarks = upload.Remarks;
        var files = new List<(CsvReader Csv, RosterHeader Header)>();
        foreach (var file in upload.Files)
        {
            if (await NeedFiles.OpenAsync(file, NeedFiles.Scores, remarks, cancel) is not { } opened)
                continue;
            string[] needed = [NeedFiles.Number(opened.Header), "score", .. common is null ? ["subject"] : Array.Empty<string>()];
            foreach (var column in needed.Where(column => opened.Header[column] < 0))
                remarks.Add(RosterTexts.ColumnMissing, file.Name, 1, column, column);

            files.Add(opened);
        }

        if (upload.Files.Count == 0)
            remarks.Add(RosterTexts.NothingUploaded, "");
        if (remarks.Refusals.Count > 0)
            return ImportRoster.Refused(NeedFailures.FileRefused, remarks);
        string[] names = [.. upload.Files.Select(file => file.Name)];
        var exam = new Exam(district, schoolId, kind.Value, heldOn, outOf, reach);
        var rows = RowsAsync(files, names, outOf, common, remarks, cancel);
        var report = await TakeAsync(db, exam, rows, names, remarks, clock, http, cancel);
        audit.About("school", schoolId, district, schoolId);
        return TypedResults.Ok(report);
    }

    private static void CheckExam(Mistakes mistakes, DateOnly heldOn, decimal? outOf, TimeProvider clock)
    {
        var today = LocalDay.Today(clock);
        if (heldOn > today || heldOn < today.AddYears(-1))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At("heldOn", today.AddYears(-1), today));
        if (outOf is <= 0 or > MostPoints || outOf?.Scale > 2)
            mistakes.Add(Failures.Range.At("outOf", 1, MostPoints));
    }

    // A school or class of the caller; null for any other.
    private static async Task<(Guid District, Reach Reach)?> FindAsync(
        ArchivesDb db, Caller caller, Guid schoolId, CancellationToken cancel)
    {
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return null;
        var reach = Reach.Of(caller, Permission.ScoreWrite, school.DistrictId, schoolId);
        return reach.Everybody || reach.Classes.Count > 0 ? (school.DistrictId, reach) : null;
    }

    private static async IAsyncEnumerable<ScoreRow> AsAsync(IEnumerable<ScoreRow> rows)
    {
        await Task.CompletedTask;
        foreach (var row in rows)
            yield return row;
    }

    private static async IAsyncEnumerable<ScoreRow> RowsAsync(
        List<(CsvReader Csv, RosterHeader Header)> files, string[] names, decimal? outOf, string? subject, RosterRemarks remarks,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var file = 0; file < files.Count; file++)
        {
            var (csv, header) = files[file];
            var line = new RosterLine(csv, header, names[file], remarks);
            var number = NeedFiles.Number(header);
            while (await NeedFiles.NextAsync(csv, header, line, cancel) is { } hasFields)
            {
                if (!hasFields)
                    continue;
                var student = line.Required(number, RosterLine.LongestId);
                var of = line.Text("subject", ScoreRow.LongestSubject) ?? subject;
                if (of is null)
                    line.Reject(RosterTexts.Missing, "subject");
                if (!ScoreRow.TryRead(csv[header["score"]], outOf, out var points, out var level))
                    line.Reject(RosterTexts.ScoreInvalid, "score", null, outOf?.ToString(CultureInfo.InvariantCulture) ?? "A–E");
                if (line.Good)
                    yield return new ScoreRow(file, line.Number, student, of!, points, level);
            }
        }
    }

    private static async Task<DataReport> TakeAsync(
        ArchivesDb db, Exam exam, IAsyncEnumerable<ScoreRow> rows, string[] names, RosterRemarks remarks, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var settings = await db.NeedSettingsAsync(exam.DistrictId, cancel);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await db.LockAsync([exam.SchoolId], cancel);
        var now = clock.GetUtcNow();
        var (added, changed, kept) = await exam.StoreAsync(connection, rows, names, remarks, LocalDay.Of(now), cancel);
        await exam.CompareAsync(connection, settings, cancel);
        var raised = await AttentionSql.RaiseAsync(
            connection, exam.DistrictId, exam.SchoolId, AttentionCause.ScoreChange, now, cancel);
        var withdrawn = await AttentionSql.CorrectAsync(connection, exam.SchoolId, AttentionCause.ScoreChange, now, cancel);
        return ReportOf(kept + remarks.Errors, added, changed, kept - added - changed, raised, withdrawn, remarks, http);
    }

    /// <summary>Says what came in, in the caller's language.</summary>
    public static DataReport ReportOf(
        int rows, int added, int changed, int unchanged, int raised, int withdrawn, RosterRemarks remarks, HttpContext http)
    {
        var chinese = Language.IsChinese(http);
        return new DataReport(rows, added, changed, unchanged, raised, withdrawn, remarks.Errors,
        [
            .. remarks.Notes.Concat(remarks.Mistakes).OrderBy(remark => remark.File, StringComparer.Ordinal).ThenBy(remark => remark.Line)
                .Select(remark => RemarkBody.Of(remark, chinese)),
        ]);
    }

    // One exam of a school, as far as the caller's roles reach.
    private sealed record Exam(
        Guid DistrictId, Guid SchoolId, ExamKind Kind, DateOnly HeldOn, decimal? OutOf, Reach Reach)
    {
        public async Task<(int Added, int Changed, int Kept)> StoreAsync(
            NpgsqlConnection connection, IAsyncEnumerable<ScoreRow> rows, string[] names, RosterRemarks remarks, DateOnly today,
            CancellationToken cancel)
        {
            await using (var begin = AttentionSql.Begin().Append(new NpgsqlBatchCommand(
                """
                CREATE TEMP TABLE in_score (
                    file int, line int, number text, subject text, points numeric, level text, student_id uuid) ON COMMIT DROP
                """)).On(connection))
            {
                await begin.ExecuteNonQueryAsync(cancel);
            }

            await CopyAsync(connection, rows, cancel);
            await using var store = new[]
            {
                new NpgsqlBatchCommand("ANALYZE in_score"),
                // Who is on the roll today, within the caller's reach, by any of the numbers that name one student only.
                AttentionSql.Command(
                    """
                    WITH on_roll AS MATERIALIZED (
                        SELECT s.id, s.number, s.source_id FROM enrolment e
                        JOIN student s ON s.district_id = e.district_id AND s.id = e.student_id
                        WHERE e.school_id = $1 AND e.starts_on <= $2 AND (e.ends_on IS NULL OR e.ends_on >= $2)
                            AND ($3 OR e.class_id = ANY ($4))),
                    named AS (
                        SELECT number, id FROM on_roll WHERE number IS NOT NULL
                        UNION SELECT source_id, id FROM on_roll UNION SELECT id::text, id FROM on_roll)
                    UPDATE in_score i SET student_id = n.id
                    FROM (SELECT number, (array_agg(id))[1] AS id FROM named GROUP BY number HAVING count(*) = 1) n
                    WHERE n.number = i.number
                    """, SchoolId, today, Reach.Everybody, Reach.Classes.ToArray()),
                new NpgsqlBatchCommand(
                    "DELETE FROM in_score WHERE student_id IS NULL RETURNING 'student.unknown'::text, file, line, number"),
                new NpgsqlBatchCommand(
                    """
                    DELETE FROM in_score i USING (
                        SELECT ctid AS place, row_number() OVER (PARTITION BY student_id, subject ORDER BY file, line) AS nth
                        FROM in_score) n
                    WHERE i.ctid = n.place AND n.nth > 1 RETURNING 'score.twice'::text, file, line, number
                    """),
                new NpgsqlBatchCommand("CREATE TEMP TABLE touched (student_id uuid, subject text, added bool) ON COMMIT DROP"),
                AttentionSql.Command(
                    """
                    WITH stored AS MATERIALIZED (
                        SELECT * FROM score WHERE school_id = $2 AND kind = $3 AND held_on = $4),
                    changed AS (
                        UPDATE score s SET points = i.points, level = i.level, out_of = $5
                        FROM stored t JOIN in_score i USING (student_id, subject)
                        WHERE s.district_id = $1 AND s.id = t.id
                            AND (t.points, t.level, t.out_of) IS DISTINCT FROM (i.points, i.level, $5::numeric)
                        RETURNING s.student_id, s.subject),
                    added AS (
                        INSERT INTO score (district_id, id, school_id, student_id, kind, subject, held_on, points, out_of, level)
                        SELECT $1, uuid_v7(), $2, i.student_id, $3, i.subject, $4, i.points, $5, i.level
                        FROM in_score i LEFT JOIN stored t USING (student_id, subject) WHERE t.id IS NULL
                        RETURNING student_id, subject)
                    INSERT INTO touched SELECT *, false FROM changed UNION ALL SELECT *, true FROM added
                    """, DistrictId, SchoolId, Kind.ToString(), HeldOn, Numeric(OutOf)),
                new NpgsqlBatchCommand("ANALYZE touched"),
                new NpgsqlBatchCommand(
                    """
                    SELECT count(*) FILTER (WHERE added)::int, count(*) FILTER (WHERE NOT added)::int,
                        (SELECT count(*)::int FROM in_score) FROM touched
                    """),
            }.On(connection);
            await using var reader = await store.ExecuteReaderAsync(cancel);
            for (var result = 0; result < 2; result++, await reader.NextResultAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                {
                    remarks.Add(
                        RosterTexts.Of(reader.GetString(0)), names[reader.GetInt32(1)], reader.GetInt32(2), "number", reader.GetString(3));
                }
            }

            await reader.ReadAsync(cancel);
            return (reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2));
        }

        // Each score of the subjects that came or changed, with the one before it: what draws attention by this exam, and what of earlier
        // evidence holds still. In whole numbers: no share is rounded.
        public async Task CompareAsync(NpgsqlConnection connection, NeedSettings settings, CancellationToken cancel)
        {
            await using var compare = new[]
            {
                AttentionSql.Command(
                    """
                    CREATE TEMP TABLE met ON COMMIT DROP AS
                    SELECT student_id, concat_ws('/', $5, subject, before_on, held_on) AS piece, $3 IN (held_on, before_on) AS fresh
                    FROM (
                        SELECT s.student_id, s.subject, s.held_on, s.points, s.out_of, s.level, lag(s.held_on) OVER w AS before_on,
                            lag(s.points) OVER w AS before_points, lag(s.out_of) OVER w AS before_out_of,
                            lag(s.level) OVER w AS before_level
                        FROM score s JOIN touched t USING (student_id, subject) WHERE s.school_id = $1 AND s.kind = $2
                        WINDOW w AS (PARTITION BY s.student_id, s.subject ORDER BY s.held_on)) pair
                    WHERE abs(points * before_out_of - before_points * out_of) * 100 > $4 * before_points * out_of
                        OR ascii(level) - ascii(before_level) >= $6
                    """, SchoolId, Kind.ToString(), HeldOn, settings.ScoreChangePercent,
                    JsonNamingPolicy.CamelCase.ConvertName(Kind.ToString()), settings.LevelDrop),
                new NpgsqlBatchCommand("INSERT INTO piece SELECT student_id, piece FROM met WHERE fresh"),
                // The evidence of these subjects, with its two days at the end: /2026-10-20/2026-11-20.
                AttentionSql.Command(
                    """
                    CREATE TEMP TABLE judged ON COMMIT DROP AS
                    SELECT DISTINCT a.student_id, e.piece, m.piece IS NOT NULL AS holds
                    FROM attention a CROSS JOIN LATERAL unnest(a.evidence) AS e (piece)
                        JOIN touched t ON t.student_id = a.student_id
                            AND left(e.piece, -length('/2026-10-20/2026-11-20')) = concat_ws('/', $2, t.subject)
                        LEFT JOIN met m ON m.student_id = a.student_id AND m.piece = e.piece
                    WHERE a.school_id = $1 AND a.cause = 'ScoreChange'
                    """, SchoolId, JsonNamingPolicy.CamelCase.ConvertName(Kind.ToString())),
            }.On(connection);
            await compare.ExecuteNonQueryAsync(cancel);
        }

        private static NpgsqlParameter Numeric(decimal? value) =>
            new() { NpgsqlDbType = NpgsqlDbType.Numeric, Value = value is { } number ? number : DBNull.Value };

        private static async Task CopyAsync(NpgsqlConnection connection, IAsyncEnumerable<ScoreRow> rows, CancellationToken cancel)
        {
            await using var to = await connection.BeginBinaryImportAsync(
                "COPY in_score (file, line, number, subject, points, level) FROM STDIN (FORMAT BINARY)", cancel);
            await foreach (var row in rows.WithCancellation(cancel))
            {
                await to.StartRowAsync(cancel);
                await to.WriteAsync(row.File, NpgsqlDbType.Integer, cancel);
                await to.WriteAsync(row.Line, NpgsqlDbType.Integer, cancel);
                await to.WriteAsync(row.Number, NpgsqlDbType.Text, cancel);
                await to.WriteAsync(row.Subject, NpgsqlDbType.Text, cancel);
                if (row.Points is { } points)
                    await to.WriteAsync(points, NpgsqlDbType.Numeric, cancel);
                else
                    await to.WriteNullAsync(cancel);
                if (row.Level is { } level)
                    await to.WriteAsync(level.ToString(), NpgsqlDbType.Text, cancel);
                else
                    await to.WriteNullAsync(cancel);
            }

            await to.CompleteAsync(cancel);
        }
    }
}
