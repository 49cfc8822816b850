namespace HomeSchool.Insights;

/// <summary>Which term a question is about.</summary>
internal static class Terms
{
    /// <summary>
    /// The term that was asked for; otherwise all, with the one first that runs or ended last, or else the next to come.
    /// </summary>
    public static IQueryable<Term> Asked(this IQueryable<Term> terms, Guid? term, DateOnly today) => term is not null
        ? terms.Where(t => t.Id == term)
        : terms.Where(t => t.WithdrawnOn == null)
            .OrderBy(t => t.StartsOn > today)
            .ThenBy(t => t.StartsOn > today ? t.StartsOn.DayNumber : -t.StartsOn.DayNumber)
            .ThenBy(t => t.Id);
}
