namespace HomeSchool.Insights;

/// <summary>Which term a question is about.</summary>
internal static class Terms
{
    /// <summary>
    /// The term that was asked for; otherwise all, with the one first that runs or ended last, or else the next to come.
    /// </summary>
    public static IQueryable<Term> Asked(this IQueryable<Term> terms, Guid? term, DateOnly today) => terms
        .Where(t => term == null ? t.WithdrawnOn == null : t.Id == term)
        .OrderBy(t => t.StartsOn > today)
        .ThenBy(t => t.StartsOn > today ? t.StartsOn.DayNumber : -t.StartsOn.DayNumber)
        .ThenBy(t => t.Id);
}
