namespace HomeSchool.Insights;

/// <summary>The coverage of one place in one term (INS-1).</summary>
/// <param name="Kind">What kind of place.</param>
/// <param name="Id">The class, the school (also for its grades) or the district.</param>
/// <param name="Grade">The grade, or the class's grade.</param>
/// <param name="SchoolId">The school, but for a district.</param>
/// <param name="Title">What people call it; <see langword="null"/> for grades and districts, which have no name here.</param>
/// <param name="TermId">The term.</param>
/// <param name="Week">The teaching week of today; <see langword="null"/> outside of the term's weeks.</param>
/// <param name="OnRoll">Students on roll.</param>
/// <param name="Planned">Of these, with a visit agreed or held (INS-5).</param>
/// <param name="Visited">Of these, visited.</param>
/// <param name="Effective">Of these, with an effective contact: the record is complete and a guardian took part (VIS-1).</param>
/// <param name="Due">Students missing to the milestone of the weeks that run.</param>
/// <param name="Overdue">Students missing to the last milestone whose weeks are over.</param>
/// <param name="Milestones">The milestones of the term (VIS-2).</param>
public sealed record CoverageBody(
    NodeKind Kind, Guid Id, string? Grade, Guid? SchoolId, string? Title, Guid TermId, int? Week, int OnRoll,
    Share Planned, SharesByMode Visited, SharesByMode Effective, int Due, int Overdue, IReadOnlyList<Milestone> Milestones)
{
    /// <summary>Puts a place, its figures and its quotas together.</summary>
    /// <param name="place">The place.</param>
    /// <param name="counted">Its figures; <see langword="null"/> when nobody was ever on roll there in the term.</param>
    /// <param name="term">The term.</param>
    /// <param name="quotas">What was said for the place's school and district: sets the milestones.</param>
    /// <param name="today">The day there.</param>
    internal static CoverageBody Of(Place place, Coverage? counted, Term term, IEnumerable<VisitQuotas> quotas, DateOnly today)
    {
        var figures = counted ?? new Coverage();
        var milestones = Milestone.Of(
            term, VisitQuotas.InForce(quotas, place.SchoolId), figures.OnRoll, figures.Visited, today);
        return new CoverageBody(
            place.Kind, place.Id, place.Grade, place.SchoolId, place.Title, term.Id, term.WeekOf(today), figures.OnRoll,
            Part(figures.Planned),
            new SharesByMode(Part(figures.Visited), Part(figures.VisitedInPerson), Part(figures.VisitedOnline)),
            new SharesByMode(Part(figures.Effective), Part(figures.EffectiveInPerson), Part(figures.EffectiveOnline)),
            milestones.FirstOrDefault(milestone => !milestone.Past)?.Missing ?? 0,
            milestones.LastOrDefault(milestone => milestone.Past)?.Missing ?? 0,
            milestones);

        Share Part(int students) => new(
            students, figures.OnRoll == 0 ? null : Math.Round((double)students / figures.OnRoll, 4));
    }
}

/// <summary>Students, and their share of those on roll.</summary>
/// <param name="Students">How many; each once, however many visits.</param>
/// <param name="Rate">0–1 with four decimals; <see langword="null"/> when nobody is on roll.</param>
public sealed record Share(int Students, double? Rate);

/// <summary>Shares by the way of meeting (VIS-1). A student met in two ways is in both, so they may add up to more than any.</summary>
/// <param name="Any">In whatever way, meetings at school included.</param>
/// <param name="InPerson">At home.</param>
/// <param name="Online">By video, voice or (where that counts) text.</param>
public sealed record SharesByMode(Share Any, Share InPerson, Share Online);
