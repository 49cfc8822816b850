using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>A score of a student.</summary>
/// <param name="Id">The score.</param>
/// <param name="Kind">The kind of exam.</param>
/// <param name="Subject">The subject.</param>
/// <param name="HeldOn">The day of the exam.</param>
/// <param name="Points">Points; <see langword="null"/> for a level.</param>
/// <param name="OutOf">The most points; <see langword="null"/> for a level.</param>
/// <param name="Level">The level; <see langword="null"/> for points.</param>
public sealed record ScoreBody(
    Guid Id, ExamKind Kind, string Subject, DateOnly HeldOn, decimal? Points, decimal? OutOf, ScoreLevel? Level);

/// <summary>
/// Shows the scores of one student to the staff of the class and the own guardians, nobody else (MSG-3). There is no list of a class, and
/// no rank.
/// </summary>
internal static class ReadScores
{
    public static void MapReadScores(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/scores", ListAsync)
            .WithName("ListScores")
            .WithSummary("The scores of one student, the newest exam first.")
            .Query(Permission.ScoreRead);

    private static async Task<Results<Ok<Page<ScoreBody>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<DayKey>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await db.FindOnRollAsync(
                current.Caller, Permission.ScoreRead, districtId, studentId, LocalDay.Today(clock), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var take = Cursor.Size(size);
        var rows = await db.Set<Score>().AsNoTracking()
            .Where(score => score.SchoolId == at.SchoolId && score.StudentId == studentId
                && (last == null || score.HeldOn < last.Day || score.HeldOn == last.Day && score.Id < last.Id))
            .OrderByDescending(score => score.HeldOn).ThenByDescending(score => score.Id)
            .Select(score => new ScoreBody(
                score.Id, score.Kind, score.Subject, score.HeldOn, score.Points, score.OutOf, score.Level))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => new DayKey(row.HeldOn, row.Id)));
    }

    private sealed record DayKey(DateOnly Day, Guid Id);
}
