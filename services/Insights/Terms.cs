namespace HomeSchool.Insights;

/// <summary>Which term a question is about.</summary>
internal static class Terms
{
    /// <summary>
    /// The term that was asked for; otherwise all, with the one first that runs or ended last, or else the next to come. Of terms that
    /// overlap, in which nothing counts but in the one that began first, only that one.
    /// </summary>
    public static IQueryable<Term> Asked(this IQueryable<Term> terms, Guid? term, DateOnly today) => terms
        .Where(t => term == null
            ? t.WithdrawnOn == null && !terms.Any(o => o.DistrictId == t.DistrictId && o.WithdrawnOn == null && o.EndsOn >= t.StartsOn
                && (o.StartsOn < t.StartsOn || (o.StartsOn == t.StartsOn && o.Id < t.Id)))
            : t.Id == term)
        .OrderBy(t => t.StartsOn > today)
        .ThenBy(t => t.StartsOn > today ? t.StartsOn.DayNumber : -t.StartsOn.DayNumber)
        .ThenBy(t => t.Id);
}
