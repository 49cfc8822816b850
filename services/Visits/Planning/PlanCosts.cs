namespace HomeSchool.Visits.Planning;

/// <summary>What it costs to have a demand with a teacher at a slot, by the soft goals (<see cref="PlanWeights"/>).</summary>
internal sealed class PlanCosts
{
    private readonly PlanProblem problem;
    private readonly int[] ofSlot;
    private readonly int[] week;
    private readonly int[] early;
    private readonly int[] late;

    public PlanCosts(PlanProblem problem)
    {
        this.problem = problem;
        var calendar = problem.Calendar;
        week = Array.ConvertAll(calendar.DayOfSlot, day => calendar.TeachingWeekOfDay[day]);
        ofSlot = [.. calendar.Preferred.Select((preferred, slot) =>
            (preferred ? 0 : PlanWeights.OutsidePreferredHours) + (slot < calendar.ClosingStart ? 0 : PlanWeights.Closing))];
        (early, late) = (new int[problem.Demands.Count], new int[problem.Demands.Count]);
    }

    /// <summary>Says whether a demand is counted on in the opening weeks; if not, a first visit rather comes later.</summary>
    public void ExpectInOpening(int demand, bool expected)
    {
        var wanted = problem.Demands[demand];
        var mayWait = wanted is { Priority: false, FirstVisitOf.Count: > 0 } && wanted.End > problem.Calendar.OpeningEnd;
        early[demand] = !expected && mayWait ? PlanWeights.OpeningNotNeeded : 0;
        late[demand] = expected ? PlanWeights.OpeningMissed : 0;
    }

    /// <summary>Whether it is.</summary>
    public bool IsExpectedInOpening(int demand) => late[demand] > 0;

    /// <summary>The costs of one visit by itself; those of full days and weeks are the flow's.</summary>
    public int Of(int demand, int teacher, int slot)
    {
        var wanted = problem.Demands[demand];
        var cost = ofSlot[slot] + (slot < problem.Calendar.OpeningEnd ? early[demand] : late[demand]) + Chance(demand, slot);
        if (wanted.Priority)
            cost += PlanWeights.PriorityWaitsAWeek * week[slot];
        if (problem.Families[wanted.Family].Preferred is { } preferred && !preferred[slot])
            cost += PlanWeights.NotFamilysChoice;
        if (wanted.LastTeacher >= 0 && wanted.LastTeacher != teacher)
            cost += PlanWeights.OtherTeacher;
        if (wanted.Kept is { } kept && (kept.Teacher, kept.Slot) != (teacher, slot))
            cost += PlanWeights.Moved;
        return cost;
    }

    private int Chance(int demand, int slot) => (int)(Scatter.Of(problem.Seed, demand, slot) % (PlanWeights.Chance + 1));
}

/// <summary>Numbers that look random and are always the same for the same three.</summary>
internal static class Scatter
{
    public static uint Of(int seed, int first, int second)
    {
        // The finish of MurmurHash3 (A. Appleby): each bit in changes about half of the bits out.
        var hash = (uint)seed * 0x9E3779B1 ^ (uint)first * 0x85EBCA6B ^ (uint)second * 0xC2B2AE35;
        hash = (hash ^ hash >> 16) * 0x85EBCA6B;
        hash = (hash ^ hash >> 13) * 0xC2B2AE35;
        return hash ^ hash >> 16;
    }
}
