namespace HomeSchool.Visits.Planning;

/// <summary>
/// What soft goals are worth against each other. Above all of them stands that a visit takes place at all: the solver never
/// leaves one out to save costs. Each line outweighs what stands below it for one visit.
/// </summary>
public static class PlanWeights
{
    /// <summary>A visit that was to be in the opening weeks is later (VIS-2).</summary>
    public const int OpeningMissed = 1_000_000;

    /// <summary>A visit of an earlier proposal is elsewhere in this one.</summary>
    public const int Moved = 20_000;

    /// <summary>Outside the preferred hours (VIS-4).</summary>
    public const int OutsidePreferredHours = 1_000;

    /// <summary>A first visit in the opening weeks that need not be there: the others come in weeks 5–20 (VIS-2).</summary>
    public const int OpeningNotNeeded = 400;

    /// <summary>At a time that the family would rather not have.</summary>
    public const int NotFamilysChoice = 300;

    /// <summary>By somebody else than last time.</summary>
    public const int OtherTeacher = 200;

    /// <summary>In the closing weeks, which are the reserve.</summary>
    public const int Closing = 100;

    /// <summary>A priority student waits a week.</summary>
    public const int PriorityWaitsAWeek = 30;

    /// <summary>The second visit of an evening.</summary>
    public const int SecondOfADay = 40;

    /// <summary>
    /// The n-th visit of a teacher in a week costs 2n-1 of these, so all of them n²: convex, so that weeks and teachers are
    /// evenly loaded.
    /// </summary>
    public const int EvenWeek = 20;

    /// <summary>The most that the seed adds, to choose between what is equally good.</summary>
    public const int Chance = 7;
}
