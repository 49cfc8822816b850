using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>The grade of a drawn record.</summary>
/// <param name="RecordVersion">The version of the record that was read.</param>
/// <param name="Points">Points of each item in the checklist's order, 0–5.</param>
/// <param name="Excellent">Whether it is an excellent case.</param>
/// <param name="Comment">What the teacher should know, up to 1,000 characters.</param>
public sealed record GradeRequest(int RecordVersion, IReadOnlyList<int> Points, bool Excellent = false, string? Comment = null);

/// <summary>How a teacher's record was graded.</summary>
/// <param name="CheckId">The check.</param>
/// <param name="VisitId">The visit.</param>
/// <param name="RecordVersion">The version of the record that was graded.</param>
/// <param name="Items">The checklist.</param>
/// <param name="Points">Points of each item, 0–5.</param>
/// <param name="Score">The weighted points, 0–100.</param>
/// <param name="Excellent">Whether it is an excellent case.</param>
/// <param name="Comment">What the officer says; <see langword="null"/> also when it is erased.</param>
/// <param name="GradedAt">When.</param>
public sealed record SpotCheckResult(
    Guid CheckId, Guid VisitId, int RecordVersion, IReadOnlyList<ChecklistItem> Items, IReadOnlyList<int> Points, decimal Score,
    bool Excellent, string? Comment, DateTimeOffset GradedAt);

/// <summary>The officer grades drawn records; the teacher sees the own results (VIS-13).</summary>
internal static class GradeSpotCheck
{
    private const int LongestComment = 1_000;
    private const int MostResults = 200;

    public static void MapGradeSpotCheck(this IEndpointRouteBuilder api)
    {
        api.MapPut("/spot-checks/{id:guid}/records/{visit:guid}", GradeAsync).Command(Permission.SpotCheck)
            .WithName("GradeSpotCheck");
        api.MapGet("/spot-checks/results", ReadResultsAsync).Command(Permission.VisitRecord).Sensitive()
            .WithName("ReadOwnSpotCheckResults");
    }

    private static async Task<Results<NoContent, Problem>> GradeAsync(
        Guid id, Guid visit, GradeRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var comment = mistakes.OptionalText("comment", request.Comment, LongestComment);
        foreach (var (points, i) in request.Points.Select((points, i) => (points, i)))
            mistakes.Range($"points[{i}]", points, 0, SpotCheckRecord.MostPoints);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await DrawSpotCheck.VisibleTo(db, current.Caller).SingleOrDefaultAsync(c => c.Id == id, cancel) is not { } check
            || await db.Set<SpotCheckRecord>().SingleOrDefaultAsync(
                r => r.SchoolId == check.SchoolId && r.CheckId == id && r.VisitId == visit, cancel) is not { } record)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, record.Version) is { } stale)
            return (Problem)stale;
        if (request.Points.Count != check.Items.Length)
            return Problem.Of([Failures.List.At("points", check.Items.Length, check.Items.Length)]);
        if (!await db.Records.AnyAsync(
            r => r.SchoolId == check.SchoolId && r.VisitId == visit && r.Version == request.RecordVersion, cancel))
            return Problem.Of([SpotCheckFailures.NoSuchVersion.At("recordVersion")]);
        byte[]? sealedComment = null;
        if (comment is not null)
        {
            if (await db.Visits.AsNoTracking().SingleOrDefaultAsync(v => v.SchoolId == check.SchoolId && v.Id == visit, cancel)
                is not { } about)
                return (Problem)Failures.NotFound; // erased, or restricted
            sealedComment = await vault.SealAsync(
                about.ToSubject(), SpotCheckRecord.SealedComment.Of(record.Id), Encoding.UTF8.GetBytes(comment), cancel);
            if (sealedComment is null)
                return (Problem)Failures.Erased;
        }

        var by = current.Caller.With(Permission.SpotCheck).First(g => g.SchoolId == check.SchoolId).PersonId;
        record.Grade(
            request.RecordVersion, request.Points, check.Items, request.Excellent, sealedComment, by, clock.GetUtcNow());
        audit.About("spot-check", id, check.DistrictId, check.SchoolId);
        ETag.Set(http, record.Version);
        return TypedResults.NoContent();
    }

    /// <summary>The caller's own results, newest check first; the last 200.</summary>
    private static async Task<Ok<IReadOnlyList<SpotCheckResult>>> ReadResultsAsync(
        VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        var grants = current.Caller.With(Permission.VisitRecord).ToArray();
        var own = grants.Select(g => g.PersonId).OfType<Guid>().ToArray();
        var rows = await db.Set<SpotCheckRecord>().AsNoTracking().Where(r => own.Contains(r.TeacherId) && r.GradedAt != null)
            .Join(
                db.Set<SpotCheck>(), r => new { r.SchoolId, Id = r.CheckId }, c => new { c.SchoolId, c.Id },
                (r, c) => new { r, c.Items })
            .OrderByDescending(row => row.r.Id).Take(MostResults).ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(row => row.r.Comment).OfType<byte[]>(), cancel);
        var results = new List<SpotCheckResult>();
        foreach (var row in rows)
        {
            var comment = row.r.Comment is null ? null
                : await vault.OpenAsync(row.r.DistrictId, SpotCheckRecord.SealedComment.Of(row.r.Id), row.r.Comment, cancel);
            results.Add(new SpotCheckResult(
                row.r.CheckId, row.r.VisitId, row.r.RecordVersion!.Value, row.Items, row.r.Points!, row.r.Score!.Value,
                row.r.Excellent,
                comment is null ? null : Encoding.UTF8.GetString(comment), row.r.GradedAt!.Value));
        }

        if (own.Length > 0)
            audit.About("spot-check-results", own[0], grants[0].DistrictId, grants[0].SchoolId);
        return TypedResults.Ok<IReadOnlyList<SpotCheckResult>>(results);
    }
}
