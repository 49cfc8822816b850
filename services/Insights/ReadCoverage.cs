using System.Globalization;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Insights;

/// <summary>The coverage of one place (INS-1); cheap to ask again and again, as dashboards do.</summary>
internal static class ReadCoverage
{
    private static readonly List<NodeKind?> Kinds = [NodeKind.Class, NodeKind.Grade, NodeKind.School, NodeKind.District];

    public static void MapReadCoverage(this IEndpointRouteBuilder api) =>
        api.MapGet("/coverage", HandleAsync)
            .WithName("ReadCoverage")
            .WithSummary("Coverage of a class, grade, school or district in a term; the current term by default.")
            .WithDescription("For a grade, id is the school and grade says which. Answers 304 to If-None-Match while nothing changed.")
            .Produces(StatusCodes.Status304NotModified)
            .Query(Permission.CoverageRead);

    private static async Task<Results<Ok<CoverageBody>, StatusCodeHttpResult, Problem>> HandleAsync(
        string node, Guid id, string? grade, Guid? term, InsightsDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Kinds.Find(k => node.Equals(k.ToString(), StringComparison.OrdinalIgnoreCase)) is not { } kind)
            return InsightsFailures.NodeUnknown.Because();
        if (kind == NodeKind.Grade && string.IsNullOrEmpty(grade))
            return InsightsFailures.GradeNeeded.Because();
        var reach = new Reach(current.Caller);
        var today = LocalDay.Today(clock);
        var places = kind switch
        {
            NodeKind.Class => reach.Classes(db).Where(c => c.Id == id).Select(Place.OfClass),
            NodeKind.Grade => reach.Schools(db).Where(s => s.SchoolId == id).Select(Place.OfGrade(grade!)),
            NodeKind.School => reach.Schools(db).Where(s => s.SchoolId == id).Select(Place.OfSchool),
            _ => reach.Districts(db).Where(d => d.Id == id).Select(Place.OfDistrict),
        };
        var terms = db.Set<Term>().Asked(term, today);
        var found = await (
            from place in places
            from t in terms.Where(t => t.DistrictId == place.DistrictId).Take(1).DefaultIfEmpty()
            from figures in db.Set<Coverage>()
                .Where(c => c.NodeId == place.Id && c.TermId == t!.Id && c.Grade == place.CountedAs).DefaultIfEmpty()
            select new { place, term = t, figures }).AsNoTracking().SingleOrDefaultAsync(cancel);

        if (found is null)
            return Failures.NotFound.Because();
        if (found.term is null)
            return InsightsFailures.NoTerm.Because();
        var quotas = await db.QuotasOfAsync(found.place.DistrictId, [found.place.SchoolId], found.term.Id, cancel);
        // The figures, what the roster says about place and term, the quotas, and the day that milestones are compared with.
        var tag = string.Create(CultureInfo.InvariantCulture,
            $"\"{found.figures?.Version ?? 0}-{found.place.Version}-{found.term.Version}-{quotas.Sum(q => q.Version)}-{today.DayNumber}\"");
        http.Response.Headers.ETag = tag;
        return http.Request.Headers.IfNoneMatch.Contains(tag, StringComparer.Ordinal)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(CoverageBody.Of(found.place, found.figures, found.term, quotas, today));
    }
}
