using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Policies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>What to draw from and how many; what is missing does not narrow.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="Count">How many records, 1–200.</param>
/// <param name="TermId">Only visits of a term.</param>
/// <param name="ClassId">Only visits to students of a class.</param>
/// <param name="TeacherId">Only a teacher's visits.</param>
/// <param name="From">Only visits held on that day or later.</param>
/// <param name="To">Only visits held on that day or before.</param>
/// <param name="Seed">1–100 characters that everybody knows, such as a lottery's numbers; the service makes one when
/// missing.</param>
public sealed record SpotCheckRequest(
    Guid SchoolId, int Count, Guid? TermId = null, Guid? ClassId = null, Guid? TeacherId = null, DateOnly? From = null,
    DateOnly? To = null, string? Seed = null);

/// <summary>A check.</summary>
/// <param name="Id">The check.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="Seed">The seed.</param>
/// <param name="SeedWasGiven">Whether the officer chose it.</param>
/// <param name="Algorithm">How it was drawn: see the printed sheet, which says how to draw again.</param>
/// <param name="TermId">Only visits of that term.</param>
/// <param name="ClassId">Only visits to students of that class.</param>
/// <param name="TeacherId">Only that teacher's visits.</param>
/// <param name="From">Only visits held on that day or later.</param>
/// <param name="To">Only visits held on that day or before.</param>
/// <param name="PopulationSize">How many could have been drawn.</param>
/// <param name="PopulationHash">SHA-256 over their ids as text, in order, a line each.</param>
/// <param name="DrawnBy">Who drew.</param>
/// <param name="DrawnAt">When.</param>
/// <param name="Items">The checklist.</param>
/// <param name="Records">The drawn records in the order of the draw; empty in lists.</param>
public sealed record SpotCheckView(
    Guid Id, Guid SchoolId, string Seed, bool SeedWasGiven, string Algorithm, Guid? TermId, Guid? ClassId, Guid? TeacherId,
    DateOnly? From, DateOnly? To, int PopulationSize, string PopulationHash, Guid? DrawnBy, DateTimeOffset DrawnAt,
    IReadOnlyList<ChecklistItem> Items, IReadOnlyList<DrawnRecord> Records)
{
    internal static SpotCheckView Of(SpotCheck c, IEnumerable<SpotCheckRecord> records) => new(
        c.Id, c.SchoolId, c.Seed, c.SeedWasGiven, c.Algorithm, c.TermId, c.ClassId, c.TeacherId, c.From, c.To, c.PopulationSize,
        c.PopulationHash, c.DrawnBy, c.DrawnAt, c.Items, [.. records.OrderBy(r => r.Position).Select(DrawnRecord.Of)]);
}

/// <summary>A drawn record and its grade. The record itself is read where all are, with its line in the audit.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="TeacherId">The teacher.</param>
/// <param name="RecordVersion">The version of the record that was graded; <see langword="null"/> until it is.</param>
/// <param name="Points">Points of each item, 0–5; <see langword="null"/> until it is graded.</param>
/// <param name="Score">The weighted points, 0–100.</param>
/// <param name="Excellent">Whether it is an excellent case.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes.</param>
public sealed record DrawnRecord(
    Guid VisitId, Guid TeacherId, int? RecordVersion, IReadOnlyList<int>? Points, decimal? Score, bool Excellent, long Version)
{
    internal static DrawnRecord Of(SpotCheckRecord r) => new(
        r.VisitId, r.TeacherId, r.RecordVersion, r.Points, r.Score, r.Excellent, r.Version);
}

/// <summary>What a sample was drawn from, as it was then.</summary>
/// <param name="Hash">As <see cref="SpotCheckView.PopulationHash"/>, of these ids.</param>
/// <param name="VisitIds">In order.</param>
public sealed record Population(string Hash, IReadOnlyList<Guid> VisitIds);

/// <summary>Draws a sample of a school's records (VIS-13), and shows what it was drawn from.</summary>
internal static class DrawSpotCheck
{
    private const int MostRecords = 200;
    private const int LongestSeed = 100;

    public static void MapSpotChecks(this IEndpointRouteBuilder api)
    {
        api.MapPost("/spot-checks", DrawAsync).Command(Permission.SpotCheck).WithName("DrawSpotCheck");
        api.MapGet("/spot-checks", ListAsync).Query(Permission.SpotCheck).WithName("ListSpotChecks");
        api.MapGet("/spot-checks/{id:guid}", ReadAsync).Query(Permission.SpotCheck).WithName("ReadSpotCheck");
        api.MapGet("/spot-checks/{id:guid}/population", ReadPopulationAsync).Query(Permission.SpotCheck)
            .WithName("ReadSpotCheckPopulation");
        api.MapGet("/spot-checks/{id:guid}/sheet", PrintAsync).Query(Permission.SpotCheck).WithName("PrintSpotCheck");
    }

    private static async Task<Results<Created<SpotCheckView>, Problem>> DrawAsync(
        SpotCheckRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Range("count", request.Count, 1, MostRecords);
        var seed = mistakes.OptionalText("seed", request.Seed, LongestSeed);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (current.Caller.With(Permission.SpotCheck).FirstOrDefault(g => g.SchoolId == request.SchoolId) is not { } grant)
            return (Problem)Failures.NotFound;
        var policies = await db.Policies.AsNoTracking()
            .Where(p => p.NodeId == request.SchoolId || p.NodeId == grant.DistrictId).ToListAsync(cancel);

        var check = new SpotCheck
        {
            SchoolId = request.SchoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = grant.DistrictId,
            Seed = seed ?? Draw.NewSeed(),
            SeedWasGiven = seed is not null,
            Algorithm = Draw.Algorithm,
            TermId = request.TermId,
            ClassId = request.ClassId,
            TeacherId = request.TeacherId,
            From = request.From,
            To = request.To,
            Items = [.. Policy.InForce(grant.DistrictId, request.SchoolId, policies).SpotChecks.Items],
            DrawnBy = grant.PersonId,
            DrawnAt = now,
        };
        var population = await Of(check, db).Select(v => new { v.Id, v.TeacherId })
            .ToDictionaryAsync(v => v.Id, v => v.TeacherId, cancel);
        if (population.Count == 0)
            return (Problem)SpotCheckFailures.NothingToDraw;
        SpotCheckRecord[] drawn =
        [
            .. Draw.Take(check.Seed, population.Keys, request.Count).Select((visit, i) => new SpotCheckRecord
            {
                SchoolId = check.SchoolId,
                Id = Guid.CreateVersion7(now),
                CheckId = check.Id,
                VisitId = visit,
                DistrictId = check.DistrictId,
                TeacherId = population[visit],
                Position = i + 1,
            }),
        ];
        (check.PopulationSize, check.PopulationHash) = (population.Count, Draw.HashOf(population.Keys));
        db.Add(check);
        db.Add(new SpotCheckPopulation
        {
            SchoolId = check.SchoolId,
            CheckId = check.Id,
            DistrictId = check.DistrictId,
            VisitIds = [.. population.Keys.OrderBy(visit => visit.ToString(), StringComparer.Ordinal)],
        });
        db.AddRange(drawn);
        audit.About("spot-check", check.Id, check.DistrictId, check.SchoolId);
        return TypedResults.Created($"/api/visits/spot-checks/{check.Id}", SpotCheckView.Of(check, drawn));
    }

    private static async Task<Results<Ok<Page<SpotCheckView>>, Problem>> ListAsync(
        VisitsDb db, CurrentCaller current, CancellationToken cancel, Guid? schoolId = null, int? size = null,
        string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var found = VisibleTo(db, current.Caller);
        if (schoolId is not null)
            found = found.Where(c => c.SchoolId == schoolId);
        if (last is not null)
            found = found.Where(c => c.Id.CompareTo(last.Id) < 0);
        var wanted = Cursor.Size(size);
        var rows = await found.OrderByDescending(c => c.Id).Take(wanted + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From([.. rows.Select(c => SpotCheckView.Of(c, []))], wanted, view => new Last(view.Id)));
    }

    private static async Task<Results<Ok<SpotCheckView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (await VisibleTo(db, current.Caller).SingleOrDefaultAsync(c => c.Id == id, cancel) is not { } check)
            return (Problem)Failures.NotFound;
        var records = await db.Set<SpotCheckRecord>().AsNoTracking()
            .Where(r => r.SchoolId == check.SchoolId && r.CheckId == id).ToListAsync(cancel);
        return TypedResults.Ok(SpotCheckView.Of(check, records));
    }

    private static async Task<Results<Ok<Population>, Problem>> ReadPopulationAsync(
        Guid id, VisitsDb db, CurrentCaller current, CancellationToken cancel) =>
        await FindAsync(id, db, current, cancel) is { Population: var visits }
            ? TypedResults.Ok(new Population(Draw.HashOf(visits), visits))
            : (Problem)Failures.NotFound;

    private static async Task<Results<SpotCheckSheet, Problem>> PrintAsync(
        Guid id, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (await FindAsync(id, db, current, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        var records = await db.Set<SpotCheckRecord>().AsNoTracking()
            .Where(r => r.SchoolId == found.Check.SchoolId && r.CheckId == id).OrderBy(r => r.Position).ToListAsync(cancel);
        return new SpotCheckSheet(
            found.Check, found.Population, records, await db.ZoneAtAsync(found.Check.DistrictId, found.Check.SchoolId, cancel));
    }

    private static async Task<Found?> FindAsync(Guid id, VisitsDb db, CurrentCaller current, CancellationToken cancel) =>
        await VisibleTo(db, current.Caller).Where(c => c.Id == id).Join(
            db.Set<SpotCheckPopulation>(), c => new { c.SchoolId, CheckId = c.Id }, p => new { p.SchoolId, p.CheckId },
            (c, p) => new Found(c, p.VisitIds)).SingleOrDefaultAsync(cancel);

    /// <summary>The checks of the caller's schools.</summary>
    internal static IQueryable<SpotCheck> VisibleTo(VisitsDb db, Caller caller)
    {
        var schools = LedgerAccess.SchoolsOf(caller.With(Permission.SpotCheck));
        return db.Set<SpotCheck>().AsNoTracking().Where(c => schools.Contains(c.SchoolId));
    }

    private static IQueryable<Visit> Of(SpotCheck check, VisitsDb db) => db.Visits.AsNoTracking().Where(v =>
        v.SchoolId == check.SchoolId && v.State == VisitState.Completed
        && (check.TermId == null || v.TermId == check.TermId) && (check.TeacherId == null || v.TeacherId == check.TeacherId)
        && (check.From == null || v.HeldOn >= check.From) && (check.To == null || v.HeldOn <= check.To)
        && (check.ClassId == null || v.Students.Any(s => s.ClassId == check.ClassId)));

    private sealed record Found(SpotCheck Check, Guid[] Population);

    private sealed record Last(Guid Id);
}
