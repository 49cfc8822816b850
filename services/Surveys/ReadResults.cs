using System.Globalization;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys;

/// <summary>Where results are asked for.</summary>
public enum ResultNode
{
    /// <summary>A class.</summary>
    Class,

    /// <summary>A school.</summary>
    School,

    /// <summary>The district.</summary>
    District,
}

/// <summary>The results of a node (SUR-5), as far as they are shown (SUR-4).</summary>
/// <param name="Invited">Families invited.</param>
/// <param name="Answers">Answers that are shown; 0 below five.</param>
/// <param name="ResponseRate">Shown answers over invited, 0–1; <see langword="null"/> when nobody is invited.</param>
/// <param name="Questions">One for each question with numbers.</param>
public sealed record Results(int Invited, int Answers, double? ResponseRate, IReadOnlyList<QuestionResults> Questions);

/// <summary>The results of one question.</summary>
/// <param name="Id">The question.</param>
/// <param name="Answers">How many gave a number.</param>
/// <param name="Mean">The mean; <see langword="null"/> without answers.</param>
/// <param name="Distribution">How many gave each number.</param>
public sealed record QuestionResults(string Id, int Answers, double? Mean, IReadOnlyDictionary<string, int> Distribution);

/// <summary>Live results from counters: they cost the same after a hundred answers and after a million (SUR-5).</summary>
internal static class ReadResults
{
    public static void MapReadResults(this IEndpointRouteBuilder api) =>
        api.MapGet("/results", ReadAsync).Query(Permission.SurveyRead).WithName("ReadSurveyResults");

    private static async Task<Results<Ok<Results>, Problem>> ReadAsync(
        SurveysDb db, CurrentCaller current, CancellationToken cancel, string? node = null, Guid? id = null, Guid? termId = null)
    {
        if (!Enum.TryParse<ResultNode>(node, ignoreCase: true, out var level) || !Enum.IsDefined(level) || id is not { } place)
            return (Problem)SurveysFailures.NodeNeeded;
        var grants = current.Caller.With(Permission.SurveyRead).ToArray();
        var districts = grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId).ToArray();
        var schools = grants.Where(grant => grant is { SchoolId: not null, ClassId: null }).Select(grant => grant.SchoolId!.Value).ToArray();
        var classes = grants.Where(grant => grant.ClassId is not null).Select(grant => grant.ClassId!.Value).ToArray();
        if (level == ResultNode.District && !districts.Contains(place))
            return (Problem)Failures.NotFound;

        var cells = await db.Set<Cell>().AsNoTracking()
            .Where(c => level == ResultNode.Class ? c.ClassId == place : level == ResultNode.School ? c.SchoolId == place : c.DistrictId == place)
            .Where(c => districts.Contains(c.DistrictId) || schools.Contains(c.SchoolId)
                || (level == ResultNode.Class && classes.Contains(c.ClassId)))
            .Where(c => termId == null || c.TermId == termId)
            .GroupBy(_ => 1).Select(all => new { Invited = all.Sum(c => c.Invited), Shown = all.Sum(c => c.Shown) })
            .SingleOrDefaultAsync(cancel);
        if (cells is null)
            return (Problem)Failures.NotFound;
        var counts = await db.Set<CellCount>().AsNoTracking()
            .Where(c => level == ResultNode.Class ? c.ClassId == place : level == ResultNode.School ? c.SchoolId == place : c.DistrictId == place)
            .Where(c => (termId == null || c.TermId == termId) && c.Shown > 0)
            .GroupBy(c => new { c.QuestionId, c.Value })
            .Select(group => new { group.Key.QuestionId, group.Key.Value, Shown = group.Sum(c => c.Shown) })
            .ToListAsync(cancel);
        return TypedResults.Ok(new Results(
            cells.Invited,
            cells.Shown,
            cells.Invited == 0 ? null : (double)cells.Shown / cells.Invited,
            [.. counts.GroupBy(count => count.QuestionId, StringComparer.Ordinal).OrderBy(question => question.Key, StringComparer.Ordinal)
                .Select(question => new QuestionResults(
                    question.Key,
                    question.Sum(count => count.Shown),
                    question.Sum(count => (double)count.Value * count.Shown) / question.Sum(count => count.Shown),
                    question.OrderBy(count => count.Value).ToDictionary(
                        count => count.Value.ToString(CultureInfo.InvariantCulture), count => count.Shown, StringComparer.Ordinal)))]));
    }
}
