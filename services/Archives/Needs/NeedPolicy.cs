using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>
/// What a district decides about support needs. The defaults are those of ARC-4 to ARC-6, ARC-9 and VIS-3; a member that is left out has
/// its default.
/// </summary>
public sealed record NeedSettings
{
    /// <summary>学业困难: feedback weekly, visit monthly.</summary>
    public ContactCadence Struggling { get; init; } = new(1, FeedbackEveryDays: 7, VisitEveryDays: 30);

    /// <summary>行为需支持: first in person; feedback and summary weekly, deep contact monthly.</summary>
    public ContactCadence Concern { get; init; } =
        new(1, FeedbackEveryDays: 7, SummaryEveryDays: 7, DeepContactEveryDays: 30, MeetFirst: true);

    /// <summary>单亲、留守、困境: visit or deep online contact monthly.</summary>
    public ContactCadence Circumstances { get; init; } = new(1, DeepContactEveryDays: 30);

    /// <summary>学业优秀: two deep contacts a term at least.</summary>
    public ContactCadence Excellent { get; init; } = new(2);

    /// <summary>行为规范: one contact a term at least.</summary>
    public ContactCadence Exemplary { get; init; } = new(1);

    /// <summary>Days between feedbacks while a behaviour contract runs, 1–7.</summary>
    public int ContractFeedbackEveryDays { get; init; } = 1;

    /// <summary>A score that changes by more than this share of the one before draws attention, in percent, 1–100.</summary>
    public int ScoreChangePercent { get; init; } = 20;

    /// <summary>So does a drop by this many of the levels A to E, 1–4.</summary>
    public int LevelDrop { get; init; } = 2;

    /// <summary>So do this many homeworks missed in a row, 2–20.</summary>
    public int MissedInARow { get; init; } = 3;

    /// <summary>Whether homeworks are counted for each subject apart.</summary>
    public bool MissedPerSubject { get; init; } = true;

    /// <summary>How many days before the end of a term tiers can be reconfirmed for the next, 1–90.</summary>
    public int ReconfirmDays { get; init; } = 28;

    /// <summary>How many kept rules are noted a day at most, 1–10.</summary>
    public int RulesADay { get; init; } = 3;

    /// <summary>Figures about fewer students are hidden, 1–20.</summary>
    public int SmallestShown { get; init; } = 5;

    internal void Check(Mistakes mistakes)
    {
        mistakes.Range("contractFeedbackEveryDays", ContractFeedbackEveryDays, 1, 7);
        mistakes.Range("scoreChangePercent", ScoreChangePercent, 1, 100);
        mistakes.Range("levelDrop", LevelDrop, 1, 4);
        mistakes.Range("missedInARow", MissedInARow, 2, 20);
        mistakes.Range("reconfirmDays", ReconfirmDays, 1, 90);
        mistakes.Range("rulesADay", RulesADay, 1, 10);
        mistakes.Range("smallestShown", SmallestShown, 1, 20);
        foreach (var (name, cadence) in new[]
        {
            ("struggling", Struggling), ("concern", Concern), ("circumstances", Circumstances), ("excellent", Excellent),
            ("exemplary", Exemplary),
        })
        {
            mistakes.Range($"{name}.contactsATerm", cadence.ContactsATerm, 0, 20);
            mistakes.Range($"{name}.feedbackEveryDays", cadence.FeedbackEveryDays, 1, 180);
            mistakes.Range($"{name}.summaryEveryDays", cadence.SummaryEveryDays, 1, 180);
            mistakes.Range($"{name}.visitEveryDays", cadence.VisitEveryDays, 1, 180);
            mistakes.Range($"{name}.deepContactEveryDays", cadence.DeepContactEveryDays, 1, 180);
        }
    }
}

/// <summary>The policy that a district has set.</summary>
public sealed class NeedPolicy
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it says; replaced as a whole.</summary>
    public NeedSettings Settings { get; set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>What draws attention, how often families are contacted, and the other numbers of a district.</summary>
internal static class ChangeNeedPolicy
{
    public static void MapNeedPolicy(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/need-policy", ReadAsync)
            .WithName("ReadNeedPolicy")
            .WithSummary("What draws attention and how often families are contacted; the ETag is 0 while the defaults hold.")
            .Query(Permission.RosterRead);
        api.MapPut("/districts/{districtId:guid}/need-policy", ChangeAsync)
            .WithName("ChangeNeedPolicy")
            .WithSummary("Replaces the policy as a whole; contact cadences are announced anew.")
            .Command(Permission.PolicyChange);
    }

    /// <summary>What the district has decided, or the defaults.</summary>
    public static async Task<NeedSettings> NeedSettingsAsync(this ArchivesDb db, Guid district, CancellationToken cancel) =>
        (await db.Set<NeedPolicy>().AsNoTracking().SingleOrDefaultAsync(policy => policy.DistrictId == district, cancel))?.Settings
        ?? new NeedSettings();

    private static async Task<Results<Ok<NeedSettings>, Problem>> ReadAsync(
        Guid districtId, ArchivesDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.RosterRead).Any(grant => grant.DistrictId == districtId))
            return (Problem)Failures.NotFound;
        var policy = await db.Set<NeedPolicy>().AsNoTracking().SingleOrDefaultAsync(policy => policy.DistrictId == districtId, cancel);
        ETag.Set(http, policy?.Version ?? 0);
        return TypedResults.Ok(policy?.Settings ?? new NeedSettings());
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid districtId, NeedSettings settings, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.PolicyChange).Any(grant => grant.DistrictId == districtId && grant.SchoolId is null))
            return (Problem)Failures.NotFound;
        var mistakes = new Mistakes();
        settings.Check(mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        await db.LockCadencesAsync(districtId, cancel);
        var policy = await db.Set<NeedPolicy>().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;
        policy ??= db.Add(new NeedPolicy { DistrictId = districtId }).Entity;
        policy.Settings = settings;
        policy.Version++;
        var now = clock.GetUtcNow();
        var standings = await Standing.OfDistrictAsync(db, districtId, LocalDay.Of(now), cancel);
        await db.PublishAsync([.. standings.Select(standing => standing.Announce(settings, now))], cancel);
        audit.About("need-policy", districtId, districtId, null);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }
}
