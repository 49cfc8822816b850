using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Ledger;

/// <summary>What a district or school decides about contacts, follow-ups and disputes.</summary>
public sealed record LedgerPolicy
{
    /// <summary>The minutes of a call or meeting when nobody says (VIS-12: three taps and a line).</summary>
    public int UsualMinutes { get; init; } = 5;

    /// <summary>Days until a follow-up is due when nobody says; holidays do not count (VIS-11, VIS-21).</summary>
    public int FollowUpDays { get; init; } = 7;

    /// <summary>By how many per cent disputes should become fewer from term to term (VIS-15).</summary>
    public int FewerDisputesPercent { get; init; } = 50;

    internal static void Check(LedgerPolicy policy, Mistakes mistakes)
    {
        mistakes.Range("ledger.usualMinutes", policy.UsualMinutes, 1, 240);
        mistakes.Range("ledger.followUpDays", policy.FollowUpDays, 1, 180);
        mistakes.Range("ledger.fewerDisputesPercent", policy.FewerDisputesPercent, 0, 100);
    }
}
