using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Insights;

/// <summary>
/// The places below one (INS-1): the schools of a district, the grades of a school, its classes. Ordered by grade and title, never by
/// figures: there are no league tables (INS-2).
/// </summary>
internal static class ListCoverage
{
    public static void MapListCoverage(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/coverage/schools", SchoolsAsync)
            .WithName("ListSchoolCoverage")
            .WithSummary("Coverage of each school of a district that the caller may see.")
            .Query(Permission.CoverageRead);
        api.MapGet("/schools/{schoolId:guid}/coverage/grades", GradesAsync)
            .WithName("ListGradeCoverage")
            .WithSummary("Coverage of each grade of a school.")
            .Query(Permission.CoverageRead);
        api.MapGet("/schools/{schoolId:guid}/coverage/classes", ClassesAsync)
            .WithName("ListClassCoverage")
            .WithSummary("Coverage of each class of a school, or of one grade of it, that the caller may see.")
            .Query(Permission.CoverageRead);
    }

    private static async Task<Results<Ok<Page<CoverageBody>>, Problem>> SchoolsAsync(
        Guid districtId, [AsParameters] Listing listing, CancellationToken cancel)
    {
        var term = await listing.Terms.FirstOrDefaultAsync(t => t.DistrictId == districtId, cancel);
        return await listing.AnswerAsync(
            term, listing.Reach.Schools(listing.Db).Where(s => s.DistrictId == districtId).Select(Place.OfSchool), cancel);
    }

    private static async Task<Results<Ok<Page<CoverageBody>>, Problem>> GradesAsync(
        Guid schoolId, [AsParameters] Listing listing, CancellationToken cancel)
    {
        var term = await listing.TermOfAsync(schoolId, cancel);
        return await listing.AnswerAsync(
            term,
            from school in listing.Reach.Schools(listing.Db).Where(s => s.SchoolId == schoolId)
            from grade in listing.Db.Set<Coverage>()
                .Where(c => c.NodeId == school.SchoolId && c.TermId == term!.Id && c.Kind == NodeKind.Grade)
            select new Place
            {
                Kind = NodeKind.Grade,
                Id = school.SchoolId,
                DistrictId = school.DistrictId,
                SchoolId = school.SchoolId,
                Grade = grade.Grade,
                CountedAs = grade.Grade,
                SortedBy = grade.Grade,
                WithdrawnOn = null,
            },
            cancel);
    }

    private static async Task<Results<Ok<Page<CoverageBody>>, Problem>> ClassesAsync(
        Guid schoolId, string? grade, [AsParameters] Listing listing, CancellationToken cancel)
    {
        var term = await listing.TermOfAsync(schoolId, cancel);
        return await listing.AnswerAsync(
            term,
            listing.Reach.Classes(listing.Db).Where(c => c.SchoolId == schoolId && (grade == null || c.Grade == grade)).Select(Place.OfClass),
            cancel);
    }

    /// <summary>What the three lists have in common.</summary>
    private sealed class Listing
    {
        public Guid? Term { get; init; }

        public string? After { get; init; }

        public int? Size { get; init; }

        public required InsightsDb Db { get; init; }

        public required CurrentCaller Current { get; init; }

        public required TimeProvider Clock { get; init; }

        public Reach Reach => new(Current.Caller);

        public IQueryable<Term> Terms => Db.Set<Term>().AsNoTracking().Asked(Term, LocalDay.Today(Clock));

        /// <summary>The term of a school's district; <see langword="null"/> also when the school is not the caller's to see.</summary>
        public Task<Term?> TermOfAsync(Guid school, CancellationToken cancel) =>
            Terms.FirstOrDefaultAsync(t => Db.Set<School>().Any(s => s.SchoolId == school && s.DistrictId == t.DistrictId), cancel);

        public async Task<Results<Ok<Page<CoverageBody>>, Problem>> AnswerAsync(
            Term? term, IQueryable<Place> places, CancellationToken cancel)
        {
            if (!Cursor.TryRead<PlaceKey>(After, out var last))
                return Failures.CursorInvalid.Because();
            if (term is null)
                return Failures.NotFound.Because();
            if (last is not null)
            {
                places = places.Where(p => EF.Functions.GreaterThan(
                    ValueTuple.Create(p.SortedBy, p.Id), ValueTuple.Create(last.SortedBy, last.Id)));
            }

            var take = Cursor.Size(Size);
            var rows = await (
                from place in places
                from figures in Db.Set<Coverage>()
                    .Where(c => c.NodeId == place.Id && c.TermId == term.Id && c.Grade == place.CountedAs).DefaultIfEmpty()
                    // What is withdrawn stays in the terms in which it had students.
                where place.WithdrawnOn == null || figures!.OnRoll > 0
                orderby place.SortedBy, place.Id
                select new { place, figures }).Take(take + 1).AsNoTracking().ToListAsync(cancel);
            var page = Page.From(rows, take, row => new PlaceKey(row.place.SortedBy, row.place.Id));
            var today = LocalDay.Today(Clock);
            var quotas = await Db.QuotasOfAsync(
                term.DistrictId, [.. page.Items.Select(row => row.place.SchoolId).Distinct()], term.Id, cancel);
            return TypedResults.Ok(new Page<CoverageBody>(
                [.. page.Items.Select(row => CoverageBody.Of(row.place, row.figures, term, quotas, today))], page.Next));
        }
    }

    private sealed record PlaceKey(string SortedBy, Guid Id);
}
