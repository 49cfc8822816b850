using HomeSchool.Contracts.Visits;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Insights;

/// <summary>
/// What share of the students is to be visited by when (VIS-2), as Visits says: a district's or a school's policy, or a school's programme
/// for one term (VIS-19).
/// </summary>
public sealed class VisitQuotas
{
    /// <summary>What holds where nobody has said anything: 30 % by week 4.</summary>
    private static readonly VisitQuota[] Usual = [new(4, 30)];

    /// <summary>The school or district.</summary>
    public Guid NodeId { get; init; }

    /// <summary>The term; <see cref="Guid.Empty"/> for all that have none of their own.</summary>
    public Guid TermId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The version that said so.</summary>
    public long Version { get; init; }

    /// <summary>The shares, growing with the weeks.</summary>
    public IReadOnlyList<VisitQuota> Shares { get; init; } = [];

    /// <summary>The shares in force: of the school in this term, or else in any, or else of the district.</summary>
    /// <param name="said">What was said for the place's school and district.</param>
    /// <param name="school">The school; <see langword="null"/> for the whole district.</param>
    public static IReadOnlyList<VisitQuota> InForce(IEnumerable<VisitQuotas> said, Guid? school) =>
        said.Where(quotas => quotas.SchoolId is null || quotas.SchoolId == school)
            .OrderBy(quotas => quotas.SchoolId is null).ThenBy(quotas => quotas.TermId == Guid.Empty)
            .FirstOrDefault()?.Shares ?? Usual;
}

/// <summary>A share of the students, to be visited by the end of a teaching week.</summary>
/// <param name="Week">The teaching week.</param>
/// <param name="Share">The share, 0–1.</param>
/// <param name="Students">How many students that is.</param>
/// <param name="Missing">How many of them are not visited yet.</param>
/// <param name="Past">The week is over: what is missing is overdue.</param>
public sealed record Milestone(int Week, double Share, int Students, int Missing, bool Past)
{
    private const int Everybody = 100;

    /// <summary>The milestones of a term; by the last week it is everybody (VIS-1).</summary>
    /// <param name="term">The term.</param>
    /// <param name="quotas">The shares in force.</param>
    /// <param name="onRoll">Students on roll.</param>
    /// <param name="visited">Of these, visited by now.</param>
    /// <param name="today">A milestone counts as past from the day after its last week.</param>
    public static IReadOnlyList<Milestone> Of(
        Term term, IReadOnlyList<VisitQuota> quotas, int onRoll, int visited, DateOnly today)
    {
        var milestones = quotas.Where(quota => quota.Week < term.TeachingWeeks).Select(By).ToList();
        if (milestones is not [.., { Share: 1 }])
            milestones.Add(By(new VisitQuota(term.TeachingWeeks, Everybody)));
        return milestones;

        Milestone By(VisitQuota quota)
        {
            // The 13.5 students of 30 % of 45 are 14: a share is reached when at least that many are visited.
            var students = ((quota.SharePercent * onRoll) + Everybody - 1) / Everybody;
            return new Milestone(
                quota.Week, quota.SharePercent / (double)Everybody, students, Math.Max(0, students - visited),
                Past: today >= term.StartsOn.AddDays(7 * quota.Week));
        }
    }
}

/// <summary>Finds what was said.</summary>
internal static class QuotasQuery
{
    /// <summary>What was said for a district and schools of it, for a term and for any.</summary>
    public static Task<List<VisitQuotas>> QuotasOfAsync(
        this InsightsDb db, Guid district, IReadOnlyCollection<Guid?> schools, Guid term, CancellationToken cancel) =>
        db.Set<VisitQuotas>().AsNoTracking()
            .Where(q => (q.NodeId == district || schools.Contains(q.NodeId)) && (q.TermId == term || q.TermId == Guid.Empty))
            .ToListAsync(cancel);
}
