using HomeSchool.Archives.Plans;
using HomeSchool.Contracts.Archives;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>Where a student stands today: all that a contact cadence follows from (VIS-3).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Needs">The newest change of tiers that still holds.</param>
/// <param name="PriorityUntil">The last day as a priority student; <see langword="null"/> for others.</param>
/// <param name="ContractRuns">Whether a behaviour contract runs.</param>
internal sealed record Standing(
    Guid DistrictId, Guid SchoolId, Guid StudentId, StudentNeeds? Needs, DateOnly? PriorityUntil, bool ContractRuns)
{
    /// <summary>One student.</summary>
    public static async Task<Standing> OfAsync(ArchivesDb db, Enrolment at, DateOnly today, CancellationToken cancel) =>
        (await OfAsync(db, at.DistrictId, at.SchoolId, [at.StudentId], today, cancel)).Find(standing => standing.StudentId == at.StudentId)
        ?? new Standing(at.DistrictId, at.SchoolId, at.StudentId, null, null, false);

    /// <summary>Those of whom there is anything to say in a whole district, each where he is on the roll: what a former school said is
    /// over.</summary>
    public static Task<List<Standing>> OfDistrictAsync(ArchivesDb db, Guid district, DateOnly today, CancellationToken cancel) =>
        OfAsync(db, district, null, null, today, cancel);

    /// <summary>How often the family is contacted, for the service that plans it: no tier.</summary>
    public CadenceChanged Announce(NeedSettings settings, DateTimeOffset now) => new(
        DistrictId, SchoolId, StudentId, VersionAt(now), now, Cadence(Needs?.Tiers, ContractRuns, settings),
        Needs?.HoldsUntil, PriorityUntil);

    /// <summary>
    /// A version that grows with time, also from school to school: one school does not see what another one has announced. Who announces
    /// takes the time behind the student's lock (<c>LockCadencesAsync</c>), so that what is said last has the highest.
    /// </summary>
    public static long VersionAt(DateTimeOffset now) => (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    // All others: once a term, and nobody announces it. A school that wants more for everybody says so in its programme (VIS-19).
    private static readonly ContactCadence Others = new(1);

    /// <summary>The cadence of tiers (VIS-3): of everything that applies, the closest.</summary>
    public static ContactCadence Cadence(Tiers? tiers, bool contractRuns, NeedSettings settings)
    {
        var cadence = tiers?.Academic switch
        {
            AcademicTier.Struggling => settings.Struggling,
            AcademicTier.Excellent => settings.Excellent,
            _ => Others,
        };
        if (tiers?.Conduct == ConductTier.Concern)
            cadence = Closest(cadence, settings.Concern);
        if (tiers?.Conduct == ConductTier.Exemplary)
            cadence = Closest(cadence, settings.Exemplary);
        if (tiers?.Circumstances.Count > 0)
            cadence = Closest(cadence, settings.Circumstances);
        return contractRuns
            ? Closest(cadence, new ContactCadence(0, FeedbackEveryDays: settings.ContractFeedbackEveryDays))
            : cadence;
    }

    private static ContactCadence Closest(ContactCadence a, ContactCadence b) => new(
        Math.Max(a.ContactsATerm, b.ContactsATerm), Least(a.FeedbackEveryDays, b.FeedbackEveryDays),
        Least(a.SummaryEveryDays, b.SummaryEveryDays), Least(a.VisitEveryDays, b.VisitEveryDays),
        Least(a.DeepContactEveryDays, b.DeepContactEveryDays), a.MeetFirst || b.MeetFirst);

    private static int? Least(int? a, int? b) => a < b || b is null ? a : b;

    /// <summary>Students of a school, or of a district's rolls, of whom there is anything to say.</summary>
    public static async Task<List<Standing>> OfAsync(
        ArchivesDb db, Guid district, Guid? school, IReadOnlyCollection<Guid>? students, DateOnly today, CancellationToken cancel)
    {
        var needs = db.Set<StudentNeeds>().AsNoTracking().Newest().Where(n => n.DistrictId == district && n.HoldsUntil >= today);
        var priorities = db.Set<Attention>().AsNoTracking().Where(a => a.DistrictId == district && a.PriorityUntil >= today);
        var contracts = db.Set<Plan>().AsNoTracking()
            .Where(p => p.DistrictId == district && p.Kind == PlanKind.BehaviourContract && Plan.Running.Contains(p.State));
        if (school is not null)
        {
            needs = needs.Where(n => n.SchoolId == school && students!.Contains(n.StudentId));
            priorities = priorities.Where(a => a.SchoolId == school && students!.Contains(a.StudentId));
            contracts = contracts.Where(p => p.SchoolId == school && students!.Contains(p.StudentId));
        }
        else
        {
            var onRoll = db.Set<Enrolment>()
                .Where(e => e.DistrictId == district && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today));
            needs = needs.Where(n => onRoll.Any(e => e.SchoolId == n.SchoolId && e.StudentId == n.StudentId));
            priorities = priorities.Where(a => onRoll.Any(e => e.SchoolId == a.SchoolId && e.StudentId == a.StudentId));
            contracts = contracts.Where(p => onRoll.Any(e => e.SchoolId == p.SchoolId && e.StudentId == p.StudentId));
        }

        var standings = new Dictionary<(Guid, Guid), Standing>();
        foreach (var n in await needs.ToListAsync(cancel))
            standings[(n.SchoolId, n.StudentId)] = Find(n.SchoolId, n.StudentId) with { Needs = n };
        foreach (var a in await priorities.Select(a => new { a.SchoolId, a.StudentId, a.PriorityUntil }).ToListAsync(cancel))
        {
            var standing = Find(a.SchoolId, a.StudentId);
            if (standing.PriorityUntil is null || standing.PriorityUntil < a.PriorityUntil)
                standings[(a.SchoolId, a.StudentId)] = standing with { PriorityUntil = a.PriorityUntil };
        }

        foreach (var p in await contracts.Select(p => new { p.SchoolId, p.StudentId }).ToListAsync(cancel))
            standings[(p.SchoolId, p.StudentId)] = Find(p.SchoolId, p.StudentId) with { ContractRuns = true };
        return [.. standings.Values];

        Standing Find(Guid at, Guid student) =>
            standings.GetValueOrDefault((at, student)) ?? new Standing(district, at, student, null, null, false);
    }
}

/// <summary>Queries that several features of needs have in common.</summary>
internal static class NeedQueries
{
    /// <summary>Only the newest change of each student at each school.</summary>
    public static IQueryable<StudentNeeds> Newest(this IQueryable<StudentNeeds> needs) =>
        needs.Where(n => !needs.Any(later => later.SchoolId == n.SchoolId && later.StudentId == n.StudentId && later.Id > n.Id));

    /// <summary>The terms of a district that end on a day or later, the earliest first: this term, or the coming one, and the next.</summary>
    public static Task<List<Term>> TermsFromAsync(this ArchivesDb db, Guid district, DateOnly day, CancellationToken cancel) =>
        db.Set<Term>().AsNoTracking().Where(t => t.DistrictId == district && t.WithdrawnOn == null && t.EndsOn >= day)
            .OrderBy(t => t.EndsOn).Take(2).ToListAsync(cancel);

    /// <summary>
    /// Lets changes about the same student or school come one after the other, until the transaction ends. No constraint could: what was
    /// written at two schools comes together when they merge.
    /// </summary>
    public static Task LockAsync(this ArchivesDb db, IEnumerable<Guid> ids, CancellationToken cancel) => db.Database.ExecuteSqlAsync(
        $"""
        SELECT pg_advisory_xact_lock(hashtextextended(id::text, 4)) FROM (SELECT unnest({ids.ToArray()}) AS id ORDER BY 1) ordered
        """, cancel);

    /// <summary>Lets announcements of the cadences of the same student come one after the other, and none while the district's policy
    /// changes, until the transaction ends.</summary>
    public static async Task LockCadencesAsync(this ArchivesDb db, Guid district, IEnumerable<Guid> students, CancellationToken cancel)
    {
        await db.Database.ExecuteSqlAsync(
            $"SELECT pg_advisory_xact_lock_shared(hashtextextended('archives.cadence/' || {district}::text, 4))", cancel);
        await db.LockAsync(students, cancel);
    }

    /// <summary>Lets nobody else in a district announce a cadence until the transaction ends: one lock, for students may be many.</summary>
    public static Task LockCadencesAsync(this ArchivesDb db, Guid district, CancellationToken cancel) =>
        db.Database.ExecuteSqlAsync(
            $"SELECT pg_advisory_xact_lock(hashtextextended('archives.cadence/' || {district}::text, 4))", cancel);
}
