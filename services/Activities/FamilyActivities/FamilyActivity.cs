using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>
/// An activity for the families of a class or a whole school (ACT-4): voluntary, with seats if there are few, and days on which
/// a family checks in. Its days are those of the time zone that held where it was planned: a change of policy moves none.
/// </summary>
public sealed class FamilyActivity
{
    /// <summary>The days of a reading marathon.</summary>
    public const int MarathonDays = 21;

    /// <summary>The days of any other activity at most.</summary>
    public const int MostDays = 31;

    // A phone's clock may be a little fast, and a phone may be away from the network over a weekend.
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Offline = TimeSpan.FromDays(3);

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The activity.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class; <see langword="null"/> for the whole school.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>What it is.</summary>
    public FamilyActivityKind Kind { get; init; }

    /// <summary>What it is called.</summary>
    public string Title { get; set; } = "";

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day.</summary>
    public DateOnly EndsOn { get; init; }

    /// <summary>The IANA time zone of its days (ALL-3).</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>Families that it has room for; <see langword="null"/> for all that wish.</summary>
    public int? Seats { get; set; }

    /// <summary>For how many days a missed day can be made up; 0 for not at all.</summary>
    public int MakeUpDays { get; init; }

    /// <summary>How many days a family can make up.</summary>
    public int MakeUps { get; init; }

    /// <summary>What families are told before.</summary>
    public string? Preview { get; set; }

    /// <summary>What is told afterwards.</summary>
    public string? Recap { get; set; }

    /// <summary>The number of the last sign-up.</summary>
    public long LastSignUp { get; set; }

    /// <summary>When it was planned.</summary>
    public DateTimeOffset PlannedAt { get; init; }

    /// <summary>When it was cancelled.</summary>
    public DateTimeOffset? CancelledAt { get; set; }

    /// <summary>Grows by one with every change of what is told about it.</summary>
    public long Version { get; set; } = 1;

    /// <summary>What is announced of it.</summary>
    internal FamilyActivityPlanned Announcement(DateTimeOffset now) => new(
        DistrictId, SchoolId, Id, Version, now, ClassId, Kind, StartsOn, EndsOn, CancelledAt is not null);

    /// <summary>Whether it is for a child.</summary>
    internal bool IsFor(OwnChild child) => child.SchoolId == SchoolId && (ClassId is null || ClassId == child.ClassId);

    /// <summary>Today, by its own clocks.</summary>
    internal DateOnly Today(DateTimeOffset now) => LocalTime.Day(now, TimeZone);

    /// <summary>The day for which a tap counts: that of the moment it happened, even if it arrives days later.</summary>
    /// <param name="happenedAt">When, as the phone says; <see langword="null"/> for now.</param>
    /// <param name="now">When it arrives.</param>
    /// <param name="day">The day.</param>
    /// <returns>Why it does not count; <see langword="null"/> when it does.</returns>
    internal Failure? Tapped(DateTimeOffset? happenedAt, DateTimeOffset now, out DateOnly day)
    {
        day = default;
        var at = happenedAt ?? now;
        if (at > now + Ahead)
            return FamilyActivityFailures.Ahead;
        if (now - at > Offline)
            return FamilyActivityFailures.TooOld;
        // What a fast clock dates a little ahead happened now: it does not reach into tomorrow.
        day = LocalTime.Day(at > now ? now : at, TimeZone);
        return IsDay(day) ? null : FamilyActivityFailures.NoDayOfIt;
    }

    /// <summary>Whether a missed day can still be made up, by the activity's own rule.</summary>
    /// <param name="day">The day.</param>
    /// <param name="madeUp">How many other days the family has made up.</param>
    /// <param name="now">When.</param>
    /// <returns>Why not; <see langword="null"/> when it can.</returns>
    internal Failure? MadeUp(DateOnly day, int madeUp, DateTimeOffset now)
    {
        var late = Today(now).DayNumber - day.DayNumber;
        if (!IsDay(day) || late <= 0)
            return FamilyActivityFailures.NotMissed;
        return late > MakeUpDays || madeUp >= MakeUps ? FamilyActivityFailures.NoMakeUp : null;
    }

    /// <summary>Gives free seats to those who wait, in the order in which they came.</summary>
    /// <param name="signUps">All of them.</param>
    internal void Seat(IReadOnlyCollection<FamilySignUp> signUps)
    {
        var free = (Seats ?? int.MaxValue) - signUps.Count(signUp => signUp.Seated);
        foreach (var next in signUps.Where(signUp => !signUp.Seated).OrderBy(signUp => signUp.Number).Take(Math.Max(free, 0)))
            next.Seated = true;
    }

    private bool IsDay(DateOnly day) => day >= StartsOn && day <= EndsOn;
}

/// <summary>That a family takes part, or waits for a seat.</summary>
public sealed class FamilySignUp
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The activity.</summary>
    public Guid ActivityId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The child's class when it was signed up.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The guardian who signed up.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>The order in which families came.</summary>
    public long Number { get; init; }

    /// <summary>Whether there is a seat; else it waits.</summary>
    public bool Seated { get; set; }

    /// <summary>When.</summary>
    public DateTimeOffset SignedUpAt { get; init; }
}

/// <summary>That a family checked in for a day.</summary>
public sealed class FamilyCheckIn
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The activity.</summary>
    public Guid ActivityId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The day.</summary>
    public DateOnly Day { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Who tapped.</summary>
    public Guid? GuardianId { get; set; }

    /// <summary>When it happened, as the phone says.</summary>
    public DateTimeOffset HappenedAt { get; set; }

    /// <summary>When it arrived.</summary>
    public DateTimeOffset ArrivedAt { get; set; }

    /// <summary>Whether it was made up on a later day.</summary>
    public bool MadeUp { get; set; }
}
