using HomeSchool.Archives.Sensitive;
using HomeSchool.Archives.Timeline;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Needs;

/// <summary>Whether a student improved.</summary>
/// <param name="Improved">Yes or no.</param>
public sealed record OutcomeRequest(bool Improved);

/// <summary>The outcome of a student in a term.</summary>
/// <param name="Id">The outcome.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Kind">Struggling or concern.</param>
/// <param name="StartsOn">The day from which it is counted.</param>
/// <param name="Baseline">Where the student began, 0–1.</param>
/// <param name="Now">The same measure since; <see langword="null"/> when there is nothing yet.</param>
/// <param name="Proposed">What follows from the two; <see langword="null"/> when one of them is missing.</param>
/// <param name="Improved">What the homeroom teacher said.</param>
/// <param name="Frozen">Whether the term is over, so that it does not change any more.</param>
public sealed record OutcomeRow(
    Guid Id, Guid StudentId, OutcomeKind Kind, DateOnly StartsOn, decimal? Baseline, decimal? Now, bool? Proposed, bool? Improved,
    bool Frozen);

/// <summary>How many improved (ARC-9).</summary>
/// <param name="ClassId">The class; <see langword="null"/> for the school.</param>
/// <param name="Kind">Of whom.</param>
/// <param name="Students">How many there are; <see langword="null"/> when the figure is hidden.</param>
/// <param name="Improved">How many improved.</param>
/// <param name="Undecided">Of how many nobody has said it.</param>
/// <param name="Rate">Improved of all, 0–1.</param>
public sealed record ImprovementRate(
    Guid? ClassId, OutcomeKind Kind, int? Students, int? Improved, int? Undecided, decimal? Rate);

/// <summary>Outcomes of a term: of single students for those who support them, and as rates without names (ARC-9).</summary>
internal static class ReadOutcomes
{
    public static void MapOutcomes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/schools/{schoolId:guid}/outcomes", ListAsync)
            .WithName("ListOutcomes")
            .WithSummary("Whether struggling and concern students improved in a term, with a proposal from exams and marks.")
            .Command(Permission.NeedRead).Sensitive();
        api.MapPut("/districts/{districtId:guid}/outcomes/{id:guid}", DecideAsync)
            .WithName("DecideOutcome")
            .WithSummary("Says whether a student improved, while the term lasts.")
            .Command(Permission.NeedDecide);
        api.MapGet("/schools/{schoolId:guid}/improvement", RateAsync)
            .WithName("ReadImprovement")
            .WithSummary("How many struggling and concern students improved in a term, per class and school; small figures are hidden.")
            .Query(Permission.ImprovementRead);
    }

    private static async Task<Results<Ok<Page<OutcomeRow>>, Problem>> ListAsync(
        Guid schoolId, Guid termId, Guid? classId, string? after, int? size, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var (today, take) = (LocalDay.Today(clock), Cursor.Size(size));
        var reach = Reach.Of(current.Caller, Permission.NeedRead, school.DistrictId, schoolId);
        var rows = await db.Set<TermOutcome>().AsNoTracking()
            .Where(o => o.SchoolId == schoolId && o.TermId == termId && (classId == null || o.ClassId == classId)
                && (reach.Everybody || o.ClassId != null && reach.Classes.Contains(o.ClassId.Value)) && (last == null || o.Id > last))
            .OrderBy(o => o.Id).Take(take + 1).ToListAsync(cancel);
        var measures = await TermOutcomes.MeasureAsync(
            db, schoolId, rows.ToDictionary(o => (o.StudentId, o.Kind), o => (o.StartsOn, o.TermEndsOn)), cancel);
        audit.About("school", schoolId, school.DistrictId, schoolId);
        return TypedResults.Ok(Page.From([.. rows.Select(RowOf)], take, row => row.Id));

        OutcomeRow RowOf(TermOutcome o)
        {
            decimal? now = measures.TryGetValue((o.StudentId, o.Kind), out var share) ? share : null;
            return new OutcomeRow(
                o.Id, o.StudentId, o.Kind, o.StartsOn, o.Baseline, now, now is null || o.Baseline is null ? null : now > o.Baseline,
                o.Improved, today > o.TermEndsOn);
        }
    }

    private static async Task<Results<NoContent, Problem>> DecideAsync(
        Guid districtId, Guid id, OutcomeRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.Set<TermOutcome>().SingleOrDefaultAsync(o => o.DistrictId == districtId && o.Id == id, cancel) is not { } outcome
            || await db.FindOnRollAsync(
                caller, Permission.NeedDecide, districtId, outcome.StudentId, LocalDay.Of(now), cancel, outcome.SchoolId) is not { } at)
        {
            return (Problem)Failures.NotFound;
        }

        if (caller.PersonAt(Permission.NeedDecide, at) is not { } by)
            return (Problem)ArchivesFailures.NamesNobody;
        if (outcome.Decide(request.Improved, by, now) is { } refused)
            return (Problem)refused;
        await TimelineEntries.PutAsync(
            (NpgsqlConnection)db.Database.GetDbConnection(),
            [
                new TimelineEntry
                {
                    DistrictId = districtId,
                    SchoolId = outcome.SchoolId,
                    StudentId = outcome.StudentId,
                    RefId = id,
                    On = LocalDay.Of(now),
                    Kind = TimelineKind.Outcome,
                    Source = "archives",
                    Version = outcome.Version,
                },
            ],
            cancel);
        audit.About("outcome", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<IReadOnlyList<ImprovementRate>>, Problem>> RateAsync(
        Guid schoolId, Guid termId, ArchivesDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var reach = Reach.Of(current.Caller, Permission.ImprovementRead, school.DistrictId, schoolId);
        if (!reach.Everybody && reach.Classes.Count == 0)
            return (Problem)Failures.NotFound;
        var counts = await db.Set<TermOutcome>().AsNoTracking()
            .Where(o => o.SchoolId == schoolId && o.TermId == termId)
            .GroupBy(o => new { o.ClassId, o.Kind })
            .Select(group => new Count(
                group.Key.ClassId, group.Key.Kind, group.Count(), group.Count(o => o.Improved == true), group.Count(o => o.Improved == null)))
            .ToListAsync(cancel);
        var smallest = (await db.NeedSettingsAsync(school.DistrictId, cancel)).SmallestShown;
        var rates = new List<ImprovementRate>();
        foreach (var kind in Enum.GetValues<OutcomeKind>())
        {
            var ofKind = counts.Where(count => count.Kind == kind).ToArray();
            var hidden = Hidden(ofKind, smallest);
            if (reach.Everybody)
            {
                rates.Add(RateOf(
                    new Count(null, kind, ofKind.Sum(c => c.Students), ofKind.Sum(c => c.Improved), ofKind.Sum(c => c.Undecided)),
                    ofKind.Sum(c => c.Students) < smallest));
            }

            rates.AddRange(ofKind.Where(c => c.ClassId is { } id && (reach.Everybody || reach.Classes.Contains(id)))
                .OrderBy(c => c.ClassId).Select(c => RateOf(c, hidden.Contains(c))));
        }

        return TypedResults.Ok<IReadOnlyList<ImprovementRate>>(rates);
    }

    /// <summary>
    /// The figures that are too small to be shown, and as many more that none of them follows from the school's figure by subtraction.
    /// </summary>
    internal static HashSet<Count> Hidden(IEnumerable<Count> classes, int smallest)
    {
        var hidden = new HashSet<Count>();
        foreach (var count in classes.OrderBy(count => count.Students))
        {
            var together = hidden.Sum(c => c.Students);
            if (count.Students < smallest || (together > 0 && together < smallest))
                hidden.Add(count);
        }

        return hidden;
    }

    private static ImprovementRate RateOf(Count count, bool hidden) => hidden
        ? new ImprovementRate(count.ClassId, count.Kind, null, null, null, null)
        : new ImprovementRate(
            count.ClassId, count.Kind, count.Students, count.Improved, count.Undecided,
            Math.Round((decimal)count.Improved / count.Students, 4));

    internal sealed record Count(Guid? ClassId, OutcomeKind Kind, int Students, int Improved, int Undecided);
}
