using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Results;

/// <summary>Live results from sums: they cost the same after a hundred answers and after a million, for ten classes and for ten thousand
/// (SUR-5).</summary>
internal static class ReadResults
{
    public static void MapReadResults(this IEndpointRouteBuilder api) =>
        api.MapGet("/results", ReadAsync)
            .WithName("ReadSurveyResults")
            .WithSummary("Results of a round at a class, a school or the district; without a round, of visit satisfaction.")
            .Query(Permission.SurveyRead);

    /// <summary>The results of a round at a node; without a round, of visit satisfaction, in all terms or one.</summary>
    private static async Task<Results<Ok<SurveyResults>, Problem>> ReadAsync(
        SurveysDb db, CurrentCaller current, CancellationToken cancel, string? node = null, Guid? id = null, Guid? termId = null,
        Guid? roundId = null)
    {
        if (Node.Of(node, id, current) is not { } place)
            return (Problem)SurveysFailures.NodeNeeded;
        var series = new Series(roundId, termId);
        var results = place.Level == ResultNode.Class
            ? await OfClassAsync(db, place, series, cancel)
            : await OfTotalsAsync(db, place, series, cancel);
        return results is null ? (Problem)Failures.NotFound : TypedResults.Ok(results);
    }

    private static async Task<SurveyResults?> OfClassAsync(SurveysDb db, Node place, Series series, CancellationToken cancel)
    {
        var cells =
            from cell in place.Cells(db)
            join round in series.Rounds(db) on new { cell.SchoolId, Id = cell.RoundId } equals new { round.SchoolId, round.Id }
            select new { Cell = cell, round.OpenedAt, round.Definition };
        var sums = await cells.GroupBy(_ => 1)
            .Select(all => new { Invited = all.Sum(one => one.Cell.Invited), Shown = all.Sum(one => one.Cell.Shown) })
            .SingleOrDefaultAsync(cancel);
        if (sums is null)
            return null;
        var counts = await (
            from count in db.Set<CellCount>().AsNoTracking()
            join one in cells on new { count.SchoolId, count.RoundId, count.ClassId }
                equals new { one.Cell.SchoolId, one.Cell.RoundId, one.Cell.ClassId }
            where count.Shown > 0
            group count.Shown by new { count.QuestionId, count.Option } into options
            select new OptionCount(options.Key.QuestionId, options.Key.Option, options.Sum())).ToListAsync(cancel);
        // The questions are those of the newest round: a visit's questions keep their ids from term to term.
        var asked = await cells.OrderByDescending(one => one.OpenedAt).Select(one => one.Definition).FirstAsync(cancel);
        return Figures.Of(asked, sums.Invited, sums.Shown, counts);
    }

    private static async Task<SurveyResults?> OfTotalsAsync(SurveysDb db, Node place, Series series, CancellationToken cancel)
    {
        // Of visit satisfaction one may name a school's round: its series is the term.
        var round = series.RoundId is null ? null : await place.Rounds(db, series).SingleOrDefaultAsync(cancel);
        if (round is null && series.RoundId is not null)
            return null;
        var rows = await place.Totals(db)
            .Where(total => round != null ? total.SeriesId == (round.TermId ?? round.Id)
                : total.Kind == SurveyKind.VisitSatisfaction && (series.TermId == null || total.SeriesId == series.TermId))
            .ToListAsync(cancel);
        if (rows.Count == 0)
            return null;
        round ??= await place.Rounds(db, new Series(null, rows.MaxBy(total => total.OpenedAt)!.SeriesId)).SingleAsync(cancel);
        return Figures.Of(
            round.Definition, rows.Sum(total => total.Invited), rows.Sum(total => total.Shown),
            Figures.Sum(rows.SelectMany(total => Totals.Read(total.Counts))));
    }
}
