namespace HomeSchool.Activities.FamilyActivities;

/// <summary>
/// How a family is doing. It is for the family and the class's teachers, one family at a time: nobody is ranked (ACT-4).
/// </summary>
/// <param name="Days">Days with a check-in.</param>
/// <param name="Current">Consecutive days up to today. A day that is not over breaks nothing.</param>
/// <param name="Longest">The most consecutive days.</param>
public sealed record Streak(int Days, int Current, int Longest)
{
    /// <summary>Counts the days of a family.</summary>
    /// <param name="days">The days with a check-in, each once, all of the activity.</param>
    /// <param name="endsOn">The activity's last day.</param>
    /// <param name="today">By the activity's clocks.</param>
    public static Streak Of(IReadOnlyCollection<DateOnly> days, DateOnly endsOn, DateOnly today)
    {
        var (longest, run, before) = (0, 0, DateOnly.MinValue);
        foreach (var day in days.Order())
        {
            run = run > 0 && day.DayNumber == before.DayNumber + 1 ? run + 1 : 1;
            (longest, before) = (Math.Max(longest, run), day);
        }

        // The run that was counted last goes on while no day after it is over without a check-in.
        var over = today > endsOn ? endsOn : today.AddDays(-1);
        return new Streak(days.Count, run > 0 && before >= over ? run : 0, longest);
    }
}
