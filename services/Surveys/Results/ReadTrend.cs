using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Rounds;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Results;

/// <summary>What the rounds of one survey have said over time.</summary>
/// <param name="Points">The rounds, the oldest first.</param>
public sealed record SurveyTrend(IReadOnlyList<TrendPoint> Points);

/// <summary>A round in a trend.</summary>
/// <param name="RoundId">The round; <see langword="null"/> for visit satisfaction, which has a round in each school.</param>
/// <param name="TermId">The term, of visit satisfaction.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="Results">Its results, of the questions alone that the newest round asks alike.</param>
public sealed record TrendPoint(Guid? RoundId, Guid? TermId, DateTimeOffset OpenedAt, SurveyResults Results);

/// <summary>
/// The rounds of one survey over time (SUR-5). Each is shown as its own results show it, so that a trend tells nothing that they hide
/// (SUR-4). Compared are rounds that asked the whole node, and questions that are the same.
/// </summary>
internal static class ReadTrend
{
    private const int MostPoints = 20;

    public static void MapReadTrend(this IEndpointRouteBuilder api) =>
        api.MapGet("/trend", ReadAsync)
            .WithName("ReadSurveyTrend")
            .WithSummary("The newest rounds of one survey at a class, a school or the district, compared over time.")
            .Query(Permission.SurveyRead);

    private static async Task<Results<Ok<SurveyTrend>, Problem>> ReadAsync(
        SurveysDb db, CurrentCaller current, CancellationToken cancel, string? node = null, Guid? id = null, Guid? definitionId = null,
        string? readyMade = null)
    {
        if (Node.Of(node, id, current) is not { } place)
            return (Problem)SurveysFailures.NodeNeeded;
        var kind = Enum.TryParse<SurveyKind>(readyMade, ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : (SurveyKind?)null;
        if (definitionId is null == kind is null)
            return Problem.Of([SurveysFailures.DefinitionNeeded.At("definitionId")]);
        var points = place.Level == ResultNode.Class
            ? await OfClassAsync(db, place, definitionId, kind, cancel)
            : await OfTotalsAsync(db, place, definitionId, kind, cancel);
        if (points.Count == 0)
            return (Problem)Failures.NotFound;
        var newest = points[0].Round;
        return TypedResults.Ok(new SurveyTrend(
            [.. points.OrderBy(point => point.Round.OpenedAt).Select(point =>
            {
                var alike = Figures.Alike(newest.Definition, point.Round.Definition);
                var isOfTerm = point.Round.TermId is not null;
                return new TrendPoint(
                    isOfTerm ? null : point.Round.Id, point.Round.TermId, point.Round.OpenedAt,
                    Figures.Of(
                        point.Round.Definition, point.Invited, point.Shown, point.Counts.Where(count => alike.Contains(count.Question))));
            })]));
    }

    private static async Task<List<Point>> OfClassAsync(
        SurveysDb db, Node place, Guid? design, SurveyKind? readyMade, CancellationToken cancel)
    {
        var cells =
            from cell in place.Cells(db)
            join round in db.Rounds on new { cell.SchoolId, Id = cell.RoundId } equals new { round.SchoolId, round.Id }
            where design != null ? round.DesignId == design : round.DesignId == null && round.Kind == readyMade
            orderby round.OpenedAt descending
            select new { Cell = cell, Round = round };
        var found = await cells.Take(MostPoints).ToListAsync(cancel);
        var (schools, rounds) = (
            found.Select(one => one.Round.SchoolId).Distinct().ToArray(), found.Select(one => one.Round.Id).Distinct().ToArray());
        var counts = (await db.Set<CellCount>().AsNoTracking()
            .Where(count => schools.Contains(count.SchoolId) && rounds.Contains(count.RoundId) && count.ClassId == place.Id)
            .Where(count => count.Shown > 0)
            .ToListAsync(cancel)).ToLookup(count => (count.SchoolId, count.RoundId));
        return found.ConvertAll(one => new Point(
            one.Round, one.Cell.Invited, one.Cell.Shown,
            counts[(one.Round.SchoolId, one.Round.Id)].Select(count => new OptionCount(count.QuestionId, count.Option, count.Shown))));
    }

    private static async Task<List<Point>> OfTotalsAsync(
        SurveysDb db, Node place, Guid? design, SurveyKind? readyMade, CancellationToken cancel)
    {
        var totals = place.Totals(db).Where(total => total.Whole
            && (design != null ? total.DesignId == design : total.DesignId == null && total.Kind == readyMade));
        var newest = totals.GroupBy(total => total.SeriesId)
            .Select(series => new { Id = series.Key, OpenedAt = series.Min(total => total.OpenedAt) })
            .OrderByDescending(series => series.OpenedAt).Take(MostPoints).Select(series => series.Id);
        var rows = (await totals.Where(total => newest.Contains(total.SeriesId)).ToListAsync(cancel)).ToLookup(total => total.SeriesId);
        var (school, ids) = (place.Level == ResultNode.School ? place.Id : Guid.Empty, rows.Select(series => series.Key).ToArray());
        // One of each, however many schools were asked.
        var rounds = await db.Rounds.FromSql(
            $"""
            SELECT one.* FROM unnest({ids}) AS series (id) CROSS JOIN LATERAL (
                SELECT * FROM survey_round r
                WHERE (r.id = series.id OR (r.term_id = series.id AND r.kind = 'VisitSatisfaction'))
                    AND {school} IN (r.school_id, {Guid.Empty})
                LIMIT 1) AS one
            """).AsNoTracking().ToListAsync(cancel);
        return [.. rounds.OrderByDescending(round => round.OpenedAt).Select(round =>
        {
            var series = rows[round.TermId ?? round.Id];
            return new Point(
                round, series.Sum(total => total.Invited), series.Sum(total => total.Shown),
                Figures.Sum(series.SelectMany(total => Totals.Read(total.Counts))));
        })];
    }

    private sealed record Point(Round Round, int Invited, int Shown, IEnumerable<OptionCount> Counts);
}
