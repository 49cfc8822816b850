using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Emergencies;

/// <summary>What a district decides about emergencies and alarms; no holiday stops these clocks (VIS-21).</summary>
public sealed record EmergencyPolicy
{
    /// <summary>Hours from the report to the first contact with the family (VIS-9).</summary>
    public int HoursToContact { get; init; } = 24;

    /// <summary>After which part of that time, in per cent, the officer is called as well.</summary>
    public int OfficerAtPercent { get; init; } = 50;

    /// <summary>After which part of that time, in per cent, the vice principal is called as well.</summary>
    public int VicePrincipalAtPercent { get; init; } = 75;

    /// <summary>Days until a visit at a special node is due; an ordinary clock (VIS-9).</summary>
    public int PriorityVisitDays { get; init; } = 7;

    /// <summary>Minutes until a crisis calls again, as long as nobody has acknowledged it (VIS-18).</summary>
    public int CrisisRepeatMinutes { get; init; } = 5;

    /// <summary>How many calls of a crisis go unanswered until the child-protection leads are called as well (VIS-18).</summary>
    public int CrisisCallsBeforeLeads { get; init; } = 3;

    internal void Check(Mistakes mistakes)
    {
        mistakes.Range("emergencies.hoursToContact", HoursToContact, 1, 72);
        mistakes.Range("emergencies.officerAtPercent", OfficerAtPercent, 1, 99);
        mistakes.Range("emergencies.vicePrincipalAtPercent", VicePrincipalAtPercent, OfficerAtPercent, 99);
        mistakes.Range("emergencies.priorityVisitDays", PriorityVisitDays, 1, 60);
        mistakes.Range("emergencies.crisisRepeatMinutes", CrisisRepeatMinutes, 1, 60);
        mistakes.Range("emergencies.crisisCallsBeforeLeads", CrisisCallsBeforeLeads, 1, 20);
    }
}
