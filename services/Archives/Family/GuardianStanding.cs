using HomeSchool.Contracts.Archives;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>A guardian of a child with all that decides what the guardian may do (ARC-13).</summary>
/// <param name="Guardianship">What the roster says.</param>
/// <param name="Detail">What is recorded beyond it.</param>
/// <param name="Restrictions">Documents that were not lifted, whatever their dates.</param>
internal sealed record GuardianStanding(
    Guardianship Guardianship, GuardianDetail? Detail, IReadOnlyList<GuardianRestriction> Restrictions)
{
    // A caregiver of whom nothing is recorded takes part in everyday life; signing is the legal guardians' own.
    private static readonly GuardianRight[] Everyday = [GuardianRight.See, GuardianRight.BeVisited, GuardianRight.PickUp];

    /// <summary>The legal status: what is recorded, else the roster's.</summary>
    public LegalStatus Status => Detail?.LegalStatus ?? Guardianship.LegalStatus;

    /// <summary>1 is called first.</summary>
    public int ContactOrder => Detail?.ContactOrder ?? Guardianship.ContactOrder;

    /// <summary>
    /// What the guardian may do on a day. Guardians are equal by default; caregivers may do what was entrusted to them; a
    /// document takes away from both.
    /// </summary>
    public IReadOnlyList<GuardianRight> RightsOn(DateOnly day)
    {
        var withheld = Restrictions.Where(restriction => restriction.HoldsOn(day)).SelectMany(restriction => restriction.Withheld);
        return [.. Granted().Except(withheld).Order()];

        IEnumerable<GuardianRight> Granted() => this switch
        {
            { Status: LegalStatus.Guardian } => Enum.GetValues<GuardianRight>(),
            { Detail.EntrustedRights: { } entrusted } => Detail.EntrustedFrom <= day && day <= Detail.EntrustedUntil ? entrusted : [],
            _ => Everyday,
        };
    }

    /// <summary>The days to come on which the rights may change by themselves.</summary>
    public IEnumerable<DateOnly> TurnsAfter(DateOnly today) =>
        Restrictions.Where(restriction => restriction.LiftedAt is null)
            .SelectMany(restriction => new[] { restriction.StartsOn, restriction.EndsOn?.AddDays(1) })
            .Append(Detail?.EntrustedFrom).Append(Detail?.EntrustedUntil?.AddDays(1))
            .OfType<DateOnly>().Where(day => day > today).Distinct();
}

/// <summary>Finds what guardians may do, and announces it.</summary>
internal static class GuardianStandings
{
    /// <summary>The guardians of students of a district, in two statements whatever their number.</summary>
    public static async Task<IReadOnlyList<GuardianStanding>> StandingsAsync(
        this ArchivesDb db, Guid district, IReadOnlyCollection<Guid> students, CancellationToken cancel)
    {
        // Tracked as nobody's change: who changes a detail reads it himself.
        var rows = await (
            from guardianship in db.Set<Guardianship>().AsNoTracking()
            where guardianship.DistrictId == district && students.Contains(guardianship.StudentId) && guardianship.WithdrawnOn == null
            join detail in db.Set<GuardianDetail>().AsNoTracking()
                on new { guardianship.DistrictId, guardianship.StudentId, guardianship.GuardianId }
                equals new { detail.DistrictId, detail.StudentId, detail.GuardianId } into details
            from detail in details.DefaultIfEmpty()
            select new { Guardianship = guardianship, Detail = detail }).ToListAsync(cancel);
        var restrictions = await db.Set<GuardianRestriction>().AsNoTracking()
            .Where(r => r.DistrictId == district && students.Contains(r.StudentId) && r.LiftedAt == null).ToListAsync(cancel);
        var byPair = restrictions.ToLookup(restriction => (restriction.StudentId, restriction.GuardianId));
        return
        [
            .. from row in rows
               let standing = new GuardianStanding(
                   row.Guardianship, row.Detail, [.. byPair[(row.Guardianship.StudentId, row.Guardianship.GuardianId)]])
               orderby standing.ContactOrder, row.Guardianship.GuardianId
               select standing,
        ];
    }

    /// <summary>The detail of a guardian, to be changed; a new row when there is none yet.</summary>
    public static async Task<GuardianDetail> DetailAsync(this ArchivesDb db, Guardianship guardianship, CancellationToken cancel) =>
        await db.Set<GuardianDetail>().SingleOrDefaultAsync(
            detail => detail.DistrictId == guardianship.DistrictId && detail.StudentId == guardianship.StudentId
                && detail.GuardianId == guardianship.GuardianId, cancel)
        ?? db.Add(new GuardianDetail
        {
            DistrictId = guardianship.DistrictId,
            StudentId = guardianship.StudentId,
            GuardianId = guardianship.GuardianId,
        }).Entity;

    /// <summary>
    /// Announces what a guardian may do from now on, and notes the days on which that changes by itself
    /// (<see cref="TurnRights"/>).
    /// </summary>
    public static async Task AnnounceAsync(
        this ArchivesDb db, GuardianStanding standing, GuardianDetail detail, DateTimeOffset now, CancellationToken cancel)
    {
        var today = LocalDay.Of(now);
        detail.Version++;
        detail.ChangedAt = now;
        var district = standing.Guardianship.DistrictId;
        db.Publish(new GuardianRightsChanged(
            district, standing.Guardianship.Id, detail.Version, now, detail.StudentId, detail.GuardianId,
            standing.RightsOn(today), detail.Channel));
        foreach (var day in standing.TurnsAfter(today))
            await db.TurnOnAsync(district, day, cancel);
    }

    /// <summary>Notes a day to come on which something of a district changes by itself (<see cref="TurnRights"/>).</summary>
    public static Task TurnOnAsync(this ArchivesDb db, Guid district, DateOnly day, CancellationToken cancel) =>
        db.Database.ExecuteSqlAsync(
            $"INSERT INTO rights_turn (district_id, turns_on) VALUES ({district}, {day}) ON CONFLICT DO NOTHING", cancel);
}
