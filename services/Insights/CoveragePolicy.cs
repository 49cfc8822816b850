using System.ComponentModel.DataAnnotations;

namespace HomeSchool.Insights;

/// <summary>
/// What share of the students is to be visited by when (VIS-2); the one place of these defaults. The configuration section
/// <c>Coverage</c> changes them for the district.
/// </summary>
public sealed class CoveragePolicy
{
    /// <summary>The share to be visited in the opening weeks, 0–1.</summary>
    [Range(0, 1)]
    public double OpeningShare { get; set; } = 0.30;

    /// <summary>The last of the opening weeks.</summary>
    [Range(1, 53)]
    public int OpeningWeeks { get; set; } = 4;

    /// <summary>The milestones of a term; by the last week it is everybody (VIS-1).</summary>
    /// <param name="term">The term.</param>
    /// <param name="onRoll">Students on roll.</param>
    /// <param name="visited">Of these, visited by now.</param>
    /// <param name="today">A milestone counts as past from the day after its last week.</param>
    public IReadOnlyList<Milestone> Milestones(Term term, int onRoll, int visited, DateOnly today)
    {
        return OpeningWeeks < term.TeachingWeeks
            ? [By(OpeningWeeks, OpeningShare), By(term.TeachingWeeks, 1)]
            : [By(term.TeachingWeeks, 1)];

        Milestone By(int week, double share)
        {
            // The 13.5 students of 30 % of 45 are 14: a share is reached when at least that many are visited.
            var students = (int)Math.Ceiling(Math.Round(share * onRoll, 6));
            var end = term.StartsOn.AddDays(7 * week);
            return new Milestone(week, share, students, Math.Max(0, students - visited), Past: today >= end);
        }
    }
}

/// <summary>A share of the students, to be visited by the end of a teaching week.</summary>
/// <param name="Week">The teaching week.</param>
/// <param name="Share">The share, 0–1.</param>
/// <param name="Students">How many students that is.</param>
/// <param name="Missing">How many of them are not visited yet.</param>
/// <param name="Past">The week is over: what is missing is overdue.</param>
public sealed record Milestone(int Week, double Share, int Students, int Missing, bool Past);
