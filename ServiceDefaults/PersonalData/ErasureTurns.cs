namespace HomeSchool.ServiceDefaults.PersonalData;

/// <summary>
/// Erasures in a district take turns with work that reads of many children and writes of them later, in one transaction (ARC-10):
/// what it read of a child before the erasure would come back by what it writes behind it. Erasures do not wait for each other.
/// </summary>
public static class ErasureTurns
{
    private const string Turn = "hashtextextended('personal-data.erasure/' || $1::text, 0)";

    /// <summary>
    /// Waits for the erasures that run, and lets none begin before the transaction ends. Parameter: the district. To be said before
    /// anything about a child is read or locked; in a second district, only by who holds nothing in a first.
    /// </summary>
    public const string HoldOff = $"SELECT pg_advisory_xact_lock({Turn})";

    /// <summary>What an erasure begins with. Parameter: the district.</summary>
    internal const string Begin = $"SELECT pg_advisory_xact_lock_shared({Turn})";
}
